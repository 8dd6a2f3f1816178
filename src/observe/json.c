/* json.c - a strict scanner for one line of JSON (RFC 8259) */
#include "json.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

bool json_fail(struct json *json, const char *fault)
{
	json->fault = fault;
	return false;
}

/* The next byte, NUL at the end: no byte of JSON outside a string is one. */
static char peek(const struct json *json)
{
	return json->rest.len ? json->rest.p[0] : '\0';
}

static void skip_blanks(struct json *json)
{
	while (peek(json) == ' ' || peek(json) == '\t')
		json->rest = span_skip(json->rest, 1);
}

static bool take(struct json *json, char c)
{
	if (!json->rest.len || json->rest.p[0] != c)
		return false;
	json->rest = span_skip(json->rest, 1);
	return true;
}

/* One of the punctuation marks, with blanks around it. */
static bool take_mark(struct json *json, char c)
{
	skip_blanks(json);
	bool there = take(json, c);
	skip_blanks(json);
	return there;
}

static void put_utf8(struct text *out, uint32_t code)
{
	if (code < 0x80) {
		text_putc(out, (char)code);
		return;
	}
	if (code < 0x800) {
		text_putc(out, (char)(0xc0 | code >> 6));
	} else {
		if (code < 0x10000) {
			text_putc(out, (char)(0xe0 | code >> 12));
		} else {
			text_putc(out, (char)(0xf0 | code >> 18));
			text_putc(out, (char)(0x80 | (code >> 12 & 63)));
		}
		text_putc(out, (char)(0x80 | (code >> 6 & 63)));
	}
	text_putc(out, (char)(0x80 | (code & 63)));
}

static bool take_hex4(struct json *json, uint32_t *value)
{
	*value = 0;
	for (unsigned i = 0; i < 4; i++) {
		char c = peek(json);
		char low = (char)(c | 0x20);

		if (is_digit(c))
			*value = *value << 4 | (uint32_t)(c - '0');
		else if (low >= 'a' && low <= 'f')
			*value = *value << 4 | (uint32_t)(low - 'a' + 10);
		else
			return json_fail(json, "four hexadecimal digits");
		json->rest = span_skip(json->rest, 1);
	}
	return true;
}

/* Behind "\u". A pair of surrogates is one character (RFC 8259 section 7). */
static bool take_unicode(struct json *json, struct text *out)
{
	uint32_t code, low;

	if (!take_hex4(json, &code))
		return false;
	if (code >= 0xd800 && code < 0xdc00) {
		if (!take(json, '\\') || !take(json, 'u'))
			return json_fail(json, "a second surrogate");
		if (!take_hex4(json, &low))
			return false;
		if (low < 0xdc00 || low > 0xdfff)
			return json_fail(json, "a second surrogate");
		code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
	} else if (code >= 0xdc00 && code < 0xe000) {
		return json_fail(json, "a first surrogate");
	}
	put_utf8(out, code);
	return true;
}

/* Behind the backslash. */
static bool take_escape(struct json *json, struct text *out)
{
	static const char from[] = "\"\\/bfnrt";
	static const char to[] = "\"\\/\b\f\n\r\t";

	if (take(json, 'u'))
		return take_unicode(json, out);
	char c = peek(json);
	const char *at = c ? strchr(from, c) : NULL;

	if (!at)
		return json_fail(json, "an escape");
	json->rest = span_skip(json->rest, 1);
	text_putc(out, to[at - from]);
	return true;
}

bool json_string(struct json *json, struct text *out, struct span *s)
{
	const size_t start = out->len;

	if (!take(json, '"'))
		return json_fail(json, "a string");
	while (!take(json, '"')) {
		char c = peek(json);

		if (!json->rest.len)
			return json_fail(json, "the end of a string");
		if ((unsigned char)c < 0x20)
			return json_fail(json, "no control byte");
		json->rest = span_skip(json->rest, 1);
		if (c != '\\')
			text_putc(out, c);
		else if (!take_escape(json, out))
			return false;
	}
	if (out->full)
		return json_fail(json, "a shorter text");
	*s = span_of(out->p + start, out->len - start);
	return true;
}

