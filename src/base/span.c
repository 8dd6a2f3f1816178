/* span.c - compares, cuts and reads runs of bytes */
#include "rempart/base/span.h"

#include <assert.h>
#include <errno.h>

enum { DIGITS_MAX = 20 }; /* of 2^64 - 1 */

/* Not tolower(): that one follows the locale. */
static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* memcmp() must not see a null pointer, not even with a length of 0. */
static bool same(const char *a, const char *b, size_t len)
{
	return !len || !memcmp(a, b, len);
}

static bool same_folded(const char *a, const char *b, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (lower(a[i]) != lower(b[i]))
			return false;
	}
	return true;
}

bool span_eq(struct span a, struct span b)
{
	return a.len == b.len && same(a.p, b.p, a.len);
}

bool span_ieq(struct span a, struct span b)
{
	return a.len == b.len && same_folded(a.p, b.p, a.len);
}

bool span_starts(struct span s, struct span prefix)
{
	return s.len >= prefix.len && same(s.p, prefix.p, prefix.len);
}

bool span_istarts(struct span s, struct span prefix)
{
	return s.len >= prefix.len && same_folded(s.p, prefix.p, prefix.len);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct span span_trim(struct span s)
{
	while (s.len && is_blank(s.p[0])) {
		s.p++;
		s.len--;
	}
	while (s.len && is_blank(s.p[s.len - 1]))
		s.len--;
	return s;
}

size_t span_find(struct span s, char c)
{
	const char *at = s.len ? memchr(s.p, c, s.len) : NULL;

	return at ? (size_t)(at - s.p) : s.len;
}

struct span span_skip(struct span s, size_t n)
{
	if (n >= s.len)
		return (struct span){0};
	return span_of(s.p + n, s.len - n);
}

int span_u64(struct span s, uint64_t max, uint64_t *out)
{
	uint64_t value = 0;

	assert(out);
	if (!s.len)
		return EINVAL;
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return EINVAL;
	}
	if (s.len > DIGITS_MAX)
		return ERANGE;
	for (size_t i = 0; i < s.len; i++) {
		const unsigned digit = (unsigned)(s.p[i] - '0');

		if (value > (UINT64_MAX - digit) / 10)
			return ERANGE;
		value = value * 10 + digit;
	}
	if (value > max)
		return ERANGE;
	*out = value;
	return 0;
}

bool span_copy(char *dst, size_t cap, struct span s)
{
	const bool fits = s.len < cap;
	const size_t len = fits ? s.len : cap - 1;

	assert(dst && cap >= 1);
	if (len)
		memcpy(dst, s.p, len);
	dst[len] = '\0';
	return fits;
}
