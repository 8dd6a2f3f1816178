/* recover.h - where the chain of a file ends, after whatever happened to it */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "rempart/base/check.h"
#include "rempart/observe/line.h"

/* The end of one file's chain. */
struct recover_end {
	bool found; /* false: no whole record in it */
	uint64_t seq;
	char hash[LINE_HASH_HEX + 1];
	uint64_t good_bytes; /* what follows is no whole record */
};

/*
 * Reads the file's last whole record, from its end backwards. Returns 0, an
 * errno of reading, or EBADMSG when it holds so many lines that are no
 * records that it is not a log.
 */
MUST_CHECK
int recover_end(int fd, uint64_t bytes, struct recover_end *out);

/* The seq of the file's first record. Returns 0, EBADMSG or an errno. */
MUST_CHECK
int recover_first_seq(int fd, uint64_t *seq);

/*
 * Moves the bytes from `from` to the end into decisions.torn-<seq>.log and
 * cuts the file there. After a crash between the two they are moved again,
 * never lost. Returns 0 or an errno.
 */
MUST_CHECK
int recover_set_aside(int dir_fd, int fd, uint64_t from, uint64_t seq);
