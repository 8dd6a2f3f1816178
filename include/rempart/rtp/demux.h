/* demux.h - one port for all: whose packet is it? */
#pragma once

#include "rempart/base/check.h"
#include "rempart/rtp/session.h"

enum {
	/* Sessions tried a second, of each step apart, so that what a
	 * stranger's packets cost is bounded and one step's flood does not
	 * starve another. A try is one HMAC: 0.4 us. */
	RTP_TRY_SIGNALLED = 20000,
	RTP_TRY_TLS = 20000,
	RTP_TRY_SSRC = 5000,
	RTP_TRY_REST = 2000,
	RTP_DEMUX_SESSIONS_MAX = 16384, /* 200 000 packets a second is 2000
					 * two-way calls a core; and to spare */
	RTP_TRY_EACH_MAX = 32, /* sessions tried for one packet and step */
};

/* Of one RTP and RTCP port pair. One thread. */
struct rtp_demux;

MUST_CHECK
int rtp_demux_open(struct rtp_demux **out, size_t sessions_max,
		   const uint8_t key[static HASH_KEY_BYTES]);
void rtp_demux_close(struct rtp_demux *demux);

/* Leg `leg` of the session hears on this port; twice (both legs are phones) is
 * allowed. 0, ENOSPC or ENOMEM. After each rtp_session_plan: rtp_demux_update
 * indexes its addresses anew. Remove before the session is closed. */
MUST_CHECK
int rtp_demux_add(struct rtp_demux *demux, struct rtp_session *session,
		  unsigned leg);
void rtp_demux_update(struct rtp_demux *demux, struct rtp_session *session,
		      unsigned leg);
void rtp_demux_remove(struct rtp_demux *demux, struct rtp_session *session,
		      unsigned leg);

/*
 * Finds the session of a datagram and gives it to rtp_session_packet
 * (in->leg is set here). Steps, until one takes it:
 * 1. the session last heard from that source (address and port) with that SSRC;
 * 2. sessions that wait for their first packet, whose signalled address is the
 *    source's (first those with its port too);
 * 3. waiting sessions whose tls address is the source's;
 *    then a session last heard from that source, with a new SSRC;
 * 4. live sessions that know the SSRC (roaming, NAT that took another port);
 * 5. the rest of the waiting ones, round robin.
 * A clear shared leg is found by its exact signalled address alone, never by
 * the steps above. A replayed packet ends the search. On RTP_DONE *session is
 * whose it is, and the source leads to it from now on.
 */
enum rtp_result rtp_demux_packet(struct rtp_demux *demux,
				 struct rtp_arrival *in,
				 struct rtp_session **session,
				 struct rtp_departure *out, uint8_t *buffer);

struct rtp_demux_counts {
	uint64_t taken, unknown; /* nobody's */
	uint64_t spent;		 /* not tried: a step's budget was used up */
};
struct rtp_demux_counts rtp_demux_counts(const struct rtp_demux *demux);
