/* test_parse.c - bodies of the field are read into fields, others refused */
#include "body.h"

TestSuite(parse, .fini = drop_all);

static struct verdict verdict_of(struct span text)
{
	static struct sdp sdp;

	return sdp_parse(&sdp, exact(text), &default_settings);
}

static void assert_refused(struct span text, const char *detail)
{
	struct verdict v = verdict_of(text);

	cr_expect_eq(v.action, ACTION_REJECT, "%.*s", (int)text.len, text.p);
	cr_expect_eq(v.reason, REASON_SDP_SYNTAX);
	cr_expect_eq(v.sip_code, 400);
	cr_expect_str_eq(v.detail, detail);
}

#define refused(text, detail) assert_refused(SPAN(text), detail)

Test(parse, every_sample_is_read)
{
	for (unsigned i = 0; i < SAMPLE_COUNT; i++) {
		struct sdp *sdp = body(samples[i].text);

		cr_expect_eq(sdp->media_count, samples[i].media, "%s",
			     samples[i].name);
	}
}

Test(parse, the_session_is_read_into_its_fields)
{
	struct sdp *sdp = body("v=0\r\no=alice 1 2 IN IP4 a.example\r\n"
			       "s=A name\r\ni=x\r\nu=http://a.example/\r\n"
			       "e=a@a.example\r\np=+1 2\r\n"
			       "c=IN IP4 192.0.2.1\r\nb=AS:64\r\nb=CT:1\r\n"
			       "t=0 0\r\nr=1 2 3\r\nz=0 0\r\nk=clear:x\r\n"
			       "a=group:BUNDLE 1\r\na=recvonly\r\n"
			       "x=unknown\r\n");

	assert_span(sdp->origin, "alice 1 2 IN IP4 a.example");
	assert_span(sdp->session_name, "A name");
	assert_span(sdp->connection, "IN IP4 192.0.2.1");
	assert_span(sdp->timing, "0 0");
	cr_assert_eq(sdp->bandwidth_count, 2);
	assert_span(sdp->bandwidth[1], "CT:1");
	cr_assert_eq(sdp->session_attribute_count, 2);
	assert_span(sdp->attributes[0].name, "group");
	assert_span(sdp->attributes[0].value, "BUNDLE 1");
	assert_span(sdp->attributes[1].name, "recvonly");
	cr_assert_eq(sdp->attributes[1].value.len, 0);
	cr_assert_eq(sdp->media_count, 0);
	cr_assert(!sdp->has_fingerprint);
}

Test(parse, a_media_line_is_read_into_its_fields)
{
	struct sdp *sdp = body(
		HEAD "a=sendrecv\r\nm=video 65535/3 RTP/SAVPF 96 97\r\n"
		     "i=x\r\nc=IN IP6 ::1\r\nb=TIAS:5\r\nk=clear:x\r\n" CRYPTO_1
		     "a=rtpmap:96 VP8/90000\r\n" FINGERPRINT
		     "m=audio 0 RTP/AVP 0\r\na=mid:2\r\n");
	const struct sdp_media *video = &sdp->media[0];
	const struct sdp_media *audio = &sdp->media[1];

	cr_assert_eq(sdp->media_count, 2);
	assert_span(video->type, "video");
	cr_assert_eq(video->port, 65535);
	cr_assert_eq(video->port_count, 3);
	cr_assert_eq(video->profile, SDP_RTP_SAVPF);
	assert_span(video->profile_name, "RTP/SAVPF");
	assert_span(video->formats, "96 97");
	assert_span(video->connection, "IN IP6 ::1");
	cr_assert_eq(video->bandwidth_count, 1);
	assert_span(video->bandwidth[0], "TIAS:5");
	cr_assert_eq(video->crypto_count, 1);
	cr_assert_eq(video->crypto[0].skip, SDP_USABLE);
	cr_assert_eq(video->attribute_first, 1);
	cr_assert_eq(video->attribute_count, 2);
	cr_assert(video->has_fingerprint);
	cr_assert_eq(audio->port_count, 1);
	cr_assert_eq(audio->attribute_first, 3);
	cr_assert_eq(audio->attribute_count, 1);
	cr_assert(!audio->has_fingerprint);
	cr_assert(!sdp->has_fingerprint);
}

