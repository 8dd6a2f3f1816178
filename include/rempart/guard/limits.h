/* limits.h - what one phone, user, source and all together may ask for */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "rempart/base/addr.h"
#include "rempart/base/check.h"
#include "rempart/base/span.h"
#include "rempart/base/verdict.h"
#include "rempart/guard/bucket.h"

enum {
	LIMITS_USERS = 65536,	/* rows of a table of users */
	LIMITS_SOURCES = 16384, /* rows of the table of source prefixes */
};

/* The limits group of the configuration; defaults in brackets. */
struct limits_settings {
	struct bucket_rule messages;	   /* a connection [50/s, burst 200] */
	struct bucket_rule registers_user; /* user and source [60/min, 60]: ten
					    * devices at once, twice */
	struct bucket_rule registers_source; /* /32, /64 [100/s, burst 1000]:
					      * 300 phones behind one address
					      * that return at once pass */
	struct bucket_rule calls_user; /* new calls of a user [30/min, 10] */
	struct bucket_rule new_work;   /* requests outside dialogs in all, but
					* emergencies [2000/s, burst 4000] */
	char where[96]; /* "limits FILE:LINE" or "limits (default)" */
};

/* The values in brackets. */
void limits_defaults(struct limits_settings *out);

/*
 * A rule as the configuration writes it: "50/1s burst 200", "20/1m burst 20";
 * the unit is s, m (or min) or h, without a number it is one of it, and blanks
 * may stand around "burst"; without it the burst is the count. A limit can be
 * high, never absent: no "off", no 0. Returns 0, or EINVAL; *out only on
 * success.
 */
MUST_CHECK
int limits_parse(struct bucket_rule *out, struct span text);

/*
 * Fixed tables keyed by SipHash, set-associative, 8 ways: a new key takes the
 * place of the fullest bucket in its set (it loses nothing), else it is judged
 * by that set's emptiest (a flood of keys is limited together, and evicts no
 * one who is in debt). Never grows. There are three: registrations and calls
 * of LIMITS_USERS rows each, so that no flood of REGISTERs reaches callers, and
 * sources. A key within its rule is refused only when its whole set is in debt:
 * with 2e-6 for a new one amid new_work's 2000 random keys a second.
 */
struct limits;
MUST_CHECK
int limits_open(struct limits **out, const uint8_t hash_key[static 16]);
void limits_close(struct limits *set);

/* Each spends a token or gives REJECT with LIMIT_MESSAGES (503),
 * LIMIT_REGISTER (503), LIMIT_CALLS (480) or LIMIT_NEW_WORK (503, 480 for an
 * INVITE) and retry_after_s >= 1. */
struct verdict limits_message(struct bucket *conn,
			      const struct limits_settings *rules,
			      uint64_t now_us);
struct verdict limits_register(struct limits *set,
			       const struct limits_settings *rules,
			       struct span user, const struct addr *source,
			       uint64_t now_us);
struct verdict limits_call(struct limits *set,
			   const struct limits_settings *rules,
			   struct span user, uint64_t now_us);
/* The call was only challenged: it comes again, and counts once. */
void limits_call_return(struct limits *set, const struct limits_settings *rules,
			struct span user, uint64_t now_us);
struct verdict limits_new_work(struct limits *set,
			       const struct limits_settings *rules, bool invite,
			       uint64_t now_us);
