/* write.c - a body anew from its fields, through an allow-list */
#include "rempart/sdp/sdp.h"

static void put_line(struct text *out, char type, struct span value)
{
	text_putc(out, type);
	text_putc(out, '=');
	text_put(out, value);
	text_puts(out, "\r\n");
}

static void put_lines(struct text *out, char type, const struct span *list,
		      unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		put_line(out, type, list[i]);
}

/*
 * Names are matched whole and in their case, so that one that was meant to
 * slip through ("crypto ", "Candidate") is not on the list.
 */
static bool is_allowed(struct span name)
{
	static const char *const names[] = {
		"rtpmap",
		"fmtp",
		"ptime",
		"maxptime",
		"sendrecv",
		"sendonly",
		"recvonly",
		"inactive",
		"rtcp",
		"rtcp-mux",
		"rtcp-fb",
		"mid",
		"group",
		"label",
		"lang",
		"framerate",
		"imageattr",
		"content",
		"extmap",
		"ssrc",
		"silenceSupp",
		/* ITU-T T.38 Annex D */
		"T38FaxVersion",
		"T38MaxBitRate",
		"T38FaxFillBitRemoval",
		"T38FaxTranscodingMMR",
		"T38FaxTranscodingJBIG",
		"T38FaxRateManagement",
		"T38FaxMaxBuffer",
		"T38FaxMaxDatagram",
		"T38FaxMaxIFP",
		"T38FaxUdpEC",
		"T38FaxUdpECDepth",
		"T38FaxUdpFECMaxSpan",
		"T38VendorInfo",
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
		text_puts(out, "\r\n");
	}
}

/* Each byte of a usable line was checked when it was read. */
static void put_crypto(struct text *out, const struct sdp_media *media)
{
	for (unsigned i = 0; i < media->crypto_count; i++) {
		if (media->crypto[i].skip != SDP_USABLE)
			continue;
		text_puts(out, "a=crypto:");
		text_put(out, media->crypto[i].line);
		text_puts(out, "\r\n");
	}
}

static void put_media(struct text *out, const struct sdp *sdp,
		      const struct sdp_media *media)
{
	text_puts(out, "m=");
	text_put(out, media->type);
	text_putc(out, ' ');
	text_u64(out, media->refused ? 0 : media->port);
	if (!media->refused && media->port_count != 1) {
		text_putc(out, '/');
		text_u64(out, media->port_count);
	}
	text_putc(out, ' ');
	text_put(out, media->profile_name);
	text_putc(out, ' ');
	text_put(out, media->formats);
	text_puts(out, "\r\n");
	if (media->refused)
		return;
	if (media->connection.len)
		put_line(out, 'c', media->connection);
	put_lines(out, 'b', media->bandwidth, media->bandwidth_count);
	put_crypto(out, media);
	put_attributes(out, sdp, media->attribute_first,
		       media->attribute_count);
}

void sdp_write(struct text *out, const struct sdp *sdp)
{
	put_line(out, 'v', SPAN("0"));
	put_line(out, 'o', sdp->origin);
	/* An empty name is none of RFC 8866; "-" is what 5.3 recommends. */
	put_line(out, 's',
		 sdp->session_name.len ? sdp->session_name : SPAN("-"));
	if (sdp->connection.len)
		put_line(out, 'c', sdp->connection);
	put_lines(out, 'b', sdp->bandwidth, sdp->bandwidth_count);
	put_line(out, 't', sdp->timing);
	put_attributes(out, sdp, 0, sdp->session_attribute_count);
	for (unsigned i = 0; i < sdp->media_count; i++)
		put_media(out, sdp, &sdp->media[i]);
}
