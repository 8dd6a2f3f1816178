/* call.c - passages as the edge uses them: begin, end, our own requests */
#include <stdlib.h>
#include <string.h>

#include "rempart/proxy/branch.h"

#include "state.h"

enum { US_PER_MS = 1000 };

void late_offer_keep(struct edge *edge, struct passage *pas,
		     const struct dialog *dlg, unsigned from, uint32_t offer)
{
	struct call *call = pas->owner;
	struct late_offer *late = late_offer_find(call, dlg, !from);

	if (!late) {
		late = calloc(1, sizeof(*late));
		if (!late || blob_set(&late->tag, span_str(dlg->to_tag))) {
			free(late);
			call_offer_drop(edge, pas->number, offer);
			return; /* its ACK will be asked for nothing */
		}
		late->next = call->late;
		call->late = late;
	}
	call_offer_drop(edge, pas->number, late->offer);
	blob_free(&late->answer);
	late->from = from;
	late->cseq = edge->msg.cseq;
	late->offer = offer;
}

struct late_offer *late_offer_find(const struct call *call,
				   const struct dialog *dlg, unsigned to)
{
	struct late_offer *late = call->late;

	while (late && (late->from == to ||
			!span_eq(blob_span(&late->tag), span_str(dlg->to_tag))))
		late = late->next;
	return late;
}

static void late_offer_free(struct call *call, struct late_offer *late)
{
	struct late_offer **p = &call->late;

	while (*p != late)
		p = &(*p)->next;
	*p = late->next;
	blob_free(&late->tag);
	blob_free(&late->answer);
	free(late);
}

/* With the offers in it that nobody will answer now. */
static void drop_dialog(struct edge *edge, struct passage *pas,
			struct dialog *dlg)
{
	struct call *call = pas->owner;
	struct late_offer *late;

	for (unsigned end = 0; end < 2; end++) {
		late = late_offer_find(call, dlg, end);
		if (!late)
			continue;
		call_offer_drop(edge, pas->number, late->offer);
		late_offer_free(call, late);
	}
	dialog_free(pas, dlg);
}

void late_offer_answered(struct edge *edge, struct passage *pas,
			 struct late_offer *late, struct span answer)
{
	call_offer_drop(edge, pas->number, late->offer);
	late->offer = 0;
	/* Without memory a repeated ACK has none. */
	if (answer.len && blob_set(&late->answer, answer))
		return;
}

void call_free_owner(struct edge *edge, struct call *call)
{
	if (!call)
		return;
	blob_free(&call->from_value);
	blob_free(&call->to_value);
	while (call->late)
		late_offer_free(call, call->late);
	call_media_close(edge, call);
	free(call);
}

/* Both ends' connections count it, so that they are not closed as idle. */
static void hold_conns(struct edge *edge, struct call *call,
		       const struct exchange *x)
{
	const struct peer peers[2] = {x->origin, x->target};

	for (unsigned end = 0; end < 2; end++) {
		struct conn *conn = peers[end].side == PASSAGE_PHONE
					    ? conn_find(edge, peers[end].conn)
					    : NULL;
		if (!conn)
			continue;
		call->conns[end] = conn->id;
		call->legacy |= conn->legacy;
		conn->passages++;
	}
}

struct passage *call_begin(struct edge *edge, struct exchange *x,
			   enum passage_kind kind)
{
	const struct sip_message *msg = &edge->msg;
	struct conn *conn = x->origin.side == PASSAGE_PHONE
				    ? conn_find(edge, x->origin.conn)
				    : NULL;
	struct call *call;
	struct passage *pas;
	struct record rec = {0};

