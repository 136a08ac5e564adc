/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Part of sealsock.h, which includes it. */
#ifndef SEALSOCK_API_CONFIG_H
#define SEALSOCK_API_CONFIG_H

/*
 * Configuration: built once, then shared. All setters answer SEALSOCK_ERR_FROZEN once a connection
 * was made from it; a setter that fails leaves the configuration as it was.
 */

enum sealsock_verify {
	SEALSOCK_VERIFY_REQUIRED,	/* chain and name must be right (client default) */
	SEALSOCK_VERIFY_NONE,		/* no certificate is asked for (server default) */
	SEALSOCK_VERIFY_INSECURE,	/* client: any certificate will do. Only for tests */
	SEALSOCK_VERIFY_OPTIONAL,	/* server: asks; none will do, but no wrong one */
};

/*
 * Clock, random source and allocator, for tests and fuzzers. A member left NULL keeps the default.
 * now() gives seconds since 1970. random() fills all of @buf and returns 0, or non-zero on failure.
 * alloc() gives memory aligned for any type, or NULL; free() gets the size that was asked for.
 */
struct sealsock_env {
	void *arg;
	int64_t (*now)(void *arg);
	int (*random)(void *arg, void *buf, size_t n);
	void *(*alloc)(void *arg, size_t n);
	void (*free)(void *arg, void *p, size_t n);
};

/* One line in SSLKEYLOGFILE form (RFC 9850), without line feed. Whoever reads it can decrypt. */
typedef void (*sealsock_keylog_fn)(void *arg, const char *line);

/*
 * Where sessions are kept. Ids and sessions are bytes, copied by whoever keeps them. Called by any
 * thread that has a connection; must not call back. A client's ids are made of a server's name
 * and port and of how it is trusted, and it may put several sessions under one; a server's are its
 * TLS 1.2 session ids. Sessions are secrets: who reads them can decrypt.
 *
 * put: keeps it, or drops it or another one for want of room. get: a copy of the newest, and its
 * size; 0 if there is none, it has expired, or @room is too small. take: the same, and removes it.
 */
struct sealsock_session_store {
	void *arg;
	void (*put)(void *arg, const void *id, size_t id_len, const void *session, size_t n,
		    int64_t expires);
	size_t (*get)(void *arg, const void *id, size_t id_len, int64_t now, void *session,
		      size_t room);
	size_t (*take)(void *arg, const void *id, size_t id_len, int64_t now, void *session,
		       size_t room);
};

/* Room that any session fits in. */
#define SEALSOCK_SESSION_MAX 32768

/* A ClientHello, as far as it helps to choose. Lives as long as the call or the request. */
struct sealsock_hello {
	const char *sni;		/* NULL: none */
	const uint16_t *versions;	/* offered, in the client's order; 0x0304, 0x0303 */
	size_t version_count;
	const uint8_t *alpn;		/* length byte and name, each; NULL: none */
	size_t alpn_len;
};

/*
 * Server: chooses the configuration for a client by what it offers. *use is the connection's own at
 * first; it may be replaced by another one of a server, under which everything about the client is
 * then judged, versions included. 0; WANT_ANSWER: later, by sealsock_conn_answer_config(); any
 * other code refuses the client (UNKNOWN_HOST, REJECTED), like one of sealsock_verify_fn.
 */
typedef int (*sealsock_hello_fn)(void *arg, struct sealsock_conn *conn,
				 const struct sealsock_hello *hello, struct sealsock_config **use);

/*
 * Called when the built-in checks of the peer's certificate have passed, or had passed for the
 * session that is resumed (see sealsock_config_trust_tag), before anything is sent on the strength
 * of them. 0 accepts; WANT_ANSWER: later, by sealsock_conn_answer(); any other code rejects, with
 * an alert: an ERR_ code is reported as it is, anything else (positive numbers too) as REJECTED. It
 * can look at the certificates, but cannot make good what the checks found wrong.
 */
