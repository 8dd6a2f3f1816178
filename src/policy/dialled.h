/* dialled.h - what a user part or tel: URI holds: a number, its parameters */
#pragma once

#include <stdbool.h>

#include "rempart/base/check.h"
#include "rempart/base/span.h"
#include "rempart/policy/number.h"
#include "rempart/sip/uri.h"

enum {
	/* Digits of the longest outside and international prefix, and of
	 * E.164 (15), leave room for a feature code around them. */
	DIALLED_NUMBER_MAX = NUMBER_DIALLED_MAX,
	DIALLED_CONTEXT_MAX = 64, /* a domain, or '+' and some digits */
};

/* NUL-terminated; no separators, no escapes. */
struct dialled {
	/* Digits, '*' and '#', '+' at the start or behind a code; or a name. */
	char number[DIALLED_NUMBER_MAX];
	char context[DIALLED_CONTEXT_MAX]; /* phone-context, "" when none */
	bool name;			   /* begins with a letter */
};

/*
 * Takes a user part apart as a telephone-subscriber (RFC 3966 section 3,
 * RFC 3261 19.1.6): escapes are undone first, for the PBX may do so too.
 * NULL, or what is wrong with it, for people; out->number is then what was
 * understood.
 */
MUST_CHECK
const char *dialled_read(struct dialled *out, struct span user);

/* What dialled_read() reads of a URI: its user, for tel: with the parameters,
 * which are the number's. False for a scheme without numbers. */
bool dialled_find(struct span *user, const struct sip_uri *uri);

static inline bool dialled_is_digit(char c)
{
	return c >= '0' && c <= '9';
}
