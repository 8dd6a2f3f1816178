/* test_digest.c - digest credentials: RFC vectors pass, everything bent is
 * refused */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>

#include "broken_mac.h"
#include "rempart/sip/digest.h"

static struct mac *key, *other_key;
static const uint64_t NOW_US = 1000000000;
static const uint64_t LIFE_US = 300000000;

static void setup(void)
{
	cr_assert_eq(mac_open(&key, (const uint8_t[MAC_KEY_BYTES]){1, 2, 3}),
		     0);
	cr_assert_eq(
		mac_open(&other_key, (const uint8_t[MAC_KEY_BYTES]){1, 2, 4}),
		0);
}

static void teardown(void)
{
	mac_close(key);
	mac_close(other_key);
}

TestSuite(digest, .init = setup, .fini = teardown);

/* RFC 7616 3.9.1 */
#define RFC_HEAD                                                               \
	"username=\"Mufasa\", realm=\"http-auth@example.org\", "               \
	"uri=\"/dir/index.html\", "
#define RFC_NONCE "nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", "
#define RFC_TAIL                                                               \
	"nc=00000001, "                                                        \
	"cnonce=\"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ\", qop=auth, "  \
	"opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\""
#define RFC_MD5 "8ca523f5e9506fed4657c9700eebdbec"
#define RFC_SHA256                                                             \
	"753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"

#define MD5_VALUE                                                              \
	"Digest " RFC_HEAD "algorithm=MD5, " RFC_NONCE RFC_TAIL                \
	", response=\"" RFC_MD5 "\""
#define SHA256_VALUE                                                           \
	"Digest " RFC_HEAD "algorithm=SHA-256, " RFC_NONCE RFC_TAIL            \
	", response=\"" RFC_SHA256 "\""

static int parse(struct digest_credentials *cred, const char *value)
{
	return digest_parse(cred, span_str(value));
}

static bool rfc_matches(const char *value, const char *method,
			const char *password)
{
	struct digest_credentials cred;
	char ha1[DIGEST_HEX_MAX];

	cr_assert_eq(parse(&cred, value), 0);
	cr_assert_eq(digest_ha1(ha1, cred.algorithm, cred.username, cred.realm,
				span_str(password)),
		     0);
	return digest_matches(&cred, ha1, span_str(method));
}

Test(digest, passes_the_vectors_of_rfc_7616)
{
	cr_assert(rfc_matches(MD5_VALUE, "GET", "Circle of Life"));
	cr_assert(rfc_matches(SHA256_VALUE, "GET", "Circle of Life"));
}

Test(digest, another_password_or_method_does_not_match)
{
	cr_assert_not(rfc_matches(MD5_VALUE, "GET", "Circle of life"));
	cr_assert_not(rfc_matches(SHA256_VALUE, "GET", ""));
	cr_assert_not(rfc_matches(SHA256_VALUE, "POST", "Circle of Life"));
}

Test(digest, every_signed_field_enters_the_response)
{
	struct digest_credentials good;
	struct digest_credentials cred;
	char ha1[DIGEST_HEX_MAX];

	cr_assert_eq(parse(&good, SHA256_VALUE), 0);
	cr_assert_eq(digest_ha1(ha1, DIGEST_SHA256, good.username, good.realm,
				SPAN("Circle of Life")),
		     0);
	cr_assert(digest_matches(&good, ha1, SPAN("GET")));
	cred = good;
	cred.nonce = SPAN("x");
	cr_assert_not(digest_matches(&cred, ha1, SPAN("GET")));
	cred = good;
	cred.nc = SPAN("00000002");
	cr_assert_not(digest_matches(&cred, ha1, SPAN("GET")));
	cred = good;
	cred.cnonce = SPAN("x");
	cr_assert_not(digest_matches(&cred, ha1, SPAN("GET")));
	cred = good;
	cred.qop = SPAN("AUTH");
	cr_assert_not(digest_matches(&cred, ha1, SPAN("GET")));
	cred = good;
	cred.uri = SPAN("/");
	cr_assert_not(digest_matches(&cred, ha1, SPAN("GET")));
	/* a response cut short, or the other algorithm's length */
	cred = good;
	cred.response.len--;
	cr_assert_not(digest_matches(&cred, ha1, SPAN("GET")));
	cred = good;
	cred.response.len = 32;
	cr_assert_not(digest_matches(&cred, ha1, SPAN("GET")));
	/* a response of another algorithm than the HA1 */
	cred = good;
	cred.algorithm = DIGEST_MD5;
	cr_assert_not(digest_matches(&cred, ha1, SPAN("GET")));
}

