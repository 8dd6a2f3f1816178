/* test_watch.c - each thing that an operator must hear of a session is told
 * once, and none because of a packet that nobody proved */
#include "party.h"

static void forged(struct call *call, unsigned leg, const char *from)
{
	party_speaks(&call->party[leg]);
	if (call->party[leg].secure)
		call->party[leg].wire[30] ^= 1;
	cr_assert_eq(call_wire(call, leg, from, false), RTP_FORGED);
}

/* A stream of forged ones, for so long. */
static void flood(struct call *call, unsigned leg, const char *from,
		  uint64_t for_us)
{
	const uint64_t end_us = call->now_us + for_us;

	for (;;) {
		forged(call, leg, from);
		if (call->now_us == end_us)
			break;
		call->now_us += TICK_US;
	}
}

static void heard_first(struct call *call)
{
	struct rtp_event event;

	cr_assert_eq(call_speak(call, 0, PHONE), RTP_DONE);
	cr_assert_eq(call_speak(call, 1, PBX), RTP_DONE);
	cr_assert(call_event(call, RTP_EVENT_FIRST, 0, &event));
	cr_assert(call_event(call, RTP_EVENT_FIRST, 1, &event));
	cr_assert(call_is_quiet(call));
}

Test(watch, the_first_authentic_packet_of_each_leg_is_told_once)
{
	struct call call;
	struct rtp_event event;

	call_open(&call);
	forged(&call, 0, STRANGER);
	cr_assert(call_is_quiet(&call));
	cr_assert_eq(call_speak(&call, 0, "198.51.100.7:31000"), RTP_DONE);
	cr_assert_eq(call_speak(&call, 0, "198.51.100.7:31002"), RTP_DONE);
	cr_assert(call_event(&call, RTP_EVENT_FIRST, 0, &event));
	is_at(&event.from, "198.51.100.7:31000");
	cr_assert(call_is_quiet(&call));
	cr_assert_eq(call_speak(&call, 1, PBX), RTP_DONE);
	cr_assert(call_event(&call, RTP_EVENT_FIRST, 1, &event));
	is_at(&event.from, PBX);
	call_plan(&call);
	cr_assert_eq(call_speak(&call, 0, PHONE), RTP_DONE);
	cr_assert_eq(call_speak(&call, 1, PBX), RTP_DONE);
	cr_assert(call_is_quiet(&call));
	call_close(&call);
}

Test(watch, of_another_branch_the_first_packet_is_told_again)
{
	struct call call;
	struct rtp_event event;

	call_open(&call);
	heard_first(&call);
	call.plan.another_source = true;
	call_plan(&call);
	cr_assert_eq(call_speak(&call, 0, PHONE), RTP_DONE);
	cr_assert_eq(call_speak(&call, 1, PBX), RTP_DONE);
	cr_assert(call_event(&call, RTP_EVENT_FIRST, 1, &event));
	cr_assert(call_is_quiet(&call));
	call_close(&call);
}

Test(watch, three_seconds_that_no_key_proves_are_told_once_a_plan)
{
	struct call call;
	struct rtp_event event;

	call_open(&call);
	flood(&call, 0, STRANGER, 3 * SECOND_US - TICK_US);
	cr_assert(call_is_quiet(&call));
	call.now_us += TICK_US;
	forged(&call, 0, "203.0.113.67:7000");
	cr_assert(call_event(&call, RTP_EVENT_NOTHING_VALID, 0, &event));
	is_at(&event.from, "203.0.113.67:7000");
	flood(&call, 0, STRANGER, 4 * SECOND_US);
	cr_assert(call_is_quiet(&call));

	call_plan(&call);
	cr_assert(call_is_quiet(&call));
	flood(&call, 0, STRANGER, 3 * SECOND_US);
	cr_assert(call_event(&call, RTP_EVENT_NOTHING_VALID, 0, &event));
	call_close(&call);
}

