/* rules.c - dial: lists of rules, and what each of them matches */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "countries.h"
#include "rules.h"

enum { DIGITS_MAX = 15 }; /* E.164 6.1 */

/* The matches of one rule, until their number is known. */
struct matches {
	struct dial_match list[DIAL_MATCHES_MAX];
	unsigned count;
	bool full;
};

static void add_match(struct matches *to, enum dial_match_kind kind,
		      enum number_class cls, struct span text)
{
	if (to->count == DIAL_MATCHES_MAX) {
		to->full = true;
		return;
	}

	struct dial_match *match = &to->list[to->count++];

	match->kind = kind;
	match->cls = cls;
	(void)span_copy(match->text, sizeof(match->text), text);
}

static void add_class(struct matches *to, enum number_class cls)
{
	add_match(to, DIAL_CLASS, cls, span_str(number_class_name(cls)));
}

static void add_union(struct matches *to)
{
	struct span rest = span_str(country_union());

	while (rest.len) {
		add_match(to, DIAL_COUNTRY, NUMBER_UNKNOWN, span_of(rest.p, 2));
		rest = span_skip(rest, 3);
	}
}

/* "premium", "domestic", "any", "zone:EU", "BE"; false for another word. */
static bool add_word(struct matches *to, const char *text)
{
	enum number_class cls;

	if (!strcmp(text, "any")) {
		add_match(to, DIAL_ANY, NUMBER_UNKNOWN, SPAN("any"));
	} else if (!strcmp(text, "domestic")) {
		add_class(to, NUMBER_FIXED);
		add_class(to, NUMBER_MOBILE);
	} else if (!strcmp(text, "zone:EU")) {
		add_union(to);
	} else if (country_is(text)) {
		add_match(to, DIAL_COUNTRY, NUMBER_UNKNOWN, span_str(text));
	} else if (number_class_find(span_str(text), &cls) &&
		   cls != NUMBER_EMERGENCY) {
		add_class(to, cls);
	} else {
		return false;
	}
	return true;
}

/* The digits of "+33..." and "=+33..."; no country code starts with 0. */
static bool is_e164(const char *digits)
{
	size_t len = strlen(digits);

	return len && len <= DIGITS_MAX && digits[0] != '0' &&
	       strspn(digits, "0123456789") == len;
}

/* Why a text is none of them, and what to write. */
static void fault_match(struct reader *rd, unsigned line, const char *text)
{
	char buf[3];
	char why[120] = "";
	const char *meant = country_meant(buf, text);

	if (!strcmp(text, "emergency"))
		reader_fault(rd, line,
			     "\"emergency\" cannot be ruled: these numbers "
			     "pass before any rule. Take it out");
	else if (strspn(text, "=+") > 0)
		reader_fault(rd, line,
			     "\"%.40s\" is not a number. Write +32 for all "
			     "numbers that start so, =+3225551234 for one, 1 "
			     "to %d digits",
			     text, DIGITS_MAX);
	else if (meant)
		reader_fault(rd, line,
			     "\"%.40s\" is not a country. Did you mean %s?",
			     text, meant);
	else if (!strncmp(text, "zone:", 5))
		reader_fault(rd, line,
			     "\"%.40s\" is not a zone. The only one is zone:EU",
			     text);
	else if (!number_pattern_check(text, false, why))
		reader_fault(rd, line,
			     "\"%.40s\" is no class, country, +prefix or "
			     "pattern. Classes are internal, short, feature, "
			     "domestic, domestic-fixed, domestic-mobile, "
			     "toll-free, shared-cost, premium, personal, "
			     "satellite, international, unknown and any",
			     text);
	else
		reader_fault(rd, line,
			     "\"%.40s...\" is too long. A pattern has at most "
			     "%d bytes",
			     text, NUMBER_PATTERN_MAX - 1);
}

static void read_match(struct reader *rd, struct matches *to, unsigned line,
		       const char *text)
{
	char why[120];

	if (add_word(to, text))
		return;
	if (text[0] == '+' && is_e164(text + 1))
		add_match(to, DIAL_PREFIX, NUMBER_UNKNOWN, span_str(text));
	else if (!strncmp(text, "=+", 2) && is_e164(text + 2))
		add_match(to, DIAL_NUMBER, NUMBER_UNKNOWN, span_str(text + 1));
	else if (strspn(text, "=+") == 0 && strlen(text) < NUMBER_PATTERN_MAX &&
		 number_pattern_check(text, false, why))
		add_match(to, DIAL_PATTERN, NUMBER_UNKNOWN, span_str(text));
	else
		fault_match(rd, line, text);
}

static int read_matches(struct reader *rd, struct dial_rule *rule,
			const config_setting_t *array)
{
	struct matches found = {.count = 0};

	for (int i = 0; array && i < config_setting_length(array); i++) {
		const config_setting_t *one =
			config_setting_get_elem(array, (unsigned)i);

		read_match(rd, &found, config_setting_source_line(one),
			   config_setting_get_string(one));
	}
	if (found.full)
		reader_fault(rd, config_setting_source_line(array),
			     "this rule has more than %d entries, a zone "
			     "counted by its countries. Make two rules of it",
			     DIAL_MATCHES_MAX);
	if (!found.count)
		return 0;
	rule->matches = calloc(found.count, sizeof(*rule->matches));
	if (!rule->matches)
		return ENOMEM;
	memcpy(rule->matches, found.list, found.count * sizeof(*rule->matches));
	rule->match_count = found.count;
	return 0;
}

