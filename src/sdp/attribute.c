/* attribute.c - direction, RTCP, clock and fingerprint of the media lines */
#include "attribute.h"

#include "fields.h"

enum { CLOCK_DEFAULT_HZ = 8000 }; /* of the static audio formats, RFC 3551 6 */

void sdp_attribute_media(struct sdp_attribute_reader *rd,
			 struct sdp_media *media)
{
	media->direction = rd->session_direction;
	media->clock_hz = CLOCK_DEFAULT_HZ;
	rd->has_direction = false;
	rd->has_rtcp = false;
	rd->has_clock = false;
}

/*
 * A second, different direction is refused, and so is one with a value: the
 * other side might read such a line in another way than we do.
 */
static const char *read_direction(struct sdp_attribute_reader *rd,
				  struct sdp_media *media,
				  enum sdp_direction direction,
				  struct span value)
{
	enum sdp_direction *now =
		media ? &media->direction : &rd->session_direction;

	if (value.len)
		return "a direction with a value";
	if (rd->has_direction && *now != direction)
		return "two directions";
	rd->has_direction = true;
	*now = direction;
	return NULL;
}

/*
 * "53020" or "53020 IN IP6 2001:db8::1" (RFC 3605 2.1), of a media line only.
 * Port 0 names none.
 */
static const char *read_rtcp(struct sdp_attribute_reader *rd,
			     struct sdp_media *media, struct span value)
{
	struct span rest = value;
	struct span word, address;
	uint64_t port;
	bool ip6;

	if (!media)
		return NULL;
	if (rd->has_rtcp)
		return "a=rtcp given twice";
	if (!sdp_field(&rest, &word) || span_u64(word, UINT16_MAX, &port) ||
	    (word.len < value.len && !sdp_connection(rest, &ip6, &address)))
		return "a=rtcp is not a port, or a port and an address";
	rd->has_rtcp = true;
	media->rtcp_port = (uint16_t)port;
	if (port)
		media->rtcp_connection = rest;
	return NULL;
}

/* "96 opus/48000/2"; only that of the first format is looked at. */
static void read_rtpmap(struct sdp_attribute_reader *rd,
			struct sdp_media *media, struct span value)
{
	struct span format, first;
	struct span formats;
	uint64_t hz;

	if (!media || rd->has_clock)
		return;
	formats = media->formats;
	if (!sdp_field(&formats, &first) || !sdp_field(&value, &format) ||
	    !span_eq(format, first))
		return;
	value = span_skip(value, span_find(value, '/') + 1);
	value.len = span_find(value, '/');
	if (span_u64(value, UINT32_MAX, &hz) || !hz)
		return;
	rd->has_clock = true;
	media->clock_hz = (uint32_t)hz;
}

/* By length first: most attributes are none of these. */
const char *sdp_attribute_read(struct sdp_attribute_reader *rd, struct sdp *sdp,
			       struct sdp_media *media,
			       const struct sdp_attribute *attribute)
{
	static const struct {
		struct span name;
		enum sdp_direction direction;
	} directions[] = {
		{{"sendrecv", 8}, SDP_SENDRECV},
		{{"sendonly", 8}, SDP_SENDONLY},
		{{"recvonly", 8}, SDP_RECVONLY},
		{{"inactive", 8}, SDP_INACTIVE},
	};
	const struct span name = attribute->name;
	const struct span value = attribute->value;

	switch (name.len) {
	case 4:
		if (span_eq(name, SPAN("rtcp")))
			return read_rtcp(rd, media, value);
		break;
	case 6:
		if (span_eq(name, SPAN("rtpmap")))
			read_rtpmap(rd, media, value);
		break;
	case 8:
		for (size_t i = 0; i < 4; i++) {
			if (span_eq(name, directions[i].name))
				return read_direction(rd, media,
						      directions[i].direction,
						      value);
		}
		if (media && !value.len && span_eq(name, SPAN("rtcp-mux")))
			media->rtcp_mux = true;
		break;
	case 11:
		if (span_eq(name, SPAN("fingerprint")))
			*(media ? &media->has_fingerprint
				: &sdp->has_fingerprint) = true;
		break;
	default:
		break;
	}
	return NULL;
}
