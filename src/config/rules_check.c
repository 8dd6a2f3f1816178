/* rules_check.c - dial as a whole: circles, and rules that never match */
#include <stdlib.h>
#include <string.h>

#include "rules.h"

/* ---- lists that use one another */

struct depths {
	unsigned height[DIAL_LISTS_MAX]; /* lists below and with it; 0: new */
	bool open[DIAL_LISTS_MAX];	 /* being walked */
};

static void fault_circle(struct reader *rd, unsigned line, const char *name)
{
	reader_fault(rd, line,
		     "list \"%s\" is used in a circle: it leads back to "
		     "itself from here. Take this use out",
		     name);
}

static unsigned measure(struct reader *rd, struct depths *depths,
			unsigned index)
{
	const struct dial_settings *dial = &rd->cfg->dial;
	const struct dial_list *list = &dial->lists[index];
	unsigned below = 0;

	if (depths->height[index])
		return depths->height[index];
	depths->open[index] = true;
	for (unsigned i = 0; i < list->rule_count; i++) {
		unsigned use = list->rules[i].use;

		if (list->rules[i].action != DIAL_USE)
			continue;
		if (depths->open[use]) {
			fault_circle(rd, rules_line(rd, index, i),
				     dial->lists[use].name);
			continue;
		}

		unsigned height = measure(rd, depths, use);

		below = height > below ? height : below;
	}
	depths->open[index] = false;
	depths->height[index] = below + 1;
	if (below == DIAL_DEPTH_MAX)
		reader_fault(rd, rules_line(rd, index, 0),
			     "list \"%s\" uses lists that use lists more than "
			     "%d deep. Write some of their rules here",
			     list->name, DIAL_DEPTH_MAX);
	return below + 1;
}

/* ---- rules that an earlier one covers */

enum {
	LETTERS = 26,
	TEXTS_MAX = 512, /* more are not compared: a warning may be missing */
	COMPARED_MAX = 2000000, /* of one file, for the same reason: 10 ms */
};

/* What the rules so far decide for certain. */
struct cover {
	bool any;
	bool cls[NUMBER_CLASS_COUNT];
	bool country[LETTERS * LETTERS];
	const struct dial_match *texts[TEXTS_MAX];
	unsigned text_count;
	bool list[DIAL_LISTS_MAX];
	const struct number_settings *numbering;
	unsigned compared;
};

static unsigned country_index(const char *code)
{
	return (unsigned)(code[0] - 'A') * LETTERS + (unsigned)(code[1] - 'A');
}

static bool text_covers(const struct dial_match *a, const struct dial_match *b)
{
	if (a->kind == DIAL_PREFIX &&
	    (b->kind == DIAL_PREFIX || b->kind == DIAL_NUMBER))
		return span_starts(span_str(b->text), span_str(a->text));
	return a->kind == b->kind && !strcmp(a->text, b->text);
}

static bool is_text_covered(struct cover *cover, const struct dial_match *match)
{
	for (unsigned i = 0; i < cover->text_count; i++) {
		if (++cover->compared > COMPARED_MAX)
			return false;
		if (text_covers(cover->texts[i], match))
			return true;
	}
	return false;
}

/* What one number is, for rules by class and country. */
static bool is_number_covered(const struct cover *cover,
			      const struct dial_match *match)
{
	struct number number;
	struct verdict read = number_read_dialled(
		&number, span_str(match->text), cover->numbering);

	if (!verdict_passes(&read))
		return false;
	if (cover->cls[number.cls])
		return true;
	/* To allow a country allows no costly number of it. */
	return (number.cls == NUMBER_INTERNATIONAL ||
		number.cls == NUMBER_FIXED || number.cls == NUMBER_MOBILE) &&
	       strlen(number.country) == 2 &&
	       cover->country[country_index(number.country)];
}

static bool is_covered(struct cover *cover, const struct dial_match *match)
{
	switch (match->kind) {
	case DIAL_ANY:
		return cover->any;
	case DIAL_CLASS:
		return cover->cls[match->cls] ||
		       (cover->any && match->cls != NUMBER_FEATURE);
	case DIAL_COUNTRY:
		return cover->any || cover->country[country_index(match->text)];
	case DIAL_PATTERN:
		if (cover->cls[NUMBER_INTERNAL] &&
		    (!cover->numbering->short_count ||
		     cover->cls[NUMBER_SHORT]))
			return true;
		return cover->any || is_text_covered(cover, match);
	case DIAL_PREFIX:
		return cover->any || is_text_covered(cover, match);
	case DIAL_NUMBER:
		return cover->any || is_text_covered(cover, match) ||
		       is_number_covered(cover, match);
	}
	return false;
}

static void cover_match(struct cover *cover, const struct dial_match *match)
{
	switch (match->kind) {
	case DIAL_ANY:
		cover->any = true;
		break;
	case DIAL_CLASS:
		cover->cls[match->cls] = true;
		break;
	case DIAL_COUNTRY:
		cover->country[country_index(match->text)] = true;
		break;
	case DIAL_PATTERN:
	case DIAL_PREFIX:
	case DIAL_NUMBER:
		if (cover->text_count < TEXTS_MAX)
			cover->texts[cover->text_count++] = match;
		break;
	}
}

static bool is_rule_covered(struct cover *cover, const struct dial_rule *rule)
{
	for (unsigned i = 0; i < rule->match_count; i++) {
		if (!is_covered(cover, &rule->matches[i]))
			return false;
	}
	return true;
}

static void cover_rule(struct cover *cover, const struct dial_settings *dial,
		       const struct dial_rule *rule);

/* Each once, for it adds the same again. */
static void cover_list(struct cover *cover, const struct dial_settings *dial,
		       unsigned index)
{
	const struct dial_list *list = &dial->lists[index];

	if (cover->list[index])
		return;
	cover->list[index] = true;
	for (unsigned i = 0; i < list->rule_count; i++)
		cover_rule(cover, dial, &list->rules[i]);
}

static void cover_rule(struct cover *cover, const struct dial_settings *dial,
		       const struct dial_rule *rule)
{
	if (rule->action == DIAL_USE)
		cover_list(cover, dial, rule->use);
	for (unsigned i = 0; i < rule->match_count; i++)
		cover_match(cover, &rule->matches[i]);
}

static void check_list(struct reader *rd, struct cover *cover, unsigned index)
{
	const struct dial_settings *dial = &rd->cfg->dial;
	const struct dial_list *list = &dial->lists[index];
	unsigned compared = cover->compared;

	memset(cover, 0, sizeof(*cover));
	cover->compared = compared;
	cover->numbering = &rd->cfg->numbering;
	for (unsigned i = 0; i < list->rule_count; i++) {
		const struct dial_rule *rule = &list->rules[i];
		bool dead = rule->action == DIAL_USE
				    ? cover->any || cover->list[rule->use]
				    : is_rule_covered(cover, rule);

		if (dead)
			reader_warn(rd, rules_line(rd, index, i),
				    "rule %u of list \"%s\" can never match: "
				    "the rules before it decide all that it "
				    "names. Take it out, or put it above them",
				    i + 1, list->name);
		cover_rule(cover, dial, rule);
	}
}

void rules_check(struct reader *rd)
{
	struct depths depths = {.height = {0}};
	struct cover cover = {.compared = 0};
	unsigned faults = rd->problems->faults;
	unsigned count = rd->cfg->dial.list_count;

	for (unsigned i = 0; i < count; i++)
		(void)measure(rd, &depths, i);
	for (unsigned i = 0; i < count && rd->problems->faults == faults; i++)
		check_list(rd, &cover, i);
}
