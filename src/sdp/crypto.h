/* crypto.h - one a=crypto line, read and checked (RFC 4568) */
#pragma once

#include "rempart/sdp/sdp.h"

/*
 * Reads the value of an a=crypto attribute. The spans of the result point
 * into it. skip says whether the line can be used with these settings; tag is
 * 0 when it could not be read, suite is SUITE_COUNT when it is not known.
 */
struct sdp_crypto sdp_crypto_read(struct span value,
				  const struct sdp_settings *settings);
