# SPDX-License-Identifier: GPL-2.0-only OR MIT
# shellcheck shell=bash
# Shared by the lints: the project's files, and a TAP line per rule.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
cd "$top" || exit 99
checked=0
lint_failed=0

# files [PATTERN…]: the project's own files of these patterns (git's, where * crosses folders).
files()
{
	{
		git -c safe.directory="$top" ls-files -- "$@" 2>/dev/null ||
			die_no_git
	} | while read -r f; do
		[ ! -f "$f" ] || echo "$f"
	done
}

die_no_git()
{
	echo "Bail out! git does not list the project's files"
	exit 99
}

# verdict RULE TROUBLE: one test; TROUBLE is empty, or says where the rule is broken.
verdict()
{
	checked=$((checked + 1))
	if [ -z "$2" ]; then
		echo "ok $checked $1"
	else
		printf '%s\n' "$2" | sed 's/^/# /'
		echo "not ok $checked $1"
		lint_failed=1
	fi
}

# done_linting: the plan, and the exit status.
done_linting()
{
	echo "1..$checked"
	exit $lint_failed
}
