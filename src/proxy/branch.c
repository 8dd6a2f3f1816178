/* branch.c - the branch of our own Via: magic cookie, our mark, two numbers */
#include "rempart/proxy/branch.h"

enum { NUMBER_BYTES = 8, NUMBER_DIGITS = 2 * NUMBER_BYTES };

/* RFC 3261 8.1.1.7: the cookie says that the branch is unique. */
#define BRANCH_MARK "z9hG4bKrp"

static void number_write(struct text *out, uint64_t number)
{
	uint8_t bytes[NUMBER_BYTES];

	for (unsigned i = 0; i < NUMBER_BYTES; i++)
		bytes[i] = (uint8_t)(number >> (8 * (NUMBER_BYTES - 1 - i)));
	text_hex(out, bytes, sizeof(bytes));
}

/* Lower case only: what we did not write is not ours. */
static bool digit_read(char c, unsigned *digit)
{
	if (c >= '0' && c <= '9')
		*digit = (unsigned)(c - '0');
	else if (c >= 'a' && c <= 'f')
		*digit = (unsigned)(c - 'a') + 10;
	else
		return false;
	return true;
}

static bool number_read(struct span digits, uint64_t *number)
{
	uint64_t value = 0;

	for (size_t i = 0; i < NUMBER_DIGITS; i++) {
		unsigned digit;

		if (!digit_read(digits.p[i], &digit))
			return false;
		value = value << 4 | digit;
	}
	*number = value;
	return true;
}

void branch_write(struct text *out, uint64_t number, uint64_t random)
{
	text_put(out, SPAN(BRANCH_MARK));
	number_write(out, number);
	number_write(out, random);
}

bool branch_read(struct span branch, uint64_t *number, uint64_t *random)
{
	const struct span mark = SPAN(BRANCH_MARK);
	uint64_t first, second;

	if (branch.len != mark.len + 2 * NUMBER_DIGITS)
		return false;
	if (!span_starts(branch, mark))
		return false;

	struct span digits = span_skip(branch, mark.len);
	if (!number_read(digits, &first))
		return false;
	if (!number_read(span_skip(digits, NUMBER_DIGITS), &second))
		return false;

	*number = first;
	*random = second;
	return true;
}