Test(digest, ha1_is_lower_case_hex_of_user_realm_password)
{
	char ha1[DIGEST_HEX_MAX];

	cr_assert_eq(digest_ha1(ha1, DIGEST_MD5, SPAN("Mufasa"),
				SPAN("testrealm@host.com"),
				SPAN("Circle Of Life")),
		     0);
	/* RFC 2617 3.5 */
	cr_assert_str_eq(ha1, "939e7578ed9e3c518a452acee763bce9");
}

Test(digest, algorithm_and_names_are_read_without_case)
{
	struct digest_credentials cred;

	cr_assert_eq(parse(&cred, "dIGEST USERNAME=\"a\",Realm = \"r\" , "
				  "nonce=\"n\",uri=\"u\",response=\"x\","
				  "CNONCE=\"c\",NC=0000000A,qop=\"AUTH\","
				  "algorithm=\"sha-256\""),
		     0);
	cr_assert_eq(cred.algorithm, DIGEST_SHA256);
	cr_assert(span_eq(cred.realm, SPAN("r")));
	cr_assert(span_eq(cred.qop, SPAN("AUTH")));
	cr_assert(span_eq(cred.nc, SPAN("0000000A")));
}

Test(digest, no_algorithm_means_md5)
{
	cr_assert(rfc_matches("Digest " RFC_HEAD RFC_NONCE RFC_TAIL
			      ", response=\"" RFC_MD5 "\"",
			      "GET", "Circle of Life"));
}

Test(digest, unknown_parameters_are_ignored_wherever_they_stand)
{
	struct digest_credentials cred;

	cr_assert_eq(parse(&cred, "Digest ext=\"a, realm=\", "
				  "username=\"a\", x=1, realm=\"r\", "
				  "nonce=\"n\", uri=\"u\", response=\"x\", "
				  "cnonce=\"c\", nc=00000001, qop=auth, "
				  "userhash=false"),
		     0);
	cr_assert(span_eq(cred.realm, SPAN("r")));
}

/* One parameter of a good value changed: name "" takes it out. */
static int parse_with(const char *name, const char *instead)
{
	static const char *const params[][2] = {
		{"username", "username=\"a\""}, {"realm", "realm=\"r\""},
		{"nonce", "nonce=\"n\""},	{"uri", "uri=\"sip:r\""},
		{"response", "response=\"x\""}, {"cnonce", "cnonce=\"c\""},
		{"nc", "nc=00000001"},		{"qop", "qop=auth"},
		{"algorithm", "algorithm=MD5"},
	};
	static const char untouched[] = "untouched";
	struct digest_credentials cred = {.opaque = SPAN("untouched")};
	char value[512] = "Digest ";
	bool first = true;
	int err;

	for (size_t i = 0; i < sizeof(params) / sizeof(params[0]); i++) {
		const char *text = params[i][1];

		if (strcmp(params[i][0], name) == 0)
			text = instead;
		if (!text[0])
			continue;
		if (!first)
			strcat(value, ", ");
		strcat(value, text);
		first = false;
	}
	err = digest_parse(&cred, span_str(value));
	if (err)
		cr_assert(span_eq(cred.opaque, span_str(untouched)),
			  "out is written only on success");
	return err;
}

Test(digest, the_value_that_the_next_tests_bend_is_good)
{
	cr_assert_eq(parse_with("none", ""), 0);
}

/* Without qop the response holds neither nc nor cnonce (RFC 2069): whoever
 * saw it could send it again for as long as the nonce lives. */
Test(digest, missing_qop_is_refused)
{
	cr_assert_eq(parse_with("qop", ""), EINVAL);
	cr_assert_eq(parse(&(struct digest_credentials){0},
			   "Digest username=\"a\", realm=\"r\", nonce=\"n\", "
			   "uri=\"u\", response=\"x\""),
		     EINVAL);
}

