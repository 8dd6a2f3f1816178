/* test_echo.c - the edge itself as end 1: it answers at once, with audio
 * only */
#include "scene.h"

TestSuite(echo);

static void scene_echo(void)
{
	scene_set();
	scene_open(phone(), (struct media_party){.kind = MEDIA_ECHO});
}

Test(echo, answers_an_offer_at_once)
{
	struct out *out;

	scene_echo();
	out = offer(0, PHONE_SDP "a=rtpmap:0 PCMU/8000\r\na=rtcp-mux\r\n");
	cr_assert_eq(out->handle, 0);
	cr_assert_str_eq(strchr(strstr(out->text, "a=crypto"), '\r') + 2,
			 "a=rtcp-mux\r\na=rtpmap:0 PCMU/8000\r\n");
	cr_assert(holds(out, "c=IN IP4 203.0.113.1\r\n"));
	cr_assert(holds(out, "m=audio 5004 RTP/SAVP 0 8\r\na=crypto:1 "));
	cr_assert_eq(nth(0)->plans, 1);
	cr_assert(nth(0)->plan.echo && !nth(0)->plan.held);
	cr_assert(leg_of(0, 0)->used && leg_of(0, 0)->secure);
	cr_assert(leg_of(0, 0)->mux);
	cr_assert(!leg_of(0, 1)->used);
	same_key(leg_of(0, 0)->tx.key_salt, key_in(out, 0, 0));
	win(0);
	cr_assert_eq(nth(0)->plan.silence_s, 300);
	scene_end();
}

Test(echo, turns_the_direction)
{
	scene_echo();
	cr_assert(
		holds(offer(0, PHONE_SDP "a=sendonly\r\n"), "a=recvonly\r\n"));
	cr_assert(nth(0)->plan.held);
	cr_assert(
		holds(offer(0, PHONE_SDP "a=recvonly\r\n"), "a=sendonly\r\n"));
	cr_assert(
		holds(offer(0, PHONE_SDP "a=inactive\r\n"), "a=inactive\r\n"));
	cr_assert(
		holds(offer(0, PHONE_SDP "a=sendrecv\r\n"), "a=sendrecv\r\n"));
	cr_assert(!nth(0)->plan.held);
	cr_assert_eq(sc.count, 1);
	scene_end();
}

Test(echo, is_of_audio_only)
{
	struct out *out;

	scene_echo();
	out = offer(0, PHONE_HEAD VIDEO_SAVP(30002) CRYPTO_128(1) SAVP(30000)
			       CRYPTO_128(1));
	cr_assert(holds(out, "m=video 0 RTP/SAVP 99\r\n"));
	cr_assert(holds(out, "m=audio 5006 RTP/SAVP 0 8\r\n"));
	cr_assert_eq(sc.count, 1);
	cr_assert_eq(nth(0)->line, 1);
	refused_for(offers(0, PHONE_HEAD VIDEO_SAVP(30002) CRYPTO_128(1)),
		    REASON_MEDIA_NONE);
	cr_assert(nth(0)->open);
	scene_end();
}

Test(echo, refuses_what_any_call_refuses)
{
	scene_echo();
	refused_for(offers(0, PHONE_HEAD AVP(30000)), REASON_PLAIN_RTP);
	sc.opens_left = 0;
	refused_for(offers(0, PHONE_SDP), REASON_MEDIA_PORTS);
	cr_assert_eq(open_sessions(), 0);
	scene_end();
}

Test(echo, re_invited_keeps_key_and_session)
{
	struct out *first, *again;

	scene_echo();
	first = offer(0, PHONE_SDP);
	win(0);
	again = offer(0, PHONE_SDP);
	same_bytes(first, again);
	cr_assert_eq(nth(0)->plans, 2);
	again = offer(0, HEAD("a", "0.0.0.0") SAVP(30000) CRYPTO_128(1));
	same_key(key_in(first, 0, 0), key_in(again, 0, 0));
	cr_assert(holds(again, "c=IN IP4 203.0.113.1\r\n"));
	cr_assert_eq(leg_of(0, 0)->rtp.version, 0);
	again = offer(0,
		      PHONE_HEAD SAVP(30000) CRYPTO(1, GCM_256, KEY_GCM_256));
	cr_assert_eq(leg_of(0, 0)->tx.suite, SUITE_AEAD_AES_256_GCM);
	cr_assert(!leg_of(0, 0)->moved);
	cr_assert_eq(sc.count, 1);
	scene_end();
}

Test(echo, that_does_not_fit_leaves_nothing_open)
{
	scene_echo();
	sc.body_cap = 100;
	refused_for(offers(0, PHONE_SDP), REASON_BODY_TOO_LARGE);
	cr_assert_eq(open_sessions(), 0);
	cr_assert_eq(nth(0)->plans, 0);
	scene_end();
}

Test(echo, takes_no_answer)
{
	struct out none = {.handle = 1};

	scene_echo();
	offer(0, PHONE_SDP);
	refused_for(answers(&none, 0, PHONE_SDP), REASON_ANSWER_PLAIN);
	scene_end();
}
