/* test_show.c - what one side gets to see: us, and nothing of the other side */
#include "shown.h"

TestSuite(show, .fini = drop_all);

Test(show, the_fields_are_ours_or_came_and_in_the_order_of_the_rfc)
{
	assert_span(
		shown_clear("v=0\no=alice 1 2 IN IP4 h.example\ns=Secret\n"
			    "i=x\nt=3 4\nb=AS:64\nb=CT:1\nc=IN IP4 h.example\n"
			    "k=clear:x\na=sendrecv\n"
			    "m=audio 4000/2 RTP/AVP 0 8\na=ptime:20\n"
			    "b=TIAS:9\nc=IN IP4 h2.example\n"
			    "m=video 5000 RTP/AVPF 96\na=rtpmap:96 VP8/90000"),
		"v=0\r\no=- 11 22 IN IP4 203.0.113.1\r\ns=-\r\n"
		"c=IN IP4 203.0.113.1\r\nb=AS:64\r\nb=CT:1\r\nt=3 4\r\n"
		"a=sendrecv\r\n"
		"m=audio 40000 RTP/AVP 0 8\r\nb=TIAS:9\r\na=ptime:20\r\n"
		"m=video 40002 RTP/AVPF 96\r\na=rtpmap:96 VP8/90000\r\n");
}

Test(show, the_largest_numbers_of_the_origin_fit)
{
	struct sdp *sdp = body(HEAD);
	struct sdp_shown shown = clear_of(sdp);

	shown.id = UINT64_MAX;
	shown.version = UINT64_MAX - 1;
	shown.origin = addr_of("2001:db8::1");
	assert_span(show(sdp, &shown), "v=0\r\no=- 18446744073709551615"
				       " 18446744073709551614 IN IP6"
				       " 2001:db8::1\r\ns=-\r\n"
				       "c=IN IP6 2001:db8::1\r\nt=0 0\r\n");
}

Test(show, a_line_with_an_address_of_its_own_says_so)
{
	struct sdp *sdp = body(HEAD AVP AVP AVP);
	struct sdp_shown shown = clear_of(sdp);

	shown.origin = addr_of("203.0.113.9");
	shown.line[1].rtp = addr_of("[2001:db8::1]:50000");
	shown.line[1].rtcp = addr_of("[2001:db8::1]:50001");
	assert_span(show(sdp, &shown),
		    "v=0\r\no=- 11 22 IN IP4 203.0.113.9\r\ns=-\r\n"
		    "c=IN IP4 203.0.113.1\r\n" OUR_T OUR_AVP
		    "m=audio 50000 RTP/AVP 0 8 101\r\n"
		    "c=IN IP6 2001:db8::1\r\n"
		    "m=audio 40004 RTP/AVP 0 8 101\r\n");
}

Test(show, without_an_open_line_the_connection_is_the_origins)
{
	struct sdp *sdp = body(HEAD AVP);
	struct sdp_shown shown = clear_of(sdp);

	shown.origin = addr_of("203.0.113.9");
	shown.line[0].open = false;
	shown.line[0].rtp = (struct addr){0};
	assert_span(show(sdp, &shown),
		    "v=0\r\no=- 11 22 IN IP4 203.0.113.9\r\ns=-\r\n"
		    "c=IN IP4 203.0.113.9\r\n" OUR_T
		    "m=audio 0 RTP/AVP 0 8 101\r\n");
}

/* The other side of each profile, F kept; what is not RTP stays and is shut. */
Test(show, the_profile_is_that_of_the_side)
{
	static const struct {
		const char *came, *clear, *secure;
	} table[] = {
		{"RTP/AVP", "RTP/AVP", "RTP/SAVP"},
		{"RTP/AVPF", "RTP/AVPF", "RTP/SAVPF"},
		{"RTP/SAVP", "RTP/AVP", "RTP/SAVP"},
		{"RTP/SAVPF", "RTP/AVPF", "RTP/SAVPF"},
	};
	char text[300];

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		snprintf(text, sizeof(text), HEAD "m=audio 9 %s 0\r\n",
			 table[i].came);
		struct sdp *sdp = body(text);
		struct sdp_shown shown = clear_of(sdp);
		struct sdp_shown_crypto crypto = {
			.tag = 1, .suite = SUITE_AES_CM_128_HMAC_SHA1_80};

		snprintf(text, sizeof(text), "\r\nm=audio 40000 %s 0\r\n",
			 table[i].clear);
		cr_expect(holds(show(sdp, &shown), text), "%s", text);
		shown.line[0].secure = true;
		shown.line[0].crypto[0] = crypto;
		shown.line[0].crypto_count = 1;
		snprintf(text, sizeof(text), "\r\nm=audio 40000 %s 0\r\n",
			 table[i].secure);
		cr_expect(holds(show(sdp, &shown), text), "%s", text);
		shown.line[0].open = false;
		snprintf(text, sizeof(text), "\r\nm=audio 0 %s 0\r\n",
			 table[i].secure);
		cr_expect(holds(show(sdp, &shown), text), "%s", text);
	}
}

