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
