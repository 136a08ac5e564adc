# SPDX-License-Identifier: GPL-2.0-only OR MIT
# What a program that has never heard of TLS does: it echoes, on the socket that it is started with, until it
# is told to quit.
use Socket;
$SIG{CHLD} = 'IGNORE';
open(my $l, '+<&=', 3) or die;
while (accept(my $c, $l)) {
	next if fork;
	while (sysread($c, my $b, 4096)) {
		syswrite($c, $b);
		last if $b =~ /^quit$/m;
	}
	exit 0;
}
