/* test_fork.c - of several branches the one that answered last is heard, and
 * the one whose 2xx came stays */
#include "scene.h"

TestSuite(fork);

#define PBX_B HEAD("other", "192.0.2.60") AVP(16000)
#define A 7
#define B 8

/* Two early answers. */
static struct out *forked(void)
{
	struct out *invite;

	scene();
	invite = offer(0, PHONE_SDP);
	answer(invite, A, PBX_SDP);
	answer(invite, B, PBX_B);
	return invite;
}

Test(fork, hears_the_branch_that_answered_last)
{
	struct out *invite = forked();

	cr_assert_eq(sc.count, 1);
	cr_assert_eq(nth(0)->plans, 2);
	cr_assert(nth(0)->plan.another_source);
	at(&leg_of(0, 1)->rtp, "192.0.2.60:16000");
	answer(invite, A, PBX_SDP);
	cr_assert_eq(nth(0)->plans, 3);
	cr_assert(nth(0)->plan.another_source);
	at(&leg_of(0, 1)->rtp, PBX_IP ":14000");
	/* Nothing else of it: no other source. */
	answer(invite, A, PBX_SDP "a=sendonly\r\n");
	cr_assert_eq(nth(0)->plans, 4);
	cr_assert(!nth(0)->plan.another_source);
	scene_end();
}

Test(fork, keeps_the_branch_whose_2xx_came)
{
	forked();
	win(A);
	at(&leg_of(0, 1)->rtp, PBX_IP ":14000");
	cr_assert_eq(nth(0)->plan.silence_s, 300);
	media_select(sc.media, &sc.ctx, 99);
	at(&leg_of(0, 1)->rtp, PBX_IP ":14000");
	scene_end();
}

Test(fork, selects_without_a_word_where_one_branch_spoke)
{
	struct out *invite;

	scene();
	invite = offer(0, PHONE_SDP);
	answer(invite, A, PBX_SDP);
	media_select(sc.media, &sc.ctx, A);
	media_select(sc.media, &sc.ctx, B);
	cr_assert_eq(nth(0)->plans, 1);
	scene_end();
}

Test(fork, of_the_same_place_is_no_other_source)
{
	struct out *invite;

	scene();
	invite = offer(0, PHONE_SDP);
	answer(invite, A, PBX_SDP);
	answer(invite, B, PBX_SDP);
	win(B);
	cr_assert(!nth(0)->plan.another_source);
	scene_end();
}

Test(fork, gives_the_phone_one_key_for_all_branches)
{
	struct out *invite, *a, *b;

	scene();
	invite = offer(0, PHONE_SDP);
	a = answer(invite, A, PBX_SDP);
	b = answer(invite, B, PBX_B);
	same_key(key_in(a, 0, 0), key_in(b, 0, 0));
	scene_end();
}

Test(fork, after_the_call_is_answered_speaks_only_when_it_is_selected)
{
	struct out *invite = forked();

	win(A);
	answer(invite, B, PBX_B);
	at(&leg_of(0, 1)->rtp, PBX_IP ":14000");
	win(B);
	at(&leg_of(0, 1)->rtp, "192.0.2.60:16000");
	cr_assert(nth(0)->plan.another_source);
	win(A);
	at(&leg_of(0, 1)->rtp, PBX_IP ":14000");
	scene_end();
}

Test(fork, re_invite_of_the_winner_is_of_the_same_branch)
{
	struct out *invite = forked(), *again;

	win(A);
	drop(invite);
	again = offer(0, PHONE_SDP);
	answer(again, A, PBX_HEAD AVP(14100));
	at(&leg_of(0, 1)->rtp, PBX_IP ":14100");
	cr_assert(!nth(0)->plan.another_source);
	cr_assert(leg_of(0, 1)->moved);
	drop(again);
	again = offer(1, PBX_HEAD AVP(14200));
	answer(again, A, PHONE_SDP);
	at(&leg_of(0, 1)->rtp, PBX_IP ":14200");
	cr_assert(!nth(0)->plan.another_source);
	scene_end();
}

/* The phone knows only what was shown: a key of ours that one branch does not
 * use must be there when the other branch wins. */
Test(fork, keeps_each_branchs_key_till_it_is_known_who_wins)
{
	struct out *down;

	scene_in();
	down = offer(0, PBX_SDP);
	answer(down, A, PHONE_HEAD SAVP(30000) CRYPTO_128(1));
	same_key(leg_of(0, 1)->tx.key_salt, key_in(down, 0, 0));
	answer(down, B, PHONE_HEAD SAVP(31000) CRYPTO(2, GCM_256, KEY_GCM_256));
	same_key(leg_of(0, 1)->tx.key_salt, key_in(down, 0, 1));
	win(A);
	same_key(leg_of(0, 1)->tx.key_salt, key_in(down, 0, 0));
	at(&leg_of(0, 1)->rtp, PHONE_IP ":30000");
	scene_end();
}

