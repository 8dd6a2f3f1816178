/* users.c - judges the credentials of the registrar's own users */
#include "rempart/registrar/users.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { US_PER_S = 1000000 };

static const char detail_stale[] = "stale";

/* Stands in for the HA1 of a user that does not exist, so that a stranger
 * costs the same as a wrong password. Passing it proves nothing. */
static const char *const no_ha1[DIGEST_ALGORITHM_COUNT] = {
	[DIGEST_MD5] = "00000000000000000000000000000000",
	[DIGEST_SHA256] = "00000000000000000000000000000000"
			  "00000000000000000000000000000000",
};

static int by_name(const void *a, const void *b)
{
	const struct registrar_user *one = a;
	const struct registrar_user *two = b;

	return strcmp(one->name, two->name);
}

void registrar_users_sort(struct registrar_settings *settings)
{
	if (settings->user_count)
		qsort(settings->users, settings->user_count,
		      sizeof(*settings->users), by_name);
	settings->sorted = true;
}

/* As strcmp() orders: a name holds no NUL. */
static bool name_before(const char *name, struct span s)
{
	size_t len = strlen(name);
	int order = memcmp(name, s.p, len < s.len ? len : s.len);

	return order ? order < 0 : len < s.len;
}

static const struct registrar_user *
find_sorted(const struct registrar_settings *settings, struct span name)
{
	const struct registrar_user *users = settings->users;
	size_t first = 0;
	size_t count = settings->user_count;

	while (count > 0) {
		size_t half = count / 2;

		if (name_before(users[first + half].name, name)) {
			first += half + 1;
			count -= half + 1;
		} else {
			count = half;
		}
	}
	if (first == settings->user_count)
		return NULL;
	if (!span_eq(span_str(users[first].name), name))
		return NULL;
	return &users[first];
}

const struct registrar_user *
registrar_user_find(const struct registrar_settings *settings, struct span name)
{
	const struct registrar_user *found = NULL;

	if (!name.len)
		return NULL;
	if (settings->sorted)
		return find_sorted(settings, name);
	for (size_t i = 0; i < settings->user_count; i++) {
		const struct registrar_user *user = &settings->users[i];

		if (span_eq(span_str(user->name), name))
			found = user;
	}
	return found;
}

static struct verdict challenge(enum reason reason, enum sip_header header,
				const char *detail)
{
	struct verdict v = verdict_reject(reason, detail);

	v.action = ACTION_CHALLENGE;
	v.sip_code = header == SIP_HEADER_PROXY_AUTHORIZATION ? 407 : 401;
	return v;
}

bool registrar_stale(const struct verdict *verdict)
{
	return verdict->action == ACTION_CHALLENGE &&
	       verdict->reason == REASON_CHALLENGED &&
	       strcmp(verdict->detail, detail_stale) == 0;
}

/*
 * The first credentials of our realm. A header may stand once a realm, and
 * its commas do not part values (RFC 3261 7.3.1). What cannot be read guesses
 * no password: it counts as none given, and *detail says what was wrong.
 */
static bool credentials_find(struct digest_credentials *cred,
			     const struct sip_message *msg,
			     enum sip_header header, struct span realm,
			     const char **detail)
{
	*detail = NULL;
	for (size_t i = 0; i < msg->line_count; i++) {
		int err;

		if (msg->lines[i].id != header)
			continue;
		err = digest_parse(cred, msg->lines[i].value);
		if (!err && span_eq(cred->realm, realm))
			return true;
		if (err == ENOTSUP)
			*detail = "algorithm or qop is not offered";
		else if (err)
			*detail = "credentials cannot be read";
	}
	return false;
}

/* One path for an unknown user, a user without HA1 for this algorithm, and a
 * wrong password. */
static bool password_right(const struct registrar_settings *set,
			   const struct sip_message *msg,
			   const struct digest_credentials *cred,
			   struct span user)
{
	const struct registrar_user *found =
		registrar_user_find(set, cred->username);
	const char *ha1 = found ? found->ha1[cred->algorithm] : "";
	bool known = ha1[0] != '\0';
	bool right = digest_matches(cred, known ? ha1 : no_ha1[cred->algorithm],
				    msg->method_name);

	return right && known && span_eq(cred->username, user);
}

static uint32_t nc_value(struct span nc)
{
	uint32_t value = 0;

	for (size_t i = 0; i < nc.len; i++) {
		unsigned c = (unsigned char)nc.p[i];
		unsigned digit = c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;

		assert(digit < 16);
		value = value << 4 | digit;
	}
	return value;
}

/*
 * A connection brings its requests in order, so a nonce older than the last
 * one used, or an nc that did not grow, is a replay or a phone that counts
 * wrongly: both get a new nonce.
 */
static bool nonce_fresh(const struct registrar_nonce_use *use,
			uint64_t nonce_us, uint32_t nc)
{
	if (nonce_us != use->nonce_us)
		return nonce_us > use->nonce_us && nc > 0;
	return nc > use->last_nc;
}

struct verdict registrar_authenticate(const struct registrar_settings *set,
				      const struct sip_message *msg,
				      enum sip_header header, struct span user,
				      const struct registrar_proof *proof)
{
	const uint64_t life_us = (uint64_t)REGISTRAR_NONCE_LIFE_S * US_PER_S;
	struct digest_credentials cred;
	enum digest_nonce_state state;
	const char *detail;
	uint64_t nonce_us;
	uint32_t nc;

	assert(header == SIP_HEADER_AUTHORIZATION ||
	       header == SIP_HEADER_PROXY_AUTHORIZATION);
	assert(proof->use);
	if (!credentials_find(&cred, msg, header, span_str(set->realm),
			      &detail))
		return challenge(REASON_CHALLENGED, header, detail);

	state = digest_nonce_check(cred.nonce, proof->nonce_key, proof->binding,
				   proof->now_us, life_us);
	if (state == DIGEST_NONCE_FORGED)
		return challenge(REASON_CREDENTIALS, header,
				 "not a nonce of this connection");
	if (!password_right(set, msg, &cred, user))
		return challenge(REASON_CREDENTIALS, header, NULL);

	nonce_us = digest_nonce_us(cred.nonce);
	nc = nc_value(cred.nc);
	if (state == DIGEST_NONCE_STALE ||
	    !nonce_fresh(proof->use, nonce_us, nc))
		return challenge(REASON_CHALLENGED, header, detail_stale);
	proof->use->nonce_us = nonce_us;
	proof->use->last_nc = nc;
	return verdict_pass();
}
