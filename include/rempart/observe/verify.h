/* verify.h - is this log whole? */
#pragma once

#include <stdint.h>
#include <stdio.h>
#include "rempart/base/check.h"

struct verify_result {
	uint64_t lines;
	uint64_t first_seq, last_seq;
	char first_prev[65]; /* hash of the record before first_seq */
	char last_hash[65];
	uint64_t bad_line; /* 1-based, 0 when whole */
	char what[256];	   /* "record 17 was altered", "records 18-20 are
			    * missing", "record 22 stands before 21" */
};

/*
 * Reads one file and checks each line's hash, that prev is the hash before
 * and that seq grows by one. Names the first altered, missing or reordered
 * record. The first line's prev is taken as given (the file before it).
 * Returns 0 (read to the end, see bad_line) or an errno of reading.
 */
MUST_CHECK
int verify_file(FILE *in, struct verify_result *out);
