/* test_offer.c - what the other end is shown of an offer is ours: address,
 * ports, profile and keys; what is not served goes with port 0 */
#include "scene.h"

TestSuite(offer);

Test(offer, of_a_phone_reaches_the_pbx_in_clear_at_our_place)
{
	struct out *up;

	scene();
	up = offer(0, PHONE_SDP "a=rtpmap:0 PCMU/8000\r\na=rtcp-mux\r\n");
	cr_assert_str_eq(strstr(up->text, "s=-"),
			 "s=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
			 "m=audio 20000 RTP/AVP 0 8\r\n"
			 "a=rtpmap:0 PCMU/8000\r\n");
	cr_assert_neq(up->handle, 0);
	cr_assert_eq(nth(0)->line, 0);
	cr_assert(!nth(0)->clear[0] && !nth(0)->clear[1]);
	cr_assert_eq(nth(0)->plans, 0);
	scene_end();
}

Test(offer, of_the_pbx_reaches_a_phone_with_keys_of_ours)
{
	struct out *down;

	scene_in();
	down = offer(0, PBX_SDP);
	cr_assert(holds(down, "m=audio 5004 RTP/SAVP 0 8\r\n"));
	cr_assert(holds(down, "c=IN IP4 203.0.113.1\r\n"));
	cr_assert_eq(down->sdp.media[0].crypto_count, 4);
	for (unsigned i = 0; i < 4; i++) {
		cr_assert_eq(down->sdp.media[0].crypto[i].tag, i + 1);
		for (unsigned k = 0; k < i; k++)
			other_key(key_in(down, 0, i), key_in(down, 0, k));
	}
	cr_assert(!holds(down, "rtcp-mux"));
	scene_end();
}

Test(offer, keeps_feedback_profiles)
{
	scene();
	cr_assert(holds(offer(0, PHONE_HEAD
			      "m=audio 30000 RTP/SAVPF 0\r\n" CRYPTO_128(1)),
			"m=audio 20000 RTP/AVPF 0\r\n"));
	scene_end();
}

Test(offer, in_clear_of_a_phone_is_refused_and_opens_nothing)
{
	scene();
	refused_for(offers(0, PHONE_HEAD AVP(30000)), REASON_PLAIN_RTP);
	cr_assert_eq(sc.count, 0);
	cr_assert_eq(media_speaks(sc.media, 0), 0);
	scene_end();
}

Test(offer, with_srtp_of_a_pbx_in_clear_is_refused)
{
	scene_in();
	refused_for(offers(0, PBX_HEAD SAVP(14000) CRYPTO_128(1)),
		    REASON_UPSTREAM_MEDIA);
	scene_end();
}

Test(offer, of_the_pbx_with_opportunistic_keys_is_one_in_clear)
{
	scene_in();
	cr_assert(holds(offer(0, PBX_SDP CRYPTO_128(1)), "RTP/SAVP"));
	cr_assert(!holds(&sc.out[0], KEY_128));
	scene_end();
}

Test(offer, to_and_from_an_upstream_with_srtp_has_keys)
{
	struct out *up, *down;

	scene_set();
	sc.set.upstream_srtp = true;
	scene_open(phone(), pbx());
	up = offer(0, PHONE_SDP);
	cr_assert(holds(up, "m=audio 20000 RTP/SAVP 0 8\r\n"));
	cr_assert_eq(up->sdp.media[0].crypto_count, 4);
	/* Best first: who is behind it knows them. */
	cr_assert_eq(up->sdp.media[0].crypto[0].suite, SUITE_AEAD_AES_256_GCM);
	refused_for(answers(up, 7, PBX_SDP), REASON_ANSWER_PLAIN);
	down = answer(up, 7,
		      PBX_HEAD SAVP(14000) CRYPTO(1, GCM_256, KEY_GCM_256));
	cr_assert(leg_of(0, 1)->secure);
	same_key(leg_of(0, 1)->tx.key_salt, key_in(up, 0, 0));
	same_key(leg_of(0, 0)->tx.key_salt, key_in(down, 0, 0));
	other_key(leg_of(0, 0)->tx.key_salt, leg_of(0, 1)->tx.key_salt);
	refused_for(offers(1, PBX_SDP), REASON_PLAIN_RTP);
	scene_end();
}

Test(offer, with_every_port_0_has_no_media)
{
	scene();
	refused_for(offers(0, PHONE_HEAD SAVP(0) CRYPTO_128(1)),
		    REASON_MEDIA_NONE);
	refused_for(offers(1, PBX_HEAD AVP(0)), REASON_MEDIA_NONE);
	refused_for(offers(0, PHONE_HEAD), REASON_MEDIA_NONE);
	cr_assert_eq(sc.count, 0);
	scene_end();
}

