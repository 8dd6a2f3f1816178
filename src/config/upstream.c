/* upstream.c - upstream: the PBX, and what each side is told of the other */
#include <string.h>

#include "groups.h"
#include "names.h"

enum { SIP_PORT = 5060 }; /* RFC 3261 19.1.2 */

/* NULL, or what is wrong with the parameters and what to do. */
static const char *judge_parameters(struct span rest)
{
	while (rest.len) {
		rest = span_skip(rest, 1); /* its ';' */

		size_t end = span_find(rest, ';');

		if (!span_ieq(span_of(rest.p, end), SPAN("transport=udp")))
			return "has a parameter that is not served. Only "
			       ";transport=udp may stand there";
		rest = span_skip(rest, end);
	}
	return NULL;
}

/* RFC 3261 25.1: in a URI an IPv6 address stands in brackets. */
static bool is_bare_ipv6(struct span host)
{
	struct span rest = span_skip(host, span_find(host, ':') + 1);

	return host.len && host.p[0] != '[' && span_find(rest, ':') < rest.len;
}

/* NULL and *out, or what is wrong with the URI and what to do. */
static const char *judge_uri(struct addr *out, struct span uri)
{
	if (span_istarts(uri, SPAN("sips:")))
		return "asks for TLS to the PBX, which is not served. Write "
		       "sip:ip:port";
	if (!span_istarts(uri, SPAN("sip:")))
		return "is not a SIP URI. Write sip:ip:port";

	struct span rest = span_skip(uri, 4);
	struct span host = span_of(rest.p, span_find(rest, ';'));
	const char *wrong = judge_parameters(span_skip(rest, host.len));

	if (wrong)
		return wrong;
	if (span_find(host, '@') < host.len || span_find(host, '?') < host.len)
		return "has a user or headers. Write sip:ip:port";
	if (is_bare_ipv6(host))
		return "has an IPv6 address without brackets. Write "
		       "sip:[2001:db8::5]:5060";
	if (names_address(out, host, SIP_PORT))
		return "does not name an address. Names are not looked up: "
		       "write the PBX's IP address, as in sip:192.0.2.5:5060 "
		       "or "
		       "sip:[2001:db8::5]:5060";
	if (addr_is_any(out) || !out->port)
		return "cannot be sent to. Write the address and port of the "
		       "PBX";
	return NULL;
}

static void read_uri(struct reader *rd)
{
	static const char key[] = "upstream.uri";
	struct proxy_settings *proxy = &rd->cfg->proxy;
	const char *text = reader_text(rd, key);
	const char *wrong =
		text ? judge_uri(&proxy->upstream, span_str(text)) : NULL;

	if (wrong)
		reader_fault(rd, reader_line(rd, key), "%s = \"%.80s\" %s", key,
			     text, wrong);
	else if (!reader_has(rd, key))
		reader_fault(rd, reader_line(rd, key),
			     "%s is missing. Write the PBX's address, as in "
			     "sip:192.0.2.5:5060",
			     key);
}

/* Loopback here is right only for a PBX on this machine. */
static void check_local(struct reader *rd, unsigned line, const char *text)
{
	const struct config *cfg = rd->cfg;
	const struct addr *local = &cfg->proxy.upstream_bind;
	const struct addr *pbx = &cfg->proxy.upstream;

	if (!local->port)
		reader_fault(rd, line,
			     "upstream.local = \"%.64s\" has port 0. Write a "
			     "port, or leave it out for %d",
			     text, SIP_PORT);
	if (!pbx->version)
		return; /* nothing to compare with, and said so */
	if (local->version != pbx->version)
		reader_fault(rd, line,
			     "upstream.local and upstream.uri are of different "
			     "IP versions. Write two addresses of one version");
	else if (addr_eq(local, pbx))
		reader_fault(rd, line,
			     "upstream.local is the PBX's own address and "
			     "port. Write this machine's address towards the "
			     "PBX, with another port if both share it");
	else if (!cfg->demo && addr_is_any(local))
		reader_fault(rd, line,
			     "upstream.local = \"%.64s\" is no address that "
			     "the PBX can answer to. Write this machine's "
			     "address towards the PBX",
			     text);
	else if (!cfg->demo && addr_is_loopback(local) &&
		 !addr_is_loopback(pbx))
		reader_fault(
			rd, line,
			"upstream.local = \"%.64s\" is the PBX itself when "
			"seen from the PBX. Write this machine's address "
			"towards the PBX",
			text);
}

