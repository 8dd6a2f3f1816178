/* reason.c - the table of reasons, by column */
#include "rempart/base/reason.h"

#include <assert.h>

struct row {
	const char *name;
	const char *text;
	uint16_t code;
};

static const struct row rows[REASON_COUNT] = {
#define X(id, name_, code_, text_) {name_, text_, code_},
	REASON_TABLE(X)
#undef X
};

const char *reason_name(enum reason reason)
{
	assert(reason < REASON_COUNT);
	return rows[reason].name;
}

const char *reason_text(enum reason reason)
{
	assert(reason < REASON_COUNT);
	return rows[reason].text;
}

uint16_t reason_code(enum reason reason)
{
	assert(reason < REASON_COUNT);
	return rows[reason].code;
}
