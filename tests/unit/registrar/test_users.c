/* test_users.c - only the right password with a fresh nonce of this connection
 * passes, once */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "rempart/registrar/users.h"

static const uint8_t KEY[MAC_KEY_BYTES] = {5, 6};
static const uint64_t NOW_US = 7000000000;
static const uint64_t LIFE_US = REGISTRAR_NONCE_LIFE_S * 1000000ull;
#define REALM "edge.example"

static struct registrar_user users[4];
static struct registrar_settings settings;
static struct sip_message msg;
static struct registrar_nonce_use use;
static struct mac *nonce_key;

static void user_set(struct registrar_user *user, const char *name,
		     const char *password, bool md5)
{
	*user = (struct registrar_user){0};
	snprintf(user->name, sizeof(user->name), "%s", name);
	cr_assert_eq(digest_ha1(user->ha1[DIGEST_SHA256], DIGEST_SHA256,
				span_str(name), SPAN(REALM),
				span_str(password)),
		     0);
	if (!md5)
		return;
	cr_assert_eq(digest_ha1(user->ha1[DIGEST_MD5], DIGEST_MD5,
				span_str(name), SPAN(REALM),
				span_str(password)),
		     0);
}

static void setup(void)
{
	user_set(&users[0], "bob", "bob's", true);
	user_set(&users[1], "alice", "secret", true);
	user_set(&users[2], "carol", "carol's", false);
	user_set(&users[3], "bobby", "bobby's", true);
	settings = (struct registrar_settings){
		.realm = REALM, .users = users, .user_count = 4};
	msg = (struct sip_message){.is_request = true,
				   .method = SIP_METHOD_REGISTER,
				   .method_name = SPAN("REGISTER")};
	use = (struct registrar_nonce_use){0};
	cr_assert_eq(mac_open(&nonce_key, KEY), 0);
}

static void teardown(void)
{
	mac_close(nonce_key);
}

TestSuite(users, .init = setup, .fini = teardown);

/* What a phone was asked, and what it answers with. */
struct answer {
	const char *user;
	const char *password;
	const char *realm;
	const char *conn; /* whose nonce */
	uint64_t nonce_us;
	uint32_t nc;
	enum digest_algorithm alg;
	char value[1024];
};

static const struct answer ALICE = {
	.user = "alice",
	.password = "secret",
	.realm = REALM,
	.conn = "conn 1",
	.nonce_us = 7000000000,
	.nc = 1,
	.alg = DIGEST_SHA256,
};

static void response_make(char out[static DIGEST_HEX_MAX], struct span *nonce,
			  const struct answer *a, char *buf)
{
	struct text txt = text_init(buf, DIGEST_NONCE_TEXT);
	char ha1[DIGEST_HEX_MAX];
	char ha2[DIGEST_HEX_MAX];
	char nc[9];
	char mid[256];

	digest_nonce(&txt, nonce_key, span_str(a->conn), a->nonce_us);
	*nonce = text_span(&txt);
	snprintf(nc, sizeof(nc), "%08x", a->nc);
	cr_assert_eq(digest_ha1(ha1, a->alg, span_str(a->user),
				span_str(a->realm), span_str(a->password)),
		     0);
	/* H(a:b:c) serves for KD() too: the parts are joined by colons */
	snprintf(mid, sizeof(mid), "%.*s:%s:c:auth", (int)nonce->len, nonce->p,
		 nc);
	cr_assert_eq(digest_ha1(ha2, a->alg, SPAN("REGISTER"), SPAN("sip"),
				SPAN(REALM)),
		     0);
	cr_assert_eq(digest_ha1(out, a->alg, span_str(ha1), span_str(mid),
				span_str(ha2)),
		     0);
}

static void line_add(const char *value, enum sip_header header)
{
	msg.lines[msg.line_count++] =
		(struct sip_line){.id = header, .value = span_str(value)};
}

