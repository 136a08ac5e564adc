// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Setters about whom to trust, and who has a say in it. */
#include "config/config.h"

static int set_mode(struct sealsock_config *cfg, enum sealsock_verify mode)
{
	static const struct {
		enum sealsock_side role;
		enum sealsock_verify mode;
	} fits[] = {
		{ SEALSOCK_CLIENT, SEALSOCK_VERIFY_REQUIRED },
		{ SEALSOCK_CLIENT, SEALSOCK_VERIFY_INSECURE },
		{ SEALSOCK_SERVER, SEALSOCK_VERIFY_NONE },
		{ SEALSOCK_SERVER, SEALSOCK_VERIFY_OPTIONAL },
		{ SEALSOCK_SERVER, SEALSOCK_VERIFY_REQUIRED },
	};
	size_t i;

	for (i = 0; i < sizeof(fits) / sizeof(fits[0]); i++) {
		if (fits[i].role != cfg->role || fits[i].mode != mode)
			continue;
		cfg->verify = mode;
		return config_note_trust(cfg);
	}
	return config_fail(cfg, SEALSOCK_ERR_INVALID, "this verification mode is not for a %s",
			   cfg->role == SEALSOCK_SERVER ? "server" : "client");
}

int sealsock_config_verify(struct sealsock_config *cfg, enum sealsock_verify mode)
{
	struct config_mark mark;
	int err = config_begin(cfg, &mark);

	return err ? err : config_end(cfg, &mark, set_mode(cfg, mode));
}

static int take_name(void *arg, struct bytes der)
{
	struct buf *names = arg;
	struct builder w = { .buf = names };
	struct cert *c;
	int err = cert_parse(names->env, der, &c, NULL);

	if (err)
		return err == SEALSOCK_ERR_CERT_BAD ? SEALSOCK_ERR_PEM : err;
	wr_vec16(&w, cert_name(c));
	cert_free(c);
	if (w.bad)
		return SEALSOCK_ERR_NOMEM;
	return names->n > CA_NAMES_MAX ? SEALSOCK_ERR_PEM : 0;
}

/* The subjects of a file's certificates. */
static int read_names(struct sealsock_config *cfg, const char *path, struct buf *names)
{
	struct buf pem;
	int err = config_read_file(cfg, path, &pem);

	if (err)
		return err;
	err = pem_each_cert(bytes_of(pem.p, pem.n), take_name, names);
	buf_free(&pem);
	return err ? config_fail(cfg, err, "no usable certificates, or too many, in %s", path) : 0;
}

int sealsock_config_client_auth(struct sealsock_config *cfg, enum sealsock_verify mode,
				const char *ca_names_path)
{
	struct config_mark mark;
	struct buf names;
	int err = config_begin(cfg, &mark);

	if (err)
		return err;
	buf_init(&names, &cfg->env);
	if (cfg->role != SEALSOCK_SERVER)
		err = config_fail(cfg, SEALSOCK_ERR_INVALID, "only servers ask for certificates");
	if (!err && ca_names_path)
		err = read_names(cfg, ca_names_path, &names);
	if (!err)
		err = set_mode(cfg, mode);
	if (err) {
		buf_free(&names);
		return config_end(cfg, &mark, err);
	}
	buf_free(&cfg->ca_names);
	cfg->ca_names = names;
	return 0;
}

int sealsock_config_on_verify(struct sealsock_config *cfg, sealsock_verify_fn fn, void *arg)
{
	struct config_mark mark;
	int err = config_begin(cfg, &mark);

	if (err)
		return err;
	cfg->on_verify = fn;
	cfg->on_verify_arg = arg;
	return config_end(cfg, &mark, config_note_trust(cfg));
}

int sealsock_config_on_hello(struct sealsock_config *cfg, sealsock_hello_fn fn, void *arg)
{
	int err = config_open(cfg);

	if (err)
		return err;
	if (cfg->role != SEALSOCK_SERVER)
		return config_fail(cfg, SEALSOCK_ERR_INVALID, "only servers get a ClientHello");
	cfg->on_hello = fn;
	cfg->on_hello_arg = arg;
	return 0;
}

int sealsock_config_post_handshake_auth(struct sealsock_config *cfg, bool on)
{
	int err = config_open(cfg);

	if (err)
		return err;
	cfg->post_auth = on;
	return 0;
}

int sealsock_config_message_limit(struct sealsock_config *cfg, size_t limit)
{
	int err = config_open(cfg);

	if (err)
		return err;
	if (limit < MESSAGE_MIN || limit > MESSAGE_MAX)
		return config_fail(cfg, SEALSOCK_ERR_INVALID,
				   "handshake messages are limited to %d to %d bytes", MESSAGE_MIN,
				   MESSAGE_MAX);
	cfg->message_limit = limit;
	return 0;
}

int sealsock_config_record_size_limit(struct sealsock_config *cfg, unsigned int limit)
{
	int err = config_open(cfg);

	if (err)
		return err;
	if (limit && (limit < RECORD_LIMIT_MIN || limit > RECORD_LIMIT_MAX))
		return config_fail(cfg, SEALSOCK_ERR_INVALID,
				   "a record size limit is 0 or from %d to %d bytes",
				   RECORD_LIMIT_MIN, RECORD_LIMIT_MAX);
	cfg->record_size_limit = limit;
	return 0;
}

int sealsock_config_padding(struct sealsock_config *cfg, unsigned int multiple)
{
	int err = config_open(cfg);

	if (err)
		return err;
	if (multiple > RECORD_LIMIT_MAX)
		return config_fail(cfg, SEALSOCK_ERR_INVALID,
				   "records cannot be padded to more than %d bytes",
				   RECORD_LIMIT_MAX);
	cfg->padding = multiple;
	return 0;
}
