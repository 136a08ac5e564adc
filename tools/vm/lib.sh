# SPDX-License-Identifier: GPL-2.0-only OR MIT
# shellcheck shell=bash
# Shared by the scripts beside it: where things are, how failures are told apart, the private apt.

# Exit statuses of the harness itself. A command run in the guest may use these numbers as well;
# the message on stderr tells the two apart.
export EX_PANIC=90 EX_LOG=91 EX_TIMEOUT=92 EX_NOVERDICT=93 EX_MODULE=94 EX_LEFTOVER=95
export EX_KERNEL=96 EX_PACKAGE=97 EX_NETWORK=98 EX_USAGE=99

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
vm=$top/tools/vm
build=$top/build
cache=${SEALSOCK_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/sealsock}
default_kernel=6.1
export top vm build cache default_kernel

# say TEXT: progress, on stderr, unless the script has set quiet.
say()
{
	[ -n "${quiet:-}" ] || printf '%s: %s\n' "${0##*/}" "$*" >&2
}

# die STATUS TEXT: ends the script.
die()
{
	local status=$1

	shift
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit "$status"
}

# need PROGRAM PACKAGE: ends the script when the program cannot be run.
need()
{
	command -v "$1" >/dev/null 2>&1 ||
		die "$EX_PACKAGE" "$1 is not installed (package $2): run tools/vm/setup"
}

# lock NAME: one process at a time fills a given part of the cache; held until the script ends.
lock()
{
	mkdir -p "$cache" || die "$EX_USAGE" "cannot create the cache directory $cache"
	exec {lock_fd}>"$cache/.lock.$1"
	flock "$lock_fd"
}

# suite_of KERNEL: the suite that has this kernel.
suite_of()
{
	case $1 in
	6.1) echo bookworm ;;
	6.12 | debug | uml | uml-debug) echo bookworm-backports ;;
	6.18 | 7.2) echo trixie-backports ;;
	*) die "$EX_USAGE" "kernel $1 is not known: 6.1, 6.12, 6.18, 7.2, debug, uml or uml-debug" ;;
	esac
}

# is_built KERNEL: true when it is built from source (tools/vm/built-kernel); no package has it.
is_built()
{
	case $1 in
	debug | uml | uml-debug) return 0 ;;
	*) return 1 ;;
	esac
}

# runs_as_program KERNEL: true for User Mode Linux: no emulator, one processor, hostfs for 9p.
runs_as_program()
{
	case $1 in
	uml | uml-debug) return 0 ;;
	*) return 1 ;;
	esac
}

# needs_builder KERNEL: true when the host's release lacks the compiler this kernel's headers want.
needs_builder()
{
	case $1 in
	6.18 | 7.2) return 0 ;;
	*) return 1 ;;
	esac
}

# in_tree NAME DIR… -- COMMAND…: runs it in one of the cache's trees, in a mount namespace with nothing
# of the host but these folders, at their usual paths.
in_tree()
{
	local root=$cache/$1 own=(-m) dirs=()

	[ -e "$root/.stamp" ] ||
		die "$EX_KERNEL" "the tree \"$1\" is not in the cache: run tools/vm/tree $1"
	shift
	[ "$(id -u)" -eq 0 ] || own=(-rm)
	while [ "$1" != -- ]; do
		dirs+=("$1")
		shift
	done
	shift
	# shellcheck disable=SC2016 # expanded by the inner shell
	unshare "${own[@]}" bash -euc '
		root=$1 dirs=$2
		shift 2
		mount --bind "$root" "$root"
		mount -t tmpfs tmp "$root/tmp"
		while read -r d; do
			mkdir -p "$root$d"
			mount --rbind "$d" "$root$d"
		done <<<"$dirs"
		exec chroot "$root" /usr/bin/env PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C "$@"
	' bash "$root" "$(printf '%s\n' /dev /proc "${dirs[@]}")" "$@"
}

# in_builder DIR… -- COMMAND…: the same in the tree of a newer Debian, which has its compiler.
in_builder()
{
	in_tree builder "$@"
}

