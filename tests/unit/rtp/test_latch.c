/* test_latch.c - nothing is sent where nobody has proven to be, and on a clear
 * leg nobody else is heard */
#include "party.h"

/* ---- a phone with SRTP */

Test(latch, an_authentic_packet_says_where_the_phone_is)
{
	struct call call;

	call_open(&call);
	cr_assert_eq(call_speak(&call, 0, "198.51.100.7:31000"), RTP_DONE);
	cr_assert_str_eq(call_goes_to(&call, 0), "198.51.100.7:31000");
	call_close(&call);
}

Test(latch, a_forged_one_says_nothing)
{
	struct call call;

	call_open(&call);
	cr_assert_eq(call_speak(&call, 0, "198.51.100.7:31000"), RTP_DONE);
	for (size_t at_byte = 12; at_byte < 180; at_byte += 24) {
		party_speaks(&call.party[0]);
		call.party[0].wire[at_byte] ^= 1;
		cr_assert_eq(call_wire(&call, 0, STRANGER, false), RTP_FORGED);
		cr_assert_eq(call.out.len, 0);
	}
	cr_assert_str_eq(call_goes_to(&call, 0), "198.51.100.7:31000");
	call_close(&call);
}

Test(latch, a_forged_first_one_says_nothing)
{
	struct call call;

	call_open(&call);
	party_speaks(&call.party[0]);
	call.party[0].wire[30] ^= 1;
	cr_assert_eq(call_wire(&call, 0, STRANGER, false), RTP_FORGED);
	cr_assert_str_eq(call_goes_to(&call, 0), PHONE);
	call_close(&call);
}

Test(latch, a_replayed_one_says_nothing)
{
	struct call call;

	call_open(&call);
	cr_assert_eq(call_speak(&call, 0, PHONE), RTP_DONE);
	cr_assert_eq(call_wire(&call, 0, STRANGER, false), RTP_REPLAYED);
	cr_assert_eq(call.out.len, 0);
	cr_assert_str_eq(call_goes_to(&call, 0), PHONE);
	call_close(&call);
}

Test(latch, follows_a_phone_that_roams_and_a_nat_that_takes_another_port)
{
	struct call call;

	call_open(&call);
	cr_assert_eq(call_speak(&call, 0, PHONE), RTP_DONE);
	cr_assert_str_eq(call_goes_to(&call, 0), PHONE);
	cr_assert_eq(call_speak(&call, 0, "192.0.2.10:61000"), RTP_DONE);
	cr_assert_str_eq(call_goes_to(&call, 0), "192.0.2.10:61000");
	cr_assert_eq(call_speak(&call, 0, "[2001:db8::7]:4000"), RTP_DONE);
	cr_assert_str_eq(call_goes_to(&call, 0), "[2001:db8::7]:4000");
	call_close(&call);
}

Test(latch, of_rtp_and_of_rtcp_are_apart)
{
	struct call call;

	call_open(&call);
	cr_assert_eq(call_speak(&call, 0, "198.51.100.7:31000"), RTP_DONE);
	cr_assert_eq(call_report(&call, 1, PBX_RTCP, true, 0), RTP_DONE);
	cr_assert(call.out.rtcp_port);
	is_at(&call.out.to, PHONE_RTCP);

	cr_assert_eq(call_report(&call, 0, "198.51.100.7:31009", true, 0),
		     RTP_DONE);
	cr_assert_eq(call_report(&call, 1, PBX_RTCP, true, 0), RTP_DONE);
	is_at(&call.out.to, "198.51.100.7:31009");
	cr_assert_str_eq(call_goes_to(&call, 0), "198.51.100.7:31000");
	call_close(&call);
}

