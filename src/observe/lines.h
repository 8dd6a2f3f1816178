/* lines.h - a file of the log line by line, in constant memory */
#pragma once

#include <stdio.h>

#include "rempart/base/check.h"
#include "rempart/base/span.h"
#include "rempart/observe/line.h"

enum lines_shape {
	LINES_END,
	LINES_WHOLE, /* a line with its newline */
	LINES_TORN,  /* the end, without newline */
	LINES_LONG,  /* longer than any record; skipped */
};

struct lines {
	FILE *in;
	char buf[LINE_BYTES_MAX];
};

void lines_init(struct lines *src, FILE *in);

/*
 * The next line without its newline, good until the next call; empty for
 * LINES_END and LINES_LONG. It never waits for more than that line, so that
 * a pipe is read as it is written. Returns 0 or an errno of reading.
 */
MUST_CHECK
int lines_next(struct lines *src, struct span *line, enum lines_shape *shape);
