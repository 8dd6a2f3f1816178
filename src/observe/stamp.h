/* stamp.h - times as RFC 3339 writes them */
#pragma once

#include <stdint.h>

#include "rempart/base/check.h"
#include "rempart/base/text.h"

/* Microseconds since the epoch as "2024-02-29T23:59:59.000042Z", at most in
 * the year 9999. */
void stamp_put(struct text *out, uint64_t us);
/* The same without the fraction. */
void stamp_put_second(struct text *out, uint64_t us);
/* "23:59:59", UTC. */
void stamp_put_clock(struct text *out, uint64_t us);

/*
 * A date-time of RFC 3339 section 5.6 with any offset; finer than 1 us is cut.
 * A leap second counts as the second after it. Returns 0, or EINVAL for another
 * form, a day that does not exist or a time before 1970.
 */
MUST_CHECK
int stamp_read(uint64_t *us, struct span text);
