/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The room config/: what applications want, files read for it. It sees resume/, x509/ and below.
 *
 * The configuration as connections see it: read-only, shared.
 */
#ifndef SEALSOCK_CONFIG_H
#define SEALSOCK_CONFIG_H

#include "base/secret.h"
#include "config/chain_cache.h"
#include "crypto/backend.h"
#include "resume/session.h"
#include "x509/cert.h"
#include "x509/crl.h"
#include "x509/path.h"

/*
 * A chain and its key. @chain: a 24-bit length and the DER of each certificate, which is also the
 * certificate_list of TLS 1.2. @message: the whole Certificate message of TLS 1.3, ready to be
 * sent; @stapled: the same with the OCSP response, if there is one.
 */
struct credential {
	struct credential *next;
	struct privkey *key;		/* NULL: signatures are asked for … */
	void *signer;			/* … with this */
	struct cert *leaf;
	struct buf chain;
	struct buf issuers;		/* names of the certificates' issuers: 16-bit length, DER */
	struct buf staple;		/* OCSP response */
	struct buf message;
	struct buf stapled;
};

/* An external pre-shared key of TLS 1.3. */
enum { PSK_MIN = 16, PSK_IDENTITY_MAX = 512 };

struct psk {
	struct psk *next;
	enum hash_id hash;
	struct secret key;
	char *identity;
	char *host;			/* NULL: any */
};

enum { WIRE_LIST_MAX = 64 };

/* A list of registry numbers as it stands on the wire. */
struct wire_list {
	uint8_t b[2 * WIRE_LIST_MAX];
	uint8_t n;
};

/* Bits of struct sealsock_config's @versions. */
enum { CONFIG_TLS12 = 1, CONFIG_TLS13 = 2, CONFIG_VERSIONS = CONFIG_TLS12 | CONFIG_TLS13 };

enum { RECORD_LIMIT_MIN = 64, RECORD_LIMIT_MAX = 16384, CA_NAMES_MAX = 8192 };

struct watch;			/* record/watch.h */

/* Of message_limit: what the world is used to, and what a length field holds. */
enum { MESSAGE_DEFAULT = 100 << 10, MESSAGE_MIN = 4 << 10, MESSAGE_MAX = 0xffffff };

/* Whom to trust, and how, but for the lists of them: what is set back where a setter fails. */
struct trust_terms {
	enum sealsock_verify verify;
	bool crl_soft;
	unsigned int rules;		/* RULES_… */
	unsigned int paths;		/* SEALSOCK_PATHS_… */
	int cas_max;			/* -1: no other bound than that of paths */
	sealsock_verify_fn on_verify;
	void *on_verify_arg;
	uint8_t anchors_id[TRUST_ID];	/* a hash of the anchors … */
	uint8_t rules_id[TRUST_ID];	/* … of rules, policies, lists and pins … */
	uint8_t tag_id[TRUST_ID];	/* … of the application's trust_tag, if it … */
	bool has_tag;			/* … gave one … */
	uint8_t trust_id[TRUST_ID];	/* … and of all that decides who is trusted */
};

/* How much there was before a setter. */
struct config_mark {
	unsigned int anchors, crls;
	size_t pins;
	struct trust_terms terms;
};

struct sealsock_config {
	unsigned int refs;		/* atomic */
	bool frozen;			/* atomic */
	bool refused;			/* atomic: a setter came after that */
	bool touched, was_touched;	/* a setter has succeeded; before the one that runs */
	enum sealsock_side role;
	struct sealsock_env env;
	struct crypto *crypto;

	union {
		struct trust_terms terms;
		struct {	/* the same, by short names */
			enum sealsock_verify verify;
			bool crl_soft;
			unsigned int rules;
			unsigned int paths;
			int cas_max;
			sealsock_verify_fn on_verify;
			void *on_verify_arg;
			uint8_t anchors_id[TRUST_ID];
			uint8_t rules_id[TRUST_ID];
			uint8_t tag_id[TRUST_ID];
			bool has_tag;
			uint8_t trust_id[TRUST_ID];
		};
	};
	struct trust *trust;
	struct chain_cache *chains;	/* found right; from the first connection on */
	struct crl_set *crls;
	struct buf pins;		/* PIN_LEN bytes each */
	struct policy_input policy;
	struct buf policy_text, policy_oids; /* what it points to */
	struct buf ca_names;		/* named to clients: 16-bit length and DER each */
	struct credential *creds;
	sealsock_hello_fn on_hello;
	void *on_hello_arg;

	uint8_t profile;		/* PROFILE_…: the last that was set */
	unsigned int versions;
	struct wire_list suites;
	struct wire_list groups;
	struct wire_list sigalgs;
	struct buf alpn;		/* ProtocolName entries */
	size_t message_limit;		/* longest handshake message taken */
	unsigned int record_size_limit;	/* 0: the extension is not used */
	unsigned int padding;
	bool grease;			/* RFC 8701 */
	bool ech_grease;		/* RFC 9849 §6.2 */
	struct buf ech_list;		/* client: ECHConfigList, or empty */
	struct sealsock_ech_keys *ech_keys;	/* server */
	bool post_auth;			/* RFC 8446 §4.2.6 */

