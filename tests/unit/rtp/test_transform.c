/* test_transform.c - session keys and sealed packets are those of the test
 * vectors of RFC 3711, 6188 and 7714 */
#include <criterion/criterion.h>
#include <string.h>

#include "../../../src/rtp/transform.h"

enum { PACKET_MAX = 200 };

static size_t unhex(uint8_t *dst, const char *text)
{
	size_t len = strlen(text) / 2;

	cr_assert_leq(len, PACKET_MAX);
	for (size_t i = 0; i < len; i++) {
		unsigned byte;

		cr_assert_eq(sscanf(text + 2 * i, "%2x", &byte), 1);
		dst[i] = (uint8_t)byte;
	}
	return len;
}

static void assert_hex(const uint8_t *p, const char *text)
{
	uint8_t want[PACKET_MAX];
	size_t len = unhex(want, text);

	cr_assert_arr_eq(p, want, len);
}

static struct rtp_session_keys derive(enum suite suite, bool rtcp,
				      const char *key_salt)
{
	uint8_t bytes[PACKET_MAX];
	struct rtp_session_keys keys;

	cr_assert_eq(unhex(bytes, key_salt),
		     suite_key_bytes(suite) + suite_salt_bytes(suite));
	cr_assert_eq(rtp_session_keys_derive(&keys, suite, rtcp, bytes), 0);
	return keys;
}

/* RFC 3711 B.3 */
Test(rtp_transform, derives_128_bit_keys)
{
	struct rtp_session_keys keys = derive(
		SUITE_AES_CM_128_HMAC_SHA1_80, false,
		"e1f97a0d3e018be0d64fa32c06de41390ec675ad498afeebb6960b3aabe6");

	assert_hex(keys.key, "c61e7a93744f39ee10734afe3ff7a087");
	assert_hex(keys.salt, "30cbbc08863d8c85d49db34a9ae1");
	assert_hex(keys.auth, "cebe321f6ff7716b6fd4ab49af256a156d38baa4");
}

/* RFC 6188 7.2 */
Test(rtp_transform, derives_256_bit_keys)
{
	struct rtp_session_keys keys = derive(
		SUITE_AES_256_CM_HMAC_SHA1_80, false,
		"f0f04914b513f2763a1b1fa130f10e2998f6f6e43e4309d1e622a0e332b9f1"
		"b63b04803de51ee7c96423ab5b78d2");

	assert_hex(keys.key, "5ba1064e30ec51613cad926c5a28ef73"
			     "1ec7fb397f70a960653caf06554cd8c4");
	assert_hex(keys.salt, "fa31791685ca444a9e07c6c64e93");
	assert_hex(keys.auth, "fd9c32d39ed5fbb5a9dc96b30818454d1313dc05");
}

Test(rtp_transform, keys_of_rtp_and_rtcp_have_nothing_in_common)
{
	for (unsigned i = 0; i < SUITE_COUNT; i++) {
		const uint8_t key_salt[46] = {1, 2, 3};
		struct rtp_session_keys rtp, rtcp;

		cr_assert_eq(rtp_session_keys_derive(&rtp, i, false, key_salt),
			     0);
		cr_assert_eq(rtp_session_keys_derive(&rtcp, i, true, key_salt),
			     0);
		cr_assert_arr_neq(rtp.key, rtcp.key, 16);
		cr_assert_arr_neq(rtp.salt, rtcp.salt, 12);
		cr_assert_arr_neq(rtp.auth, rtcp.auth, 20);
	}
}

/* Of RFC 7714 16 and 17: session keys, "Quid pro quo". */
static struct rtp_session_keys quid_pro_quo(void)
{
	struct rtp_session_keys keys = {0};

	unhex(keys.key, "000102030405060708090a0b0c0d0e0f"
			"101112131415161718191a1b1c1d1e1f");
	unhex(keys.salt, "517569642070726f2071756f");
	return keys;
}