typedef int (*sealsock_verify_fn)(void *arg, struct sealsock_conn *conn);

/* A configuration with secure defaults, owned by the caller. NULL: no memory or no libcrypto. */
struct sealsock_config *sealsock_config_new(enum sealsock_side role);

/* Takes or drops a reference; the last unref wipes and frees. NULL is ignored. Thread-safe. */
struct sealsock_config *sealsock_config_ref(struct sealsock_config *cfg);
void sealsock_config_unref(struct sealsock_config *cfg);

/*
 * Writes everything that is wrong with @cfg into @buf, one a line, cut at @len and always ended by
 * NUL. Returns the number of complaints; 0: connections can be made. @buf may be NULL if @len is 0.
 */
int sealsock_config_check(const struct sealsock_config *cfg, char *buf, size_t len);

/* Why the last setter on @cfg failed: one line, "" if none did. Valid until the next setter. */
const char *sealsock_config_error(const struct sealsock_config *cfg);

/*
 * A certificate chain, leaf first, and its private key, both PEM. Reads the files when called.
 * Repeatable: a server chooses by server name, then by the peer's signature schemes, then by order;
 * a client, when it is asked for one, by the names of the server's authorities, then alike. FILE,
 * PEM, KEY (key and leaf do not belong together; key type not supported), NOMEM.
 */
int sealsock_config_cert_file(struct sealsock_config *cfg, const char *chain_path,
			      const char *key_path);
int sealsock_config_cert_mem(struct sealsock_config *cfg, const void *chain, size_t chain_len,
			     const void *key, size_t key_len);

/*
 * A chain whose private key is somewhere else: the connection asks for its signatures with
 * SEALSOCK_REQUEST_SIGN (and DECRYPT), where @key is found again. @key stays the caller's and must
 * outlive the configuration. PEM, KEY (not a supported kind), NOMEM.
 */
int sealsock_config_cert_signer(struct sealsock_config *cfg, const void *chain, size_t chain_len,
				void *key);

/*
 * The OCSP response (DER) to be stapled to the chain that was added last, for peers that ask for it
 * (RFC 6066 §8, RFC 8446 §4.4.2.1). Reads the file now; who fetches new ones makes a new
 * configuration. FILE; STATE: no chain yet.
 */
int sealsock_config_ocsp_file(struct sealsock_config *cfg, const char *path);

/*
 * Trust anchors, PEM or one in DER, added to those already there; loaded now, never during a
 * handshake.
 * ca_system takes the machine's own store (libcrypto's default file and directory, or
 * $SSL_CERT_FILE and $SSL_CERT_DIR). FILE, PEM, NOMEM.
 */
int sealsock_config_ca_file(struct sealsock_config *cfg, const char *path);
int sealsock_config_ca_mem(struct sealsock_config *cfg, const void *pem, size_t len);
int sealsock_config_ca_system(struct sealsock_config *cfg);

/*
 * Clients: REQUIRED or INSECURE. Servers: NONE; REQUIRED: every client must have a certificate that
 * chains to a trust anchor; OPTIONAL: a client may have none. INVALID otherwise.
 * What a server staples is checked too, unless it is INSECURE (RFC 6066 §8): a response that does
 * not hold fails the handshake (CERT_REVOKED, BAD_STAPLE), and so does the want of one where the
 * certificate promises it (RFC 7633).
 */
int sealsock_config_verify(struct sealsock_config *cfg, enum sealsock_verify mode);

/*
 * Server: the same, with a PEM file whose certificates' subjects are named to clients, so that they
 * can choose among theirs (RFC 8446 §4.2.4, RFC 5246 §7.4.4). NULL: none are named. FILE, PEM.
 */
int sealsock_config_client_auth(struct sealsock_config *cfg, enum sealsock_verify mode,
				const char *ca_names_path);

