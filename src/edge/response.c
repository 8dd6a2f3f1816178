/* response.c - a response: its transaction, its dialog, its SDP, and back */
#include <stdlib.h>
#include <string.h>

#include "rempart/proxy/branch.h"
#include "rempart/proxy/proof.h"
#include "rempart/proxy/response.h"

#include "state.h"

enum { ROUTE_MAX = 4096, CONTACT_MAX = 2048, ROUTES_MAX = 32 };

/* The ACK to a non-2xx is of this hop alone (RFC 3261 17.1.1.3). */
static void send_hop_ack(struct edge *edge, struct exchange *x)
{
	const struct sip_message *req = &edge->scratch_msg;
	char buf[SIP_HEAD_MAX];
	struct text out = text_init(buf, sizeof(buf));

	if (!exchange_reread(edge, x))
		return;
	text_puts(&out, "ACK ");
	text_put(&out, req->ruri_text);
	text_puts(&out, " SIP/2.0\r\nVia: ");
	text_put(&out, req->via.text);
	text_puts(&out, "\r\n");
	if (sip_message_has(req, SIP_HEADER_ROUTE)) {
		text_puts(&out, "Route: ");
		text_put(&out, sip_message_value(req, SIP_HEADER_ROUTE));
		text_puts(&out, "\r\n");
	}
	text_puts(&out, "From: ");
	text_put(&out, sip_message_value(req, SIP_HEADER_FROM));
	text_puts(&out, "\r\nTo: ");
	text_put(&out, sip_message_value(&edge->msg, SIP_HEADER_TO));
	text_puts(&out, "\r\nCall-ID: ");
	text_put(&out, req->call_id);
	text_puts(&out, "\r\nCSeq: ");
	text_u64(&out, req->cseq);
	text_puts(&out, " ACK\r\nMax-Forwards: 70\r\n"
			"Content-Length: 0\r\n\r\n");
	if (!out.full)
		(void)peer_send(edge, x->target, text_span(&out));
}

/* Record-Route values that stand above our own entries: in reverse they are
 * the route set towards the answering end (RFC 3261 12.1.2). */
bool response_route(struct edge *edge, uint64_t passage, struct text *out)
{
	struct span values[ROUTES_MAX], value;
	struct sip_values walk = {0};
	struct sip_address route;
	struct proof proof;
	size_t n = 0;

	while (sip_values_next(&edge->msg, SIP_HEADER_RECORD_ROUTE, &walk,
			       &value)) {
		if (sip_address_parse(&route, value) || n == ROUTES_MAX)
			return false;
		if (!proof_peek(&proof, route.uri.user) &&
		    proof.passage == passage)
			break;
		values[n++] = value;
	}
	while (n--) {
		text_put(out, values[n]);
		if (n)
			text_puts(out, ", ");
	}
	return !out->full;
}

/* Opens or finds the dialog of a response to a dialog-forming request. */
static struct dialog *open_dialog(struct edge *edge, struct exchange *x,
				  struct passage *pas)
{
	const struct sip_message *msg = &edge->msg;
	char buf[ROUTE_MAX];
	struct text route = text_init(buf, sizeof(buf));
	struct dialog *dlg = NULL;

	if (x->in_dialog)
		return dialog_find(pas, blob_span(&x->dialog_tag));
	if (msg->code <= 100 || msg->code >= 300 || !msg->to_tag.len ||
	    (pas->kind == PASSAGE_SUBSCRIBE && msg->code < 200))
		return NULL;
	/* A phone is an end: nothing stands behind it. */
	if ((x->target.side == PASSAGE_UPSTREAM &&
	     !response_route(edge, pas->number, &route)) ||
	    dialog_from_response(pas, msg, text_span(&route), &dlg))
		return NULL;
	return dlg;
}

/* The Contact of a phone's answer is ours towards the PBX. */
static struct span back_contact(struct edge *edge, struct exchange *x,
				const struct passage *pas,
				char buf[static CONTACT_MAX])
{
	unsigned end = !x->from_end;

	if (!pas || edge->msg.code >= 300)
		return (struct span){0};
	return forward_contact(edge, buf, CONTACT_MAX, x->origin,
			       pas->end[end].name);
}

static void put_values(struct edge *edge, struct text *out, enum sip_header id)
{
	struct sip_values walk = {0};
	struct span value;

	while (sip_values_next(&edge->msg, id, &walk, &value)) {
		text_puts(out, sip_header_name(id));
		text_puts(out, ": ");
		text_put(out, value);
		text_puts(out, "\r\n");
	}
}

