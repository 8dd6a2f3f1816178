/* numbering.c - numbering and echo: how dialled numbers are read */
#include <string.h>

#include "rempart/policy/emergency.h"
#include "countries.h"
#include "groups.h"

static bool is_digits(const char *text)
{
	return text[0] && strspn(text, "0123456789") == strlen(text);
}

static void read_country(struct reader *rd)
{
	static const char key[] = "numbering.country";
	const char *text = reader_text(rd, key);
	char buf[3];

	if (!text)
		return;

	const char *meant = country_meant(buf, text);

	if (country_is(text))
		(void)span_copy(rd->cfg->numbering.country,
				sizeof(rd->cfg->numbering.country),
				span_str(text));
	else if (meant)
		reader_fault(rd, reader_line(rd, key),
			     "%s = \"%s\" is not a country. Did you mean %s?",
			     key, text, meant);
	else
		reader_fault(rd, reader_line(rd, key),
			     "%s = \"%s\" is not a country. Write its two "
			     "letters by ISO 3166, such as FR",
			     key, text);
}

static void read_outside_prefix(struct reader *rd)
{
	static const char key[] = "numbering.outside_prefix";
	struct number_settings *set = &rd->cfg->numbering;
	const char *text = reader_text(rd, key);

	if (text[0] && !is_digits(text))
		reader_fault(rd, reader_line(rd, key),
			     "%s = \"%s\" is not a prefix. Write digits, or "
			     "leave it out",
			     key, text);
	else
		(void)span_copy(set->outside_prefix,
				sizeof(set->outside_prefix), span_str(text));
}

static void add_international(struct number_settings *set, struct span prefix)
{
	char *dst = set->international[set->international_count++];

	(void)span_copy(dst, NUMBER_PREFIX_MAX, prefix);
}

static void default_international(struct number_settings *set)
{
	struct span rest = span_str(country_international(set->country));

	while (rest.len) {
		size_t end = span_find(rest, ' ');

		add_international(set, span_of(rest.p, end));
		rest = span_skip(rest, end + 1);
	}
}

static void read_international(struct reader *rd)
{
	static const char key[] = "numbering.international";
	struct number_settings *set = &rd->cfg->numbering;
	const config_setting_t *array = reader_many(rd, key);

	if (!array)
		default_international(set);
	for (int i = 0; array && i < config_setting_length(array); i++) {
		const char *text = config_setting_get_string_elem(array, i);

		if (!strcmp(text, "+"))
			continue; /* always stands for itself */
		if (is_digits(text) && strlen(text) < NUMBER_PREFIX_MAX)
			add_international(set, span_str(text));
		else
			reader_fault(rd, reader_line(rd, key),
				     "%s: \"%.40s\" is not a prefix. Write 1 "
				     "to %d digits, such as 00",
				     key, text, NUMBER_PREFIX_MAX - 1);
	}
}

/* A list of patterns, and where it goes. */
struct patterns {
	const char *key;
	char (*list)[NUMBER_PATTERN_MAX];
	unsigned *count;
	bool features;
};

static void add_pattern(struct reader *rd, const struct patterns *to,
			unsigned line, const char *text)
{
	char why[120] = "";

	for (unsigned i = 0; i < *to->count; i++) {
		if (!strcmp(to->list[i], text)) {
			reader_fault(rd, line,
				     "%s names \"%s\" twice. Take one out",
				     to->key, text);
			return;
		}
	}
	if (strlen(text) >= NUMBER_PATTERN_MAX)
		reader_fault(rd, line,
			     "%s: \"%.40s...\" is too long. A pattern has at "
			     "most %d bytes",
			     to->key, text, NUMBER_PATTERN_MAX - 1);
	else if (!number_pattern_check(text, to->features, why))
		reader_fault(rd, line,
			     "%s: \"%s\" is not a pattern: %s. Write digits, "
			     "x for any digit, [1-4] for some",
			     to->key, text, why);
	else if (emergency_hidden_by(text, &rd->cfg->numbering))
		reader_fault(rd, line,
			     "%s: \"%s\" can be an emergency number, bare or "
			     "after the outside prefix. Write patterns that "
			     "leave these numbers out",
			     to->key, text);
	else
		(void)span_copy(to->list[(*to->count)++], NUMBER_PATTERN_MAX,
				span_str(text));
}

static void read_patterns(struct reader *rd, const struct patterns *to)
{
	const config_setting_t *array = reader_many(rd, to->key);

	for (int i = 0; array && i < config_setting_length(array); i++) {
		const config_setting_t *one =
			config_setting_get_elem(array, (unsigned)i);

		add_pattern(rd, to, config_setting_source_line(one),
			    config_setting_get_string(one));
	}
}

