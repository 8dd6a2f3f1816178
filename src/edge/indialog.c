/* indialog.c - requests with a To-tag: dialog, proof, connection, route set */
#include <errno.h>
#include <stdlib.h>

#include "rempart/proxy/proof.h"

#include "state.h"

enum { ROUTE_MAX = 4096, CONTACT_MAX = 2048 };

/* What the request was found to belong to. */
struct seat {
	struct passage *pas;
	struct dialog *dlg;
	unsigned from_end;
	struct proof proof;
	bool proven;
	struct text rest; /* Route below our own entries */
	char rest_buf[ROUTE_MAX];
};

/* The From tag of the first request is one of the two, by direction. */
static int read_proof(struct edge *edge, struct proof *proof, struct span user)
{
	const struct sip_message *msg = &edge->msg;
	int err = proof_read(proof, user, edge->proof_key, msg->call_id,
			     msg->from_tag);

	if (err == EACCES)
		err = proof_read(proof, user, edge->proof_key, msg->call_id,
				 msg->to_tag);
	return err;
}

/* Takes our entries off the top of Route and keeps the rest. */
static struct verdict take_route(struct edge *edge, struct seat *seat)
{
	struct sip_values walk = {0};
	struct sip_address route;
	struct proof proof;
	struct span value;
	unsigned own = 0;
	bool forged = false;

	seat->rest = text_init(seat->rest_buf, sizeof(seat->rest_buf));
	while (sip_values_next(&edge->msg, SIP_HEADER_ROUTE, &walk, &value)) {
		if (sip_address_parse(&route, value))
			return verdict_reject(REASON_HEADER_SYNTAX, "Route");
		int err = EINVAL;

		if (!seat->rest.len && !own)
			err = read_proof(edge, &proof, route.uri.user);
		else if (!seat->rest.len && own == 1)
			err = proof_peek(&proof, route.uri.user);
		if (!err && (!own || proof.passage == seat->proof.passage)) {
			seat->proof = proof;
			own++;
			continue;
		}
		forged |= err == EACCES;
		if (seat->rest.len)
			text_puts(&seat->rest, ", ");
		text_put(&seat->rest, value);
	}
	seat->proven = own > 0;
	if (!own)
		return verdict_reject(forged ? REASON_DIALOG_PROOF
					     : REASON_DIALOG_UNKNOWN,
				      NULL);
	if (seat->rest.full)
		return verdict_reject(REASON_DIALOG_ROUTE, NULL);
	return verdict_pass();
}

static bool same_peer(struct peer a, struct peer b)
{
	return a.side == b.side &&
	       (a.side == PASSAGE_UPSTREAM || a.conn == b.conn);
}

/* RFC 6665 4.1.2.4: a NOTIFY may come before the 2xx of its SUBSCRIBE. */
static bool first_notify(struct edge *edge, struct peer from, struct seat *seat)
{
	const struct sip_message *msg = &edge->msg;
	struct sip_values walk = {0};
	struct span value;
	char buf[ROUTE_MAX];
	struct text route = text_init(buf, sizeof(buf));

	if (seat->pas->kind != PASSAGE_SUBSCRIBE ||
	    msg->method != SIP_METHOD_NOTIFY ||
	    !span_eq(msg->to_tag, span_str(seat->pas->from_tag)) ||
	    !same_peer(from, passage_peer(edge, seat->pas, 1)))
		return false;
	while (sip_values_next(msg, SIP_HEADER_RECORD_ROUTE, &walk, &value)) {
		if (route.len)
			text_puts(&route, ", ");
		text_put(&route, value);
	}
	seat->from_end = 1;
	return !route.full &&
	       !dialog_from_notify(seat->pas, msg, text_span(&route),
				   &seat->dlg);
}

static bool carries_media(enum sip_method method)
{
	return method == SIP_METHOD_INVITE || method == SIP_METHOD_UPDATE ||
	       method == SIP_METHOD_PRACK;
}

/* A call is begun outside a dialog, where it is decided and recorded, never in
 * a subscription's; after a call only the NOTIFYs of its transfer come. */
static bool may_use(struct edge *edge, const struct passage *pas)
{
	const struct call *call = pas->owner;
	enum sip_method method = edge->msg.method;

	if (call->over)
		return method == SIP_METHOD_NOTIFY;
	/* A fork that rings on when the call has ended agrees to nothing. */
	if (call->recorded && carries_media(method))
		return false;
	return pas->kind == PASSAGE_INVITE ||
	       (!carries_media(method) && method != SIP_METHOD_ACK);
}