# prune_tree: of the kernel tree that is the current directory stays what building modules needs.
prune_tree()
{
	find . -type f ! -path './scripts/*' ! -path './tools/objtool/objtool' ! -path './.config' \
		! -path './include/*' ! -name '*.h' ! -name 'Makefile*' ! -name 'Kconfig*' \
		! -name 'Kbuild*' ! -name Module.symvers ! -name '*.lds' -delete
	find . \( -name Documentation -o -path ./drivers -o -path ./sound \) -prune \
		-exec rm -rf {} +
	find . -type d -empty -delete
}

# listed FILE…: the names in lists of packages.
listed()
{
	sed -n 's:^\([a-z0-9][a-z0-9.+/-]*\).*:\1:p' "$@"
}

# mirror [security]: the archive this machine itself uses, from its own apt configuration
# (one-line and deb822 sources alike: apt does the parsing).
mirror()
{
	# shellcheck disable=SC2016 # apt expands these
	apt-get indextargets --format '$(REPO_URI) $(RELEASE)' 'Created-By: Packages' 2>/dev/null |
	awk -v want="${1:-main}" '
		$2 ~ /-security$/ { if (want == "security") { print $1; exit }; next }
		$2 ~ /^(bookworm|trixie|stable|oldstable|testing)$/ && want == "main" { print $1; exit }'
}

# apt_state SUITE [sources]: sets up a private apt for the suite and exports APT_CONFIG to it. What
# the host says about proxies and the like is kept; nothing of its package state is touched. Whatever
# is fetched comes by here: with SEALSOCK_OFFLINE, which tools/check sets, nothing is.
apt_state()
{
	local suite=$1 base=${1%-backports} dir=$cache/apt/$1 main security by=

	[ -z "${SEALSOCK_OFFLINE:-}" ] ||
		die "$EX_NETWORK" "this is not in the cache, and tests fetch nothing: tools/vm/setup has to"
	main=$(mirror)
	security=$(mirror security)
	# Not a release: it stands on the one before it, and has neither updates nor security.
	[ "$suite" != experimental ] || base=sid security=
	[ -n "$main" ] ||
		die "$EX_NETWORK" "no Debian mirror found in this machine's apt configuration"
	if [ -f /usr/share/keyrings/debian-archive-keyring.gpg ]; then
		by='[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] '
	fi
	mkdir -p "$dir/lists/partial" "$dir/archives/partial"
	touch "$dir/status"
	{
		echo "deb $by$main $base main"
		[ "$base" = sid ] || echo "deb $by$main $base-updates main"
		[ "$suite" = "$base" ] || echo "deb $by$main $suite main"
		[ -z "$security" ] || echo "deb $by$security $base-security main"
		[ -z "${2:-}" ] || echo "deb-src $by$main $suite main"
	} >"$dir/sources.list"
	{
		apt-config dump 2>/dev/null |
			grep -E '^Acquire::(http|https|Retries|ForceIPv|Queue|Check)' || true
		cat <<-CONF
			Dir::Etc::main "/dev/null";
			Dir::Etc::parts "/dev/null";
			Dir::Etc::sourcelist "$dir/sources.list";
			Dir::Etc::sourceparts "/dev/null";
			Dir::Etc::preferences "/dev/null";
			Dir::Etc::preferencesparts "/dev/null";
			Dir::State "$dir";
			Dir::State::lists "$dir/lists";
			Dir::State::status "$dir/status";
			Dir::Cache "$dir";
			Dir::Cache::archives "$dir/archives";
			APT::Sandbox::User "root";
			Acquire::Languages "none";
			Acquire::Retries "2";
			Acquire::Check-Valid-Until "false";
		CONF
	} >"$dir/apt.conf"
	export APT_CONFIG=$dir/apt.conf
}

# apt_update WHAT: the current index of the suite chosen by apt_state.
apt_update()
{
	local log

	log=$(mktemp)
	if ! apt-get -qq -o APT::Update::Error-Mode=any update >"$log" 2>&1; then
		cat "$log" >&2
		rm -f "$log"
		die "$EX_NETWORK" "cannot read the package index, so there is no $1: check the network and apt's mirror and proxy, then run it again"
	fi
	rm -f "$log"
}

# apt_fetch DIR PACKAGE…: downloads packages (checked against the signed index) into DIR.
apt_fetch()
{
	local dir=$1

	shift
	mkdir -p "$dir"
	(cd "$dir" && apt-get -qq download "$@" >&2) ||
		die "$EX_NETWORK" "cannot download $*: check the network and apt's mirror and proxy, then run it again"
}
