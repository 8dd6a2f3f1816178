/*
 * uri.c - URIs, and CSeq and Content-Type by libre's decoders
 *
 * libre's uri_decode is not used: it is a search, so it finds a URI in what is
 * none, cuts [::ffff:192.0.2.1] at the first colon, lets a port wrap at 65536,
 * and costs more than all our checks. Its other decoders are held between two
 * checks: before, that the text fits the grammar, so that they match at the
 * first byte and in linear time; after, that their pieces are the whole.
 */
#include "rempart/sip/uri.h"

#include <assert.h>
#include <errno.h>

#include <re_types.h>
#include <re_fmt.h>
#include <re_list.h>
#include <re_sa.h>
#include <re_uri.h> /* for re_sip.h */
#include <re_msg.h>
#include <re_sip.h>

#include "grammar.h"

static struct pl to_pl(struct span s)
{
	return (struct pl){s.p, s.len};
}

static struct span to_span(struct pl pl)
{
	return pl.l ? span_of(pl.p, pl.l) : (struct span){0};
}

/* scheme = ALPHA *( ALPHA / DIGIT / "+" / "-" / "." ); token is near enough
 * for one that we do not serve. Returns its length, 0 when there is none. */
static size_t find_scheme(enum sip_scheme *scheme, struct span text)
{
	struct span name = span_of(text.p, span_find(text, ':'));

	if (name.len == text.len || !sip_is_token(name) ||
	    sip_is_digit(name.p[0]))
		return 0;
	if (span_ieq(name, SPAN("sip")))
		*scheme = SIP_SCHEME_SIP;
	else if (span_ieq(name, SPAN("sips")))
		*scheme = SIP_SCHEME_SIPS;
	else if (span_ieq(name, SPAN("tel")))
		*scheme = SIP_SCHEME_TEL;
	else if (span_istarts(text, SPAN("urn:service:")))
		*scheme = SIP_SCHEME_SERVICE;
	else
		*scheme = SIP_SCHEME_OTHER;
	return name.len;
}

static int userinfo_parse(struct sip_uri *uri, struct span info)
{
	size_t colon = span_find(info, ':');

	uri->user = span_of(info.p, colon);
	uri->password = span_skip(info, colon + 1);
	if (!uri->user.len)
		return EINVAL;
	return 0;
}

/* A parameter list of a URI may be anything that sip_param() can walk. */
static int uri_params_check(struct span params)
{
	struct span ignored;

	return sip_params_check(params, SPAN("lr"), &ignored);
}

/*
 * RFC 3261 25.1: an '@' in a parameter or header is escaped, so the only one
 * ends the user part, which alone may hold ';' and '?' (RFC 3261 19.1.2); the
 * first of those behind it ends the host.
 */
static int sip_parts(struct sip_uri *uri, struct span rest)
{
	size_t at = span_find(rest, '@');
	struct span hostport;

	if (at != rest.len) {
		if (userinfo_parse(uri, span_of(rest.p, at)))
			return EINVAL;
		rest = span_skip(rest, at + 1);
		if (span_find(rest, '@') != rest.len)
			return EINVAL;
	}
	hostport = span_of(rest.p, span_find(rest, ';'));
	hostport.len = span_find(hostport, '?');
	rest = span_skip(rest, hostport.len);
	uri->params = span_of(rest.p, span_find(rest, '?'));
	uri->headers = span_skip(rest, uri->params.len);
	if (uri_params_check(uri->params))
		return EINVAL;
	return sip_hostport_parse(&uri->host, &uri->port, hostport);
}

/* RFC 3966 section 3: digits and hexadecimal digits, '*', '#', '+' in front,
 * and visual separators. */
static bool is_tel_byte(char c)
{
	return sip_is_digit(c) || (c >= 'A' && c <= 'F') ||
	       (c >= 'a' && c <= 'f') || c == '*' || c == '#' || c == '-' ||
	       c == '.' || c == '(' || c == ')';
}

static int tel_parts(struct sip_uri *uri, struct span rest)
{
	size_t end = span_find(rest, ';');
	struct span number = span_of(rest.p, end);
	bool dialled = false;

	for (size_t i = 0; i < number.len; i++) {
		char c = number.p[i];

		if (!is_tel_byte(c) && (c != '+' || i))
			return EINVAL;
		dialled |= sip_is_digit(c) || c == '*' || c == '#';
	}
	if (!dialled)
		return EINVAL;
	uri->user = number;
	uri->params = span_skip(rest, end);
	return uri_params_check(uri->params);
}