static void answer_add(struct answer *a, enum sip_header header)
{
	char response[DIGEST_HEX_MAX];
	char buf[DIGEST_NONCE_TEXT];
	struct span nonce;

	response_make(response, &nonce, a, buf);
	snprintf(a->value, sizeof(a->value),
		 "Digest username=\"%s\", realm=\"%s\", nonce=\"%.*s\", "
		 "uri=\"sip:" REALM "\", response=\"%s\", algorithm=%s, "
		 "cnonce=\"c\", nc=%08x, qop=auth",
		 a->user, a->realm, (int)nonce.len, nonce.p, response,
		 digest_algorithm_name(a->alg), a->nc);
	line_add(a->value, header);
}

static struct verdict judge_at(uint64_t now_us, const char *user)
{
	struct registrar_proof proof = {.nonce_key = nonce_key,
					.binding = SPAN("conn 1"),
					.now_us = now_us,
					.use = &use};

	return registrar_authenticate(&settings, &msg, SIP_HEADER_AUTHORIZATION,
				      span_str(user), &proof);
}

/* A message with this one answer, judged for that user. */
static struct verdict judge(struct answer a, const char *user)
{
	msg.line_count = 0;
	answer_add(&a, SIP_HEADER_AUTHORIZATION);
	return judge_at(NOW_US, user);
}

static bool refused(struct verdict v, enum reason reason, const char *detail)
{
	return v.action == ACTION_CHALLENGE && v.reason == reason &&
	       v.sip_code == 401 && strcmp(v.detail, detail) == 0;
}

static bool passes(struct verdict v)
{
	return verdict_passes(&v);
}

Test(users, the_right_password_passes_with_both_algorithms)
{
	struct answer a = ALICE;

	cr_assert(passes(judge(a, "alice")));
	a.alg = DIGEST_MD5;
	a.nc = 2;
	cr_assert(passes(judge(a, "alice")));
}

Test(users, no_credentials_are_asked_for)
{
	cr_assert(refused(judge_at(NOW_US, "alice"), REASON_CHALLENGED, ""));
}

Test(users, credentials_of_another_realm_are_none)
{
	struct answer a = ALICE;

	a.realm = "elsewhere";
	cr_assert(refused(judge(a, "alice"), REASON_CHALLENGED, ""));
}

Test(users, ours_are_found_behind_those_of_another_realm)
{
	struct answer other = ALICE;
	struct answer a = ALICE;

	other.realm = "elsewhere";
	answer_add(&other, SIP_HEADER_AUTHORIZATION);
	line_add("Bearer abc", SIP_HEADER_AUTHORIZATION);
	answer_add(&a, SIP_HEADER_AUTHORIZATION);
	cr_assert(passes(judge_at(NOW_US, "alice")));
}

Test(users, the_other_header_does_not_count)
{
	struct answer a = ALICE;

	answer_add(&a, SIP_HEADER_PROXY_AUTHORIZATION);
	cr_assert(refused(judge_at(NOW_US, "alice"), REASON_CHALLENGED, ""));
}

Test(users, a_proxy_challenge_has_407)
{
	struct registrar_proof proof = {.binding = SPAN("conn 1"), .use = &use};
	struct verdict v = registrar_authenticate(
		&settings, &msg, SIP_HEADER_PROXY_AUTHORIZATION, SPAN("alice"),
		&proof);

	cr_assert_eq(v.action, ACTION_CHALLENGE);
	cr_assert_eq(v.sip_code, 407);
}

Test(users, credentials_that_cannot_be_read_are_none)
{
	line_add("Digest username=\"alice\", realm=\"" REALM "\"",
		 SIP_HEADER_AUTHORIZATION);
	cr_assert(refused(judge_at(NOW_US, "alice"), REASON_CHALLENGED,
			  "credentials cannot be read"));
	line_add("Digest username=\"a\", realm=\"" REALM "\", nonce=\"n\", "
		 "uri=\"u\", response=\"x\", cnonce=\"c\", nc=00000001, "
		 "qop=auth-int",
		 SIP_HEADER_AUTHORIZATION);
	cr_assert(refused(judge_at(NOW_US, "alice"), REASON_CHALLENGED,
			  "algorithm or qop is not offered"));
}

