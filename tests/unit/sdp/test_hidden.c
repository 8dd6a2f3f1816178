/* test_hidden.c - what names the other side stays behind, and no line is added
 */
#include "shown.h"

TestSuite(hidden, .fini = drop_all);

static const char *const allowed[] = {
	"rtpmap:96 opus/48000/2",
	"fmtp:96 a=1; b=:2",
	"ptime:20",
	"maxptime:140",
	"rtcp-fb:* nack pli",
	"label:1",
	"lang:fr",
	"framerate:25.00",
	"imageattr:97 send * recv [x=1280,y=720]",
	"content:main",
	"silenceSupp:off - - - -",
	"sendrecv",
	"sendonly",
	"recvonly",
	"inactive",
};

Test(hidden, allowed_attributes_pass_as_they_are)
{
	char text[600], line[120];

	for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++) {
		snprintf(line, sizeof(line), "a=%s\r\n", allowed[i]);
		snprintf(text, sizeof(text), HEAD AVP "%s", line);
		struct span out = shown_clear(text);

		snprintf(text, sizeof(text), OUR_HEAD OUR_T OUR_AVP "%s", line);
		assert_span(out, text);
		snprintf(text, sizeof(text), HEAD "%s" AVP, line);
		out = shown_clear(text);
		snprintf(text, sizeof(text), OUR_HEAD OUR_T "%s" OUR_AVP, line);
		assert_span(out, text);
	}
}

Test(hidden, other_attributes_stay_behind)
{
	static const char *const others[] = {
		"candidate:1 1 udp 1 192.0.2.1 9 typ host",
		"remote-candidates:1 192.0.2.1 9",
		"end-of-candidates",
		"ice-ufrag:x",
		"ice-pwd:x",
		"ice-options:trickle",
		"ice-lite",
		"fingerprint:sha-256 AA",
		"setup:actpass",
		"connection:new",
		"tls-id:x",
		"identity:x",
		"crypto-policy:x",
		"rtcp:53020 IN IP4 192.0.2.1",
		"rtcp-mux",
		"rtcp-xr:x",
		"rtcp-rsize",
		"ssrc:1953240152 cname:sip:100@h.example",
		"ssrc-group:FID 1 2",
		"mid:audio",
		"group:BUNDLE audio",
		"bundle-only",
		"msid:a b",
		"msid-semantic:WMS *",
		"rid:1 send",
		"simulcast:send 1",
		"extmap:1 urn:ietf:params:rtp-hdrext:toffset",
		"extmap-allow-mixed",
		"maxprate:50.0",
		"source-filter: incl IN IP4 * 192.0.2.9",
		"altc:1 IP4 192.0.2.1 9",
		"tool:baresip",
		"charset:UTF-8",
		"sdplang:fr",
		"key-mgmt:mikey x",
		"zrtp-hash:x",
		"encryption:optional",
		"T38FaxVersion:0",
		"T38FaxUdpEC:t38UDPRedundancy",
		"T38FaxFillBitRemoval",
		"X-vendor:1",
		"nortpproxy:yes",
		"direction:active",
		/* as near to the list as can be */
		"rtpmap :0 x/8000",
		"Rtpmap:0 x/8000",
		"SENDRECV",
		"rtp",
		"rtpmapx:1",
		"rtcp-mux-only",
		"cryptox:1",
		" sendrecv",
		"fmt:1",
		"crypto :1 x y",
		"CRYPTO:1 AES_CM_128_HMAC_SHA1_80 inline:x",
	};
	char text[600];

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		snprintf(text, sizeof(text), HEAD AVP "a=%s\r\n", others[i]);
		assert_span(shown_clear(text), OUR_HEAD OUR_T OUR_AVP);
		snprintf(text, sizeof(text), HEAD "a=%s\r\n" AVP, others[i]);
		assert_span(shown_clear(text), OUR_HEAD OUR_T OUR_AVP);
	}
}

Test(hidden, other_line_types_stay_behind)
{
	assert_span(shown_clear(HEAD
				"i=x\r\nk=clear:secret\r\nz=0 0\r\nx=1\r\n"
				"A=sendonly\r\n" AVP
				"i=x\r\nk=clear:secret\r\nM=x\r\nB=AS:1\r\n"),
		    OUR_HEAD OUR_T OUR_AVP);
}

