/* test_judge.c - SRTP or nothing, in offers and in answers, with the reason */
#include "body.h"

TestSuite(judge, .fini = drop_all);

static struct verdict judge_offer(struct sdp *sdp)
{
	return sdp_judge(sdp, SDP_OFFER, NULL, &default_settings);
}

static void assert_verdict(struct verdict v, enum reason reason,
			   const char *detail)
{
	cr_expect_eq(v.action, ACTION_REJECT);
	cr_expect_str_eq(reason_name(v.reason), reason_name(reason));
	cr_expect_eq(v.sip_code, 488);
	cr_expect_str_eq(v.detail, detail);
}

static void assert_offer(const char *text, enum reason reason,
			 const char *detail)
{
	assert_verdict(judge_offer(body(text)), reason, detail);
}

static void assert_passes(const char *text)
{
	struct verdict v = judge_offer(body(text));

	cr_expect(verdict_passes(&v), "%s", v.detail);
}

#define WANTED                                                                 \
	"; wanted: AEAD_AES_256_GCM, AES_256_CM_HMAC_SHA1_80,"                 \
	" AEAD_AES_128_GCM, AES_CM_128_HMAC_SHA1_80"

Test(judge, every_sample_gets_its_verdict)
{
	for (unsigned i = 0; i < SAMPLE_COUNT; i++) {
		struct sdp *sdp = body(samples[i].text);
		struct verdict v = judge_offer(sdp);
		unsigned refused = 0;

		cr_expect_str_eq(reason_name(v.reason),
				 reason_name(samples[i].reason), "%s: %s",
				 samples[i].name, v.detail);
		if (!verdict_passes(&v)) {
			cr_expect_eq(v.sip_code, 488);
			cr_expect(v.detail[0]);
			continue;
		}
		for (unsigned k = 0; k < sdp->media_count; k++)
			refused += sdp->media[k].refused;
		cr_expect_eq(refused, samples[i].refused, "%s",
			     samples[i].name);
		cr_expect_eq(accepted_suite(sdp), samples[i].suite, "%s",
			     samples[i].name);
	}
}

Test(judge, plain_rtp_is_refused)
{
	assert_offer(HEAD AVP, REASON_PLAIN_RTP,
		     "audio RTP/AVP: plain RTP: switch on SRTP with SDES keys"
		     " (RTP/SAVP) at the phone");
	assert_offer(HEAD "m=audio 9 RTP/AVPF 0\r\n", REASON_PLAIN_RTP,
		     "audio RTP/AVPF: plain RTP: switch on SRTP with SDES keys"
		     " (RTP/SAVP) at the phone");
}

Test(judge, optional_srtp_is_plain_rtp)
{
	assert_offer(HEAD AVP CRYPTO_1, REASON_PLAIN_RTP,
		     "audio RTP/AVP with a=crypto is optional SRTP (RFC 8643):"
		     " make SRTP mandatory at the phone");
}

Test(judge, dtls_srtp_has_a_reason_of_its_own)
{
	const char *detail = "audio RTP/SAVP: DTLS-SRTP is not served: switch"
			     " the phone to SRTP with SDES keys (RTP/SAVP)";

	assert_offer(HEAD "m=audio 9 UDP/TLS/RTP/SAVP 0\r\n", REASON_DTLS_SRTP,
		     "audio UDP/TLS/RTP/SAVP: DTLS-SRTP is not served: switch"
		     " the phone to SRTP with SDES keys (RTP/SAVP)");
	/* not even with keys: the phone would start a DTLS handshake */
	assert_offer(HEAD "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\n" CRYPTO_1,
		     REASON_DTLS_SRTP,
		     "audio UDP/TLS/RTP/SAVPF: DTLS-SRTP is not served: switch"
		     " the phone to SRTP with SDES keys (RTP/SAVP)");
	assert_offer(HEAD SAVP FINGERPRINT, REASON_DTLS_SRTP, detail);
	assert_offer(HEAD FINGERPRINT SAVP, REASON_DTLS_SRTP, detail);
	assert_offer(HEAD SAVP FINGERPRINT "a=crypto:1 X_1 inline:x\r\n",
		     REASON_DTLS_SRTP, detail);
}

