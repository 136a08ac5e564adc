// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* sealsock verify: is a chain right, and if not, why? */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli.h"
#include "sealsock.h"
#include "verify.h"

enum {
	OPT_CACERT = 0x200, OPT_CRL, OPT_STAPLE, OPT_AT, OPT_PURPOSE, OPT_PROFILE, OPT_POLICY,
	OPT_EXPLICIT, OPT_NO_MAPPING, OPT_NO_ANY, OPT_BARE, OPT_DEPTH, OPT_SOFT, OPT_EXPLAIN,
	OPT_JSON,
	FILES_MAX = 1024, FILE_SIZE_MAX = 64 << 20,
};

struct verify_options {
	const char *cacerts[FILES_MAX], *crls[FILES_MAX];
	unsigned int cacert_count, crl_count;
	const char *chain, *host, *staple, *profile, *policies;
	bool client, soft, explain, json, has_policies;
	unsigned int policy_flags, path_flags;
	int depth;		/* -1: any */
	int64_t at;
};

/* Parts of a second are let fall, as certificates have none (RFC 5280 §4.1.2.5). */
static char *skip_fraction(char *text)
{
	return *text == '.' ? text + 1 + strspn(text + 1, "0123456789") : text;
}

/* Seconds since 1970, or a date with a time, in UTC: 2026-11-29T12:00:00Z. */
static bool parse_time(const char *text, int64_t *out)
{
	struct tm tm = { 0 };
	char *end;
	long long v;

	errno = 0;
	v = strtoll(text, &end, 10);
	if (!errno && end != text && !*skip_fraction(end)) {
		*out = v;
		return true;
	}
	end = strptime(text, "%Y-%m-%d", &tm);
	if (end && *end == 'T')
		end = strptime(end, "T%H:%M:%S", &tm);
	if (end && *end)
		end = skip_fraction(end);
	if (!end || (*end && strcmp(end, "Z") && strcmp(end, "+00:00"))) {
		cli_usage("--at '%s' is neither seconds since 1970 nor 2026-11-29T12:00:00Z", text);
		return false;
	}
	*out = timegm(&tm);
	return true;
}

static bool add_file(const char **list, unsigned int *n, const char *what)
{
	if (*n == FILES_MAX) {
		cli_usage("%s is given more than %d times", what, FILES_MAX);
		return false;
	}
	list[(*n)++] = optarg;
	return true;
}

static bool take_purpose(struct verify_options *o)
{
	o->client = !strcmp(optarg, "client");
	o->path_flags &= ~SEALSOCK_PATHS_ANY_PURPOSE;
	if (!strcmp(optarg, "any"))
		o->path_flags |= SEALSOCK_PATHS_ANY_PURPOSE;
	else if (!o->client && strcmp(optarg, "server"))
		return cli_usage("--purpose '%s' is not one of server, client, any", optarg), false;
	return true;
}

static bool take_depth(struct verify_options *o)
{
	char *end;
	long v = strtol(optarg, &end, 10);

	if (*optarg < '0' || *optarg > '9' || *end || v > 255)
		return cli_usage("--max-depth '%s' is not a number from 0 to 255", optarg), false;
	o->depth = (int)v;
	return true;
}

static bool take_option(struct verify_options *o, int opt)
{
	switch (opt) {
	case OPT_CACERT:
		return add_file(o->cacerts, &o->cacert_count, "--cacert");
	case OPT_CRL:
		return add_file(o->crls, &o->crl_count, "--crl");
	case OPT_STAPLE:
		o->staple = optarg;
		return true;
	case OPT_AT:
		return parse_time(optarg, &o->at);
	case OPT_PURPOSE:
		return take_purpose(o);
	case OPT_PROFILE:
		o->profile = optarg;
		return true;
	case OPT_POLICY:
		o->policies = optarg;
		o->has_policies = true;
		return true;
	case OPT_EXPLICIT:
		o->policy_flags |= SEALSOCK_POLICY_REQUIRE;
		return true;
	case OPT_NO_MAPPING:
		o->policy_flags |= SEALSOCK_POLICY_NO_MAPPING;
		return true;
	case OPT_NO_ANY:
		o->policy_flags |= SEALSOCK_POLICY_NO_ANY;
		return true;
	case OPT_BARE:
		o->path_flags |= SEALSOCK_PATHS_BARE_ANCHORS;
		return true;
	case OPT_DEPTH:
		return take_depth(o);
	case OPT_SOFT:
		o->soft = true;
		return true;
	case OPT_EXPLAIN:
		o->explain = true;
		return true;
	case OPT_JSON:
		o->json = true;
		return true;
	default:
		return false;
	}
}

