# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Packages of a newer Debian release for Encrypted Client Hello with Go's crypto/tls: name, then why.
golang-1.24-go        the compiler, for the peer in ech.go
golang-1.24-src       its library, which is the peer
