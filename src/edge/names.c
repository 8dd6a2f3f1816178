/* names.c - how each side sees us, and which URIs mean us or our PBX */
#include "state.h"

enum { SIP_PORT = 5060, SIPS_PORT = 5061 };

void put_host(struct text *txt, struct span host)
{
	bool ipv6 = span_find(host, ':') < host.len;

	if (ipv6)
		text_putc(txt, '[');
	text_put(txt, host);
	if (ipv6)
		text_putc(txt, ']');
}

static void put_addr(struct text *txt, const struct addr *addr,
		     uint16_t usual_port)
{
	char ip[ADDR_TEXT_MAX];
	size_t len = addr_print_ip(ip, addr);

	put_host(txt, span_of(ip, len));
	if (addr->port != usual_port) {
		text_putc(txt, ':');
		text_u64(txt, addr->port);
	}
}

/* The name of the phone's side: advertise, else where its connection ends. */
static void phone_name(struct edge *edge, struct text *txt, uint64_t id)
{
	const struct conn *conn = conn_find(edge, id);
	const struct proxy_name *name =
		proxy_advertised(edge->set.proxy, conn ? &conn->peer : NULL);

	/* One that came by listen.legacy finds no TLS 1.2 on the usual port. */
	uint16_t port = conn && conn->legacy ? conn->local.port : name->port;

	if (name->host[0]) {
		put_host(txt, span_str(name->host));
		if (port && port != SIPS_PORT) {
			text_putc(txt, ':');
			text_u64(txt, port);
		}
		return;
	}
	if (conn)
		put_addr(txt, &conn->local, SIPS_PORT);
	else
		text_puts(txt, "invalid.invalid");
}

void own_name(struct edge *edge, struct own_name *out, struct peer to)
{
	struct text txt = text_init(out->text, sizeof(out->text) - 1);

	if (to.side == PASSAGE_UPSTREAM)
		put_addr(&txt, &edge->set.proxy->upstream_bind, SIP_PORT);
	else
		phone_name(edge, &txt, to.conn);
	out->text[txt.len] = '\0';
}

static uint16_t port_of(const struct sip_uri *uri)
{
	struct span transport;

	if (uri->port)
		return uri->port;
	if (uri->scheme == SIP_SCHEME_SIPS)
		return SIPS_PORT;
	if (sip_param(uri->params, SPAN("transport"), &transport) &&
	    span_ieq(transport, SPAN("tls")))
		return SIPS_PORT;
	return SIP_PORT;
}

static bool is_addr(const struct sip_uri *uri, const struct addr *addr)
{
	struct addr host;

	return !addr_parse(&host, uri->host) && addr_ip_eq(&host, addr) &&
	       port_of(uri) == addr->port;
}

/* Ours: the host, with our port or, as phones write it, with none. */
static bool is_own_addr(const struct sip_uri *uri, const struct addr *addr)
{
	struct addr host;

	return !addr_parse(&host, uri->host) && addr_ip_eq(&host, addr) &&
	       (!uri->port || uri->port == addr->port);
}

/* A name by which phones know us, whose connection this may be. */
static bool is_own_name(const struct sip_uri *uri,
			const struct proxy_name *name, const struct conn *conn)
{
	if (!name->host[0] || !span_ieq(uri->host, span_str(name->host)))
		return false;
	return !uri->port ||
	       uri->port == (name->port ? name->port : SIPS_PORT) ||
	       (conn && conn->legacy && uri->port == conn->local.port);
}

bool own_uri(struct edge *edge, const struct sip_uri *uri, struct peer from)
{
	const struct proxy_settings *set = edge->set.proxy;
	const struct conn *conn =
		from.side == PASSAGE_PHONE ? conn_find(edge, from.conn) : NULL;

	if (uri->scheme == SIP_SCHEME_TEL)
		return false;
	if (set->has_upstream && is_addr(uri, &set->upstream_bind))
		return true;
	/* Both from anybody: a phone goes out of the house in a call. */
	if (is_own_name(uri, &set->advertise, conn) ||
	    is_own_name(uri, &set->advertise_inside, conn))
		return true;
	return conn && is_own_addr(uri, &conn->local);
}

bool upstream_uri(struct edge *edge, const struct sip_uri *uri)
{
	const struct proxy_settings *set = edge->set.proxy;

	return set->has_upstream &&
	       (is_addr(uri, &set->upstream) ||
		span_ieq(uri->host, span_str(set->upstream_domain)));
}
