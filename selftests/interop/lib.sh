# SPDX-License-Identifier: GPL-2.0-only OR MIT
# shellcheck shell=bash
# For the interop tests: TAP, processes that are ended again, certificates, servers.
#
# SEALSOCK_ULP: who seals records: sealsock (default: the module), any, or none (the library; what
# can be tested without the module).
set -u
PATIENCE=60
ulp=${SEALSOCK_ULP:-sealsock}
bin=${SEALSOCK_BIN:-build/userspace/sealsock}
peer=${SEALSOCK_PEER:-build/interop/guest/peer}
tests=0 failed=0
tmp=$(mktemp -d)
pids=()

cleanup()
{
	local p

	for p in "${pids[@]}"; do
		kill "$p" 2>/dev/null
	done
	wait 2>/dev/null
	rm -rf "$tmp"
}
trap cleanup EXIT
# A peer that has gone is noticed by what it did not say.
trap '' PIPE

# ok STATUS NAME: one result; what stands in $tmp/log explains a failure.
ok()
{
	tests=$((tests + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $tests $2"
	else
		failed=1
		echo "not ok $tests $2"
		[ ! -s "$tmp/log" ] || head -n 12 "$tmp/log" | sed 's/^/# /'
	fi
	: >"$tmp/log"
}

skip()
{
	tests=$((tests + 1))
	echo "ok $tests $1 # SKIP $2"
}

# is GOT WANTED NAME
is()
{
	[ "$1" = "$2" ] || echo "got '$1', wanted '$2'" >>"$tmp/log"
	[ "$1" = "$2" ]
	ok $? "$3"
}

# has FILE PATTERN NAME: a line of FILE matches. Whoever writes it may be behind those who have seen what it is about.
has()
{
	until_true $PATIENCE grep -Eq -- "$2" "$1"
	local r=$?

	[ $r -eq 0 ] || { echo "no /$2/ in:"; cat "$1"; } >>"$tmp/log"
	ok $r "$3"
}

finish()
{
	echo "1..$tests"
	exit $failed
}

# background COMMAND…: leaves its process id in $pid.
background()
{
	"$@" &
	pid=$!
	pids+=("$pid")
}

# end PID: SIGTERM; its status.
end()
{
	kill "$1" 2>/dev/null
	wait "$1" 2>/dev/null
}

# until_true SECONDS COMMAND…: by the clock. Never less than PATIENCE, since it ends by itself where all is well: an emulated
# machine beside compilers is slow at starting programs, and what is a matter of time only fails by chance.
until_true()
{
	local end=$((SECONDS + ($1 < PATIENCE ? PATIENCE : $1)))

	shift
	until "$@" 2>/dev/null; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.05
	done
}

# new_port: $port is one that nobody has, or had a moment ago. It is below those that the kernel gives to connections:
# bind() of one of those fails now and then, while a connection that has it is in TIME_WAIT. Tests run beside each other
# start apart.
port=0
last_port=$((20000 + $$ % 120 * 100))
new_port()
{
	last_port=$((last_port + 1))
	port=$last_port
	[ -z "$(ss -Hatn "sport = :$port")" ] || new_port
}

listening()
{
	ss -Hltn "sport = :$1" | grep -q .
}

# make_cert NAME SUBJECT-ALT-NAMES [OPENSSL OPTION…]: $tmp/NAME.pem and $tmp/NAME.key, self-signed.
make_cert()
{
	local name=$1 san=$2

	shift 2
	[ $# -gt 0 ] || set -- -days 2
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-keyout "$tmp/$name.key" -out "$tmp/$name.pem" -subj "/CN=$name" \
		-addext "subjectAltName=$san" "$@" >/dev/null 2>&1
}

# serve NAME [OPTION…]: sealsock serve of $tmp/www with certificate NAME; sets $port, $plain, $pid.
serve()
{
	local name=$1

	shift
	: >"$tmp/serve.out"
	"$bin" serve -v --ulp "$ulp" --cert "$tmp/$name.pem" --key "$tmp/$name.key" -p 0 --plain 0 \
		"$@" "$tmp/www" >"$tmp/serve.out" 2>"$tmp/serve.err" &
	pid=$!
	pids+=("$pid")
	until_true 10 grep -q '^and, without' "$tmp/serve.out" || {
		cat "$tmp/serve.err" >>"$tmp/log"
		return 1
	}
	port=$(sed -n 's|^serving.*:\([0-9]*\)/$|\1|p' "$tmp/serve.out")
	# shellcheck disable=SC2034 # for the callers
	plain=$(sed -n 's|^and, without.*:\([0-9]*\)/$|\1|p' "$tmp/serve.out")
}

# peer HOW: one peer that misbehaves (programs/peer.c), on a new $port.
peer()
{
	new_port
	: >"$tmp/peer.out"
	"$peer" $port "$1" >"$tmp/peer.out" 2>&1 &
	pid=$!
	pids+=("$pid")
	until_true 10 grep -q listening "$tmp/peer.out"
}

# s_server OPTION…: openssl s_server on a new $port; its input stays open on descriptor 7, its
# output goes to $tmp/s_server.out.
s_server_version=-tls1_3
s_server()
{
	new_port
	rm -f "$tmp/s_server.in"
	: >"$tmp/s_server.out"
	mkfifo "$tmp/s_server.in"
	openssl s_server -accept 127.0.0.1:$port $s_server_version -naccept 1 "$@" \
		<"$tmp/s_server.in" >"$tmp/s_server.out" 2>&1 &
	pid=$!
	pids+=("$pid")
	exec 7>"$tmp/s_server.in"
	until_true 10 listening $port
}

get()
{
	"$bin" get --ulp "$ulp" --timeout $PATIENCE "$@"
}

client()
{
	"$bin" client --ulp "$ulp" --timeout $PATIENCE "$@"
}

sum()
{
	sha256sum <"$1" | cut -c 1-16
}
