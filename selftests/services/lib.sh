# SPDX-License-Identifier: GPL-2.0-only OR MIT
# shellcheck shell=bash disable=SC2034
# For the tests with servers and clients that have no TLS, or do not use it: sealsockd with a credential
# "web", for localhost, and "peer", of a client; both are trusted.
. "$(dirname "${BASH_SOURCE[0]}")/../interop/helper.sh"
here=$(dirname "${BASH_SOURCE[0]}")
stat=/proc/net/sealsock_stat

make_cert localhost DNS:localhost,IP:127.0.0.1,IP:::1
make_cert peer DNS:peer.test
ca=$tmp/localhost.pem
cat >"$conf" <<END
[helper]
workers = 2
worker-user = nobody
keeper-user = daemon
status = $tmp/run/status
log = handshakes
log-rate = 1000
credential = web
trust = test
[trust test]
file = $tmp/localhost.pem
file = $tmp/peer.pem
[credential web]
chain = $tmp/localhost.pem
key = $tmp/localhost.key
[credential peer]
chain = $tmp/peer.pem
key = $tmp/peer.key
END

# start NAME PORT COMMAND…: in the background as $pid, until it listens; what it says is in $tmp/NAME.err.
start()
{
	local name=$1 at=$2

	shift 2
	"$@" </dev/null >>"$tmp/$name.out" 2>>"$tmp/$name.err" &
	pid=$!
	pids+=("$pid")
	until_true 120 listening "$at" || cat "$tmp/$name.err" >>"$tmp/log"
}

# shellcheck disable=SC2317 # for until_true
gone()
{
	! pgrep -x "$1" >/dev/null
}

# shellcheck disable=SC2317
not_listening()
{
	! listening "$1"
}

fetch()
{
	curl -sS --max-time 120 --cacert "$ca" "$@" 2>>"$tmp/log"
}

# same FILE OTHER NAME
same()
{
	cmp "$1" "$2" >>"$tmp/log" 2>&1
	ok $? "$3"
}

managed_now()
{
	awk '$1 == "TlsCurrManaged" { print $2 }' $stat
}

none_left()
{
	awk '/^TlsCurr/ { s += $2 } END { exit s != 0 }' $stat
}

# The last tests of each script.
finish_all()
{
	end "$helper_pid"
	# What else still listens has a role.
	kill "${pids[@]}" 2>/dev/null
	until_true 20 none_left || grep '^TlsCurr' $stat >>"$tmp/log"
	none_left
	ok $? "no socket is left behind"
	if [ "$failed" = 1 ]; then
		sed 's/^/# helper: /' "$tmp/helper.log" | tail -n 20
		for f in "$tmp"/*.err; do
			sed "s|^|# ${f##*/}: |" "$f" | tail -n 8
		done
	fi
	finish
}