static void read_use(struct reader *rd, struct dial_rule *rule,
		     const config_setting_t *elem)
{
	const char *name = reader_member(elem, "dial.NAME[].use");
	int index = name ? rules_find(rd, name) : -1;

	rule->action = DIAL_USE;
	rule->use = index > 0 ? (unsigned)index : 0;
	if (name && index < 0)
		reader_fault(rd, config_setting_source_line(elem),
			     "there is no list \"%s\" in dial. Add it, or "
			     "correct the name",
			     name);
}

static int read_rule(struct reader *rd, struct dial_rule *rule,
		     const config_setting_t *elem)
{
	bool allow = config_setting_get_member(elem, "allow") != NULL;
	bool deny = config_setting_get_member(elem, "deny") != NULL;
	bool use = config_setting_get_member(elem, "use") != NULL;

	if (allow + deny + use != 1) {
		reader_fault(rd, config_setting_source_line(elem),
			     "a rule has %s of allow, deny and use. Write "
			     "exactly one in each { ... }",
			     allow || deny || use ? "more than one" : "none");
		return 0;
	}
	if (use) {
		read_use(rd, rule, elem);
		return 0;
	}
	rule->action = allow ? DIAL_ALLOW : DIAL_DENY;
	return read_matches(
		rd, rule,
		reader_member_many(elem, allow ? "dial.NAME[].allow"
					       : "dial.NAME[].deny"));
}

static int read_list(struct reader *rd, struct dial_list *list,
		     const config_setting_t *set)
{
	int count =
		config_setting_is_list(set) ? config_setting_length(set) : 0;
	int err = 0;

	if (!count || count > DIAL_RULES_MAX)
		return 0; /* the schema check said so */
	list->rules = calloc((size_t)count, sizeof(*list->rules));
	if (!list->rules)
		return ENOMEM;
	list->rule_count = (unsigned)count;
	for (int i = 0; i < count && !err; i++) {
		const config_setting_t *elem =
			config_setting_get_elem(set, (unsigned)i);
		struct dial_rule *rule = &list->rules[i];
		char label[64];

		snprintf(label, sizeof(label), "dial.%s rule %d", list->name,
			 i + 1);
		reader_label(rd, rule->where, label,
			     config_setting_source_line(elem));
		if (config_setting_is_group(elem))
			err = read_rule(rd, rule, elem);
	}
	return err;
}

void rules_name(struct reader *rd, const char *group,
		const config_setting_t *set, char name[static DIAL_NAME_MAX],
		char where[static DIAL_WHERE_MAX])
{
	unsigned line = config_setting_source_line(set);
	const char *text = config_setting_name(set);
	char label[64];

	if (!span_copy(name, DIAL_NAME_MAX, span_str(text)))
		reader_fault(rd, line,
			     "the name \"%.40s...\" is too long. Use at most "
			     "%d bytes",
			     text, DIAL_NAME_MAX - 1);
	snprintf(label, sizeof(label), "%s.%s", group, name);
	reader_label(rd, where, label, line);
}

/* Names first: a list may use one that stands below it. */
static int read_lists(struct reader *rd, const config_setting_t *root)
{
	struct dial_settings *dial = &rd->cfg->dial;
	unsigned rules = 0;
	int err = 0;

	for (unsigned i = 0; i < dial->list_count; i++)
		rules_name(rd, "dial", config_setting_get_elem(root, i),
			   dial->lists[i].name, dial->lists[i].where);
	for (unsigned i = 0; i < dial->list_count && !err; i++) {
		err = read_list(rd, &dial->lists[i],
				config_setting_get_elem(root, i));
		rules += dial->lists[i].rule_count;
	}
	if (rules > DIAL_RULES_MAX)
		reader_fault(rd, config_setting_source_line(root),
			     "dial has %u rules in all. At most %d are served",
			     rules, DIAL_RULES_MAX);
	return err;
}

int rules_read(struct reader *rd)
{
	struct dial_settings *dial = &rd->cfg->dial;
	const config_setting_t *root = reader_group(rd, "dial");
	int count = root ? config_setting_length(root) : 0;

	if (count > DIAL_LISTS_MAX) {
		reader_fault(rd, config_setting_source_line(root),
			     "dial has %d lists. At most %d are served", count,
			     DIAL_LISTS_MAX);
		count = DIAL_LISTS_MAX;
	}
	if (!count)
		return 0;
	dial->lists = calloc((size_t)count, sizeof(*dial->lists));
	if (!dial->lists)
		return ENOMEM;
	dial->list_count = (unsigned)count;
	return read_lists(rd, root);
}

int rules_find(const struct reader *rd, const char *name)
{
	const struct dial_settings *dial = &rd->cfg->dial;

	for (unsigned i = 0; i < dial->list_count; i++) {
		if (!strcmp(dial->lists[i].name, name))
			return (int)i;
	}
	return -1;
}

unsigned rules_line(const struct reader *rd, unsigned list, unsigned rule)
{
	const config_setting_t *root = reader_group(rd, "dial");

	assert(root && list < rd->cfg->dial.list_count);
	return config_setting_source_line(config_setting_get_elem(
		config_setting_get_elem(root, list), rule));
}
