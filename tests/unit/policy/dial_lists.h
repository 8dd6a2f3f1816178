/* dial_lists.h - users, groups and lists, and a question to them */
#pragma once

#include <criterion/criterion.h>
#include <string.h>

#include "rempart/policy/dial.h"

static struct dial_match premium[] = {
	{.kind = DIAL_CLASS, .cls = NUMBER_PREMIUM, .text = "premium"},
};
static struct dial_match home[] = {
	{.kind = DIAL_CLASS, .cls = NUMBER_INTERNAL, .text = "internal"},
	{.kind = DIAL_CLASS, .cls = NUMBER_FIXED, .text = "domestic-fixed"},
};
static struct dial_match abroad[] = {
	{.kind = DIAL_COUNTRY, .text = "GB"},
	{.kind = DIAL_PREFIX, .text = "+1212555"},
	{.kind = DIAL_NUMBER, .text = "+4930123456"},
	{.kind = DIAL_PATTERN, .text = "6xx"},
};
static struct dial_match any[] = {{.kind = DIAL_ANY, .text = "any"}};
static struct dial_match features[] = {
	{.kind = DIAL_CLASS, .cls = NUMBER_FEATURE, .text = "feature"},
};

static struct dial_rule office_rules[] = {
	{.action = DIAL_DENY,
	 .matches = premium,
	 .match_count = 1,
	 .where = "dial.office rule 1 t:1"},
	{.action = DIAL_ALLOW,
	 .matches = home,
	 .match_count = 2,
	 .where = "dial.office rule 2 t:2"},
};
static struct dial_rule travel_rules[] = {
	{.action = DIAL_USE, .use = 0, .where = "dial.travel rule 1 t:3"},
	{.action = DIAL_ALLOW,
	 .matches = abroad,
	 .match_count = 4,
	 .where = "dial.travel rule 2 t:4"},
};
static struct dial_rule circle_rules[] = {
	{.action = DIAL_USE, .use = 2, .where = "dial.circle rule 1 t:5"},
	{.action = DIAL_USE, .use = 1, .where = "dial.circle rule 2 t:6"},
	{.action = DIAL_USE, .use = 1, .where = "dial.circle rule 3 t:7"},
};
static struct dial_rule all_rules[] = {
	{.action = DIAL_ALLOW,
	 .matches = any,
	 .match_count = 1,
	 .where = "dial.all rule 1 t:8"},
};
static struct dial_rule none_rules[] = {
	{.action = DIAL_DENY,
	 .matches = any,
	 .match_count = 1,
	 .where = "dial.none rule 1 t:9"},
};
static struct dial_rule mute_rules[] = {
	{.action = DIAL_DENY,
	 .matches = features,
	 .match_count = 1,
	 .where = "dial.mute rule 1 t:10"},
	{.action = DIAL_ALLOW,
	 .matches = any,
	 .match_count = 1,
	 .where = "dial.mute rule 2 t:11"},
};
static struct dial_list lists[] = {
	{.name = "office",
	 .rules = office_rules,
	 .rule_count = 2,
	 .where = "dial.office t:1"},
	{.name = "travel",
	 .rules = travel_rules,
	 .rule_count = 2,
	 .where = "dial.travel t:3"},
	{.name = "circle",
	 .rules = circle_rules,
	 .rule_count = 3,
	 .where = "dial.circle t:5"},
	{.name = "all",
	 .rules = all_rules,
	 .rule_count = 1,
	 .where = "dial.all t:8"},
	{.name = "none",
	 .rules = none_rules,
	 .rule_count = 1,
	 .where = "dial.none t:9"},
	{.name = "mute",
	 .rules = mute_rules,
	 .rule_count = 2,
	 .where = "dial.mute t:10"},
};
static struct dial_users office_users[] = {
	{.first = "1001", .last = "1099"},
	{.first = "alice", .last = "alice"},
};
static struct dial_users single[][1] = {
	{{.first = "2001", .last = "2001"}},
	{{.first = "2002", .last = "2002"}},
	{{.first = "2003", .last = "2003"}},
	{{.first = "2004", .last = "2004"}},
	{{.first = "2005", .last = "2005"}},
};
static struct dial_group groups[] = {
	{.name = "staff", .users = office_users, .user_count = 2, .list = 0},
	{.name = "travel", .users = single[0], .user_count = 1, .list = 1},
	{.name = "circle", .users = single[1], .user_count = 1, .list = 2},
	{.name = "all", .users = single[2], .user_count = 1, .list = 3},
	{.name = "none", .users = single[3], .user_count = 1, .list = 4},
	{.name = "mute", .users = single[4], .user_count = 1, .list = 5},
};
static const struct dial_settings settings = {
	.lists = lists,
	.list_count = 6,
	.groups = groups,
	.group_count = 6,
	.fallback_list = -1,
	.where_observe = "dial_mode t:12",
};
static const struct number_settings numbering = {
	.country = "FR",
	.outside_prefix = "0",
	.international = {"00"},
	.international_count = 1,
	.internal = {"[1-4]xxx", "6xx"},
	.internal_count = 2,
	.shorts = {"3xx"},
	.short_count = 1,
	.features = {"*97", "*72N", "*21*N#"},
	.feature_count = 3,
	.names_internal = true,
};

static inline struct dial_decision with(const struct dial_settings *dial,
					const char *user, const char *to,
					uint64_t wall_s)
{
	struct sip_uri target = {.text = span_str(to), .user = span_str(to)};
	struct dial_decision out;

	if (!strncmp(to, "urn:", 4) || !strncmp(to, "tel:", 4) ||
	    !strncmp(to, "sip:", 4))
		cr_assert_eq(sip_uri_parse(&target, span_str(to)), 0, "%s", to);
	memset(&out, 0xa5, sizeof(out));
	dial_decide(&out, &(struct dial_call){
				  .dial = dial,
				  .numbering = &numbering,
				  .user = span_str(user),
				  .target = &target,
				  .wall_s = wall_s,
			  });
	return out;
}
