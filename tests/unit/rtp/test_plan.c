/* test_plan.c - what a new plan of a session begins, and what it leaves be */
#include "party.h"

/* ---- echo, hold, other sources */

Test(plan, echo_returns_the_audio_under_our_key_and_keeps_the_reports)
{
	struct call call;

	call_draw(&call, true, false);
	call.plan.echo = true;
	call.plan.leg[1] = (struct rtp_leg_plan){0};
	call_plan(&call);
	for (unsigned i = 0; i < 50; i++) {
		cr_assert_eq(call_speak(&call, 0, "192.0.2.10:31000"),
			     RTP_DONE);
		carries(&call, 0, (uint16_t)(1000 + i));
		is_at(&call.out.to, "192.0.2.10:31000");
	}
	cr_assert_eq(call_report(&call, 0, PHONE_RTCP, true, 0), RTP_DONE);
	cr_assert_eq(call.out.len, 0);
	cr_assert_eq(call_speak(&call, 1, PBX), RTP_FORGED);
	call_close(&call);
}

Test(plan, music_on_hold_passes)
{
	struct call call;

	call_draw(&call, true, false);
	call.plan.held = true;
	call_plan(&call);
	cr_assert_eq(call_speak(&call, 1, PBX), RTP_DONE);
	carries(&call, 0, 1000);
	call_close(&call);
}

Test(plan, another_source_never_continues_the_ssrc_of_the_old_one)
{
	struct call call;
	uint32_t before, after;

	call_open(&call);
	before = heard_as(&call, 1);
	cr_assert_eq(heard_as(&call, 1), before);
	call_plan(&call);
	cr_assert_eq(heard_as(&call, 1), before, "a plan alone is no reason");
	call.plan.another_source = true;
	call_plan(&call);
	after = heard_as(&call, 1);
	cr_assert_neq(after, before);
	cr_assert_eq(heard_as(&call, 0), call.party[0].ssrc,
		     "only towards leg 0");

	/* So it is with a clear leg that signals another address. */
	call.plan.another_source = false;
	call.plan.leg[1].rtp = at("10.0.0.9:20000");
	call_plan(&call);
	cr_assert_eq(call_speak(&call, 1, "10.0.0.9:20000"), RTP_DONE);
	cr_assert_neq(get32(call.out.p + 8), after);
	cr_assert_neq(get32(call.out.p + 8), before);
	call_close(&call);
}

Test(plan, a_branch_that_was_left_is_not_heard_any_more)
{
	struct call call;
	struct party other;

	call_draw(&call, true, true);
	call_plan(&call);
	cr_assert_eq(call_speak(&call, 1, PBX), RTP_DONE);
	party_open(&other, true, 9);
	call.plan.leg[1].rx = other.key;
	call.plan.leg[1].rtp = at("10.0.0.8:20000");
	call.plan.another_source = true;
	call_plan(&call);
	cr_assert_eq(call_speak(&call, 1, PBX), RTP_FORGED);
	cr_assert_str_eq(call_goes_to(&call, 1), "10.0.0.8:20000");
	party_close(&call.party[1]);
	call.party[1] = other;
	cr_assert_eq(call_speak(&call, 1, "10.0.0.8:20000"), RTP_DONE);
	call_close(&call);
}

Test(plan, a_plan_with_the_same_key_keeps_the_replay_window)
{
	struct call call;

	call_open(&call);
	cr_assert_eq(call_speak(&call, 0, PHONE), RTP_DONE);
	call_plan(&call);
	cr_assert_eq(call_wire(&call, 0, PHONE, false), RTP_REPLAYED);
	call.plan.another_source = true;
	call_plan(&call);
	cr_assert_eq(call_wire(&call, 0, PHONE, false), RTP_REPLAYED);
	/* A line that was refused for a while, too. */
	call.plan.leg[0].used = false;
	call_plan(&call);
	call.plan.leg[0].used = true;
	call_plan(&call);
	cr_assert_eq(call_wire(&call, 0, PHONE, false), RTP_REPLAYED);
	call_close(&call);
}

/* ---- plans that are refused */

Test(plan, a_plan_that_is_refused_changes_nothing)
{
	struct call call;
	struct rtp_plan bad[5];

	call_open(&call);
	cr_assert_eq(call_speak(&call, 0, "198.51.100.7:31000"), RTP_DONE);
	for (unsigned i = 0; i < 5; i++) {
		bad[i] = call.plan;
		bad[i].leg[1].rtp = at("10.0.0.9:20000");
	}
	bad[0].leg[0].rx = bad[0].leg[0].tx; /* one key both ways */
	bad[1].leg[0].rx.suite = SUITE_COUNT;
	bad[2].leg[0].tx.mki_len = 5;
	bad[3].echo = true; /* and leg 1 */
	bad[4] = bad[3];
	bad[4].leg[0].used = bad[4].leg[1].used = false;
	for (unsigned i = 0; i < 5; i++) {
		cr_assert_eq(rtp_session_plan(call.session, &bad[i], START_US),
			     EINVAL, "%u", i);
		cr_assert_eq(memcmp(rtp_session_plan_now(call.session),
				    &call.plan, sizeof(call.plan)),
			     0);
	}
	cr_assert_str_eq(call_goes_to(&call, 0), "198.51.100.7:31000");
	cr_assert_eq(call_speak(&call, 0, PHONE), RTP_DONE);
	is_at(&call.out.to, PBX);
	call_close(&call);
}

Test(plan, without_memory_the_old_plan_stays)
{
	struct call call;
	struct rtp_plan next;
	unsigned opens = 0;
	int err;

	call_draw(&call, true, true);
	call_plan(&call);
	cr_assert_eq(call_speak(&call, 0, PHONE), RTP_DONE);
	next = call.plan;
	next.leg[0].rx = key_of(50);
	next.leg[0].tx = key_of(51);
	next.leg[1].rx = key_of(52);
	next.leg[1].rtp = at("10.0.0.9:20000");
	next.another_source = true;
	for (;; opens++) {
		watched.opens_left = opens;
		err = rtp_session_plan(call.session, &next, START_US);
		watched.opens_left = ~0u;
		if (!err)
			break;
		cr_assert_eq(err, ENOMEM);
		cr_assert_lt(opens, 10);
		cr_assert_eq(call_speak(&call, 0, PHONE), RTP_DONE);
		is_at(&call.out.to, PBX);
		carries(&call, 1, (uint16_t)(call.party[0].sequence - 1));
		cr_assert_eq(call_speak(&call, 1, PBX), RTP_DONE);
		carries(&call, 0, (uint16_t)(call.party[1].sequence - 1));
	}
	cr_assert_gt(opens, 2, "three keys are new");
	cr_assert_eq(call_speak(&call, 1, PBX), RTP_FORGED, "the old branch");
	call_close(&call);
}