Test(show, what_is_not_served_is_never_open)
{
	/* even when it is said to be, and before any judgement */
	assert_span(shown_clear(HEAD "m=image 4180 udptl t38\r\n"
				     "a=T38FaxVersion:0\r\n"
				     "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\n"
				     "m=message 9 TCP/MSRP *\r\n"),
		    OUR_HEAD OUR_T "m=image 0 udptl t38\r\n"
				   "m=audio 0 UDP/TLS/RTP/SAVPF 0\r\n"
				   "m=message 0 TCP/MSRP *\r\n");
}

Test(show, a_refused_or_closed_line_keeps_place_type_and_formats_alone)
{
	const char *text = HEAD
		"m=video 5000/2 RTP/SAVP 96 97\r\nb=AS:1\r\n"
		"c=IN IP4 192.0.2.9\r\na=rtpmap:96 VP8/90000\r\n"
		"a=sendrecv\r\na=rtcp-mux\r\n" CRYPTO_1 AVP
		"m=text 9 RTP/AVP 98\r\nb=AS:1\r\na=rtpmap:98 t140/1000\r\n";
	struct sdp *sdp = body(text);
	struct verdict v = sdp_judge_clear(sdp, SDP_OFFER);
	struct sdp_shown shown = clear_of(sdp);

	cr_assert(verdict_passes(&v));
	shown.line[2].open = false;
	shown.line[2].rtcp_mux = true;
	assert_span(show(sdp, &shown),
		    OUR_HEAD OUR_T "m=video 0 RTP/AVP 96 97\r\n"
				   "m=audio 40002 RTP/AVP 0 8 101\r\n"
				   "m=text 0 RTP/AVP 98\r\n");
}

static struct span with_rtcp(const char *rtp, const char *rtcp, bool mux)
{
	struct sdp *sdp = body(HEAD AVP "a=rtcp:7777 IN IP4 192.0.2.9\r\n");
	struct sdp_shown shown = clear_of(sdp);

	shown.line[0].rtp = addr_of(rtp);
	shown.line[0].rtcp = rtcp ? addr_of(rtcp) : (struct addr){0};
	shown.line[0].rtcp_mux = mux;
	return show(sdp, &shown);
}

Test(show, rtcp_is_named_where_it_is_not_the_next_port)
{
	const char *one = "203.0.113.1:40000";

	assert_span(with_rtcp(one, "203.0.113.1:40001", false),
		    OUR_HEAD OUR_T OUR_AVP);
	assert_span(with_rtcp(one, "203.0.113.1:40002", false),
		    OUR_HEAD OUR_T OUR_AVP "a=rtcp:40002\r\n");
	assert_span(with_rtcp(one, "203.0.113.2:40001", false),
		    OUR_HEAD OUR_T OUR_AVP
		    "a=rtcp:40001 IN IP4 203.0.113.2\r\n");
	assert_span(with_rtcp(one, "[2001:db8::1]:40001", false),
		    OUR_HEAD OUR_T OUR_AVP
		    "a=rtcp:40001 IN IP6 2001:db8::1\r\n");
	assert_span(with_rtcp(one, "203.0.113.1:40001", true),
		    OUR_HEAD OUR_T OUR_AVP "a=rtcp-mux\r\n");
	assert_span(with_rtcp(one, one, true),
		    OUR_HEAD OUR_T OUR_AVP "a=rtcp-mux\r\na=rtcp:40000\r\n");
	assert_span(with_rtcp(one, NULL, true),
		    OUR_HEAD OUR_T OUR_AVP "a=rtcp-mux\r\n");
}

#define OUR_KEY "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd"

static struct sdp_shown_crypto our_crypto(uint32_t tag, enum suite suite)
{
	struct sdp_shown_crypto crypto = {.tag = tag, .suite = suite};

	for (unsigned i = 0; i < SDP_KEY_SALT_MAX; i++)
		crypto.key_salt[i] = (uint8_t)i;
	return crypto;
}

