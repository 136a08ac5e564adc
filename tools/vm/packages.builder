# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Debian packages of the tree in which modules for newer kernels, and GnuTLS, are built: name, then why.
bc                  a kernel's build
bison               a kernel's build: configuration
dwarves             a kernel's configuration asks for pahole's version
flex                a kernel's build: configuration
gcc                 the tools of a kernel's build
gcc-14              compiler that these kernels' headers ask for
kmod                modpost and depmod steps
libc6-dev           the tools of a kernel's build
libelf-dev          objtool, resolve_btfids
libgmp-dev          GnuTLS
libssl-dev          sign-file
make                the build
nettle-dev          GnuTLS
perl                a kernel's build
pkgconf             GnuTLS
python3             kernel-doc check of W=1
