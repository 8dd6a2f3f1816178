/* grammar.c - the tokens of RFC 3261 section 25, shared by the parsers */
#include "grammar.h"

#include <errno.h>

#include "rempart/base/addr.h"

enum {
	HOST_MAX = 255, /* longest DNS name, RFC 1035 2.3.4 */
	PORT_DIGITS = 5,
};

/* '#' is not in the RFC's grammar, but phones dial *21#. '_' is not in a
 * host name's, but container names hold it. */
const uint8_t sip_byte_classes[256] = {
	['\t'] = SIP_SPACE | SIP_SEPARATOR,
	['\n'] = SIP_SEPARATOR,
	['\r'] = SIP_SEPARATOR,
	[' '] = SIP_SPACE | SIP_SEPARATOR,
	['!'] = SIP_TOKEN | SIP_URI,
	['"'] = SIP_SEPARATOR,
	['#'] = SIP_URI,
	['$'] = SIP_URI,
	['%'] = SIP_TOKEN | SIP_URI,
	['&'] = SIP_URI,
	['\''] = SIP_TOKEN | SIP_URI,
	['('] = SIP_URI,
	[')'] = SIP_URI,
	['*'] = SIP_TOKEN | SIP_URI,
	['+'] = SIP_TOKEN | SIP_URI,
	[','] = SIP_URI | SIP_SEPARATOR,
	['-'] = SIP_TOKEN | SIP_URI | SIP_HOST,
	['.'] = SIP_TOKEN | SIP_URI | SIP_HOST,
	['/'] = SIP_URI,
	['0' ... '9'] = SIP_TOKEN | SIP_URI | SIP_HOST | SIP_DIGIT,
	[':'] = SIP_URI,
	[';'] = SIP_URI | SIP_SEPARATOR,
	['<'] = SIP_SEPARATOR,
	['='] = SIP_URI | SIP_SEPARATOR,
	['>'] = SIP_SEPARATOR,
	['?'] = SIP_URI,
	['@'] = SIP_URI,
	['A' ... 'Z'] = SIP_TOKEN | SIP_URI | SIP_HOST,
	['['] = SIP_URI,
	[']'] = SIP_URI,
	['_'] = SIP_TOKEN | SIP_URI | SIP_HOST,
	['`'] = SIP_TOKEN,
	['a' ... 'z'] = SIP_TOKEN | SIP_URI | SIP_HOST,
	['~'] = SIP_TOKEN | SIP_URI,
};

static bool is_control(char c)
{
	return (uint8_t)c < 0x20 || c == 0x7f;
}

static size_t run(struct span s, unsigned classes)
{
	size_t n = 0;

	while (n < s.len && sip_is(s.p[n], classes))
		n++;
	return n;
}

bool sip_is_token(struct span s)
{
	return s.len && run(s, SIP_TOKEN) == s.len;
}

size_t sip_uri_bytes(struct span s)
{
	return run(s, SIP_URI);
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

int sip_hex_pair(const char *p)
{
	int high = hex_digit(p[0]);
	int low = high < 0 ? -1 : hex_digit(p[1]);

	return low < 0 ? -1 : high * 16 + low;
}

bool sip_escapes_valid(struct span s)
{
	while (s.len) {
		s = span_skip(s, span_find(s, '%'));
		if (!s.len)
			return true;
		if (s.len < 3 || sip_hex_pair(s.p + 1) < 0)
			return false;
		s = span_skip(s, 3);
	}
	return true;
}

size_t sip_quoted_len(struct span s)
{
	if (!s.len || s.p[0] != '"')
		return 0;
	for (size_t i = 1; i < s.len; i++) {
		char c = s.p[i];

		if (c == '"')
			return i + 1;
		if (c == '\\') {
			i++;
			if (i < s.len &&
			    (!s.p[i] || s.p[i] == '\r' || s.p[i] == '\n'))
				return 0;
		} else if (is_control(c) && c != '\t') {
			return 0;
		}
	}
	return 0;
}

static struct span skip_space(struct span s)
{
	return span_skip(s, run(s, SIP_SPACE));
}

/* The run of bytes that may stand unquoted: tokens, hosts with brackets and
 * colons, and UTF-8, which the RFC has in quotes but some phones send bare. */
static size_t value_len(struct span s)
{
	size_t n = sip_quoted_len(s);

	if (n)
		return n;
	while (n < s.len && !sip_is(s.p[n], SIP_SEPARATOR) &&
	       !is_control(s.p[n]))
		n++;
	return n;
}

/* The bytes of a parameter's name: a token, or in a SIP_URI paramchars
 * (RFC 3261 25.1: "[" / "]" / "/" / ":" / "&" / "+" / "$" besides). */
static size_t name_len(struct span s)
{
	size_t n = 0;

	while (n < s.len &&
	       (sip_is(s.p[n], SIP_TOKEN) ||
		(sip_is(s.p[n], SIP_URI) && !sip_is(s.p[n], SIP_SEPARATOR) &&
		 s.p[n] != '?' && s.p[n] != '@')))
		n++;
	return n;
}

int sip_param_next(struct span *rest, struct span *name, struct span *value)
{
	struct span s = skip_space(*rest);

	if (!s.len)
		return ENOENT;
	if (s.p[0] != ';')
		return EINVAL;
	s = skip_space(span_skip(s, 1));
	*name = span_of(s.p, name_len(s));
	if (!name->len)
		return EINVAL;
	s = skip_space(span_skip(s, name->len));
	*value = (struct span){0};
	if (s.len && s.p[0] == '=') {
		s = skip_space(span_skip(s, 1));
		*value = span_of(s.p, value_len(s));
		if (!value->len)
			return EINVAL;
		s = skip_space(span_skip(s, value->len));
	}
	if (s.len && s.p[0] != ';')
		return EINVAL;
	*rest = s;
	return 0;
}

int sip_params_check(struct span params, struct span name, struct span *value)
{
	struct span n, v;
	bool found = false;
	int err;

	*value = (struct span){0};
	while (!(err = sip_param_next(&params, &n, &v))) {
		if (!span_ieq(n, name))
			continue;
		if (found)
			return EINVAL;
		found = true;
		*value = v;
	}
	return err == ENOENT ? 0 : EINVAL;
}

static int bracketed(struct span *host, struct span *rest, struct span s)
{
	size_t end = span_find(s, ']');
	struct addr addr;

	if (end == s.len || addr_parse(&addr, span_of(s.p, end + 1)))
		return EINVAL;
	*host = span_of(s.p + 1, end - 1);
	*rest = span_skip(s, end + 1);
	return 0;
}

int sip_hostport_parse(struct span *host, uint16_t *port, struct span s)
{
	struct span name, rest;
	uint64_t number = 0;

	if (!s.len || s.len > HOST_MAX)
		return EINVAL;
	if (s.p[0] == '[') {
		if (bracketed(&name, &rest, s))
			return EINVAL;
	} else {
		name = span_of(s.p, run(s, SIP_HOST));
		if (!name.len || name.p[0] == '-' || name.p[0] == '.')
			return EINVAL;
		rest = span_skip(s, name.len);
	}
	rest = skip_space(rest);
	if (rest.len) {
		if (rest.p[0] != ':')
			return EINVAL;
		rest = skip_space(span_skip(rest, 1));
		if (rest.len > PORT_DIGITS ||
		    span_u64(rest, UINT16_MAX, &number) || !number)
			return EINVAL;
	}
	*host = name;
	*port = (uint16_t)number;
	return 0;
}
