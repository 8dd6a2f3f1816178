/* dialled.c - what a user part or tel: URI holds: a number, its parameters */
#include "dialled.h"

#include <errno.h>

#include "rempart/base/text.h"

enum {
	USER_MAX = 512, /* longer is no number, whatever it holds */
};

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* RFC 3966 section 3; a space is what phones write as %20. */
static bool is_separator(char c)
{
	return c == '-' || c == '.' || c == '(' || c == ')' || c == ' ';
}

static const char *what_is_wrong(char c)
{
	if (c == '+')
		return "a + that does not stand in front";
	if (is_letter(c))
		return "letters in a number";
	if ((unsigned char)c >= 0x80)
		return "characters outside ASCII in a number";
	return "a character that stands in no number";
}

/* In front, or before the number behind a feature code: "*72+33123456789". */
static bool plus_fits(const char *dst, size_t len)
{
	return !len ||
	       ((dst[0] == '*' || dst[0] == '#') && !memchr(dst, '+', len));
}

/* Copies without separators; dst is a NUL-terminated prefix on failure. */
static const char *copy_number(char *dst, size_t cap, struct span src)
{
	const char *wrong = NULL;
	size_t len = 0;

	for (size_t i = 0; i < src.len && !wrong; i++) {
		char c = src.p[i];

		if (is_separator(c))
			continue;
		if (!dialled_is_digit(c) && c != '*' && c != '#' &&
		    (c != '+' || !plus_fits(dst, len)))
			wrong = what_is_wrong(c);
		else if (len + 1 == cap)
			wrong = "too long for a number";
		else
			dst[len++] = c;
	}
	dst[len] = '\0';
	if (wrong)
		return wrong;
	if (!len)
		return "no number";
	if (dst[0] == '+' && (len == 1 || strpbrk(dst, "*#")))
		return "a + without a number behind it";
	return NULL;
}

/* Printable ASCII that starts with a letter: "0033123w" is no person but a
 * number with a tail that somebody further on may drop. */
static const char *copy_name(char *dst, size_t cap, struct span src)
{
	size_t len = 0;

	for (; len < src.len && len + 1 < cap; len++) {
		if (src.p[len] <= ' ' || src.p[len] >= 0x7f)
			break;
		dst[len] = src.p[len];
	}
	dst[len] = '\0';
	if (len == src.len)
		return NULL;
	return len + 1 == cap ? "too long for a name"
			      : "a character that stands in no name";
}

/* RFC 3966 5.1.5: global-number-digits, or a domain. */
static const char *read_context(struct dialled *out, struct span value)
{
	if (out->context[0])
		return "phone-context given twice";
	if (!value.len)
		return "an empty phone-context";
	if (value.p[0] == '+')
		return copy_number(out->context, sizeof(out->context), value);
	for (size_t i = 0; i < value.len; i++) {
		char c = value.p[i];

		if (!is_letter(c) && !dialled_is_digit(c) && c != '-' &&
		    c != '.')
			return "a phone-context that is no domain";
	}
	if (!span_copy(out->context, sizeof(out->context), value))
		return "a phone-context that is too long";
	return NULL;
}

/*
 * By allow-list: "rn" and "cic" (RFC 4694) or "trunk-context" (RFC 4904) send
 * a call elsewhere than its number says. A subaddress and an extension are
 * for the far end, after the call is placed.
 */
static const char *read_param(struct dialled *out, struct span param)
{
	struct span name = span_of(param.p, span_find(param, '='));
	struct span value = span_skip(param, name.len + 1);

	if (span_ieq(name, SPAN("phone-context")))
		return read_context(out, value);
	if (span_ieq(name, SPAN("isub")) || span_ieq(name, SPAN("ext")) ||
	    span_ieq(name, SPAN("isub-encoding")) ||
	    span_ieq(name, SPAN("enumdi")))
		return NULL;
	return "a parameter of the number that is not served";
}

static const char *read_params(struct dialled *out, struct span rest)
{
	while (rest.len) {
		struct span param = span_of(rest.p, span_find(rest, ';'));
		const char *wrong = read_param(out, param);

		if (wrong)
			return wrong;
		rest = span_skip(rest, param.len + 1);
	}
	return NULL;
}

const char *dialled_read(struct dialled *out, struct span user)
{
	char text[USER_MAX];
	struct span number, all;
	const char *wrong;
	int err = sip_user_decode(text, sizeof(text), user);

	*out = (struct dialled){0};
	if (err == ENOSPC)
		return "too long for a number";
	if (err)
		return "a % without a character behind it, or NUL";
	all = span_str(text);
	number = span_of(all.p, span_find(all, ';'));
	out->name = number.len && is_letter(number.p[0]);
	if (out->name)
		wrong = copy_name(out->number, sizeof(out->number), number);
	else
		wrong = copy_number(out->number, sizeof(out->number), number);
	if (wrong)
		return wrong;
	if (all.len > number.len && number.len + 1 == all.len)
		return "an empty parameter of the number";
	return read_params(out, span_skip(all, number.len + 1));
}

bool dialled_find(struct span *user, const struct sip_uri *uri)
{
	switch (uri->scheme) {
	case SIP_SCHEME_SIP:
	case SIP_SCHEME_SIPS:
		*user = uri->user;
		return true;
	case SIP_SCHEME_TEL:
		*user = span_of(uri->user.p, uri->user.len + uri->params.len);
		return true;
	case SIP_SCHEME_SERVICE:
	case SIP_SCHEME_OTHER:
		break;
	}
	return false;
}
