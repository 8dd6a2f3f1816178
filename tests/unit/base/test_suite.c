/* test_suite.c - suites are found by their whole name, with the sizes of the
 * RFCs */
#include <criterion/criterion.h>

#include "rempart/base/suite.h"

Test(suite, every_suite_is_found_by_its_name)
{
	for (unsigned i = 0; i < SUITE_COUNT; i++) {
		enum suite found = SUITE_COUNT;

		cr_assert(suite_find(span_str(suite_name((enum suite)i)),
				     &found));
		cr_assert_eq(found, i);
	}
}

Test(suite, the_word_order_of_rfc_4568_names_the_suites_of_rfc_6188_too)
{
	enum suite found = SUITE_COUNT;

	cr_assert(suite_find(SPAN("AES_CM_256_HMAC_SHA1_80"), &found));
	cr_assert_eq(found, SUITE_AES_256_CM_HMAC_SHA1_80);
	cr_assert(suite_find(SPAN("AES_CM_256_HMAC_SHA1_32"), &found));
	cr_assert_eq(found, SUITE_AES_256_CM_HMAC_SHA1_32);
	/* what we write is the name of the RFC */
	cr_assert_str_eq(suite_name(found), "AES_256_CM_HMAC_SHA1_32");
}

Test(suite, near_names_are_not_found)
{
	static const char *const near[] = {
		"",
		"AEAD_AES_256_GCM_8",
		"AEAD_AES_128_GCM_8",
		"AEAD_AES_256_GC",
		"aead_aes_256_gcm",
		"AES_CM_128_HMAC_SHA1_8",
		"AES_CM_128_HMAC_SHA1_800",
		"AES_CM_128_HMAC_SHA1_80 ",
		"AES_128_CM_HMAC_SHA1_80",
		"F8_128_HMAC_SHA1_80",
		"AES_CM_256_HMAC_SHA1_8",
		"AES_CM_256_HMAC_SHA1_800",
		"AES_CM_256_HMAC_SHA1_80 ",
		"aes_cm_256_hmac_sha1_80",
		"AES_CM_192_HMAC_SHA1_80",
		"AES_CM_256",
	};
	enum suite found = SUITE_COUNT;

	for (size_t i = 0; i < sizeof(near) / sizeof(*near); i++)
		cr_assert_not(suite_find(span_str(near[i]), &found), "%s",
			      near[i]);
	cr_assert_eq(found, SUITE_COUNT, "only written when found");
}

/* RFC 4568 6.2: 16 + 14; RFC 6188 4: 32 + 14; RFC 7714 12: salts of 12. */
Test(suite, keys_and_salts_have_the_sizes_of_the_rfcs)
{
	static const struct {
		enum suite suite;
		size_t key, salt;
	} rows[SUITE_COUNT] = {
		{SUITE_AEAD_AES_256_GCM, 32, 12},
		{SUITE_AEAD_AES_128_GCM, 16, 12},
		{SUITE_AES_256_CM_HMAC_SHA1_80, 32, 14},
		{SUITE_AES_256_CM_HMAC_SHA1_32, 32, 14},
		{SUITE_AES_CM_128_HMAC_SHA1_80, 16, 14},
		{SUITE_AES_CM_128_HMAC_SHA1_32, 16, 14},
	};

	for (size_t i = 0; i < SUITE_COUNT; i++) {
		cr_assert_eq(suite_key_bytes(rows[i].suite), rows[i].key);
		cr_assert_eq(suite_salt_bytes(rows[i].suite), rows[i].salt);
	}
}
