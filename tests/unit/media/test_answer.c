/* test_answer.c - the offerer gets the answer that it could have had without
 * us between: its tag, its suite's name, its profile, its rtcp-mux */
#include "scene.h"

TestSuite(answer);

Test(answer, of_the_pbx_reaches_the_phone_with_its_own_tag)
{
	struct out *up, *down;

	scene();
	up = offer(0, PHONE_HEAD SAVP(30000) CRYPTO_128(5));
	down = answer(up, 7, PBX_SDP "a=rtpmap:0 PCMU/8000\r\n");
	cr_assert(holds(down, "m=audio 5004 RTP/SAVP 0 8\r\n"
			      "a=crypto:5 AES_CM_128_HMAC_SHA1_80 inline:"));
	cr_assert(holds(down, "a=rtpmap:0 PCMU/8000\r\n"));
	cr_assert_eq(down->sdp.media[0].crypto_count, 1);
	same_key(leg_of(0, 0)->tx.key_salt, key_in(down, 0, 0));
	scene_end();
}

Test(answer, hears_the_signalled_port_alone_where_configured)
{
	scene();
	sc.set.upstream_strict = true;
	answer(offer(0, PHONE_HEAD SAVP(30000) CRYPTO_128(5)), 7, PBX_SDP);
	cr_assert_not(leg_of(0, 0)->port_strict);
	cr_assert(leg_of(0, 1)->port_strict);
	scene_end();
}

Test(answer, makes_the_plan_of_both_legs)
{
	const struct rtp_leg_plan *leg;
	struct out *up;

	scene();
	up = offer(0,
		   PHONE_HEAD SAVP(30000) "a=rtcp:30005\r\n" CRYPTO(
			   1, CM_128,
			   KEY_128 "|2^31|258:2") "a=rtpmap:0 G7221/16000\r\n");
	answer(up, 7, PBX_SDP);
	cr_assert_eq(nth(0)->plans, 1);
	cr_assert(!nth(0)->plan.echo && !nth(0)->plan.held);
	cr_assert(!nth(0)->plan.another_source);
	cr_assert_eq(nth(0)->plan.silence_s, 0);
	leg = leg_of(0, 0);
	cr_assert(leg->used && leg->secure && leg->shared && !leg->mux);
	cr_assert(!leg->moved && !leg->first_fixes_port && !leg->port_strict);
	at(&leg->rtp, PHONE_IP ":30000");
	at(&leg->rtcp, PHONE_IP ":30005");
	at(&leg->tls, PHONE_IP ":40001");
	cr_assert_eq(leg->clock_hz, 16000);
	cr_assert_eq(leg->rx.suite, SUITE_AES_CM_128_HMAC_SHA1_80);
	cr_assert_eq(leg->rx.packets_max, UINT64_C(1) << 31);
	cr_assert_eq(leg->rx.mki_len, 2);
	cr_assert_arr_eq(leg->rx.mki, "\1\2", 2);
	cr_assert_eq(leg->rx.key_salt[0], 0x24);
	cr_assert_eq(leg->tx.mki_len, 0);
	cr_assert_eq(leg->tx.packets_max, 0);
	leg = leg_of(0, 1);
	cr_assert(leg->used && !leg->secure && !leg->shared && !leg->mux);
	cr_assert(!leg->moved && !leg->first_fixes_port);
	at(&leg->rtp, PBX_IP ":14000");
	at(&leg->rtcp, PBX_IP ":14001");
	cr_assert_eq(leg->tls.version, 0);
	cr_assert_eq(leg->clock_hz, 8000);
	scene_end();
}

Test(answer, of_a_phone_is_heard_under_the_line_that_it_took)
{
	struct out *down, *up;

	scene_in();
	down = offer(0, PBX_SDP);
	up = answer(down, 7,
		    PHONE_HEAD SAVP(30000) CRYPTO(2, GCM_256, KEY_GCM_256));
	cr_assert(holds(up, "m=audio 20000 RTP/AVP 0 8\r\n"));
	cr_assert(!holds(up, "crypto"));
	cr_assert(leg_of(0, 1)->secure && leg_of(0, 1)->shared);
	cr_assert_eq(leg_of(0, 1)->tx.suite, SUITE_AEAD_AES_256_GCM);
	same_key(leg_of(0, 1)->tx.key_salt, key_in(down, 0, 1));
	at(&leg_of(0, 1)->tls, PHONE_IP ":40001");
	scene_end();
}