Test(judge, a_fingerprint_beside_usable_keys_does_no_harm)
{
	assert_passes(HEAD SAVP FINGERPRINT CRYPTO_1);
	assert_passes(HEAD FINGERPRINT SAVP CRYPTO_1);
}

Test(judge, savp_without_keys_is_unusable)
{
	assert_offer(HEAD SAVP, REASON_SRTP_UNUSABLE,
		     "audio RTP/SAVP has no a=crypto" WANTED);
	assert_offer(HEAD CRYPTO_1 SAVP, REASON_SRTP_UNUSABLE,
		     "audio RTP/SAVP has no a=crypto" WANTED);
}

Test(judge, each_skipped_line_is_listed_with_its_cause)
{
	assert_offer(HEAD SAVP
		     "a=crypto:1 AEAD_AES_128_GCM_8 inline:" KEY_GCM_128 "\r\n"
		     "a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:" KEY_GCM_128
		     "\r\n",
		     REASON_SRTP_UNUSABLE,
		     "crypto 1 AEAD_AES_128_GCM_8: unknown suite;"
		     " 2 AES_CM_128_HMAC_SHA1_80: key length;"
		     " wanted: AEAD_AES_256_GCM, AES_256_CM_HMAC_SHA1_80,"
		     " AEAD_AES_128_GCM ...");
}

Test(judge, every_cause_has_its_words)
{
	static const struct {
		const char *line, *words;
	} table[] = {
		{"1 AES_CM_128_HMAC_SHA1_32 inline:" KEY_128,
		 "1 AES_CM_128_HMAC_SHA1_32: not in media.suites"},
		{"1 aead_aes_256_gcm inline:" KEY_GCM_256,
		 "1 aead_aes_256_gcm: unknown suite"},
		{"1 AEAD_AES_256_GCM inline:" KEY_128,
		 "1 AEAD_AES_256_GCM: key length"},
		{"1 AEAD_AES_256_GCM inline:%%%%",
		 "1 AEAD_AES_256_GCM: key not base64"},
		{"1 AEAD_AES_256_GCM inline:" KEY_GCM_256 "|2^20|1:5",
		 "1 AEAD_AES_256_GCM: MKI"},
		{"1 AEAD_AES_256_GCM inline:" KEY_GCM_256 "|256:1",
		 "1 AEAD_AES_256_GCM: MKI"},
		{"1 AEAD_AES_256_GCM inline:" KEY_GCM_256
		 "|1:1;inline:" KEY_GCM_256 "|2:1",
		 "1 AEAD_AES_256_GCM: several keys"},
		{"1 AEAD_AES_256_GCM inline:" KEY_GCM_256 "|2^49",
		 "1 AEAD_AES_256_GCM: key lifetime"},
		{"1 AEAD_AES_256_GCM inline:" KEY_GCM_256 "|2^19",
		 "1 AEAD_AES_256_GCM: key lifetime"},
		{"1 AEAD_AES_256_GCM inline:" KEY_GCM_256 "AAAA",
		 "1 AEAD_AES_256_GCM: key not base64"},
		{"1 AEAD_AES_128_GCM inline:" KEY_GCM_256,
		 "1 AEAD_AES_128_GCM: key length"},
		{"1 AEAD_AES_128_GCM_8 inline:" KEY_GCM_128,
		 "1 AEAD_AES_128_GCM_8: unknown suite"},
		{"1 AES_CM_256_HMAC_SHA1_32 inline:" KEY_256,
		 "1 AES_CM_256_HMAC_SHA1_32: not in media.suites"},
		{"1 AEAD_AES_256_GCM inline:" KEY_GCM_256 " KDR=1",
		 "1 AEAD_AES_256_GCM: session parameter"},
		{"1 AEAD_AES_256_GCM", "1 AEAD_AES_256_GCM: syntax"},
		{"0 AEAD_AES_256_GCM inline:" KEY_GCM_256, "?: syntax"},
	};
	char text[400], detail[200];

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		snprintf(text, sizeof(text), HEAD SAVP "a=crypto:%s\r\n",
			 table[i].line);
		struct verdict v = judge_offer(body(text));

		cr_expect_eq(v.reason, REASON_SRTP_UNUSABLE);
		snprintf(detail, sizeof(detail),
			 "crypto %s; wanted: ", table[i].words);
		cr_expect_eq(strncmp(v.detail, detail, strlen(detail)), 0, "%s",
			     v.detail);
	}
	assert_offer(
		HEAD SAVP "a=crypto:7 X_1 inline:x\r\n"
			  "a=crypto:7 X_2 inline:x\r\n",
		REASON_SRTP_UNUSABLE,
		"crypto 7 X_1: unknown suite; 7 X_2: tag given twice" WANTED);
}