static void read_all_patterns(struct reader *rd)
{
	struct number_settings *set = &rd->cfg->numbering;
	const struct patterns all[] = {
		{"numbering.internal", set->internal, &set->internal_count,
		 false},
		{"numbering.short", set->shorts, &set->short_count, false},
		{"numbering.features", set->features, &set->feature_count,
		 true},
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		read_patterns(rd, &all[i]);
}

/* Extensions of any usual length; emergency numbers are looked up first. */
static void default_internal(struct number_settings *set)
{
	static const char *const patterns[] = {"xx", "xxx", "xxxx", "xxxxx",
					       "xxxxxx"};

	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++)
		(void)span_copy(set->internal[set->internal_count++],
				NUMBER_PATTERN_MAX, span_str(patterns[i]));
}

/*
 * With a country, six digits may be a costly service: extensions are asked
 * for. Without one nothing leads outside.
 */
static void check_internal(struct reader *rd)
{
	static const char key[] = "numbering.internal";

	if (reader_has(rd, key))
		return;
	if (reader_has(rd, "numbering.country"))
		reader_fault(rd, reader_line(rd, key),
			     "%s is missing. List the patterns of your "
			     "extensions, such as [ \"[1-4]xxx\" ]; [ ] if "
			     "there are none",
			     key);
	else
		default_internal(&rd->cfg->numbering);
}

/* A user of that name could never be called. */
static void check_echo_user(struct reader *rd, const char *key)
{
	const struct registrar_settings *set = &rd->cfg->registrar;

	for (size_t i = 0; i < set->user_count; i++)
		if (!strcmp(set->users[i].name, rd->cfg->echo))
			reader_fault(rd, reader_line(rd, key),
				     "%s = \"%s\" is a user of this edge, who "
				     "could not be called. Write a number that "
				     "nobody has, such as *43",
				     key, rd->cfg->echo);
}

/* What the number meant before: a phone's or the PBX's own. */
static void check_echo_meaning(struct reader *rd, const char *key)
{
	struct number_settings plan = rd->cfg->numbering;
	const char *echo = rd->cfg->echo;
	struct number number = {0};
	struct verdict verdict;

	/* By the patterns alone: those that were written. */
	plan.country[0] = '\0';
	if (!reader_has(rd, "numbering.internal"))
		plan.internal_count = 0;
	verdict = number_read_dialled(&number, span_str(echo), &plan);
	if (!verdict_passes(&verdict) || !number.pattern[0])
		return;
	if (number.cls == NUMBER_FEATURE)
		reader_warn(
			rd, reader_line(rd, key),
			"%s = \"%s\" is in numbering.features too (\"%s\"): "
			"the edge answers it now, and not the PBX. Take it "
			"out of one of the two",
			key, echo, number.pattern);
	else
		reader_warn(rd, reader_line(rd, key),
			    "%s = \"%s\" is one of numbering.%s (\"%s\") too: "
			    "whoever dials it hears himself. Write a number "
			    "that nobody has, such as *43",
			    key, echo, number_class_name(number.cls),
			    number.pattern);
}

/* At the edge itself, before any rule: no number that anybody needs. */
static void read_echo(struct reader *rd)
{
	static const char key[] = "echo";
	const char *text = reader_text(rd, key);
	struct config *cfg = rd->cfg;

	if (!text)
		return;
	if (strspn(text, "0123456789*#") != strlen(text))
		reader_fault(rd, reader_line(rd, key),
			     "%s = \"%s\" is no number that a phone can dial. "
			     "Write digits, * and #, such as *43",
			     key, text);
	else if (emergency_is_dialled(span_str(text), &cfg->numbering))
		reader_fault(rd, reader_line(rd, key),
			     "%s = \"%s\" is an emergency number. Write "
			     "another, such as *43",
			     key, text);
	else
		(void)span_copy(cfg->echo, sizeof(cfg->echo), span_str(text));
	if (!cfg->echo[0])
		return;
	check_echo_user(rd, key);
	check_echo_meaning(rd, key);
}

void group_numbering(struct reader *rd)
{
	static const char country[] = "numbering.country";
	struct number_settings *set = &rd->cfg->numbering;

	reader_label(rd, set->where, "numbering", reader_line(rd, "numbering"));
	/* Patterns are judged by the country and the prefix. */
	read_country(rd);
	read_outside_prefix(rd);
	read_international(rd);
	read_all_patterns(rd);
	check_internal(rd);
	set->names_internal =
		!strcmp(reader_text(rd, "numbering.names"), "internal");
	if (!reader_has(rd, country) && reader_has(rd, "upstream"))
		reader_warn(rd, reader_line(rd, country),
			    "%s is not set, so calls outside are denied. Set "
			    "it to the country of this site, such as FR",
			    country);
	read_echo(rd);
}
