/* record.c - names of the kinds and verdicts of a record */
#include "rempart/base/record.h"

#include <assert.h>

static const char *const kinds[RECORD_KIND_COUNT] = {
#define X(id, name) name,
	RECORD_KIND_TABLE(X)
#undef X
};

static const char *const verdicts[RECORD_VERDICT_COUNT] = {
#define X(id, name) name,
	RECORD_VERDICT_TABLE(X)
#undef X
};

const char *record_kind_name(enum record_kind kind)
{
	assert(kind < RECORD_KIND_COUNT);
	return kinds[kind];
}

const char *record_verdict_name(enum record_verdict verdict)
{
	assert(verdict < RECORD_VERDICT_COUNT);
	return verdicts[verdict];
}
