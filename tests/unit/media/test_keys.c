/* test_keys.c - a key of ours lasts as long as its suite is in use, comes
 * never again afterwards, and is that of one end only */
#include "scene.h"

TestSuite(keys);

#define PHONE_256 PHONE_HEAD SAVP(30000) CRYPTO(1, GCM_256, KEY_GCM_256)
#define ANSWER_128(tag) PHONE_HEAD SAVP(30000) CRYPTO_128(tag)

/* The PBX has called the phone, which took AES-128 (tag 1). */
static struct out *phone_called(void)
{
	struct out *down;

	scene_in();
	down = offer(0, PBX_SDP);
	answer(down, 7, ANSWER_128(1));
	win(7);
	drop(down);
	return down;
}

Test(keys, stay_over_offers_of_either_end)
{
	uint8_t key[SDP_KEY_SALT_MAX];
	struct out *first, *again;

	call_up();
	memcpy(key, leg_of(0, 0)->tx.key_salt, sizeof(key));
	first = offer(0, PHONE_SDP "a=sendonly\r\n");
	again = answer(first, 7, PBX_SDP "a=recvonly\r\n");
	same_key(key_in(again, 0, 0), key);
	drop(first);
	first = offer(1, PBX_SDP);
	same_key(key_in(first, 0, 0), key);
	answer(first, 7, ANSWER_128(1));
	same_key(leg_of(0, 0)->tx.key_salt, key);
	scene_end();
}

Test(keys, of_a_suite_that_is_left_never_come_again)
{
	uint8_t left[SDP_KEY_SALT_MAX], key[SDP_KEY_SALT_MAX];
	struct out *again, *back;

	call_up();
	memcpy(left, leg_of(0, 0)->tx.key_salt, sizeof(left));
	again = offer(0, PHONE_256);
	answer(again, 7, PBX_SDP);
	cr_assert_eq(leg_of(0, 0)->tx.suite, SUITE_AEAD_AES_256_GCM);
	memcpy(key, leg_of(0, 0)->tx.key_salt, sizeof(key));
	drop(again);
	/* Offered by us, and by the phone: another one. */
	again = offer(1, PBX_SDP);
	for (unsigned i = 0; i < again->sdp.media[0].crypto_count; i++)
		other_key(key_in(again, 0, i), left);
	drop(again);
	again = offer(0, PHONE_SDP);
	back = answer(again, 7, PBX_SDP);
	other_key(key_in(back, 0, 0), left);
	other_key(key_in(back, 0, 0), key);
	same_key(leg_of(0, 0)->tx.key_salt, key_in(back, 0, 0));
	scene_end();
}

Test(keys, that_were_shown_and_not_used_are_shown_again)
{
	struct out *down, *again;

	scene_in();
	down = offer(0, PBX_SDP);
	drop(down);
	again = offer(0, PBX_SDP);
	/* another session, another line */
	other_key(key_in(down, 0, 0), key_in(again, 0, 0));
	same_bytes(again, offer(0, PBX_SDP));
	scene_end();
}

Test(keys, of_what_is_in_force_outlive_an_offer_that_is_refused)
{
	uint8_t key[SDP_KEY_SALT_MAX];
	struct out *up, *down;
	unsigned plans;

	call_up();
	memcpy(key, leg_of(0, 0)->tx.key_salt, sizeof(key));
	plans = nth(0)->plans;
	up = offer(0, PHONE_256);
	drop(up);
	cr_assert_eq(nth(0)->plans, plans);
	media_answered(sc.media, &sc.ctx);
	cr_assert_eq(nth(0)->plans, plans);
	up = offer(0, PHONE_SDP);
	down = answer(up, 7, PBX_SDP);
	same_key(key_in(down, 0, 0), key);
	scene_end();
}

Test(keys, of_an_offer_that_the_phone_refused_leave_the_one_in_use)
{
	struct out *first = phone_called(), *again, *last;

	media_party(sc.media, 1)->speaks = ~0u;
	again = offer(0, PBX_SDP "a=sendonly\r\n");
	cr_assert_eq(again->sdp.media[0].crypto_count, 4);
	same_key(key_in(again, 0, 3), key_in(first, 0, 0));
	drop(again);
	last = offer(0, PBX_SDP);
	for (unsigned i = 0; i < 4; i++)
		same_key(key_in(last, 0, i), key_in(again, 0, i));
	answer(last, 7, ANSWER_128(4));
	same_key(leg_of(0, 1)->tx.key_salt, key_in(first, 0, 0));
	scene_end();
}

Test(keys, of_each_line_and_end_are_all_different)
{
	struct out *up, *down;

	scene_set();
	sc.set.upstream_srtp = true;
	scene_open(phone(), pbx());
	up = offer(0, PHONE_SDP VIDEO_SAVP(30002) CRYPTO_128(1));
	down = answer(up, 7,
		      PBX_HEAD SAVP(14000) CRYPTO_128(4) VIDEO_SAVP(14002)
			      CRYPTO_128(4));
	for (unsigned i = 0; i < 4; i++)
		for (unsigned k = 0; k < 4; k++)
			other_key(key_in(up, 0, i), key_in(up, 1, k));
	other_key(key_in(down, 0, 0), key_in(down, 1, 0));
	for (unsigned i = 0; i < 2; i++) {
		other_key(key_in(down, i, 0), key_in(up, i, 3));
		same_key(leg_of(i, 0)->tx.key_salt, key_in(down, i, 0));
		same_key(leg_of(i, 1)->tx.key_salt, key_in(up, i, 3));
	}
	scene_end();
}

/* The first key that we showed in that body, as an a=crypto line of its own. */
static const char *mirrored(const struct out *shown, unsigned tag,
			    const char *suite)
{
	static char text[4096];
	const char *key = strstr(shown->text, suite);
	size_t len;

	cr_assert_not_null(key);
	key = strstr(key, "inline:");
	len = strcspn(key, "\r");
	snprintf(text, sizeof(text),
		 PHONE_HEAD SAVP(30000) "a=crypto:%u %s %.*s\r\n", tag, suite,
		 (int)len, key);
	return text;
}

Test(keys, of_ours_are_not_taken_as_the_other_ends)
{
	struct out *up, *down;

	scene_in();
	down = offer(0, PBX_SDP);
	refused_for(answers(down, 7, mirrored(down, 1, CM_128)),
		    REASON_ANSWER_PLAIN);
	refused_for(answers(down, 7, mirrored(down, 2, GCM_256)),
		    REASON_ANSWER_PLAIN);
	cr_assert_eq(nth(0)->plans, 0);
	scene_end();

	scene();
	up = offer(0, PHONE_SDP);
	down = answer(up, 7, PBX_SDP);
	refused_for(offers(0, mirrored(down, 1, CM_128)), REASON_SRTP_UNUSABLE);
	scene_end();
}

Test(keys, that_the_phone_changes_are_taken)
{
	struct out *up;

	call_up();
	up = offer(0, PHONE_HEAD SAVP(30000) CRYPTO(1, CM_128, KEY_128_B));
	answer(up, 7, PBX_SDP);
	cr_assert_eq(leg_of(0, 0)->rx.key_salt[1], 1);
	cr_assert_eq(leg_of(0, 0)->rx.key_salt[29], 29);
	cr_assert(!leg_of(0, 0)->moved);
	scene_end();
}
