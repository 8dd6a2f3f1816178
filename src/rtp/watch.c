/* watch.c - what there is to tell of a session as time goes by */
#include "watch.h"

static const uint64_t US_PER_S = 1000000;
static const uint64_t REFUSED_US = 3000000;
/* Packets that are further apart than this are strays, not one stream. */
static const uint64_t GAP_US = 1000000;

void watch_plan(struct watch *watch, bool another, const bool rekeyed[static 2],
		uint64_t now_us)
{
	for (unsigned i = 0; i < 2; i++) {
		struct watch_leg *leg = &watch->leg[i];

		leg->refusing = false;
		leg->refused_told = false;
		if (i == 1 && another) {
			leg->first = (struct addr){0};
			leg->first_told = false;
		}
		if (rekeyed[i])
			leg->exhausted = leg->exhausted_told = false;
	}
	watch->plan_us = now_us;
	watch->silence_told = false;
}

void watch_heard(struct watch_leg *leg, const struct rtp_arrival *in)
{
	if (!leg->first.version)
		leg->first = in->from;
	leg->heard_us = in->now_us;
	leg->refusing = false;
}

void watch_refused(struct watch_leg *leg, const struct rtp_arrival *in,
		   bool no_room)
{
	if (!leg->refusing || in->now_us - leg->refused_us > GAP_US) {
		leg->refused_since_us = in->now_us;
		leg->no_room = false;
	}
	leg->refusing = true;
	leg->no_room |= no_room;
	leg->refused_us = in->now_us;
	leg->refused = in->from;
}

static bool next_first(struct watch_leg *leg, struct rtp_event *out)
{
	if (leg->first_told || !leg->first.version)
		return false;
	leg->first_told = true;
	*out = (struct rtp_event){
		.kind = RTP_EVENT_FIRST,
		.from = leg->first,
	};
	return true;
}

static bool next_refused(struct watch_leg *leg, bool secure,
			 struct rtp_event *out)
{
	if (leg->refused_told || !leg->refusing ||
	    leg->refused_us - leg->refused_since_us < REFUSED_US)
		return false;
	leg->refused_told = true;
	if (leg->no_room) {
		/* Told so late, for nobody has proven those packets. */
		leg->exhausted = true;
		return false;
	}
	*out = (struct rtp_event){
		.kind = secure ? RTP_EVENT_NOTHING_VALID
			       : RTP_EVENT_OTHER_ADDRESS,
		.from = leg->refused,
	};
	return true;
}

static bool next_exhausted(struct watch_leg *leg, struct rtp_event *out)
{
	if (leg->exhausted_told || !leg->exhausted)
		return false;
	leg->exhausted_told = true;
	*out = (struct rtp_event){.kind = RTP_EVENT_EXHAUSTED};
	return true;
}

static bool is_silent(const struct watch *watch, const struct rtp_plan *plan,
		      uint64_t now_us)
{
	uint64_t last_us = watch->plan_us;

	if (plan->held || !plan->silence_s)
		return false;
	for (unsigned i = 0; i < 2; i++) {
		if (watch->leg[i].heard_us > last_us)
			last_us = watch->leg[i].heard_us;
	}
	return now_us >= last_us + plan->silence_s * US_PER_S;
}

bool watch_next(struct watch *watch, const struct rtp_plan *plan,
		uint64_t now_us, struct rtp_event *out)
{
	for (unsigned i = 0; i < 2; i++) {
		struct watch_leg *leg = &watch->leg[i];

		if (next_first(leg, out) ||
		    next_refused(leg, plan->leg[i].secure, out) ||
		    next_exhausted(leg, out)) {
			out->leg = i;
			return true;
		}
	}
	if (watch->silence_told || !is_silent(watch, plan, now_us))
		return false;
	watch->silence_told = true;
	*out = (struct rtp_event){.kind = RTP_EVENT_SILENCE};
	return true;
}