static struct verdict find_seat(struct edge *edge, struct peer from,
				struct seat *seat)
{
	struct verdict verdict = take_route(edge, seat);

	if (!verdict_passes(&verdict))
		return verdict;
	seat->pas = passage_find(edge->passages, seat->proof.passage);
	if (!seat->pas)
		return verdict_reject(REASON_DIALOG_UNKNOWN, NULL);
	if (!dialog_match(seat->pas, &edge->msg, &seat->from_end, &seat->dlg) &&
	    !first_notify(edge, from, seat))
		return verdict_reject(REASON_DIALOG_UNKNOWN, NULL);
	if (!may_use(edge, seat->pas))
		return verdict_reject(REASON_DIALOG_UNKNOWN, NULL);
	if (!same_peer(from, passage_peer(edge, seat->pas, seat->from_end)))
		return verdict_reject(REASON_DIALOG_END, NULL);
	return dialog_check(seat->dlg, seat->from_end, &edge->msg,
			    text_span(&seat->rest), from.side == PASSAGE_PHONE);
}

static void end_both(struct edge *edge, struct seat *seat, enum reason reason)
{
	struct call *call = seat->pas->owner;

	call->bye_reason = reason;
	call_send(edge, seat->pas, seat->dlg, 0, SIP_METHOD_BYE);
	call_send(edge, seat->pas, seat->dlg, 1, SIP_METHOD_BYE);
	call_dialog_gone(edge, seat->pas, seat->dlg, reason);
}

/* Towards the other end; false when it is not connected. */
static bool aim(struct edge *edge, struct seat *seat, struct outgoing *how,
		char contact[static CONTACT_MAX])
{
	unsigned to_end = !seat->from_end;
	enum sip_method method = edge->msg.method;

	how->to = passage_peer(edge, seat->pas, to_end);
	how->ruri = span_str(seat->dlg->target[to_end]);
	how->route = span_str(seat->dlg->route[to_end]);
	how->contacts = forward_contact(edge, contact, CONTACT_MAX, how->to,
					seat->pas->end[seat->from_end].name);
	if (method == SIP_METHOD_NOTIFY || method == SIP_METHOD_SUBSCRIBE)
		how->record_route = seat->pas;
	return how->ruri.len &&
	       (how->to.side == PASSAGE_UPSTREAM || how->to.conn);
}

/*
 * An ACK's SDP is the answer to a late offer, once more the same in a repeated
 * ACK; any other says nothing. False: the call cannot go on.
 */
static bool ack_media(struct edge *edge, const struct seat *seat,
		      struct outgoing *how, struct verdict *why)
{
	const struct call *call = seat->pas->owner;
	struct late_offer *late =
		late_offer_find(call, seat->dlg, seat->from_end);
	struct call_sdp sdp = {.from = seat->from_end, .dlg = seat->dlg};
	enum media_result result;

	how->new_body = !call->unrelayed;
	if (!late || late->cseq != edge->msg.cseq)
		return true;
	how->body = blob_span(&late->answer);
	if (!late->offer)
		return true;
	sdp.offer = late->offer;
	result = call_take_answer(edge, seat->pas, &sdp);
	if (result != MEDIA_WRITTEN && !call->emergency) {
		*why = result == MEDIA_REFUSED
			       ? sdp.why
			       : verdict_reject(
					 REASON_ANSWER_PLAIN,
					 "the ACK carries no acceptable SRTP");
		return false;
	}
	how->new_body = result == MEDIA_WRITTEN;
	how->body = sdp.body;
	late_offer_answered(edge, seat->pas, late, sdp.body);
	return true;
}

/* An ACK to a 2xx has no transaction: it passes, or is lost. A late offer
 * that it leaves without acceptable SRTP ends the call. */
static void pass_ack(struct edge *edge, struct peer from, struct seat *seat)
{
	struct verdict verdict, refused = verdict_pass();
	struct outgoing how = {0};
	char contact[CONTACT_MAX];
	bool good = ack_media(edge, seat, &how, &refused);

	if (aim(edge, seat, &how, contact)) {
		verdict = forward_write(edge, from, &how, edge_number(edge),
					edge_random(edge));
		if (verdict_passes(&verdict)) {
			(void)peer_send(edge, how.to, forward_written(edge));
			dialog_commit(seat->dlg, seat->from_end, &edge->msg);
		}
	}
	if (good)
		return;
	record_refusal(edge, from, &refused);
	end_both(edge, seat, refused.reason);
}

