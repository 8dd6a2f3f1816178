/* dial.h - may this user dial this number? */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "rempart/base/verdict.h"
#include "rempart/policy/number.h"
#include "rempart/sip/uri.h"

enum {
	DIAL_LISTS_MAX = 64,
	DIAL_RULES_MAX = 1024, /* of all lists */
	DIAL_MATCHES_MAX = 64, /* in one rule */
	DIAL_GROUPS_MAX = 128,
	DIAL_USERS_MAX = 64, /* ranges of one group */
	DIAL_NAME_MAX = 32,
	DIAL_WHERE_MAX = 96,
	DIAL_DEPTH_MAX = 8, /* lists that use one another */
};

enum dial_match_kind {
	DIAL_CLASS,   /* "premium"; "domestic" is fixed and mobile */
	DIAL_COUNTRY, /* "BE"; to allow it allows no premium, personal or
		       * satellite number: these are allowed by class */
	DIAL_PREFIX,  /* "+1212555": E.164 starts with it */
	DIAL_NUMBER,  /* "=+33123456789": E.164 is it */
	DIAL_PATTERN, /* an internal pattern, "6xx" */
	DIAL_ANY,     /* "any" */
};

struct dial_match {
	enum dial_match_kind kind;
	enum number_class cls;
	char text[NUMBER_PATTERN_MAX]; /* country, prefix, number, pattern */
};

enum dial_action { DIAL_ALLOW, DIAL_DENY, DIAL_USE };

struct dial_rule {
	enum dial_action action;
	unsigned use;		    /* index of a list, for DIAL_USE */
	struct dial_match *matches; /* owned by the configuration */
	unsigned match_count;
	char where[DIAL_WHERE_MAX]; /* "dial.office rule 2 FILE:LINE" */
};

struct dial_list {
	char name[DIAL_NAME_MAX];
	struct dial_rule *rules; /* owned by the configuration */
	unsigned rule_count;
	char where[DIAL_WHERE_MAX];
};

/* "1001" or "1001-1099" (digits of one length), or any user name. */
struct dial_users {
	char first[64], last[64]; /* equal for one user */
};

struct dial_group {
	char name[DIAL_NAME_MAX];
	struct dial_users *users;
	unsigned user_count;
	unsigned list; /* index */
	char where[DIAL_WHERE_MAX];
};

/* Groups dial, groups, dial_mode of the configuration. */
struct dial_settings {
	struct dial_list *lists;
	unsigned list_count;
	struct dial_group *groups;
	unsigned group_count;
	/* list of a user in no group; -1: the built-in one, which allows
	 * internal, domestic and toll-free numbers */
	int fallback_list;
	uint64_t observe_until_s; /* since the epoch; 0: enforced */
	char where_observe[DIAL_WHERE_MAX];
};

struct dial_decision {
	struct verdict verdict; /* PASS, or REJECT DIAL_DENIED etc. (403) */
	bool observed;		/* denied by rule, passed by dial_mode */
	struct number number;	/* of a feature with N: of N */
	bool feature;
	char group[DIAL_NAME_MAX];
	char rule[DIAL_WHERE_MAX]; /* what decided */
};

/* Who dials what, under which rules. Nothing here is kept. */
struct dial_call {
	const struct dial_settings *dial;
	const struct number_settings *numbering;
	struct span user; /* of the registration; empty: in no group */
	const struct sip_uri *target;
	uint64_t wall_s; /* since the epoch */
};

/*
 * First match wins, a list that is used is walked in its place, nothing
 * matched is denied (DIAL_NO_RULE). A star code that no feature pattern lists
 * is DIAL_FEATURE with the key's name. N of a feature is decided as a call by
 * that user; a listed feature without N passes unless a rule denies the class
 * "feature" ("any" does not mean it). Emergency numbers pass before anything,
 * with the reason EMERGENCY; as N of a feature they pass too, with OK. In
 * observe mode a denial passes with observed = true and keeps its reason,
 * except premium, satellite and what cannot be read: class "unknown" and a
 * star code that is long enough to hide a number count as that. Pure.
 */
void dial_decide(struct dial_decision *out, const struct dial_call *call);

/* The chain for a person, one line a step: which group, list, each rule
 * tried and why it did not match. Called for each line. */
typedef void dial_step_h(const char *line, void *arg);
void dial_explain(struct dial_decision *out, const struct dial_call *call,
		  dial_step_h *step, void *arg);