static int parse(struct verify_options *o, int argc, char **argv)
{
	static const struct option long_opts[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "cacert", required_argument, NULL, OPT_CACERT },
		{ "crl", required_argument, NULL, OPT_CRL },
		{ "staple", required_argument, NULL, OPT_STAPLE },
		{ "at", required_argument, NULL, OPT_AT },
		{ "purpose", required_argument, NULL, OPT_PURPOSE },
		{ "profile", required_argument, NULL, OPT_PROFILE },
		{ "policies", required_argument, NULL, OPT_POLICY },
		{ "require-policy", no_argument, NULL, OPT_EXPLICIT },
		{ "inhibit-mapping", no_argument, NULL, OPT_NO_MAPPING },
		{ "inhibit-any", no_argument, NULL, OPT_NO_ANY },
		{ "bare-anchors", no_argument, NULL, OPT_BARE },
		{ "max-depth", required_argument, NULL, OPT_DEPTH },
		{ "soft", no_argument, NULL, OPT_SOFT },
		{ "explain", no_argument, NULL, OPT_EXPLAIN },
		{ "json", no_argument, NULL, OPT_JSON },
		{ 0 },
	};
	int opt;

	while ((opt = cli_option(&verb_verify, argc, argv, ":h", long_opts)) != -1)
		if (opt == '?' || !take_option(o, opt))
			return CLI_USAGE;
	if (optind + 1 != argc && optind + 2 != argc)
		return cli_usage("a file with the CHAIN is needed, and a HOST may follow");
	o->chain = argv[optind];
	o->host = optind + 2 == argc ? argv[optind + 1] : NULL;
	return CLI_OK;
}

/* The whole of a file, to be freed. */
static char *read_file(const char *path, size_t *n)
{
	FILE *f = !strcmp(path, "-") ? stdin : fopen(path, "re");
	char *text = NULL, *more;
	size_t room = 0, got = 1;

	*n = 0;
	if (!f) {
		cli_error("cannot open %s: %s", path, strerror(errno));
		return NULL;
	}
	while (got && room < FILE_SIZE_MAX) {
		room += 65536;
		more = realloc(text, room);
		if (!more)
			break;
		text = more;
		got = fread(text + *n, 1, room - *n, f);
		*n += got;
	}
	if (got || ferror(f)) {
		cli_error("cannot read %s", path);
		free(text);
		text = NULL;
	}
	if (f != stdin)
		fclose(f);
	return text;
}

static int64_t at_time(void *arg)
{
	return *(const int64_t *)arg;
}

static bool set_policies(struct sealsock_config *cfg, const struct verify_options *o)
{
	const char *list = o->has_policies ? o->policies : "";

	return (!o->has_policies && !o->policy_flags) ||
	       !cli_setting(cfg, sealsock_config_policies(cfg, list, o->policy_flags), "--policies",
			    list);
}

/*
 * What stands in a file and is no certificate or no list proves nothing: that is a verdict on the
 * chain. Any other failure is one of the call.
 */
static bool settle(struct sealsock_config *cfg, int err, const char *what, const char *value,
		   struct sealsock_verdict *v)
{
	if (err == SEALSOCK_ERR_PEM || err == SEALSOCK_ERR_UNSUPPORTED) {
		v->code = err;
		snprintf(v->text, sizeof(v->text), "%s %.200s: %s", what, value,
			 sealsock_config_error(cfg));
	} else {
		cli_setting(cfg, err, what, value);
	}
	return !err;
}

static bool load(struct sealsock_config *cfg, const struct verify_options *o,
		 struct sealsock_verdict *v)
{
	unsigned int i;

	for (i = 0; i < o->cacert_count; i++)
		if (!settle(cfg, sealsock_config_ca_file(cfg, o->cacerts[i]), "--cacert",
			    o->cacerts[i], v))
			return false;
	if (!o->cacert_count && cli_trust_system(cfg))
		return false;
	for (i = 0; i < o->crl_count; i++)
		if (!settle(cfg, sealsock_config_crl_file(cfg, o->crls[i]), "--crl", o->crls[i],
			    v))
			return false;
	return true;
}

/* NULL: it cannot be used, and where @v has a code that is what is wrong with the chain. */
static struct sealsock_config *configure(struct verify_options *o, struct sealsock_verdict *v)
{
	struct sealsock_env env = { .arg = &o->at, .now = at_time };
	struct sealsock_config *cfg;
	bool ok = true;