/* A phone's word on the route is not taken: what it copied is written anew. */
static void put_record_routes(struct edge *edge, struct text *out,
			      struct exchange *x)
{
	const struct passage *pas = passage_find(edge->passages, x->passage);
	/* As in the request; between phones, see forward_write(). */
	const struct peer facing[2] = {
		x->target.side == x->origin.side ? x->origin : x->target,
		x->origin};

	if (x->target.side == PASSAGE_UPSTREAM) {
		put_values(edge, out, SIP_HEADER_RECORD_ROUTE);
		return;
	}
	if (!pas || x->in_dialog || edge->msg.code >= 300)
		return;
	forward_put_record_routes(edge, out, pas, facing);
	if (pas->caller_route[0]) {
		text_puts(out, "Record-Route: ");
		text_puts(out, pas->caller_route);
		text_puts(out, "\r\n");
	}
}

void response_back(struct edge *edge, struct exchange *x,
		   const struct outgoing *how)
{
	struct text out = text_init(edge->out, sizeof(edge->out));
	const struct sip_message *msg = &edge->msg;
	uint16_t code = response_forward_code(msg->code);

	text_puts(&out, "SIP/2.0 ");
	text_u64(&out, code);
	text_putc(&out, ' ');
	if (code == msg->code)
		text_put(&out, msg->phrase);
	else
		text_puts(&out, phrase_of(code));
	text_puts(&out, "\r\n");
	/* The way back is the request's own, not what the answer says. */
	text_put(&out, span_of(x->lines.p, x->via_len));
	put_record_routes(edge, &out, x);
	if (how->contacts.len)
		text_put(&out, how->contacts);
	else if (!how->no_contact)
		put_values(edge, &out, SIP_HEADER_CONTACT);
	forward_put_headers(edge, &out, x->target);
	forward_put_body(edge, &out, how->new_body, how->body);
	if (out.full) {
		struct verdict why =
			verdict_reject(REASON_MESSAGE_TOO_LARGE, NULL);
		exchange_answer(edge, x, 500, &why);
		return;
	}
	exchange_respond(edge, x, code, text_span(&out));
}

/* The answer has no acceptable SRTP: its sender gets ACK and BYE, the other
 * side 488, and both sides of an established call a BYE. */
static void refuse_answer(struct edge *edge, struct exchange *x,
			  struct passage *pas, struct dialog *dlg,
			  const struct verdict *why)
{
	unsigned answerer = !x->from_end;
	struct call *call = pas->owner;
	bool invite = x->method == SIP_METHOD_INVITE;

	record_refusal(edge, x->target, why);
	call->bye_reason = why->reason;
	exchange_answer(edge, x, 488, why);
	/* RFC 3261 15: no BYE to a caller that waits for its answer. */
	if (x->in_dialog && call->pending) {
		call_break(edge, pas, why->reason);
		return;
	}
	if (edge->msg.code < 200) {
		exchange_cancel(edge, x);
		return;
	}
	if (dlg) {
		if (invite)
			call_send(edge, pas, dlg, answerer, SIP_METHOD_ACK);
		call_send(edge, pas, dlg, answerer, SIP_METHOD_BYE);
		if (x->in_dialog)
			call_send(edge, pas, dlg, x->from_end, SIP_METHOD_BYE);
	}
	if (!x->in_dialog)
		call->pending = false;
	call_dialog_gone(edge, pas, dlg, why->reason);
}

/*
 * SDP that answers nothing and asks nothing: of a PRACK or UPDATE that made no
 * offer, after the answer to a late offer in PRACK (RFC 6337 2.2), of a call
 * that is over.
 */
static bool says_nothing(const struct edge *edge, const struct exchange *x,
			 const struct call *call, const struct dialog *dlg)
{
	const struct late_offer *late =
		dlg ? late_offer_find(call, dlg, x->from_end) : NULL;

	if (call->recorded)
		return true;
	if (x->method != SIP_METHOD_INVITE)
		return !x->offer;
	return !x->had_offer && late && !late->offer && !late->answer.len &&
	       late->cseq == edge->msg.cseq;
}

/* Judges SDP in a response. False: the call is being ended. */
static bool check_media(struct edge *edge, struct exchange *x,
			struct passage *pas, struct dialog *dlg,
			struct outgoing *how)
{
	const struct call *call = pas->owner;
	bool offer = x->method == SIP_METHOD_INVITE && !x->had_offer;
	struct call_sdp sdp = {!x->from_end, x->offer, dlg, {0}, {0}};
	enum media_result result;

