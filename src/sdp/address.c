/* address.c - where the media of a line is to be sent */
#include "rempart/sdp/sdp.h"

#include <assert.h>
#include <errno.h>

#include "fields.h"

/* Digits and dots alone are a malformed address: no top-level domain is
 * numeric (RFC 3696 2). */
static bool is_host_name(struct span s)
{
	bool letter = false;

	for (size_t i = 0; i < s.len; i++) {
		char c = s.p[i];

		if (!sdp_is_letter(c) && !sdp_is_digit(c) && c != '-' &&
		    c != '_' && c != '.')
			return false;
		if (c == '.')
			letter = letter && i + 1 == s.len;
		else
			letter = letter || sdp_is_letter(c);
	}
	return letter;
}

/* addr_parse() takes ports and brackets, which have no place here. */
static int read_ip(struct addr *out, struct span s, bool ip6)
{
	const size_t colon = span_find(s, ':');
	const struct span rest = span_skip(s, colon + 1);

	if (ip6 ? s.p[0] == '[' || span_find(rest, ':') == rest.len
		: colon < s.len)
		return EINVAL;
	return addr_parse(out, s);
}

static int read_connection(struct addr *out, struct span connection)
{
	struct span address;
	bool ip6;
	int err;

	*out = (struct addr){0};
	if (!sdp_connection(connection, &ip6, &address))
		return EINVAL;
	err = read_ip(out, address, ip6);
	return err && is_host_name(address) ? EADDRNOTAVAIL : err;
}

static int read_rtcp(struct addr *out, const struct sdp_media *media,
		     const struct addr *rtp)
{
	int err = 0;

	*out = *rtp;
	if (media->rtcp_mux)
		return 0;
	if (!media->rtcp_port) {
		out->port++;
		return out->port ? 0 : EINVAL;
	}
	if (media->rtcp_connection.len)
		err = read_connection(out, media->rtcp_connection);
	out->port = media->rtcp_port;
	return err;
}

int sdp_media_address(const struct sdp *sdp, unsigned line, struct addr *rtp,
		      struct addr *rtcp)
{
	const struct sdp_media *media = &sdp->media[line];
	struct addr to, back;
	int err, rtcp_err;

	assert(line < sdp->media_count);
	if (!media->port)
		return EINVAL;
	err = read_connection(&to, media->connection.len ? media->connection
							 : sdp->connection);
	if (err && err != EADDRNOTAVAIL)
		return err;
	to.port = media->port;
	rtcp_err = read_rtcp(&back, media, &to);
	if (rtcp_err && rtcp_err != EADDRNOTAVAIL)
		return rtcp_err;
	*rtp = to;
	*rtcp = back;
	return err ? err : rtcp_err;
}