#define T38 "m=image 30010 udptl t38\r\na=T38FaxVersion:0\r\n"

Test(offer, of_fax_beside_audio_leaves_it_in_its_place_with_port_0)
{
	struct out *up;

	scene();
	up = offer(0, PHONE_HEAD T38 SAVP(30000) CRYPTO_128(1));
	cr_assert(holds(up, "m=image 0 udptl t38\r\nm=audio 20000 RTP/AVP"));
	cr_assert_eq(sc.count, 1);
	cr_assert_eq(nth(0)->line, 1);
	cr_assert_eq(media_session(sc.media, 0), 0);
	cr_assert_eq(media_session(sc.media, 1), nth(0)->number);
	/* Nor does an answer open it. */
	up = answer(up, 7, PBX_HEAD "m=image 14010 udptl t38\r\n" AVP(14000));
	cr_assert(holds(up, "m=image 0 udptl t38\r\nm=audio 5006 RTP/SAVP"));
	cr_assert_eq(sc.count, 1);
	scene_end();
}

Test(offer, of_fax_alone_is_refused)
{
	scene();
	refused_for(offers(0, PHONE_HEAD T38), REASON_PLAIN_RTP);
	refused_for(offers(1, PBX_HEAD T38), REASON_UPSTREAM_MEDIA);
	scene_end();
}

Test(offer, of_a_line_in_clear_beside_srtp_serves_the_other)
{
	struct out *up;

	scene();
	up = offer(0, PHONE_SDP VIDEO_AVP(30002));
	cr_assert(holds(up, "m=video 0 RTP/AVP 99\r\n"));
	/* Nor is it looked at where it is answered all the same. */
	up = answer(up, 7, PBX_SDP VIDEO_AVP(14002) "c=IN IP4 224.1.1.1\r\n");
	cr_assert(holds(up, "m=video 0 RTP/AVP 99\r\n"));
	cr_assert_eq(sc.count, 1);
	cr_assert_eq(media_session(sc.media, 1), 0);
	scene_end();
}

Test(offer, for_which_no_port_is_free_leaves_nothing_open)
{
	static const struct {
		int err;
		enum reason reason;
	} cases[] = {
		{ENOSPC, REASON_MEDIA_PORTS},
		{EMFILE, REASON_MEDIA_PORTS},
		{EAFNOSUPPORT, REASON_MEDIA_ADDRESS},
		{ENOMEM, REASON_INTERNAL},
	};

	for (unsigned i = 0; i < 4; i++) {
		struct out *out;

		scene();
		sc.open_err = cases[i].err;
		sc.opens_left = 1;
		out = offers(0, PHONE_SDP VIDEO_SAVP(30002) CRYPTO_128(1));
		refused_for(out, cases[i].reason);
		cr_assert_eq(out->handle, 0);
		cr_assert_eq(sc.count, 1);
		cr_assert_eq(open_sessions(), 0);
		cr_assert(!media_has(sc.media, nth(0)->number));
		cr_assert_eq(media_session(sc.media, 0), 0);
		scene_end();
	}
}

Test(offer, that_does_not_fit_changes_nothing)
{
	struct out *first, *full, *again;
	unsigned plans;

	first = call_up();
	first = offer(0, PHONE_SDP);
	plans = nth(0)->plans;
	/* The number in o= alone makes it too long. */
	for (sc.body_cap = 40; sc.body_cap < first->len; sc.body_cap += 20) {
		full = offers(0, PHONE_SDP VIDEO_SAVP(30002) CRYPTO_128(1));
		refused_for(full, REASON_BODY_TOO_LARGE);
		cr_assert_eq(full->handle, 0);
		cr_assert_eq(open_sessions(), 1);
	}
	sc.body_cap = 0;
	again = offer(0, PHONE_SDP);
	same_bytes(first, again);
	cr_assert_eq(nth(0)->plans, plans);
	scene_end();
}

Test(offer, says_what_is_spoken_before_the_answer)
{
	enum suite suite = SUITE_COUNT;

	scene();
	cr_assert_eq(media_protection(sc.media, 0, &suite), MEDIA_UNSET);
	offer(0, PHONE_SDP);
	cr_assert_eq(media_protection(sc.media, 0, &suite), MEDIA_SRTP);
	cr_assert_eq(suite, SUITE_AES_CM_128_HMAC_SHA1_80);
	cr_assert_eq(media_protection(sc.media, 1, &suite), MEDIA_UNSET);
	cr_assert_eq(media_speaks(sc.media, 0),
		     1u << SUITE_AES_CM_128_HMAC_SHA1_80);
	scene_end();
}