Test(latch, of_rtp_and_of_rtcp_are_one_with_mux)
{
	struct call call;

	call_draw(&call, true, false);
	call.plan.leg[0].mux = true;
	call_plan(&call);
	cr_assert_eq(call_report(&call, 1, PBX_RTCP, true, 0), RTP_DONE);
	cr_assert_not(call.out.rtcp_port);
	is_at(&call.out.to, PHONE);
	cr_assert_eq(call_report(&call, 0, "198.51.100.7:31000", false, 0),
		     RTP_DONE);
	cr_assert_str_eq(call_goes_to(&call, 0), "198.51.100.7:31000");
	cr_assert_eq(call_report(&call, 1, PBX_RTCP, true, 0), RTP_DONE);
	is_at(&call.out.to, "198.51.100.7:31000");

	/* From its RTCP socket, in spite of the mux: no RTP goes there. */
	cr_assert_eq(call_report(&call, 0, "198.51.100.7:31001", true, 0),
		     RTP_DONE);
	cr_assert_str_eq(call_goes_to(&call, 0), "198.51.100.7:31000");
	call_close(&call);
}

Test(latch, a_third_host_gets_nothing_before_an_authentic_packet)
{
	struct call call;

	call_draw(&call, true, false);
	call.plan.leg[0].rtp = at("203.0.113.99:4000");
	call.plan.leg[0].rtcp = at("203.0.113.99:4001");
	call_plan(&call);
	for (unsigned i = 0; i < 50; i++) {
		cr_assert_eq(call_speak(&call, 1, PBX), RTP_DONE);
		cr_assert_eq(call.out.len, 0);
		cr_assert_eq(call_report(&call, 1, PBX_RTCP, true, 0),
			     RTP_DONE);
		cr_assert_eq(call.out.len, 0);
	}
	/* Behind a NAT: it is where it sends from, its RTCP nowhere yet. */
	cr_assert_eq(call_speak(&call, 0, "192.0.2.10:31000"), RTP_DONE);
	cr_assert_str_eq(call_goes_to(&call, 0), "192.0.2.10:31000");
	cr_assert_eq(call_report(&call, 1, PBX_RTCP, true, 0), RTP_DONE);
	cr_assert_eq(call.out.len, 0);
	call_close(&call);
}

/* Both ways in which an address is learnt from what was signalled. */
static void never_is_sent_to(const char *rtp)
{
	struct call call;

	call_draw(&call, true, false);
	call.plan.leg[0].rtp = at(rtp);
	call.plan.leg[0].tls = at(rtp);
	call_plan(&call);
	cr_assert_str_eq(call_goes_to(&call, 0), "", "phone at %s", rtp);
	call_close(&call);

	call_draw(&call, true, false);
	call.plan.leg[1].rtp = at(rtp);
	call_plan(&call);
	cr_assert_str_eq(call_goes_to(&call, 1), "", "PBX at %s", rtp);
	call_close(&call);
}

Test(latch, no_group_no_service_and_nothing_unset_is_ever_sent_to)
{
	static const char *const never[] = {
		"224.0.0.1:4000",
		"239.255.255.250:4000",
		"255.255.255.255:4000",
		"240.0.0.1:4000",
		"0.0.0.0:4000",
		"0.1.2.3:4000",
		"[ff02::1]:4000",
		"[ff0e::5]:4000",
		"[::]:4000",
		"192.0.2.10",
		"192.0.2.10:1",
		"192.0.2.10:53",
		"192.0.2.10:1023",
	};

	for (size_t i = 0; i < sizeof(never) / sizeof(*never); i++)
		never_is_sent_to(never[i]);
}

Test(latch, port_1024_is_sent_to)
{
	struct call call;

	call_draw(&call, true, false);
	call.plan.leg[1].rtp = at("10.0.0.5:1024");
	call_plan(&call);
	cr_assert_str_eq(call_goes_to(&call, 1), "10.0.0.5:1024");
	call_close(&call);
}