Test(digest, every_missing_or_empty_parameter_is_refused)
{
	static const char *const names[] = {"username", "realm",    "nonce",
					    "uri",	"response", "cnonce",
					    "nc",	"qop"};
	char empty[32];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		cr_assert_eq(parse_with(names[i], ""), EINVAL, "%s", names[i]);
		snprintf(empty, sizeof(empty), "%s=\"\"", names[i]);
		cr_assert_eq(parse_with(names[i], empty), EINVAL, "%s",
			     names[i]);
	}
	cr_assert_eq(parse_with("algorithm", ""), 0);
}

Test(digest, every_repeated_parameter_is_refused)
{
	static const char *const twice[][2] = {
		{"username", "username=\"a\", username=\"a\""},
		{"realm", "realm=\"r\", Realm=\"s\""},
		{"nonce", "nonce=\"n\", nonce=\"n\""},
		{"uri", "uri=\"u\", uri=\"u\""},
		{"response", "response=\"x\", response=\"x\""},
		{"cnonce", "cnonce=\"c\", cnonce=\"c\""},
		{"nc", "nc=00000001, nc=00000002"},
		{"qop", "qop=auth, qop=auth"},
		{"algorithm", "algorithm=MD5, algorithm=SHA-256"},
		{"none", ""},
	};

	for (size_t i = 0; twice[i][1][0]; i++)
		cr_assert_eq(parse_with(twice[i][0], twice[i][1]), EINVAL, "%s",
			     twice[i][0]);
	cr_assert_eq(parse_with("algorithm", "opaque=\"\", opaque=\"\""),
		     EINVAL);
}

Test(digest, what_we_do_not_offer_is_refused_as_such)
{
	cr_assert_eq(parse_with("qop", "qop=auth-int"), ENOTSUP);
	cr_assert_eq(parse_with("qop", "qop=\"auth,auth-int\""), ENOTSUP);
	cr_assert_eq(parse_with("algorithm", "algorithm=MD5-sess"), ENOTSUP);
	cr_assert_eq(parse_with("algorithm", "algorithm=SHA-512-256"), ENOTSUP);
	cr_assert_eq(parse_with("algorithm", "algorithm=\"\""), ENOTSUP);
	cr_assert_eq(parse_with("algorithm", "algorithm=SHA"), ENOTSUP);
	cr_assert_eq(parse_with("algorithm", "userhash=true"), ENOTSUP);
	cr_assert_eq(parse_with("username", "username*=UTF-8''a"), ENOTSUP);
}

