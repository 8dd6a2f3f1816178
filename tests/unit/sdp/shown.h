/* shown.h - a body as the other side gets it, every line open in clear */
#pragma once

#include "body.h"

enum { OUT_MAX = 16384 };

static inline struct addr addr_of(const char *text)
{
	struct addr addr;

	cr_assert_eq(addr_parse(&addr, span_str(text)), 0);
	return addr;
}

/* Every line open in clear at 203.0.113.1, ports from 40000. */
static inline struct sdp_shown clear_of(const struct sdp *sdp)
{
	struct sdp_shown shown = {
		.id = 11,
		.version = 22,
		.origin = addr_of("203.0.113.1"),
		.line_count = sdp->media_count,
	};

	for (unsigned i = 0; i < sdp->media_count; i++) {
		struct sdp_shown_line *line = &shown.line[i];

		line->open = true;
		line->rtp = shown.origin;
		line->rtp.port = (uint16_t)(40000 + 2 * i);
		line->rtcp = line->rtp;
		line->rtcp.port++;
	}
	return shown;
}

static inline struct span show(const struct sdp *sdp,
			       const struct sdp_shown *shown)
{
	struct text out = text_init(keep(OUT_MAX), OUT_MAX);

	sdp_show(&out, sdp, shown);
	cr_assert(!out.full);
	return text_span(&out);
}

static inline struct span shown_clear(const char *text)
{
	struct sdp *sdp = body(text);
	struct sdp_shown shown = clear_of(sdp);

	return show(sdp, &shown);
}

#define OUR_HEAD                                                               \
	"v=0\r\no=- 11 22 IN IP4 203.0.113.1\r\ns=-\r\n"                       \
	"c=IN IP4 203.0.113.1\r\n"
#define OUR_T "t=0 0\r\n"
#define OUR_AVP "m=audio 40000 RTP/AVP 0 8 101\r\n"