Test(latch, an_authentic_packet_from_a_service_port_moves_nothing)
{
	struct call call;

	call_open(&call);
	cr_assert_eq(call_speak(&call, 0, "198.51.100.7:31000"), RTP_DONE);
	cr_assert_eq(call_speak(&call, 0, "198.51.100.7:53"), RTP_DONE);
	cr_assert_gt(call.out.len, 0, "it is heard");
	cr_assert_str_eq(call_goes_to(&call, 0), "198.51.100.7:31000");
	call_close(&call);
}

/* ---- new plans */

Test(latch, stays_while_nothing_of_it_changes)
{
	struct call call;

	call_open(&call);
	cr_assert_eq(call_speak(&call, 0, "198.51.100.7:31000"), RTP_DONE);
	cr_assert_eq(call_report(&call, 0, "198.51.100.7:31001", true, 0),
		     RTP_DONE);
	call.plan.leg[0].tls = at("192.0.2.10:50999"); /* another port of it */
	call.plan.leg[0].tx = key_of(99);
	call.plan.held = true;
	call_plan(&call);
	cr_assert_str_eq(call_goes_to(&call, 0), "198.51.100.7:31000");
	cr_assert_eq(call_report(&call, 1, PBX_RTCP, true, 0), RTP_DONE);
	is_at(&call.out.to, "198.51.100.7:31001");
	call_close(&call);
}

Test(latch, a_phone_that_moves_keeps_its_old_address_until_it_is_heard)
{
	struct call call;

	call_open(&call);
	cr_assert_eq(call_speak(&call, 0, "198.51.100.7:31000"), RTP_DONE);
	cr_assert_eq(call_report(&call, 0, "198.51.100.7:31001", true, 0),
		     RTP_DONE);
	call.plan.leg[0].rtp = at("192.0.2.10:5000");
	call.plan.leg[0].rtcp = at("192.0.2.10:5001");
	call.plan.leg[0].moved = true;
	call_plan(&call);
	cr_assert_str_eq(call_goes_to(&call, 0), "198.51.100.7:31000");

	party_speaks(&call.party[0]);
	call.party[0].wire[40] ^= 1;
	cr_assert_eq(call_wire(&call, 0, STRANGER, false), RTP_FORGED);
	cr_assert_str_eq(call_goes_to(&call, 0), "198.51.100.7:31000");

	cr_assert_eq(call_speak(&call, 0, "192.0.2.10:5000"), RTP_DONE);
	cr_assert_str_eq(call_goes_to(&call, 0), "192.0.2.10:5000");
	/* That of its RTCP is gone with it. */
	cr_assert_eq(call_report(&call, 1, PBX_RTCP, true, 0), RTP_DONE);
	is_at(&call.out.to, "192.0.2.10:5001");
	call_close(&call);
}

Test(latch, of_an_upstream_that_moves_goes_at_once)
{
	struct call call;

	call_draw(&call, true, true);
	call_plan(&call);
	cr_assert_eq(call_speak(&call, 1, "10.0.0.6:21000"), RTP_DONE);
	cr_assert_str_eq(call_goes_to(&call, 1), "10.0.0.6:21000");
	call.plan.leg[1].rtp = at("10.0.0.7:22000");
	call.plan.leg[1].moved = true;
	call_plan(&call);
	cr_assert_str_eq(call_goes_to(&call, 1), "10.0.0.7:22000");
	call_close(&call);
}

Test(latch, of_a_clear_leg_goes_with_its_signalled_address)
{
	struct call call;

	call_open(&call);
	cr_assert_eq(call_speak(&call, 1, "10.0.0.5:21000"), RTP_DONE);
	cr_assert_str_eq(call_goes_to(&call, 1), "10.0.0.5:21000");
	call.plan.leg[1].rtp = at("10.0.0.7:20000");
	call_plan(&call);
	cr_assert_str_eq(call_goes_to(&call, 1), "10.0.0.7:20000");
	cr_assert_eq(call_speak(&call, 1, PBX), RTP_FORGED);
	call_close(&call);
}