static void read_local(struct reader *rd)
{
	static const char key[] = "upstream.local";
	struct proxy_settings *proxy = &rd->cfg->proxy;
	const char *text = reader_text(rd, key);

	if (!reader_has(rd, key))
		reader_fault(rd, reader_line(rd, key),
			     "%s is missing. Write this machine's address "
			     "towards the PBX: it is bound, and named to the "
			     "PBX",
			     key);
	else if (text &&
		 names_address(&proxy->upstream_bind, span_str(text), SIP_PORT))
		reader_fault(rd, reader_line(rd, key),
			     "%s = \"%.64s\" is not an address. Write ip or "
			     "ip:port (names are not looked up)",
			     key, text);
	else if (text)
		check_local(rd, reader_line(rd, key), text);
}

static void read_domain(struct reader *rd)
{
	static const char key[] = "upstream.domain";
	struct proxy_settings *proxy = &rd->cfg->proxy;
	const char *text = reader_text(rd, key);
	char ip[ADDR_TEXT_MAX];

	if (!text)
		span_copy(proxy->upstream_domain,
			  sizeof(proxy->upstream_domain),
			  span_of(ip, addr_print_ip(ip, &proxy->upstream)));
	else if (names_host(proxy->upstream_domain, span_str(text)))
		reader_fault(rd, reader_line(rd, key),
			     "%s = \"%.80s\" is not a host. Write a name "
			     "without sip: and without a port",
			     key, text);
}

/* SDES keys are as secret as the link that carries them (RFC 4568 7). */
static void read_srtp(struct reader *rd)
{
	static const char srtp[] = "upstream.srtp";
	static const char keys[] = "upstream.keys_in_clear";
	bool accepted = reader_flag(rd, keys);
	bool required = !strcmp(reader_text(rd, srtp), "required");

	rd->cfg->media.upstream_srtp = required;
	if (accepted && !required)
		reader_warn(rd, reader_line(rd, keys),
			    "%s = true is for srtp = \"required\" alone, and "
			    "there are no keys on that link now. Take it out",
			    keys);
	else if (accepted)
		reader_warn(rd, reader_line(rd, keys),
			    "%s = true: SRTP keys cross the link to the "
			    "PBX over UDP in clear. Keep that link private",
			    keys);
	else if (required)
		reader_fault(rd, reader_line(rd, srtp),
			     "%s = \"required\" sends SRTP keys over UDP in "
			     "clear. Write keys_in_clear = true if that "
			     "link is trusted, or srtp = \"off\"",
			     srtp);
}

/* What is weaker than a phone may think is said, and has to be asked for. */
static void read_sips(struct reader *rd)
{
	static const char sips[] = "upstream.sips";
	struct proxy_settings *proxy = &rd->cfg->proxy;
	const char *value = reader_text(rd, sips);

	proxy->sips_inside_secure = !strcmp(value, "inside-is-secure");
	if (proxy->sips_inside_secure)
		reader_warn(rd, reader_line(rd, sips),
			    "%s = \"inside-is-secure\": sips: calls go to the "
			    "PBX without TLS (RFC 5630 4 asks for it on every "
			    "hop). Write \"refuse\" unless that link is "
			    "protected otherwise",
			    sips);
}

void group_upstream(struct reader *rd)
{
	struct proxy_settings *proxy = &rd->cfg->proxy;

	if (!reader_has(rd, "upstream"))
		return;
	proxy->has_upstream = true;
	read_uri(rd);
	read_local(rd);
	read_domain(rd);
	read_srtp(rd);
	read_sips(rd);
	reader_where(rd, proxy->where_upstream, "upstream.uri");
	reader_where(rd, proxy->where_srtp, "upstream.srtp");
}