Test(judge, an_alias_passes)
{
	struct sdp *sdp = body(
		HEAD SAVP "a=crypto:9 AES_CM_256_HMAC_SHA1_80 inline:" KEY_256
			  "\r\n");
	struct verdict v = judge_offer(sdp);

	cr_assert(verdict_passes(&v), "%s", v.detail);
	cr_assert_eq(accepted_suite(sdp), SUITE_AES_256_CM_HMAC_SHA1_80);
}

Test(judge, a_line_with_mki_passes)
{
	assert_passes(HEAD SAVP
		      "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" KEY_128
		      "|2^31|1:4\r\n");
}

Test(judge, a_line_with_a_long_mki_does_not_hinder_another_without)
{
	assert_passes(
		HEAD SAVP
		"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" KEY_128 "|1:8\r\n"
		"a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:" KEY_128 "\r\n");
}

Test(judge, several_unusable_media_are_told_apart)
{
	assert_offer(HEAD "m=audio 9 RTP/SAVP 0\r\n"
			  "a=crypto:1 X_1 inline:x\r\n"
			  "m=video 9 RTP/SAVP 96\r\n"
			  "a=crypto:2 X_2 inline:x\r\n"
			  "m=text 9 RTP/SAVP 97\r\n",
		     REASON_SRTP_UNUSABLE,
		     "audio crypto 1 X_1: unknown suite; video crypto 2 X_2:"
		     " unknown suite; text RTP/SAVP has no a=crypto; wanted:"
		     " AEAD_AES_256_GCM, AES_256_CM_HMAC_SHA1_80 ...");
}

Test(judge, a_long_list_is_cut_between_its_parts)
{
	char text[4000] = HEAD SAVP;

	for (unsigned i = 1; i <= SDP_CRYPTO_MAX; i++) {
		size_t len = strlen(text);

		snprintf(text + len, sizeof(text) - len,
			 "a=crypto:%u F8_128_HMAC_SHA1_80 inline:%s\r\n", i,
			 KEY_128);
	}
	assert_offer(text, REASON_SRTP_UNUSABLE,
		     "crypto 1 F8_128_HMAC_SHA1_80: unknown suite;"
		     " 2 F8_128_HMAC_SHA1_80: unknown suite;"
		     " 3 F8_128_HMAC_SHA1_80: unknown suite ...");
}

Test(judge, a_key_is_never_told)
{
	static const char *const lines[] = {
		"1 AES_256_CM_HMAC_SHA1_80 inline:" KEY_128,
		"1 inline:" KEY_128,
		"1 " KEY_128,
		"1 " KEY_128 " AES_CM_128_HMAC_SHA1_80",
		"1 inline:" KEY_128 " AES_CM_128_HMAC_SHA1_80",
		KEY_128,
		/* letters and digits only, and base64url with underscores */
		"1 JAg0iuQL4kR6BgYMmdXV2YMZV1BNkOlF3i6OeBaa x",
		"1 JAg_0iuQL4kR6BgY-MmdXV2YMZV1BNkOlF3i6OeB x",
	};
	char text[400];

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		snprintf(text, sizeof(text), HEAD SAVP "a=crypto:%s\r\n",
			 lines[i]);
		struct verdict v = judge_offer(body(text));

		cr_expect_eq(v.reason, REASON_SRTP_UNUSABLE);
		cr_expect(!strstr(v.detail, "JAg"), "%s", v.detail);
		cr_expect(!strstr(v.detail, "MmdXV2"), "%s", v.detail);
	}
}

Test(judge, names_in_the_detail_are_cut)
{
	assert_offer(HEAD "m=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa 9"
			  " ppppppppppppppppppppppppppppppppppp/x 0\r\n",
		     REASON_PLAIN_RTP,
		     "aaaaaaaaaaaaaaaaaaaa pppppppppppppppppppp: not SRTP; the"
		     " edge serves RTP/SAVP with SDES keys only");
}

