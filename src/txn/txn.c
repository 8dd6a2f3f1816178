/*
 * txn.c - transaction machines of RFC 3261 17.1 and 17.2, with the Accepted
 * states of RFC 6026 7
 *
 * A timer of zero seconds ends the machine in the step that would start it.
 */
#include "rempart/txn/txn.h"

#include <assert.h>

/* No final response was received or sent yet. */
static bool is_pending(const struct txn *txn)
{
	return txn->state == TXN_CALLING || txn->state == TXN_TRYING ||
	       txn->state == TXN_PROCEEDING;
}

static void stop_timers(struct txn *txn)
{
	txn->retransmit_us = 0;
	txn->interval_us = 0;
	txn->timeout_us = 0;
}

/* Retransmits, where the transport does not, until the time runs out. */
static void insist(struct txn *txn, uint64_t now_us)
{
	stop_timers(txn);
	txn->timeout_us = now_us + TXN_64T1_US;
	if (txn->reliable)
		return;
	txn->interval_us = TXN_T1_US;
	txn->retransmit_us = now_us + TXN_T1_US;
}

static unsigned finish(struct txn *txn, unsigned actions)
{
	stop_timers(txn);
	txn->state = TXN_TERMINATED;
	return actions | TXN_DO_FREE;
}

/* Stays only to absorb what still arrives. */
static unsigned linger(struct txn *txn, enum txn_state state, uint64_t end_us)
{
	stop_timers(txn);
	txn->state = state;
	txn->timeout_us = end_us;
	return TXN_DO_NOTHING;
}

/* As linger(), for timers that are zero with a reliable transport. */
static unsigned linger_unreliable(struct txn *txn, enum txn_state state,
				  uint64_t end_us)
{
	if (txn->reliable)
		return finish(txn, TXN_DO_NOTHING);
	return linger(txn, state, end_us);
}

void txn_init(struct txn *txn, enum txn_kind kind, bool reliable,
	      uint64_t now_us)
{
	*txn = (struct txn){.kind = kind, .reliable = reliable};
	switch (kind) {
	case TXN_CLIENT_INVITE:
		txn->state = TXN_CALLING;
		insist(txn, now_us); /* A, B */
		break;
	case TXN_CLIENT_OTHER:
		txn->state = TXN_TRYING;
		insist(txn, now_us); /* E, F */
		break;
	case TXN_SERVER_INVITE:
		txn->state = TXN_PROCEEDING;
		break;
	case TXN_SERVER_OTHER:
		txn->state = TXN_TRYING;
		break;
	}
}

/* B, F and H say that nobody answered; D, I, J, K, L and M that it is over. */
static unsigned on_timeout(struct txn *txn)
{
	const bool no_ack =
		txn->kind == TXN_SERVER_INVITE && txn->state == TXN_COMPLETED;

	return finish(txn, is_pending(txn) || no_ack ? TXN_DO_TIMEOUT : 0);
}

/* A, E, G. */
static unsigned on_retransmit(struct txn *txn, uint64_t now_us)
{
	txn->interval_us *= 2;
	/* A alone is not capped (17.1.1.2): B ends it in time. */
	if (txn->kind != TXN_CLIENT_INVITE && txn->interval_us > TXN_T2_US)
		txn->interval_us = TXN_T2_US;
	txn->retransmit_us = now_us + txn->interval_us;
	return TXN_DO_SEND;
}

static unsigned on_timer(struct txn *txn, uint64_t now_us)
{
	if (txn->timeout_us && now_us >= txn->timeout_us)
		return on_timeout(txn);
	if (txn->retransmit_us && now_us >= txn->retransmit_us)
		return on_retransmit(txn, now_us);
	return TXN_DO_NOTHING;
}

/* RFC 3261 17.1.1.2, RFC 6026 7.2. */
static unsigned client_invite(struct txn *txn, enum txn_event event,
			      uint64_t now_us)
{
	const bool pending = is_pending(txn);

	switch (event) {
	case TXN_RECV_1XX:
		if (!pending)
			break;
		/* The callee may take its time: no B any more (timer C). */
		stop_timers(txn);
		txn->state = TXN_PROCEEDING;
		return TXN_DO_PASS;
	case TXN_RECV_2XX:
		/* M runs from the first 2xx; each one goes up. */
		if (pending)
			(void)linger(txn, TXN_ACCEPTED, now_us + TXN_64T1_US);
		return txn->state == TXN_ACCEPTED ? TXN_DO_PASS : 0;
	case TXN_RECV_FINAL:
		if (pending)
			return TXN_DO_PASS | TXN_DO_ACK |
			       linger_unreliable(txn, TXN_COMPLETED,
						 now_us + TXN_D_US);
		return txn->state == TXN_COMPLETED ? TXN_DO_ACK : 0;
	case TXN_TRANSPORT_ERROR:
		/* Where we send: the request, or the ACK (figure 5). */
		if (txn->state == TXN_CALLING || txn->state == TXN_COMPLETED)
			return finish(txn, TXN_DO_ERROR);
		break;
	default:
		break;
	}
	return TXN_DO_NOTHING;
}

