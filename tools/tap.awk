# SPDX-License-Identifier: GPL-2.0-only OR MIT
# The collector behind tools/tap: reads what one command printed, with "\001status N" at its end.
# Variables: program (name for results before any marker), kernel, rows (file to append to),
# skips (file of expected skips), verbose.

function glob(s)
{
	gsub(/[][\\.^$+(){}|]/, "\\\\&", s)
	gsub(/\*/, ".*", s)
	gsub(/\?/, ".", s)
	return "^" s "$"
}

function trim(s)
{
	sub(/^[ \t]+/, "", s)
	sub(/[ \t]+$/, "", s)
	return s
}

function expected(test, reason,   i)
{
	for (i = 1; i <= nskip; i++)
		if (kernel ~ skip_kernel[i] && program ~ skip_program[i] && test ~ skip_test[i] &&
		    reason ~ skip_reason[i])
			return 1
	return 0
}

function failure(what)
{
	failed++
	printf "  not ok %s: %s\n%s", program, what, notes
	notes = ""
	fflush()
}

function skip(test, reason)
{
	if (expected(test, reason))
		skipped++
	else
		failure(test " is skipped (" (reason == "" ? "no reason given" : reason) \
			"), which selftests/expected-skips does not list")
}

# What a section (one plan) at this depth, and all below it, still owes.
function close_section(depth,   d)
{
	for (d = deepest; d >= depth; d--) {
		if ((d in plan) && count[d] != plan[d])
			failure(sprintf("%d results where %d were planned", count[d], plan[d]))
		delete plan[d]
		count[d] = 0
		nested_failed[d] = 0
	}
	if (deepest >= depth)
		deepest = depth
}

function close_program()
{
	if (started && passed + failed + skipped == 0 && !empty_plan)
		failure("printed no test result")
	if (passed + failed + skipped > 0) {
		printf "  %-34s %5d passed %3d failed %3d skipped\n", program, passed, failed, skipped
		printf "%s\t%d\t%d\t%d\t%s\n", program, passed, failed, skipped, kernel >>rows
		fflush()
	}
	all_failed += failed
	passed = failed = skipped = started = empty_plan = nlines = 0
	notes = ""
	running = ""
}

# Results before the first marker, if any, belong to the command itself.
function open_program(name)
{
	if (program == whole && passed + failed + skipped == 0)
		started = 0
	close_program()
	program = trim(name)
	started = 1
}

function result(good, text, depth,   hash, directive, word, reason, d, had_nested, bad_nested)
{
	why = 0
	sub(/^[0-9]+/, "", text)
	text = trim(text)
	sub(/^- */, "", text)
	hash = match(text, /# *([A-Za-z]+)/) ? RSTART : 0
	directive = hash ? trim(substr(text, hash + 1)) : ""
	word = toupper(directive)
	sub(/[^A-Z].*/, "", word)
	if (hash)
		text = trim(substr(text, 1, hash - 1))
	if (text == "")
		text = running == "" ? "test " (count[depth] + 1) : running

	# Results one level down since the last one here: this line only sums them up.
	had_nested = deepest > depth && count[depth + 1] > 0
	bad_nested = had_nested && nested_failed[depth + 1] > 0
	if (had_nested) {
		d = failed
		close_section(depth + 1)
		bad_nested = bad_nested || failed > d
	}
	count[depth]++
	if (depth > deepest)
		deepest = depth
	if (word == "SKIP") {
		reason = directive
		sub(/^[A-Za-z]+[: ]*/, "", reason)
		if (!had_nested)
			skip(text, trim(reason))
	} else if (good || word == "XFAIL") {
		if (!had_nested)
			passed++
	} else {
		nested_failed[depth]++
		if (!bad_nested) {
			failure(text (directive == "" ? "" : " (" directive ")"))
			why = 12
		}
	}
	notes = ""
	nlines = 0
}

BEGIN {
	while ((getline line < skips) > 0) {
		if (line ~ /^[ \t]*(#.*)?$/)
			continue
		if (split(line, field, "|") != 4) {
			printf "  %s: not \"kernel|program|test|reason\": %s\n", skips, line
			broken = 1
			continue
		}
		nskip++
		skip_kernel[nskip] = glob(trim(field[1]))
		skip_program[nskip] = glob(trim(field[2]))
		skip_test[nskip] = glob(trim(field[3]))
		skip_reason[nskip] = glob(trim(field[4]))
	}
	whole = program
	started = 1
	deepest = 0
	status = -1
}

{ sub(/\r$/, "") }

substr($0, 1, 1) == "\001" { status = $2 + 0; next }

verbose { print "    | " $0; fflush() }

/^# program / {
	close_section(0)
	open_program(substr($0, 11))
	next
}

/^# status [0-9]+$/ {
	close_section(0)
	if ($3 != 0 && $3 != 4 && failed == 0)
		failure("ended with status " $3)
	next
}

# Under kselftest's runner the outer plan goes on.
/^# selftests: / {
	close_section(1)
	open_program(substr($0, 14))
	next
}

{
	rest = $0
	depth = 0
	while (match(rest, /^(# |    )/)) {
		if (substr(rest, 1, 1) == "#" && rest !~ /^(# |    )*(ok|not ok|TAP|KTAP|1\.\.)/)
			break
		rest = substr(rest, RLENGTH + 1)
		depth++
	}
}

rest ~ /^(not )?ok [0-9]+/ || (depth == 0 && rest ~ /^(not )?ok( |$)/) {
	good = rest ~ /^ok/
	sub(/^(not )?ok */, "", rest)
	result(good, rest, depth)
	next
}

rest ~ /^K?TAP version/ {
	if (depth in plan)
		close_section(depth)
	next
}

rest ~ /^1\.\.[0-9]+/ {
	n = substr(rest, 4) + 0
	if (depth in plan)
		close_section(depth)
	plan[depth] = n
	if (depth > deepest)
		deepest = depth
	if (n == 0) {
		empty_plan = 1
		reason = rest
		sub(/^1\.\.0[ #]*([Ss][Kk][Ii][Pp][A-Za-z]*)?[: ]*/, "", reason)
		skip("whole program", trim(reason))
	}
	next
}

rest ~ /^Bail out!/ { failure(rest); next }

/^(# )*#  RUN / { why = 0 }

/^#  RUN / { running = $3 }

# TAP has the reason behind the failure; kselftest's harness before it.
why > 0 && /^(    )*#/ {
	print "    | " $0
	fflush()
	why--
	next
}

# What was said before a failure goes out with it.
/[^ \t]/ {
	lines[++nlines] = $0
	notes = ""
	for (i = nlines > 12 ? nlines - 11 : 1; i <= nlines; i++)
		notes = notes "    | " lines[i] "\n"
}

END {
	close_section(0)
	# 90 to 99 are the runner's own verdicts: they count whatever the results say.
	if (status != 0 && (failed + all_failed == 0 || (status >= 90 && status <= 99)))
		failure(status < 0 ? "was cut off" : "ended with status " status)
	close_program()
	exit all_failed > 0 || broken
}