bool json_object(struct json *json, struct text *names, json_member_h *member,
		 void *arg)
{
	struct span name;

	if (!take_mark(json, '{'))
		return json_fail(json, "an object");
	if (take_mark(json, '}'))
		return true;
	do {
		if (!json_string(json, names, &name))
			return false;
		if (!take_mark(json, ':'))
			return json_fail(json, "a colon");
		if (!member(json, name, arg))
			return false;
	} while (take_mark(json, ','));
	if (!take_mark(json, '}'))
		return json_fail(json, "a comma or the end of the object");
	return true;
}

static struct span take_digits(struct json *json)
{
	struct span digits = span_of(json->rest.p, 0);

	while (is_digit(peek(json))) {
		json->rest = span_skip(json->rest, 1);
		digits.len++;
	}
	return digits;
}

bool json_u64(struct json *json, uint64_t *value)
{
	struct json start = *json;
	struct span digits = take_digits(json);
	char next = peek(json);

	if (!digits.len || (digits.len > 1 && digits.p[0] == '0') ||
	    next == '.' || next == 'e' || next == 'E' ||
	    span_u64(digits, UINT64_MAX, value)) {
		*json = start;
		return json_fail(json, "a whole number");
	}
	return true;
}

static bool skip_number(struct json *json)
{
	(void)take(json, '-');
	struct span whole = take_digits(json);

	if (!whole.len || (whole.len > 1 && whole.p[0] == '0'))
		return json_fail(json, "a value");
	if (take(json, '.') && !take_digits(json).len)
		return json_fail(json, "a digit");
	if (!take(json, 'e') && !take(json, 'E'))
		return true;
	if (!take(json, '-'))
		(void)take(json, '+');
	if (!take_digits(json).len)
		return json_fail(json, "a digit");
	return true;
}

static bool skip_string(struct json *json)
{
	while (!take(json, '"')) {
		char c = peek(json);
		char escape[4];
		struct text out = text_init(escape, sizeof(escape));

		if (!json->rest.len)
			return json_fail(json, "the end of a string");
		if ((unsigned char)c < 0x20)
			return json_fail(json, "no control byte");
		json->rest = span_skip(json->rest, 1);
		if (c == '\\' && !take_escape(json, &out))
			return false;
	}
	return true;
}

static bool skip_word(struct json *json)
{
	static const char *const words[] = {"true", "false", "null"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		struct span word = span_str(words[i]);

		if (span_starts(json->rest, word)) {
			json->rest = span_skip(json->rest, word.len);
			return true;
		}
	}
	return skip_number(json);
}

/* What holds values: the brackets that are open, innermost last. */
struct nest {
	unsigned depth;
	char close[JSON_DEPTH_MAX];
};

static bool skip_name(struct json *json, const struct nest *nest)
{
	if (nest->close[nest->depth - 1] != '}')
		return true;
	if (!take(json, '"'))
		return json_fail(json, "a name");
	if (!skip_string(json))
		return false;
	if (!take_mark(json, ':'))
		return json_fail(json, "a colon");
	return true;
}

/* A value that holds none, or the start of one that does. */
static bool skip_one(struct json *json, struct nest *nest, bool *opened)
{
	bool object = peek(json) == '{';

	*opened = object || peek(json) == '[';
	if (take(json, '"'))
		return skip_string(json);
	if (!*opened)
		return skip_word(json);
	if (nest->depth == JSON_DEPTH_MAX)
		return json_fail(json, "less depth");
	nest->close[nest->depth++] = object ? '}' : ']';
	return take_mark(json, object ? '{' : '[');
}

/* Behind a value: the brackets that end here, then a comma. *more: there is
 * another value. */
static bool skip_ends(struct json *json, struct nest *nest, bool *more)
{
	*more = false;
	while (nest->depth && take_mark(json, nest->close[nest->depth - 1]))
		nest->depth--;
	if (!nest->depth)
		return true;
	if (!take_mark(json, ','))
		return json_fail(json, "a comma or a closing bracket");
	*more = true;
	return skip_name(json, nest);
}

bool json_skip(struct json *json)
{
	struct nest nest = {0};
	bool opened = false, more = true;

	while (more) {
		if (!skip_one(json, &nest, &opened))
			return false;
		if (opened && peek(json) != nest.close[nest.depth - 1]) {
			if (!skip_name(json, &nest))
				return false;
		} else if (!skip_ends(json, &nest, &more)) {
			return false;
		}
	}
	return true;
}

bool json_end(struct json *json)
{
	skip_blanks(json);
	return !json->rest.len || json_fail(json, "the end of the line");
}
