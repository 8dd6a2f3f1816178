/* settings.c - `set` lines: what the administrator wrote */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "replay.h"

static struct addr must_addr(const char *text)
{
	struct addr addr;

	if (addr_parse(&addr, span_str(text)))
		abort();
	return addr;
}

static void add_domain(struct settings *set, const char *domain)
{
	struct proxy_settings *proxy = &set->proxy;

	if (proxy->domain_count < PROXY_DOMAINS_MAX)
		snprintf(proxy->domains[proxy->domain_count++], PROXY_HOST_MAX,
			 "%s", domain);
}

void settings_default(struct settings *set)
{
	*set = (struct settings){
		.sdp = {.suites = {SUITE_AEAD_AES_256_GCM,
				   SUITE_AES_256_CM_HMAC_SHA1_80,
				   SUITE_AEAD_AES_128_GCM,
				   SUITE_AES_CM_128_HMAC_SHA1_80},
			.suite_count = 4},
		.proxy = {.has_upstream = true,
			  .upstream = must_addr("10.0.0.2:5060"),
			  .upstream_bind = must_addr("10.0.0.1:5060"),
			  .advertise = {.host = "edge.example.com"},
			  .upstream_domain = "pbx.example.com",
			  .where_upstream = "upstream rempart.conf:3",
			  .where_srtp = "srtp default"},
		.registrar = {.realm = "example.com"},
	};
	add_domain(set, "example.com");
	add_domain(set, "pbx.example.com");
	add_domain(set, "10.0.0.2");
	add_domain(set, "edge.example.com");
}

static void add_user(struct replay *rp, const char *name, const char *password)
{
	struct settings *set = &rp->next;
	struct registrar_user *user;
	int err = 0;

	if (set->registrar.user_count == USERS_MAX)
		fail(rp, "more than %d users", USERS_MAX);
	user = &set->users[set->registrar.user_count++];
	snprintf(user->name, sizeof(user->name), "%s", name);
	for (unsigned alg = 0; alg < DIGEST_ALGORITHM_COUNT && !err; alg++)
		err = digest_ha1(user->ha1[alg], (enum digest_algorithm)alg,
				 span_str(name), span_str(set->registrar.realm),
				 span_str(password));
	if (err)
		fail(rp, "digest_ha1: %d", err);
}

void settings_change(struct replay *rp, const struct command *cmd)
{
	const char *key = cmd->argc > 1 ? cmd->argv[1] : "";
	const char *value = cmd->argc > 2 ? cmd->argv[2] : "";
	struct settings *set = &rp->next;

	if (!strcmp(key, "mode") && !strcmp(value, "pbx"))
		set->proxy.has_upstream = true;
	else if (!strcmp(key, "mode") && !strcmp(value, "registrar"))
		set->proxy.has_upstream = false;
	else if (!strcmp(key, "domain"))
		add_domain(set, value);
	else if (!strcmp(key, "pbx-domain"))
		snprintf(set->proxy.upstream_domain, PROXY_HOST_MAX, "%s",
			 value);
	else if (!strcmp(key, "pbx"))
		set->proxy.upstream = must_addr(value);
	else if (!strcmp(key, "sips"))
		set->proxy.sips_inside_secure = !strcmp(value, "allowed");
	else if (!strcmp(key, "user") && cmd->argc == 4)
		add_user(rp, value, cmd->argv[3]);
	else
		fail(rp, "set %s %s: unknown", key, value);
}

struct edge_settings settings_of(struct settings *set)
{
	struct edge_settings out = {
		.proxy = &set->proxy,
		.registrar = &set->registrar,
		.sdp = &set->sdp,
		.config_hash = "0123456789abcdef",
	};

	set->registrar.users = set->users;
	registrar_users_sort(&set->registrar);
	return out;
}