static bool ends_dialog(const struct sip_message *msg,
			const struct passage *pas)
{
	struct span state =
		sip_message_value(msg, SIP_HEADER_SUBSCRIPTION_STATE);

	if (msg->method == SIP_METHOD_BYE)
		return true;
	return msg->method == SIP_METHOD_NOTIFY &&
	       pas->kind == PASSAGE_SUBSCRIBE &&
	       span_ieq(span_trim(span_of(state.p, span_find(state, ';'))),
			SPAN("terminated"));
}

/* What the answer will need of the dialog. 0 or ENOMEM. */
static int place(struct edge *edge, struct exchange *x, const struct seat *seat)
{
	struct sip_address contact;

	x->in_dialog = true;
	x->passage = seat->pas->number;
	x->from_end = seat->from_end;
	x->ends_dialog = ends_dialog(&edge->msg, seat->pas);
	if (!sip_address_parse(
		    &contact,
		    sip_message_value(&edge->msg, SIP_HEADER_CONTACT)) &&
	    blob_set(&x->contact, contact.uri.text))
		return ENOMEM;
	return blob_set(&x->dialog_tag, span_str(seat->dlg->to_tag));
}

/* A transfer counts for the user who asks for it. */
static struct verdict check_transfer(struct edge *edge, struct peer from,
				     const struct seat *seat)
{
	if (from.side != PASSAGE_PHONE)
		return verdict_pass();
	edge->sender = passage_binding(edge, seat->pas, seat->from_end);
	return dialling_refer(edge, edge->sender ? edge->sender->user : "");
}

/* A late offer that SDP in this PRACK answers (RFC 3262 5), else NULL. */
static struct late_offer *answered_offer(const struct sip_message *msg,
					 const struct seat *seat)
{
	struct late_offer *late =
		late_offer_find(seat->pas->owner, seat->dlg, seat->from_end);

	return late && late->offer && msg->method == SIP_METHOD_PRACK ? late
								      : NULL;
}

/* SDP in the request: an offer, or the answer to the late one. */
static struct verdict take_media(struct edge *edge, const struct seat *seat,
				 const struct late_offer *late,
				 struct outgoing *how, uint32_t *offer)
{
	struct call_sdp sdp = {.from = seat->from_end,
			       .offer = late ? late->offer : 0,
			       .dlg = seat->dlg};

	switch (late ? call_take_answer(edge, seat->pas, &sdp)
		     : call_offer(edge, seat->pas, &sdp)) {
	case MEDIA_REFUSED:
		return sdp.why;
	case MEDIA_WRITTEN:
		how->new_body = true;
		how->body = sdp.body;
		*offer = sdp.offer;
		break;
	case MEDIA_ABSENT:
		break;
	}
	return verdict_pass();
}

static void pass_request(struct edge *edge, struct peer from, struct seat *seat)
{
	const struct sip_message *msg = &edge->msg;
	struct late_offer *late = answered_offer(msg, seat);
	struct outgoing how = {0};
	struct verdict verdict = verdict_pass();
	char contact[CONTACT_MAX];
	struct exchange *x = NULL;
	uint32_t offer = 0;

	if (msg->method == SIP_METHOD_OTHER && media_hidden(msg))
		verdict = verdict_reject(REASON_BODY_TYPE, NULL);
	else if (carries_media(msg->method))
		verdict = take_media(edge, seat, late, &how, &offer);
	if (verdict_passes(&verdict) && msg->method == SIP_METHOD_REFER)
		verdict = check_transfer(edge, from, seat);
	if (verdict_passes(&verdict) && !aim(edge, seat, &how, contact))
		verdict = verdict_reject(REASON_NO_FLOW, NULL);
	if (verdict_passes(&verdict) && !(x = exchange_new_server(edge, from)))
		verdict = verdict_reject(REASON_TRANSACTIONS_FULL, NULL);
	if (!verdict_passes(&verdict)) {
		call_offer_drop(edge, seat->pas->number, offer);
		refuse(edge, from, &verdict);
		if (msg->method == SIP_METHOD_BYE)
			call_dialog_gone(edge, seat->pas, seat->dlg,
					 REASON_CALL_ENDED);
		return;
	}
	x->offer = offer;
	if (place(edge, x, seat)) {
		exchange_free(edge, x);
		verdict = verdict_reject(REASON_TRANSACTIONS_FULL, NULL);
		refuse(edge, from, &verdict);
		return;
	}
	x->had_offer = how.new_body && !late;
	if (x->method == SIP_METHOD_INVITE)
		exchange_answer(edge, x, 100, NULL);
	verdict = forward_request(edge, x, &how);
	if (!verdict_passes(&verdict)) {
		record_refusal(edge, from, &verdict);
		exchange_answer(edge, x, verdict.sip_code, &verdict);
		return;
	}
	if (late && how.new_body)
		late_offer_answered(edge, seat->pas, late, (struct span){0});
	if (edge->dialled)
		dialling_allowed(edge, from);
	dialog_commit(seat->dlg, seat->from_end, msg);
}

