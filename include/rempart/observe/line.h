/* line.h - a record as one JSON line, and as a line for people */
#pragma once

#include <stdint.h>

#include "rempart/base/record.h"
#include "rempart/base/text.h"

enum {
	LINE_VERSION = 1,
	LINE_BYTES_MAX = 4096, /* one JSON line with its hash and newline */
	LINE_HASH_HEX = 64,
};

/*
 * {"v":1,"seq":N,"ts":"...","node":"...", ... ,"prev":"<64 hex>"} without the
 * hash field and without newline. Fields in the order of the schema, empty
 * ones left out. Text of strangers that grows too long when escaped is cut, so
 * that every record fits LINE_BYTES_MAX.
 */
void line_json(struct text *out, const struct record *rec, uint64_t seq,
	       const char *node, const char *prev);

/* "21:03:04 allow call 1001 -> 1002 ok" in one line without newline; control
 * bytes shown as '?'. */
void line_human(struct text *out, const struct record *rec);