Test(answer, of_a_phone_without_what_was_offered_is_refused)
{
	static const char *const bad[] = {
		PHONE_HEAD AVP(30000),
		PHONE_HEAD SAVP(30000),
		PHONE_HEAD SAVP(30000) CRYPTO_128(2), /* GCM_256 is 2 */
		PHONE_HEAD SAVP(30000) CRYPTO_128(9),
		PHONE_HEAD SAVP(30000) CRYPTO_128(1) CRYPTO_128(2),
	};
	struct out *down;

	scene_in();
	down = offer(0, PBX_SDP);
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		refused_for(answers(down, 7, bad[i]), REASON_ANSWER_PLAIN);
		cr_assert_eq(nth(0)->plans, 0);
	}
	cr_assert_eq(media_speaks(sc.media, 1), 0);
	answer(down, 7, PHONE_HEAD SAVP(30000) CRYPTO_128(1));
	scene_end();
}

Test(answer, names_an_alias_as_it_was_offered)
{
	struct out *up, *down;

	scene();
	up = offer(0, PHONE_HEAD SAVP(30000)
			      CRYPTO(3, "AES_CM_256_HMAC_SHA1_80", KEY_256));
	down = answer(up, 7, PBX_SDP);
	cr_assert(holds(down, "a=crypto:3 AES_CM_256_HMAC_SHA1_80 inline:"));
	cr_assert_eq(leg_of(0, 0)->tx.suite, SUITE_AES_256_CM_HMAC_SHA1_80);
	scene_end();
}

Test(answer, takes_the_first_suite_of_the_settings)
{
	struct out *up, *down;

	scene();
	up = offer(0, PHONE_HEAD SAVP(30000) CRYPTO_128(1)
			      CRYPTO(2, CM_256, KEY_256)
				      CRYPTO(3, GCM_256, KEY_GCM_256));
	down = answer(up, 7, PBX_SDP);
	cr_assert(holds(down, "a=crypto:3 AEAD_AES_256_GCM inline:"));
	cr_assert_eq(media_speaks(sc.media, 0),
		     1u << SUITE_AES_CM_128_HMAC_SHA1_80 |
			     1u << SUITE_AES_256_CM_HMAC_SHA1_80 |
			     1u << SUITE_AEAD_AES_256_GCM);
	scene_end();
}

Test(answer, has_rtcp_mux_only_where_it_was_offered)
{
	struct out *up, *down;

	scene();
	up = offer(0, PHONE_SDP "a=rtcp-mux\r\n");
	down = answer(up, 7, PBX_SDP);
	cr_assert(holds(down, "a=rtcp-mux\r\n"));
	cr_assert(leg_of(0, 0)->mux);
	cr_assert(!leg_of(0, 1)->mux);
	at(&leg_of(0, 0)->rtcp, PHONE_IP ":30000");
	scene_end();

	scene();
	up = offer(0, PHONE_SDP);
	down = answer(up, 7, PBX_SDP "a=rtcp-mux\r\n");
	cr_assert(!holds(down, "a=rtcp-mux"));
	cr_assert(!leg_of(0, 0)->mux);
	scene_end();
}

Test(answer, has_the_transport_of_its_offer)
{
	struct out *up, *down;

	scene();
	up = offer(0, PHONE_HEAD "m=audio 30000 RTP/SAVPF 0\r\n" CRYPTO_128(1)
			      VIDEO_SAVP(30002) "m=text 0 RTP/SAVPF 98\r\n");
	cr_assert(holds(up, "m=video 0 RTP/AVP 99\r\n"));
	down = answer(up, 7,
		      PBX_HEAD "m=audio 14000 RTP/AVP 0\r\n" VIDEO_AVP(
			      0) "m=text 0 RTP/AVP 98\r\n");
	cr_assert(holds(down, "m=audio 5004 RTP/SAVPF 0\r\n"));
	cr_assert(holds(down, "m=video 0 RTP/SAVP 99\r\n"));
	cr_assert(holds(down, "m=text 0 RTP/SAVPF 98\r\n"));
	scene_end();

	scene_in();
	up = offer(0, PBX_HEAD "m=audio 14000 RTP/AVPF 0\r\n" VIDEO_AVP(14002));
	down = answer(up, 7,
		      PHONE_HEAD "m=audio 30000 RTP/SAVP 0\r\n" CRYPTO_128(1)
			      VIDEO_SAVP(0));
	cr_assert(holds(down, "m=audio 20000 RTP/AVPF 0\r\n"));
	cr_assert(holds(down, "m=video 0 RTP/AVP 99\r\n"));
	scene_end();
}

