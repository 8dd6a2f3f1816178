/* dial.c - groups of users, the lists that they dial by, and the trial */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "groups.h"
#include "rules.h"

enum { TRIAL_DAYS_MAX = 30, DAY_S = 86400 };

/* ---- users */

static bool is_digits(struct span s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	}
	return s.len > 0;
}

/* "1001-1099"; a name may hold a hyphen too. */
static bool split_range(struct span text, struct span *first, struct span *last)
{
	size_t hyphen = span_find(text, '-');

	*first = span_of(text.p, hyphen);
	*last = span_skip(text, hyphen + 1);
	return is_digits(*first) && is_digits(*last);
}

static void read_user(struct reader *rd, struct dial_users *users,
		      unsigned line, const char *text)
{
	struct span first = span_str(text), last = first;
	bool range = split_range(span_str(text), &first, &last);

	if (!range)
		first = last = span_str(text);
	if (!range && !config_is_user_name(text))
		reader_fault(rd, line,
			     "\"%.64s\" is not a user name. Use letters, "
			     "digits and - _ . + * ~, or a range as 1001-1099",
			     text);
	else if (first.len != last.len || first.len >= sizeof(users->first))
		reader_fault(rd, line,
			     "the range \"%.64s\" has ends of different or "
			     "excessive length. Write both with as many digits",
			     text);
	else if (memcmp(first.p, last.p, first.len) > 0)
		reader_fault(rd, line,
			     "the range \"%.64s\" ends before it starts. Write "
			     "the lower number first",
			     text);
	else if (span_copy(users->first, sizeof(users->first), first))
		(void)span_copy(users->last, sizeof(users->last), last);
}

static int read_users(struct reader *rd, struct dial_group *group,
		      const config_setting_t *set)
{
	static const char key[] = "groups.NAME.users";
	const config_setting_t *array = reader_member_many(set, key);
	int count = array ? config_setting_length(array) : 0;

	if (!config_setting_get_member(set, "users"))
		reader_fault(rd, config_setting_source_line(set),
			     "group \"%s\" has no users. List them, as in "
			     "users = [ \"1001-1099\" ];",
			     group->name);
	if (!count)
		return 0;
	group->users = calloc((size_t)count, sizeof(*group->users));
	if (!group->users)
		return ENOMEM;
	group->user_count = (unsigned)count;
	for (int i = 0; i < count; i++) {
		const config_setting_t *one =
			config_setting_get_elem(array, (unsigned)i);

		read_user(rd, &group->users[i], config_setting_source_line(one),
			  config_setting_get_string(one));
	}
	return 0;
}

/* ---- groups */

static void read_list_name(struct reader *rd, struct dial_group *group,
			   const config_setting_t *set)
{
	const char *name = reader_member(set, "groups.NAME.dial");
	int index = name ? rules_find(rd, name) : -1;

	if (index >= 0)
		group->list = (unsigned)index;
	else if (name)
		reader_fault(rd, config_setting_source_line(set),
			     "group \"%s\": there is no list \"%s\" in dial. "
			     "Add it, or correct the name",
			     group->name, name);
	else if (!config_setting_get_member(set, "dial"))
		reader_fault(rd, config_setting_source_line(set),
			     "group \"%s\" has no list. Name one of dial, as "
			     "in dial = \"office\";",
			     group->name);
}

static int read_group(struct reader *rd, struct dial_group *group,
		      const config_setting_t *set)
{
	rules_name(rd, "groups", set, group->name, group->where);
	if (!config_setting_is_group(set))
		return 0; /* the schema check said so */
	read_list_name(rd, group, set);
	return read_users(rd, group, set);
}

/* One entry of a group, for the search of users that stand twice. */
struct entry {
	const struct dial_users *users;
	unsigned group, line;
};

/* By length, then by the first user. */
static int compare_entries(const void *a, const void *b)
{
	const struct entry *ea = a, *eb = b;
	size_t la = strlen(ea->users->first), lb = strlen(eb->users->first);

	if (la != lb)
		return la < lb ? -1 : 1;
	return strcmp(ea->users->first, eb->users->first);
}

static bool reaches(const struct dial_users *a, const struct dial_users *b)
{
	return strlen(a->first) == strlen(b->first) &&
	       strcmp(b->first, a->last) <= 0;
}

/* Sorted: who overlaps with any overlaps with the one that reaches farthest. */
static void fault_twice(struct reader *rd, const struct entry *sorted,
			size_t count)
{
	const struct dial_settings *dial = &rd->cfg->dial;
	const struct entry *far = &sorted[0];

	for (size_t i = 1; i < count; i++) {
		const struct entry *one = &sorted[i];
		bool meet = reaches(far->users, one->users);

		if (meet && far->group != one->group)
			reader_fault(rd, one->line,
				     "user \"%s\" is in two groups, \"%s\" and "
				     "\"%s\". Take the user out of one",
				     one->users->first,
				     dial->groups[far->group].name,
				     dial->groups[one->group].name);
		if (!meet || strcmp(one->users->last, far->users->last) > 0)
			far = one;
	}
}

static unsigned user_line(const config_setting_t *root, unsigned group,
			  unsigned user)
{
	return config_setting_source_line(config_setting_get_elem(
		config_setting_get_member(config_setting_get_elem(root, group),
					  "users"),
		user));
}

