/* session.h - one media line of one call: its two legs, packet by packet */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rempart/base/addr.h"
#include "rempart/base/check.h"
#include "rempart/base/hash.h"
#include "rempart/rtp/engine.h"
#include "rempart/rtp/quality.h"
#include "rempart/rtp/receiver.h"

/* What was agreed for one leg: leg 0 is the call's end 0, leg 1 its end 1. */
struct rtp_leg_plan {
	bool used;   /* false: nothing is heard or sent on it */
	bool secure; /* SRTP by rx and tx; else clear RTP */
	bool shared; /* on the one port of its side, else on a pair of its own
		      */
	bool mux;    /* RTP and RTCP on the RTP port (RFC 5761) */
	/* secure: the party's SDP address changed with this plan */
	bool moved;
	/* clear: only the signalled ports are heard, not only the address */
	bool port_strict;
	/* clear, an emergency call: heard only from the address of `tls`; the
	 * first packet fixes the port, RTP and RTCP apart */
	bool first_fixes_port;
	struct addr rtp, rtcp; /* signalled; version 0: it takes nothing (hold
				* by 0.0.0.0) */
	struct addr tls;       /* of the phone's connection; version 0: the
				* upstream, whose signalled address is taken */
	struct rtp_key rx, tx; /* the party's key; ours */
	uint32_t clock_hz;     /* of the first codec */
};

struct rtp_plan {
	struct rtp_leg_plan leg[2];
	bool echo;	     /* leg 0 hears itself; leg 1 is not used */
	bool held;	     /* silence is no reason to end it */
	bool another_source; /* leg 1 is another branch than before */
	uint32_t silence_s;  /* RTP_EVENT_SILENCE after so long; 0: never */
};

enum rtp_event_kind {
	RTP_EVENT_FIRST,	 /* first authentic packet of a leg */
	RTP_EVENT_NOTHING_VALID, /* 3 s of packets that no key authenticates */
	RTP_EVENT_OTHER_ADDRESS, /* 3 s of packets, all from another address
				  * than the one that is heard (clear) */
	RTP_EVENT_SILENCE,	 /* neither leg was heard for silence_s */
	RTP_EVENT_EXHAUSTED,	 /* a key's lifetime or SSRCs are used up */
};

struct rtp_event {
	enum rtp_event_kind kind;
	uint64_t id;
	unsigned leg;
	struct addr from; /* FIRST, NOTHING_VALID, OTHER_ADDRESS: the last */
};

struct rtp_session;

struct rtp_session_settings {
	uint64_t id;
	const struct rtp_engine *engine;
	uint8_t seed[2][HASH_KEY_BYTES]; /* for the senders */
	uint64_t now_us;
	void *owner; /* the relay's; rtp_session_owner() gives it back */
};

MUST_CHECK
int rtp_session_open(struct rtp_session **out,
		     const struct rtp_session_settings *settings);
void rtp_session_close(struct rtp_session *session); /* wipes its keys */
void *rtp_session_owner(const struct rtp_session *session);
uint64_t rtp_session_id(const struct rtp_session *session);

/* 0, or ENOMEM, EINVAL: the old plan stays. Latches stay while the leg's
 * signalled address, tls address and security stay the same; the latch of a
 * phone's secure leg that moved is dropped once the first authentic packet has
 * come (its old address may go on till then), any other at once. ENOMEM: a new
 * key may be heard already, and one of two new keys of ours be in force. */
MUST_CHECK
int rtp_session_plan(struct rtp_session *session, const struct rtp_plan *plan,
		     uint64_t now_us);
const struct rtp_plan *rtp_session_plan_now(const struct rtp_session *session);

struct rtp_arrival {
	const uint8_t *p;
	size_t len;
	struct addr from;
	unsigned leg;	/* on whose socket */
	bool rtcp_port; /* on its RTCP socket */
	uint64_t now_us;
};

struct rtp_departure {
	unsigned leg; /* whose socket sends it */
	bool rtcp_port;
	struct addr to;
	uint8_t *p; /* in the caller's buffer */
	size_t len;
};

/*
 * Judges and turns one datagram into what leaves: prove, then learn. RTP_DONE
 * with out->len == 0: authentic, but nothing is to be sent (the other leg has
 * no address yet, RTCP that the filter took, hold). Anything else: dropped, and
 * nothing has changed but counters. The kind is by rtp_classify: STUN, DTLS
 * and others are MALFORMED. RTCP on the RTP port only with mux (else
 * MALFORMED), RTP on the RTCP port never.
 * - secure: rtp_receiver_take; its source becomes where that leg is sent to
 *   (RTP and RTCP apart, with mux together).
 * - clear: only from the address (port_strict: and port) of the plan, or by
 *   first_fixes_port; the receiver's place is taken by rtp_header_read, for
 *   RTCP by rtcp_filter's checks.
 * A leg is sent to where an authentic packet came from; before one: a leg with
 * tls to its signalled port when the signalled address is that of tls, else
 * nowhere; the upstream's to its signalled address. What is multicast,
 * broadcast, unset or below port 1024 is never sent to.
 * buffer: RTP_PACKET_MAX + RTP_OVERHEAD_MAX bytes.
 */
enum rtp_result rtp_session_packet(struct rtp_session *session,
				   const struct rtp_arrival *in,
				   struct rtp_departure *out, uint8_t *buffer);

/* Once a second or so; at most one event a call: call until false. */
bool rtp_session_event(struct rtp_session *session, uint64_t now_us,
		       struct rtp_event *out);

/* What came on a leg. */
struct rtp_figures rtp_session_figures(const struct rtp_session *session,
				       unsigned leg);

/* For the look-up of packets on a shared port. Waits: secure, and nothing
 * authentic has come since the last plan. Knows: secure, heard that SSRC. */
bool rtp_session_waits(const struct rtp_session *session, unsigned leg);
bool rtp_session_knows(const struct rtp_session *session, unsigned leg,
		       uint32_t ssrc);
