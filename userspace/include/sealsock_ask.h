/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * libsealsock-ask: asks for TLS on a socket. The helper sealsockd does the handshake, the kernel
 * the rest, and the program goes on with plain calls:
 *
 *	fd = socket(AF_INET6, SOCK_STREAM, 0);
 *	if (sealsock_listen(fd, "web"))			before listen()
 *		err(1, "TLS");
 *	... bind, listen, accept, read, write, sendfile ...
 *
 *	fd = socket(AF_INET, SOCK_STREAM, 0);
 *	if (sealsock_connect(fd, "www.example.org"))	before connect()
 *		err(1, "TLS");
 *	... connect, read, write ...
 *
 * Nothing else is needed: no libsealsock, no libcrypto, no thread. Results are 0, or -1 with errno.
 * Nothing here waits for anything.
 */
#ifndef SEALSOCK_ASK_H
#define SEALSOCK_ASK_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define SEALSOCK_ASK_CHECKED __attribute__((warn_unused_result))
#else
#define SEALSOCK_ASK_CHECKED
#endif

/*
 * A closed or listening TCP socket becomes a server's: what it accepts speaks TLS, and accept()
 * brings connections whose handshake is done. @credential: a name in the helper's configuration;
 * NULL: its default. After an error the socket must not be used: where the module is missing
 * (ENOENT) it would speak in the clear, and otherwise it does nothing any more.
 * ENAMETOOLONG; else as SEALSOCK_ROLE of <linux/sealsock_hold.h> has it.
 */
SEALSOCK_ASK_CHECKED
int sealsock_listen(int fd, const char *credential);

/*
 * A closed TCP socket becomes a client's: connect() ends when TLS is up and the server's
 * certificate has been verified for @host; NULL: for the address. Errors as above, those of
 * connect() in SEALSOCK_DEADLINE of the same file.
 */
SEALSOCK_ASK_CHECKED
int sealsock_connect(int fd, const char *host);

/*
 * What can be asked for besides. NULL, 0: as the helper is configured. @alpn: protocols, best
 * first, separated by commas. @deadline: milliseconds for a handshake. @client_certificate of a
 * server: 0, 1 optional, 2 required. The size goes with it, so that it can grow at its end.
 */
struct sealsock_wish {
	const char *credential;
	const char *trust;
	const char *profile;
	const char *alpn;
	uint32_t client_certificate;
	uint32_t deadline;
};

#define sealsock_listen_with(fd, wish)	\
	sealsock_listen_sized(fd, wish, sizeof(struct sealsock_wish))
#define sealsock_connect_with(fd, host, wish)	\
	sealsock_connect_sized(fd, host, wish, sizeof(struct sealsock_wish))
SEALSOCK_ASK_CHECKED
int sealsock_listen_sized(int fd, const struct sealsock_wish *wish, size_t size);
SEALSOCK_ASK_CHECKED
int sealsock_connect_sized(int fd, const char *host, const struct sealsock_wish *wish,
			   size_t size);

/* Why a connection failed, in the helper's words; "" if it did not. ENODATA: it has no TLS. */
int sealsock_cause(int fd, char *text, size_t room);

#ifdef __cplusplus
}
#endif

#endif
