/* repeat.h - many denials of one kind from one source become one record */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "rempart/base/addr.h"
#include "rempart/base/record.h"
#include "rempart/base/check.h"

/*
 * The first denial of a (source /32 or /64, kind, reason; of a dialled number
 * also user and number) is written at once,
 * the next ones are counted for REPEAT_INTERVAL_S and then written as one
 * record with that count. Fixed size: when all rows are taken, the oldest is
 * flushed early. One owner thread.
 */
enum { REPEAT_ROWS = 1024, REPEAT_INTERVAL_S = 10 };

struct repeats;
MUST_CHECK
int repeats_open(struct repeats **out, const uint8_t hash_key[static 16]);
void repeats_close(struct repeats *set);

enum repeat_answer {
	REPEAT_WRITE,	/* write this record now */
	REPEAT_COUNTED, /* held back */
};

/* Records that are no denials (ALLOW, END) always WRITE, but KEEPALIVE. */
enum repeat_answer repeats_add(struct repeats *set, const struct record *rec,
			       uint64_t now_us);

/* A summary that is due (the last record of its row, with count), false when
 * none. `all` flushes everything: at stop. */
bool repeats_due(struct repeats *set, uint64_t now_us, bool all,
		 struct record *out);
/* When repeats_due may have something, UINT64_MAX when nothing is held. */
uint64_t repeats_next_us(const struct repeats *set);