/*
 * Revocation lists, PEM (any number in one text) or DER, added to those already there; read now.
 * Once there is one, every certificate of a peer's path but the anchor is looked up (RFC 5280
 * §6.3), and as long as revocation is HARD, which is the default, one whose status no list tells
 * fails the handshake (CERT_STATUS). Deltas count with the complete list that they build on,
 * indirect lists for the certificates whose distribution points name their issuer; in the profile
 * "web" no indirect ones. FILE; PEM: not a list.
 */
int sealsock_config_crl_file(struct sealsock_config *cfg, const char *path);
int sealsock_config_crl_mem(struct sealsock_config *cfg, const void *p, size_t n);

enum sealsock_revocation {
	SEALSOCK_REVOCATION_HARD,	/* lists must tell that a certificate is in force */
	SEALSOCK_REVOCATION_SOFT,	/* only what lists call revoked is refused */
};

int sealsock_config_revocation(struct sealsock_config *cfg, enum sealsock_revocation mode);

/* sealsock_config_policies flags: the inputs of RFC 5280 §6.1.1 (e) to (g) */
#define SEALSOCK_POLICY_REQUIRE		0x1u	/* initial-explicit-policy */
#define SEALSOCK_POLICY_NO_MAPPING	0x2u	/* initial-policy-mapping-inhibit */
#define SEALSOCK_POLICY_NO_ANY		0x4u	/* initial-any-policy-inhibit */

/*
 * The certificate policies that will do: OIDs in dots separated by commas; "": any. They count
 * where a policy is required, by the flag or by a CA (RFC 5280 §6.1, RFC 9618). INVALID, NAME (no
 * OID).
 */
int sealsock_config_policies(struct sealsock_config *cfg, const char *oids, unsigned int flags);

/* sealsock_config_paths flags */
#define SEALSOCK_PATHS_ANY_PURPOSE	0x1u	/* extendedKeyUsage is not looked at */
#define SEALSOCK_PATHS_BARE_ANCHORS	0x2u	/* an anchor is a name and a key, no more */

/*
 * What is asked of paths besides. Bare anchors: RFC 5280 §6.1.1 (d); else, the default, their
 * validity and all that they say of paths below counts too (RFC 5937). @cas: how many CAs that are
 * not self-issued may stand between leaf and anchor; -1, the default: as many as fit into a path
 * of twenty above the leaf. INVALID: no such flag.
 */
int sealsock_config_paths(struct sealsock_config *cfg, unsigned int flags, int cas);

/*
 * Pins a key: @sha256 are the 32 bytes of the hash of a SubjectPublicKeyInfo in DER (RFC 7469
 * §2.4). Once there is one, one of them must be the key of a certificate of the peer's path, its
 * own and the anchor's included. NOMEM.
 */
int sealsock_config_pin(struct sealsock_config *cfg, const void *sha256);

/* A certificate tried as the issuer of the one below it, at @depth (the leaf's is 0). */
struct sealsock_path_step {
	unsigned int depth;
	bool anchor;			/* of the configuration's, not of the chain */
	bool taken;			/* else @rule is the one that is broken */
	const char *subject;
	const char *serial;		/* hexadecimal */
	const char *rule, *section;	/* "path-length", "RFC 5280 §4.2.1.9" */
	const char *found, *wanted;
	const void *der;
	size_t der_len;
};

/* All of a step is gone when the call returns. */
typedef void (*sealsock_path_fn)(void *arg, const struct sealsock_path_step *step);

/* @code 0: right, and @path_len certificates lead to the anchor. Else what was wrong, and where. */
struct sealsock_verdict {
	int code;
	unsigned int depth;
	unsigned int path_len;
	const char *rule, *section, *wanted;	/* static; NULL where no rule is at fault */
	char found[96];
	char text[512];			/* one line */
};