static void make_secure(struct sdp_shown_line *line, enum suite suite)
{
	line->secure = true;
	line->crypto_count = 1;
	line->crypto[0] = our_crypto(1, suite);
}

Test(show, crypto_lines_are_ours_in_our_order)
{
	struct sdp *sdp = body(HEAD SAVP CRYPTO_1);
	struct sdp_shown shown = clear_of(sdp);
	struct sdp_shown_line *line = &shown.line[0];

	line->secure = true;
	line->crypto_count = 4;
	line->crypto[0] = our_crypto(999999999, SUITE_AES_CM_128_HMAC_SHA1_80);
	line->crypto[1] = our_crypto(1, SUITE_AEAD_AES_256_GCM);
	line->crypto[2] = our_crypto(2, SUITE_AEAD_AES_128_GCM);
	line->crypto[3] = our_crypto(3, SUITE_AES_256_CM_HMAC_SHA1_80);
	line->crypto[3].name = SPAN("AES_CM_256_HMAC_SHA1_80");
	assert_span(show(sdp, &shown), OUR_HEAD OUR_T
		    "m=audio 40000 RTP/SAVP 0 8 101\r\n"
		    "a=crypto:999999999 AES_CM_128_HMAC_SHA1_80 inline:" OUR_KEY
		    "\r\n"
		    "a=crypto:1 AEAD_AES_256_GCM inline:" OUR_KEY
		    "Hh8gISIjJCUmJygpKis=\r\n"
		    "a=crypto:2 AEAD_AES_128_GCM inline:"
		    "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGw==\r\n"
		    "a=crypto:3 AES_CM_256_HMAC_SHA1_80 inline:" OUR_KEY
		    "Hh8gISIjJCUmJygpKissLQ==\r\n");
	/* the same keys are no part of a line in clear */
	line->secure = false;
	assert_span(show(sdp, &shown), OUR_HEAD OUR_T OUR_AVP);
}

Test(show, a_secure_line_has_its_fields_in_the_order_of_the_rfc)
{
	struct sdp *sdp =
		body(HEAD AVP SAVP "a=ptime:20\r\na=rtcp-mux\r\n"
				   "b=TIAS:9\r\na=sendonly\r\n" CRYPTO_1);
	struct sdp_shown shown = clear_of(sdp);
	struct sdp_shown_line *line = &shown.line[1];

	line->rtp = addr_of("203.0.113.2:50000");
	line->rtcp = addr_of("203.0.113.2:50002");
	line->rtcp_mux = true;
	make_secure(line, SUITE_AES_CM_128_HMAC_SHA1_80);
	assert_span(show(sdp, &shown), OUR_HEAD OUR_T OUR_AVP
		    "m=audio 50000 RTP/SAVP 0 8 101\r\n"
		    "c=IN IP4 203.0.113.2\r\nb=TIAS:9\r\n"
		    "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" OUR_KEY "\r\n"
		    "a=rtcp-mux\r\na=rtcp:50002\r\n"
		    "a=ptime:20\r\na=sendonly\r\n");
}

Test(show, a_line_that_came_closed_gives_away_no_key)
{
	/* RFC 8843 6: a line with port 0 and a=bundle-only carries media */
	struct sdp *sdp =
		body(HEAD "a=group:BUNDLE 1 2\r\n" SAVP CRYPTO_1 "a=mid:1\r\n"
			  "m=video 0 RTP/SAVP 96\r\na=bundle-only\r\n"
			  "a=mid:2\r\na=rtpmap:96 VP8/90000\r\n" CRYPTO_1);
	struct verdict v = sdp_judge(sdp, SDP_OFFER, NULL, &default_settings);
	struct sdp_shown shown = clear_of(sdp);

	cr_assert(verdict_passes(&v), "%s", v.detail);
	make_secure(&shown.line[1], SUITE_AES_CM_128_HMAC_SHA1_80);
	assert_span(show(sdp, &shown),
		    OUR_HEAD OUR_T OUR_AVP "m=video 0 RTP/SAVP 96\r\n");
}

