/* text.h - writes text into a buffer of fixed size, and remembers overflow */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rempart/base/span.h"
#include "rempart/base/check.h"

/*
 * A run of writes needs one check at the end: once something did not fit,
 * nothing more is written and `full` stays true. Not NUL-terminated.
 */
struct text {
	char *p; /* the caller's buffer, outlives the text */
	size_t cap;
	size_t len; /* bytes written, <= cap */
	bool full;
};

struct text text_init(char *buf, size_t cap);

void text_put(struct text *txt, struct span s);
void text_puts(struct text *txt, const char *str);
void text_putc(struct text *txt, char c);
void text_u64(struct text *txt, uint64_t value);
/* Lower-case hexadecimal digits, two a byte. */
void text_hex(struct text *txt, const void *bytes, size_t len);
/* RFC 4648 section 5 alphabet, without padding. */
void text_base64url(struct text *txt, const void *bytes, size_t len);
/* The value as a JSON string with its quotes; bytes below 0x20, quotes,
 * backslashes and bytes that are not valid UTF-8 are escaped. */
void text_json(struct text *txt, struct span s);

struct span text_span(const struct text *txt);

/*
 * Decodes base64url without padding. Returns 0 and the length, EINVAL for
 * another byte or a left-over bit, ENOSPC when cap is too small.
 */
MUST_CHECK
int text_base64url_decode(void *dst, size_t cap, size_t *len, struct span s);
