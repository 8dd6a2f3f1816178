/* uri.h - SIP URIs and the fields that carry them */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "rempart/base/span.h"
#include "rempart/base/check.h"

enum {
	SIP_VALUE_MAX = 2048, /* longest value that is taken apart */
};

enum sip_scheme {
	SIP_SCHEME_SIP,
	SIP_SCHEME_SIPS,
	SIP_SCHEME_TEL,
	SIP_SCHEME_SERVICE, /* urn:service:..., RFC 5031 */
	SIP_SCHEME_OTHER
};

/* Spans point into the text that was parsed. */
struct sip_uri {
	enum sip_scheme scheme;
	struct span text; /* the whole URI */
	struct span user; /* as written, %-escapes kept; empty when none */
	struct span password;
	struct span host;    /* IPv6 without brackets */
	uint16_t port;	     /* 0 when none */
	struct span params;  /* from the first ';' or empty */
	struct span headers; /* from the '?' or empty */
};

/* name-addr or addr-spec with header parameters: From, To, Contact, Route,
 * Record-Route, Refer-To, P-Asserted-Identity. */
struct sip_address {
	struct span display; /* quotes kept */
	struct sip_uri uri;
	struct span params; /* header parameters, from the first ';' */
};

/* A Via value. */
struct sip_hop {
	struct span text;
	struct span transport; /* "UDP", "TLS" ... as written */
	struct span host;
	uint16_t port; /* 0 when none */
	struct span params;
	struct span branch; /* empty when none */
};

/* 0, or EINVAL / EMSGSIZE (above SIP_VALUE_MAX); *out only on success.
 * Control bytes, NUL and spaces inside a URI are EINVAL; a port above 65535
 * or 0 too. For tel: the number is the user, host is empty. */
MUST_CHECK
int sip_uri_parse(struct sip_uri *out, struct span text);
MUST_CHECK
int sip_address_parse(struct sip_address *out, struct span value);
MUST_CHECK
int sip_hop_parse(struct sip_hop *out, struct span value);

/*
 * One parameter of a ";a=b;c" list, name without case, compared whole (quotes
 * respected). True when present; *value is empty for a flag and may be NULL.
 * Quotes around the value are kept.
 */
bool sip_param(struct span params, struct span name, struct span *value);

/*
 * Next value of a comma-separated header; quotes, escapes and <> respected.
 * False at the end. *rest starts as the header's value.
 */
bool sip_value_next(struct span *rest, struct span *value);

/*
 * Same user, host and port, as RFC 3261 19.1.4 compares them: user exact
 * after %-decoding, host without case, port exact (none differs from 5060).
 * Scheme, parameters and headers are not compared.
 */
bool sip_uri_same_target(const struct sip_uri *a, const struct sip_uri *b);

/* user with %-escapes decoded into dst. 0, EINVAL (bad escape, %00) or
 * ENOSPC. */
MUST_CHECK
int sip_user_decode(char *dst, size_t cap, struct span user);
