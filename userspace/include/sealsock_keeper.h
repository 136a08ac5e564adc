/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Part of sealsock.h, which includes it. */
#ifndef SEALSOCK_KEEPER_H
#define SEALSOCK_KEEPER_H

/*
 * Keys apart from connections, for a process that keeps them and does nothing else. The other one,
 * which has the peers' bytes, asks it for signatures (sealsock_config_cert_signer) and tickets
 * (sealsock_config_ticket_keeper), over a way of the callers' own, and hands what it got to the
 * kernel (sealsock_conn_managed). What is passed between them is for the callers to judge: who has
 * anything signed that is put before it has a key that is everybody's.
 */
struct sealsock_key;
struct sealsock_tickets;

/*
 * A private key, PEM, that belongs to the first certificate of @chain, PEM. It is the caller's, may
 * be used by several threads, and is wiped by free; NULL is ignored. PEM; KEY: not this
 * certificate's, or of a kind that is not supported; NOMEM.
 */
int sealsock_key_mem(const void *pem, size_t n, const void *chain, size_t chain_len,
		     struct sealsock_key **key);
void sealsock_key_free(struct sealsock_key *key);

/*
 * Signs the whole of @message, as SEALSOCK_REQUEST_SIGN has it, with a scheme of the registry that
 * fits the key in this version of TLS (0x0303, 0x0304). Returns the signature's size. NAME: no such
 * scheme; KEY: not with this key; INVALID: it needs more than @room; CRYPTO. Does not block.
 */
#define SEALSOCK_SIGNATURE_MAX 1024
ssize_t sealsock_key_sign(const struct sealsock_key *key, unsigned int version,
			  unsigned int scheme, const void *message, size_t n, void *signature,
			  size_t room);

/*
 * What answers a request of the kind DECRYPT (RSA key transport, RFC 5246 §7.4.7.1): the master
 * secret alone, by what @request has in @message, @version, @hash, @extended and @seed. A
 * ciphertext that is not well made has a master secret, too, the same each time it comes, and
 * nothing tells it from a right one, not even the time it takes. INVALID: @hash or @seed_len is
 * none there is; KEY: it is no key of RSA; RANDOM, NOMEM, CRYPTO. Does not block. The caller wipes
 * @master.
 */
#define SEALSOCK_MASTER_SIZE 48
int sealsock_key_master(const struct sealsock_key *key, const struct sealsock_request *request,
			void *master);

/*
 * From when and until when all certificates of a chain, PEM, are valid: seconds since 1970. PEM,
 * NOMEM.
 */
int sealsock_chain_dates(const void *chain, size_t n, int64_t *from, int64_t *until);

/* Keys for tickets, made at random and replaced in time. May be used by several threads. */
int sealsock_tickets_new(struct sealsock_tickets **tickets);
void sealsock_tickets_free(struct sealsock_tickets *tickets);

/*
 * Takes these keys instead, in the form of sealsock_config_ticket_keys_file(). INVALID: not 1 to 16
 * times 48 bytes; then they are what they were.
 */
int sealsock_tickets_set(struct sealsock_tickets *tickets, const void *keys, size_t n);

/*
 * Seals a server's session into a ticket, and opens one. Returns the size. INVALID: it needs more
 * than @room (SEALSOCK_TICKET_MAX is enough for any); BAD_RECORD: not made here, or with a key that
 * is gone; RANDOM, NOMEM, CRYPTO. Sessions are secrets. Does not block.
 */
#define SEALSOCK_TICKET_MAX (SEALSOCK_SESSION_MAX + 64)
ssize_t sealsock_tickets_seal(struct sealsock_tickets *tickets, const void *session, size_t n,
			      void *ticket, size_t room);
ssize_t sealsock_tickets_open(struct sealsock_tickets *tickets, const void *ticket, size_t n,
			      void *session, size_t room);

