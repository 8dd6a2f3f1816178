/* test_hold.c - hold and resume, in the ways that are met, and addresses that
 * move while a call is up */
#include "scene.h"

TestSuite(hold);

static void exchange(unsigned from, const char *offered, const char *answered)
{
	struct out *out = offer(from, offered);

	answer(out, 7, answered);
	drop(out);
}

Test(hold, by_direction_is_passed_on_and_planned)
{
	static const struct {
		const char *offered, *answered;
	} cases[] = {
		{PHONE_SDP "a=sendonly\r\n", PBX_SDP "a=recvonly\r\n"},
		{PHONE_SDP "a=inactive\r\n", PBX_SDP "a=inactive\r\n"},
		{PHONE_SDP "a=sendrecv\r\n", PBX_SDP "a=sendonly\r\n"},
	};

	for (unsigned i = 0; i < 3; i++) {
		struct out *out, *back;

		call_up();
		cr_assert(!nth(0)->plan.held);
		out = offer(0, cases[i].offered);
		back = answer(out, 7, cases[i].answered);
		cr_assert_not_null(strstr(out->text, "a=send")
					   ?: strstr(out->text, "a=inactive"));
		cr_assert(holds(back, strstr(cases[i].answered, "8\r\n") + 3));
		cr_assert(nth(0)->plan.held);
		cr_assert(!leg_of(0, 0)->moved && !leg_of(0, 1)->moved);
		drop(out);
		exchange(0, PHONE_SDP, PBX_SDP);
		cr_assert(!nth(0)->plan.held);
		cr_assert(!leg_of(0, 0)->moved && !leg_of(0, 1)->moved);
		scene_end();
	}
}

Test(hold, by_direction_of_the_session_counts_too)
{
	call_up();
	exchange(1,
		 "v=0\r\no=- 1 1 IN IP4 " PBX_IP "\r\ns=-\r\nc=IN IP4 " PBX_IP
		 "\r\nt=0 0\r\na=sendonly\r\n" AVP(14000),
		 PHONE_SDP "a=recvonly\r\n");
	cr_assert(nth(0)->plan.held);
	scene_end();
}

/* The other end is to know it: it gets what came, not our address. */
Test(hold, by_no_address_sends_nothing_and_is_told)
{
	struct out *out;

	call_up();
	out = offer(1, HEAD("pbx", "0.0.0.0") AVP(14000));
	cr_assert(holds(out, "c=IN IP4 0.0.0.0\r\n"));
	cr_assert(holds(out, "m=audio 5004 RTP/SAVP"));
	cr_assert(holds(out, " IN IP4 203.0.113.1\r\ns=-\r\n"));
	answer(out, 7, PHONE_SDP);
	drop(out);
	cr_assert(nth(0)->plan.held);
	cr_assert_eq(leg_of(0, 1)->rtp.version, 0);
	cr_assert_eq(leg_of(0, 1)->rtcp.version, 0);
	cr_assert(!leg_of(0, 1)->moved);
	/* Back at the same place: it has not moved. */
	exchange(1, PBX_SDP, PHONE_SDP);
	cr_assert(!nth(0)->plan.held);
	at(&leg_of(0, 1)->rtp, PBX_IP ":14000");
	cr_assert(!leg_of(0, 1)->moved);
	scene_end();
}

Test(hold, by_no_address_in_an_answer_or_of_ip6)
{
	struct out *out, *back;

	call_up();
	out = offer(0, PHONE_SDP);
	back = answer(out, 7, HEAD("pbx", "0.0.0.0") AVP(9));
	cr_assert(holds(back, "c=IN IP4 0.0.0.0\r\n"));
	cr_assert_eq(leg_of(0, 1)->rtp.version, 0);
	drop(out);
	exchange(0,
		 "v=0\r\no=- 1 1 IN IP6 ::\r\ns=-\r\nc=IN IP6 ::\r\n"
		 "t=0 0\r\n" SAVP(30000) CRYPTO_128(1),
		 PBX_SDP);
	cr_assert_eq(leg_of(0, 0)->rtp.version, 0);
	cr_assert(nth(0)->plan.held);
	scene_end();
}

Test(hold, resumed_elsewhere_has_moved)
{
	call_up();
	cr_assert(!leg_of(0, 0)->moved && !leg_of(0, 1)->moved);
	exchange(0, HEAD("alice", "0.0.0.0") SAVP(30000) CRYPTO_128(1),
		 PBX_SDP);
	exchange(0, PHONE_HEAD SAVP(30100) CRYPTO_128(1), PBX_SDP);
	cr_assert(leg_of(0, 0)->moved);
	cr_assert(!leg_of(0, 1)->moved);
	at(&leg_of(0, 0)->rtp, PHONE_IP ":30100");
	/* Said once. */
	exchange(0, PHONE_HEAD SAVP(30100) CRYPTO_128(1) "a=sendonly\r\n",
		 PBX_SDP);
	cr_assert(!leg_of(0, 0)->moved);
	scene_end();
}

Test(hold, that_is_refused_leaves_all_as_it_was)
{
	struct out *out, *held;
	unsigned plans;

	call_up();
	plans = nth(0)->plans;
	held = offer(0, PHONE_HEAD SAVP(30500) CRYPTO_128(1) "a=sendonly\r\n");
	drop(held);
	cr_assert_eq(nth(0)->plans, plans);
	cr_assert_eq(sc.count, 1);
	media_answered(sc.media, &sc.ctx);
	media_select(sc.media, &sc.ctx, 7);
	cr_assert_eq(nth(0)->plans, plans);
	out = offer(0, PHONE_SDP);
	cr_assert(holds(out, "m=audio 20000 "));
	scene_end();
}

Test(hold, refresh_with_the_same_bodies_is_no_plan)
{
	unsigned plans;

	call_up();
	plans = nth(0)->plans;
	exchange(0, PHONE_SDP, PBX_SDP);
	exchange(1, PBX_SDP, PHONE_SDP);
	cr_assert_eq(nth(0)->plans, plans);
	cr_assert_eq(sc.count, 1);
	scene_end();
}

Test(hold, rtcp_that_goes_apart_or_nowhere)
{
	call_up();
	exchange(0, PHONE_SDP "a=rtcp:30005 IN IP4 198.51.100.8\r\n", PBX_SDP);
	at(&leg_of(0, 0)->rtcp, "198.51.100.8:30005");
	exchange(0, PHONE_SDP "a=rtcp:9 IN IP4 0.0.0.0\r\n", PBX_SDP);
	at(&leg_of(0, 0)->rtp, PHONE_IP ":30000");
	cr_assert(addr_is_any(&leg_of(0, 0)->rtcp));
	scene_end();
}