Test(users, a_wrong_password_an_unknown_user_and_no_ha1_are_answered_alike)
{
	struct answer a = ALICE;

	a.password = "wrong";
	cr_assert(refused(judge(a, "alice"), REASON_CREDENTIALS, ""));
	a = ALICE;
	a.user = "mallory";
	cr_assert(refused(judge(a, "mallory"), REASON_CREDENTIALS, ""));
	a = ALICE;
	a.user = "carol";
	a.password = "carol's";
	a.alg = DIGEST_MD5;
	cr_assert(refused(judge(a, "carol"), REASON_CREDENTIALS, ""));
	a.alg = DIGEST_SHA256;
	cr_assert(passes(judge(a, "carol")));
}

Test(users, one_users_credentials_do_not_serve_another)
{
	cr_assert(refused(judge(ALICE, "bob"), REASON_CREDENTIALS, ""));
	cr_assert(refused(judge(ALICE, "alic"), REASON_CREDENTIALS, ""));
	cr_assert(refused(judge(ALICE, ""), REASON_CREDENTIALS, ""));
}

/* The HA1 that stands in for an unknown user is known to everybody. */
Test(users, the_stand_in_for_an_unknown_user_cannot_be_used)
{
	static const char zeros[] = "00000000000000000000000000000000"
				    "00000000000000000000000000000000";
	char buf[DIGEST_NONCE_TEXT];
	struct text txt = text_init(buf, sizeof(buf));
	char ha2[DIGEST_HEX_MAX];
	char response[DIGEST_HEX_MAX];
	char mid[256];
	char value[1024];
	struct span nonce;

	digest_nonce(&txt, nonce_key, SPAN("conn 1"), NOW_US);
	nonce = text_span(&txt);
	snprintf(mid, sizeof(mid), "%.*s:00000001:c:auth", (int)nonce.len,
		 nonce.p);
	cr_assert_eq(digest_ha1(ha2, DIGEST_SHA256, SPAN("REGISTER"),
				SPAN("sip"), SPAN("x")),
		     0);
	cr_assert_eq(digest_ha1(response, DIGEST_SHA256, span_str(zeros),
				span_str(mid), span_str(ha2)),
		     0);
	snprintf(value, sizeof(value),
		 "Digest username=\"mallory\", realm=\"" REALM "\", "
		 "nonce=\"%.*s\", uri=\"sip:x\", response=\"%s\", "
		 "algorithm=SHA-256, cnonce=\"c\", nc=00000001, qop=auth",
		 (int)nonce.len, nonce.p, response);
	line_add(value, SIP_HEADER_AUTHORIZATION);
	cr_assert(refused(judge_at(NOW_US, "mallory"), REASON_CREDENTIALS, ""));
	/* The response does fit that HA1: were it alice's, it would pass. */
	memcpy(users[1].ha1[DIGEST_SHA256], zeros, sizeof(zeros));
	snprintf(users[1].name, sizeof(users[1].name), "mallory");
	cr_assert(passes(judge_at(NOW_US, "mallory")));
}

Test(users, a_nonce_of_another_connection_is_refused)
{
	struct answer a = ALICE;

	a.conn = "conn 2";
	cr_assert(refused(judge(a, "alice"), REASON_CREDENTIALS,
			  "not a nonce of this connection"));
}

Test(users, an_old_nonce_with_the_right_password_is_stale)
{
	struct answer a = ALICE;
	struct verdict v;

	a.nonce_us = NOW_US - LIFE_US - 1;
	v = judge(a, "alice");
	cr_assert(refused(v, REASON_CHALLENGED, "stale"));
	cr_assert(registrar_stale(&v));
	a.nonce_us = NOW_US - LIFE_US;
	cr_assert(passes(judge(a, "alice")));
}

