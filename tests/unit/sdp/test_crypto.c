/* test_crypto.c - an a=crypto line is usable only as RFC 4568 and we say */
#include "body.h"

#include <errno.h>

#include "../../../src/sdp/base64.h"
#include "../../../src/sdp/crypto.h"

TestSuite(crypto, .fini = drop_all);

static struct sdp_crypto read_value(const char *value)
{
	return sdp_crypto_read(exact(span_str(value)), &default_settings);
}

static enum sdp_skip skip_of(const char *value)
{
	return read_value(value).skip;
}

#define CM "1 AES_CM_128_HMAC_SHA1_80 "
#define CM_KEY CM "inline:" KEY_128

Test(crypto, each_suite_is_usable_with_its_own_key)
{
	cr_expect_eq(skip_of(CM_KEY), SDP_USABLE);
	cr_expect_eq(skip_of("1 AES_256_CM_HMAC_SHA1_80 inline:" KEY_256),
		     SDP_USABLE);
	cr_expect_eq(skip_of("1 AEAD_AES_128_GCM inline:" KEY_GCM_128),
		     SDP_USABLE);
	cr_expect_eq(skip_of("1 AEAD_AES_256_GCM inline:" KEY_GCM_256),
		     SDP_USABLE);
}

Test(crypto, each_suite_refuses_the_key_of_another)
{
	static const struct {
		const char *name, *key;
	} table[] = {
		{"AES_CM_128_HMAC_SHA1_80", KEY_128},
		{"AES_256_CM_HMAC_SHA1_80", KEY_256},
		{"AEAD_AES_128_GCM", KEY_GCM_128},
		{"AEAD_AES_256_GCM", KEY_GCM_256},
	};
	char value[200];

	for (unsigned i = 0; i < 4; i++) {
		for (unsigned k = 0; k < 4; k++) {
			snprintf(value, sizeof(value), "1 %s inline:%s",
				 table[i].name, table[k].key);
			cr_expect_eq(skip_of(value),
				     i == k ? SDP_USABLE : SDP_SKIP_KEY, "%s",
				     value);
		}
	}
}

Test(crypto, the_fields_are_read)
{
	struct sdp_crypto line = read_value(
		"999999999 AEAD_AES_256_GCM inline:" KEY_GCM_256 "|2^20");

	cr_assert_eq(line.skip, SDP_USABLE);
	cr_assert_eq(line.tag, 999999999);
	cr_assert_eq(line.suite, SUITE_AEAD_AES_256_GCM);
	assert_span(line.name, "AEAD_AES_256_GCM");
	assert_span(line.key_salt, KEY_GCM_256);
	assert_span(line.line,
		    "999999999 AEAD_AES_256_GCM inline:" KEY_GCM_256 "|2^20");
}

Test(crypto, a_near_miss_is_no_suite)
{
	static const char *const names[] = {
		"AEAD_AES_128_GCM_8",	     "AEAD_AES_256_GCM_8",
		"AES_CM_128_HMAC_SHA1_8",    "AES_CM_128_HMAC_SHA1_800",
		"AES_CM_128_HMAC_SHA1_80,",  "aes_cm_128_hmac_sha1_80",
		"Aes_cm_128_hmac_sha1_80",   "AES_CM_256_HMAC_SHA1_8",
		"AES_192_CM_HMAC_SHA1_80",   "F8_128_HMAC_SHA1_80",
		"AES_CM_128_NULL_AUTH",	     "NULL_HMAC_SHA1_80",
		"\"AES_CM_128_HMAC_SHA1_80", "XAES_CM_128_HMAC_SHA1_80",
	};
	char value[200];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(value, sizeof(value), "1 %s inline:%s", names[i],
			 KEY_128);
		cr_expect_eq(skip_of(value), SDP_SKIP_SUITE, "%s", names[i]);
		cr_expect_eq(read_value(value).suite, SUITE_COUNT);
	}
}

