/* test_suites.c - which suites an end is offered and which of a phone's is
 * taken: by the settings, by what it has shown to speak, and less quirks */
#include "scene.h"

TestSuite(suites);

#define BIT(suite) (1u << SUITE_##suite)

static void offered_are(const struct out *out, const char *list)
{
	char names[256] = "";

	for (unsigned i = 0; i < out->sdp.media[0].crypto_count; i++) {
		strcat(names, i ? " " : "");
		strcat(names, suite_name(out->sdp.media[0].crypto[i].suite));
	}
	cr_assert_str_eq(names, list);
}

static void quirk(const char *agent, uint32_t without)
{
	struct media_quirk *q = &sc.set.quirks[sc.set.quirk_count++];

	strcpy(q->agent, agent);
	q->without = without;
}

/* The PBX calls a phone of that kind. */
static void scene_to(const char *agent, uint32_t speaks)
{
	struct media_party to = phone();

	strcpy(to.agent, agent);
	to.speaks = speaks;
	scene_set();
	scene_open(pbx(), to);
}

Test(suites, begin_with_the_oldest_where_nothing_is_known)
{
	scene_to("", 0);
	offered_are(offer(0, PBX_SDP),
		    "AES_CM_128_HMAC_SHA1_80 AEAD_AES_256_GCM "
		    "AES_256_CM_HMAC_SHA1_80 AEAD_AES_128_GCM");
	scene_end();
}

Test(suites, without_the_oldest_go_in_the_order_of_the_settings)
{
	scene_to("", 0);
	sc.sdp.suite_count = 3;
	offered_are(offer(0, PBX_SDP), "AEAD_AES_256_GCM "
				       "AES_256_CM_HMAC_SHA1_80 "
				       "AEAD_AES_128_GCM");
	scene_end();
}

Test(suites, that_a_phone_has_shown_are_its_own)
{
	scene_to("", BIT(AEAD_AES_256_GCM) | BIT(AES_CM_128_HMAC_SHA1_80) |
			     BIT(AES_CM_128_HMAC_SHA1_32));
	offered_are(offer(0, PBX_SDP),
		    "AEAD_AES_256_GCM AES_CM_128_HMAC_SHA1_80");
	scene_end();
}

Test(suites, that_a_phone_has_shown_in_this_call_are_known)
{
	struct out *out;

	scene();
	out = offer(0, PHONE_HEAD SAVP(30000) CRYPTO_128(1)
			       CRYPTO(2, CM_256, KEY_256));
	answer(out, 7, PBX_SDP);
	offered_are(offer(1, PBX_SDP),
		    "AES_256_CM_HMAC_SHA1_80 AES_CM_128_HMAC_SHA1_80");
	scene_end();
}

Test(suites, that_are_unknown_here_are_as_good_as_none)
{
	scene_to("", BIT(AES_CM_128_HMAC_SHA1_32));
	offered_are(offer(0, PBX_SDP),
		    "AES_CM_128_HMAC_SHA1_80 AEAD_AES_256_GCM "
		    "AES_256_CM_HMAC_SHA1_80 AEAD_AES_128_GCM");
	scene_end();
}

Test(suites, that_a_kind_of_phone_gets_wrong_are_not_offered)
{
	scene_to("Z 5.6 zoiper/rv2.10", 0);
	quirk("Zoiper", BIT(AES_256_CM_HMAC_SHA1_80));
	quirk("Yealink", BIT(AES_CM_128_HMAC_SHA1_80));
	quirk("5.6", BIT(AEAD_AES_128_GCM));
	offered_are(offer(0, PBX_SDP),
		    "AES_CM_128_HMAC_SHA1_80 AEAD_AES_256_GCM");
	scene_end();
}

Test(suites, all_of_which_are_wrong_are_offered_all_the_same)
{
	scene_to("Zoiper", 0);
	quirk("Zoiper", ~0u);
	cr_assert_eq(offer(0, PBX_SDP)->sdp.media[0].crypto_count, 4);
	scene_end();
}