	if (conn && conn->passages >= EDGE_CONN_PASSAGES_MAX)
		return NULL;
	call = calloc(1, sizeof(*call));
	if (!call)
		return NULL;
	if (blob_set(&call->from_value,
		     sip_message_value(msg, SIP_HEADER_FROM)) ||
	    blob_set(&call->to_value, sip_message_value(msg, SIP_HEADER_TO)) ||
	    passage_new(edge->passages, edge_number(edge), kind, msg, &pas)) {
		call_free_owner(edge, call);
		return NULL;
	}
	if (x->origin.side == PASSAGE_PHONE && pas->caller_route)
		pas->caller_route[0] = '\0'; /* a phone is an end */
	record_peer(edge, &rec, x->origin);
	call->facts = *x->facts;
	call->source = rec.source;
	memcpy(call->tls, rec.tls, sizeof(call->tls));
	call->started_us = edge->time.now_us;
	call->pending = true;
	call->emergency = x->emergency;
	hold_conns(edge, call, x);
	pas->owner = call;
	pas->time_s = (uint32_t)(edge->time.wall_us / US_PER_S);
	return pas;
}

struct binding *passage_binding(struct edge *edge, const struct passage *pas,
				unsigned end)
{
	struct token token;

	return token_read(&token, span_str(pas->end[end].name))
		       ? binding_find(edge->bindings, &token)
		       : NULL;
}

struct peer passage_peer(struct edge *edge, const struct passage *pas,
			 unsigned end)
{
	const struct passage_end *who = &pas->end[end];
	struct peer peer = {who->side, who->conn};

	if (who->side == PASSAGE_PHONE && who->name[0]) {
		const struct binding *bnd = passage_binding(edge, pas, end);

		peer.conn = bnd ? bnd->conn : 0;
	}
	return peer;
}

void call_answered(struct edge *edge, struct passage *pas)
{
	struct call *call = pas->owner;

	if (!call->answered_us)
		call->answered_us = edge->time.now_us;
	call->pending = false;
}

void call_forget(struct edge *edge, struct passage *pas)
{
	struct call *call = pas->owner;

	for (unsigned end = 0; end < 2; end++) {
		struct conn *conn = conn_find(edge, call->conns[end]);

		if (conn)
			conn->passages--;
	}
	call_free_owner(edge, call);
	passage_free(edge->passages, pas);
}

/* Once a call: what is left of it may be kept for a while after. */
static void record_end(struct edge *edge, const struct passage *pas,
		       enum reason reason, uint16_t code)
{
	struct call *call = pas->owner;
	bool challenge = code == 401 || code == 407;

	if (pas->kind != PASSAGE_INVITE || call->recorded)
		return;
	struct record *rec = record_begin(
		edge, RECORD_CALL,
		challenge ? RECORD_VERDICT_CHALLENGE : RECORD_VERDICT_END,
		challenge ? REASON_CHALLENGED : reason);
	record_facts(rec, &call->facts);
	rec->code = code;
	rec->source = call->source;
	memcpy(rec->tls, call->tls, sizeof(rec->tls));
	if (call->legacy)
		record_legacy(rec);
	if (call->answered_us)
		rec->duration_ms =
			(edge->time.now_us - call->answered_us) / US_PER_MS;
	call->recorded = true;
	call_farewell(edge, pas, rec);
	call_media_close(edge, call);
}

void call_end(struct edge *edge, struct passage *pas, enum reason reason,
	      uint16_t code)
{
	record_end(edge, pas, reason, code);
	call_forget(edge, pas);
}

static const struct dialog *find_confirmed(const struct passage *pas)
{
	const struct dialog *dlg = pas->dialogs;

	while (dlg && !dlg->confirmed)
		dlg = dlg->next;
	return dlg;
}

void call_dialog_gone(struct edge *edge, struct passage *pas,
		      struct dialog *dlg, enum reason reason)
{
	struct call *call = pas->owner;
	const struct dialog *left;