Test(parse, profiles_are_told_apart_by_their_whole_name)
{
	static const struct {
		const char *name;
		enum sdp_profile profile;
	} table[] = {
		{"RTP/AVP", SDP_RTP_AVP},
		{"RTP/AVPF", SDP_RTP_AVPF},
		{"RTP/SAVP", SDP_RTP_SAVP},
		{"RTP/SAVPF", SDP_RTP_SAVPF},
		{"UDP/TLS/RTP/SAVP", SDP_DTLS},
		{"UDP/TLS/RTP/SAVPF", SDP_DTLS},
		{"TCP/TLS/RTP/SAVP", SDP_OTHER},
		{"udptl", SDP_OTHER},
		{"TCP/MSRP", SDP_OTHER},
		{"rtp/savp", SDP_OTHER},
		{"RTP/SAVPFF", SDP_OTHER},
		{"RTP/SAV", SDP_OTHER},
	};
	char text[300];

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		snprintf(text, sizeof(text), HEAD "m=audio 9 %s 0\r\n",
			 table[i].name);
		cr_expect_eq(body(text)->media[0].profile, table[i].profile,
			     "%s", table[i].name);
	}
}

Test(parse, a_repeated_tag_is_skipped_whatever_the_first_was)
{
	struct sdp *sdp =
		body(HEAD SAVP CRYPTO_1
		     "a=crypto:1 AEAD_AES_128_GCM inline:" KEY_GCM_128 "\r\n"
		     "a=crypto:2 UNKNOWN_80 inline:" KEY_128 "\r\n"
		     "a=crypto:2 AEAD_AES_128_GCM inline:" KEY_GCM_128
		     "\r\n" SAVP CRYPTO_1);

	cr_assert_eq(sdp->media[0].crypto_count, 4);
	cr_assert_eq(sdp->media[0].crypto[0].skip, SDP_USABLE);
	cr_assert_eq(sdp->media[0].crypto[1].skip, SDP_SKIP_REPEATED_TAG);
	cr_assert_eq(sdp->media[0].crypto[2].skip, SDP_SKIP_SUITE);
	cr_assert_eq(sdp->media[0].crypto[3].skip, SDP_SKIP_REPEATED_TAG);
	/* another medium has tags of its own */
	cr_assert_eq(sdp->media[1].crypto[0].skip, SDP_USABLE);
}

Test(parse, a_key_at_session_level_gives_no_medium_a_key)
{
	struct sdp *sdp = body(HEAD CRYPTO_1 SAVP);

	cr_assert_eq(sdp->media[0].crypto_count, 0);
	cr_assert_eq(sdp->attribute_count, 0);
}

Test(parse, the_last_line_may_lack_its_end)
{
	struct sdp *sdp = body(HEAD "m=audio 20000 RTP/SAVP 0");

	assert_span(sdp->media[0].formats, "0");
	cr_assert_eq(body(HEAD "\r\n\n\r\n")->media_count, 0);
}

Test(parse, v_o_s_and_t_come_in_order)
{
	refused("", "line 0: the body ends before t=");
	refused("v=0\r\n", "line 1: the body ends before t=");
	refused("v=1\r\n", "line 1: v= is not 0");
	refused("v=0 \r\n", "line 1: v= is not 0");
	refused("o=- 1 1 IN IP4 a\r\n",
		"line 1: v=, o= and s= do not come first");
	refused("\r\nv=0\r\n", "line 2: a line behind an empty one");
	refused("v=0\r\ns=-\r\n", "line 2: v=, o= and s= do not come first");
	refused("v=0\r\no=- 1 1 IN IP4 a\r\nt=0 0\r\n",
		"line 3: v=, o= and s= do not come first");
	refused("v=0\r\no=- 1 1 IN IP4 a\r\ns=-\r\nm=audio 9 RTP/AVP 0\r\n",
		"line 4: m= before t=");
	refused("v=0\r\no=- 1 1 IN IP4 a\r\ns=-\r\nc=IN IP4 a\r\n",
		"line 4: the body ends before t=");
	refused(HEAD "t=0 0\r\n", "line 6: t= given twice");
	refused(HEAD SAVP "t=0 0\r\n", "line 7: t= given twice");
	refused(HEAD "s=-\r\n", "line 6: v=, o= or s= given twice");
	refused(HEAD SAVP "v=0\r\n", "line 7: v=, o= or s= given twice");
}

Test(parse, a_malformed_origin_is_refused)
{
	static const char *const bad[] = {
		"",
		"-",
		"- 1 1 IN IP4",
		"- 1 1 IN IP4 ",
		"- 1 1 IN IP5 a",
		"- 1 1 ATM IP4 a",
		"- x 1 IN IP4 a",
		"- 1 -1 IN IP4 a",
		"- 1 1 IN IP4 a b",
		" 1 1 1 IN IP4 a b",
		"-  1 1 IN IP4 a",
	};
	char text[100];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(text, sizeof(text), "v=0\r\no=%s\r\ns=-\r\nt=0 0\r\n",
			 bad[i]);
		assert_refused(span_str(text), "line 2: o= is not user, id,"
					       " version and address");
	}
}

