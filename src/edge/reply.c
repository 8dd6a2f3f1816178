/* reply.c - answers that the edge gives itself */
#include "rempart/base/hash.h"

#include "state.h"

/* Phrases of the codes that we send; the reason table has the why. */
const char *phrase_of(uint16_t code)
{
	static const struct {
		uint16_t code;
		const char *phrase;
	} table[] = {
		{100, "Trying"},
		{200, "OK"},
		{400, "Bad Request"},
		{401, "Unauthorized"},
		{403, "Forbidden"},
		{404, "Not Found"},
		{405, "Method Not Allowed"},
		{408, "Request Timeout"},
		{413, "Request Entity Too Large"},
		{415, "Unsupported Media Type"},
		{416, "Unsupported URI Scheme"},
		{420, "Bad Extension"},
		{423, "Interval Too Brief"},
		{430, "Flow Failed"},
		{480, "Temporarily Unavailable"},
		{481, "Call/Transaction Does Not Exist"},
		{482, "Loop Detected"},
		{483, "Too Many Hops"},
		{487, "Request Terminated"},
		{488, "Not Acceptable Here"},
		{500, "Server Internal Error"},
		{503, "Service Unavailable"},
		{505, "Version Not Supported"},
		{513, "Message Too Large"},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (table[i].code == code)
			return table[i].phrase;
	return "Refused";
}

/* Next ";name=value" of a Via, quotes respected; false at the end. */
static bool next_param(struct span *rest, struct span *param)
{
	bool quoted = false;
	size_t i = 1;

	if (!rest->len)
		return false;
	for (; i < rest->len && (quoted || rest->p[i] != ';'); i++)
		if (rest->p[i] == '"')
			quoted = !quoted;
	*param = span_trim(span_of(rest->p + 1, i - 1));
	*rest = span_skip(*rest, i);
	return true;
}

static bool is_named(struct span param, struct span name)
{
	size_t end = span_find(param, '=');

	return span_ieq(span_trim(span_of(param.p, end)), name);
}

/* RFC 3261 18.2.1 and RFC 3581 4: received always, rport where asked for. */
static void put_top_via(struct text *out, const struct sip_hop *hop,
			const struct addr *source)
{
	struct span rest = hop->params, param;
	char ip[ADDR_TEXT_MAX];
	bool rport = false;

	text_put(out, span_trim(span_of(hop->text.p,
					hop->text.len - hop->params.len)));
	while (next_param(&rest, &param)) {
		if (is_named(param, SPAN("rport"))) {
			rport = true;
			continue;
		}
		if (is_named(param, SPAN("received")) || !param.len)
			continue;
		text_putc(out, ';');
		text_put(out, param);
	}
	text_puts(out, ";received=");
	text_put(out, span_of(ip, addr_print_ip(ip, source)));
	if (rport) {
		text_puts(out, ";rport=");
		text_u64(out, source->port);
	}
}

void put_via_received(struct edge *edge, struct text *out, struct peer from,
		      const struct sip_message *msg)
{
	struct sip_values walk = {0};
	struct span value;
	bool top = true;
	const struct conn *conn =
		from.side == PASSAGE_PHONE ? conn_find(edge, from.conn) : NULL;
	const struct addr *source =
		conn ? &conn->peer : &edge->set.proxy->upstream;

	while (sip_values_next(msg, SIP_HEADER_VIA, &walk, &value)) {
		text_puts(out, "Via: ");
		/* One that cannot be read goes back as it came. */
		if (top && msg->via.text.len)
			put_top_via(out, &msg->via, source);
		else
			text_put(out, value);
		text_puts(out, "\r\n");
		top = false;
	}
}

void own_tag(struct edge *edge, struct text *out, const struct sip_message *msg)
{
	char buf[512];
	struct text txt = text_init(buf, sizeof(buf));

	text_put(&txt,
		 span_of(msg->call_id.p,
			 msg->call_id.len < 200 ? msg->call_id.len : 200));
	text_putc(&txt, ' ');
	text_put(&txt,
		 span_of(msg->from_tag.p,
			 msg->from_tag.len < 200 ? msg->from_tag.len : 200));
	text_u64(&txt, msg->cseq);
	uint64_t hash = hash_bytes(edge->check_key, txt.p, txt.len);
	text_puts(out, "rp");
	text_hex(out, &hash, sizeof(hash));
}

uint64_t reply_check(struct edge *edge)
{
	const struct sip_message *msg = &edge->msg;
	const struct span parts[] = {msg->call_id, msg->from_tag};
	char buf[64];
	struct text txt = text_init(buf, sizeof(buf));

	text_u64(&txt, msg->cseq);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		uint64_t hash =
			hash_bytes(edge->hash_key, parts[i].p, parts[i].len);
		text_hex(&txt, &hash, sizeof(hash));
	}
	return hash_bytes(edge->check_key, txt.p, txt.len);
}

