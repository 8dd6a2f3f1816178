/* base64.c - reads and writes the base64 of keys in a=crypto lines */
#include "base64.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "fields.h"

static const char digits[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static struct span without_padding(struct span base64)
{
	struct span rest = base64;

	while (rest.len && base64.len - rest.len < 2 &&
	       rest.p[rest.len - 1] == '=')
		rest.len--;
	return rest;
}

static bool is_digit(char c)
{
	return sdp_is_letter(c) || sdp_is_digit(c) || c == '+' || c == '/';
}

int sdp_base64_length(struct span base64, size_t *out)
{
	const struct span bare = without_padding(base64);

	/* Padding may be left out (RFC 4648 3.2), but not in half. */
	if (bare.len < base64.len && base64.len % 4)
		return EINVAL;
	if (bare.len % 4 == 1)
		return EINVAL;
	for (size_t i = 0; i < bare.len; i++) {
		if (!is_digit(bare.p[i]))
			return EINVAL;
	}
	/* Left-over bits are not looked at: no endpoint uses them. */
	*out = bare.len / 4 * 3 + bare.len % 4 * 3 / 4;
	return 0;
}

static uint32_t value_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return (uint32_t)(c - 'A');
	if (c >= 'a' && c <= 'z')
		return (uint32_t)(c - 'a' + 26);
	if (c >= '0' && c <= '9')
		return (uint32_t)(c - '0' + 52);
	assert(c == '+' || c == '/');
	return c == '+' ? 62 : 63;
}

void sdp_base64_decode(uint8_t *dst, struct span base64)
{
	const struct span bare = without_padding(base64);
	uint32_t bits = 0;
	unsigned held = 0; /* bits that wait for the rest of their byte */

	for (size_t i = 0; i < bare.len; i++) {
		bits = bits << 6 | value_of(bare.p[i]);
		held += 6;
		if (held >= 8) {
			held -= 8;
			*dst++ = (uint8_t)(bits >> held);
		}
	}
}

/* The four digits that 1, 2 or 3 bytes become. */
static void put_group(struct text *out, const uint8_t *from, size_t len)
{
	const uint32_t bits = (uint32_t)from[0] << 16 |
			      (len > 1 ? (uint32_t)from[1] << 8 : 0) |
			      (len > 2 ? (uint32_t)from[2] : 0);

	text_putc(out, digits[bits >> 18]);
	text_putc(out, digits[bits >> 12 & 63]);
	text_putc(out, len > 1 ? digits[bits >> 6 & 63] : '=');
	text_putc(out, len > 2 ? digits[bits & 63] : '=');
}

void sdp_base64_put(struct text *out, const uint8_t *bytes, size_t len)
{
	for (; len > 3; bytes += 3, len -= 3)
		put_group(out, bytes, 3);
	if (len)
		put_group(out, bytes, len);
}