	struct sealsock_session_store store;	/* put is NULL: none */
	struct memory_store *memory;	/* if it is ours */
	struct ticket_keys *tickets;	/* server: ours, or … */
	struct sealsock_ticket_keeper ticket_keeper; /* … seal is not NULL: somebody else's */
	unsigned int ticket_count;
	struct psk *psks;

	sealsock_keylog_fn keylog;
	void *keylog_arg;
	int keylog_fd;			/* of keylog_file, or -1 */
	const struct watch *watch;	/* who tells it, or NULL: nobody listens */
	sealsock_trace_fn trace;
	void *trace_arg;
	bool trace_secrets;
	char error[256];
};

static inline struct bytes wire_list_of(const struct wire_list *l)
{
	return bytes_of(l->b, l->n);
}

/* Is the version enabled, and is there a suite for it? */
bool config_has_version(const struct sealsock_config *cfg, uint16_t version);

/* Has it been told to do what only very old peers need? */
static inline bool config_is_legacy(const struct sealsock_config *cfg)
{
	return cfg->profile == PROFILE_LEGACY;
}

/* Must peers of TLS 1.2 have extended_master_secret (RFC 7627)? */
static inline bool config_wants_ems(const struct sealsock_config *cfg)
{
	return cfg->profile == PROFILE_MODERN;
}

/* The suites of enabled versions, in the order of the configuration. */
void config_offer(const struct sealsock_config *cfg, struct wire_list *out);

/* Notes why a setter failed and returns @code. */
int config_fail(struct sealsock_config *cfg, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Before a connection: no setter works any more, and what it needs is there. NOMEM, RANDOM. */
int config_freeze(struct sealsock_config *cfg);

/* How a setter begins: 0, or the code with which it must refuse. */
int config_open(struct sealsock_config *cfg);

/*
 * The same of a setter that changes in several steps whom to trust; and how it ends: with an error
 * all is as it was. Returns @err.
 */
int config_begin(struct sealsock_config *cfg, struct config_mark *mark);
int config_end(struct sealsock_config *cfg, const struct config_mark *mark, int err);

/* DER begins with a SEQUENCE, which is "0": no line of PEM text has a length behind it. */
static inline bool bytes_are_der(struct bytes b)
{
	return b.n > 1 && b.p[0] == 0x30 && b.p[1] & 0x80;
}

/* The whole of a file, to be freed; FILE (with errno), NOMEM. */
int config_read_file(struct sealsock_config *cfg, const char *path, struct buf *out);

/* Sets versions and lists to the rows of a profile (PROFILE_…) that this libcrypto has. */
void config_set_profile(struct sealsock_config *cfg, uint8_t profile);

/* "private", "strict", "web": RULES_…; false: none of these. And sets them. */
bool config_rules_by_name(const char *name, unsigned int *rules);
int config_set_rules(struct sealsock_config *cfg, unsigned int rules);

/* What a peer's chain is checked against now. */
void config_path_input(const struct sealsock_config *cfg, struct path_input *out);

/* Computes trust_id anew, after a change to what it is made of. CRYPTO, NOMEM. */
int config_note_trust(struct sealsock_config *cfg);

/*
 * May the session be resumed with this host (empty: none)? Role, version, trust and host must be
 * the same, the suite one of the version's, and it must be valid now.
 */
bool config_resumes(const struct sealsock_config *cfg, const struct session *s, uint16_t version,
		    struct bytes host);

/*
 * Tickets with the keys of the configuration, wherever they are; otherwise as ticket_seal() and
 * ticket_open(). Without keys no ticket opens: BAD_RECORD.
 */
int config_seal_ticket(const struct sealsock_config *cfg, struct hash *scratch,
		       const uint8_t *salt, struct bytes state, struct builder *w);
int config_open_ticket(const struct sealsock_config *cfg, struct hash *scratch,
		       struct bytes ticket, struct buf *out);

/* Can the credential's key, here or elsewhere, sign the handshake of a version with a scheme? */
bool credential_can(const struct credential *c, const struct sigscheme *s, uint16_t version);

/* Can it serve for RSA key transport? */
bool credential_decrypts(const struct credential *c);

/* Was one of the chain's certificates issued by one of these (16-bit length, DER each)? */
bool credential_issued_by(const struct credential *c, struct bytes names);

void credential_free(struct credential *c, const struct sealsock_env *env);
void config_free_psks(struct sealsock_config *cfg);

/* Passes a secret to the key log, if there is one. */
void config_log_secret(const struct sealsock_config *cfg, const char *label,
		       const uint8_t client_random[32], const struct secret *secret);

#endif