/*
 * Checks a chain as a handshake under @cfg would: a server's with a client's configuration, a
 * client's with a server's; but that the leaf's keyUsage lets it sign is asked by handshakes alone
 * (RFC 8446 §4.4.2.2), as that is no rule of paths (RFC 5280 §6.1). @chain: PEM, leaf first, with
 * up to 256 others in any order, or the leaf alone in DER. @host: the leaf's name, or NULL: what
 * sealsock_conn_set_host() takes, or a mailbox. @staple: an OCSP response for the leaf, or NULL:
 * then none is asked for. @fn, if there is one, is told of every candidate. @cfg is not frozen by
 * it. The result is @verdict's code; PEM, INVALID (host), NOMEM. Does not block.
 */
int sealsock_verify(const struct sealsock_config *cfg, const void *chain, size_t n,
		    const char *host, const void *staple, size_t staple_len, sealsock_path_fn fn,
		    void *arg, struct sealsock_verdict *verdict);

/* The application's own verdict on peers, and a server's choice of configuration. NULL: none. */
int sealsock_config_on_verify(struct sealsock_config *cfg, sealsock_verify_fn fn, void *arg);
int sealsock_config_on_hello(struct sealsock_config *cfg, sealsock_hello_fn fn, void *arg);

/*
 * What on_verify's verdicts hang on, in bytes of the application's choice, such as the version of a
 * list. Sessions and tickets are bound to it as to the anchors: with another tag they do not
 * resume. Whoever gives a tag has on_verify called for full handshakes only. Without (@n 0, the
 * default) it is called again when a session is resumed, which for that keeps the peer's chain.
 */
int sealsock_config_trust_tag(struct sealsock_config *cfg, const void *tag, size_t n);

/*
 * Client authentication after the handshake (RFC 8446 §4.2.6, §4.6.2), TLS 1.3 only; off by
 * default. A client offers it, and answers a CertificateRequest with one of its chains, or with
 * none, where sealsock_read(), sealsock_control() or sealsock_conn_feed() meet it; a server keeps
 * what sealsock_ask_cert() needs, and must have trust anchors. Both end with sealsock_release().
 * Where the client did not offer it, a request is unexpected_message.
 */
int sealsock_config_post_handshake_auth(struct sealsock_config *cfg, bool on);

/*
 * Application protocols, best first, separated by commas: "h2,http/1.1". Where both sides name
 * protocols and none is common, the server ends the handshake (RFC 7301). "" turns ALPN off.
 */
int sealsock_config_alpn(struct sealsock_config *cfg, const char *list);

/*
 * Versions that may be negotiated, in any order: "TLSv1.2,TLSv1.3", which is the default; the
 * highest that both sides have is taken. A version without a suite in the list of ciphers is not.
 * INVALID: empty or repeated; NAME: unknown name.
 */
int sealsock_config_versions(struct sealsock_config *cfg, const char *list);

/*
 * What may be negotiated, best first: names of the IANA registries separated by commas or colons.
 * INVALID: empty or repeated; NAME: unknown name. A server goes by its own order of ciphers, but
 * takes ChaCha20-Poly1305 first where the client has it first.
 *   ciphers: TLS_AES_128_GCM_SHA256 TLS_AES_256_GCM_SHA384 TLS_CHACHA20_POLY1305_SHA256
 *            TLS_AES_128_CCM_SHA256; TLS 1.2: TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
 *            TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384
 *            TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384 TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256
 *            TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256 TLS_ECDHE_ECDSA_WITH_AES_128_CCM; not
 *            by default: the same with DHE_RSA; only in the profile "legacy": those of AES with
 *            RSA, and AES_128 and AES_256_CBC with SHA, SHA256, SHA384 (man 7 sealsock has all
 *            names)
 *   groups:  x25519 secp256r1 secp384r1 secp521r1 x448; TLS 1.3, where libcrypto has ML-KEM:
 *            X25519MLKEM768 SecP256r1MLKEM768; not by default: ffdhe2048 (3072, 4096, 6144, 8192)
 *   sigalgs: ecdsa_secp256r1_sha256 ecdsa_secp384r1_sha384 ecdsa_secp521r1_sha512 ed25519 ed448
 *            rsa_pss_rsae_sha256 rsa_pss_rsae_sha384 rsa_pss_rsae_sha512 rsa_pss_pss_sha256
 *            rsa_pss_pss_sha384 rsa_pss_pss_sha512; TLS 1.2 only: rsa_pkcs1_sha256
 *            rsa_pkcs1_sha384 rsa_pkcs1_sha512
 */
