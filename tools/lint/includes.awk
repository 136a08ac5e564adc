# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Reads "file:line:#include "x"", prints those that go upwards. list: the headers.

# The room of a file; the first that fits.
function room(f)
{
	# The files of the hall are rooms of their own.
	if (f ~ /^kmod\//) {
		f = part_of(f, 2)
		sub(/\.[ch]$/, "", f)
		return "kmod/" f
	}
	if (f ~ /^userspace\/lib\//)
		return part_of(f, 3)
	if (f ~ /^userspace\/include\//)
		return "api"
	if (f ~ /^userspace\/(ask|daemon)\//)
		return part_of(f, 2)
	if (f ~ /^userspace\//)
		return "program"
	return ""
}

function part_of(f, n,   p)
{
	split(f, p, "/")
	return p[n]
}

# The file meant: beside the includer, or the one header whose path ends so.
function resolve(from, name,   dir, path, i)
{
	dir = from
	sub(/[^\/]*$/, "", dir)
	path = dir name
	while (path ~ /[^\/]+\/\.\.\//)
		sub(/[^\/]+\/\.\.\//, "", path)
	if (path in known)
		return path
	# The library's own headers, by their path from userspace/lib, before others of that name.
	if (from ~ /^userspace\/lib\// && ("userspace/lib/" name) in known)
		return "userspace/lib/" name
	for (i = 1; i <= nknown; i++)
		if (substr(all[i], length(all[i]) - length(name)) == "/" name)
			return all[i]
	return ""
}

function build(n, house,   i, j, m, rooms)
{
	for (i = 1; i <= n; i++) {
		m = split(house[i], rooms, " ")
		for (j = 1; j <= m; j++)
			floor[rooms[j]] = i
	}
}

# The module's, but for what the library has too.
function inside(r)
{
	return r ~ /^kmod\// && !(r in shared)
}

BEGIN {
	nknown = split(list, all, "\n")
	for (i = 1; i <= nknown; i++)
		known[all[i]] = 1
	# From the ground up: each room sees those of the floors below its own, and itself.
	n = split("kmod/uapi | kmod/core api | ask | base program daemon | crypto ext | keys msg resume x509 |" \
		  " config | record | trace hs | conn | sock", house, "|")
	build(n, house)
	n = split("kmod/uapi | kmod/core | kmod/compat kmod/spare | kmod/keys kmod/pages kmod/cmsg kmod/ctx kmod/answer |" \
		  " kmod/held |" \
		  " kmod/hooks kmod/scratch kmod/seen kmod/tables | kmod/crypt | kmod/tx kmod/rx |" \
		  " kmod/install | kmod/managed |" \
		  " kmod/sockopt kmod/attach | kmod/hold | kmod/proto | kmod/ulp | kmod/main", house, "|")
	build(n, house)
	# A wall: the module and the library meet in kmod/core only, programs see the interface only.
	shared["kmod/uapi"] = shared["kmod/core"] = 1
}

{
	split($0, part, ":")
	match($0, /"[^"]*"/)
	name = substr($0, RSTART + 1, RLENGTH - 2)
	to = resolve(part[1], name)
	if (to == "")
		next
	a = room(part[1])
	b = room(to)
	if (!(a in floor) || !(b in floor))
		printf "%s:%s: no room is known of %s\n", part[1], part[2], (a in floor) ? to : part[1]
	else if (a != b && (floor[b] >= floor[a] || (inside(b) && a !~ /^kmod\//) ||
		 ((a == "program" || a == "daemon" || a == "ask") && b == "kmod/core")))
		printf "%s:%s: %s includes %s (%s)\n", part[1], part[2], a, to, b
}