Test(latch, learnt_in_clear_does_not_outlive_it)
{
	struct call call;

	call_draw(&call, true, true);
	call.plan.leg[1].secure = call.party[1].secure = false;
	call_plan(&call);
	cr_assert_eq(call_speak(&call, 1, "10.0.0.5:21000"), RTP_DONE);
	call.plan.leg[1].secure = call.party[1].secure = true;
	call_plan(&call);
	cr_assert_str_eq(call_goes_to(&call, 1), PBX);
	call_close(&call);
}

Test(latch, a_hold_by_0_0_0_0_gets_nothing_and_ends_where_it_began)
{
	struct call call;

	call_open(&call);
	cr_assert_eq(call_speak(&call, 0, "198.51.100.7:31000"), RTP_DONE);
	call.plan.leg[0].rtp = call.plan.leg[0].rtcp = (struct addr){0};
	call_plan(&call);
	cr_assert_str_eq(call_goes_to(&call, 0), "");
	cr_assert_eq(call_report(&call, 1, PBX_RTCP, true, 0), RTP_DONE);
	cr_assert_eq(call.out.len, 0);
	call.plan.leg[0].rtp = at(PHONE);
	call.plan.leg[0].rtcp = at(PHONE_RTCP);
	call_plan(&call);
	cr_assert_str_eq(call_goes_to(&call, 0), "198.51.100.7:31000");

	cr_assert_eq(call_speak(&call, 1, "10.0.0.5:21000"), RTP_DONE);
	call.plan.leg[1].rtp = (struct addr){0};
	call_plan(&call);
	cr_assert_str_eq(call_goes_to(&call, 1), "");
	call.plan.leg[1].rtp = at(PBX);
	call_plan(&call);
	cr_assert_str_eq(call_goes_to(&call, 1), "10.0.0.5:21000");
	call_close(&call);
}

Test(latch, a_move_may_be_said_without_another_address)
{
	struct call call;

	call_open(&call);
	cr_assert_eq(call_report(&call, 0, "198.51.100.7:31001", true, 0),
		     RTP_DONE);
	call.plan.leg[0].moved = true;
	call_plan(&call);
	cr_assert_eq(call_report(&call, 1, PBX_RTCP, true, 0), RTP_DONE);
	is_at(&call.out.to, "198.51.100.7:31001");
	cr_assert_eq(call_speak(&call, 0, PHONE), RTP_DONE);
	cr_assert_eq(call_report(&call, 1, PBX_RTCP, true, 0), RTP_DONE);
	is_at(&call.out.to, PHONE_RTCP);
	call_close(&call);
}

Test(latch, of_a_branch_is_not_that_of_the_next)
{
	struct call call;

	call_open(&call);
	cr_assert_eq(call_speak(&call, 1, "10.0.0.5:21000"), RTP_DONE);
	call.plan.another_source = true;
	call_plan(&call);
	cr_assert_str_eq(call_goes_to(&call, 1), PBX);
	call_close(&call);
}

/* ---- clear legs */

Test(latch, a_clear_leg_hears_only_the_signalled_address)
{
	struct call call;

	call_open(&call);
	cr_assert_eq(call_speak(&call, 1, "10.0.0.6:20000"), RTP_FORGED);
	cr_assert_eq(call.out.len, 0);
	cr_assert_eq(call_report(&call, 1, "10.0.0.6:20001", true, 0),
		     RTP_FORGED);
	cr_assert_str_eq(call_goes_to(&call, 1), PBX);
	/* Of that one, any port; and it is answered there. */
	cr_assert_eq(call_speak(&call, 1, "10.0.0.5:20100"), RTP_DONE);
	cr_assert_gt(call.out.len, 0);
	cr_assert_str_eq(call_goes_to(&call, 1), "10.0.0.5:20100");
	call_close(&call);
}

