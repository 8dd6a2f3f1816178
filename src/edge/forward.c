/* forward.c - a request written for its next hop (RFC 3261 16.6) */
#include <assert.h>
#include <string.h>

#include "rempart/proxy/branch.h"
#include "rempart/proxy/headers.h"
#include "rempart/proxy/proof.h"

#include "state.h"

static void put_own_via(struct edge *edge, struct text *out, struct peer to,
			const uint64_t branch[static 2])
{
	struct own_name name;

	own_name(edge, &name, to);
	text_puts(out, to.side == PASSAGE_UPSTREAM ? "Via: SIP/2.0/UDP "
						   : "Via: SIP/2.0/TLS ");
	text_puts(out, name.text);
	text_puts(out, ";branch=");
	branch_write(out, branch[0], branch[1]);
	if (to.side == PASSAGE_UPSTREAM)
		text_puts(out, ";rport");
	text_puts(out, "\r\n");
}

/* Our entry as the given peer sees it. */
static void put_own_record_route(struct edge *edge, struct text *out,
				 const struct passage *pas, struct peer facing)
{
	struct proof proof = {
		.passage = pas->number,
		.side = facing.side == PASSAGE_UPSTREAM,
		.time_s = pas->time_s,
	};
	struct own_name name;

	for (unsigned end = 0; end < 2; end++)
		if (pas->end[end].name[0])
			memcpy(proof.names[proof.name_count++],
			       pas->end[end].name, sizeof(proof.names[0]));
	own_name(edge, &name, facing);
	text_puts(out, "Record-Route: <sip:");
	proof_write(out, &proof, edge->proof_key, span_str(pas->call_id),
		    span_str(pas->from_tag));
	text_putc(out, '@');
	text_puts(out, name.text);
	text_puts(out, facing.side == PASSAGE_UPSTREAM ? ";lr>\r\n"
						       : ";transport=tls;lr>"
							 "\r\n");
}

/* Double, for the transport changes between our sides: the entry that the
 * next hop sees stands first (RFC 5658). */
void forward_put_record_routes(struct edge *edge, struct text *out,
			       const struct passage *pas,
			       const struct peer facing[static 2])
{
	put_own_record_route(edge, out, pas, facing[0]);
	put_own_record_route(edge, out, pas, facing[1]);
}

void forward_put_headers(struct edge *edge, struct text *out, struct peer from)
{
	const struct sip_message *msg = &edge->msg;

	for (size_t i = 0; i < msg->line_count; i++) {
		const struct sip_line *line = &msg->lines[i];
		bool pass = from.side == PASSAGE_PHONE
				    ? headers_pass_from_phone(line->id,
							      msg->is_request)
				    : headers_pass_from_upstream(
					      line->id, msg->is_request);
		if (!pass)
			continue;
		if (line->id == SIP_HEADER_OTHER)
			text_put(out, line->name);
		else
			text_puts(out, sip_header_name(line->id));
		text_puts(out, ": ");
		text_put(out, line->value);
		text_puts(out, "\r\n");
	}
}

void forward_put_body(struct edge *edge, struct text *out, bool new_body,
		      struct span body)
{
	const struct sip_message *msg = &edge->msg;

	if (!new_body)
		body = media_stray(msg) ? (struct span){0} : msg->body;
	if (body.len && sip_message_has(msg, SIP_HEADER_CONTENT_TYPE)) {
		text_puts(out, "Content-Type: ");
		text_put(out, sip_message_value(msg, SIP_HEADER_CONTENT_TYPE));
		text_puts(out, "\r\n");
	}
	text_puts(out, "Content-Length: ");
	text_u64(out, body.len);
	text_puts(out, "\r\n\r\n");
	text_put(out, body);
}

