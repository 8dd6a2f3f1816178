/* request.c - a message that parsed: which way it takes */
#include "rempart/sip/sanity.h"

#include "state.h"

/* Is this the ACK to an answer that we gave without keeping state? */
static bool acks_own_answer(struct edge *edge)
{
	char buf[64];
	struct text tag = text_init(buf, sizeof(buf));

	own_tag(edge, &tag, &edge->msg);
	return span_eq(edge->msg.to_tag, text_span(&tag));
}

static void on_ack(struct edge *edge, struct peer from)
{
	struct exchange *x =
		exchange_find_key(edge, from, &edge->msg, SIP_METHOD_INVITE);

	if (x && !x->server_done && x->server.state != TXN_ACCEPTED) {
		exchange_acked(edge, x);
		return;
	}
	if (acks_own_answer(edge))
		return;
	if (edge->msg.to_tag.len) {
		on_dialog_request(edge, from);
		return;
	}
	struct verdict stray = verdict_drop(REASON_STRAY_ACK, NULL);
	record_refusal(edge, from, &stray);
}

/* RFC 3261 9.2, 16.10: answered here, then the branch is cancelled. */
static void on_cancel(struct edge *edge, struct peer from)
{
	struct exchange *x =
		exchange_find_key(edge, from, &edge->msg, SIP_METHOD_INVITE);

	if (!x) {
		struct verdict unknown =
			verdict_reject(REASON_TRANSACTION_UNKNOWN, NULL);
		refuse(edge, from, &unknown);
		return;
	}
	reply_now(edge, from, 200, "OK", NULL);
	if (!x->final_sent)
		exchange_cancel(edge, x);
}

static void take(struct edge *edge, struct peer from)
{
	const struct sip_message *msg = &edge->msg;
	struct exchange *x;

	if (!msg->is_request) {
		struct verdict fit = sip_sanity_response(msg);
		if (verdict_passes(&fit))
			on_response(edge, from);
		else
			record_refusal(edge, from, &fit);
		return;
	}
	struct verdict verdict = sip_sanity_request(msg);
	if (!verdict_passes(&verdict)) {
		refuse(edge, from, &verdict);
		return;
	}
	if (from.side == PASSAGE_PHONE)
		conn_spoke(edge, from.conn);
	if (msg->method == SIP_METHOD_ACK) {
		on_ack(edge, from);
		return;
	}
	x = exchange_find_key(edge, from, msg, msg->method);
	if (x) {
		exchange_retransmitted(edge, x);
		return;
	}
	if (msg->method == SIP_METHOD_CANCEL)
		on_cancel(edge, from);
	else if (msg->to_tag.len)
		on_dialog_request(edge, from);
	else
		on_new_request(edge, from);
}

void on_message(struct edge *edge, struct peer from)
{
	edge->sender = NULL;
	take(edge, from);
	edge->sender = NULL;
}
