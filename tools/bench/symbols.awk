# SPDX-License-Identifier: GPL-2.0-only OR MIT
# First file: /proc/kallsyms, sorted by address. Second: "ADDRESS COUNT" lines of the plugin, sorted
# by address. Prints "COUNT SYMBOL"; what is below the kernel's half is the program's. Addresses are
# compared as strings of 16 digits: awk's numbers have no 64 bits.

function pad(s)
{
	while (length(s) < 16)
		s = "0" s
	return s
}

FNR == NR {
	if ($2 ~ /^[tTwW]$/) {
		addr[++n] = $1
		name[n] = $3 ($4 ? " " $4 : "")
	}
	next
}

{
	at = pad($1)
	if (at < "8000000000000000") {
		sum["(userspace)"] += $2
		next
	}
	while (i < n && addr[i + 1] <= at)
		i++
	sum[i ? name[i] : "?"] += $2
}

END {
	for (s in sum)
		printf "%.0f %s\n", sum[s], s
}