static void put_lines(struct edge *edge, struct text *out, enum sip_header id)
{
	const struct sip_message *msg = &edge->msg;

	for (size_t i = 0; i < msg->line_count; i++) {
		if (msg->lines[i].id != id)
			continue;
		text_puts(out, sip_header_name(id));
		text_puts(out, ": ");
		text_put(out, msg->lines[i].value);
		text_puts(out, "\r\n");
	}
}

struct verdict forward_write(struct edge *edge, struct peer from,
			     const struct outgoing *how, uint64_t number,
			     uint64_t random)
{
	struct text out = text_init(edge->out, sizeof(edge->out));
	const struct sip_message *msg = &edge->msg;
	const uint64_t branch[2] = {number, random};
	/* A phone learns no name of ours but its own, not the other phone's. */
	const struct peer facing[2] = {
		how->to, from.side == how->to.side ? how->to : from};

	text_put(&out, msg->method_name);
	text_putc(&out, ' ');
	text_put(&out, how->ruri);
	text_puts(&out, " SIP/2.0\r\n");
	put_own_via(edge, &out, how->to, branch);
	put_via_received(edge, &out, from, msg);
	text_puts(&out, "Max-Forwards: ");
	text_u64(&out, msg->max_forwards - 1);
	text_puts(&out, "\r\n");
	if (how->route.len) {
		text_puts(&out, "Route: ");
		text_put(&out, how->route);
		text_puts(&out, "\r\n");
	}
	if (how->record_route)
		forward_put_record_routes(edge, &out, how->record_route,
					  facing);
	/* A phone is an end: it cannot put itself into a route. */
	if (from.side == PASSAGE_UPSTREAM)
		put_lines(edge, &out, SIP_HEADER_RECORD_ROUTE);
	if (how->contacts.len)
		text_put(&out, how->contacts);
	else
		put_lines(edge, &out, SIP_HEADER_CONTACT);
	forward_put_headers(edge, &out, from);
	size_t head_len = out.len;
	forward_put_body(edge, &out, how->new_body, how->body);
	edge->out_len = out.len;
	if (out.full || head_len > SIP_HEAD_MAX)
		return verdict_reject(REASON_MESSAGE_TOO_LARGE, NULL);
	return verdict_pass();
}

struct span forward_written(const struct edge *edge)
{
	return span_of(edge->out, edge->out_len);
}

struct verdict forward_request(struct edge *edge, struct exchange *x,
			       const struct outgoing *how)
{
	x->number = edge_number(edge);
	x->random = edge_random(edge);
	x->target = how->to;

	struct verdict verdict =
		forward_write(edge, x->origin, how, x->number, x->random);
	if (!verdict_passes(&verdict))
		return verdict;
	if (exchange_send(edge, x, forward_written(edge)))
		return verdict_reject(REASON_UPSTREAM_SEND, NULL);
	if (x->method == SIP_METHOD_INVITE)
		x->ring_until_us =
			edge->time.now_us + (uint64_t)EDGE_RING_S * US_PER_S;
	exchange_rearm(edge, x);
	return verdict;
}

struct span forward_contact(struct edge *edge, char *buf, size_t cap,
			    struct peer to, const char *token)
{
	struct text txt = text_init(buf, cap);
	struct sip_address contact;
	struct own_name name;

	if (to.side != PASSAGE_UPSTREAM || !token[0] ||
	    !sip_message_has(&edge->msg, SIP_HEADER_CONTACT))
		return (struct span){0};
	own_name(edge, &name, to);
	text_puts(&txt, "Contact: <sip:");
	text_puts(&txt, token);
	text_putc(&txt, '@');
	text_puts(&txt, name.text);
	text_putc(&txt, '>');
	/* Parameters that do not fit are left out, never the rewriting. */
	if (!sip_address_parse(
		    &contact,
		    sip_message_value(&edge->msg, SIP_HEADER_CONTACT)) &&
	    contact.params.len + 2 < cap - txt.len)
		text_put(&txt, contact.params);
	text_puts(&txt, "\r\n");
	assert(!txt.full);
	return text_span(&txt);
}
