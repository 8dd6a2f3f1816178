/* test_late.c - the called end offers, in a 18x or 2xx that may come twice,
 * and the answer is in PRACK or ACK */
#include "scene.h"

TestSuite(late);

#define ANSWER_128(tag) PHONE_HEAD SAVP(30000) CRYPTO_128(tag)

Test(late, offer_of_the_pbx_is_answered_by_the_phone)
{
	struct out *ok, *ack;

	scene();
	ok = offer(1, PBX_SDP);
	cr_assert(holds(ok, "m=audio 5004 RTP/SAVP 0 8\r\n"));
	win(7); /* the 2xx: nothing to select yet */
	ack = answer(ok, 7, ANSWER_128(1));
	drop(ok);
	cr_assert(holds(ack, "m=audio 20000 RTP/AVP 0 8\r\n"));
	at(&leg_of(0, 0)->rtp, PHONE_IP ":30000");
	at(&leg_of(0, 1)->rtp, PBX_IP ":14000");
	same_key(leg_of(0, 0)->tx.key_salt, key_in(ok, 0, 0));
	cr_assert_eq(nth(0)->plan.silence_s, 300);
	cr_assert(nth(0)->open);
	scene_end();
}

Test(late, offer_of_the_phone_is_answered_by_the_pbx)
{
	struct out *ok, *ack;

	scene_in();
	ok = offer(1, PHONE_SDP);
	cr_assert(holds(ok, "m=audio 20000 RTP/AVP 0 8\r\n"));
	media_answered(sc.media, &sc.ctx);
	ack = answer(ok, 7, PBX_SDP);
	drop(ok);
	cr_assert(holds(ack, "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:"));
	cr_assert(leg_of(0, 1)->secure);
	cr_assert(nth(0)->open);
	scene_end();
}

/* The newer handle takes the place of the older one, whose end must not take
 * the session along. */
Test(late, offer_in_a_2xx_that_came_twice_has_the_same_bytes)
{
	struct out *ok, *again;

	scene();
	ok = offer(1, PBX_SDP);
	again = offer(1, PBX_SDP);
	same_bytes(ok, again);
	cr_assert_neq(ok->handle, again->handle);
	cr_assert_eq(sc.count, 1);
	drop(ok);
	cr_assert(nth(0)->open, "closed under the offer that repeats it");
	same_key(key_in(ok, 0, 0), key_in(again, 0, 0));
	answer(again, 7, ANSWER_128(1));
	drop(again);
	cr_assert(nth(0)->open);
	cr_assert_eq(nth(0)->plans, 1);
	scene_end();
}

Test(late, offer_repeated_after_its_answer_changes_nothing)
{
	uint8_t key[SDP_KEY_SALT_MAX];
	struct out *ok, *again;

	scene();
	ok = offer(1, PBX_SDP);
	win(7);
	answer(ok, 7, ANSWER_128(1));
	drop(ok);
	memcpy(key, leg_of(0, 0)->tx.key_salt, sizeof(key));
	again = offer(1, PBX_SDP);
	same_key(key_in(again, 0, 0), key);
	answer(again, 7, ANSWER_128(1));
	drop(again);
	cr_assert_eq(nth(0)->plans, 1);
	scene_end();
}

Test(late, offers_of_two_branches_share_the_session)
{
	struct out *a, *b;

	scene();
	a = offer(1, PBX_SDP);
	b = offer(1, HEAD("other", "192.0.2.60") AVP(16000));
	cr_assert_eq(sc.count, 1);
	answer(a, 7, ANSWER_128(1));
	drop(a);
	at(&leg_of(0, 1)->rtp, PBX_IP ":14000");
	answer(b, 8, ANSWER_128(1));
	at(&leg_of(0, 1)->rtp, "192.0.2.60:16000");
	cr_assert(nth(0)->plan.another_source);
	drop(b);
	win(7);
	at(&leg_of(0, 1)->rtp, PBX_IP ":14000");
	scene_end();
}

Test(late, offer_that_gets_no_answer_closes_what_it_opened)
{
	struct out *ok;

	scene();
	ok = offer(1, PBX_SDP VIDEO_AVP(14002));
	cr_assert_eq(open_sessions(), 2);
	drop(ok);
	cr_assert_eq(open_sessions(), 0);
	scene_end();
}

Test(late, answer_in_clear_of_a_phone_is_refused)
{
	struct out *ok;

	scene();
	ok = offer(1, PBX_SDP);
	refused_for(answers(ok, 7, PHONE_HEAD AVP(30000)), REASON_ANSWER_PLAIN);
	cr_assert_eq(nth(0)->plans, 0);
	scene_end();
}
