/* files.h - the files of the decision log: their names, their order, their cap
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "rempart/base/check.h"

#define FILES_CURRENT "decisions.log"

enum {
	FILES_NAME_MAX = 48,
	FILES_MODE = 0640,
};

/* What stands in the directory beside the current file. */
struct files {
	uint64_t count;	  /* whole files and torn ends */
	uint64_t bytes;	  /* of all of them */
	uint64_t newest;  /* first seq of the newest whole file, 0: none */
	uint64_t oldest;  /* seq in the name of the oldest of all */
	bool oldest_torn; /* that one is a torn end */
};

/* decisions-<first seq>.log: a whole file. */
void files_name(char dst[static FILES_NAME_MAX], uint64_t first_seq);
/* decisions.torn-<seq>.log: bytes that a crash left where seq should stand. */
void files_torn_name(char dst[static FILES_NAME_MAX], uint64_t seq);

/* Returns 0 or an errno. */
MUST_CHECK
int files_scan(int dir_fd, struct files *out);

/*
 * Deletes the oldest files until those that are left hold at most bytes_max.
 * Returns 0 or an errno, with the file's name in `name` when one could not be
 * deleted.
 */
MUST_CHECK
int files_cap(int dir_fd, uint64_t bytes_max, char name[static FILES_NAME_MAX]);

/* All of it, at one place of the file; fewer bytes only at the file's end.
 * Returns 0 or an errno. */
MUST_CHECK
int files_read(int fd, uint64_t offset, void *dst, size_t len, size_t *got);
/* All of it, at the end. Returns 0 or an errno. */
MUST_CHECK
int files_append(int fd, const void *src, size_t len);