Test(digest, bent_syntax_is_refused)
{
	struct digest_credentials cred;

	cr_assert_eq(parse(&cred, ""), EINVAL);
	cr_assert_eq(parse(&cred, "Digest"), EINVAL);
	cr_assert_eq(parse(&cred, "Digest "), EINVAL);
	cr_assert_eq(parse(&cred, "Digest realm"), EINVAL);
	cr_assert_eq(parse(&cred, "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
		     EINVAL);
	cr_assert_eq(parse(&cred, "Digests " RFC_HEAD RFC_NONCE RFC_TAIL
				  ", response=\"x\""),
		     EINVAL);
	cr_assert_eq(parse(&cred, MD5_VALUE ","), EINVAL);
	cr_assert_eq(parse(&cred, MD5_VALUE ", \"x\"=1"), EINVAL);
	cr_assert_eq(parse(&cred, MD5_VALUE " x=1"), EINVAL);
	cr_assert_eq(parse_with("username", "username=\"a"), EINVAL);
	cr_assert_eq(parse_with("username", "username=\"a\\\"b\""), EINVAL);
	cr_assert_eq(parse_with("username", "username=\"a\\b\""), EINVAL);
	cr_assert_eq(parse_with("username", "username=a\"b"), EINVAL);
	cr_assert_eq(parse_with("username", "username=a b"), EINVAL);
	cr_assert_eq(parse_with("username", "username=\"a\tb\""), EINVAL);
	cr_assert_eq(parse_with("username", ",username=\"a\""), EINVAL);
	cr_assert_eq(parse_with("nc", "nc=1"), EINVAL);
	cr_assert_eq(parse_with("nc", "nc=0000000g"), EINVAL);
	cr_assert_eq(parse_with("nc", "nc=000000001"), EINVAL);
}

Test(digest, any_cut_of_a_good_value_is_refused_and_read_within_bounds)
{
	struct digest_credentials cred;
	size_t len = strlen(SHA256_VALUE);

	for (size_t n = 0; n < len; n++) {
		char *cut = malloc(n + 1);
		int err;

		memcpy(cut, SHA256_VALUE, n);
		err = digest_parse(&cred, span_of(cut, n));
		cr_assert_neq(err, 0, "%zu bytes", n);
		free(cut);
	}
}

/* ---- nonce */

struct nonce {
	char buf[DIGEST_NONCE_TEXT];
	struct text txt;
};

static struct span nonce_make(struct nonce *nonce, struct span binding,
			      uint64_t now_us)
{
	nonce->txt = text_init(nonce->buf, sizeof(nonce->buf));
	digest_nonce(&nonce->txt, key, binding, now_us);
	cr_assert_not(nonce->txt.full);
	return text_span(&nonce->txt);
}

static enum digest_nonce_state check(struct span nonce, uint64_t now_us)
{
	return digest_nonce_check(nonce, key, SPAN("conn 7"), now_us, LIFE_US);
}

Test(digest, a_nonce_is_good_for_its_life_and_then_stale)
{
	struct nonce n;
	struct span nonce = nonce_make(&n, SPAN("conn 7"), NOW_US);

	cr_assert_eq(check(nonce, NOW_US), DIGEST_NONCE_GOOD);
	cr_assert_eq(check(nonce, NOW_US + LIFE_US), DIGEST_NONCE_GOOD);
	cr_assert_eq(check(nonce, NOW_US + LIFE_US + 1), DIGEST_NONCE_STALE);
	cr_assert_eq(digest_nonce_us(nonce), NOW_US);
}

Test(digest, a_nonce_from_the_future_is_stale)
{
	struct nonce n;

	cr_assert_eq(check(nonce_make(&n, SPAN("conn 7"), NOW_US), NOW_US - 1),
		     DIGEST_NONCE_STALE);
	cr_assert_eq(digest_nonce_check(text_span(&n.txt), key, SPAN("conn 7"),
					NOW_US - 1, UINT64_MAX),
		     DIGEST_NONCE_STALE);
}

Test(digest, a_nonce_of_another_connection_or_key_is_forged)
{
	struct nonce n;
	struct span nonce = nonce_make(&n, SPAN("conn 8"), NOW_US);

	cr_assert_eq(check(nonce, NOW_US), DIGEST_NONCE_FORGED);
	nonce = nonce_make(&n, SPAN("conn 7"), NOW_US);
	cr_assert_eq(digest_nonce_check(nonce, other_key, SPAN("conn 7"),
					NOW_US, LIFE_US),
		     DIGEST_NONCE_FORGED);
	cr_assert_eq(digest_nonce_check(nonce, key, (struct span){0}, NOW_US,
					LIFE_US),
		     DIGEST_NONCE_FORGED);
}

Test(digest, no_changed_byte_of_a_nonce_passes)
{
	struct nonce n;
	struct span nonce = nonce_make(&n, SPAN("conn 7"), NOW_US);

	for (size_t i = 0; i < nonce.len; i++) {
		for (int bit = 0; bit < 7; bit++) {
			n.buf[i] ^= (char)(1 << bit);
			cr_assert_eq(check(nonce, NOW_US), DIGEST_NONCE_FORGED);
			n.buf[i] ^= (char)(1 << bit);
		}
	}
	cr_assert_eq(check(nonce, NOW_US), DIGEST_NONCE_GOOD);
	nonce.len--;
	cr_assert_eq(check(nonce, NOW_US), DIGEST_NONCE_FORGED);
	cr_assert_eq(check((struct span){0}, NOW_US), DIGEST_NONCE_FORGED);
	cr_assert_eq(check(SPAN("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), NOW_US),
		     DIGEST_NONCE_FORGED);
	cr_assert_eq(check(SPAN("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
			   NOW_US),
		     DIGEST_NONCE_FORGED);
}

Test(digest, a_nonce_fits_the_promised_length_and_says_when_not)
{
	struct nonce n;
	char small[8];
	struct text txt = text_init(small, sizeof(small));

	cr_assert_leq(nonce_make(&n, SPAN("conn 7"), UINT64_MAX).len,
		      DIGEST_NONCE_TEXT);
	digest_nonce(&txt, key, SPAN("conn 7"), NOW_US);
	cr_assert(txt.full);
}

Test(digest, a_nonce_is_neither_made_nor_good_while_the_crypto_library_fails)
{
	struct nonce n;
	struct span nonce = nonce_make(&n, SPAN("conn 7"), NOW_US);
	char buf[DIGEST_NONCE_TEXT];

	for (int call = BROKEN_INIT; call < BROKEN_COUNT; call++) {
		struct text txt = text_init(buf, sizeof(buf));

		broken = (enum broken)call;
		digest_nonce(&txt, key, SPAN("conn 7"), NOW_US);
		cr_expect(txt.full && !txt.len, "%d", call);
		cr_expect_eq(check(nonce, NOW_US), DIGEST_NONCE_FORGED, "%d",
			     call);
		broken = BROKEN_NOTHING;
		cr_expect_eq(check(nonce, NOW_US), DIGEST_NONCE_GOOD, "%d",
			     call);
	}
}

/* ---- challenge */

Test(digest, challenges_with_sha_256_first_then_md5)
{
	char buf[512];
	struct text txt = text_init(buf, sizeof(buf));

	const struct digest_offer offer = {.realm = SPAN("edge"),
					   .nonce = SPAN("abc")};

	digest_challenge(&txt, SPAN("WWW-Authenticate"), &offer);
	cr_assert_not(txt.full);
	cr_assert(span_eq(
		text_span(&txt),
		SPAN("WWW-Authenticate: Digest realm=\"edge\", nonce=\"abc\", "
		     "qop=\"auth\", algorithm=SHA-256\r\n"
		     "WWW-Authenticate: Digest realm=\"edge\", nonce=\"abc\", "
		     "qop=\"auth\", algorithm=MD5\r\n")));
}

Test(digest, a_stale_challenge_says_so_on_each_line)
{
	char buf[512];
	struct text txt = text_init(buf, sizeof(buf));

	const struct digest_offer offer = {
		.realm = SPAN("edge"), .nonce = SPAN("abc"), .stale = true};

	digest_challenge(&txt, SPAN("Proxy-Authenticate"), &offer);
	cr_assert(span_eq(text_span(&txt),
			  SPAN("Proxy-Authenticate: Digest realm=\"edge\", "
			       "nonce=\"abc\", qop=\"auth\", "
			       "algorithm=SHA-256, stale=true\r\n"
			       "Proxy-Authenticate: Digest realm=\"edge\", "
			       "nonce=\"abc\", qop=\"auth\", "
			       "algorithm=MD5, stale=true\r\n")));
}

Test(digest, md5_alone_for_a_client_that_gives_up_at_sha_256)
{
	char buf[512];
	struct text txt = text_init(buf, sizeof(buf));
	const struct digest_offer offer = {
		.realm = SPAN("edge"), .nonce = SPAN("abc"), .md5_only = true};

	digest_challenge(&txt, SPAN("WWW-Authenticate"), &offer);
	cr_assert(span_eq(text_span(&txt),
			  SPAN("WWW-Authenticate: Digest realm=\"edge\", "
			       "nonce=\"abc\", qop=\"auth\", "
			       "algorithm=MD5\r\n")));
}

Test(digest, a_realm_that_would_break_the_header_is_not_written)
{
	static const char *const realms[] = {"a\"b", "a\\b", "a\r\nX: y"};

	for (size_t i = 0; i < sizeof(realms) / sizeof(realms[0]); i++) {
		char buf[512];
		struct text txt = text_init(buf, sizeof(buf));

		struct digest_offer offer = {.realm = span_str(realms[i]),
					     .nonce = SPAN("abc")};

		digest_challenge(&txt, SPAN("WWW-Authenticate"), &offer);
		cr_assert(txt.full);
		cr_assert_eq(txt.len, 0);
	}
}