Test(watch, a_phone_that_is_heard_is_no_phone_with_a_wrong_key)
{
	struct call call;

	call_open(&call);
	heard_first(&call);
	for (unsigned i = 0; i < 10; i++) {
		flood(&call, 0, STRANGER, SECOND_US);
		cr_assert_eq(call_speak(&call, 0, PHONE), RTP_DONE);
	}
	cr_assert(call_is_quiet(&call));
	/* Strays, a minute apart, are no stream. */
	for (unsigned i = 0; i < 10; i++) {
		call.now_us += 60ull * SECOND_US;
		forged(&call, 0, STRANGER);
		cr_assert(call_is_quiet(&call));
	}
	/* Replays are authentic once; what is no RTP has no key. */
	cr_assert_eq(call_speak(&call, 0, PHONE), RTP_DONE);
	for (unsigned i = 0; i < 200; i++) {
		call.now_us += TICK_US;
		cr_assert_eq(call_wire(&call, 0, STRANGER, false),
			     RTP_REPLAYED);
	}
	cr_assert(call_is_quiet(&call));
	call_close(&call);
}

Test(watch, three_seconds_from_another_address_are_told_once_a_plan)
{
	struct call call;
	struct rtp_event event;

	call_open(&call);
	flood(&call, 1, "10.0.0.6:20000", 3 * SECOND_US - TICK_US);
	cr_assert(call_is_quiet(&call));
	flood(&call, 1, "10.0.0.6:20000", TICK_US);
	cr_assert(call_event(&call, RTP_EVENT_OTHER_ADDRESS, 1, &event));
	is_at(&event.from, "10.0.0.6:20000");
	flood(&call, 1, "10.0.0.6:20000", 4 * SECOND_US);
	cr_assert(call_is_quiet(&call));
	call_plan(&call);
	flood(&call, 1, "10.0.0.6:20000", 3 * SECOND_US);
	cr_assert(call_event(&call, RTP_EVENT_OTHER_ADDRESS, 1, &event));

	/* Not all from there: the one that is heard sends too. */
	call_plan(&call);
	flood(&call, 1, "10.0.0.6:20000", 2 * SECOND_US);
	cr_assert_eq(call_speak(&call, 1, PBX), RTP_DONE);
	flood(&call, 1, "10.0.0.6:20000", 2 * SECOND_US);
	cr_assert(call_event(&call, RTP_EVENT_FIRST, 1, &event));
	cr_assert(call_is_quiet(&call));
	call_close(&call);
}

Test(watch, silence_is_that_of_both_legs)
{
	struct call call;
	struct rtp_event event;

	call_draw(&call, true, false);
	call.plan.silence_s = 20;
	call_plan(&call);
	heard_first(&call);
	for (unsigned i = 0; i < 4; i++) {
		call.now_us += 15ull * SECOND_US;
		cr_assert(call_is_quiet(&call), "one of them was heard");
		cr_assert_eq(i % 2 ? call_speak(&call, 0, PHONE)
				   : call_report(&call, 1, PBX_RTCP, true, 0),
			     RTP_DONE);
		cr_assert(call_is_quiet(&call));
	}
	call.now_us += 20ull * SECOND_US - 1;
	forged(&call, 0, STRANGER);
	forged(&call, 1, STRANGER);
	cr_assert_eq(call_wire(&call, 0, PHONE, false), RTP_FORGED);
	cr_assert(call_is_quiet(&call));
	call.now_us++;
	cr_assert(call_event(&call, RTP_EVENT_SILENCE, 0, &event));
	call.now_us += 60ull * SECOND_US;
	cr_assert(call_is_quiet(&call));
	call_close(&call);
}

Test(watch, silence_counts_from_the_plan)
{
	struct call call;
	struct rtp_event event;

	call_draw(&call, true, false);
	call.plan.silence_s = 20;
	call_plan(&call);
	call.now_us += 19ull * SECOND_US;
	cr_assert(call_is_quiet(&call));
	call_plan(&call);
	call.now_us += 19ull * SECOND_US;
	cr_assert(call_is_quiet(&call));
	call.now_us += SECOND_US;
	cr_assert(call_event(&call, RTP_EVENT_SILENCE, 0, &event));
	call_close(&call);
}

