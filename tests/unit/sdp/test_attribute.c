/* test_attribute.c - direction, RTCP and clock of each line, read strictly */
#include "body.h"

TestSuite(attribute, .fini = drop_all);

#define OTHER "m=audio 20002 RTP/SAVP 8\r\n"

static const struct sdp_media *line_of(const char *text, unsigned line)
{
	struct sdp *sdp = body(text);

	cr_assert(line < sdp->media_count);
	return &sdp->media[line];
}

static void assert_refused(const char *text, const char *detail)
{
	struct sdp *sdp = keep(sizeof(*sdp));
	struct verdict v =
		sdp_parse(sdp, exact(span_str(text)), &default_settings);

	cr_expect_eq(v.reason, REASON_SDP_SYNTAX, "%s", text);
	cr_expect_str_eq(v.detail, detail);
}

static const struct {
	const char *name;
	enum sdp_direction direction;
} directions[] = {
	{"sendrecv", SDP_SENDRECV},
	{"sendonly", SDP_SENDONLY},
	{"recvonly", SDP_RECVONLY},
	{"inactive", SDP_INACTIVE},
};

Test(attribute, a_direction_is_the_lines_own)
{
	char text[300];

	for (unsigned i = 0; i < 4; i++) {
		snprintf(text, sizeof(text), HEAD SAVP "a=%s\r\n" OTHER,
			 directions[i].name);
		cr_expect_eq(line_of(text, 0)->direction,
			     directions[i].direction, "%s", text);
		cr_expect_eq(line_of(text, 1)->direction, SDP_SENDRECV);
	}
}

Test(attribute, without_one_it_is_the_sessions)
{
	char text[300];

	for (unsigned i = 0; i < 4; i++) {
		snprintf(text, sizeof(text),
			 HEAD "a=%s\r\n" SAVP OTHER "a=recvonly\r\n" OTHER,
			 directions[i].name);
		cr_expect_eq(line_of(text, 0)->direction,
			     directions[i].direction, "%s", text);
		cr_expect_eq(line_of(text, 1)->direction, SDP_RECVONLY);
		cr_expect_eq(line_of(text, 2)->direction,
			     directions[i].direction, "%s", text);
	}
	cr_assert_eq(line_of(HEAD SAVP, 0)->direction, SDP_SENDRECV);
}

Test(attribute, two_different_directions_of_a_line_are_refused)
{
	char text[300];

	for (unsigned i = 0; i < 4; i++) {
		for (unsigned k = 0; k < 4; k++) {
			snprintf(text, sizeof(text),
				 HEAD SAVP "a=%s\r\na=ptime:20\r\na=%s\r\n",
				 directions[i].name, directions[k].name);
			if (i == k)
				cr_expect_eq(line_of(text, 0)->direction,
					     directions[i].direction);
			else
				assert_refused(text, "line 9: two directions");
			snprintf(text, sizeof(text),
				 HEAD "a=%s\r\na=%s\r\n" SAVP,
				 directions[i].name, directions[k].name);
			if (i != k)
				assert_refused(text, "line 7: two directions");
		}
	}
}

Test(attribute, a_direction_has_no_value)
{
	assert_refused(HEAD SAVP "a=sendonly:1\r\n",
		       "line 7: a direction with a value");
	assert_refused(HEAD "a=inactive:x\r\n" SAVP,
		       "line 6: a direction with a value");
}

Test(attribute, a_near_miss_is_no_direction)
{
	cr_assert_eq(line_of(HEAD SAVP "a=SENDONLY\r\na=sendonlyx\r\n"
				       "a=inactiv\r\na= inactive\r\n",
			     0)
			     ->direction,
		     SDP_SENDRECV);
}

Test(attribute, rtcp_mux_is_of_its_line_alone)
{
	const char *text = HEAD "a=rtcp-mux\r\n" SAVP "a=rtcp-mux\r\n" OTHER;

	cr_assert(line_of(text, 0)->rtcp_mux);
	cr_assert(!line_of(text, 1)->rtcp_mux);
	cr_assert(!line_of(HEAD SAVP "a=rtcp-mux:1\r\na=rtcp-mux-only\r\n"
				     "a=RTCP-mux\r\na=rtcp-mu\r\n",
			   0)
			   ->rtcp_mux);
}