Test(crypto, a_suite_that_is_not_configured_is_skipped)
{
	const struct sdp_settings only_gcm = {
		.suites = {SUITE_AEAD_AES_256_GCM},
		.suite_count = 1,
	};

	cr_expect_eq(skip_of("1 AES_CM_128_HMAC_SHA1_32 inline:" KEY_128),
		     SDP_SKIP_SUITE);
	cr_expect_eq(sdp_crypto_read(SPAN(CM_KEY), &only_gcm).skip,
		     SDP_SKIP_SUITE);
	cr_expect_eq(
		sdp_crypto_read(SPAN("1 AEAD_AES_256_GCM inline:" KEY_GCM_256),
				&only_gcm)
			.skip,
		SDP_USABLE);
}

Test(crypto, padding_may_be_left_out_but_not_in_half)
{
	/* 28 bytes: 38 digits and two "=" */
	const char *gcm = "1 AEAD_AES_128_GCM inline:"
			  "OLTmUuRNp/I3DZ4mDicTZVCko6bQf1wMMy+LEg";
	char value[200];

	cr_expect_eq(skip_of(gcm), SDP_USABLE);
	snprintf(value, sizeof(value), "%s==", gcm);
	cr_expect_eq(skip_of(value), SDP_USABLE);
	snprintf(value, sizeof(value), "%s=", gcm);
	cr_expect_eq(skip_of(value), SDP_SKIP_KEY);
	snprintf(value, sizeof(value), "%s===", gcm);
	cr_expect_eq(skip_of(value), SDP_SKIP_KEY);
	snprintf(value, sizeof(value), "%s======", gcm);
	cr_expect_eq(skip_of(value), SDP_SKIP_KEY);
	cr_expect_eq(skip_of(CM_KEY "=="), SDP_SKIP_KEY);
	cr_expect_eq(skip_of(CM_KEY "===="), SDP_SKIP_KEY);
}

Test(crypto, a_key_one_digit_short_or_long_is_refused)
{
	const size_t whole = strlen(CM_KEY);

	for (size_t len = strlen(CM "inline:"); len < whole; len++) {
		struct span cut = exact(span_of(CM_KEY, len));

		cr_expect_eq(sdp_crypto_read(cut, &default_settings).skip,
			     SDP_SKIP_KEY, "%zu", len);
	}
	cr_expect_eq(skip_of(CM_KEY "A"), SDP_SKIP_KEY);
	cr_expect_eq(skip_of(CM_KEY "AA"), SDP_SKIP_KEY);
}

Test(crypto, only_the_base64_alphabet_makes_a_key)
{
	static const char bad[] = "-_=!#.,%\\\x80\xff";
	char value[] = CM_KEY;

	for (size_t i = 0; bad[i]; i++) {
		value[strlen(CM "inline:") + 5] = bad[i];
		cr_expect_eq(skip_of(value), SDP_SKIP_KEY, "%c", bad[i]);
	}
}

Test(crypto, base64_lengths)
{
	static const struct {
		const char *text;
		int bytes; /* -1: not base64 */
	} table[] = {
		{"", 0},      {"A", -1},	{"AA", 1},     {"AAA", 2},
		{"AAAA", 3},  {"AAAAA", -1},	{"AAAAAA", 4}, {"AA==", 1},
		{"AAA=", 2},  {"AA=", -1},	{"A===", -1},  {"AAAA=", -1},
		{"====", -1}, {"AAAA====", -1}, {"=", -1},     {"==", -1},
		{"AA=A", -1},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		size_t bytes = 0;
		int err = sdp_base64_length(exact(span_str(table[i].text)),
					    &bytes);

		cr_expect_eq(err ? -1 : (int)bytes, table[i].bytes, "%s",
			     table[i].text);
	}
}

Test(crypto, an_alias_is_its_suite_under_the_name_that_was_written)
{
	struct sdp_crypto line =
		read_value("5 AES_CM_256_HMAC_SHA1_80 inline:" KEY_256);

	cr_assert_eq(line.skip, SDP_USABLE);
	cr_assert_eq(line.suite, SUITE_AES_256_CM_HMAC_SHA1_80);
	assert_span(line.name, "AES_CM_256_HMAC_SHA1_80");
	cr_assert_eq(skip_of("5 AES_CM_256_HMAC_SHA1_80 inline:" KEY_128),
		     SDP_SKIP_KEY);
}

