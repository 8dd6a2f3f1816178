/* pattern.c - the patterns of numbering, checked and matched in full */
#include "pattern.h"

#include <assert.h>

#include "rempart/base/text.h"
#include "rempart/policy/number.h"

#include "dialled.h"

enum { WHY_MAX = 120 };

static bool is_literal(char c)
{
	return dialled_is_digit(c) || c == '*' || c == '#';
}

/* Length of "[135]" or "[1-4]" at p with both brackets; 0 when it is none. */
static size_t set_len(const char *p)
{
	size_t i = 1;

	if (p[0] != '[')
		return 0;
	while (dialled_is_digit(p[i])) {
		if (p[i + 1] == '-') {
			if (!dialled_is_digit(p[i + 2]) || p[i + 2] < p[i])
				return 0;
			i += 2;
		}
		i++;
	}
	return p[i] == ']' && i > 1 ? i + 1 : 0;
}

static bool set_holds(const char *p, char digit)
{
	for (p++; *p != ']'; p++) {
		char last = p[1] == '-' ? p[2] : *p;

		if (digit >= *p && digit <= last)
			return true;
		if (p[1] == '-')
			p += 2;
	}
	return false;
}

/* Bytes of the pattern that stand for one character: 0 when there are none,
 * or none that can be understood. */
static size_t element_len(const char *p)
{
	if (*p == '[')
		return set_len(p);
	return is_literal(*p) || *p == 'x';
}

static bool element_holds(const char *p, char c)
{
	if (*p == 'x')
		return dialled_is_digit(c);
	if (*p == '[')
		return dialled_is_digit(c) && set_holds(p, c);
	return *p == c;
}

/* '+' and digits, as many as there are. */
static size_t number_len(struct span s)
{
	size_t plus = s.len && s.p[0] == '+';
	size_t len = plus;

	while (len < s.len && dialled_is_digit(s.p[len]))
		len++;
	return len > plus ? len : 0;
}

bool pattern_match(const char *pattern, struct span dialled,
		   struct span *behind)
{
	struct span number = {0};

	while (*pattern) {
		size_t step = element_len(pattern), taken = 1;

		if (*pattern == 'N' && !number.len) {
			step = 1;
			taken = number_len(dialled);
			number = span_of(dialled.p, taken);
		} else if (!step || !dialled.len ||
			   !element_holds(pattern, dialled.p[0])) {
			return false;
		}
		if (!taken)
			return false;
		pattern += step;
		dialled = span_skip(dialled, taken);
	}
	if (dialled.len)
		return false;
	if (behind)
		*behind = number;
	return true;
}

static bool explain(char *why, const char *what)
{
	(void)span_copy(why, WHY_MAX, span_str(what));
	return false;
}

/*
 * A code stands before N, or the pattern would take every number for itself.
 * What ends N is no digit, or N would never end.
 */
static const char *check_number_part(const char *pattern, const char *p)
{
	if (strchr(p + 1, 'N'))
		return "N may stand once";
	if (p == pattern)
		return "N needs a code before it, as in \"*72N\"";
	if (p[1] && p[1] != '*' && p[1] != '#')
		return "only * or # may stand behind N";
	return NULL;
}

bool number_pattern_check(const char *pattern, bool feature,
			  char why[static 120])
{
	assert(pattern);
	why[0] = '\0';
	if (!pattern[0])
		return explain(why, "an empty pattern");
	if (strlen(pattern) >= NUMBER_PATTERN_MAX)
		return explain(why, "a pattern has 31 characters at most");
	for (const char *p = pattern; *p;) {
		size_t step = element_len(p);
		const char *wrong = NULL;

		if (*p == 'N' && feature) {
			wrong = check_number_part(pattern, p);
			step = 1;
		} else if (*p == 'N') {
			wrong = "N stands in numbering.features alone";
		} else if (*p == '[' && !step) {
			wrong = "[ ] holds digits and ranges such as 1-4";
		} else if (!step) {
			wrong = "a pattern holds digits, *, #, x, [1-4] and, "
				"for a feature, N";
		}
		if (wrong)
			return explain(why, wrong);
		p += step;
	}
	return true;
}