Test(hidden, nothing_of_the_other_sides_network_is_seen)
{
	static const char *const hidden[] = {
		"192.0.2.", "198.51.100.", "2001:db8:5", "h.example",
		"alice",    "3724394400",  "Secret",	 "candidate",
		"ice-",	    "fingerprint", "63:E3",	 "setup",
		"crypto",   KEY_128,	   "rtcp",	 "53020",
		"20000",    "ssrc",	   "1953240152", "group",
		"mid",	    "extmap",	   "hdrext",	 "maxprate",
		"X-",	    "cname",	   "msid",	 "source-filter",
		"inline",   "i=",	   "k=",	 "u=",
	};
	const char *all =
		"a=candidate:1 1 UDP 2130706431 192.0.2.1 20000 typ host\r\n"
		"a=candidate:2 1 UDP 1 2001:db8:5::1 20000 typ srflx raddr"
		" 192.0.2.2 rport 9\r\n"
		"a=remote-candidates:1 192.0.2.3 20000\r\n"
		"a=ice-ufrag:alice\r\na=ice-pwd:alice\r\na=ice-options:x\r\n"
		"a=ice-lite\r\n" FINGERPRINT
		"a=setup:actpass\r\na=connection:new\r\n"
		"a=rtcp:53020 IN IP4 192.0.2.4\r\na=rtcp-mux\r\n"
		"a=rtcp-rsize\r\na=rtcp-xr:x\r\n"
		"a=ssrc:1953240152 cname:alice@h.example\r\n"
		"a=ssrc-group:FID 1953240152 1\r\na=msid:alice x\r\n"
		"a=group:BUNDLE 1\r\na=mid:1\r\na=bundle-only\r\n"
		"a=extmap:1 urn:ietf:params:rtp-hdrext:toffset\r\n"
		"a=maxprate:50.0\r\na=X-nat:192.0.2.5\r\n"
		"a=source-filter: incl IN IP4 * 192.0.2.6\r\n"
		"a=altc:1 IP4 192.0.2.7 20000\r\n";
	const char *head = "v=0\r\no=alice 3724394400 3724394400 IN IP4"
			   " 198.51.100.7\r\ns=Secret\r\ni=192.0.2.8\r\n"
			   "u=http://h.example/\r\ne=alice@h.example\r\n"
			   "p=+1 192.0.2.8\r\nc=IN IP6 2001:db8:5::7\r\n"
			   "t=0 0\r\nk=uri:http://h.example/\r\n";
	char *text = keep(8192);
	struct span out;

	snprintf(text, 8192,
		 "%s%s" AVP "i=192.0.2.8\r\nc=IN IP4 h.example\r\n"
		 "k=clear:alice\r\n%sa=sendonly\r\n" CRYPTO_1
		 "m=video 20000 RTP/SAVP 96\r\n%s" CRYPTO_1,
		 head, all, all, all);
	struct sdp *sdp = body(text);
	struct sdp_shown shown = clear_of(sdp);

	shown.line[1].open = false;
	out = show(sdp, &shown);
	for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++) {
		cr_expect(holds(span_str(text), hidden[i]), "%s", hidden[i]);
		cr_expect(!holds(out, hidden[i]), "%s in %.*s", hidden[i],
			  (int)out.len, out.p);
	}
	assert_span(out, OUR_HEAD OUR_T OUR_AVP
		    "a=sendonly\r\nm=video 0 RTP/AVP 96\r\n");
}

static unsigned lines_in(struct span s)
{
	unsigned count = 0;

	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] != '\n')
			continue;
		cr_expect(i && s.p[i - 1] == '\r');
		count++;
	}
	return count;
}

Test(hidden, no_value_adds_a_line)
{
	/* whatever ends a line somewhere: here it ends the body or nothing */
	static const char *const hostile[] = {
		"\ra=crypto:1 x",
		"\na=crypto:1 x",
		"\r\na=x",
		"\r\r\na=x",
		"\vm=audio 9 RTP/AVP 0",
		"\fm=audio 9 RTP/AVP 0",
		"\xc2\x85m=audio 9 RTP/AVP 0",
		"\xe2\x80\xa8m=audio 9 RTP/AVP 0",
		"\\r\\nm=audio 9 RTP/AVP 0",
		"%0d%0am=audio 9 RTP/AVP 0",
		" m=audio 9 RTP/AVP 0",
		"\x1b[2J",
		"\"<>'`$(x)",
	};
	char text[600];

	for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++) {
		for (size_t k = 0; k < sizeof(hostile) / sizeof(hostile[0]);
		     k++) {
			struct sdp *sdp = keep(sizeof(*sdp));
			struct verdict v;

			snprintf(text, sizeof(text), HEAD AVP "a=%s%s\r\n",
				 allowed[i], hostile[k]);
			v = sdp_parse(sdp, exact(span_str(text)),
				      &default_settings);
			if (verdict_passes(&v)) {
				struct sdp_shown shown = clear_of(sdp);
				struct span out = show(sdp, &shown);

				/* six of the bare body, one more at most */
				cr_expect(lines_in(out) <= 7, "%s", text);
				cr_expect(!holds(out, "\na=crypto"));
				cr_expect_eq(body_of(out)->media_count, 1);
			}
			drop_all();
		}
	}
}