Test(show, what_we_offer_the_other_end_can_read_to_the_byte)
{
	for (unsigned i = 0; i < SUITE_COUNT; i++) {
		const struct sdp_settings one = {.suites = {(enum suite)i},
						 .suite_count = 1};
		struct sdp *sdp = body(HEAD SAVP CRYPTO_1);
		struct sdp_shown shown = clear_of(sdp);
		const size_t len = suite_key_bytes((enum suite)i) +
				   suite_salt_bytes((enum suite)i);
		uint8_t key[SDP_KEY_SALT_MAX];
		struct verdict v;

		shown.line[0].secure = true;
		shown.line[0].crypto_count = 1;
		shown.line[0].crypto[0] = our_crypto(7, (enum suite)i);
		struct span text = show(sdp, &shown);

		v = sdp_parse(sdp, text, &one);
		cr_assert(verdict_passes(&v), "%s", v.detail);
		cr_assert_eq(sdp->media[0].crypto[0].tag, 7);
		cr_assert_eq(sdp_crypto_key(&sdp->media[0].crypto[0], key), 0);
		cr_assert_arr_eq(key, shown.line[0].crypto[0].key_salt, len);
	}
}

Test(show, the_samples_are_read_again_as_the_same_lines)
{
	for (unsigned i = 0; i < SAMPLE_COUNT; i++) {
		struct sdp *sdp = body(samples[i].text);
		struct sdp_shown shown = clear_of(sdp);
		struct sdp *again = body_of(show(sdp, &shown));

		cr_assert_eq(again->media_count, sdp->media_count);
		for (unsigned k = 0; k < sdp->media_count; k++) {
			const struct sdp_media *was = &sdp->media[k];
			const struct sdp_media *is = &again->media[k];

			cr_expect(span_eq(was->type, is->type));
			cr_expect(span_eq(was->formats, is->formats));
			if (!is->port)
				continue;
			cr_expect_eq(was->direction, is->direction, "%s",
				     samples[i].name);
			cr_expect_eq(was->clock_hz, is->clock_hz, "%s",
				     samples[i].name);
		}
	}
}

/* With the name, the keys and the addresses of one side it is a fixed point. */
Test(show, what_was_shown_is_read_and_shown_the_same)
{
	for (unsigned i = 0; i < SAMPLE_COUNT; i++) {
		struct sdp *sdp = body(samples[i].text);
		struct sdp_shown shown = clear_of(sdp);

		for (unsigned k = 0; k < sdp->media_count; k += 2)
			make_secure(&shown.line[k], SUITE_AEAD_AES_256_GCM);
		struct span once = show(sdp, &shown);
		struct span twice = show(body_of(once), &shown);

		cr_expect(holds(once, "\r\ns=-\r\n"));
		cr_expect(span_eq(once, twice), "%s", samples[i].name);
	}
}

Test(show, a_judged_body_shown_with_srtp_passes_again_as_it_was_judged)
{
	unsigned passed = 0;

	for (unsigned i = 0; i < SAMPLE_COUNT; i++) {
		struct sdp *sdp = body(samples[i].text);
		struct sdp_shown shown = clear_of(sdp);
		struct verdict v =
			sdp_judge(sdp, SDP_OFFER, NULL, &default_settings);

		if (!verdict_passes(&v) || samples[i].suite == SUITE_COUNT)
			continue;
		for (unsigned k = 0; k < sdp->media_count; k++)
			make_secure(&shown.line[k], samples[i].suite);
		struct sdp *again = body_of(show(sdp, &shown));

		v = sdp_judge(again, SDP_OFFER, NULL, &default_settings);
		cr_expect(verdict_passes(&v), "%s", v.detail);
		cr_expect_eq(accepted_suite(again), samples[i].suite, "%s",
			     samples[i].name);
		for (unsigned k = 0; k < sdp->media_count; k++) {
			cr_expect_eq(again->media[k].refused,
				     sdp->media[k].refused, "%s",
				     samples[i].name);
			cr_expect_eq(!again->media[k].port,
				     sdp->media[k].refused);
		}
		passed++;
	}
	cr_expect_gt(passed, 10);
}

Test(show, a_buffer_that_is_too_small_is_told)
{
	struct sdp *sdp = body(HEAD SAVP CRYPTO_1 "a=ptime:20\r\n");
	struct sdp_shown shown = clear_of(sdp);

	shown.line[0].secure = true;
	shown.line[0].crypto_count = 1;
	shown.line[0].crypto[0] = our_crypto(1, SUITE_AEAD_AES_128_GCM);
	const size_t need = show(sdp, &shown).len;

	for (size_t cap = 1; cap <= need; cap++) {
		char *buf = malloc(cap);
		struct text out = text_init(buf, cap);

		sdp_show(&out, sdp, &shown);
		cr_expect_eq(out.full, cap < need, "%zu", cap);
		free(buf);
	}
}
