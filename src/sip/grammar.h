/* grammar.h - the tokens of RFC 3261 section 25, shared by the parsers */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rempart/base/check.h"
#include "rempart/base/span.h"

/* What a byte may be part of; one look-up a byte is what parsing costs. */
enum {
	SIP_TOKEN = 1, /* token */
	SIP_URI = 2,   /* anything that a URI may hold */
	SIP_HOST = 4,  /* a name or an IPv4 address */
	SIP_DIGIT = 8,
	SIP_SPACE = 16,	    /* SP, HTAB: folds are undone before */
	SIP_SEPARATOR = 32, /* ends a parameter's value unless quoted */
};

extern const uint8_t sip_byte_classes[256];

static inline bool sip_is(char c, unsigned classes)
{
	return sip_byte_classes[(uint8_t)c] & classes;
}

static inline bool sip_is_token_byte(char c)
{
	return sip_is(c, SIP_TOKEN);
}

static inline bool sip_is_digit(char c)
{
	return sip_is(c, SIP_DIGIT);
}

static inline bool sip_is_space(char c)
{
	return sip_is(c, SIP_SPACE);
}

/* A non-empty token and nothing else. */
bool sip_is_token(struct span s);

/* How many bytes of s, from its start, a URI may hold. */
size_t sip_uri_bytes(struct span s);
/* Every '%' is followed by two hexadecimal digits. */
bool sip_escapes_valid(struct span s);
/* The value of "HH", or -1. */
int sip_hex_pair(const char *p);

/*
 * Length of the quoted-string at the start of s, both quotes included; 0 when
 * there is none or it does not end. Control bytes may stand in it only behind
 * a backslash, NUL, CR and LF never (RFC 3261 25.1).
 */
size_t sip_quoted_len(struct span s);

/*
 * One parameter off the front of ";a=b ; c": 0, ENOENT at the end, EINVAL for
 * an empty one, a name that is neither a token nor paramchars, "a=", a value
 * that is neither a quoted-string nor without separators. *value is empty for a
 * flag.
 */
MUST_CHECK
int sip_param_next(struct span *rest, struct span *name, struct span *value);
/* 0 when all of a header's parameters can be read, else EINVAL. *value, *got:
 * the parameter `name`, which may stand once only. */
MUST_CHECK
int sip_params_check(struct span params, struct span name, struct span *value);

/* "host", "host:port", "[v6]:port" of at most 255 bytes, and with spaces
 * about the colon (RFC 3261 20.42). 0 or EINVAL. */
MUST_CHECK
int sip_hostport_parse(struct span *host, uint16_t *port, struct span s);

/* By libre's decoders, in uri.c. 0, or EINVAL for anything but the whole
 * value; a number above 2^32 - 1 is ERANGE. */
MUST_CHECK
int sip_cseq_parse(uint32_t *number, struct span *method, struct span value);
MUST_CHECK
int sip_media_type_parse(struct span *type, struct span *subtype,
			 struct span value);
