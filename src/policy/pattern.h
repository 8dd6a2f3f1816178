/* pattern.h - the patterns of numbering, matched in full */
#pragma once

#include <stdbool.h>

#include "rempart/base/span.h"

/*
 * True when `dialled` is what the pattern describes (number.h), from its first
 * to its last byte. *behind is what N stood for, empty for a pattern without
 * N; it may be NULL. A pattern that number_pattern_check() refuses matches
 * nothing or less than it seems to, never more.
 */
bool pattern_match(const char *pattern, struct span dialled,
		   struct span *behind);
