/* show.h - which records a person asked for, and how they are shown */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "rempart/base/check.h"
#include "rempart/base/text.h"
#include "rempart/observe/read.h"

struct show_filter {
	const char *user;    /* this user's, NULL: anybody's */
	const char *call_id; /* of this Call-ID, NULL: of any */
	bool denied;	     /* only what was denied or dropped */
	uint64_t since_us;   /* not older; 0: of any age */
};

/*
 * The start of a period: "30s", "10m", "2h" or "3d" before now_us, or a time
 * of RFC 3339. Returns 0 or EINVAL.
 */
MUST_CHECK
int show_since(uint64_t *since_us, struct span text, uint64_t now_us);

bool show_wants(const struct show_filter *filter,
		const struct read_record *rec);

enum {
	/* Each byte of a line is shown once at most, beside our own words. */
	SHOW_ROW_MAX = 2 * LINE_BYTES_MAX,
};

/*
 * The head of the table and one row of it, without newline: time, verdict,
 * kind, user, to, reason, detail. A longer value is never cut, it moves the
 * rest of its row. The first six hold no blank, and no byte is one that a
 * terminal obeys: '?' stands for it.
 */
void show_heading(struct text *out);
void show_row(struct text *out, const struct read_record *rec);
