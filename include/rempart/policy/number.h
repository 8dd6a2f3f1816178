/* number.h - what was dialled, as E.164, country and class */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "rempart/base/check.h"
#include "rempart/base/verdict.h"
#include "rempart/sip/uri.h"

/* X(identifier, name): the name stands in rules and records. */
#define NUMBER_CLASS_TABLE(X)                                                  \
	X(UNKNOWN, "unknown")                                                  \
	X(EMERGENCY, "emergency")                                              \
	X(INTERNAL, "internal")                                                \
	X(FEATURE, "feature")                                                  \
	X(SHORT, "short") /* numbering.short: services of the country */       \
	X(FIXED, "domestic-fixed")                                             \
	X(MOBILE, "domestic-mobile")                                           \
	X(TOLL_FREE, "toll-free")                                              \
	X(SHARED_COST, "shared-cost")                                          \
	X(PREMIUM, "premium")                                                  \
	X(PERSONAL, "personal")	  /* +44 70 and its like */                    \
	X(SATELLITE, "satellite") /* and global networks: 870, 881-883, 979 */ \
	X(INTERNATIONAL, "international")

enum number_class {
#define X(id, name) NUMBER_##id,
	NUMBER_CLASS_TABLE(X)
#undef X
		NUMBER_CLASS_COUNT
};

const char *number_class_name(enum number_class cls);
bool number_class_find(struct span name, enum number_class *out);

enum {
	NUMBER_E164_MAX = 20, /* '+', 15 digits (E.164 6.1) and some */
	NUMBER_DIALLED_MAX = 64,
	NUMBER_PATTERN_MAX = 32,
	NUMBER_PATTERNS_MAX = 64,
	NUMBER_PREFIXES_MAX = 8,
	NUMBER_PREFIX_MAX = 8,
};

/* The numbering group of the configuration. Patterns: digits, * and #, x for
 * any digit, [1-4] and [135] for some, N (features alone) for a number to the
 * end or to the character behind it. Matched in full. */
struct number_settings {
	char country[3]; /* "FR"; "": only internal and emergency numbers */
	char outside_prefix[NUMBER_PREFIX_MAX]; /* "0", or "" */
	char international[NUMBER_PREFIXES_MAX][NUMBER_PREFIX_MAX]; /* "00" */
	unsigned international_count;
	char internal[NUMBER_PATTERNS_MAX][NUMBER_PATTERN_MAX];
	unsigned internal_count;
	char shorts[NUMBER_PATTERNS_MAX][NUMBER_PATTERN_MAX];
	unsigned short_count;
	char features[NUMBER_PATTERNS_MAX][NUMBER_PATTERN_MAX];
	unsigned feature_count;
	char where[96];	     /* "numbering FILE:LINE", for records */
	bool names_internal; /* a user part with letters is a person here */
};

struct number {
	enum number_class cls;
	char country[4]; /* "FR", "001" for global networks, "" for none */
	char e164[NUMBER_E164_MAX]; /* "+33123456789"; "" when it has none */
	char dialled[NUMBER_DIALLED_MAX]; /* user part decoded, separators gone
					   */
	char pattern[NUMBER_PATTERN_MAX]; /* internal, short or feature pattern
					   */
	/* FEATURE with N: the number behind the code, to be read on its own */
	char behind[NUMBER_DIALLED_MAX];
};

/* Once, before any thread: loads the metadata. False: it cannot be used. */
MUST_CHECK
bool number_open(void);

/*
 * Reads a Request-URI, Refer-To or Contact of a 302: sip:, sips: or tel:, with
 * phone-context, isub and visual separators (RFC 3966), %-escapes. In this
 * order: emergency, internal, short, feature, then the outside prefix is taken
 * off and the rest read by libphonenumber for the country. Decides on prefix
 * and type, never on "is valid": a national number in no costly range stays
 * domestic even if the metadata is too old to know it; +1 islands are their
 * own country and so international. PASS, or REJECT NUMBER_UNREADABLE with
 * what was wrong (letters, Unicode digits, %00, over 15 digits, "++", empty).
 * *out is filled as far as it was understood. Pure but for the metadata.
 */
struct verdict number_read(struct number *out, const struct sip_uri *uri,
			   const struct number_settings *settings);

/* The same for a string as dialled. */
struct verdict number_read_dialled(struct number *out, struct span dialled,
				   const struct number_settings *settings);

/* A pattern of numbering can be used; else `why` for people. */
bool number_pattern_check(const char *pattern, bool feature,
			  char why[static 120]);
