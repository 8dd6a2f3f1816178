/* test_lines.c - each accepted m= line is one session, for as long as it is
 * open */
#include "scene.h"

TestSuite(lines);

#define PHONE_2 PHONE_SDP VIDEO_SAVP(30002) CRYPTO_128(1)
#define PBX_2 PBX_SDP VIDEO_AVP(14002)
#define PHONE_CLOSED PHONE_SDP VIDEO_SAVP(0)
#define PBX_CLOSED PBX_SDP VIDEO_AVP(0)

static struct out *exchange(unsigned from, const char *offered,
			    const char *answered)
{
	struct out *out = offer(from, offered);

	answer(out, 7, answered);
	drop(out);
	return out;
}

Test(lines, of_video_come_go_and_come_again_as_another_session)
{
	struct out *out;
	uint64_t audio;

	call_up();
	audio = media_session(sc.media, 0);
	cr_assert_eq(media_session(sc.media, 1), 0);
	exchange(0, PHONE_2, PBX_2);
	cr_assert_eq(media_session(sc.media, 1), nth(1)->number);
	cr_assert_eq(nth(1)->line, 1);
	cr_assert(leg_of(1, 0)->used);
	cr_assert(media_has(sc.media, nth(1)->number));
	out = exchange(0, PHONE_CLOSED, PBX_CLOSED);
	cr_assert(holds(out, "m=video 0 RTP/AVP 99\r\n"));
	cr_assert(!nth(1)->open);
	cr_assert(!media_has(sc.media, nth(1)->number));
	out = exchange(1, PBX_2, PHONE_2);
	cr_assert(nth(2)->open);
	cr_assert_neq(nth(2)->number, nth(1)->number);
	cr_assert_eq(media_session(sc.media, 0), audio);
	scene_end();
}

Test(lines, that_the_answer_refuses_close_with_the_offer)
{
	struct out *out;

	call_up();
	out = offer(0, PHONE_2);
	cr_assert_eq(open_sessions(), 2);
	answer(out, 7, PBX_CLOSED);
	drop(out);
	cr_assert_eq(open_sessions(), 1);
	cr_assert_eq(nth(1)->plans, 0);
	scene_end();
}

Test(lines, of_an_offer_that_is_refused_are_closed)
{
	struct out *out;

	call_up();
	out = offer(0, PHONE_2);
	drop(out);
	cr_assert_eq(open_sessions(), 1);
	cr_assert(nth(0)->open);
	scene_end();
}

/* The 200 of the first INVITE once more, while video is being offered. */
Test(lines, of_an_offer_under_way_survive_older_answers)
{
	struct out *invite, *out, *back;

	scene();
	invite = offer(0, PHONE_2);
	answer(invite, 7, PBX_CLOSED);
	win(7);
	cr_assert_eq(open_sessions(), 1);
	out = offer(0, PHONE_2);
	answer(invite, 7, PBX_CLOSED);
	win(7);
	cr_assert_eq(open_sessions(), 2);
	back = answer(out, 7, PBX_2);
	cr_assert(holds(back, "m=video 5006 RTP/SAVP"));
	cr_assert(leg_of(2, 0)->used);
	scene_end();
}

Test(lines, fewer_than_before_close_the_rest)
{
	struct out *out;

	scene();
	out = offer(0, PHONE_2);
	answer(out, 7, PBX_2);
	win(7);
	drop(out);
	exchange(0, PHONE_SDP, PBX_SDP);
	cr_assert(nth(0)->open && !nth(1)->open);
	scene_end();
}

Test(lines, that_go_before_audio_keep_its_session)
{
	scene();
	exchange(0,
		 PHONE_HEAD VIDEO_SAVP(30002) CRYPTO_128(1) SAVP(30000)
			 CRYPTO_128(1),
		 PBX_HEAD VIDEO_AVP(14002) AVP(14000));
	win(7);
	exchange(0, PHONE_HEAD VIDEO_SAVP(0) SAVP(30000) CRYPTO_128(1),
		 PBX_HEAD VIDEO_AVP(0) AVP(14000));
	cr_assert(!nth(0)->open && nth(1)->open);
	cr_assert(leg_of(1, 0)->used);
	scene_end();
}

Test(lines, all_closed_leave_a_call_that_can_open_them_again)
{
	struct out *out;

	call_up();
	out = offer(0, PHONE_SDP);
	answer(out, 7, PBX_HEAD AVP(0));
	drop(out);
	cr_assert_eq(open_sessions(), 0);
	exchange(0, PHONE_SDP, PBX_SDP);
	cr_assert_eq(open_sessions(), 1);
	cr_assert(leg_of(1, 0)->used);
	scene_end();
}

/* Of the first INVITE's exchange, which lasts for half a minute. */
Test(lines, that_were_closed_do_not_wait_for_an_answered_offer)
{
	struct out *invite, *out;

	scene();
	invite = offer(0, PHONE_2);
	answer(invite, 7, PBX_2);
	win(7);
	out = offer(0, PHONE_CLOSED);
	answer(out, 7, PBX_CLOSED);
	cr_assert(!nth(1)->open);
	drop(out);
	drop(invite);
	cr_assert(nth(0)->open);
	scene_end();
}

Test(lines, as_many_as_there_may_be)
{
	struct out *out;

	scene();
#define TWO SAVP(30000) CRYPTO_128(1) SAVP(30000) CRYPTO_128(1)
	out = offer(0, PHONE_HEAD TWO TWO TWO TWO);
	cr_assert_eq(sc.count, SDP_MEDIA_MAX);
	answer(out, 7,
	       PBX_HEAD AVP(14000) AVP(14000) AVP(14000) AVP(14000) AVP(14000)
		       AVP(14000) AVP(14000) AVP(14000));
	for (unsigned i = 0; i < SDP_MEDIA_MAX; i++) {
		cr_assert_eq(media_session(sc.media, i), nth(i)->number);
		cr_assert_eq(nth(i)->plans, 1);
	}
	cr_assert_eq(media_session(sc.media, SDP_MEDIA_MAX), 0);
	scene_end();
}

Test(lines, offers_that_wait_are_bounded)
{
	struct out *out[MEDIA_OFFERS_MAX];

	scene();
	for (unsigned i = 0; i < MEDIA_OFFERS_MAX; i++)
		out[i] = offer(0, PHONE_SDP);
	refused_for(offers(0, PHONE_SDP), REASON_INTERNAL);
	refused_for(offers(1, PBX_SDP), REASON_INTERNAL);
	cr_assert_eq(open_sessions(), 1);
	drop(out[5]);
	drop(out[5]);
	offer(0, PHONE_SDP);
	refused_for(offers(0, PHONE_SDP), REASON_INTERNAL);
	answer(out[0], 7, PBX_SDP);
	scene_end();
}