Test(parse, malformed_c_b_and_t_are_refused)
{
	const char *c = "line 7: c= is not IN, IP4 or IP6, and an address";

	refused(HEAD SAVP "c=\r\n", c);
	refused(HEAD SAVP "c=IN IP4\r\n", c);
	refused(HEAD SAVP "c=IN IPv4 192.0.2.1\r\n", c);
	refused(HEAD SAVP "c=IN IP4 192.0.2.1 192.0.2.2\r\n", c);
	refused(HEAD SAVP "c=IN  IP4 192.0.2.1\r\n", c);
	refused(HEAD "c=IN IP4 192.0.2.2\r\n", "line 6: c= given twice");
	refused(HEAD SAVP "c=IN IP4 a\r\nc=IN IP4 a\r\n",
		"line 8: c= given twice");
	refused(HEAD "b=AS\r\n", "line 6: b= is not type:number");
	refused(HEAD "b=:1\r\n", "line 6: b= is not type:number");
	refused(HEAD "b=AS:x\r\n", "line 6: b= is not type:number");
	refused(HEAD "b=AS:1\r\nb=AS:1\r\nb=AS:1\r\nb=AS:1\r\nb=AS:1\r\n",
		"line 10: too many b= lines");
	refused("v=0\r\no=- 1 1 IN IP4 a\r\ns=-\r\nt=0\r\n",
		"line 4: t= is not two numbers");
	refused("v=0\r\no=- 1 1 IN IP4 a\r\ns=-\r\nt=0 0 0\r\n",
		"line 4: t= is not two numbers");
	refused("v=0\r\no=- 1 1 IN IP4 a\r\ns=-\r\nt=now later\r\n",
		"line 4: t= is not two numbers");
}

Test(parse, a_malformed_media_line_is_refused)
{
	const char *parts = "line 6: m= is not type, port, profile and formats";
	const char *port = "line 6: m= has no valid type and port";
	const char *formats = "line 6: m= has no valid profile and formats";

	refused(HEAD "m=\r\n", parts);
	refused(HEAD "m=audio\r\n", parts);
	refused(HEAD "m=audio 9\r\n", parts);
	refused(HEAD "m= 9 RTP/AVP 0\r\n", parts);
	refused(HEAD "m=audio  9 RTP/AVP 0\r\n", parts);
	refused(HEAD "m=audio 65536 RTP/AVP 0\r\n", port);
	refused(HEAD "m=audio -1 RTP/AVP 0\r\n", port);
	refused(HEAD "m=audio x RTP/AVP 0\r\n", port);
	refused(HEAD "m=audio 9/ RTP/AVP 0\r\n", port);
	refused(HEAD "m=audio 9/0 RTP/AVP 0\r\n", port);
	refused(HEAD "m=audio 9/65536 RTP/AVP 0\r\n", port);
	refused(HEAD "m=au:dio 9 RTP/AVP 0\r\n", port);
	refused(HEAD "m=audio 9 RTP/AVP\r\n", formats);
	refused(HEAD "m=audio 9 RTP/AVP \r\n", formats);
	refused(HEAD "m=audio 9 RTP//AVP 0\r\n", formats);
	refused(HEAD "m=audio 9 /RTP 0\r\n", formats);
	refused(HEAD "m=audio 9 RTP/AVP 0  8\r\n", formats);
	refused(HEAD "m=audio 9 RTP/AVP 0 \"8\"\r\n", formats);
}

Test(parse, a_medium_has_an_address)
{
	refused("v=0\r\no=- 1 1 IN IP4 a\r\ns=-\r\nt=0 0\r\n" SAVP,
		"line 5: m= without c=");
	refused("v=0\r\no=- 1 1 IN IP4 a\r\ns=-\r\nt=0 0\r\n" SAVP SAVP
		"c=IN IP4 a\r\n",
		"line 6: m= without c=");
	cr_assert_eq(body("v=0\r\no=- 1 1 IN IP4 a\r\ns=-\r\nt=0 0\r\n" SAVP
			  "c=IN IP4 a\r\nm=video 0 RTP/AVP 0\r\n")
			     ->media_count,
		     2);
}

