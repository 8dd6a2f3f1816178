/* legs.h - inside a session, for the files that share it */
#pragma once

#include "latch.h"
#include "rempart/rtp/sender.h"
#include "rempart/rtp/session.h"
#include "watch.h"

struct leg {
	struct rtp_receiver *recv; /* NULL: it never was secure */
	struct rtp_sender *send;
	struct latch latch;
	struct rtp_quality quality;
	bool waits; /* nothing authentic has come since the last plan */
};

struct rtp_session {
	uint64_t id;
	const struct rtp_engine *engine;
	void *owner;
	struct rtp_plan plan;
	struct leg leg[2];
	struct watch watch;
};

/* rtp_session_packet for one of many sessions whose it may be: a refusal is not
 * held against the leg. */
enum rtp_result rtp_session_try(struct rtp_session *session,
				const struct rtp_arrival *in,
				struct rtp_departure *out, uint8_t *buffer);

/* It was this leg's all the same: so refused. */
void rtp_session_blame(struct rtp_session *session,
		       const struct rtp_arrival *in, enum rtp_result why);
