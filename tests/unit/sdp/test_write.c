/* test_write.c - a body is written anew: what is not allowed stays behind */
#include "body.h"

TestSuite(write, .fini = drop_all);

enum { OUT_MAX = 8192 };

static struct span written(const struct sdp *sdp)
{
	struct text out = text_init(keep(OUT_MAX), OUT_MAX);

	sdp_write(&out, sdp);
	cr_assert(!out.full);
	return text_span(&out);
}

static struct span judged(const char *text)
{
	struct sdp *sdp = body(text);
	struct verdict v = sdp_judge(sdp, SDP_OFFER, NULL, &default_settings);

	cr_assert(verdict_passes(&v), "%s", v.detail);
	return written(sdp);
}

Test(write, what_was_written_is_read_and_written_the_same)
{
	for (unsigned i = 0; i < SAMPLE_COUNT; i++) {
		struct sdp *sdp = body(samples[i].text);
		struct span once = written(sdp);
		struct span twice = written(body_of(once));

		cr_expect(span_eq(once, twice), "%s", samples[i].name);
		struct verdict v =
			sdp_judge(sdp, SDP_OFFER, NULL, &default_settings);
		if (!verdict_passes(&v))
			continue;
		once = written(sdp);
		twice = written(body_of(once));
		cr_expect(span_eq(once, twice), "%s", samples[i].name);
	}
}

Test(write, a_judged_body_passes_again_with_the_same_suite)
{
	for (unsigned i = 0; i < SAMPLE_COUNT; i++) {
		enum suite suite = SUITE_COUNT;

		if (samples[i].reason != REASON_OK)
			continue;
		struct sdp *again = body_of(judged(samples[i].text));
		struct verdict v =
			sdp_judge(again, SDP_OFFER, NULL, &default_settings);

		cr_expect(verdict_passes(&v), "%s", v.detail);
		(void)sdp_chosen_suite(again, &suite);
		cr_expect_eq(suite, samples[i].suite, "%s", samples[i].name);
	}
}

Test(write, the_fields_come_in_the_order_of_the_rfc)
{
	assert_span(
		written(body(
			"v=0\no=- 1 2 IN IP4 a\ns=x\nt=0 0\nb=AS:64\n"
			"b=CT:1\nc=IN IP4 a\na=sendrecv\n"
			"m=audio 4000/2 RTP/SAVP 0 8\na=ptime:20\n"
			"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" KEY_128
			"\nb=TIAS:9\nc=IN IP4 b\n"
			"m=video 5000 RTP/SAVPF 96\na=rtpmap:96 VP8/90000\n"
			"m=text 0 RTP/AVP 97\n")),
		"v=0\r\no=- 1 2 IN IP4 a\r\ns=x\r\nc=IN IP4 a\r\nb=AS:64\r\n"
		"b=CT:1\r\nt=0 0\r\na=sendrecv\r\n"
		"m=audio 4000/2 RTP/SAVP 0 8\r\nc=IN IP4 b\r\nb=TIAS:9\r\n"
		"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" KEY_128 "\r\n"
		"a=ptime:20\r\n"
		"m=video 5000 RTP/SAVPF 96\r\na=rtpmap:96 VP8/90000\r\n"
		"m=text 0 RTP/AVP 97\r\n");
}

Test(write, an_empty_session_name_becomes_a_dash)
{
	cr_assert(holds(written(body("v=0\r\no=- 1 1 IN IP4 a\r\ns=\r\n"
				     "t=0 0\r\n")),
			"\r\ns=-\r\n"));
	cr_assert(holds(written(body("v=0\r\no=- 1 1 IN IP4 a\r\ns= \r\n"
				     "t=0 0\r\n")),
			"\r\ns= \r\n"));
}

Test(write, allowed_attributes_pass_as_they_are)
{
	static const char *const allowed[] = {
		"rtpmap:96 opus/48000/2",
		"fmtp:96 a=1; b=:2",
		"ptime:20",
		"maxptime:140",
		"sendrecv",
		"sendonly",
		"recvonly",
		"inactive",
		"rtcp:53020 IN IP4 192.0.2.1",
		"rtcp-mux",
		"rtcp-fb:* nack pli",
		"mid:audio",
		"group:BUNDLE audio",
		"label:1",
		"lang:fr",
		"framerate:25.00",
		"imageattr:97 send * recv [x=1280,y=720]",
		"content:main",
		"extmap:1 urn:ietf:params:rtp-hdrext:toffset",
		"ssrc:1953240152 cname:sip:100@edge.example",
		"silenceSupp:off - - - -",
		"T38FaxVersion:0",
		"T38MaxBitRate:14400",
		"T38FaxUdpEC:t38UDPRedundancy",
		"T38FaxFillBitRemoval",
	};
	char text[600], line[120];

	for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++) {
		snprintf(line, sizeof(line), "\r\na=%s\r\n", allowed[i]);
		snprintf(text, sizeof(text), HEAD SAVP CRYPTO_1 "%s", line + 2);
		cr_expect(holds(judged(text), line), "%s", line);
		snprintf(text, sizeof(text), HEAD "%s" SAVP CRYPTO_1, line + 2);
		cr_expect(holds(judged(text), line), "%s", line);
	}
}

