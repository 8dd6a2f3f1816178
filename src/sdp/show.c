/* show.c - a body anew for the other side, which sees only us */
#include "rempart/sdp/sdp.h"

#include <assert.h>

#include "base64.h"

static const char end[] = "\r\n";

static void put_line(struct text *out, char type, struct span value)
{
	text_putc(out, type);
	text_putc(out, '=');
	text_put(out, value);
	text_puts(out, end);
}

static void put_lines(struct text *out, char type, const struct span *list,
		      unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		put_line(out, type, list[i]);
}

/* "IN IP4 192.0.2.1" */
static void put_address(struct text *out, const struct addr *addr)
{
	char ip[ADDR_TEXT_MAX];

	assert(addr->version == 4 || addr->version == 6);
	text_puts(out, addr->version == 4 ? "IN IP4 " : "IN IP6 ");
	text_put(out, span_of(ip, addr_print_ip(ip, addr)));
}

static void put_connection(struct text *out, const struct addr *addr)
{
	text_puts(out, "c=");
	put_address(out, addr);
	text_puts(out, end);
}

/*
 * Names are matched whole and in their case, so that one that was meant to
 * slip through ("crypto ", "Candidate") is not on the list.
 */
static bool is_allowed(struct span name)
{
	static const char *const names[] = {
		"rtpmap",   "fmtp",	 "ptime",     "maxptime", "sendrecv",
		"sendonly", "recvonly",	 "inactive",  "rtcp-fb",  "label",
		"lang",	    "framerate", "imageattr", "content",  "silenceSupp",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (span_eq(name, span_str(names[i])))
			return true;
	}
	return false;
}

static void put_attributes(struct text *out, const struct sdp *sdp,
			   size_t first, size_t count)
{
	for (size_t i = first; i < first + count; i++) {
		const struct sdp_attribute *attribute = &sdp->attributes[i];

		if (!is_allowed(attribute->name))
			continue;
		text_puts(out, "a=");
		text_put(out, attribute->name);
		if (attribute->value.len) {
			text_putc(out, ':');
			text_put(out, attribute->value);
		}
		text_puts(out, end);
	}
}

/* An alias is our own word too: nothing of the other side gets in by it. */
static bool is_name_of(struct span name, enum suite suite)
{
	enum suite found;

	return suite_find(name, &found) && found == suite;
}

static void put_crypto(struct text *out, const struct sdp_shown_crypto *crypto)
{
	const struct span name = crypto->name.len
					 ? crypto->name
					 : span_str(suite_name(crypto->suite));
	const size_t len = suite_key_bytes(crypto->suite) +
			   suite_salt_bytes(crypto->suite);

	assert(crypto->tag && len <= SDP_KEY_SALT_MAX);
	assert(is_name_of(name, crypto->suite));
	text_puts(out, "a=crypto:");
	text_u64(out, crypto->tag);
	text_putc(out, ' ');
	text_put(out, name);
	text_puts(out, " inline:");
	sdp_base64_put(out, crypto->key_salt, len);
	text_puts(out, end);
}

/* Where nothing is said, RTCP goes to the next port (RFC 3550 11). */
static void put_rtcp(struct text *out, const struct sdp_shown_line *line)
{
	const bool same_ip = addr_ip_eq(&line->rtp, &line->rtcp);

	if (line->rtcp_mux)
		text_puts(out, "a=rtcp-mux\r\n");
	if (!line->rtcp.version ||
	    (same_ip && line->rtcp.port == line->rtp.port + 1))
		return;
	text_puts(out, "a=rtcp:");
	text_u64(out, line->rtcp.port);
	if (!same_ip) {
		text_putc(out, ' ');
		put_address(out, &line->rtcp);
	}
	text_puts(out, end);
}

static struct span shown_profile(const struct sdp_media *media, bool secure)
{
	switch (media->profile) {
	case SDP_RTP_AVP:
	case SDP_RTP_SAVP:
		return secure ? SPAN("RTP/SAVP") : SPAN("RTP/AVP");
	case SDP_RTP_AVPF:
	case SDP_RTP_SAVPF:
		return secure ? SPAN("RTP/SAVPF") : SPAN("RTP/AVPF");
	case SDP_DTLS:
	case SDP_OTHER:
		break;
	}
	return media->profile_name; /* never open */
}

static bool is_open(const struct sdp_media *media,
		    const struct sdp_shown_line *line)
{
	return line->open && !media->refused && media->profile != SDP_DTLS &&
	       media->profile != SDP_OTHER;
}

static void put_media(struct text *out, const struct sdp_media *media,
		      const struct sdp_shown_line *line)
{
	text_puts(out, "m=");
	text_put(out, media->type);
	text_putc(out, ' ');
	text_u64(out, is_open(media, line) ? line->rtp.port : 0);
	text_putc(out, ' ');
	text_put(out, shown_profile(media, line->secure));
	text_putc(out, ' ');
	text_put(out, media->formats);
	text_puts(out, end);
}

/* What follows the m= of an open line; session: the address that c= has there.
 */
static void put_open(struct text *out, const struct sdp *sdp,
		     const struct sdp_media *media,
		     const struct sdp_shown_line *line,
		     const struct addr *session)
{
	assert(line->crypto_count <= SUITE_COUNT);
	assert(line->rtp.port && (!line->secure || line->crypto_count));
	if (!addr_ip_eq(&line->rtp, session))
		put_connection(out, &line->rtp);
	put_lines(out, 'b', media->bandwidth, media->bandwidth_count);
	for (unsigned i = 0; line->secure && i < line->crypto_count; i++)
		put_crypto(out, &line->crypto[i]);
	put_rtcp(out, line);
	put_attributes(out, sdp, media->attribute_first,
		       media->attribute_count);
}

/* c= of the session: that of the first open line, as most bodies have one. */
static const struct addr *session_address(const struct sdp *sdp,
					  const struct sdp_shown *shown)
{
	for (unsigned i = 0; i < sdp->media_count; i++) {
		if (is_open(&sdp->media[i], &shown->line[i]))
			return &shown->line[i].rtp;
	}
	return &shown->origin;
}

static void put_origin(struct text *out, const struct sdp_shown *shown)
{
	text_puts(out, "o=- ");
	text_u64(out, shown->id);
	text_putc(out, ' ');
	text_u64(out, shown->version);
	text_putc(out, ' ');
	put_address(out, &shown->origin);
	text_puts(out, end);
}

void sdp_show(struct text *out, const struct sdp *sdp,
	      const struct sdp_shown *shown)
{
	const struct addr *session;

	assert(sdp->media_count <= SDP_MEDIA_MAX);
	assert(shown->line_count == sdp->media_count);
	session = session_address(sdp, shown);
	put_line(out, 'v', SPAN("0"));
	put_origin(out, shown);
	put_line(out, 's', SPAN("-"));
	put_connection(out, session);
	put_lines(out, 'b', sdp->bandwidth, sdp->bandwidth_count);
	put_line(out, 't', sdp->timing);
	put_attributes(out, sdp, 0, sdp->session_attribute_count);
	for (unsigned i = 0; i < sdp->media_count; i++) {
		const struct sdp_media *media = &sdp->media[i];
		const struct sdp_shown_line *line = &shown->line[i];

		put_media(out, media, line);
		if (is_open(media, line))
			put_open(out, sdp, media, line, session);
	}
}
