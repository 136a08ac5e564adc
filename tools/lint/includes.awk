# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Reads "file:line:#include "x"", prints those that go against the layers. list: the headers.

# The layer of a file; the first that fits.
function layer(f)
{
	if (f ~ /^kmod\/uapi\//)
		return "uapi"
	if (f ~ /^kmod\/core\//)
		return "core"
	if (f ~ /^kmod\//)
		return "module"
	if (f ~ /^userspace\/include\//)
		return "api"
	if (f ~ /^userspace\/lib\/(base|crypto)\//)
		return "base"
	if (f ~ /^userspace\/lib\/hs\//)
		return "hs"
	if (f ~ /^userspace\/lib\/conn\//)
		return "conn"
	if (f ~ /^userspace\/lib\/sock\//)
		return "io"
	if (f ~ /^userspace\/lib\//)
		return "parts"
	if (f ~ /^userspace\//)
		return "program"
	return ""
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

BEGIN {
	nknown = split(list, all, "\n")
	for (i = 1; i <= nknown; i++)
		known[all[i]] = 1
	below["uapi"] = " uapi "
	below["core"] = " core uapi "
	below["module"] = " module core uapi "
	below["api"] = " api uapi "
	below["base"] = " base api core uapi "
	below["parts"] = " parts" below["base"]
	below["hs"] = " hs" below["parts"]
	below["conn"] = " conn" below["hs"]
	below["io"] = " io" below["conn"]
	below["program"] = " program api uapi "
}

{
	split($0, part, ":")
	match($0, /"[^"]*"/)
	name = substr($0, RSTART + 1, RLENGTH - 2)
	to = resolve(part[1], name)
	if (to == "")
		next
	if (index(below[layer(part[1])], " " layer(to) " ") == 0)
		printf "%s:%s: %s includes %s (%s)\n", part[1], part[2], layer(part[1]), to, layer(to)
}