Test(answer, with_another_number_of_lines_is_refused)
{
	struct out *up, *no;

	scene();
	up = offer(0, PHONE_SDP);
	no = answers(up, 7, PBX_SDP VIDEO_AVP(14002));
	refused_for(no, REASON_ANSWER_PLAIN);
	cr_assert_str_eq(no->verdict.detail,
			 "the answer has 2 m= lines, the offer 1");
	cr_assert_eq(nth(0)->plans, 0);
	answer(up, 7, PBX_SDP);
	scene_end();
}

Test(answer, to_no_offer_is_refused)
{
	struct out *up, none = {.handle = 77};

	scene();
	refused_for(answers(&none, 7, PBX_SDP), REASON_ANSWER_PLAIN);
	up = offer(0, PHONE_SDP);
	drop(up);
	refused_for(answers(up, 7, PBX_SDP), REASON_ANSWER_PLAIN);
	media_offer_drop(sc.media, &sc.ctx, 0);
	media_offer_drop(sc.media, &sc.ctx, 12345);
	scene_end();
}

Test(answer, repeated_gives_the_same_bytes_and_no_new_plan)
{
	struct out *up, *first, *again;

	scene();
	up = offer(0, PHONE_SDP);
	first = answer(up, 7, PBX_SDP);
	again = answer(up, 7, PBX_SDP);
	same_bytes(first, again);
	cr_assert_eq(nth(0)->plans, 1);
	win(7);
	cr_assert_eq(nth(0)->plans, 2); /* silence counts */
	cr_assert_eq(nth(0)->plan.silence_s, 300);
	same_bytes(first, answer(up, 7, PBX_SDP));
	win(7);
	cr_assert_eq(nth(0)->plans, 2);
	scene_end();
}

Test(answer, that_refuses_every_line_passes_and_closes)
{
	struct out *up, *down;

	scene();
	up = offer(0, PHONE_SDP);
	down = answer(up, 7, PBX_HEAD AVP(0));
	cr_assert(holds(down, "m=audio 0 RTP/SAVP 0 8\r\n"));
	cr_assert_eq(nth(0)->plans, 0);
	win(7);
	cr_assert_eq(open_sessions(), 0);
	scene_end();
}

Test(answer, older_than_the_last_of_its_dialog_changes_nothing)
{
	struct out *invite = call_up(), *hold;

	hold = offer(0, PHONE_SDP "a=sendonly\r\n");
	answer(hold, 7, PBX_SDP "a=recvonly\r\n");
	cr_assert(nth(0)->plan.held);
	/* The network brings the first 200 once more. */
	answer(invite, 7, PBX_SDP);
	win(7);
	cr_assert(nth(0)->plan.held);
	scene_end();
}

Test(answer, of_a_phone_that_roamed_is_planned_with_its_new_connection)
{
	struct out *up;

	scene();
	up = offer(0, PHONE_SDP);
	media_party(sc.media, 0)->tls = addr_of("198.51.100.99:1234");
	answer(up, 7, PBX_SDP);
	at(&leg_of(0, 0)->tls, "198.51.100.99:1234");
	scene_end();
}

Test(answer, of_a_phone_without_connection_is_sent_nothing)
{
	struct media_party lost = phone();
	struct out *up;

	lost.tls = (struct addr){0};
	scene_set();
	scene_open(lost, pbx());
	up = offer(0, PHONE_SDP);
	answer(up, 7, PBX_SDP);
	cr_assert_eq(leg_of(0, 0)->rtp.version, 0);
	cr_assert_eq(leg_of(0, 0)->rtcp.version, 0);
	scene_end();
}
