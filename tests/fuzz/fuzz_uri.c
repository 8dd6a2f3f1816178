/* links: sip */
/* fuzz_uri.c - every value that is accepted is made of its parts alone: no
 * byte is skipped, left over or taken from elsewhere; and libre reads the same
 * URI in it */
#include <stdint.h>
#include <stdlib.h>

#include <re_types.h>
#include <re_fmt.h>
#include <re_sa.h>
#include <re_uri.h>

#include "rempart/sip/uri.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool fits)
{
	if (!fits)
		abort();
}

static bool inside(struct span part, struct span whole)
{
	return !part.len ||
	       (part.p >= whole.p && part.p + part.len <= whole.p + whole.len);
}

static bool same(struct pl pl, struct span s)
{
	return span_eq(span_of(pl.p, pl.l), s);
}

/* Its host and port are left out: it cuts [::ffff:192.0.2.1] at the first
 * colon. */
static void check_libre(const struct sip_uri *uri)
{
	struct pl text = {uri->text.p, uri->text.len};
	struct uri re;

	require(!uri_decode(&re, &text));
	require(re.scheme.p == uri->text.p);
	require(same(re.user, uri->user));
	require(same(re.params, uri->params));
	require(same(re.headers, uri->headers));
}

/* Writes the URI again from its parts: scheme and port aside, it must be the
 * text. */
static void check_uri(const struct sip_uri *uri)
{
	size_t colon = span_find(uri->text, ':');
	size_t len =
		colon + 1 + uri->host.len + uri->params.len + uri->headers.len;
	char user[SIP_VALUE_MAX + 1];

	require(uri->text.len && colon < uri->text.len);
	for (size_t i = 0; i < uri->text.len; i++)
		require((uint8_t)uri->text.p[i] > ' ' &&
			(uint8_t)uri->text.p[i] < 0x7f);
	require(inside(uri->user, uri->text) && inside(uri->host, uri->text) &&
		inside(uri->password, uri->text) &&
		inside(uri->params, uri->text) &&
		inside(uri->headers, uri->text));
	require(sip_uri_same_target(uri, uri));
	(void)!sip_user_decode(user, sizeof(user), uri->user);
	if (uri->scheme == SIP_SCHEME_OTHER)
		return;
	if (uri->scheme == SIP_SCHEME_TEL) {
		require(len + uri->user.len == uri->text.len);
		return;
	}
	require(uri->host.len);
	check_libre(uri);
	if (uri->user.len) /* with '@', and ':' when a password follows */
		len += uri->user.len + uri->password.len + 1;
	require(len <= uri->text.len && uri->text.len - len <= 9);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = span_of((const char *)data, size);
	struct span rest = text;
	struct sip_address addr;
	struct span value;
	struct sip_uri uri;
	struct sip_hop hop;
	size_t total = 0;

	if (!sip_uri_parse(&uri, text)) {
		require(span_eq(uri.text, text));
		check_uri(&uri);
	}
	if (!sip_address_parse(&addr, text)) {
		require(inside(addr.display, text));
		require(inside(addr.uri.text, text));
		require(inside(addr.params, text));
		check_uri(&addr.uri);
		(void)sip_param(addr.params, SPAN("tag"), &value);
	}
	if (!sip_hop_parse(&hop, text)) {
		require(hop.host.len && hop.transport.len);
		require(inside(hop.host, text) && inside(hop.branch, text));
	}
	while (sip_value_next(&rest, &value)) {
		require(inside(value, text));
		require(++total <= size);
	}
	return 0;
}
