/* watch.h - what there is to tell of a session as time goes by */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "rempart/base/addr.h"
#include "rempart/rtp/session.h"

struct watch_leg {
	uint64_t heard_us; /* the last authentic packet; 0: none yet */
	struct addr first; /* whence the first one came */
	/* Packets that were refused, one after the other */
	uint64_t refused_since_us, refused_us;
	struct addr refused; /* whence the last one came */
	bool refusing;
	bool no_room; /* refused for want of room, not of a key */
	bool exhausted;
	bool first_told, refused_told, exhausted_told;
};

struct watch {
	struct watch_leg leg[2];
	uint64_t plan_us;
	bool silence_told;
};

/* A plan begins. `another`: of leg 1; `rekeyed`: that leg has new keys. */
void watch_plan(struct watch *watch, bool another, const bool rekeyed[static 2],
		uint64_t now_us);

void watch_heard(struct watch_leg *leg, const struct rtp_arrival *in);
/* It was refused, as not authentic or not from whom is heard; no_room: for want
 * of room. */
void watch_refused(struct watch_leg *leg, const struct rtp_arrival *in,
		   bool no_room);

/* The next event that is due, each once; id is left to the caller. */
bool watch_next(struct watch *watch, const struct rtp_plan *plan,
		uint64_t now_us, struct rtp_event *out);
