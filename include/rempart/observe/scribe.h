/* scribe.h - the thread that writes down every decision */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "rempart/base/record.h"
#include "rempart/observe/log.h"
#include "rempart/base/check.h"

/*
 * Takes records from a bounded ring, writes them through log.h, syncs once a
 * second when something was written. With `console`, each record is also a
 * readable line on standard output. A write that fails (disk full) is tried
 * again each second and said on standard error once a minute; meanwhile the
 * ring fills and the core refuses new calls.
 */
struct scribe;

enum { SCRIBE_SLOTS = 4096 }; /* 4 s of the busiest second that we tested */

MUST_CHECK
int scribe_start(struct scribe **out, const struct log_settings *settings,
		 bool console, char why[static 256]);
/* Writes what is left, syncs, joins the thread. */
void scribe_stop(struct scribe *scribe);

/* One producer thread (the core): a slot to fill, or NULL when full; the
 * same one until scribe_commit(). */
struct record *scribe_reserve(struct scribe *scribe);
void scribe_commit(struct scribe *scribe);
/* The same thread: the number (seq) that the record committed next gets. */
uint64_t scribe_next_seq(const struct scribe *scribe);
