/* text.c - bounded writer: plain text, numbers, hexadecimal, base64url, JSON */
#include "rempart/base/text.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>

static const char hex_digits[] = "0123456789abcdef";
static const char base64url[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

struct text text_init(char *buf, size_t cap)
{
	assert(buf || !cap);
	return (struct text){.p = buf, .cap = cap};
}

/* Room for len bytes at the end, or NULL and full from now on. */
static char *grow(struct text *txt, size_t len)
{
	char *at;

	assert(txt->len <= txt->cap);
	if (txt->full || len > txt->cap - txt->len) {
		txt->full = true;
		return NULL;
	}
	at = txt->p + txt->len;
	txt->len += len;
	return at;
}

void text_put(struct text *txt, struct span s)
{
	char *at;

	if (!s.len)
		return;
	at = grow(txt, s.len);
	if (at)
		memcpy(at, s.p, s.len);
}

void text_puts(struct text *txt, const char *str)
{
	text_put(txt, span_str(str));
}

void text_putc(struct text *txt, char c)
{
	char *at = grow(txt, 1);

	if (at)
		*at = c;
}

void text_u64(struct text *txt, uint64_t value)
{
	char digits[20]; /* of 2^64 - 1 */
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	text_put(txt, span_of(digits + at, sizeof(digits) - at));
}

void text_hex(struct text *txt, const void *bytes, size_t len)
{
	const uint8_t *from = bytes;
	char *at;

	if (len > SIZE_MAX / 2) {
		txt->full = true;
		return;
	}
	at = grow(txt, 2 * len);
	for (size_t i = 0; at && i < len; i++) {
		*at++ = hex_digits[from[i] >> 4];
		*at++ = hex_digits[from[i] & 15];
	}
}

/* Writes the 2, 3 or 4 digits that 1, 2 or 3 bytes become. */
static void base64url_group(struct text *txt, const uint8_t *from, size_t len)
{
	const uint32_t bits = (uint32_t)from[0] << 16 |
			      (len > 1 ? (uint32_t)from[1] << 8 : 0) |
			      (len > 2 ? (uint32_t)from[2] : 0);
	const char digits[4] = {
		base64url[bits >> 18],
		base64url[bits >> 12 & 63],
		base64url[bits >> 6 & 63],
		base64url[bits & 63],
	};

	text_put(txt, span_of(digits, len + 1));
}

void text_base64url(struct text *txt, const void *bytes, size_t len)
{
	const uint8_t *from = bytes;

	for (; len > 3; from += 3, len -= 3)
		base64url_group(txt, from, 3);
	if (len)
		base64url_group(txt, from, len);
}

/*
 * Bytes of the well-formed UTF-8 character at the start (Unicode, table 3-7:
 * no overlong form, no surrogate, nothing above U+10FFFF), 0 when there is
 * none.
 */
static size_t utf8_len(struct span s)
{
	const uint8_t first = (uint8_t)s.p[0];
	const uint8_t second = s.len > 1 ? (uint8_t)s.p[1] : 0;
	uint8_t low = 0x80;
	uint8_t high = 0xbf;
	size_t len;

	if (first < 0x80)
		return 1;
	if (first < 0xc2 || first > 0xf4)
		return 0;
	len = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
	if (first == 0xe0)
		low = 0xa0;
	if (first == 0xf0)
		low = 0x90;
	if (first == 0xed)
		high = 0x9f;
	if (first == 0xf4)
		high = 0x8f;
	if (s.len < len || second < low || second > high)
		return 0;
	for (size_t i = 2; i < len; i++) {
		if (((uint8_t)s.p[i] & 0xc0) != 0x80)
			return 0;
	}
	return len;
}

/* A byte that is no text becomes U+00XX, so that a reader can tell which. */
static void json_escape(struct text *txt, char c)
{
	if (c == '"' || c == '\\') {
		text_putc(txt, '\\');
		text_putc(txt, c);
		return;
	}
	text_puts(txt, "\\u00");
	text_hex(txt, &c, 1);
}

void text_json(struct text *txt, struct span s)
{
	text_putc(txt, '"');
	while (s.len && !txt->full) {
		const char c = s.p[0];
		size_t len = utf8_len(s);

		if (!len || (uint8_t)c < 0x20 || c == '"' || c == '\\') {
			json_escape(txt, c);
			len = 1;
		} else {
			text_put(txt, span_of(s.p, len));
		}
		s = span_skip(s, len);
	}
	text_putc(txt, '"');
}

struct span text_span(const struct text *txt)
{
	return span_of(txt->p, txt->len);
}

/* The six bits of a digit, or -1. */
static int base64url_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '-')
		return 62;
	return c == '_' ? 63 : -1;
}

int text_base64url_decode(void *dst, size_t cap, size_t *len, struct span s)
{
	const size_t need = s.len / 4 * 3 + (s.len % 4 * 3) / 4;
	uint8_t *to = dst;
	uint32_t bits = 0;
	unsigned held = 0; /* bits that wait for the rest of their byte */

	for (size_t i = 0; i < s.len; i++) {
		if (base64url_value(s.p[i]) < 0)
			return EINVAL;
	}
	if (s.len % 4 == 1)
		return EINVAL;
	if (need > cap)
		return ENOSPC;
	for (size_t i = 0; i < s.len; i++) {
		bits = bits << 6 | (uint32_t)base64url_value(s.p[i]);
		held += 6;
		if (held >= CHAR_BIT) {
			held -= CHAR_BIT;
			*to++ = (uint8_t)(bits >> held);
			bits &= (1u << held) - 1;
		}
	}
	/* Two texts must never decode to the same bytes. */
	if (bits)
		return EINVAL;
	*len = need;
	return 0;
}