	/* RFC 5057: the BYE ends the call, a transfer still reports. */
	if (dlg && call->referred && pas->kind == PASSAGE_INVITE &&
	    !call->pending) {
		record_end(edge, pas, reason, 0);
		call->over = true;
		pas->expires_us = edge->time.now_us;
		return;
	}
	if (dlg)
		drop_dialog(edge, pas, dlg);
	left = find_confirmed(pas);
	/* The media was perhaps that of the fork that is gone. */
	if (left)
		call_media_answered(edge, pas, left);
	if (call->pending || left)
		return;
	record_end(edge, pas, reason, 0);
	/* Forks that only rang may still be answered until it settles. */
	if (!pas->dialogs || call->settled)
		call_end(edge, pas, reason, 0);
}

void call_settled(struct edge *edge, struct passage *pas)
{
	struct call *call = pas->owner;
	struct dialog *next;

	call->settled = true;
	for (struct dialog *dlg = pas->dialogs; dlg; dlg = next) {
		next = dlg->next;
		if (!dlg->confirmed)
			drop_dialog(edge, pas, dlg);
	}
	if (!pas->dialogs)
		call_end(edge, pas, REASON_CALL_ENDED, 0);
}

/* From and To as that end knows them: end 0 is From in what goes to end 1. */
static void put_parties(struct text *out, const struct passage *pas,
			const struct dialog *dlg, unsigned to_end)
{
	const struct call *call = pas->owner;

	text_puts(out, to_end ? "From: " : "To: ");
	text_put(out, blob_span(&call->from_value));
	text_puts(out, to_end ? "\r\nTo: " : "\r\nFrom: ");
	text_put(out, blob_span(&call->to_value));
	text_puts(out, ";tag=");
	text_puts(out, dlg->to_tag);
	text_puts(out, "\r\nCall-ID: ");
	text_puts(out, pas->call_id);
	text_puts(out, "\r\n");
}

static void put_start(struct edge *edge, struct text *out,
		      const struct exchange *x, struct span ruri)
{
	struct own_name name;

	own_name(edge, &name, x->target);
	text_puts(out, sip_method_text(x->method));
	text_putc(out, ' ');
	text_put(out, ruri);
	text_puts(out, x->target.side == PASSAGE_UPSTREAM
			       ? " SIP/2.0\r\nVia: SIP/2.0/UDP "
			       : " SIP/2.0\r\nVia: SIP/2.0/TLS ");
	text_puts(out, name.text);
	text_puts(out, ";branch=");
	branch_write(out, x->number, x->random);
	text_puts(out, "\r\nMax-Forwards: 70\r\n");
}

/* why: one without a code says nothing. */
static void put_end(struct text *out, enum sip_method method, uint32_t cseq,
		    enum reason why)
{
	text_puts(out, "CSeq: ");
	text_u64(out, cseq);
	text_putc(out, ' ');
	text_puts(out, sip_method_text(method));
	text_puts(out, "\r\n");
	if (reason_code(why)) {
		text_puts(out, "Reason: SIP;cause=");
		text_u64(out, reason_code(why));
		text_puts(out, ";text=\"");
		text_puts(out, reason_text(why));
		text_puts(out, "\"\r\n");
	}
	text_puts(out, "Content-Length: 0\r\n\r\n");
}

/* An ACK has the CSeq of the INVITE whose answer is under work, a BYE the next
 * one of that end. */
static uint32_t own_cseq(const struct edge *edge, const struct passage *pas,
			 const struct dialog *dlg, const struct exchange *x)
{
	if (x->method == SIP_METHOD_ACK)
		return edge->msg.cseq;

	uint32_t last = dlg->cseq_known[x->from_end] ? dlg->cseq[x->from_end]
			: x->from_end		     ? 0
						     : pas->first_cseq;

	return last + 1;
}

static void write_own(struct edge *edge, struct text *out,
		      const struct passage *pas, const struct dialog *dlg,
		      const struct exchange *x)
{
	unsigned to_end = x->from_end ? 0 : 1;
	const struct call *call = pas->owner;

	put_start(edge, out, x, span_str(dlg->target[to_end]));
	if (dlg->route[to_end] && dlg->route[to_end][0]) {
		text_puts(out, "Route: ");
		text_puts(out, dlg->route[to_end]);
		text_puts(out, "\r\n");
	}
	put_parties(out, pas, dlg, to_end);
	put_end(out, x->method, own_cseq(edge, pas, dlg, x),
		x->method == SIP_METHOD_BYE ? call->bye_reason : REASON_OK);
}