	if ((x->method != SIP_METHOD_INVITE && x->method != SIP_METHOD_UPDATE &&
	     x->method != SIP_METHOD_PRACK) ||
	    edge->msg.code <= 100 || edge->msg.code >= 300)
		return true;
	if (!call->unrelayed && says_nothing(edge, x, call, dlg)) {
		how->new_body = true;
		return true;
	}
	result = offer ? call_offer(edge, pas, &sdp)
		       : call_take_answer(edge, pas, &sdp);
	if (result == MEDIA_REFUSED) {
		sdp.why.sip_code = 488;
		refuse_answer(edge, x, pas, dlg, &sdp.why);
		return false;
	}
	how->new_body = result == MEDIA_WRITTEN;
	how->body = sdp.body;
	if (sdp.offer && dlg)
		late_offer_keep(edge, pas, dlg, !x->from_end, sdp.offer);
	else
		call_offer_drop(edge, pas->number, sdp.offer);
	return true;
}

/* Nothing more answers it; a 2xx to an INVITE may come again, and the first
 * INVITE's media ends with its call. */
static void offer_done(struct edge *edge, struct exchange *x)
{
	if (!x->in_dialog ||
	    (edge->msg.code < 300 && x->method == SIP_METHOD_INVITE))
		return;
	call_offer_drop(edge, x->passage, x->offer);
	x->offer = 0;
}

/* Remote targets move with the 2xx of a target refresh (RFC 3261 12.2). */
static void refresh_targets(struct edge *edge, struct exchange *x,
			    struct dialog *dlg)
{
	struct sip_address contact;
	enum sip_method method = x->method;

	if (!x->in_dialog || edge->msg.code < 200 || edge->msg.code >= 300 ||
	    (method != SIP_METHOD_INVITE && method != SIP_METHOD_UPDATE &&
	     method != SIP_METHOD_SUBSCRIBE && method != SIP_METHOD_NOTIFY &&
	     method != SIP_METHOD_REFER))
		return;
	/* Without memory the old target stays. */
	if (!sip_address_parse(
		    &contact,
		    sip_message_value(&edge->msg, SIP_HEADER_CONTACT)) &&
	    dialog_set_target(dlg, !x->from_end, contact.uri.text))
		return;
	if (x->contact.len &&
	    dialog_set_target(dlg, x->from_end, blob_span(&x->contact)))
		return;
}

static uint64_t subscription_end_us(struct edge *edge)
{
	struct span value = sip_message_value(&edge->msg, SIP_HEADER_EXPIRES);
	uint64_t expires_s = 3600;

	if (span_u64(value, UINT32_MAX, &expires_s) || expires_s > 86400)
		expires_s = 86400;
	return edge->time.now_us + expires_s * US_PER_S;
}

/* What a final response means for the call, after it was sent back. */
void response_finish(struct edge *edge, struct exchange *x, struct passage *pas,
		     struct dialog *dlg)
{
	uint16_t code = edge->msg.code;
	struct call *call = pas->owner;

	if (code < 200)
		return;
	offer_done(edge, x);
	if (!x->in_dialog && code >= 300) {
		if ((code == 401 || code == 407) && !call->emergency &&
		    pas->kind == PASSAGE_INVITE &&
		    x->origin.side == PASSAGE_PHONE)
			limits_call_return(edge->limits, edge->set.limits,
					   span_str(call->facts.user),
					   edge->time.now_us);
		call->pending = false;
		while (pas->dialogs)
			dialog_free(pas, pas->dialogs);
		call_end(edge, pas,
			 x->cancel_wanted ? REASON_CALL_CANCELLED
			 : x->rang_out	  ? REASON_RING_TIMEOUT
					  : REASON_CALL_FAILED,
			 code);
		x->passage = 0;
		return;
	}
	if (!x->in_dialog)
		call_answered(edge, pas);
	if (!x->in_dialog && pas->kind == PASSAGE_INVITE)
		call_media_answered(edge, pas, dlg);
	if (x->in_dialog && x->method == SIP_METHOD_REFER && code < 300)
		call->referred = true;
	if (x->method == SIP_METHOD_SUBSCRIBE && code < 300)
		pas->expires_us = subscription_end_us(edge);
	/* RFC 3515 2.4.4: a transfer reports until it is over, in minutes */
	if (x->method == SIP_METHOD_REFER && !x->in_dialog)
		pas->expires_us =
			edge->time.now_us + (uint64_t)EDGE_RING_S * US_PER_S;
	/* A challenged BYE comes again, with credentials. */
	if (x->in_dialog && x->ends_dialog && code != 401 && code != 407)
		call_dialog_gone(edge, pas, dlg, REASON_CALL_ENDED);
}

/* RFC 3261 8.1.3.4: a phone that redirects dials; the rules are its user's.
 * False: refused. */
static bool check_redirect(struct edge *edge, struct exchange *x,
			   struct passage *pas)
{
	struct verdict why;

