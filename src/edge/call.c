/* call.c - passages as the edge uses them: begin, end, our own requests */
#include <stdlib.h>
#include <string.h>

#include "rempart/proxy/branch.h"

#include "state.h"

enum { US_PER_S = 1000000, US_PER_MS = 1000 };

void call_free_owner(struct call *call)
{
	if (!call)
		return;
	blob_free(&call->from_value);
	blob_free(&call->to_value);
	free(call->late);
	free(call);
}

struct passage *call_begin(struct edge *edge, struct exchange *x,
			   enum passage_kind kind)
{
	const struct sip_message *msg = &edge->msg;
	struct call *call = calloc(1, sizeof(*call));
	struct passage *pas;
	struct record rec = {0};
	enum suite suite;

	if (!call)
		return NULL;
	if (blob_set(&call->from_value,
		     sip_message_value(msg, SIP_HEADER_FROM)) ||
	    blob_set(&call->to_value, sip_message_value(msg, SIP_HEADER_TO)) ||
	    passage_new(edge->passages, edge_number(edge), kind, msg, &pas)) {
		call_free_owner(call);
		return NULL;
	}
	if (x->origin.side == PASSAGE_PHONE && pas->caller_route)
		pas->caller_route[0] = '\0'; /* a phone is an end */
	record_peer(edge, &rec, x->origin);
	call->facts = *x->facts;
	call->source = rec.source;
	memcpy(call->tls, rec.tls, sizeof(call->tls));
	if (x->had_offer && sdp_chosen_suite(&edge->sdp, &suite))
		(void)span_copy(call->suite, sizeof(call->suite),
				span_str(suite_name(suite)));
	call->started_us = edge->time.now_us;
	call->pending = true;
	pas->owner = call;
	pas->time_s = (uint32_t)(edge->time.wall_us / US_PER_S);
	return pas;
}

struct peer passage_peer(struct edge *edge, const struct passage *pas,
			 unsigned end)
{
	const struct passage_end *who = &pas->end[end];
	struct peer peer = {who->side, who->conn};
	const struct binding *bnd;
	struct token token;

	if (who->side == PASSAGE_PHONE && who->name[0]) {
		bool known = token_read(&token, span_str(who->name));
		bnd = known ? binding_find(edge->bindings, &token) : NULL;
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
	memcpy(rec->srtp_phone, call->suite, sizeof(rec->srtp_phone));
	if (call->answered_us)
		rec->duration_ms =
			(edge->time.now_us - call->answered_us) / US_PER_MS;
	call->recorded = true;
	record_write(edge, rec);
}

void call_end(struct edge *edge, struct passage *pas, enum reason reason,
	      uint16_t code)
{
	record_end(edge, pas, reason, code);
	call_free_owner(pas->owner);
	passage_free(edge->passages, pas);
}

static bool has_confirmed(const struct passage *pas)
{
	for (const struct dialog *dlg = pas->dialogs; dlg; dlg = dlg->next)
		if (dlg->confirmed)
			return true;
	return false;
}

void call_dialog_gone(struct edge *edge, struct passage *pas,
		      struct dialog *dlg, enum reason reason)
{
	struct call *call = pas->owner;

	if (dlg)
		dialog_free(pas, dlg);
	if (call->pending || has_confirmed(pas))
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
			dialog_free(pas, dlg);
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

static void write_own(struct edge *edge, struct text *out,
		      const struct passage *pas, const struct dialog *dlg,
		      const struct exchange *x)
{
	struct own_name name;
	unsigned to_end = x->from_end ? 0 : 1;
	uint32_t cseq = dlg->cseq[x->from_end];

	if (x->method == SIP_METHOD_ACK && x->from_end == 0 &&
	    !dlg->cseq_known[0])
		cseq = pas->first_cseq;
	else if (x->method != SIP_METHOD_ACK)
		cseq = (dlg->cseq_known[x->from_end] ? cseq
			: x->from_end		     ? 0
						     : pas->first_cseq) +
		       1;
	own_name(edge, &name, x->target);
	text_puts(out, sip_method_text(x->method));
	text_putc(out, ' ');
	text_puts(out, dlg->target[to_end]);
	text_puts(out, x->target.side == PASSAGE_UPSTREAM
			       ? " SIP/2.0\r\nVia: SIP/2.0/UDP "
			       : " SIP/2.0\r\nVia: SIP/2.0/TLS ");
	text_puts(out, name.text);
	text_puts(out, ";branch=");
	branch_write(out, x->number, x->random);
	text_puts(out, "\r\nMax-Forwards: 70\r\n");
	if (dlg->route[to_end] && dlg->route[to_end][0]) {
		text_puts(out, "Route: ");
		text_puts(out, dlg->route[to_end]);
		text_puts(out, "\r\n");
	}
	put_parties(out, pas, dlg, to_end);
	text_puts(out, "CSeq: ");
	text_u64(out, cseq);
	text_putc(out, ' ');
	text_puts(out, sip_method_text(x->method));
	text_puts(out, "\r\n");
	if (x->method == SIP_METHOD_BYE)
		text_puts(out, "Reason: SIP;cause=488;text=\"SRTP required\""
			       "\r\n");
	text_puts(out, "Content-Length: 0\r\n\r\n");
}

void call_send(struct edge *edge, struct passage *pas, struct dialog *dlg,
	       unsigned to_end, enum sip_method method)
{
	char buf[SIP_HEAD_MAX];
	struct text out = text_init(buf, sizeof(buf));
	struct exchange *x;
	struct peer to = passage_peer(edge, pas, to_end);

	if ((to.side == PASSAGE_PHONE && !to.conn) || !dlg->target[to_end])
		return;
	x = exchange_new_own(edge, method);
	if (!x)
		return;
	x->number = edge_number(edge);
	x->random = edge_random(edge);
	x->target = to;
	x->from_end = !to_end;
	write_own(edge, &out, pas, dlg, x);
	if (out.full || method == SIP_METHOD_ACK) {
		if (!out.full)
			(void)peer_send(edge, to, text_span(&out));
		exchange_free(edge, x);
	} else if (exchange_send(edge, x, text_span(&out))) {
		exchange_free(edge, x);
	}
}

/* Each minute: what nobody ended is forgotten at its longest life. */
void call_sweep(struct edge *edge)
{
	uint64_t now_us = edge->time.now_us;
	struct table_walk walk = {0};
	struct passage *pas;

	while ((pas = passage_walk(edge->passages, &walk))) {
		struct call *call = pas->owner;
		uint64_t end_us =
			call->started_us + (uint64_t)EDGE_CALL_MAX_S * US_PER_S;

		if (pas->kind == PASSAGE_SUBSCRIBE && pas->expires_us)
			end_us = pas->expires_us + TXN_64T1_US;
		if (end_us <= now_us)
			call_end(edge, pas, REASON_CALL_ENDED, 0);
	}
}
