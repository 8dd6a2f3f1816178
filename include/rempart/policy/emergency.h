/* emergency.h - numbers that must never be refused */
#pragma once

#include <stdbool.h>

#include "rempart/base/span.h"
#include "rempart/policy/number.h"
#include "rempart/sip/uri.h"

/*
 * A pure look-up before any rule, cap or rewrite: 112, 911 and the numbers of
 * the country (police, fire, ambulance, and what its regulator lists as
 * emergency services), bare or after the outside prefix (0112, 9911), matched
 * in full; urn:service:sos and its subservices (RFC 5031). Separators and
 * %-escapes are understood; 1120 and +112 are none.
 */
bool emergency_is(const struct sip_uri *uri,
		  const struct number_settings *settings);
bool emergency_is_dialled(struct span dialled,
			  const struct number_settings *settings);
/* urn:service:sos[.x] is no SIP URI: by its text. */
bool emergency_is_urn(struct span uri_text);

/* True when an internal, short or feature pattern can match an emergency form
 * of the country: `check` refuses it. */
bool emergency_hidden_by(const char *pattern,
			 const struct number_settings *settings);