Test(crypto, a_usable_line_gives_its_key_and_salt)
{
	static const uint8_t cm[30] = {
		0x24, 0x08, 0x3f, 0xd2, 0x2b, 0x90, 0x2f, 0x89, 0x11, 0xe8,
		0x18, 0x18, 0xf8, 0xc9, 0x9d, 0x5d, 0x5d, 0x98, 0x31, 0x95,
		0x75, 0x04, 0xd9, 0x0e, 0x94, 0x5d, 0xe2, 0xe8, 0xe7, 0x81};
	static const uint8_t zero[SDP_KEY_SALT_MAX];
	uint8_t key[SDP_KEY_SALT_MAX];
	struct sdp_crypto line = read_value(
		"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY_128 "|2^20|1:4");

	memset(key, 0xee, sizeof(key));
	cr_assert_eq(sdp_crypto_key(&line, key), 0);
	cr_assert_arr_eq(key, cm, 30);
	cr_assert_arr_eq(key + 30, zero, SDP_KEY_SALT_MAX - 30);
}

Test(crypto, keys_of_every_suite_are_decoded_whole)
{
	static const struct {
		const char *name, *key;
		size_t len;
		uint8_t last;
	} table[] = {
		{"AES_CM_128_HMAC_SHA1_80", KEY_128, 30, 0x81},
		{"AES_256_CM_HMAC_SHA1_80", KEY_256, 46, 0x95},
		{"AEAD_AES_128_GCM", KEY_GCM_128, 28, 0x12},
		{"AEAD_AES_256_GCM", KEY_GCM_256, 44, 0x0f},
	};

	for (unsigned i = 0; i < 4; i++) {
		uint8_t key[SDP_KEY_SALT_MAX];
		char value[200], again[100];
		struct text out = text_init(again, sizeof(again));

		snprintf(value, sizeof(value), "1 %s inline:%s", table[i].name,
			 table[i].key);
		struct sdp_crypto line = read_value(value);

		cr_assert_eq(sdp_crypto_key(&line, key), 0);
		cr_expect_eq(key[table[i].len - 1], table[i].last, "%s", value);
		sdp_base64_put(&out, key, table[i].len);
		assert_span(text_span(&out), table[i].key);
	}
}

Test(crypto, a_line_that_is_not_usable_gives_no_key)
{
	static const char *const lines[] = {
		(CM "inline:AAAA"),
		(CM_KEY "|2^19"),
		(CM_KEY " UNENCRYPTED_SRTP"),
		("1 AEAD_AES_128_GCM_8 inline:" KEY_GCM_128),
		"1",
	};
	uint8_t key[SDP_KEY_SALT_MAX], before[SDP_KEY_SALT_MAX];

	memset(key, 0xee, sizeof(key));
	memcpy(before, key, sizeof(key));
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct sdp_crypto line = read_value(lines[i]);

		cr_expect_eq(sdp_crypto_key(&line, key), EINVAL, "%s",
			     lines[i]);
		cr_expect_arr_eq(key, before, sizeof(key));
	}
}

/* RFC 4648 10 */
Test(crypto, base64_of_the_rfc_both_ways)
{
	static const struct {
		const char *plain, *base64;
	} table[] = {
		{"", ""},
		{"f", "Zg=="},
		{"fo", "Zm8="},
		{"foo", "Zm9v"},
		{"foob", "Zm9vYg=="},
		{"fooba", "Zm9vYmE="},
		{"foobar", "Zm9vYmFy"},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const size_t len = strlen(table[i].plain);
		struct span text = exact(span_str(table[i].base64));
		char buf[16];
		struct text out = text_init(buf, sizeof(buf));
		uint8_t *bytes = keep(len);
		size_t got;

		cr_assert_eq(sdp_base64_length(text, &got), 0);
		cr_assert_eq(got, len);
		sdp_base64_decode(bytes, text);
		cr_expect(!memcmp(bytes, table[i].plain, len));
		sdp_base64_put(&out, (const uint8_t *)table[i].plain, len);
		assert_span(text_span(&out), table[i].base64);
	}
}