Test(judge, the_nearest_miss_gives_the_reason)
{
	assert_offer(HEAD AVP SAVP, REASON_SRTP_UNUSABLE,
		     "audio RTP/SAVP has no a=crypto" WANTED);
	assert_offer(HEAD "m=image 9 udptl t38\r\n" AVP, REASON_PLAIN_RTP,
		     "audio RTP/AVP: plain RTP: switch on SRTP with SDES keys"
		     " (RTP/SAVP) at the phone");
}

Test(judge, one_secure_medium_passes_and_the_others_are_refused)
{
	struct sdp *sdp = body(HEAD "m=video 9 RTP/AVP 96\r\n" SAVP CRYPTO_1
				    "m=text 9 RTP/SAVP 97\r\n"
				    "m=image 9 udptl t38\r\n"
				    "m=audio 0 RTP/SAVP 0\r\n" CRYPTO_1);
	struct verdict v = judge_offer(sdp);
	const bool refused[] = {true, false, true, true, true};

	cr_assert(verdict_passes(&v), "%s", v.detail);
	for (unsigned i = 0; i < 5; i++)
		cr_expect_eq(sdp->media[i].refused, refused[i], "%u", i);
}

Test(judge, a_body_that_refuses_everything_passes)
{
	struct sdp *sdp = body(HEAD "m=audio 0 RTP/AVP 0\r\n"
				    "m=image 0 udptl t38\r\n");
	struct verdict v = judge_offer(sdp);

	cr_assert(verdict_passes(&v));
	cr_assert(sdp->media[0].refused && sdp->media[1].refused);
	v = sdp_judge(sdp, SDP_ANSWER, NULL, &default_settings);
	cr_assert(verdict_passes(&v));
}

Test(judge, a_closed_line_does_not_save_a_plain_one)
{
	assert_offer(HEAD "m=audio 0 RTP/SAVP 0\r\n" CRYPTO_1 AVP,
		     REASON_PLAIN_RTP,
		     "audio RTP/AVP: plain RTP: switch on SRTP with SDES keys"
		     " (RTP/SAVP) at the phone");
}

/* ---- answers */

#define LINE(tag, suite, key) "a=crypto:" tag " " suite " inline:" key "\r\n"
#define LINE_GCM LINE("4", "AEAD_AES_128_GCM", KEY_GCM_128)

#define OFFERED_1                                                              \
	{                                                                      \
		1, SUITE_AES_CM_128_HMAC_SHA1_80                               \
	}
#define OFFERED_GCM                                                            \
	{                                                                      \
		4, SUITE_AEAD_AES_128_GCM                                      \
	}

/* of CRYPTO_1 and LINE_GCM */
static const struct sdp_offered two_suites = {
	.media_count = 1,
	.media = {{.count = 2, .line = {OFFERED_1, OFFERED_GCM}}},
};

static struct verdict judge_answer(const struct sdp_offered *offered,
				   struct sdp *answer)
{
	return sdp_judge(answer, SDP_ANSWER, offered, &default_settings);
}

static void assert_answer(const char *text, const char *detail)
{
	struct sdp *sdp = body(text);

	assert_verdict(judge_answer(&two_suites, sdp), REASON_ANSWER_PLAIN,
		       detail);
}

Test(judge, an_answer_takes_one_of_the_offered_lines)
{
	struct sdp *first = body(HEAD SAVP CRYPTO_1);
	struct sdp *second = body(HEAD SAVP LINE_GCM);
	struct verdict v = judge_answer(&two_suites, first);

	cr_assert(verdict_passes(&v), "%s", v.detail);
	cr_assert_eq(accepted_suite(first), SUITE_AES_CM_128_HMAC_SHA1_80);
	v = judge_answer(&two_suites, second);
	cr_assert(verdict_passes(&v), "%s", v.detail);
	cr_assert_eq(accepted_suite(second), SUITE_AEAD_AES_128_GCM);
}

Test(judge, an_alias_is_answered_by_either_name)
{
	const struct sdp_offered offered = {
		.media_count = 1,
		.media = {{.count = 1,
			   .line = {{9, SUITE_AES_256_CM_HMAC_SHA1_80}}}},
	};
	struct verdict v = judge_answer(
		&offered,
		body(HEAD SAVP LINE("9", "AES_CM_256_HMAC_SHA1_80", KEY_256)));

	cr_assert(verdict_passes(&v), "%s", v.detail);
	v = judge_answer(
		&offered,
		body(HEAD SAVP LINE("9", "AES_256_CM_HMAC_SHA1_80", KEY_256)));
	cr_assert(verdict_passes(&v), "%s", v.detail);
}

