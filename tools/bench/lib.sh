# SPDX-License-Identifier: GPL-2.0-only OR MIT
# shellcheck shell=bash
# Shared by the scripts beside it.
. "$(dirname "${BASH_SOURCE[0]}")/../vm/lib.sh"

bench=$top/tools/bench
export bench

# build_bench KERNEL: the guest's program, the measuring module and sealsock itself.
build_bench()
{
	[ -e "$cache/kernels/$1/release" ] ||
		die "$EX_KERNEL" "kernel $1 is not in the cache: run tools/vm/setup $1"
	make -s -C "$bench" || die "$EX_MODULE" "the benchmark does not build"
	"$vm/module" "$1" --source "$bench/kmod" --out "$build/bench/kmod/$1" || exit
	[ -n "${SEALSOCK_KO:-}" ] || "$vm/module" "$1" || exit
}

# in_guest KERNEL OPTION… -- COMMAND…: a boot whose clock counts instructions, with the kernel's own
# tls, the measuring module and sealsock. SEALSOCK_KO: another sealsock.ko than the tree's.
in_guest()
{
	local k=$1 ours=()

	shift
	if [ -n "${SEALSOCK_KO:-}" ]; then
		ours=(--no-sealsock --module "$SEALSOCK_KO")
	fi
	"$vm/run" --quiet --icount --memory 1536 --kernel "$k" --load tls \
		--module "$build/bench/kmod/$k/sealsock_floor.ko" "${ours[@]}" "$@"
}

# build_plugin: the plugin that counts for profiles, as $plugin.
build_plugin()
{
	plugin=$build/bench/plugin.so
	[ "$bench/plugin.c" -nt "$plugin" ] || return 0
	mkdir -p "$build/bench"
	gcc -O2 -Wall -Wextra -Werror -shared -fPIC -fvisibility=hidden -o "$plugin" "$bench/plugin.c"
}

# by_symbol DIR UNITS LINES UNIT: a profile, of DIR/counts, which the plugin wrote, and of the guest's
# /proc/kallsyms behind a line "= symbols" in DIR/log.
by_symbol()
{
	local dir=$1

	sed -n '/^= symbols$/,$p' "$dir/log" | sed 1d | grep ' [tTwW] ' | LC_ALL=C sort >"$dir/symbols"
	[ -s "$dir/counts" ] || die "$EX_NOVERDICT" "nothing was counted"
	awk '{ while (length($1) < 16) $1 = "0" $1; print }' "$dir/counts" | LC_ALL=C sort |
		LC_ALL=C awk -f "$bench/symbols.awk" "$dir/symbols" - | sort -rn >"$dir/sums"
	awk -v units="$2" -v lines="$3" -v unit="$4" '
		{ all += $1; count[NR] = $1; $1 = ""; name[NR] = $0 }
		END {
			printf "%14s %6s  %s\n", unit, "share", "symbol"
			for (i = 1; i <= NR && i <= lines; i++)
				printf "%14.4f %5.1f%% %s\n", count[i] / units, 100 * count[i] / all, name[i]
			printf "%14.4f %5.1f%%  all\n", all / units, 100
		}' "$dir/sums"
}
