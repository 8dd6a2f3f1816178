/* span.h - a run of bytes that somebody else owns */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "rempart/base/check.h"

/*
 * Text from the network is never NUL-terminated: it travels as a span. A span
 * owns nothing and must not outlive the buffer that it points into. {0} is
 * the empty span.
 */
struct span {
	const char *p;
	size_t len;
};

/* A span over a string literal. */
#define SPAN(literal) ((struct span){(literal), sizeof(literal) - 1})

static inline struct span span_of(const char *p, size_t len)
{
	return (struct span){p, len};
}

/* A span over a NUL-terminated string of ours; NULL gives the empty span. */
static inline struct span span_str(const char *str)
{
	return (struct span){str, str ? strlen(str) : 0};
}

/* Same bytes. */
bool span_eq(struct span a, struct span b);

/* Same bytes, ASCII letters compared without case. */
bool span_ieq(struct span a, struct span b);

/* Starts with `prefix` (exact, or without case). */
bool span_starts(struct span s, struct span prefix);
bool span_istarts(struct span s, struct span prefix);

/* Without SP, HTAB, CR and LF at both ends. */
struct span span_trim(struct span s);

/* Offset of the first `c`, or s.len when there is none. */
size_t span_find(struct span s, char c);

/* Without its first n bytes (n > len gives the empty span). */
struct span span_skip(struct span s, size_t n);

/*
 * The whole span as an unsigned decimal number of 1 to 20 digits, nothing
 * else. Returns 0, EINVAL (empty, sign, other bytes) or ERANGE (above max).
 */
MUST_CHECK
int span_u64(struct span s, uint64_t max, uint64_t *out);

/*
 * Copies at most cap - 1 bytes and ends with NUL; returns false when it had
 * to cut. cap >= 1.
 */
bool span_copy(char *dst, size_t cap, struct span s);
