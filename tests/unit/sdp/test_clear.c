/* test_clear.c - RTP in clear or nothing, for a side that speaks no SRTP */
#include "body.h"

TestSuite(clear, .fini = drop_all);

static void assert_clear(const char *text, enum sdp_role role,
			 const char *detail)
{
	struct verdict v = sdp_judge_clear(body(text), role);

	if (!detail) {
		cr_expect(verdict_passes(&v), "%s", v.detail);
		return;
	}
	cr_expect_eq(v.action, ACTION_REJECT);
	cr_expect_str_eq(reason_name(v.reason),
			 reason_name(REASON_UPSTREAM_MEDIA));
	cr_expect_eq(v.sip_code, 488);
	cr_expect_str_eq(v.detail, detail);
	cr_expect(strstr(v.detail, "upstream.srtp"));
}

Test(clear, rtp_in_clear_is_what_a_side_in_clear_speaks)
{
	assert_clear(HEAD AVP, SDP_OFFER, NULL);
	assert_clear(HEAD AVP, SDP_ANSWER, NULL);
	assert_clear(HEAD "m=audio 9 RTP/AVPF 0\r\n", SDP_OFFER, NULL);
	/* RFC 8643: an opportunistic offer is taken as clear */
	assert_clear(HEAD AVP CRYPTO_1, SDP_OFFER, NULL);
	assert_clear(HEAD AVP FINGERPRINT, SDP_OFFER, NULL);
	assert_clear(HEAD AVP "a=crypto:1 X_1 inline:x\r\n", SDP_ANSWER, NULL);
}

Test(clear, what_a_side_in_clear_must_not_send_is_named)
{
	assert_clear(HEAD SAVP CRYPTO_1, SDP_OFFER,
		     "audio RTP/SAVP offered: SRTP, where upstream.srtp = off"
		     " expects RTP/AVP: set it to required, or switch SRTP off"
		     " at the PBX");
	assert_clear(HEAD "m=audio 9 RTP/SAVPF 0\r\n", SDP_ANSWER,
		     "audio RTP/SAVPF answered: SRTP, where upstream.srtp = off"
		     " expects RTP/AVP: set it to required, or switch SRTP off"
		     " at the PBX");
	assert_clear(HEAD "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\n", SDP_OFFER,
		     "audio UDP/TLS/RTP/SAVPF offered: DTLS-SRTP is not served:"
		     " upstream.srtp = off expects RTP/AVP, required SDES"
		     " keys");
	assert_clear(HEAD "m=image 9 udptl t38\r\n", SDP_OFFER,
		     "image udptl offered: not RTP: upstream.srtp = off expects"
		     " RTP/AVP");
	/* whatever comes, the sentence has its end */
	assert_clear(HEAD "m=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa 9 RTP/SAVP 0"
			  "\r\n",
		     SDP_ANSWER,
		     "aaaaaaaaaaaaaaaaaaaa RTP/SAVP answered: SRTP, where"
		     " upstream.srtp = off expects RTP/AVP: set it to required,"
		     " or switch SRTP off at the PBX");
}

Test(clear, in_clear_the_nearest_miss_is_told)
{
	assert_clear(HEAD "m=image 9 udptl t38\r\n" SAVP
			  "m=audio 9 UDP/TLS/RTP/SAVP 0\r\n",
		     SDP_OFFER,
		     "audio RTP/SAVP offered: SRTP, where upstream.srtp = off"
		     " expects RTP/AVP: set it to required, or switch SRTP off"
		     " at the PBX");
	assert_clear(HEAD "m=audio 0 RTP/AVP 0\r\nm=image 9 udptl t38\r\n",
		     SDP_OFFER,
		     "image udptl offered: not RTP: upstream.srtp = off expects"
		     " RTP/AVP");
}

Test(clear, one_medium_in_clear_passes_and_the_others_are_refused)
{
	struct sdp *sdp =
		body(HEAD SAVP CRYPTO_1 AVP "m=audio 9 UDP/TLS/RTP/SAVP 0\r\n"
					    "m=image 9 udptl t38\r\n"
					    "m=video 9 RTP/AVPF 96\r\n"
					    "m=audio 0 RTP/AVP 0\r\n");
	struct verdict v = sdp_judge_clear(sdp, SDP_OFFER);
	const bool refused[] = {true, false, true, true, false, true};

	cr_assert(verdict_passes(&v), "%s", v.detail);
	for (unsigned i = 0; i < 6; i++)
		cr_expect_eq(sdp->media[i].refused, refused[i], "%u", i);
}

Test(clear, in_clear_a_body_that_refuses_everything_passes)
{
	struct sdp *sdp = body(HEAD "m=audio 0 RTP/SAVP 0\r\n"
				    "m=image 0 udptl t38\r\n");
	struct verdict v = sdp_judge_clear(sdp, SDP_ANSWER);

	cr_assert(verdict_passes(&v));
	cr_assert(sdp->media[0].refused && sdp->media[1].refused);
	assert_clear(HEAD, SDP_OFFER, NULL);
}

Test(clear, judging_again_forgets_the_first_judgement)
{
	struct sdp *sdp = body(HEAD AVP);
	struct verdict v = sdp_judge(sdp, SDP_OFFER, NULL, &default_settings);

	cr_assert_eq(v.reason, REASON_PLAIN_RTP);
	cr_assert(sdp->media[0].refused);
	v = sdp_judge_clear(sdp, SDP_OFFER);
	cr_assert(verdict_passes(&v));
	cr_assert(!sdp->media[0].refused);
}
