/* sanity.h - is this request fit to be forwarded? (RFC 3261 16.3, RFC 4475) */
#pragma once

#include "rempart/sip/message.h"

enum { SIP_VIAS_MAX = 70 }; /* Max-Forwards is 70: no request has more hops */

/*
 * What a proxy must refuse beyond syntax: Max-Forwards 0 (483; OPTIONS and
 * REGISTER too), Proxy-Require with an extension that is not ours (420; the
 * extensions stay in detail for Unsupported), a scheme other than sip, sips,
 * tel (416), CSeq above 2^31 - 1 (400), a REGISTER with a user in its
 * Request-URI or with a To-tag (400), an INVITE, SUBSCRIBE or REFER outside a
 * dialog without a Contact or with more than one (400), a Contact, Route or
 * Record-Route that cannot be parsed (400), a Via with another version than
 * SIP/2.0 (400), Require on CANCEL or ACK is ignored (RFC 3261 8.2.2.3).
 * A method that equals a known one but for case, or is a prefix of one, is
 * METHOD (405): a PBX may take it for that one. More than SIP_VIAS_MAX Via
 * values are TOO_MANY_HEADERS.
 */
struct verdict sip_sanity_request(const struct sip_message *msg);

/* A response: Via and CSeq parse, code 100-699. */
struct verdict sip_sanity_response(const struct sip_message *msg);