/* One branch took it and then another one: a third may take it yet. */
Test(fork, keeps_keys_that_were_shown_till_the_call_is_answered)
{
	struct out *down;

	scene_in();
	down = offer(0, PBX_SDP);
	answer(down, A, PHONE_HEAD SAVP(30000) CRYPTO_128(1));
	answer(down, A, PHONE_HEAD SAVP(30000) CRYPTO(2, GCM_256, KEY_GCM_256));
	answer(down, B, PHONE_HEAD SAVP(31000) CRYPTO_128(1));
	same_key(leg_of(0, 1)->tx.key_salt, key_in(down, 0, 0));
	scene_end();
}

#define OFFER_2 PHONE_SDP VIDEO_SAVP(30002) CRYPTO_128(1)
#define BOTH PBX_SDP VIDEO_AVP(14002)
#define NO_VIDEO PBX_B VIDEO_AVP(0)

Test(fork, lines_that_one_branch_refuses_are_silent_and_come_again)
{
	struct out *invite, *b;

	scene();
	invite = offer(0, OFFER_2);
	answer(invite, A, BOTH);
	cr_assert_eq(nth(1)->plans, 1);
	b = answer(invite, B, NO_VIDEO);
	cr_assert(holds(b, "m=video 0 RTP/SAVP 99\r\n"));
	cr_assert_eq(nth(1)->plans, 2);
	cr_assert(!leg_of(1, 0)->used && !leg_of(1, 1)->used);
	cr_assert(nth(1)->open);
	answer(invite, B, NO_VIDEO);
	cr_assert_eq(nth(1)->plans, 2);
	win(A);
	cr_assert(leg_of(1, 0)->used && leg_of(1, 1)->used);
	cr_assert_eq(open_sessions(), 2);
	scene_end();
}

Test(fork, lines_that_the_first_branch_refuses_are_there_for_the_next)
{
	struct out *invite, *b;

	scene();
	invite = offer(0, OFFER_2);
	answer(invite, A, NO_VIDEO);
	cr_assert_eq(open_sessions(), 2);
	b = answer(invite, B, BOTH);
	cr_assert(holds(b, "m=video 5006 RTP/SAVP 99\r\n"));
	cr_assert(leg_of(1, 0)->used);
	win(B);
	cr_assert_eq(open_sessions(), 2);
	scene_end();
}

Test(fork, lines_that_the_winner_refused_are_closed)
{
	struct out *invite;

	scene();
	invite = offer(0, OFFER_2);
	answer(invite, A, BOTH);
	answer(invite, B, NO_VIDEO);
	drop(invite);
	cr_assert_eq(open_sessions(), 2);
	win(B);
	cr_assert(!nth(1)->open);
	cr_assert_eq(media_session(sc.media, 1), 0);
	/* Selected all the same: what is closed stays so. */
	win(A);
	cr_assert_eq(open_sessions(), 1);
	scene_end();
}

Test(fork, tells_who_is_protected_by_the_one_that_is_heard)
{
	enum suite suite;

	forked();
	cr_assert_eq(media_protection(sc.media, 0, &suite), MEDIA_SRTP);
	cr_assert_eq(media_protection(sc.media, 1, &suite), MEDIA_CLEAR);
	scene_end();
}

Test(fork, forgets_the_oldest_branch_that_is_not_heard)
{
	struct out *invite;

	scene();
	invite = offer(0, PHONE_SDP);
	answer(invite, 100, PBX_SDP);
	for (unsigned i = 1; i < MEDIA_BRANCHES_MAX; i++)
		answer(invite, 100 + i, PBX_B);
	media_select(sc.media, &sc.ctx, 100);
	at(&leg_of(0, 1)->rtp, PBX_IP ":14000");
	answer(invite, 200, PBX_B); /* 101 goes */
	media_select(sc.media, &sc.ctx, 100);
	at(&leg_of(0, 1)->rtp, PBX_IP ":14000");
	media_select(sc.media, &sc.ctx, 101);
	at(&leg_of(0, 1)->rtp, PBX_IP ":14000");
	media_select(sc.media, &sc.ctx, 102);
	at(&leg_of(0, 1)->rtp, "192.0.2.60:16000");
	scene_end();
}