	if (x->method != SIP_METHOD_INVITE || edge->msg.code < 300 ||
	    edge->msg.code >= 400 || x->target.side != PASSAGE_PHONE)
		return true;
	edge->sender = passage_binding(edge, pas, !x->from_end);
	why = dialling_redirect(edge, edge->sender ? edge->sender->user : "");
	if (verdict_passes(&why)) {
		dialling_allowed(edge, x->target);
		return true;
	}
	why.record = record_refusal(edge, x->target, &why);
	exchange_answer(edge, x, why.sip_code, &why);
	return false;
}

static void pass_up(struct edge *edge, struct exchange *x)
{
	struct passage *pas = passage_find(edge->passages, x->passage);
	struct dialog *dlg = pas ? open_dialog(edge, x, pas) : NULL;
	char contact[CONTACT_MAX];
	struct outgoing how = {0};

	if (x->method == SIP_METHOD_REGISTER && edge->msg.code >= 200) {
		register_answered(edge, x);
		return;
	}
	if (ending_takes(edge, x, pas, dlg))
		return;
	if (pas && !check_redirect(edge, x, pas)) {
		response_finish(edge, x, pas, dlg);
		return;
	}
	if (pas && !check_media(edge, x, pas, dlg, &how))
		return;
	how.contacts = back_contact(edge, x, pas, contact);
	response_back(edge, x, &how);
	if (!pas)
		return;
	if (dlg)
		refresh_targets(edge, x, dlg);
	response_finish(edge, x, pas, dlg);
}

static struct exchange *match(struct edge *edge, struct peer from)
{
	uint64_t number, random;
	struct exchange *x;

	if (!branch_read(edge->msg.via.branch, &number, &random))
		return NULL;
	x = exchange_find_number(edge, number, random,
				 edge->msg.method == SIP_METHOD_CANCEL);
	if (!x || x->target.side != from.side || x->target.conn != from.conn ||
	    x->client_done || edge->msg.method != x->method)
		return NULL;
	/* RFC 3261 17.1.3, and no answer speaks for another request. */
	if (x->has_server && x->id_check != reply_check(edge))
		return NULL;
	return x;
}

void on_response(struct edge *edge, struct peer from)
{
	struct exchange *x = match(edge, from);
	uint16_t code = edge->msg.code;
	enum txn_event event = code < 200   ? TXN_RECV_1XX
			       : code < 300 ? TXN_RECV_2XX
					    : TXN_RECV_FINAL;

	if (!x) {
		struct verdict stray =
			verdict_drop(REASON_STRAY_RESPONSE, NULL);
		record_refusal(edge, from, &stray);
		return;
	}
	unsigned todo = txn_step(&x->client, event, edge->time.now_us);
	if (todo & TXN_DO_FREE)
		x->client_done = true;
	if (event == TXN_RECV_2XX)
		blob_free(&x->request); /* nothing repeats or cancels it now */
	if (todo & TXN_DO_ACK)
		send_hop_ack(edge, x);
	if (code >= 200)
		x->ring_until_us = 0;
	else if (code > 100 && x->ring_until_us && !x->cancel_sent)
		x->ring_until_us =
			edge->time.now_us + (uint64_t)EDGE_RING_S * US_PER_S;
	if (x->cancel_wanted)
		exchange_cancel(edge, x);
	if (todo & TXN_DO_PASS && code > 100 && x->has_server)
		pass_up(edge, x);
	exchange_rearm(edge, x);
}

void on_no_answer(struct edge *edge, struct exchange *x, enum reason reason)
{
	struct passage *pas = passage_find(edge->passages, x->passage);
	struct verdict why = verdict_reject(reason, NULL);

	if (!x->has_server)
		return;
	if (x->method == SIP_METHOD_REGISTER && !x->final_sent)
		register_failed(edge, x, reason);
	/* RFC 4320 4.2: a late 408 to anything but INVITE helps nobody. */
	if (x->method != SIP_METHOD_INVITE && why.sip_code == 408)
		exchange_give_up(edge, x);
	else if (!x->final_sent)
		exchange_answer(edge, x, x->cancel_wanted ? 487 : why.sip_code,
				&why);
	if (!pas)
		return;
	if (x->in_dialog) {
		struct dialog *dlg =
			x->ends_dialog && x->dialog_tag.len
				? dialog_find(pas, blob_span(&x->dialog_tag))
				: NULL;
		call_offer_drop(edge, pas->number, x->offer);
		x->offer = 0;
		if (dlg)
			call_dialog_gone(edge, pas, dlg, REASON_CALL_ENDED);
		return;
	}
	while (pas->dialogs)
		dialog_free(pas, pas->dialogs);
	call_end(edge, pas, x->cancel_wanted ? REASON_CALL_CANCELLED : reason,
		 x->cancel_wanted ? 487 : why.sip_code);
	x->passage = 0;
}
