/* latch.h - where a leg is sent to, and who is heard on a clear one */
#pragma once

#include <stdbool.h>

#include "rempart/base/addr.h"
#include "rempart/rtp/session.h"

/* All zero: nothing was planned or heard. */
struct latch {
	struct addr at[2];   /* RTP, RTCP: where what was authentic came from */
	struct addr home[2]; /* RTP, RTCP: signalled last, but for a hold */
	bool stale; /* the phone has moved: `at` goes with the next packet */
};

/* The leg's plan becomes `now`; `another`: it is another party than before. */
void latch_plan(struct latch *latch, const struct rtp_leg_plan *was,
		const struct rtp_leg_plan *now, bool another);

/* A clear leg: may this source be heard on its RTP or RTCP port? */
bool latch_hears(const struct latch *latch, const struct rtp_leg_plan *plan,
		 const struct addr *from, bool rtcp_port);

/* An authentic packet came from there. */
void latch_commit(struct latch *latch, const struct addr *from, bool rtcp_port);

/* Where the leg's RTP or RTCP is sent to; false: nowhere. */
bool latch_target(const struct latch *latch, const struct rtp_leg_plan *plan,
		  bool rtcp, struct addr *out);