Test(users, an_old_nonce_with_a_wrong_password_is_not_called_stale)
{
	struct answer a = ALICE;
	struct verdict v;

	a.nonce_us = NOW_US - LIFE_US - 1;
	a.password = "wrong";
	v = judge(a, "alice");
	cr_assert(refused(v, REASON_CREDENTIALS, ""));
	cr_assert_not(registrar_stale(&v));
}

Test(users, the_same_credentials_do_not_pass_twice)
{
	cr_assert(passes(judge(ALICE, "alice")));
	cr_assert(refused(judge(ALICE, "alice"), REASON_CHALLENGED, "stale"));
}

Test(users, nc_must_grow_within_one_nonce)
{
	struct answer a = ALICE;

	a.nc = 0;
	cr_assert(refused(judge(a, "alice"), REASON_CHALLENGED, "stale"));
	a.nc = 0x0000001a;
	cr_assert(passes(judge(a, "alice")));
	a.nc = 0x00000019;
	cr_assert(refused(judge(a, "alice"), REASON_CHALLENGED, "stale"));
	a.nc = 0x0000001b;
	cr_assert(passes(judge(a, "alice")));
	a.nc = UINT32_MAX;
	cr_assert(passes(judge(a, "alice")));
	cr_assert(refused(judge(a, "alice"), REASON_CHALLENGED, "stale"));
}

Test(users, a_new_nonce_counts_anew_and_ends_the_older_one)
{
	struct answer a = ALICE;

	a.nonce_us = NOW_US - 10;
	a.nc = 9;
	cr_assert(passes(judge(a, "alice")));
	a.nonce_us = NOW_US - 5;
	a.nc = 1;
	cr_assert(passes(judge(a, "alice")));
	/* or whoever changes nonces could send the first again */
	a.nonce_us = NOW_US - 10;
	a.nc = 9;
	cr_assert(refused(judge(a, "alice"), REASON_CHALLENGED, "stale"));
	a.nc = 10;
	cr_assert(refused(judge(a, "alice"), REASON_CHALLENGED, "stale"));
}

Test(users, nothing_is_learnt_from_refused_credentials)
{
	struct answer a = ALICE;

	a.nc = 50;
	a.password = "wrong";
	(void)judge(a, "alice");
	cr_assert_eq(use.nonce_us, 0);
	cr_assert_eq(use.last_nc, 0);
	a.password = "secret";
	a.nonce_us = NOW_US - LIFE_US - 1;
	(void)judge(a, "alice");
	cr_assert_eq(use.nonce_us, 0);
	cr_assert(passes(judge(ALICE, "alice")));
}

static void find_each(void)
{
	static const char *const strangers[] = {
		"", "a", "alic", "alicf", "alice2", "Bob", "zed", "bo"};
	static const char *const known[] = {"alice", "bob", "bobby", "carol"};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		const struct registrar_user *user =
			registrar_user_find(&settings, span_str(known[i]));

		cr_assert_not_null(user, "%s", known[i]);
		cr_assert_str_eq(user->name, known[i]);
	}
	for (size_t i = 0; i < sizeof(strangers) / sizeof(strangers[0]); i++)
		cr_assert_null(
			registrar_user_find(&settings, span_str(strangers[i])),
			"%s", strangers[i]);
}

Test(users, are_found_sorted_or_not)
{
	find_each();
	registrar_users_sort(&settings);
	cr_assert_str_eq(users[0].name, "alice");
	find_each();
}

Test(users, sorting_keeps_each_users_secret_with_its_name)
{
	registrar_users_sort(&settings);
	cr_assert(passes(judge(ALICE, "alice")));
}

Test(users, an_empty_registrar_knows_nobody)
{
	settings.user_count = 0;
	settings.users = NULL;
	cr_assert_null(registrar_user_find(&settings, SPAN("alice")));
	registrar_users_sort(&settings);
	cr_assert_null(registrar_user_find(&settings, SPAN("alice")));
	cr_assert(refused(judge(ALICE, "alice"), REASON_CREDENTIALS, ""));
}