Test(write, other_attributes_stay_behind)
{
	static const char *const others[] = {
		"candidate:1 1 udp 1 192.0.2.1 9 typ host",
		"ice-ufrag:x",
		"ice-pwd:x",
		"ice-options:trickle",
		"fingerprint:sha-256 AA",
		"setup:actpass",
		"msid:a b",
		"rtcp-xr:x",
		"rtcp-rsize",
		"tool:baresip",
		"bundle-only",
		"key-mgmt:mikey x",
		"zrtp-hash:x",
		"encryption:optional",
		"cryptox:1",
		"X-vendor:1",
		"nortpproxy:yes",
		"source-filter: incl IN IP4 * 192.0.2.9",
		/* as near to the list as can be */
		"rtpmap :0 x/8000",
		"Rtpmap:0 x/8000",
		"SENDRECV",
		"rtp",
		"rtpmapx:1",
		"rtcp-mux-only",
		" sendrecv",
		"crypto :1 x y",
		"CRYPTO:1 AES_CM_128_HMAC_SHA1_80 inline:x",
	};
	char text[600];
	struct span bare = judged(HEAD SAVP CRYPTO_1);

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		snprintf(text, sizeof(text), HEAD SAVP CRYPTO_1 "a=%s\r\n",
			 others[i]);
		cr_expect(span_eq(judged(text), bare), "%s", others[i]);
		snprintf(text, sizeof(text), HEAD "a=%s\r\n" SAVP CRYPTO_1,
			 others[i]);
		cr_expect(span_eq(judged(text), bare), "%s", others[i]);
	}
}

Test(write, other_line_types_stay_behind)
{
	assert_span(judged(HEAD "i=x\r\nk=clear:secret\r\nz=0 0\r\nx=1\r\n"
				"A=crypto\r\n" SAVP
				"i=x\r\nk=clear:secret\r\nM=x\r\n" CRYPTO_1),
		    HEAD SAVP CRYPTO_1);
}

Test(write, only_usable_crypto_lines_pass_in_their_order)
{
	struct span out = judged(
		HEAD SAVP
		"a=crypto:9 AES_CM_128_HMAC_SHA1_80 inline:" KEY_128
		" UNENCRYPTED_SRTP\r\n"
		"a=crypto:4 AEAD_AES_128_GCM inline:" KEY_GCM_128
		"|2^20 WSH=64\r\n"
		"a=crypto:4 AES_CM_128_HMAC_SHA1_80 inline:" KEY_128 "\r\n"
		"a=crypto:3 AEAD_AES_128_GCM_8 inline:" KEY_GCM_128 "\r\n"
		"a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:" KEY_128
		"|2^20|1:4\r\n" CRYPTO_1);

	assert_span(out,
		    HEAD SAVP "a=crypto:4 AEAD_AES_128_GCM inline:" KEY_GCM_128
			      "|2^20 WSH=64\r\n" CRYPTO_1);
}

Test(write, a_refused_medium_keeps_its_place_and_nothing_else)
{
	struct span out =
		judged(HEAD "m=video 5000/2 RTP/AVP 96 97\r\nb=AS:1\r\n"
			    "c=IN IP4 192.0.2.9\r\na=rtpmap:96 VP8/90000\r\n"
			    "a=sendrecv\r\n" CRYPTO_1 SAVP CRYPTO_1
			    "m=image 4180 udptl t38\r\na=T38FaxVersion:0\r\n");

	assert_span(out, HEAD "m=video 0 RTP/AVP 96 97\r\n" SAVP CRYPTO_1
			      "m=image 0 udptl t38\r\n");
}

Test(write, a_closed_medium_gives_away_no_key)
{
	/* RFC 8843 6: a line with port 0 and a=bundle-only carries media */
	struct span out = judged(HEAD "a=group:BUNDLE 1 2\r\n" SAVP CRYPTO_1
				      "a=mid:1\r\nm=video 0 RTP/AVP 96\r\n"
				      "a=bundle-only\r\na=mid:2\r\n" CRYPTO_1);

	assert_span(out, HEAD "a=group:BUNDLE 1 2\r\n" SAVP CRYPTO_1
			      "a=mid:1\r\nm=video 0 RTP/AVP 96\r\n");
}

Test(write, a_buffer_that_is_too_small_is_told)
{
	struct sdp *sdp = body(HEAD SAVP CRYPTO_1);
	const size_t need = written(sdp).len;

	for (size_t cap = 1; cap <= need; cap++) {
		char *buf = malloc(cap);
		struct text out = text_init(buf, cap);

		sdp_write(&out, sdp);
		cr_expect_eq(out.full, cap < need, "%zu", cap);
		free(buf);
	}
}