Test(crypto, a_lifetime_of_2_to_the_20_up_to_2_to_the_48_is_read)
{
	static const struct {
		const char *text;
		uint64_t packets;
	} good[] = {
		{"2^20", 1048576},
		{"2^31", 2147483648},
		{"2^48", 281474976710656},
		{"1048576", 1048576},
		{"4294967296", 4294967296},
		{"281474976710656", 281474976710656},
	};
	static const char *const bad[] = {"2^0",
					  "2^1",
					  "2^19",
					  "2^49",
					  "2^64",
					  "2^",
					  "2^-1",
					  "3^20",
					  "0",
					  "1",
					  "1048575",
					  "-1",
					  "abc",
					  "",
					  "2^4x",
					  "281474976710657",
					  "2^99999999999999999999999999"};
	char value[200];

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		snprintf(value, sizeof(value), CM_KEY "|%s", good[i].text);
		struct sdp_crypto line = read_value(value);

		cr_expect_eq(line.skip, SDP_USABLE, "%s", value);
		cr_expect_eq(line.lifetime, good[i].packets, "%s", value);
		cr_expect_eq(line.mki_len, 0);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(value, sizeof(value), CM_KEY "|%s", bad[i]);
		cr_expect_eq(skip_of(value), SDP_SKIP_LIFETIME, "%s", bad[i]);
		snprintf(value, sizeof(value), CM_KEY "|%s|1:4", bad[i]);
		cr_expect_eq(skip_of(value), SDP_SKIP_LIFETIME, "%s", bad[i]);
	}
	cr_assert_eq(read_value(CM_KEY).lifetime, 0);
}

Test(crypto, an_mki_is_read_in_big_endian)
{
	static const struct {
		const char *text;
		uint8_t len, mki[4];
	} table[] = {
		{"1:1", 1, {1}},
		{"255:1", 1, {255}},
		{"0:1", 1, {0}},
		{"1:2", 2, {0, 1}},
		{"65535:2", 2, {255, 255}},
		{"66051:3", 3, {1, 2, 3}},
		{"16777215:3", 3, {255, 255, 255}},
		{"1:4", 4, {0, 0, 0, 1}},
		{"0001:4", 4, {0, 0, 0, 1}},
		{"16909060:4", 4, {1, 2, 3, 4}},
		{"4294967295:4", 4, {255, 255, 255, 255}},
		{"7:004", 4, {0, 0, 0, 7}},
	};
	char value[200];

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		for (unsigned k = 0; k < 2; k++) {
			snprintf(value, sizeof(value), CM_KEY "%s|%s",
				 k ? "|2^31" : "", table[i].text);
			struct sdp_crypto line = read_value(value);

			cr_expect_eq(line.skip, SDP_USABLE, "%s", value);
			cr_expect_eq(line.mki_len, table[i].len, "%s", value);
			cr_expect_arr_eq(line.mki, table[i].mki, 4, "%s",
					 value);
			cr_expect_eq(line.lifetime, k ? (uint64_t)1 << 31 : 0);
		}
	}
	cr_assert_eq(read_value(CM_KEY).mki_len, 0);
	cr_assert_eq(skip_of(CM_KEY "|2^20|1:4 WSH=128"), SDP_USABLE);
}

Test(crypto, an_mki_that_is_none_or_does_not_fit_skips_the_line)
{
	static const char *const bad[] = {
		"256:1", "65536:2", "16777216:3", "4294967296:4",
		"1:0",	 "1:5",	    "1:8",	  "1:128",
		"1:",	 ":4",	    ":",	  "x:4",
		"1:x",	 "-1:4",    "+1:4",	  "1:4x",
		"1:4:4", "0x1:4",   "1:4|2^20",	  "18446744073709551617:4",
	};
	char value[200];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(value, sizeof(value), CM_KEY "|2^20|%s", bad[i]);
		cr_expect_eq(skip_of(value), SDP_SKIP_MKI, "%s", value);
		if (strchr(bad[i], '|'))
			continue;
		snprintf(value, sizeof(value), CM_KEY "|%s", bad[i]);
		cr_expect_eq(skip_of(value), SDP_SKIP_MKI, "%s", value);
	}
	/* the lifetime comes first (RFC 4568 9.2) */
	cr_expect_eq(skip_of(CM_KEY "|1:4|2^20"), SDP_SKIP_LIFETIME);
	cr_expect_eq(skip_of(CM_KEY "|2^20|"), SDP_SKIP_SYNTAX);
	cr_expect_eq(skip_of(CM_KEY "|2^20|2^20"), SDP_SKIP_SYNTAX);
}

