/* walk.h - one walk along the rules, for a decision and for its explanation */
#pragma once

#include "rempart/policy/dial.h"

/* Lives as long as one decision. */
struct walk {
	struct dial_decision *out;
	const struct dial_settings *dial;
	uint64_t seen;	   /* one bit a list: walked without a match */
	dial_step_h *step; /* NULL: nobody listens */
	void *arg;
};

/* Each does nothing when nobody listens. */
void explain_number(const struct walk *walk, struct span user);
void explain_group(const struct walk *walk, const struct dial_group *group);
void explain_list(const struct walk *walk, const struct dial_list *list,
		  bool again);
void explain_rule(const struct walk *walk, const struct dial_rule *rule,
		  bool matched);
void explain_builtin(const struct walk *walk, bool matched);
void explain_end(const struct walk *walk);