Test(watch, silence_on_hold_or_without_a_limit_is_none)
{
	struct call call;
	struct rtp_event event;

	call_draw(&call, true, false);
	call.plan.silence_s = 20;
	call.plan.held = true;
	call_plan(&call);
	call.now_us += 3600ull * SECOND_US;
	cr_assert(call_is_quiet(&call));
	call.plan.held = false;
	call.plan.silence_s = 0;
	call_plan(&call);
	call.now_us += 3600ull * SECOND_US;
	cr_assert(call_is_quiet(&call));
	call.plan.silence_s = 20;
	call_plan(&call);
	call.now_us += 20ull * SECOND_US;
	cr_assert(call_event(&call, RTP_EVENT_SILENCE, 0, &event));
	call_close(&call);
}

Test(watch, a_lifetime_that_is_over_is_told_once)
{
	struct call call;
	struct rtp_event event;

	call_draw(&call, true, false);
	call.plan.leg[0].rx.packets_max = 10;
	call_plan(&call);
	for (unsigned i = 0; i < 10; i++)
		cr_assert_eq(call_speak(&call, 0, PHONE), RTP_DONE);
	cr_assert(call_event(&call, RTP_EVENT_FIRST, 0, &event));
	cr_assert(call_is_quiet(&call));
	for (unsigned i = 0; i < 10; i++)
		cr_assert_eq(call_speak(&call, 0, PHONE), RTP_EXHAUSTED);
	cr_assert(call_event(&call, RTP_EVENT_EXHAUSTED, 0, &event));
	cr_assert(call_is_quiet(&call));
	cr_assert_eq(call_speak(&call, 0, PHONE), RTP_EXHAUSTED);
	cr_assert(call_is_quiet(&call));
	call_close(&call);
}

/* Each with its own SSRC: our key towards the phone has room for so many. */
Test(watch, ssrcs_that_are_used_up_are_told_once_and_end_no_reception)
{
	struct call call;
	struct rtp_event event;

	call_open(&call);
	heard_first(&call);
	for (unsigned i = 1; i < RTP_SSRC_MAX; i++) {
		call.party[1].ssrc++;
		cr_assert_eq(call_speak(&call, 1, PBX), RTP_DONE);
		cr_assert_gt(call.out.len, 0);
	}
	cr_assert(call_is_quiet(&call));
	for (unsigned i = 0; i < 3; i++) {
		call.party[1].ssrc++;
		cr_assert_eq(call_speak(&call, 1, PBX), RTP_DONE);
		cr_assert_eq(call.out.len, 0);
	}
	cr_assert(call_event(&call, RTP_EVENT_EXHAUSTED, 0, &event));
	cr_assert(call_is_quiet(&call));
	/* A new key of ours has room again, and may be used up again. */
	call.plan.leg[0].tx = key_of(60);
	call_plan(&call);
	cr_assert_eq(call_speak(&call, 1, PBX), RTP_DONE);
	cr_assert_gt(call.out.len, 0);
	cr_assert(call_is_quiet(&call));
	for (unsigned i = 0; i < RTP_SSRC_MAX; i++) {
		call.party[1].ssrc++;
		cr_assert_eq(call_speak(&call, 1, PBX), RTP_DONE);
	}
	cr_assert(call_event(&call, RTP_EVENT_EXHAUSTED, 0, &event));
	cr_assert(call_is_quiet(&call));
	call_close(&call);
}

/* The phone's SSRCs are used up; strangers cannot have that told, it can. */
Test(watch, want_of_room_is_told_after_three_seconds_of_nothing_else)
{
	struct call call;
	struct rtp_event event;

	call_open(&call);
	heard_first(&call);
	for (unsigned i = 1; i < RTP_SSRC_MAX; i++) {
		call.party[0].ssrc++;
		cr_assert_eq(call_speak(&call, 0, PHONE), RTP_DONE);
	}
	watched.base->close(call.party[0].writes);
	cr_assert_eq(watched.base->open(&call.party[0].writes, RTP_SEND,
					call.party[0].key.suite,
					call.party[0].key.key_salt),
		     0);
	call.party[0].ssrc++;
	for (unsigned i = 0; i < 151; i++) {
		cr_assert(call_is_quiet(&call));
		cr_assert_eq(call_speak(&call, 0, PHONE), RTP_NO_ROOM);
		call.now_us += TICK_US;
	}
	cr_assert(call_event(&call, RTP_EVENT_EXHAUSTED, 0, &event));
	cr_assert(call_is_quiet(&call));
	call_close(&call);
}
