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

bool suite_find(struct span name, enum suite *out)
{
	for (unsigned i = 0; i < SUITE_COUNT; i++) {
		if (span_eq(name, rows[i].name)) {
			*out = (enum suite)i;
			return true;
		}
	}
	return false;
}