/* Without the dialog there is no route set to compare with: only us and our
 * PBX may be named. */
static bool names_ours(struct edge *edge, struct peer from,
		       const struct seat *seat)
{
	struct span rest = text_span(&seat->rest), value;
	const struct sip_uri *target = &edge->msg.ruri;
	struct sip_address route;

	if (from.side == PASSAGE_UPSTREAM)
		return true;
	if (!own_uri(edge, target, from) && !upstream_uri(edge, target) &&
	    !proxy_is_domain(edge->set.proxy, target->host))
		return false;
	while (sip_value_next(&rest, &value))
		if (sip_address_parse(&route, value) ||
		    (!own_uri(edge, &route.uri, from) &&
		     !upstream_uri(edge, &route.uri)))
			return false;
	return true;
}

/* The binding of the proof's phone, when the proof alone may admit this. */
static const struct binding *proven_binding(struct edge *edge, struct peer from,
					    const struct seat *seat)
{
	uint64_t now_s = edge->time.wall_us / US_PER_S;
	enum sip_method method = edge->msg.method;
	const struct binding *bnd;
	struct token token;

	if (!seat->proven || seat->pas ||
	    (method != SIP_METHOD_ACK && method != SIP_METHOD_BYE) ||
	    seat->proof.time_s >= edge->started_s ||
	    now_s - seat->proof.time_s > EDGE_CALL_MAX_S ||
	    !edge->set.proxy->has_upstream || seat->proof.name_count != 1 ||
	    !token_read(&token, span_str(seat->proof.names[0])) ||
	    !names_ours(edge, from, seat))
		return NULL;
	bnd = binding_find(edge->bindings, &token);
	if (!bnd || !bnd->conn ||
	    (from.side == PASSAGE_PHONE && bnd->conn != from.conn))
		return NULL;
	return bnd;
}

static void record_after_restart(struct edge *edge, struct peer from)
{
	struct record *rec = record_begin(edge, RECORD_CALL, RECORD_VERDICT_END,
					  REASON_CALL_ENDED);

	record_peer(edge, rec, from);
	record_message(rec, &edge->msg);
	(void)span_copy(rec->detail, sizeof(rec->detail),
			SPAN("a call of before the restart, by its proof"));
	record_write(edge, rec);
}

/*
 * A call that began before our restart: its dialog is not known any more, so
 * the proof alone admits what ends it, for at most the longest call.
 */
static bool after_restart(struct edge *edge, struct peer from,
			  struct seat *seat)
{
	struct outgoing how = {.to = {PASSAGE_UPSTREAM, 0}, .new_body = true};
	const struct binding *bnd = proven_binding(edge, from, seat);
	struct verdict verdict;
	struct exchange *x;

	if (!bnd)
		return false;
	how.ruri = edge->msg.ruri_text;
	how.route = text_span(&seat->rest);
	if (from.side == PASSAGE_UPSTREAM) {
		how.to = (struct peer){PASSAGE_PHONE, bnd->conn};
		how.ruri = span_str(bnd->contact_uri);
	}
	if (edge->msg.method == SIP_METHOD_ACK) {
		verdict = forward_write(edge, from, &how, edge_number(edge),
					edge_random(edge));
		if (verdict_passes(&verdict))
			(void)peer_send(edge, how.to, forward_written(edge));
		return true;
	}
	x = exchange_new_server(edge, from);
	if (!x)
		return false;
	verdict = forward_request(edge, x, &how);
	if (verdict_passes(&verdict))
		record_after_restart(edge, from);
	else
		exchange_answer(edge, x, verdict.sip_code, &verdict);
	return true;
}

void on_dialog_request(struct edge *edge, struct peer from)
{
	struct seat seat = {0};
	struct verdict verdict = find_seat(edge, from, &seat);

	if (!verdict_passes(&verdict)) {
		if (!after_restart(edge, from, &seat))
			refuse(edge, from, &verdict);
		return;
	}
	if (seat.pas->end[1].side == PASSAGE_EDGE)
		echo_request(edge, from, seat.pas, seat.dlg);
	else if (edge->msg.method == SIP_METHOD_ACK)
		pass_ack(edge, from, &seat);
	else
		pass_request(edge, from, &seat);
}