Test(judge, an_answer_with_another_tag_or_suite_is_refused)
{
	assert_answer(HEAD SAVP LINE("2", "AES_CM_128_HMAC_SHA1_80", KEY_128),
		      "crypto 2 AES_CM_128_HMAC_SHA1_80: not offered" WANTED);
	assert_answer(HEAD SAVP LINE("4", "AES_CM_128_HMAC_SHA1_80", KEY_128),
		      "crypto 4 AES_CM_128_HMAC_SHA1_80: not offered" WANTED);
	assert_answer(HEAD SAVP LINE("1", "AEAD_AES_256_GCM", KEY_GCM_256),
		      "crypto 1 AEAD_AES_256_GCM: not offered" WANTED);
}

Test(judge, an_answer_with_several_lines_is_refused)
{
	assert_answer(HEAD SAVP CRYPTO_1 LINE_GCM,
		      "crypto 1 AES_CM_128_HMAC_SHA1_80: an answer has one"
		      " a=crypto; 4 AEAD_AES_128_GCM: an answer has one"
		      " a=crypto; wanted: AEAD_AES_256_GCM ...");
	assert_answer(HEAD SAVP CRYPTO_1 "a=crypto:2 X_1 inline:x\r\n",
		      "crypto 1 AES_CM_128_HMAC_SHA1_80: an answer has one"
		      " a=crypto; 2 X_1: unknown suite; wanted:"
		      " AEAD_AES_256_GCM, AES_256_CM_HMAC_SHA1_80,"
		      " AEAD_AES_128_GCM ...");
}

Test(judge, an_answer_without_srtp_is_refused)
{
	assert_answer(HEAD AVP,
		      "audio RTP/AVP: plain RTP: switch on SRTP with SDES keys"
		      " (RTP/SAVP) at the phone");
	assert_answer(HEAD AVP CRYPTO_1,
		      "audio RTP/AVP with a=crypto is optional SRTP (RFC"
		      " 8643): make SRTP mandatory at the phone");
	assert_answer(HEAD SAVP, "audio RTP/SAVP has no a=crypto" WANTED);
	assert_answer(HEAD SAVP FINGERPRINT,
		      "audio RTP/SAVP: DTLS-SRTP is not served: switch the"
		      " phone to SRTP with SDES keys (RTP/SAVP)");
}

Test(judge, an_answer_is_held_against_its_own_media_line)
{
	const struct sdp_offered offered = {
		.media_count = 3,
		.media = {{.count = 1, .line = {OFFERED_1}},
			  {.count = 1, .line = {OFFERED_GCM}},
			  {.count = 0}},
	};
	struct sdp *answer = body(HEAD "m=audio 9 RTP/SAVP 0\r\n" LINE_GCM
				       "m=video 9 RTP/SAVP 96\r\n" LINE_GCM
				       "m=text 9 RTP/SAVP 97\r\n" CRYPTO_1
				       "m=audio 9 RTP/SAVP 0\r\n" CRYPTO_1);
	struct verdict v = judge_answer(&offered, answer);
	const bool refused[] = {true, false, true, true};

	cr_assert(verdict_passes(&v), "%s", v.detail);
	for (unsigned i = 0; i < 4; i++)
		cr_expect_eq(answer->media[i].refused, refused[i], "%u", i);
}

Test(judge, an_answer_to_an_unknown_offer_needs_one_usable_line)
{
	struct sdp *one =
		body(HEAD SAVP LINE("9", "AES_CM_128_HMAC_SHA1_80", KEY_128));
	struct sdp *two = body(HEAD SAVP CRYPTO_1 LINE_GCM);
	struct verdict v = sdp_judge(one, SDP_ANSWER, NULL, &default_settings);

	cr_assert(verdict_passes(&v), "%s", v.detail);
	v = sdp_judge(two, SDP_ANSWER, NULL, &default_settings);
	cr_assert_eq(v.reason, REASON_ANSWER_PLAIN);
}