Test(parse, what_is_no_line_of_sdp_is_refused)
{
	const char *form = "line 6: not of the form type=value";

	refused(HEAD "a\r\n", form);
	refused(HEAD "a:b\r\n", form);
	refused(HEAD "=b\r\n", form);
	refused(HEAD " a=b\r\n", form);
	refused(HEAD "1=b\r\n", form);
	refused(HEAD "a=\r\n", "line 6: a= without a name");
	refused(HEAD "a=:b\r\n", "line 6: a= without a name");
	refused(HEAD "\r\na=b\r\n", "line 7: a line behind an empty one");
}

Test(parse, a_control_byte_is_refused_wherever_it_stands)
{
	const char *control = "line 6: a control byte";

	refused(HEAD "a=label:x\0y\r\n", control);
	refused(HEAD "\0", control);
	refused(HEAD "a=label:x\ry\r\n", control);
	refused(HEAD "a=label:x\r\r\n", control);
	refused(HEAD "a=label:x\ty\r\n", control);
	refused(HEAD "a=label:\x1b[0m\r\n", control);
	refused(HEAD "a=label:\x7f\r\n", control);
	refused(HEAD "i=\x01\r\n", control);
	refused(HEAD "m=audio 9 RTP/AVP 0\v8\r\n", control);
	refused(HEAD "\r", control);
	refused(HEAD "a=label:x\r", control);
}

Test(parse, utf_8_is_no_control)
{
	struct sdp *sdp = body(HEAD "a=label:\xc3\xa9t\xc3\xa9\r\n");

	assert_span(sdp->attributes[0].value, "\xc3\xa9t\xc3\xa9");
}

static struct span repeated(const char *head, const char *line, unsigned count)
{
	size_t head_len = strlen(head), len = strlen(line);
	char *buf = keep(head_len + count * len);

	memcpy(buf, head, head_len);
	for (unsigned i = 0; i < count; i++)
		memcpy(buf + head_len + i * len, line, len);
	return span_of(buf, head_len + count * len);
}

Test(parse, each_ceiling_holds_and_is_named)
{
	struct sdp *sdp;

	sdp = body_of(repeated(HEAD, AVP, SDP_MEDIA_MAX));
	cr_assert_eq(sdp->media_count, SDP_MEDIA_MAX);
	assert_refused(repeated(HEAD, AVP, SDP_MEDIA_MAX + 1),
		       "line 14: too many m= lines");
	sdp = body_of(repeated(HEAD SAVP, CRYPTO_1, SDP_CRYPTO_MAX));
	cr_assert_eq(sdp->media[0].crypto_count, SDP_CRYPTO_MAX);
	assert_refused(repeated(HEAD SAVP, CRYPTO_1, SDP_CRYPTO_MAX + 1),
		       "line 23: too many a=crypto lines");
	sdp = body_of(repeated(HEAD SAVP, "a=mid:1\r\n", SDP_ATTRIBUTE_MAX));
	cr_assert_eq(sdp->attribute_count, SDP_ATTRIBUTE_MAX);
	assert_refused(
		repeated(HEAD SAVP, "a=mid:1\r\n", SDP_ATTRIBUTE_MAX + 1),
		"line 263: too many a= lines");
}

Test(parse, ten_thousand_lines_and_fifty_media_are_refused_or_ignored)
{
	assert_refused(repeated(HEAD SAVP, "a=x\r\n", 10000),
		       "line 263: too many a= lines");
	assert_refused(repeated(HEAD, AVP, 50), "line 14: too many m= lines");
	assert_refused(repeated(HEAD AVP, "m=audio 0 RTP/AVP 0\r\n", 50),
		       "line 14: too many m= lines");
	assert_refused(repeated(HEAD SAVP, CRYPTO_1, 10000),
		       "line 23: too many a=crypto lines");
	assert_refused(repeated(HEAD, "b=AS:1\r\n", 10000),
		       "line 10: too many b= lines");
	cr_assert_eq(body_of(repeated(HEAD AVP, "i=x\r\n", 10000))->media_count,
		     1);
	cr_assert_eq(body_of(repeated(HEAD AVP, "\r\n", 10000))->media_count,
		     1);
}

Test(parse, every_cut_of_a_sample_is_read_or_refused)
{
	for (unsigned i = 0; i < SAMPLE_COUNT; i++) {
		struct span whole = span_str(samples[i].text);

		for (size_t len = 0; len < whole.len; len++) {
			struct verdict v = verdict_of(span_of(whole.p, len));

			cr_expect(verdict_passes(&v) ||
				  v.reason == REASON_SDP_SYNTAX);
			drop_all();
		}
	}
}