Test(crypto, several_keys_skip_the_line)
{
	cr_expect_eq(skip_of(CM_KEY ";inline:" KEY_128), SDP_SKIP_MKI);
	cr_expect_eq(skip_of(CM_KEY "|2^20|1:4;inline:" KEY_128 "|2^20|2:4"),
		     SDP_SKIP_MKI);
	cr_expect_eq(skip_of(CM_KEY ";"), SDP_SKIP_MKI);
}

Test(crypto, a_session_parameter_that_weakens_skips_the_line)
{
	cr_expect_eq(skip_of(CM_KEY " UNENCRYPTED_SRTP"), SDP_SKIP_PARAMETER);
	cr_expect_eq(skip_of(CM_KEY " UNENCRYPTED_SRTCP"), SDP_SKIP_PARAMETER);
	cr_expect_eq(skip_of(CM_KEY " UNAUTHENTICATED_SRTP"),
		     SDP_SKIP_PARAMETER);
	cr_expect_eq(skip_of(CM_KEY " WSH=64 UNENCRYPTED_SRTCP"),
		     SDP_SKIP_PARAMETER);
	cr_expect_eq(skip_of(CM_KEY "|2^20  UNENCRYPTED_SRTCP"),
		     SDP_SKIP_PARAMETER);
	cr_expect_eq(skip_of(CM_KEY " UNENCRYPTED_SRTCP WSH=64"),
		     SDP_SKIP_PARAMETER);
}

Test(crypto, an_unknown_session_parameter_skips_the_line)
{
	static const char *const bad[] = {"KDR=1",
					  "FEC_ORDER=FEC_SRTP",
					  "FEC_KEY=inline:AAAA",
					  "-WSH=64",
					  "-vendor",
					  "vendor=1",
					  "wsh=64",
					  "WSH",
					  "unencrypted_srtp"};
	char value[200];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(value, sizeof(value), CM_KEY " %s", bad[i]);
		cr_expect_eq(skip_of(value), SDP_SKIP_PARAMETER, "%s", bad[i]);
	}
}

Test(crypto, a_window_of_64_or_more_is_harmless)
{
	cr_expect_eq(skip_of(CM_KEY " WSH=64"), SDP_USABLE);
	cr_expect_eq(skip_of(CM_KEY "  WSH=1024 "), SDP_USABLE);
	cr_expect_eq(skip_of(CM_KEY " WSH=63"), SDP_SKIP_PARAMETER);
	cr_expect_eq(skip_of(CM_KEY " WSH=0"), SDP_SKIP_PARAMETER);
	cr_expect_eq(skip_of(CM_KEY " WSH="), SDP_SKIP_PARAMETER);
	cr_expect_eq(skip_of(CM_KEY " WSH=64x"), SDP_SKIP_PARAMETER);
	cr_expect_eq(skip_of(CM_KEY " WSH=99999999999"), SDP_SKIP_PARAMETER);
}

Test(crypto, what_is_not_a_crypto_line_is_syntax)
{
	static const char *const bad[] = {
		"",
		" ",
		"1",
		"1 ",
		"1 AES_CM_128_HMAC_SHA1_80",
		"1 AES_CM_128_HMAC_SHA1_80 ",
		"1 AES_CM_128_HMAC_SHA1_80 INLINE:" KEY_128,
		"1 AES_CM_128_HMAC_SHA1_80 inline " KEY_128,
		"1 AES_CM_128_HMAC_SHA1_80 uri:https://example.com/key",
		"1 AES_CM_128_HMAC_SHA1_80 " KEY_128,
		" 1 AES_CM_128_HMAC_SHA1_80 inline:" KEY_128,
		"0 AES_CM_128_HMAC_SHA1_80 inline:" KEY_128,
		"01 AES_CM_128_HMAC_SHA1_80 inline:" KEY_128,
		"-1 AES_CM_128_HMAC_SHA1_80 inline:" KEY_128,
		"1x AES_CM_128_HMAC_SHA1_80 inline:" KEY_128,
		"1000000000 AES_CM_128_HMAC_SHA1_80 inline:" KEY_128,
		"4294967297 AES_CM_128_HMAC_SHA1_80 inline:" KEY_128,
		"AES_CM_128_HMAC_SHA1_80 inline:" KEY_128,
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_expect_eq(skip_of(bad[i]), SDP_SKIP_SYNTAX, "%s", bad[i]);
}