	cfg = sealsock_config_new(o->client ? SEALSOCK_SERVER : SEALSOCK_CLIENT);
	if (!cfg) {
		cli_error("no memory, or no libcrypto");
		return NULL;
	}
	if (o->at != INT64_MIN)
		sealsock_config_env(cfg, &env);
	if (o->profile)
		ok = !cli_setting(cfg, sealsock_config_profile(cfg, o->profile), "--profile",
				  o->profile);
	if (ok && o->soft)
		sealsock_config_revocation(cfg, SEALSOCK_REVOCATION_SOFT);
	if (ok)
		ok = !cli_setting(cfg, sealsock_config_paths(cfg, o->path_flags, o->depth),
				  "--purpose, --max-depth", "");
	if (ok && set_policies(cfg, o) && load(cfg, o, v))
		return cfg;
	sealsock_config_unref(cfg);
	return NULL;
}

static int tell(struct verify_report *report, const struct sealsock_verdict *verdict)
{
	verify_report_end(report, verdict);
	if (fflush(stdout) || ferror(stdout)) {
		cli_error("cannot write to standard output");
		return CLI_USAGE;
	}
	return verdict->code ? CLI_HANDSHAKE : CLI_OK;
}

static int judge(struct verify_options *o, const char *chain, size_t n, const char *staple,
		 size_t staple_len)
{
	struct sealsock_verdict verdict = { .code = 0 };
	struct verify_report report;
	struct sealsock_config *cfg = configure(o, &verdict);

	if (!cfg && !verdict.code)
		return CLI_USAGE;
	verify_report_begin(&report, stdout, o->json, o->explain);
	if (cfg)
		sealsock_verify(cfg, chain, n, o->host, staple, staple_len, verify_report_step,
				&report, &verdict);
	sealsock_config_unref(cfg);
	if (cfg && (verdict.code == SEALSOCK_ERR_PEM || verdict.code == SEALSOCK_ERR_INVALID)) {
		cli_error("%s", verdict.text);
		return CLI_USAGE;
	}
	return tell(&report, &verdict);
}

static int run(int argc, char **argv)
{
	struct verify_options o = { .at = INT64_MIN, .depth = -1 };
	char *chain, *staple = NULL;
	size_t n, staple_len = 0;
	int status = parse(&o, argc, argv);

	if (status)
		return status;
	chain = read_file(o.chain, &n);
	if (!chain)
		return CLI_USAGE;
	if (o.staple)
		staple = read_file(o.staple, &staple_len);
	status = o.staple && !staple ? CLI_USAGE : judge(&o, chain, n, staple, staple_len);
	free(chain);
	free(staple);
	return status;
}

const struct cli_verb verb_verify = {
	.name = "verify",
	.summary = "check a certificate chain, and tell why",
	.run = run,
	.help =
	"Usage: sealsock verify [OPTION]... CHAIN [HOST]\n"
	"Checks the certificates in the file CHAIN (PEM, the peer's own first, the others in any\n"
	"order; \"-\": standard input) as a handshake would: is there a path to a trust anchor, and is\n"
	"it right at every step, for this purpose and for HOST, a name or an address?\n\n"
	"      --cacert FILE      trust these (PEM or DER; repeatable) in the place of the system's\n"
	"      --crl FILE         revocation lists (PEM or DER; repeatable); every certificate but\n"
	"                         the anchor must then be found to be in force\n"
	"      --soft             ... or at least not be found to be revoked\n"
	"      --staple FILE      an OCSP response (DER) as a server would staple it\n"
	"      --at TIME          as of this time: 2026-11-29T12:00:00Z, or seconds since 1970\n"
	"      --purpose PURPOSE  server (default), client, or any\n"
	"      --profile NAME     private (default), strict, or web: the rules of public CAs too\n"
	"      --policies OIDS    the certificate policies that will do, separated by commas\n"
	"      --require-policy   one of them must hold (initial-explicit-policy of RFC 5280)\n"
	"      --inhibit-mapping  policies may not be mapped\n"
	"      --inhibit-any      anyPolicy stands for none\n"
	"      --bare-anchors     anchors are names and keys only, their dates and extensions nobody's\n"
	"      --max-depth N      at most N CAs between the leaf and the anchor, self-issued ones apart\n"
	"      --explain          every certificate that was tried, and which rule it broke\n"
	"      --json             one JSON object\n"
	"  -h, --help             this text\n\n"
	"Example:\n"
	"  sealsock verify --explain --cacert ca.pem server.pem www.example.org\n\n"
	"Exit status: 0 the chain is right; 2 usage, or a file cannot be used; 4 it is not.\n",
};
