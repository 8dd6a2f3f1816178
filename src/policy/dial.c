/* dial.c - may this user dial this number: the first rule that matches says */
#include <assert.h>
#include <string.h>

#include "rempart/policy/dial.h"
#include "rempart/base/text.h"
#include "rempart/policy/emergency.h"
#include "dialled.h"
#include "pattern.h"
#include "walk.h"

enum {
	/*
	 * A star code that is not listed may pass in observe mode up to here:
	 * "**1001" does, while a forward to even a short costly number, as
	 * "*723179", is longer.
	 */
	OPAQUE_CODE_MAX = 6,
};

enum walk_end { WALK_NOTHING, WALK_ALLOWED, WALK_DENIED };

_Static_assert(DIAL_LISTS_MAX <= 64, "one bit a list");

static bool all_digits(struct span s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (!dialled_is_digit(s.p[i]))
			return false;
	}
	return s.len > 0;
}

static bool users_hold(const struct dial_users *users, struct span user)
{
	size_t len = strlen(users->first);

	if (!len || user.len != len)
		return false;
	if (!memcmp(user.p, users->first, len))
		return true;
	/* Digits of one length: their order is that of their bytes. */
	return all_digits(user) && all_digits(span_str(users->first)) &&
	       memcmp(user.p, users->first, len) > 0 &&
	       memcmp(user.p, users->last, len) <= 0;
}

static const struct dial_group *find_group(const struct dial_settings *dial,
					   struct span user)
{
	for (unsigned i = 0; i < dial->group_count; i++) {
		const struct dial_group *group = &dial->groups[i];

		for (unsigned j = 0; j < group->user_count; j++) {
			if (users_hold(&group->users[j], user))
				return group;
		}
	}
	return NULL;
}

static bool is_dialled_inside(const struct number *number)
{
	return number->cls == NUMBER_INTERNAL || number->cls == NUMBER_SHORT;
}

/* "Belgium" means its people and companies: what is dear has its own word. */
static bool is_costly(enum number_class cls)
{
	return cls == NUMBER_PREMIUM || cls == NUMBER_PERSONAL ||
	       cls == NUMBER_SATELLITE;
}

static bool match_holds(const struct dial_match *match,
			const struct number *number, enum dial_action action)
{
	struct span text = span_str(match->text);
	struct span e164 = span_str(number->e164);

	switch (match->kind) {
	case DIAL_CLASS:
		return number->cls == match->cls;
	case DIAL_COUNTRY:
		return text.len && span_eq(text, span_str(number->country)) &&
		       (action == DIAL_DENY || !is_costly(number->cls));
	case DIAL_PREFIX:
		return text.len && span_starts(e164, text);
	case DIAL_NUMBER:
		return text.len && span_eq(e164, text);
	case DIAL_PATTERN:
		return is_dialled_inside(number) &&
		       (span_eq(text, span_str(number->pattern)) ||
			pattern_match(match->text, span_str(number->dialled),
				      NULL));
	case DIAL_ANY:
		return number->cls != NUMBER_FEATURE;
	}
	return false;
}

static enum walk_end try_rule(struct walk *walk, const struct dial_rule *rule)
{
	bool matched = false;

	for (unsigned i = 0; i < rule->match_count && !matched; i++)
		matched = match_holds(&rule->matches[i], &walk->out->number,
				      rule->action);
	explain_rule(walk, rule, matched);
	if (!matched)
		return WALK_NOTHING;
	(void)span_copy(walk->out->rule, sizeof(walk->out->rule),
			span_str(rule->where));
	return rule->action == DIAL_ALLOW ? WALK_ALLOWED : WALK_DENIED;
}

/*
 * A list that matched nothing once matches nothing again: each is walked once,
 * so that lists which use one another cost no more than all rules together,
 * and never run in a circle.
 */
static enum walk_end walk_list(struct walk *walk, unsigned index)
{
	assert(index < walk->dial->list_count && index < DIAL_LISTS_MAX);
	const struct dial_list *list = &walk->dial->lists[index];
	bool again = walk->seen >> index & 1;

	explain_list(walk, list, again);
	if (again)
		return WALK_NOTHING;
	walk->seen |= UINT64_C(1) << index;
	for (unsigned i = 0; i < list->rule_count; i++) {
		const struct dial_rule *rule = &list->rules[i];
		enum walk_end end = rule->action == DIAL_USE
					    ? walk_list(walk, rule->use)
					    : try_rule(walk, rule);

		if (end != WALK_NOTHING)
			return end;
	}
	return WALK_NOTHING;
}

static enum walk_end walk_builtin(struct walk *walk)
{
	enum number_class cls = walk->out->number.cls;
	bool matched = cls == NUMBER_INTERNAL || cls == NUMBER_FIXED ||
		       cls == NUMBER_MOBILE || cls == NUMBER_TOLL_FREE;

	explain_builtin(walk, matched);
	return matched ? WALK_ALLOWED : WALK_NOTHING;
}

/* The list that a user's numbers are tried on, named as what decides. */
static enum walk_end walk_rules(struct walk *walk, struct span user)
{
	struct dial_decision *out = walk->out;
	const struct dial_group *group = find_group(walk->dial, user);
	int index = group ? (int)group->list : walk->dial->fallback_list;
	const char *where = "dial (built-in list)";

	explain_group(walk, group);
	if (group)
		(void)span_copy(out->group, sizeof(out->group),
				span_str(group->name));
	if (!walk->dial->list_count)
		index = -1; /* settings of zeroes: the built-in list */
	if (index >= 0) {
		assert((unsigned)index < walk->dial->list_count);
		where = walk->dial->lists[index].where;
	}
	(void)span_copy(out->rule, sizeof(out->rule), span_str(where));
	return index >= 0 ? walk_list(walk, (unsigned)index)
			  : walk_builtin(walk);
}

