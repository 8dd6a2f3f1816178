/* suite.c - the table of SRTP suites, by column */
#include "rempart/base/suite.h"

#include <assert.h>

struct row {
	struct span name;
	size_t key_bytes;
	size_t salt_bytes;
};

static const struct row rows[SUITE_COUNT] = {
#define X(id, name_, key, salt) {{name_, sizeof(name_) - 1}, key, salt},
	SUITE_TABLE(X)
#undef X
};

const char *suite_name(enum suite suite)
{
	assert(suite < SUITE_COUNT);
	return rows[suite].name.p;
}

size_t suite_key_bytes(enum suite suite)
{
	assert(suite < SUITE_COUNT);
	return rows[suite].key_bytes;
}

size_t suite_salt_bytes(enum suite suite)
{
	assert(suite < SUITE_COUNT);
	return rows[suite].salt_bytes;
}

/* The word order of RFC 4568 where RFC 6188 4 has another: some phones and
 * FreeSWITCH write it so. */
static const struct {
	struct span name;
	enum suite suite;
} aliases[] = {
	{{"AES_CM_256_HMAC_SHA1_80", 23}, SUITE_AES_256_CM_HMAC_SHA1_80},
	{{"AES_CM_256_HMAC_SHA1_32", 23}, SUITE_AES_256_CM_HMAC_SHA1_32},
};

bool suite_find(struct span name, enum suite *out)
{
	for (unsigned i = 0; i < SUITE_COUNT; i++) {
		if (span_eq(name, rows[i].name)) {
			*out = (enum suite)i;
			return true;
		}
	}
	for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++) {
		if (span_eq(name, aliases[i].name)) {
			*out = aliases[i].suite;
			return true;
		}
	}
	return false;
}
