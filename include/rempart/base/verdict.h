/* verdict.h - what was decided, and why */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "rempart/base/reason.h"

enum action {
	ACTION_PASS,
	ACTION_DROP,	  /* no answer */
	ACTION_REJECT,	  /* answer with sip_code */
	ACTION_CHALLENGE, /* answer 401 or 407 */
};

/*
 * A refusal is not an error: functions that judge return this, functions that
 * can fail return int err. `detail` is for the person who reads the record
 * and the Warning header; it holds no secret.
 */
enum { VERDICT_DETAIL_MAX = 160 };

struct verdict {
	enum action action;
	enum reason reason;
	uint16_t sip_code; /* 0 for PASS and DROP */
	uint32_t retry_after_s;
	uint64_t record; /* number of its record, 0: none to quote */
	char detail[VERDICT_DETAIL_MAX]; /* NUL-terminated, may be empty */
};

/* {0} is PASS. */
struct verdict verdict_pass(void);
/* REJECT with the reason's own SIP code. detail may be NULL. */
struct verdict verdict_reject(enum reason reason, const char *detail);
struct verdict verdict_drop(enum reason reason, const char *detail);

static inline bool verdict_passes(const struct verdict *v)
{
	return v->action == ACTION_PASS;
}