Test(suites, that_a_phone_speaks_and_gets_wrong_are_not_offered)
{
	scene_to("Zoiper",
		 BIT(AES_256_CM_HMAC_SHA1_80) | BIT(AEAD_AES_128_GCM));
	quirk("Zoiper", BIT(AES_256_CM_HMAC_SHA1_80));
	offered_are(offer(0, PBX_SDP), "AEAD_AES_128_GCM");
	scene_end();
}

Test(suites, of_a_phones_offer_are_chosen_less_quirks)
{
	struct out *out;

	scene();
	strcpy(media_party(sc.media, 0)->agent, "Zoiper rv2");
	quirk("zoiper", BIT(AES_256_CM_HMAC_SHA1_80));
	out = offer(0, PHONE_HEAD SAVP(30000) CRYPTO(1, CM_256, KEY_256)
			       CRYPTO_128(2));
	out = answer(out, 7, PBX_SDP);
	cr_assert(holds(out, "a=crypto:2 AES_CM_128_HMAC_SHA1_80 "));
	scene_end();
}

Test(suites, that_quirks_leave_none_of_refuse_the_line)
{
	struct out *out;

	scene();
	strcpy(media_party(sc.media, 0)->agent, "Zoiper rv2");
	quirk("zoiper", BIT(AES_256_CM_HMAC_SHA1_80));
	out = offers(0, PHONE_HEAD SAVP(30000) CRYPTO(1, CM_256, KEY_256));
	refused_for(out, REASON_SRTP_UNUSABLE);
	cr_assert_not_null(strstr(out->verdict.detail, "media.quirks"));
	/* But no other one. */
	out = offer(0, PHONE_SDP VIDEO_SAVP(30002) CRYPTO(1, CM_256, KEY_256));
	cr_assert(holds(out, "m=audio 20000 "));
	cr_assert(holds(out, "m=video 0 "));
	cr_assert_eq(sc.count, 1);
	out = answer(out, 7, PBX_SDP VIDEO_AVP(0));
	cr_assert(holds(out, "m=video 0 RTP/SAVP 99\r\n"));
	scene_end();
}

/* The table may change while the phone rings. */
Test(suites, of_an_answer_are_taken_as_they_were_offered)
{
	struct out *down;

	scene_to("Zoiper", 0);
	down = offer(0, PBX_SDP);
	quirk("Zoiper", BIT(AES_256_CM_HMAC_SHA1_80));
	answer(down, 7, PHONE_HEAD SAVP(30000) CRYPTO(3, CM_256, KEY_256));
	cr_assert_eq(leg_of(0, 1)->tx.suite, SUITE_AES_256_CM_HMAC_SHA1_80);
	cr_assert_eq(media_speaks(sc.media, 1), BIT(AES_256_CM_HMAC_SHA1_80));
	scene_end();
}

Test(suites, of_the_upstream_have_no_quirks)
{
	struct out *up;

	scene_set();
	sc.set.upstream_srtp = true;
	quirk("", ~0u); /* every phone */
	scene_open(pbx(), pbx());
	up = offer(0, PBX_HEAD SAVP(14000) CRYPTO_128(1));
	cr_assert_eq(up->sdp.media[0].crypto_count, 4);
	scene_end();
}

Test(suites, whose_name_is_nearly_right_are_none)
{
	scene();
	refused_for(offers(0, PHONE_HEAD SAVP(30000) CRYPTO(
				      1, "AEAD_AES_256_GCM_8", KEY_GCM_256)
				      CRYPTO(2, "aes_cm_128_hmac_sha1_80",
					     KEY_128)),
		    REASON_SRTP_UNUSABLE);
	scene_end();
}

Test(suites, protect_what_the_record_says)
{
	enum suite suite;
	struct out *down;

	scene_to("", 0);
	down = offer(0, PBX_SDP);
	answer(down, 7, PHONE_HEAD SAVP(30000) CRYPTO(2, GCM_256, KEY_GCM_256));
	cr_assert_eq(media_protection(sc.media, 1, &suite), MEDIA_SRTP);
	cr_assert_eq(suite, SUITE_AEAD_AES_256_GCM);
	cr_assert_eq(media_protection(sc.media, 0, &suite), MEDIA_CLEAR);
	scene_end();
}