int sealsock_config_ciphers(struct sealsock_config *cfg, const char *list);
int sealsock_config_groups(struct sealsock_config *cfg, const char *list);
int sealsock_config_sigalgs(struct sealsock_config *cfg, const char *list);

/*
 * Versions and lists at once: "default"; "modern", which leaves out what is there for old peers,
 * and where TLS 1.2 is turned on demands extended_master_secret; "legacy", which adds what only
 * very old ones need: in TLS 1.2 DHE, RSA key transport, AES-CBC with encrypt_then_mac (man 7
 * sealsock). A connection without extended_master_secret has no session, exporter or client
 * certificate. The rules for certificates apart from those: "private", the default: RFC 5280 as
 * paths are checked by it; "strict": what it asks of CAs besides, such as key identifiers; "web":
 * also what public CAs have agreed on (CA/Browser Forum, Baseline Requirements). NAME: none of
 * these.
 */
int sealsock_config_profile(struct sealsock_config *cfg, const char *name);

/*
 * GREASE (RFC 8701), on by default: among what it offers a client names values that mean nothing
 * (cipher suite, group and key share, signature scheme, version, protocol, extensions), a server
 * of TLS 1.3 in what it asks for and in tickets (signature scheme, extensions). Peers ignore them;
 * off is for one that does not. A peer that chooses one fails the handshake.
 */
int sealsock_config_grease(struct sealsock_config *cfg, bool on);

/*
 * Encrypted Client Hello (RFC 9849), TLS 1.3 only. Client: @list is an ECHConfigList as DNS has it
 * (RFC 9848), for all connections; see also sealsock_conn_set_ech(). The ClientHello that asks for
 * the host is then sealed in another one, which names the list's public name. 1: a configuration
 * of the list will be used; 0: none can be, and names go in the clear. INVALID: not a list. @n 0:
 * none. Where the server does not take it, the handshake fails with ECH_REJECTED once the public
 * name is verified, by on_verify too, which sees it in sealsock_info.ech.
 */
int sealsock_config_ech(struct sealsock_config *cfg, const void *list, size_t n);

/*
 * Client: without a list the look of one (RFC 9849 §6.2), so that those who have one do not stand
 * out; on by default. It costs a key pair of X25519 for each connection, and some 250 bytes. It is
 * off, too, where sealsock_config_grease() is.
 */
int sealsock_config_ech_grease(struct sealsock_config *cfg, bool on);

/*
 * Server: keys for Encrypted Client Hello, PEM (RFC 9934): private keys (PKCS #8, of X25519 or
 * P-256), each with the ECHConfigList it is for behind it. All keys open; clients that have used
 * another are told the file's first list. To rotate, put a new pair before the old ones and move
 * the file into place. It is read now, and again by sealsock_conn_new() when it has changed, at
 * most once a second; a file that cannot be used then leaves the keys as they are. Repeatable. A
 * certificate for the lists' public name must be there too. FILE, PEM, KEY, NOMEM; INVALID: a
 * client, or too much.
 */
int sealsock_config_ech_keys_file(struct sealsock_config *cfg, const char *path);
int sealsock_config_ech_keys_mem(struct sealsock_config *cfg, const void *pem, size_t n);

/*
 * Makes such a pair as NUL-ended PEM text, and returns its length. @group: "x25519" (also NULL) or
 * "secp256r1"; @max_name: the longest host name that is to be hidden, up to 255, or 0. INVALID: not
 * a public name, or more than @room (2048 is enough); NAME, NOMEM, RANDOM, CRYPTO.
 */
ssize_t sealsock_ech_generate(const char *public_name, const char *group, unsigned int max_name,
			      char *pem, size_t room);

