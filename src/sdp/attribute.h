/* attribute.h - what the attributes of a body say about its media lines */
#pragma once

#include "rempart/sdp/sdp.h"

/* {0} at the start of a body. */
struct sdp_attribute_reader {
	enum sdp_direction session_direction;
	/* of the session before the first m=, then of the media line */
	bool has_direction, has_rtcp, has_clock;
};

/* A media line begins: what is true of it until an attribute says more. */
void sdp_attribute_media(struct sdp_attribute_reader *rd,
			 struct sdp_media *media);

/* One more attribute of a media line, or of the session (media is NULL).
 * Returns what is wrong with it, or NULL. */
const char *sdp_attribute_read(struct sdp_attribute_reader *rd, struct sdp *sdp,
			       struct sdp_media *media,
			       const struct sdp_attribute *attribute);