void reply_head(struct edge *edge, struct text *out, uint16_t code,
		const char *phrase)
{
	const struct sip_message *msg = &edge->msg;

	(void)edge;
	text_puts(out, "SIP/2.0 ");
	text_u64(out, code);
	text_putc(out, ' ');
	text_puts(out, phrase);
	text_puts(out, "\r\nFrom: ");
	text_put(out, sip_message_value(msg, SIP_HEADER_FROM));
	text_puts(out, "\r\nCall-ID: ");
	text_put(out, msg->call_id);
	text_puts(out, "\r\nCSeq: ");
	text_put(out, sip_message_value(msg, SIP_HEADER_CSEQ));
	text_puts(out, "\r\nTo: ");
	text_put(out, sip_message_value(msg, SIP_HEADER_TO));
	if (!msg->to_tag.len && code > 100) {
		text_puts(out, ";tag=");
		own_tag(edge, out, msg);
	}
	text_puts(out, "\r\n");
}

void peer_seen(struct edge *edge, struct peer peer, bool sent,
	       struct span message)
{
	struct edge_seen seen = {.sent = sent, .message = message};
	const struct conn *conn;

	if (!edge->tracing)
		return;
	conn = conn_find(edge, peer.conn);
	if (peer.side == PASSAGE_UPSTREAM)
		seen.peer = edge->set.proxy->upstream;
	else if (conn)
		seen.peer = conn->peer;
	edge->io.seen(edge->io.arg, &seen);
}

int peer_send(struct edge *edge, struct peer to, struct span bytes)
{
	peer_seen(edge, to, true, bytes);
	if (to.side == PASSAGE_UPSTREAM)
		return edge->io.send_upstream(edge->io.arg, bytes.p, bytes.len);
	edge->io.send_conn(edge->io.arg, to.conn, bytes.p, bytes.len);
	return 0;
}

void reply_now(struct edge *edge, struct peer to, uint16_t code,
	       const char *phrase, const char *headers)
{
	struct text out = text_init(edge->out, sizeof(edge->out));

	reply_head(edge, &out, code, phrase);
	put_via_received(edge, &out, to, &edge->msg);
	if (headers)
		text_puts(&out, headers);
	text_puts(&out, "Content-Length: 0\r\n\r\n");
	if (!out.full)
		(void)peer_send(edge, to, text_span(&out));
}

/* RFC 3261 20.43: 399 is for whatever a person should see. */
static void put_warning(struct text *out, const struct verdict *why)
{
	const char *text =
		why->detail[0] ? why->detail : reason_text(why->reason);

	text_puts(out, "Warning: ");
	text_puts(out, why->reason == REASON_SIPS ? "380" : "399");
	text_puts(out, " rempart \"");
	text_puts(out, reason_name(why->reason));
	text_puts(out, ": ");
	for (; *text; text++) {
		char c = *text;
		text_putc(out, c == '"' || c == '\\' || (unsigned char)c < ' '
				       ? '\''
				       : c);
	}
	if (why->record) {
		text_puts(out, " (record ");
		text_u64(out, why->record);
		text_putc(out, ')');
	}
	text_puts(out, "\"\r\n");
}

/* What a refused peer needs to know, as header lines. */
void put_refusal(struct text *out, const struct verdict *why)
{
	put_warning(out, why);
	dialling_put_reason(out, why);
	if (why->retry_after_s) {
		text_puts(out, "Retry-After: ");
		text_u64(out, why->retry_after_s);
		text_puts(out, "\r\n");
	}
	if (why->sip_code == 420) {
		text_puts(out, "Unsupported: ");
		text_puts(out, why->detail);
		text_puts(out, "\r\n");
	}
	if (why->sip_code == 423) {
		text_puts(out, "Min-Expires: ");
		text_u64(out, REGISTRAR_EXPIRES_MIN_S);
		text_puts(out, "\r\n");
	}
	if (why->sip_code == 405)
		text_puts(out, ALLOW_LINE);
	if (why->sip_code == 415)
		text_puts(out, "Accept: application/sdp\r\n");
}

void refuse(struct edge *edge, struct peer from, const struct verdict *why)
{
	char buf[512];
	struct text extra = text_init(buf, sizeof(buf) - 1);
	struct verdict said = *why;

	said.record = record_refusal(edge, from, why);
	if (why->action == ACTION_DROP || edge->msg.method == SIP_METHOD_ACK ||
	    !why->sip_code)
		return;
	put_refusal(&extra, &said);
	buf[extra.len] = '\0';
	reply_now(edge, from, why->sip_code, phrase_of(why->sip_code),
		  extra.full ? NULL : buf);
}