Test(attribute, rtcp_is_a_port_and_perhaps_an_address)
{
	const struct sdp_media *media =
		line_of(HEAD SAVP "a=rtcp:53020\r\n" OTHER, 0);

	cr_assert_eq(media->rtcp_port, 53020);
	cr_assert_eq(media->rtcp_connection.len, 0);
	cr_assert_eq(media[1].rtcp_port, 0);
	media = line_of(HEAD SAVP "a=rtcp:1 IN IP4 192.0.2.9\r\n" OTHER
				  "a=rtcp:65535 IN IP6 2001:db8::9\r\n",
			0);
	cr_assert_eq(media->rtcp_port, 1);
	assert_span(media->rtcp_connection, "IN IP4 192.0.2.9");
	cr_assert_eq(media[1].rtcp_port, 65535);
	assert_span(media[1].rtcp_connection, "IN IP6 2001:db8::9");
}

Test(attribute, rtcp_port_0_names_none)
{
	const struct sdp_media *media =
		line_of(HEAD SAVP "a=rtcp:0 IN IP4 192.0.2.9\r\n", 0);

	cr_assert_eq(media->rtcp_port, 0);
	cr_assert_eq(media->rtcp_connection.len, 0);
}

Test(attribute, rtcp_of_the_session_is_ignored)
{
	/* RFC 3605 2.1: media level only */
	const struct sdp_media *media = line_of(
		HEAD "a=rtcp:53020\r\na=rtcp:x\r\n" SAVP "a=rtcp:7\r\n", 0);

	cr_assert_eq(media->rtcp_port, 7);
}

Test(attribute, a_malformed_rtcp_is_refused)
{
	static const char *const bad[] = {
		"",
		":",
		":x",
		":65536",
		":-1",
		": 53020",
		":53020x",
		":53020 IN",
		":53020 IN IP4",
		":53020 IN IP5 192.0.2.1",
		":53020 ATM IP4 192.0.2.1",
		":53020  IN IP4 192.0.2.1",
		":53020 IN IP4 192.0.2.1 x",
		":53020 192.0.2.1",
		":53020/2",
	};
	char text[300];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(text, sizeof(text), HEAD SAVP "a=rtcp%s\r\n", bad[i]);
		assert_refused(text, "line 7: a=rtcp is not a port, or a port"
				     " and an address");
	}
	assert_refused(HEAD SAVP "a=rtcp:1\r\na=rtcp:1\r\n",
		       "line 8: a=rtcp given twice");
	assert_refused(HEAD SAVP "a=rtcp:0\r\na=rtcp:1\r\n",
		       "line 8: a=rtcp given twice");
}

static uint32_t clock_of(const char *formats, const char *attributes)
{
	char text[400];

	snprintf(text, sizeof(text),
		 HEAD "a=rtpmap:96 x/7\r\nm=audio 9 RTP/SAVP %s\r\n%s", formats,
		 attributes);
	return line_of(text, 0)->clock_hz;
}

Test(attribute, the_clock_is_that_of_the_first_format)
{
	cr_expect_eq(clock_of("96 0", "a=rtpmap:96 opus/48000/2\r\n"), 48000);
	cr_expect_eq(clock_of("96 0", "a=rtpmap:0 PCMU/8000\r\n"
				      "a=rtpmap:96 VP8/90000\r\n"),
		     90000);
	cr_expect_eq(clock_of("96", "a=rtpmap:96 x/16000\r\n"
				    "a=rtpmap:96 x/32000\r\n"),
		     16000);
	cr_expect_eq(clock_of("96", "a=rtpmap:96 x/4294967295\r\n"),
		     4294967295);
}

Test(attribute, each_line_has_a_clock_of_its_own)
{
	const struct sdp_media *media =
		line_of(HEAD "m=audio 9 RTP/SAVP 96\r\na=rtpmap:96 x/16000\r\n"
			     "m=audio 9 RTP/SAVP 96\r\n"
			     "m=video 9 RTP/SAVP 96\r\na=rtpmap:96 y/90000\r\n",
			0);

	cr_assert_eq(media[0].clock_hz, 16000);
	cr_assert_eq(media[1].clock_hz, 8000);
	cr_assert_eq(media[2].clock_hz, 90000);
}

Test(attribute, without_a_readable_rtpmap_the_clock_is_8000)
{
	static const char *const none[] = {
		"",
		"a=rtpmap:0 x/16000\r\n",
		"a=rtpmap:9 x/16000\r\n",
		"a=rtpmap:960 x/16000\r\n",
		"a=rtpmap:96\r\n",
		"a=rtpmap\r\n",
		"a=rtpmap:96 x\r\n",
		"a=rtpmap:96 x/\r\n",
		"a=rtpmap:96 x/0\r\n",
		"a=rtpmap:96 x/-1\r\n",
		"a=rtpmap:96 x/4294967296\r\n",
		"a=rtpmap:96 x/16000x\r\n",
		"a=Rtpmap:96 x/16000\r\n",
		"a=fmtp:96 x/16000\r\n",
	};

	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		cr_expect_eq(clock_of("96 0", none[i]), 8000, "%s", none[i]);
}