/* Seals, compares, opens again, and refuses it with any one bit changed. */
static void check(enum suite suite, bool rtcp, struct rtp_work work,
		  const char *plain, const char *sealed)
{
	const struct rtp_session_keys keys = quid_pro_quo();
	uint8_t in[PACKET_MAX], want[PACKET_MAX], out[PACKET_MAX];
	const size_t len = unhex(in, plain), full = unhex(want, sealed);
	struct rtp_transform tf;

	cr_assert_eq(rtp_transform_open(&tf, suite, rtcp, true, &keys), 0);
	work.in = in;
	work.out = out;
	work.body = len - work.clear;
	cr_assert_eq(full, len + rtp_transform_overhead(&tf));
	cr_assert(rtp_transform_seal(&tf, &work));
	cr_assert_arr_eq(out, want, full);
	rtp_transform_close(&tf);

	cr_assert_eq(rtp_transform_open(&tf, suite, rtcp, false, &keys), 0);
	work.in = want;
	for (size_t bit = 0; bit < 8 * (len + RTP_GCM_TAG_BYTES); bit++) {
		want[bit / 8] ^= (uint8_t)(1 << bit % 8);
		cr_assert_not(rtp_transform_unseal(&tf, &work));
		want[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	cr_assert(rtp_transform_unseal(&tf, &work));
	cr_assert_arr_eq(out, in, len);
	rtp_transform_close(&tf);
}

static const struct rtp_work gallia = {
	.clear = 12, .ssrc = 0x5501a0b2, .index = 0xf17b};
static const char gallia_text[] =
	"8040f17b8041f8d35501a0b247616c6c696120657374206f6d6e69732064697669736"
	"120696e207061727465732074726573";

/* RFC 7714 16.1 */
Test(rtp_transform, gcm_128_of_rtp)
{
	check(SUITE_AEAD_AES_128_GCM, false, gallia, gallia_text,
	      "8040f17b8041f8d35501a0b2f24de3a3fb34de6cacba861c9d7e4bcabe633bd5"
	      "0d294e6f42a5f47a51c7d19b36de3adf8833899d7f27beb16a9152cf765ee439"
	      "0cce");
}

/* RFC 7714 16.2 */
Test(rtp_transform, gcm_256_of_rtp)
{
	check(SUITE_AEAD_AES_256_GCM, false, gallia, gallia_text,
	      "8040f17b8041f8d35501a0b232b1de78a822fe12ef9f78fa332e33aab1801238"
	      "9a58e2f3b50b2a0276ffae0f1ba63799b87b7aa3db36dfffd6b0f9bb7878d7a7"
	      "6c13");
}

static const struct rtp_work mars = {.clear = 8,
				     .ssrc = 0x4d617273,
				     .index = 0x5d4,
				     .word = {0x80, 0, 5, 0xd4}};
static const char mars_text[] =
	"81c8000d4d6172734e5450314e545032525450200000042a0000e9304c756e61deadbe"
	"efdeadbeefdeadbeefdeadbeefdeadbeef";

/* RFC 7714 17.1 */
Test(rtp_transform, gcm_128_of_rtcp)
{
	check(SUITE_AEAD_AES_128_GCM, true, mars, mars_text,
	      "81c8000d4d61727363e94885dcdab67ca727d7662f6b7e997ff5c0f76c06f32d"
	      "c676a5f1730d6fda4ce09b4686303ded0bb9275bc84aa45896cf4d2fc5abf872"
	      "45d9eade800005d4");
}

/* RFC 7714 17.2 */
Test(rtp_transform, gcm_256_of_rtcp)
{
	check(SUITE_AEAD_AES_256_GCM, true, mars, mars_text,
	      "81c8000d4d617273d50ae4d1f5ce5d304ba297e47d470c282c3ece5dbffe0a50"
	      "a2eaa5c1110555be8415f658c61de0476f1b6fad1d1eb30c4446839f57ff6f6c"
	      "b26ac3be800005d4");
}

/* The word is authenticated, though it stands behind the tag: RFC 7714 9.2. */
Test(rtp_transform, gcm_of_rtcp_proves_the_index)
{
	const struct rtp_session_keys keys = quid_pro_quo();
	uint8_t in[PACKET_MAX], out[PACKET_MAX];
	struct rtp_work work = mars;
	struct rtp_transform tf;

	unhex(in, mars_text);
	work.in = in;
	work.out = out;
	work.body = sizeof(mars_text) / 2 - work.clear;
	cr_assert_eq(rtp_transform_open(&tf, SUITE_AEAD_AES_128_GCM, true, true,
					&keys),
		     0);
	cr_assert(rtp_transform_seal(&tf, &work));
	rtp_transform_close(&tf);
	cr_assert_eq(rtp_transform_open(&tf, SUITE_AEAD_AES_128_GCM, true,
					false, &keys),
		     0);
	work.in = out;
	work.out = in;
	work.word[0] = 0; /* without the E bit; the IV is the same */
	cr_assert_not(rtp_transform_unseal(&tf, &work));
	work.word[0] = 0x80;
	cr_assert(rtp_transform_unseal(&tf, &work));
	rtp_transform_close(&tf);
}
