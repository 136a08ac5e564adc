# SPDX-License-Identifier: GPL-2.0-only OR MIT
# shellcheck shell=bash
# For the tests of what "make install" leaves: the programs of README.md.

# readme_block NUMBER: a block of C in README.md.
readme_block()
{
	awk -v want="$1" '/^```c$/ { n++; on = n == want; next } /^```$/ { on = 0 } on' README.md
}

# README.md's program for where the module is not, changed as the text below it says.
without_module()
{
	sed -e '/sealsock_install/d' -e '/sealsock_conn_free/d' \
		-e 's/\bwrite(fd,/sealsock_write(conn, fd,/' -e 's/\bread(fd,/sealsock_read(conn, fd,/' \
		-e 's/return close(fd)/return sealsock_shutdown(conn, fd)/'
}

# compile_programs DIR: https and https-engine (README.md), client, server and sockopt, with what pkg-config says and
# nothing else; https-static has this library in it, not libcrypto. The lines of README.md that ask
# for TLS, and those on socket options, are compiled as the middle of a function.
compile_programs()
{
	local dir=$1 cc=${CC:-gcc} p

	mkdir -p "$dir"
	readme_block 2 >"$dir/https.c"
	without_module <"$dir/https.c" >"$dir/https-engine.c"
	{
		printf '#include <%s>\n' stddef.h linux/tls.h netinet/in.h netinet/tcp.h sys/sendfile.h \
			sys/socket.h linux/sealsock.h
		echo 'void heart(int fd, int file, size_t size)'
		echo '{'
		readme_block 3
		echo '}'
	} >"$dir/heart.c"
	{
		printf '#include <%s>\n' err.h sealsock_ask.h
		echo 'void ask(int server, int client)'
		echo '{'
		readme_block 1
		echo '}'
	} >"$dir/wish.c"
	cp userspace/examples/{ask,client,server,sockopt}.c "$dir/"
	for p in https https-engine client server sockopt; do
		# shellcheck disable=SC2046 # words of a command line
		$cc -Wall -Wextra -Werror -Wno-sign-compare -o "$dir/$p" "$dir/$p.c" \
			$(pkg-config --cflags --libs libsealsock) || return
	done
	# shellcheck disable=SC2046
	$cc -Wall -Wextra -Werror -c -o "$dir/heart.o" "$dir/heart.c" -DSOL_TLS=282 \
		$(pkg-config --cflags libsealsock) || return
	# shellcheck disable=SC2046
	$cc -Wall -Wextra -Werror -c -o "$dir/wish.o" "$dir/wish.c" $(pkg-config --cflags libsealsock) || return
	# shellcheck disable=SC2046
	$cc -Wall -Wextra -Werror -o "$dir/ask" "$dir/ask.c" $(pkg-config --cflags libsealsock) \
		$(pkg-config --libs-only-L libsealsock) -lsealsock-ask || return
	# shellcheck disable=SC2046
	$cc -Wall -Wextra -Werror -Wno-sign-compare -o "$dir/https-static" "$dir/https.c" \
		$(pkg-config --static --cflags --libs libsealsock | sed 's/-lsealsock/-l:libsealsock.a/')
}

# The guests' tree has no mount(8); what started them is still there.
command -v mount >/dev/null 2>&1 || mount()
{
	/run/vm/busybox mount "$@"
}

# own_etc: in $tmp, of the caller's. The /etc of this mount namespace is a copy, which may be written.
own_etc()
{
	mkdir -p "${tmp:?}/etc"
	cp -a /etc/. "$tmp/etc" 2>/dev/null
	mount --bind "$tmp/etc" /etc
}