static struct verdict deny(enum reason reason, const struct number *number)
{
	char detail[VERDICT_DETAIL_MAX];
	struct text txt = text_init(detail, sizeof(detail) - 1);

	text_puts(&txt, reason_text(reason));
	text_puts(&txt, ": class ");
	text_puts(&txt, number_class_name(number->cls));
	if (number->country[0]) {
		text_puts(&txt, ", country ");
		text_puts(&txt, number->country);
	}
	detail[txt.len] = '\0';
	return verdict_reject(reason, detail);
}

static void set_rule(struct dial_decision *out, const char *what,
		     const char *which)
{
	struct text txt = text_init(out->rule, sizeof(out->rule) - 1);

	text_puts(&txt, what);
	text_puts(&txt, which);
	out->rule[txt.len] = '\0';
}

static void judge(struct walk *walk, struct span user)
{
	struct dial_decision *out = walk->out;
	enum walk_end end = walk_rules(walk, user);

	if (end == WALK_DENIED) {
		out->verdict = deny(REASON_DIAL_DENIED, &out->number);
	} else if (out->number.cls == NUMBER_FEATURE) {
		/* Listed is allowed: only a rule of its own takes it away. */
		set_rule(out, "numbering.features ", out->number.pattern);
		out->verdict = verdict_pass();
	} else if (end == WALK_ALLOWED) {
		out->verdict = verdict_pass();
	} else {
		out->verdict = deny(REASON_DIAL_NO_RULE, &out->number);
	}
}

/* Understood whole, as digits with a star or a hash among them. */
static bool is_star_code(const struct sip_uri *target)
{
	struct span user = target->user;
	struct dialled dialled;

	if (target->scheme == SIP_SCHEME_OTHER || target->password.len)
		return false;
	/* The parameters of a tel: URI are those of its number. */
	if (target->scheme == SIP_SCHEME_TEL)
		user.len += target->params.len;
	return !dialled_read(&dialled, user) && !dialled.name &&
	       strpbrk(dialled.number, "*#");
}

static void refuse_star_code(struct dial_decision *out)
{
	out->number.cls = NUMBER_FEATURE;
	set_rule(out, "numbering.features", "");
	out->verdict = verdict_reject(REASON_DIAL_FEATURE,
				      "this star code is not in "
				      "numbering.features: add its pattern "
				      "there to let it pass");
}

/* N stands for the whole from here on: it is the call that it leads to. */
static struct verdict read_behind(struct number *number,
				  const struct number_settings *numbering)
{
	char behind[NUMBER_DIALLED_MAX];

	(void)span_copy(behind, sizeof(behind), span_str(number->behind));

	struct verdict verdict =
		number_read_dialled(number, span_str(behind), numbering);

	if (verdict_passes(&verdict) && number->cls == NUMBER_FEATURE)
		return verdict_reject(REASON_NUMBER_UNREADABLE,
				      "a feature code behind a feature code");
	return verdict;
}

static void decide(struct walk *walk, const struct dial_call *call)
{
	struct dial_decision *out = walk->out;
	struct verdict read =
		number_read(&out->number, call->target, call->numbering);
	bool emergency = emergency_is(call->target, call->numbering) ||
			 emergency_is_urn(call->target->text);

	set_rule(out, "",
		 call->numbering->where[0] ? call->numbering->where
					   : "numbering");
	if (emergency) {
		out->number.cls = NUMBER_EMERGENCY;
		read = verdict_pass();
	} else if (!verdict_passes(&read) && is_star_code(call->target)) {
		refuse_star_code(out);
		explain_number(walk, call->user);
		return;
	}
	out->feature =
		verdict_passes(&read) && out->number.cls == NUMBER_FEATURE;
	if (out->feature && out->number.behind[0])
		read = read_behind(&out->number, call->numbering);
	explain_number(walk, call->user);
	if (!verdict_passes(&read)) {
		out->verdict = read;
	} else if (out->number.cls == NUMBER_EMERGENCY) {
		set_rule(out, "emergency numbers", "");
		out->verdict = verdict_pass();
		if (emergency)
			out->verdict.reason = REASON_EMERGENCY;
	} else {
		judge(walk, call->user);
	}
}

/* What costs most, and what may hide it, is denied in a trial as well. */
static bool may_observe(const struct dial_decision *out)
{
	if (out->verdict.reason == REASON_NUMBER_UNREADABLE)
		return false;
	if (out->verdict.reason == REASON_DIAL_FEATURE)
		return strlen(out->number.dialled) <= OPAQUE_CODE_MAX;
	return out->number.cls != NUMBER_PREMIUM &&
	       out->number.cls != NUMBER_SATELLITE &&
	       out->number.cls != NUMBER_UNKNOWN;
}

static void run(struct walk *walk, const struct dial_call *call)
{
	struct dial_decision *out = walk->out;

	memset(out, 0, sizeof(*out));
	decide(walk, call);
	if (!verdict_passes(&out->verdict) &&
	    call->wall_s < call->dial->observe_until_s && may_observe(out)) {
		out->observed = true;
		out->verdict.action = ACTION_PASS;
		out->verdict.sip_code = 0;
	}
	explain_end(walk);
}

void dial_decide(struct dial_decision *out, const struct dial_call *call)
{
	struct walk walk = {.out = out, .dial = call->dial};

	run(&walk, call);
}

void dial_explain(struct dial_decision *out, const struct dial_call *call,
		  dial_step_h *step, void *arg)
{
	struct walk walk = {
		.out = out,
		.dial = call->dial,
		.step = step,
		.arg = arg,
	};

	run(&walk, call);
}
