/* txn.h - the four transaction machines (RFC 3261 17, RFC 6026) */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include "rempart/base/check.h"

/*
 * A machine is told an event and the time, and returns what to do as bits.
 * It holds no message, socket or timer: the owner keeps the last message,
 * asks txn_next_us() after each step and calls back with TXN_TIMER then.
 */
enum txn_kind {
	TXN_CLIENT_INVITE,
	TXN_CLIENT_OTHER,
	TXN_SERVER_INVITE,
	TXN_SERVER_OTHER,
};

enum txn_state {
	TXN_CALLING, /* client INVITE, request sent */
	TXN_TRYING,  /* client or server, other methods */
	TXN_PROCEEDING,
	TXN_ACCEPTED, /* RFC 6026: 2xx seen or sent */
	TXN_COMPLETED,
	TXN_CONFIRMED,	/* server INVITE, ACK received */
	TXN_TERMINATED, /* free it */
};

enum txn_event {
	TXN_TIMER, /* now_us has reached txn_next_us() */
	TXN_TRANSPORT_ERROR,
	/* client: received */
	TXN_RECV_1XX,
	TXN_RECV_2XX,
	TXN_RECV_FINAL, /* 300-699 */
	/* server: received again / ACK */
	TXN_RECV_REQUEST, /* a retransmission of the request */
	TXN_RECV_ACK,	  /* ACK to a non-2xx */
	/* server: the transaction user sends */
	TXN_SEND_1XX,
	TXN_SEND_2XX,
	TXN_SEND_FINAL, /* 300-699; for OTHER also 2xx may be SEND_2XX */
};

enum txn_action {
	TXN_DO_NOTHING = 0,
	TXN_DO_SEND = 1,    /* put the message of this event on the wire;
			     * after TIMER or RECV_REQUEST: the last one
			     * again */
	TXN_DO_PASS = 2,    /* hand this response up to the proxy core */
	TXN_DO_ACK = 4,	    /* client INVITE: send (again) the ACK to this
			     * non-2xx */
	TXN_DO_TIMEOUT = 8, /* tell the core: timed out (408) */
	TXN_DO_ERROR = 16,  /* tell the core: transport error (503) */
	TXN_DO_FREE = 32,   /* state is TERMINATED */
};

/* RFC 3261 17.1.1.1 and table 4, in microseconds. */
enum {
	TXN_T1_US = 500000,
	TXN_T2_US = 4000000,
	TXN_T4_US = 5000000,
	TXN_64T1_US = 64 * TXN_T1_US,
	TXN_D_US = 32000000,
};

struct txn {
	enum txn_kind kind;
	enum txn_state state;
	bool reliable;		/* TCP, TLS: no retransmission by us */
	uint64_t retransmit_us; /* absolute, 0: not running */
	uint64_t interval_us;	/* of the next retransmission */
	uint64_t timeout_us;	/* absolute, 0: not running */
};

/*
 * Starts a machine: a client one has just sent its request, a server one has
 * just received it. Timers: client INVITE A (unreliable) and B; client other
 * E and F; server none until it answers.
 */
void txn_init(struct txn *txn, enum txn_kind kind, bool reliable,
	      uint64_t now_us);

/*
 * One step; returns enum txn_action bits. An event that has no meaning in a
 * state does nothing (late or repeated responses), except a SEND that the
 * core must not do (a final after a final), which is asserted. A server
 * INVITE in ACCEPTED may SEND_2XX again (RFC 6026: 2xx retransmissions and
 * further forks pass). A client INVITE in ACCEPTED passes each 2xx.
 */
MUST_CHECK
unsigned txn_step(struct txn *txn, enum txn_event event, uint64_t now_us);

/* When TXN_TIMER is due, UINT64_MAX when no timer runs. */
uint64_t txn_next_us(const struct txn *txn);

/* Client: a CANCEL may be sent for it (RFC 3261 9.1: a provisional response
 * was received and no final one). */
bool txn_may_cancel(const struct txn *txn);
