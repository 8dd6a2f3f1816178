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

/* French numbers behind a 0, extensions of two to six digits, names. */
static void numbering_default(struct number_settings *set)
{
	static const char *const internal[] = {"xx", "xxx", "xxxx", "xxxxx",
					       "xxxxxx"};

	*set = (struct number_settings){
		.country = "FR",
		.where = "numbering rempart.conf:5",
		.outside_prefix = "0",
		.features = {"*97", "*21*N#"},
		.feature_count = 2,
		.names_internal = true,
	};
	for (size_t i = 0; i < sizeof(internal) / sizeof(internal[0]); i++)
		snprintf(set->internal[set->internal_count++],
			 NUMBER_PATTERN_MAX, "%s", internal[i]);
}

/* Out of reach, for what a scenario is not about. */
static void limits_high(struct limits_settings *set)
{
	struct bucket_rule high;

	if (bucket_rule_init(&high, 100000, 1, 100000))
		abort();
	*set = (struct limits_settings){
		.messages = high,
		.registers_user = high,
		.registers_source = high,
		.calls_user = high,
		.new_work = high,
		.where = "limits rempart.conf:20",
	};
}

/* `set allow TEXT`, `set deny TEXT`: a country or +prefix, in order. */
static void add_rule(struct settings *set, enum dial_action action,
		     const char *text)
{
	unsigned n = set->list.rule_count++;
	struct dial_match *match = &set->matches[n];

	if (n == RULES_MAX)
		abort();
	*match = (struct dial_match){
		.kind = !strcmp(text, "any") ? DIAL_ANY
			: text[0] == '+'     ? DIAL_PREFIX
					     : DIAL_COUNTRY,
	};
	if (number_class_find(span_str(text), &match->cls))
		match->kind = DIAL_CLASS;
	snprintf(match->text, sizeof(match->text), "%s", text);
	set->rules[n] = (struct dial_rule){.action = action, .match_count = 1};
	snprintf(set->rules[n].where, DIAL_WHERE_MAX,
		 "dial.test rule %u rempart.conf:%u", n + 1, n + 10);
}

static bool set_limit(struct settings *set, const char *key, const char *value)
{
	struct bucket_rule *rule =
		!strcmp(key, "limit-messages")	  ? &set->limits.messages
		: !strcmp(key, "limit-registers") ? &set->limits.registers_user
		: !strcmp(key, "limit-calls")	  ? &set->limits.calls_user
		: !strcmp(key, "limit-new-work")  ? &set->limits.new_work
						  : NULL;
	char text[64];

	if (!rule)
		return false;
	/* "3/1m": as many at once as in the time */
	snprintf(text, sizeof(text), "%s burst %d", value, atoi(value));
	if (limits_parse(rule, span_str(text)))
		abort();
	return true;
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
		.media = {.upstream_seen = must_addr("10.0.0.1"),
			  .upstream_bound = must_addr("10.0.0.1"),
			  .upstream_first = 20000,
			  .upstream_last = 29999,
			  .timeout_s = 60},
	};
	set->dial.fallback_list = -1;
	numbering_default(&set->numbering);
	limits_high(&set->limits);
	add_domain(set, "example.com");
	add_domain(set, "pbx.example.com");
	add_domain(set, "10.0.0.2");
	add_domain(set, "edge.example.com");
}

/* Another name of ours for the phones of 10.0.0.0/8; not one of `domains`. */
static void advertise_inside(struct settings *set, const char *name)
{
	struct proxy_settings *proxy = &set->proxy;

	snprintf(proxy->advertise_inside.host, PROXY_HOST_MAX, "%s", name);
	proxy->inside_from = (struct addr_nets){
		.net = {{.version = 4, .ip = {10}}},
		.bits = {8},
		.count = 1,
	};
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

static void add_quirk(struct replay *rp, const char *agent, const char *name)
{
	struct media_settings *media = &rp->next.media;
	struct media_quirk *quirk = &media->quirks[media->quirk_count++];
	enum suite suite;

	if (!suite_find(span_str(name), &suite))
		fail(rp, "set quirk: no suite is called %s", name);
	snprintf(quirk->agent, sizeof(quirk->agent), "%s", agent);
	quirk->without = 1u << suite;
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
	else if (!strcmp(key, "trial-days"))
		set->dial.observe_until_s = rp->time.wall_us / 1000000 +
					    (uint64_t)atoi(value) * 86400;
	else if (!strcmp(key, "pbx-srtp"))
		set->media.upstream_srtp = !strcmp(value, "required");
	else if (!strcmp(key, "media-ports"))
		set->media_ports = (unsigned)atoi(value);
	else if (!strcmp(key, "media-single"))
		set->media.upstream_single = !strcmp(value, "yes");
	else if (!strcmp(key, "media-timeout"))
		set->media.timeout_s = (uint32_t)(time_of(rp, value) / 1000000);
	else if (!strcmp(key, "quirk") && cmd->argc == 4)
		add_quirk(rp, value, cmd->argv[3]);
	else if (!strcmp(key, "echo"))
		snprintf(set->echo, sizeof(set->echo), "%s", value);
	else if (!strcmp(key, "domain"))
		add_domain(set, value);
	else if (!strcmp(key, "pbx-domain"))
		snprintf(set->proxy.upstream_domain, PROXY_HOST_MAX, "%s",
			 value);
	else if (!strcmp(key, "advertise-inside"))
		advertise_inside(set, value);
	else if (!strcmp(key, "pbx"))
		set->proxy.upstream = must_addr(value);
	else if (!strcmp(key, "sips"))
		set->proxy.sips_inside_secure = !strcmp(value, "allowed");
	else if (!strcmp(key, "user") && cmd->argc == 4)
		add_user(rp, value, cmd->argv[3]);
	else if (!strcmp(key, "emergency-from")) {
		set->emergency_net = must_addr(value);
		set->emergency_bits = 24;
	} else if (!strcmp(key, "allow"))
		add_rule(set, DIAL_ALLOW, value);
	else if (!strcmp(key, "deny"))
		add_rule(set, DIAL_DENY, value);
	else if (!set_limit(set, key, value))
		fail(rp, "set %s %s: unknown", key, value);
}

struct edge_settings settings_of(struct settings *set)
{
	struct edge_settings out = {
		.proxy = &set->proxy,
		.registrar = &set->registrar,
		.sdp = &set->sdp,
		.media = &set->media,
		.echo = set->echo,
		.numbering = &set->numbering,
		.dial = &set->dial,
		.limits = &set->limits,
		.emergency_per_device = 2,
		.emergency_per_site = 20,
		.emergency_net = &set->emergency_net,
		.emergency_bits = &set->emergency_bits,
		.emergency_net_count = set->emergency_bits != 0,
		.config_hash = "0123456789abcdef",
	};

	if (set->list.rule_count) {
		snprintf(set->list.name, DIAL_NAME_MAX, "test");
		for (unsigned i = 0; i < set->list.rule_count; i++)
			set->rules[i].matches = &set->matches[i];
		set->list.rules = set->rules;
		set->dial.lists = &set->list;
		set->dial.list_count = 1;
		set->dial.fallback_list = 0;
	}
	set->registrar.users = set->users;
	registrar_users_sort(&set->registrar);
	return out;
}