static int check_twice(struct reader *rd, const config_setting_t *root)
{
	const struct dial_settings *dial = &rd->cfg->dial;
	size_t count = 0;
	struct entry *all =
		calloc((size_t)DIAL_GROUPS_MAX * DIAL_USERS_MAX, sizeof(*all));

	if (!all)
		return ENOMEM;
	for (unsigned i = 0; i < dial->group_count; i++) {
		const struct dial_group *group = &dial->groups[i];

		for (unsigned j = 0; j < group->user_count; j++) {
			if (group->users[j].first[0])
				all[count++] = (struct entry){
					.users = &group->users[j],
					.group = i,
					.line = user_line(root, i, j),
				};
		}
	}
	qsort(all, count, sizeof(*all), compare_entries);
	if (count)
		fault_twice(rd, all, count);
	free(all);
	return 0;
}

static int read_groups(struct reader *rd)
{
	struct dial_settings *dial = &rd->cfg->dial;
	const config_setting_t *root = reader_group(rd, "groups");
	int count = root ? config_setting_length(root) : 0;
	int err = 0;

	if (count > DIAL_GROUPS_MAX) {
		reader_fault(rd, config_setting_source_line(root),
			     "there are %d groups. At most %d are served",
			     count, DIAL_GROUPS_MAX);
		count = DIAL_GROUPS_MAX;
	}
	if (!count)
		return 0;
	dial->groups = calloc((size_t)count, sizeof(*dial->groups));
	if (!dial->groups)
		return ENOMEM;
	dial->group_count = (unsigned)count;
	for (unsigned i = 0; i < dial->group_count && !err; i++)
		err = read_group(rd, &dial->groups[i],
				 config_setting_get_elem(root, i));
	return err ? err : check_twice(rd, root);
}

static void read_default(struct reader *rd)
{
	static const char key[] = "dial_default";
	const char *name = reader_text(rd, key);
	int index = name ? rules_find(rd, name) : -1;

	rd->cfg->dial.fallback_list = index;
	if (name && index < 0)
		reader_fault(rd, reader_line(rd, key),
			     "%s: there is no list \"%s\" in dial. Add it, or "
			     "correct the name",
			     key, name);
}

/* ---- the trial */

/* Days since 1970-01-01 in the calendar of Gregory, valid from then on. */
static uint64_t days_of(uint64_t year, uint64_t month, uint64_t day)
{
	/* Years that begin in March: their leap day is the last one. */
	uint64_t years = month > 2 ? year : year - 1;
	uint64_t months = month > 2 ? month - 3 : month + 9;

	return years * 365 + years / 4 - years / 100 + years / 400 +
	       (months * 153 + 2) / 5 + day - 1 - 719468;
}

static uint64_t days_in(uint64_t year, uint64_t month)
{
	return days_of(month < 12 ? year : year + 1, month % 12 + 1, 1) -
	       days_of(year, month, 1);
}

/* "2026-12-20"; false for what is no day. */
static bool parse_day(uint64_t *days, struct span text)
{
	uint64_t year, month, day;

	if (text.len != 10 || text.p[4] != '-' || text.p[7] != '-' ||
	    span_u64(span_of(text.p, 4), 9999, &year) ||
	    span_u64(span_of(text.p + 5, 2), 12, &month) ||
	    span_u64(span_of(text.p + 8, 2), 31, &day))
		return false;
	if (year < 1970 || !month || !day || day > days_in(year, month))
		return false;
	*days = days_of(year, month, day);
	return true;
}

static void read_until(struct reader *rd, const char *text)
{
	static const char key[] = "observe_until";
	struct dial_settings *dial = &rd->cfg->dial;
	unsigned line = reader_line(rd, key);
	uint64_t today = rd->now_s / DAY_S, until;

	if (!parse_day(&until, span_str(text))) {
		reader_fault(rd, line,
			     "%s = \"%s\" is not a day. Write it as "
			     "2026-12-20",
			     key, text);
		return;
	}
	if (until > today + TRIAL_DAYS_MAX) {
		reader_fault(rd, line,
			     "%s = \"%s\" is more than %d days ahead. Write a "
			     "nearer day: a trial that is forgotten protects "
			     "nobody",
			     key, text, TRIAL_DAYS_MAX);
		return;
	}
	/* The last day itself belongs to the trial, in UTC. */
	dial->observe_until_s = (until + 1) * DAY_S;
	if (until < today)
		reader_warn(rd, line,
			    "%s = \"%s\" is over, dial rules are enforced. "
			    "Take dial_mode and %s out",
			    key, text, key);
	else
		reader_warn(
			rd, reader_line(rd, "dial_mode"),
			"dial_mode = \"observe\": until the end of %s (UTC) "
			"dial rules deny nothing but premium and satellite "
			"numbers and what cannot be read. Take it out to "
			"enforce them",
			text);
}

static void read_mode(struct reader *rd)
{
	static const char mode[] = "dial_mode";
	static const char until[] = "observe_until";
	const char *text = reader_text(rd, until);
	char where[128];

	reader_where(rd, where, mode);
	(void)span_copy(rd->cfg->dial.where_observe,
			sizeof(rd->cfg->dial.where_observe), span_str(where));
	if (strcmp(reader_text(rd, mode), "observe") != 0) {
		if (reader_has(rd, until))
			reader_warn(rd, reader_line(rd, until),
				    "%s does nothing without %s = \"observe\". "
				    "Take it out",
				    until, mode);
		return;
	}
	if (text)
		read_until(rd, text);
	else if (!reader_has(rd, until))
		reader_fault(rd, reader_line(rd, mode),
			     "%s = \"observe\" needs an end. Add %s with a day "
			     "of the next %d, as 2026-12-20",
			     mode, until, TRIAL_DAYS_MAX);
}

int group_dial(struct reader *rd)
{
	unsigned faults = rd->problems->faults;
	int err = rules_read(rd);

	if (err)
		return err;
	if (rd->problems->faults == faults)
		rules_check(rd);
	err = read_groups(rd);
	if (err)
		return err;
	read_default(rd);
	read_mode(rd);
	return 0;
}