/*
 * Server: tickets are sealed and opened by these, which answer as the functions above do; whatever
 * open() answers but a size lets the handshake go on as a full one. Called by any thread that has a
 * connection; must not call back. @keeper is copied. INVALID.
 */
struct sealsock_ticket_keeper {
	void *arg;
	ssize_t (*seal)(void *arg, const void *session, size_t n, void *ticket, size_t room);
	ssize_t (*open)(void *arg, const void *ticket, size_t n, void *session, size_t room);
};

#define sealsock_config_ticket_keeper(cfg, keeper)	\
	sealsock_config_ticket_keeper_sized(cfg, keeper, sizeof(struct sealsock_ticket_keeper))
int sealsock_config_ticket_keeper_sized(struct sealsock_config *cfg,
					const struct sealsock_ticket_keeper *keeper, size_t size);

/*
 * Private keys of Encrypted Client Hello, in the form of sealsock_config_ech_keys_mem(). PEM, KEY,
 * NOMEM.
 */
struct sealsock_ech_keys;
int sealsock_ech_keys_mem(const void *pem, size_t n, struct sealsock_ech_keys **keys);
void sealsock_ech_keys_free(struct sealsock_ech_keys *keys);

/*
 * What opens one ClientHello (Decap of RFC 9180 §4.1): with the key whose public half is @share,
 * of what the client sent with it, @enc. The caller wipes @secret. KEY: there is no such key;
 * ILLEGAL: @enc is none; NOMEM, CRYPTO. May be called by several threads; does not block.
 */
#define SEALSOCK_ECH_SECRET 32
int sealsock_ech_keys_open(const struct sealsock_ech_keys *keys, const void *share,
			   size_t share_len, const void *enc, size_t enc_len, void *secret);

/*
 * Server: sealsock_config_ech_keys_mem() with the keys elsewhere: @lists, PEM, has the
 * ECHConfigLists alone, and open() answers as the function above does. With KEY and ILLEGAL the
 * outer ClientHello counts, as where no key fits; any other error ends the handshake. Called by any
 * thread that has a connection; must not call back. @keeper is copied. As there.
 */
struct sealsock_ech_keeper {
	void *arg;
	int (*open)(void *arg, const void *share, size_t share_len, const void *enc,
		    size_t enc_len, void *secret);
};

#define sealsock_config_ech_keeper(cfg, lists, n, keeper)	\
	sealsock_config_ech_keeper_sized(cfg, lists, n, keeper, sizeof(struct sealsock_ech_keeper))
int sealsock_config_ech_keeper_sized(struct sealsock_config *cfg, const void *lists, size_t n,
				     const struct sealsock_ech_keeper *keeper, size_t size);

/* An OCSP response as sealsock_config_ocsp_file() has it, from memory. INVALID; STATE. */
int sealsock_config_ocsp_mem(struct sealsock_config *cfg, const void *der, size_t n);

/*
 * What sealsock_install() would hand to the kernel: fills the first @size bytes of a struct
 * sealsock_managed (<linux/sealsock.h>), for who hands it over by other means than the socket. The
 * caller wipes it; the library has no key afterwards, as after sealsock_install() in managed mode.
 * STATE: the handshake is not complete, or its output not sent, or keys are installed; INVALID:
 * @size is shorter than the structure of this release; UNSUPPORTED: with
 * sealsock_config_post_handshake_auth(); CRYPTO.
 */
SEALSOCK_CHECKED
int sealsock_conn_managed(struct sealsock_conn *conn, void *managed, size_t size);

/*
 * After that: a message of the peer's that the kernel passed on (SEALSOCK_MESSAGE), whole, with its
 * header. A client's ticket is a session then, as after sealsock_control(). 0, or the error that
 * failed the connection; STATE: not after sealsock_conn_managed() or sealsock_install(). INVALID.
 */
int sealsock_conn_message(struct sealsock_conn *conn, const void *message, size_t n);

#endif