/* RFC 3261 17.1.2.2. */
static unsigned client_other(struct txn *txn, enum txn_event event,
			     uint64_t now_us)
{
	if (!is_pending(txn))
		return TXN_DO_NOTHING;
	switch (event) {
	case TXN_RECV_1XX:
		txn->state = TXN_PROCEEDING;
		if (!txn->reliable)
			txn->interval_us = TXN_T2_US; /* after this one */
		return TXN_DO_PASS;
	case TXN_RECV_2XX:
	case TXN_RECV_FINAL:
		return TXN_DO_PASS | linger_unreliable(txn, TXN_COMPLETED,
						       now_us + TXN_T4_US);
	case TXN_TRANSPORT_ERROR:
		return finish(txn, TXN_DO_ERROR);
	default:
		return TXN_DO_NOTHING;
	}
}

/* RFC 3261 17.2.1, RFC 6026 7.1. */
static unsigned server_invite(struct txn *txn, enum txn_event event,
			      uint64_t now_us)
{
	const bool pending = is_pending(txn);
	const bool completed = txn->state == TXN_COMPLETED;
	const bool accepted = txn->state == TXN_ACCEPTED;

	switch (event) {
	case TXN_RECV_REQUEST:
		/* Absorbed in ACCEPTED: the callee repeats its 2xx itself. */
		return pending || completed ? TXN_DO_SEND : 0;
	case TXN_RECV_ACK:
		return completed ? linger_unreliable(txn, TXN_CONFIRMED,
						     now_us + TXN_T4_US)
				 : 0;
	case TXN_SEND_1XX:
		/* One more fork may still ring: its 1xx is late, no mistake. */
		return pending ? TXN_DO_SEND : 0;
	case TXN_SEND_2XX:
		assert(pending || accepted);
		/* L runs from the first 2xx. */
		if (pending)
			(void)linger(txn, TXN_ACCEPTED, now_us + TXN_64T1_US);
		return TXN_DO_SEND;
	case TXN_SEND_FINAL:
		assert(pending);
		txn->state = TXN_COMPLETED;
		insist(txn, now_us); /* G, H */
		return TXN_DO_SEND;
	case TXN_TRANSPORT_ERROR:
		/* RFC 6026 8.8: the core is told, the state stays. */
		return pending || completed || accepted ? TXN_DO_ERROR : 0;
	default:
		return TXN_DO_NOTHING;
	}
}

/* RFC 3261 17.2.2. */
static unsigned server_other(struct txn *txn, enum txn_event event,
			     uint64_t now_us)
{
	const bool pending = is_pending(txn);
	const bool answered =
		txn->state == TXN_PROCEEDING || txn->state == TXN_COMPLETED;

	switch (event) {
	case TXN_RECV_REQUEST:
		return answered ? TXN_DO_SEND : 0;
	case TXN_SEND_1XX:
		if (!pending)
			break;
		txn->state = TXN_PROCEEDING;
		return TXN_DO_SEND;
	case TXN_SEND_2XX:
	case TXN_SEND_FINAL:
		assert(pending);
		return TXN_DO_SEND | linger_unreliable(txn, TXN_COMPLETED,
						       now_us + TXN_64T1_US);
	case TXN_TRANSPORT_ERROR:
		/* Figure 8; before an answer nothing of ours can fail. */
		if (answered)
			return finish(txn, TXN_DO_ERROR);
		break;
	default:
		break;
	}
	return TXN_DO_NOTHING;
}

unsigned txn_step(struct txn *txn, enum txn_event event, uint64_t now_us)
{
	/* Nobody answers through a client machine. */
	assert(txn->kind == TXN_SERVER_INVITE ||
	       txn->kind == TXN_SERVER_OTHER || event < TXN_SEND_1XX);

	if (event == TXN_TIMER)
		return on_timer(txn, now_us);
	switch (txn->kind) {
	case TXN_CLIENT_INVITE:
		return client_invite(txn, event, now_us);
	case TXN_CLIENT_OTHER:
		return client_other(txn, event, now_us);
	case TXN_SERVER_INVITE:
		return server_invite(txn, event, now_us);
	case TXN_SERVER_OTHER:
		return server_other(txn, event, now_us);
	}
	return TXN_DO_NOTHING;
}

static uint64_t or_never(uint64_t time_us)
{
	return time_us ? time_us : UINT64_MAX;
}

uint64_t txn_next_us(const struct txn *txn)
{
	const uint64_t retransmit_us = or_never(txn->retransmit_us);
	const uint64_t timeout_us = or_never(txn->timeout_us);

	return retransmit_us < timeout_us ? retransmit_us : timeout_us;
}

bool txn_may_cancel(const struct txn *txn)
{
	/* RFC 3261 9.1: to cancel another method than INVITE is a race. */
	return txn->kind == TXN_CLIENT_INVITE && txn->state == TXN_PROCEEDING;
}
