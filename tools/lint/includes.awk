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
	if (f ~ /^userspace\/(cli|daemon)\//)
		return program_room(f)
	if (f ~ /^userspace\/ask\//)
		return "ask"
	if (f ~ /^userspace\//)
		return "program"
	return ""
}

# A program's hall is one room; what starts it sees all.
function program_room(f,   p)
{
	split(f, p, "/")
	if (p[3] ~ /\.[ch]$/)
		return p[2] (p[3] == "main.c" ? "/main" : "")
	return p[2] "/" p[3]
}

function part_of(f, n,   p)
{
	split(f, p, "/")
	return p[n]
}

# The file meant: beside the includer, from the root of its own or among the public ones, or the one
# header whose path ends so.
function resolve(from, name,   dir, path, root, i)
{
	dir = from
	sub(/[^\/]*$/, "", dir)
	path = dir name
	while (path ~ /[^\/]+\/\.\.\//)
		sub(/[^\/]+\/\.\.\//, "", path)
	if (path in known)
		return path
	if (match(from, /^userspace\/[^\/]*\//)) {
		root = substr(from, 1, RLENGTH)
		if ((root name) in known)
			return root name
		if (("userspace/include/" name) in known)
			return "userspace/include/" name
	}
	while (sub(/^\.\.\//, "", name))
		;
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

# Whose insides a room belongs to: nobody else sees it. "": it is for others.
function house_of(r)
{
	if (r in shared)
		return ""
	if (match(r, /^(kmod|cli|daemon)(\/|$)/)) {
		sub(/\/.*/, "", r)
		return r
	}
	return "lib"
}

BEGIN {
	nknown = split(list, all, "\n")
	for (i = 1; i <= nknown; i++)
		known[all[i]] = 1
	# From the ground up: each room sees those of the floors below its own, and itself.
	n = split("kmod/uapi | kmod/core api | ask | base program | crypto ext | keys msg resume x509 |" \
		  " config | record | trace hs | conn | sock", house, "|")
	build(n, house)
	n = split("kmod/uapi | api | ask | cli |" \
		  " cli/bench cli/http cli/module cli/proxy cli/run cli/trace | cli/client cli/serve", house, "|")
	build(n, house)
	# What a process may not have its files do not see: keeper and workers know nothing of each other.
	n = split("kmod/uapi | api | daemon | daemon/keeper daemon/worker | daemon/parent | daemon/main",
		  house, "|")
	build(n, house)
	n = split("kmod/uapi | kmod/core | kmod/compat kmod/spare | kmod/keys kmod/pages kmod/cmsg kmod/ctx kmod/answer |" \
		  " kmod/held |" \
		  " kmod/hooks kmod/scratch kmod/seen kmod/tables | kmod/crypt | kmod/tx kmod/rx |" \
		  " kmod/install | kmod/managed |" \
		  " kmod/sockopt kmod/attach | kmod/hold | kmod/proto | kmod/ulp | kmod/main", house, "|")
	build(n, house)
	# Walls: the module and the library meet in kmod/core only, programs see the interface only.
	shared["kmod/uapi"] = shared["kmod/core"] = shared["api"] = shared["ask"] = 1
	programs = "^(program|ask|cli|daemon)(/|$)"
}

{
	split($0, part, ":")
	match($0, /"[^"]*"/)
	name = substr($0, RSTART + 1, RLENGTH - 2)
	to = resolve(part[1], name)
	if (to == "") {
		# The command's style sheet, which is made when it is built.
		if (name != "trace/css.h")
			printf "%s:%s: %s is none of ours\n", part[1], part[2], name
		next
	}
	a = room(part[1])
	b = room(to)
	if (!(a in floor) || !(b in floor))
		printf "%s:%s: no room is known of %s\n", part[1], part[2], (a in floor) ? to : part[1]
	else if (a != b && (floor[b] >= floor[a] || (house_of(b) && house_of(b) != house_of(a)) ||
		 (a ~ programs && b == "kmod/core")))
		printf "%s:%s: %s includes %s (%s)\n", part[1], part[2], a, to, b
}
