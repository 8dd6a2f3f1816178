/* media.c - SDP in the message under work: judged, then written anew */
#include <stdlib.h>

#include "state.h"

bool media_hidden(const struct sip_message *msg)
{
	struct span type = sip_message_value(msg, SIP_HEADER_CONTENT_TYPE);

	return msg->body.len &&
	       (sip_message_has(msg, SIP_HEADER_CONTENT_ENCODING) ||
		span_istarts(type, SPAN("multipart")) ||
		sip_message_body_is(msg, SPAN("application"), SPAN("sdp")));
}

enum media_result media_judge(struct edge *edge, enum sdp_role role,
			      const struct sdp_offered *offered,
			      struct span *body, struct verdict *why)
{
	const struct sip_message *msg = &edge->msg;
	const struct sdp_settings *set = edge->set.sdp;
	struct text out = text_init(edge->body, sizeof(edge->body));

	if (!msg->body.len)
		return MEDIA_NONE;
	/* An offer inside multipart or packed would pass unseen. */
	if (sip_message_has(msg, SIP_HEADER_CONTENT_ENCODING) ||
	    !sip_message_body_is(msg, SPAN("application"), SPAN("sdp"))) {
		*why = verdict_reject(REASON_BODY_TYPE, NULL);
		return MEDIA_REFUSED;
	}
	*why = sdp_parse(&edge->sdp, msg->body, set);
	if (!verdict_passes(why))
		return MEDIA_REFUSED;
	*why = sdp_judge(&edge->sdp, role, offered, set);
	if (!verdict_passes(why))
		return MEDIA_REFUSED;
	sdp_write(&out, &edge->sdp);
	if (out.full || out.len > SIP_BODY_MAX) {
		*why = verdict_reject(REASON_BODY_TOO_LARGE, NULL);
		return MEDIA_REFUSED;
	}
	*body = text_span(&out);
	return MEDIA_WRITTEN;
}

struct sdp_offered *media_remember(struct edge *edge)
{
	struct sdp_offered *offered = calloc(1, sizeof(*offered));

	if (offered)
		sdp_remember(offered, &edge->sdp);
	return offered;
}
