/* test_emergency.c - an emergency call of a phone without SRTP: its leg is a
 * clear one on a pair of its own, and nothing else is ever on it */
#include "scene.h"

TestSuite(emergency);

#define CLEAR PHONE_HEAD AVP(30000)

static void scene_112(void)
{
	struct media_party caller = phone();

	caller.may_be_clear = true;
	scene_set();
	scene_open(caller, pbx());
}

static void exchange(unsigned from, const char *offered, const char *answered)
{
	struct out *out = offer(from, offered);

	answer(out, 7, answered);
	drop(out);
}

/* In clear, and answered. */
static void clear_call(void)
{
	scene_112();
	exchange(0, CLEAR, PBX_SDP);
	win(7);
}

static void is_clear(unsigned i)
{
	const struct rtp_leg_plan *leg = leg_of(i, 0);

	cr_assert(nth(i)->open && nth(i)->clear[0] && !nth(i)->clear[1]);
	cr_assert(leg->used && !leg->secure && !leg->shared);
	cr_assert(leg->first_fixes_port);
	at(&leg->tls, PHONE_IP ":40001");
	cr_assert(!leg_of(i, 1)->first_fixes_port);
}

static void is_secure(unsigned i)
{
	const struct rtp_leg_plan *leg = leg_of(i, 0);

	cr_assert(nth(i)->open && !nth(i)->clear[0]);
	cr_assert(leg->used && leg->secure && leg->shared);
	cr_assert(!leg->first_fixes_port);
}

Test(emergency, without_srtp_is_clear_on_a_pair_of_its_own)
{
	struct out *up, *down;
	enum suite suite;

	scene_112();
	up = offer(0, CLEAR);
	cr_assert_eq(media_protection(sc.media, 0, &suite), MEDIA_CLEAR);
	down = answer(up, 7, PBX_SDP);
	cr_assert(holds(down, "m=audio 40000 RTP/AVP 0 8\r\n"));
	cr_assert(!holds(down, "crypto"));
	is_clear(0);
	cr_assert_eq(media_protection(sc.media, 0, &suite), MEDIA_CLEAR);
	scene_end();
}

Test(emergency, with_srtp_is_as_any_other)
{
	scene_112();
	exchange(0, PHONE_SDP, PBX_SDP);
	is_secure(0);
	scene_end();
}

Test(emergency, with_opportunistic_keys_is_clear)
{
	scene_112();
	exchange(0, CLEAR CRYPTO_128(1), PBX_SDP);
	is_clear(0);
	scene_end();
}

Test(emergency, to_an_upstream_with_srtp_is_clear_at_the_phone_only)
{
	struct out *up;

	scene_112();
	sc.set.upstream_srtp = true;
	up = offer(0, CLEAR);
	cr_assert(holds(up, "RTP/SAVP"));
	up = answer(up, 7, PBX_HEAD SAVP(14000) CRYPTO_128(4));
	cr_assert(holds(up, "m=audio 40000 RTP/AVP"));
	is_clear(0);
	cr_assert(leg_of(0, 1)->secure);
	scene_end();
}

Test(emergency, other_calls_stay_refused)
{
	scene();
	refused_for(offers(0, CLEAR), REASON_PLAIN_RTP);
	scene_end();
	scene_112();
	refused_for(
		offers(0, PHONE_HEAD "m=audio 30000 UDP/TLS/RTP/SAVPF 0\r\n"),
		REASON_DTLS_SRTP);
	scene_end();
}

Test(emergency, later_offers_to_that_phone_are_clear)
{
	struct out *down, *up;

	clear_call();
	down = offer(1, PBX_SDP "a=sendonly\r\n");
	cr_assert(holds(down, "m=audio 40000 RTP/AVP 0 8\r\n"));
	cr_assert(!holds(down, "crypto"));
	refused_for(answers(down, 7, PHONE_SDP), REASON_ANSWER_PLAIN);
	up = answer(down, 7, CLEAR "a=recvonly\r\n");
	cr_assert(holds(up, "RTP/AVP"));
	cr_assert_eq(sc.count, 1);
	is_clear(0);
	scene_end();
}

