# SPDX-License-Identifier: GPL-2.0-only OR MIT
# shellcheck shell=bash
# For tests of sealsockd, with lib.sh: starts it with $conf, and looks at it.
. "${BASH_SOURCE[0]%/*}/lib.sh"
helper=${bin%/*}/sealsockd
conf=$tmp/sealsockd.conf
# Its workers are other users, and reach nothing here but what they are given.
chmod 755 "$tmp"

# Leaves its process id in $helper_pid.
start_helper()
{
	"$helper" --config "$conf" 2>>"$tmp/helper.log" &
	helper_pid=$!
	pids+=("$helper_pid")
	until_true 40 test -S "$tmp/run/status"
}

status()
{
	"$bin" status --socket "$tmp/run/status" --json >"$tmp/status" 2>>"$tmp/log"
}

# count NAME: one of the helper's numbers.
count()
{
	status && sed "s/.*\"$1\":\([0-9]*\).*/\1/" "$tmp/status"
}

# counted NAME NUMBER, for until_true
counted()
{
	[ "$(count "$1")" = "$2" ]
}

# Children of the helper by the name they gave themselves.
children()
{
	pgrep -P "$helper_pid" "$1" | tr '\n' ' '
}

# A keeper and two workers, for until_true.
complete()
{
	[ "$(children sealsockd-work | wc -w)" = 2 ] && [ "$(children sealsockd-keep | wc -w)" = 1 ]
}

# No socket has the module's context, for until_true.
none_attached()
{
	grep -q '^TlsCurrAttached[[:space:]]*0$' /proc/net/sealsock_stat
}

# A server on descriptor 3 that has never heard of TLS: it answers a line, or gives back what it gets.
cat >"$tmp/server" <<'END'
use Socket;
my $echo = shift eq 'echo';
$SIG{CHLD} = 'IGNORE';
open(my $l, '+<&=', 3) or die;
while (accept(my $c, $l)) {
	if (fork) {
		close($c);
		next;
	}
	if ($echo) {
		while (sysread($c, my $b, 4096)) { syswrite($c, $b); }
	} else {
		sysread($c, my $b, 4096);
		syswrite($c, "HTTP/1.0 200 OK\r\n\r\nplain " . (split / /, $b)[0] . "\n");
	}
	exit 0;
}
END

# What the helper has to say about a failure.
explain()
{
	[ "$failed" = 0 ] || sed 's/^/# helper: /' "$tmp/helper.log" | tail -n 40
}