Test(latch, port_strict_hears_only_the_signalled_ports)
{
	struct call call;

	call_draw(&call, true, false);
	call.plan.leg[1].port_strict = true;
	call_plan(&call);
	cr_assert_eq(call_speak(&call, 1, PBX), RTP_DONE);
	cr_assert_eq(call_speak(&call, 1, "10.0.0.5:20100"), RTP_FORGED);
	cr_assert_eq(call_speak(&call, 1, PBX_RTCP), RTP_FORGED);
	cr_assert_eq(call_report(&call, 1, PBX_RTCP, true, 0), RTP_DONE);
	cr_assert_eq(call_report(&call, 1, PBX, true, 0), RTP_FORGED);
	cr_assert_str_eq(call_goes_to(&call, 1), PBX);
	call_close(&call);
}

Test(latch, a_clear_leg_that_takes_nothing_is_not_heard)
{
	struct call call;

	call_draw(&call, true, false);
	call.plan.leg[1].rtp = (struct addr){0};
	call_plan(&call);
	cr_assert_eq(call_speak(&call, 1, PBX), RTP_FORGED);
	cr_assert_eq(call_report(&call, 1, PBX_RTCP, true, 0), RTP_DONE,
		     "its RTCP goes on");
	call_close(&call);
}

static void emergency(struct call *call, const char *rtp, const char *rtcp)
{
	call_draw(call, false, false);
	call->plan.leg[0] = leg_plan(&call->party[0], rtp, rtcp, PHONE_TLS);
	call->plan.leg[0].first_fixes_port = true;
	call_plan(call);
}

Test(latch, of_an_emergency_the_first_packet_fixes_the_port)
{
	struct call call;

	emergency(&call, "192.168.1.5:4000", "192.168.1.5:4001");
	cr_assert_str_eq(call_goes_to(&call, 0), "", "not the phone's host");
	cr_assert_eq(call_speak(&call, 0, "192.168.1.5:4000"), RTP_FORGED);
	cr_assert_eq(call_speak(&call, 0, STRANGER), RTP_FORGED);
	cr_assert_eq(call_speak(&call, 0, "192.0.2.10:123"), RTP_FORGED);
	cr_assert_str_eq(call_goes_to(&call, 0), "");

	cr_assert_eq(call_speak(&call, 0, "192.0.2.10:31000"), RTP_DONE);
	is_at(&call.out.to, PBX);
	cr_assert_eq(call_speak(&call, 0, "192.0.2.10:31001"), RTP_FORGED);
	cr_assert_str_eq(call_goes_to(&call, 0), "192.0.2.10:31000");

	/* RTCP apart: its own first one. */
	cr_assert_eq(call_report(&call, 0, "192.0.2.10:31005", true, 0),
		     RTP_DONE);
	cr_assert_eq(call_report(&call, 0, "192.0.2.10:31006", true, 0),
		     RTP_FORGED);
	cr_assert_eq(call_report(&call, 1, PBX_RTCP, true, 0), RTP_DONE);
	is_at(&call.out.to, "192.0.2.10:31005");
	call_close(&call);
}

Test(latch, of_an_emergency_stays_over_plans_until_the_phone_moves)
{
	struct call call;

	emergency(&call, PHONE, PHONE_RTCP);
	cr_assert_str_eq(call_goes_to(&call, 0), PHONE);
	cr_assert_eq(call_speak(&call, 0, "192.0.2.10:31000"), RTP_DONE);
	call_plan(&call);
	cr_assert_eq(call_speak(&call, 0, "192.0.2.10:31001"), RTP_FORGED);
	call.plan.leg[0].tls = at("192.0.2.20:50612");
	call_plan(&call);
	cr_assert_eq(call_speak(&call, 0, "192.0.2.10:31000"), RTP_FORGED);
	cr_assert_eq(call_speak(&call, 0, "192.0.2.20:31001"), RTP_DONE);
	cr_assert_str_eq(call_goes_to(&call, 0), "192.0.2.20:31001");
	call_close(&call);
}
