/* explain.c - the steps of a decision in words, one line each */
#include "rempart/base/text.h"
#include "walk.h"

enum { LINE_MAX_BYTES = 512 };

/* What was dialled may stand in a line: it must not command a terminal. */
static void emit(const struct walk *walk, struct text *txt)
{
	for (size_t i = 0; i < txt->len; i++) {
		if ((unsigned char)txt->p[i] < 0x20 || txt->p[i] == 0x7f)
			txt->p[i] = '?';
	}
	txt->p[txt->len] = '\0';
	walk->step(txt->p, walk->arg);
}

static void put_pair(struct text *txt, const char *name, const char *value)
{
	if (!value[0])
		return;
	text_puts(txt, name);
	text_puts(txt, value);
}

void explain_number(const struct walk *walk, struct span user)
{
	char line[LINE_MAX_BYTES];
	struct text txt = text_init(line, sizeof(line) - 1);
	const struct number *number = &walk->out->number;

	if (!walk->step)
		return;
	text_puts(&txt, "user ");
	text_put(&txt, user.len ? user : SPAN("(none)"));
	put_pair(&txt, " dialled ", number->dialled);
	text_puts(&txt, ": class ");
	text_puts(&txt, number_class_name(number->cls));
	put_pair(&txt, ", pattern ", number->pattern);
	put_pair(&txt, ", E.164 ", number->e164);
	put_pair(&txt, ", country ", number->country);
	if (walk->out->feature)
		text_puts(&txt, ", by a feature code");
	emit(walk, &txt);
}

void explain_group(const struct walk *walk, const struct dial_group *group)
{
	char line[LINE_MAX_BYTES];
	struct text txt = text_init(line, sizeof(line) - 1);

	if (!walk->step)
		return;
	if (group) {
		text_puts(&txt, "the user is in group ");
		text_puts(&txt, group->name);
		put_pair(&txt, ", ", group->where);
	} else {
		text_puts(&txt, "the user is in no group");
	}
	emit(walk, &txt);
}

void explain_list(const struct walk *walk, const struct dial_list *list,
		  bool again)
{
	char line[LINE_MAX_BYTES];
	struct text txt = text_init(line, sizeof(line) - 1);

	if (!walk->step)
		return;
	text_puts(&txt, "list ");
	text_puts(&txt, list->name);
	put_pair(&txt, ", ", list->where);
	if (again)
		text_puts(&txt, ": was tried above, not again");
	emit(walk, &txt);
}

static void put_match(struct text *txt, const struct dial_match *match)
{
	switch (match->kind) {
	case DIAL_CLASS:
		text_puts(txt, number_class_name(match->cls));
		break;
	case DIAL_NUMBER:
		text_putc(txt, '=');
		text_puts(txt, match->text);
		break;
	case DIAL_ANY:
		text_puts(txt, "any");
		break;
	case DIAL_COUNTRY:
	case DIAL_PREFIX:
	case DIAL_PATTERN:
		text_puts(txt, match->text);
		break;
	}
}

/* Why a rule does not match: what the number is, where the rule says else. */
static void put_against(struct text *txt, const struct number *number)
{
	text_puts(txt, "no match, the number is ");
	text_puts(txt, number_class_name(number->cls));
	put_pair(txt, " ", number->country);
	put_pair(txt, " ", number->e164[0] ? number->e164 : number->dialled);
}

void explain_rule(const struct walk *walk, const struct dial_rule *rule,
		  bool matched)
{
	enum { SHOWN = 8 }; /* a zone has many countries */
	char line[LINE_MAX_BYTES];
	struct text txt = text_init(line, sizeof(line) - 1);
	const char *action = rule->action == DIAL_ALLOW ? "allow" : "deny";

	if (!walk->step)
		return;
	text_puts(&txt, "  ");
	text_puts(&txt, rule->where);
	text_puts(&txt, ", ");
	text_puts(&txt, action);
	for (unsigned i = 0; i < rule->match_count && i < SHOWN; i++) {
		text_puts(&txt, i ? ", " : " ");
		put_match(&txt, &rule->matches[i]);
	}
	if (rule->match_count > SHOWN)
		text_puts(&txt, ", ...");
	text_puts(&txt, ": ");
	if (matched)
		text_puts(&txt, "matches");
	else
		put_against(&txt, &walk->out->number);
	emit(walk, &txt);
}

void explain_builtin(const struct walk *walk, bool matched)
{
	char line[LINE_MAX_BYTES];
	struct text txt = text_init(line, sizeof(line) - 1);

	if (!walk->step)
		return;
	text_puts(&txt, "built-in list, allow internal, domestic-fixed, "
			"domestic-mobile, toll-free: ");
	if (matched)
		text_puts(&txt, "matches");
	else
		put_against(&txt, &walk->out->number);
	emit(walk, &txt);
}

void explain_end(const struct walk *walk)
{
	char line[LINE_MAX_BYTES];
	struct text txt = text_init(line, sizeof(line) - 1);
	const struct dial_decision *out = walk->out;

	if (!walk->step)
		return;
	text_puts(&txt, verdict_passes(&out->verdict) ? "allowed" : "denied");
	if (out->observed) {
		text_puts(&txt, ", for ");
		text_puts(&txt, walk->dial->where_observe);
		text_puts(&txt, " only observes; it would be denied");
	}
	put_pair(&txt, " by ", out->rule);
	put_pair(&txt, ": ", out->verdict.detail);
	emit(walk, &txt);
}
