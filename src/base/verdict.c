/* verdict.c - makes the verdicts that everything shares */
#include "rempart/base/verdict.h"

#include <assert.h>

#include "rempart/base/span.h"

struct verdict verdict_pass(void)
{
	return (struct verdict){.action = ACTION_PASS};
}

static struct verdict refusal(enum action action, enum reason reason,
			      const char *detail)
{
	struct verdict v = {.action = action, .reason = reason};

	(void)span_copy(v.detail, sizeof(v.detail), span_str(detail));
	return v;
}

struct verdict verdict_reject(enum reason reason, const char *detail)
{
	struct verdict v = refusal(ACTION_REJECT, reason, detail);

	v.sip_code = reason_code(reason);
	assert(v.sip_code);
	return v;
}

struct verdict verdict_drop(enum reason reason, const char *detail)
{
	return refusal(ACTION_DROP, reason, detail);
}
