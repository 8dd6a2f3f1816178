/* test_mac.c - a prepared key gives what HMAC gives, at each use anew, and no
 * MAC at all when the crypto library fails */
#include "broken_mac.h"

#include <errno.h>
#include <openssl/hmac.h>

#include "rempart/sip/mac.h"

static const uint8_t KEY[MAC_KEY_BYTES] = {7, 7, 7};

static struct mac *key;

static void setup(void)
{
	cr_assert_eq(mac_open(&key, KEY), 0);
}

static void teardown(void)
{
	mac_close(key);
}

TestSuite(mac, .init = setup, .fini = teardown);

static void make(struct mac *mac, uint8_t out[static MAC_BYTES],
		 struct span text)
{
	cr_assert_eq(mac_make(mac, out, &text, 1), 0);
}

static void assert_vector(const uint8_t raw[static MAC_KEY_BYTES],
			  const char *text, const char *want)
{
	uint8_t sum[MAC_BYTES];
	char hex[2 * MAC_BYTES + 1];
	struct mac *mac;

	cr_assert_eq(mac_open(&mac, raw), 0);
	make(mac, sum, span_str(text));
	mac_close(mac);
	for (size_t i = 0; i < MAC_BYTES; i++)
		snprintf(hex + 2 * i, 3, "%02x", sum[i]);
	cr_assert_str_eq(hex, want);
}

/* HMAC fills a short key with zeros, so these are of 32 bytes too. */
Test(mac, is_the_rfc_4231_one)
{
	uint8_t raw[MAC_KEY_BYTES] = {0};

	memset(raw, 0x0b, 20);
	assert_vector(raw, "Hi There",
		      "b0344c61d8db38535ca8afceaf0bf12b"
		      "881dc200c9833da726e9376c2e32cff7");
	memset(raw, 0, sizeof(raw));
	memcpy(raw, "Jefe", 4);
	assert_vector(raw, "what do ya want for nothing?",
		      "5bdcc146bf60754e6a042426089575c7"
		      "5a003f089d2739839dec58b964ec3843");
}

Test(mac, of_any_length_and_cut_is_what_openssl_makes_at_once)
{
	static char text[600];
	uint8_t want[MAC_BYTES], got[MAC_BYTES];

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)(i * 31);
	for (size_t len = 0; len < sizeof(text); len++) {
		size_t cut = len / 3;
		const struct span parts[] = {
			span_of(text, cut),
			{0},
			span_of(text + cut, len - cut),
		};

		cr_assert_not_null(HMAC(EVP_sha256(), KEY, sizeof(KEY),
					(const uint8_t *)text, len, want,
					NULL));
		cr_assert_eq(mac_make(key, got, parts, 3), 0);
		cr_assert_arr_eq(got, want, MAC_BYTES, "%zu", len);
	}
}

Test(mac, of_no_parts_is_that_of_no_bytes)
{
	uint8_t none[MAC_BYTES], empty[MAC_BYTES];

	cr_assert_eq(mac_make(key, none, NULL, 0), 0);
	make(key, empty, SPAN(""));
	cr_assert_arr_eq(none, empty, MAC_BYTES);
}

Test(mac, each_use_starts_anew_and_keys_stand_apart)
{
	uint8_t raw[MAC_KEY_BYTES];
	uint8_t first[MAC_BYTES], again[MAC_BYTES], foreign[MAC_BYTES];
	struct mac *other;

	memcpy(raw, KEY, sizeof(raw));
	raw[MAC_KEY_BYTES - 1] ^= 1;
	cr_assert_eq(mac_open(&other, raw), 0);
	memset(raw, 0xff, sizeof(raw)); /* it was copied */
	make(key, first, SPAN("text"));
	make(other, foreign, SPAN("text"));
	make(key, again, SPAN("text"));
	cr_assert_arr_eq(first, again, MAC_BYTES);
	cr_assert_arr_neq(first, foreign, MAC_BYTES);
	make(key, again, SPAN("other"));
	cr_assert_arr_neq(first, again, MAC_BYTES);
	make(other, again, SPAN("text"));
	cr_assert_arr_eq(foreign, again, MAC_BYTES);
	mac_close(other);
}

Test(mac, a_failure_leaves_no_mac_no_error_and_the_key_as_it_was)
{
	static const uint8_t zeros[MAC_BYTES];
	const struct span text = SPAN("text");
	uint8_t want[MAC_BYTES], got[MAC_BYTES];

	make(key, want, text);
	for (int call = BROKEN_INIT; call < BROKEN_COUNT; call++) {
		memset(got, 0x55, sizeof(got));
		broken = (enum broken)call;
		cr_assert_eq(mac_make(key, got, &text, 1), EIO, "%d", call);
		cr_assert_eq(ERR_peek_error(), 0, "%d", call);
		cr_assert_arr_eq(got, zeros, MAC_BYTES, "%d", call);
		broken = BROKEN_NOTHING;
		make(key, got, text);
		cr_assert_arr_eq(got, want, MAC_BYTES, "%d", call);
	}
}

Test(mac, opens_not_without_the_crypto_library)
{
	struct mac *mac = key;

	for (int call = BROKEN_FETCH; call <= BROKEN_INIT; call++) {
		broken = (enum broken)call;
		cr_assert_eq(mac_open(&mac, KEY), EIO);
		cr_assert_eq(ERR_peek_error(), 0);
		cr_assert_eq(mac, key, "untouched");
	}
	mac_close(NULL);
}