/* Sends a request of ours: an ACK alone, anything else as a transaction. */
static void send_own(struct edge *edge, struct exchange *x,
		     const struct text *out)
{
	if (out->full || x->method == SIP_METHOD_ACK) {
		if (!out->full)
			(void)peer_send(edge, x->target, text_span(out));
		exchange_free(edge, x);
	} else if (exchange_send(edge, x, text_span(out))) {
		exchange_free(edge, x);
	}
}

static struct exchange *new_request(struct edge *edge, enum sip_method method,
				    struct peer to)
{
	struct exchange *x = exchange_new_own(edge, method);

	if (!x)
		return NULL;
	x->number = edge_number(edge);
	x->random = edge_random(edge);
	x->target = to;
	return x;
}

void call_send(struct edge *edge, struct passage *pas, struct dialog *dlg,
	       unsigned to_end, enum sip_method method)
{
	char buf[SIP_HEAD_MAX];
	struct text out = text_init(buf, sizeof(buf));
	struct exchange *x;
	struct peer to = passage_peer(edge, pas, to_end);

	if ((to.side != PASSAGE_UPSTREAM && !to.conn) ||
	    !dlg->target[to_end][0])
		return;
	x = new_request(edge, method, to);
	if (!x)
		return;
	x->from_end = !to_end;
	write_own(edge, &out, pas, dlg, x);
	send_own(edge, x, &out);
}

void call_end_stray(struct edge *edge, struct peer to, struct span route,
		    enum sip_method method)
{
	const struct sip_message *msg = &edge->msg;
	char buf[SIP_HEAD_MAX];
	struct text out = text_init(buf, sizeof(buf));
	struct sip_address contact;
	struct exchange *x;

	if (sip_address_parse(&contact,
			      sip_message_value(msg, SIP_HEADER_CONTACT)))
		return;
	x = new_request(edge, method, to);
	if (!x)
		return;
	put_start(edge, &out, x, contact.uri.text);
	if (route.len) {
		text_puts(&out, "Route: ");
		text_put(&out, route);
		text_puts(&out, "\r\n");
	}
	text_puts(&out, "From: ");
	text_put(&out, sip_message_value(msg, SIP_HEADER_FROM));
	text_puts(&out, "\r\nTo: ");
	text_put(&out, sip_message_value(msg, SIP_HEADER_TO));
	text_puts(&out, "\r\nCall-ID: ");
	text_put(&out, msg->call_id);
	text_puts(&out, "\r\n");
	put_end(&out, x->method, msg->cseq + (method == SIP_METHOD_ACK ? 0 : 1),
		REASON_OK);
	send_own(edge, x, &out);
}

static bool is_up(const struct passage *pas)
{
	const struct call *call = pas->owner;

	return pas->kind == PASSAGE_INVITE && !call->recorded;
}

/* Each minute: what nobody ended is forgotten at its longest life, and ends
 * that would hear nothing any more are told. */
void call_sweep(struct edge *edge)
{
	uint64_t now_us = edge->time.now_us;
	struct table_walk walk = {0};
	struct passage *pas;

	while ((pas = passage_walk(edge->passages, &walk))) {
		struct call *call = pas->owner;
		uint64_t end_us =
			call->started_us + (uint64_t)EDGE_CALL_MAX_S * US_PER_S;

		if (pas->expires_us)
			end_us = pas->expires_us + TXN_64T1_US;
		if (end_us > now_us)
			continue;
		if (is_up(pas))
			call_break(edge, pas, REASON_CALL_ENDED);
		else
			call_end(edge, pas, REASON_CALL_ENDED, 0);
	}
}