int sip_uri_parse(struct sip_uri *out, struct span text)
{
	struct sip_uri uri = {.text = text};
	struct span rest;
	size_t len;
	int err = 0;

	if (text.len > SIP_VALUE_MAX)
		return EMSGSIZE;
	len = find_scheme(&uri.scheme, text);
	if (!len || sip_uri_bytes(text) != text.len || !sip_escapes_valid(text))
		return EINVAL;
	rest = span_skip(text, len + 1);
	if (!rest.len)
		return EINVAL;
	switch (uri.scheme) {
	case SIP_SCHEME_SIP:
	case SIP_SCHEME_SIPS:
		err = sip_parts(&uri, rest);
		break;
	case SIP_SCHEME_TEL:
		err = tel_parts(&uri, rest);
		break;
	case SIP_SCHEME_SERVICE:
	case SIP_SCHEME_OTHER:
		break; /* opaque */
	}
	if (err)
		return err;
	*out = uri;
	return 0;
}

/* One byte of a user part with its escape undone. */
static unsigned char user_byte(struct span *s)
{
	int c = s->len >= 3 && s->p[0] == '%' ? sip_hex_pair(s->p + 1) : -1;
	char raw = s->p[0];

	*s = span_skip(*s, c < 0 ? 1 : 3);
	return c < 0 ? (unsigned char)raw : (unsigned char)c;
}

static bool same_user(struct span a, struct span b)
{
	while (a.len && b.len) {
		if (user_byte(&a) != user_byte(&b))
			return false;
	}
	return !a.len && !b.len;
}

bool sip_uri_same_target(const struct sip_uri *a, const struct sip_uri *b)
{
	return a->port == b->port && span_ieq(a->host, b->host) &&
	       same_user(a->user, b->user);
}

int sip_user_decode(char *dst, size_t cap, struct span user)
{
	size_t len = 0;

	assert(cap >= 1);
	if (!sip_escapes_valid(user) || span_find(user, '\0') != user.len)
		return EINVAL;
	while (user.len) {
		unsigned char c = user_byte(&user);

		if (!c)
			return EINVAL;
		if (len + 1 >= cap)
			return ENOSPC;
		dst[len++] = (char)c;
	}
	dst[len] = '\0';
	return 0;
}

int sip_cseq_parse(uint32_t *number, struct span *method, struct span value)
{
	struct pl pl = to_pl(value);
	struct sip_cseq cseq;
	size_t digits = 0;
	uint64_t n;

	/* libre searches for its first digit, lets the number wrap and does
	 * not look behind the method. */
	while (digits < value.len && sip_is_digit(value.p[digits]))
		digits++;
	if (!digits || digits == value.len || !sip_is_space(value.p[digits]))
		return EINVAL;
	if (span_u64(span_of(value.p, digits), UINT32_MAX, &n))
		return ERANGE;
	if (value.len > SIP_VALUE_MAX || sip_cseq_decode(&cseq, &pl) ||
	    cseq.met.p + cseq.met.l != value.p + value.len ||
	    !sip_is_token(to_span(cseq.met)))
		return EINVAL;
	*number = (uint32_t)n;
	*method = to_span(cseq.met);
	return 0;
}

int sip_media_type_parse(struct span *type, struct span *subtype,
			 struct span value)
{
	size_t slash = span_find(value, '/');
	struct span after = span_trim(span_skip(value, slash + 1));
	struct pl pl = to_pl(value);
	struct msg_ctype ctype;
	struct span ignored;

	/* A type and a subtype stand there: libre matches at the start. */
	if (value.len > SIP_VALUE_MAX ||
	    !sip_is_token(span_trim(span_of(value.p, slash))) || !after.len ||
	    !sip_is_token_byte(after.p[0]))
		return EINVAL;
	if (msg_ctype_decode(&ctype, &pl) ||
	    !sip_is_token(to_span(ctype.type)) ||
	    !sip_is_token(to_span(ctype.subtype)) ||
	    sip_params_check(to_span(ctype.params), SPAN("charset"), &ignored))
		return EINVAL;
	*type = to_span(ctype.type);
	*subtype = to_span(ctype.subtype);
	return 0;
}