Test(emergency, re_invite_in_clear_keeps_session_and_ports)
{
	struct out *up;

	clear_call();
	up = offer(0, CLEAR "a=sendonly\r\n");
	cr_assert(holds(up, "m=audio 20000 "));
	answer(up, 7, PBX_SDP "a=recvonly\r\n");
	cr_assert_eq(sc.count, 1);
	cr_assert(nth(0)->plan.held);
	scene_end();
}

/* From the emergency's ports to the phones' shared one: another session. */
Test(emergency, phone_may_go_over_to_srtp)
{
	struct out *up, *down;

	clear_call();
	up = offer(0, PHONE_SDP);
	cr_assert(holds(up, "m=audio 20002 RTP/AVP"));
	cr_assert(nth(0)->open);
	down = answer(up, 7, PBX_SDP);
	cr_assert(holds(down, "m=audio 5004 RTP/SAVP 0 8\r\na=crypto:1 "));
	drop(up);
	is_secure(1);
	cr_assert(!nth(0)->open);
	cr_assert_eq(media_session(sc.media, 0), nth(1)->number);
	/* And so the other end's offers. */
	cr_assert(holds(offer(1, PBX_SDP), "RTP/SAVP"));
	scene_end();
}

Test(emergency, phone_that_may_not_go_over_stays_as_it_is)
{
	unsigned plans;
	struct out *up;

	clear_call();
	plans = nth(0)->plans;
	up = offer(0, PHONE_SDP);
	cr_assert_eq(open_sessions(), 2);
	cr_assert_eq(media_session(sc.media, 0), nth(0)->number);
	cr_assert(media_has(sc.media, nth(1)->number));
	drop(up);
	cr_assert(nth(0)->open && !nth(1)->open);
	cr_assert_eq(nth(0)->plans, plans);
	cr_assert(holds(offer(1, PBX_SDP), "m=audio 40000 RTP/AVP"));
	scene_end();
}

Test(emergency, phone_may_fall_back_to_clear)
{
	struct out *down;

	scene_112();
	exchange(0, PHONE_SDP, PBX_SDP);
	win(7);
	exchange(0, CLEAR, PBX_SDP);
	is_clear(1);
	cr_assert(!nth(0)->open);
	down = offer(1, PBX_SDP);
	cr_assert(!holds(down, "crypto"));
	scene_end();
}

/* Before it is answered both sessions stay, one of them silent. */
Test(emergency, change_before_the_answer)
{
	scene_112();
	exchange(0, CLEAR, PBX_SDP);
	exchange(0, PHONE_SDP, PBX_SDP);
	is_secure(1);
	win(7);
	cr_assert(!nth(0)->open);
	is_secure(1);
	scene_end();
}

Test(emergency, ports_that_are_used_up_refuse_the_change_only)
{
	clear_call();
	sc.opens_left = 0;
	refused_for(offers(0, PHONE_SDP), REASON_MEDIA_PORTS);
	is_clear(0);
	cr_assert(holds(offer(1, PBX_SDP), "m=audio 40000 RTP/AVP"));
	scene_end();
}

Test(emergency, quirks_leave_a_suite_that_is_the_only_one)
{
	struct media_party caller = phone();

	strcpy(caller.agent, "Zoiper rv2.10");
	scene_set();
	strcpy(sc.set.quirks[0].agent, "Zoiper");
	sc.set.quirks[0].without = 1u << SUITE_AES_CM_128_HMAC_SHA1_80;
	sc.set.quirk_count = 1;
	scene_open(caller, pbx());
	refused_for(offers(0, PHONE_SDP), REASON_SRTP_UNUSABLE);
	media_party(sc.media, 0)->may_be_clear = true;
	exchange(0, PHONE_SDP, PBX_SDP);
	is_secure(0);
	scene_end();
}
