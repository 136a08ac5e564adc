// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <stdlib.h>
#include <unistd.h>

#include "material.h"

void material_close_keys(struct material *m)
{
	unsigned int i, j;

	for (i = 0; m->credentials && i < m->conf.n_credentials; i++)
		for (j = 0; m->credentials[i].chains && j < m->credentials[i].conf->n_chains; j++) {
			struct chain *chain = &m->credentials[i].chains[j];

			if (chain->key_fd > 0)
				close(chain->key_fd);
			chain->key_fd = -1;
		}
	if (m->ticket_keys_fd >= 0)
		close(m->ticket_keys_fd);
	if (m->ech_keys_fd >= 0)
		close(m->ech_keys_fd);
	m->ticket_keys_fd = -1;
	m->ech_keys_fd = -1;
}

static void free_blobs(struct blob *b, unsigned int n)
{
	unsigned int i;

	for (i = 0; b && i < n; i++)
		free(b[i].p);
	free(b);
}

void material_free(struct material *m)
{
	unsigned int i, j;

	material_close_keys(m);
	for (i = 0; m->credentials && i < m->conf.n_credentials; i++) {
		struct credential *cred = &m->credentials[i];

		for (j = 0; cred->chains && j < cred->conf->n_chains; j++) {
			free(cred->chains[j].pem.p);
			free(cred->chains[j].staple.p);
		}
		free(cred->chains);
	}
	for (i = 0; m->trusts && i < m->conf.n_trusts; i++) {
		free_blobs(m->trusts[i].files, m->trusts[i].conf->files.n);
		free_blobs(m->trusts[i].crls, m->trusts[i].conf->crls.n);
		free(m->trusts[i].system.p);
	}
	free(m->credentials);
	free(m->trusts);
	free(m->ech_lists.p);
	conf_free(&m->conf);
	*m = (struct material){ .ticket_keys_fd = -1, .ech_keys_fd = -1 };
}

uint32_t material_keys(const struct material *m)
{
	unsigned int i;
	uint32_t n = 0;

	for (i = 0; i < m->conf.n_credentials; i++)
		n += m->conf.credentials[i].n_chains;
	return n;
}

const struct credential *material_credential(const struct material *m, const char *name)
{
	const struct conf_credential *conf = conf_credential(&m->conf, name);

	return conf ? &m->credentials[conf - m->conf.credentials] : NULL;
}

const struct trust *material_trust(const struct material *m, const char *name)
{
	const struct conf_trust *conf = conf_trust(&m->conf, name);

	return conf ? &m->trusts[conf - m->conf.trusts] : NULL;
}
