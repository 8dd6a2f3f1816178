/* log.h - the decision log: files with a hash chain */
#pragma once

#include <stdint.h>

#include "rempart/base/record.h"
#include "rempart/base/check.h"

/*
 * directory/decisions.log is written to; at LOG_FILE_MIB it is renamed to
 * decisions-<first seq, 20 digits>.log and a new one goes on with the chain.
 * hash = SHA-256 over prev (64 hex digits) and the bytes of the line as
 * written without its hash field; the hash field is the last one. A line is
 * one write(2). Files are 0640.
 */
struct log;

struct log_settings {
	const char *directory;
	const char *node;
	uint32_t max_mib; /* all files together; the oldest whole file goes */
};

enum { LOG_FILE_MIB_MAX = 64 };

/*
 * Opens or makes the directory and goes on with the chain of the last line.
 * A last line that was torn by a crash is moved to
 * decisions.torn-<seq>.log, and so said in the first record after it (detail).
 * Returns 0 or an errno with `why` filled for people.
 */
MUST_CHECK
int log_open(struct log **out, const struct log_settings *settings,
	     char why[static 256]);
void log_close(struct log *log); /* syncs */

/* The number (seq) that the next record gets. */
uint64_t log_next_seq(const struct log *log);

MUST_CHECK
int log_write(struct log *log, const struct record *rec);
MUST_CHECK
int log_sync(struct log *log);
