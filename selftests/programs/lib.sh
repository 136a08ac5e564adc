# SPDX-License-Identifier: GPL-2.0-only OR MIT
# shellcheck shell=bash disable=SC2034
# For the tests with programs that know nothing of this project: they ask the kernel for the ULP
# "tls". What they did is read off the module's counters, as differences from mark().
. "$(dirname "${BASH_SOURCE[0]}")/../interop/lib.sh"
stat=/proc/net/sealsock_stat
www=$tmp/www
size=${size:-2500000}
full=$((size / 16384))

if [ ! -r $stat ]; then
	echo "Bail out! $stat is missing: the module is not loaded"
	exit 1
fi
make_cert localhost DNS:localhost,IP:127.0.0.1
ca=$tmp/localhost.pem
mkdir "$www"
head -c "$size" /dev/urandom >"$www/file"
sum=$(sha256sum <"$www/file")

mark()
{
	cp $stat "$tmp/mark"
}

# counted NAME: how much this counter grew since mark.
counted()
{
	awk -v n="$1" '$1 == n { v = $2 - v } END { print v + 0 }' "$tmp/mark" $stat
}

# renewed NAME N: it has grown by N.
# shellcheck disable=SC2317 # called by until_true
renewed()
{
	[ "$(counted "$1")" -ge "$2" ]
}

# counters: what moved, as the explanation of a failure.
counters()
{
	awk 'NR == FNR { was[$1] = $2; next } $2 != was[$1] { print $1, $2 - was[$1] }' \
		"$tmp/mark" $stat >>"$tmp/log"
}

# same FILE NAME: it has the SHA-256 of the file that was served.
same()
{
	[ "$(sha256sum <"$1")" = "$sum" ]
	local r=$?

	[ $r -eq 0 ] || ls -l "$1" >>"$tmp/log"
	ok $r "$2"
}

# used TX RX RECORDS-SENT RECORDS-RECEIVED NAME: since mark, so many sockets came to seal and to open
# in the kernel, and at least so many records went that way; no record failed.
used()
{
	local r=0

	[ "$(counted TlsTxSw) $(counted TlsRxSw)" = "$1 $2" ] || r=1
	[ "$(counted TlsTxRecords)" -ge "$3" ] && [ "$(counted TlsRxRecords)" -ge "$4" ] || r=1
	[ "$(counted TlsDecryptError) $(counted TlsTxError) $(counted TlsRxFrameError)" = "0 0 0" ] ||
		r=1
	[ $r -eq 0 ] || counters
	ok $r "$5"
}

# arrived FILE BYTES PID: so much is in FILE, or nothing more will come.
arrived()
{
	[ "$(stat -c %s "$1")" -ge "$2" ] || ! kill -0 "$3" 2>/dev/null
}

none_left()
{
	awk '/^TlsCurr/ { s += $2 } END { exit s != 0 }' $stat
}

# The last test: all sockets have given back what they held.
finish_all()
{
	until_true 10 none_left
	ok $? "no socket is left behind"
	finish
}