/*
 * Resumption. A store for sessions; it is copied, its functions must outlive the configuration.
 * NULL: a store in memory for a thousand sessions, which belongs to the configuration. A client
 * with a store resumes by itself and takes each session once (RFC 8446 §C.4), but puts one of TLS
 * 1.2 back where the server gave no newer one; without a store, see sealsock_conn_session(). On
 * either side a session ends a day after the full handshake, or with the first to end of the
 * certificates of the peer's path and, unless they may be missing, of its revocation lists.
 */
#define sealsock_config_session_store(cfg, store)	\
	sealsock_config_session_store_sized(cfg, store, sizeof(struct sealsock_session_store))
int sealsock_config_session_store_sized(struct sealsock_config *cfg,
					const struct sealsock_session_store *store, size_t size);

/*
 * Server: how many tickets are sent after a full or resumed TLS 1.3 handshake to clients that can
 * use them: 0 to 8, 2 by default. 0 turns tickets off in TLS 1.2 too.
 */
int sealsock_config_ticket_count(struct sealsock_config *cfg, unsigned int count);

/*
 * Server: keys to seal tickets with, for several processes or machines; without it keys are made
 * at random and live as long as the configuration. The file has 48 random bytes per key, at most
 * 16 times: the first seals, all open. To rotate, put a new key before the old ones and move the
 * file into place. It is read now, and again by sealsock_conn_new() when it has changed, at most
 * once a second; a file that cannot be used then leaves the keys as they are. FILE, INVALID.
 */
int sealsock_config_ticket_keys_file(struct sealsock_config *cfg, const char *path);

/*
 * An external pre-shared key for TLS 1.3 (RFC 8446 §4.2.11), together with an ephemeral key
 * exchange. Repeatable. @hash: "SHA256" or "SHA384", the only hash it is used with. @host: the
 * server it is for: a client offers it only to this host, a server takes it only from clients that
 * asked for this host, so that nobody's own hello can be sent back to it (Selfie, RFC 9257 §4.1).
 * NULL: any, which is for keys that only ever have one side as client. INVALID: @key shorter than
 * 16 or longer than 48 bytes, identity empty or over 512 bytes, or named twice.
 */
int sealsock_config_psk(struct sealsock_config *cfg, const char *identity, const void *key,
			size_t key_len, const char *hash, const char *host);

/*
 * The longest handshake message taken from a peer, in bytes: 102400 by default. A hostile peer can
 * make a connection hold less than seven times that. INVALID: under 4096, over 16777215.
 */
int sealsock_config_message_limit(struct sealsock_config *cfg, size_t limit);

/*
 * The longest record content to be received, 64 to 16384 bytes (RFC 8449); the peer is told so. The
 * peer's own limit is kept, unless @limit is 0: then the extension is neither sent nor taken.
 */
int sealsock_config_record_size_limit(struct sealsock_config *cfg, unsigned int limit);

/*
 * TLS 1.3 records of application data on the engine's path are padded to a multiple of @multiple
 * bytes (RFC 8446 §5.4), 0 or 1: not. INVALID: over 16384.
 */
int sealsock_config_padding(struct sealsock_config *cfg, unsigned int multiple);

/*
 * Secrets of every connection, for debugging. @fn is called in the handshaking thread and must not
 * call back. NULL turns it off. keylog_file appends to @path (created with mode 0600): FILE.
 */
int sealsock_config_keylog(struct sealsock_config *cfg, sealsock_keylog_fn fn, void *arg);
int sealsock_config_keylog_file(struct sealsock_config *cfg, const char *path);

/* Replaces clock, random source, allocator. @env is copied. STATE: after another setter. */
#define sealsock_config_env(cfg, env)	\
	sealsock_config_env_sized(cfg, env, sizeof(struct sealsock_env))
int sealsock_config_env_sized(struct sealsock_config *cfg, const struct sealsock_env *env,
			      size_t size);

#endif
