/* suites.c - media: which SRTP suites, and which of them some phones get wrong
 */
#include <string.h>

#include "groups.h"

/* The suite whose name begins like a mistyped one, best first. */
static const char *nearest_suite(const char *name)
{
	const char *best = suite_name(SUITE_AEAD_AES_256_GCM);
	size_t best_len = 0;

	for (int i = 0; i < SUITE_COUNT; i++) {
		const char *known = suite_name((enum suite)i);
		size_t len = 0;

		while (name[len] && name[len] == known[len])
			len++;
		if (len > best_len) {
			best_len = len;
			best = known;
		}
	}
	return best;
}

/* RFC 3711 7.5: a tag of 32 bits is for voice on narrow links only. */
static bool is_short_tag(const char *name)
{
	size_t len = strlen(name);

	return len > 3 && !strcmp(name + len - 3, "_32");
}

static void add_suite(struct reader *rd, unsigned line, struct span name)
{
	struct sdp_settings *sdp = &rd->cfg->sdp;
	char text[64];
	enum suite suite;

	span_copy(text, sizeof(text), name);
	if (!suite_find(name, &suite)) {
		reader_fault(rd, line,
			     "media.suites: \"%s\" is not an SRTP suite that "
			     "is served. Did you mean %s?",
			     text, nearest_suite(text));
		return;
	}
	for (unsigned i = 0; i < sdp->suite_count; i++) {
		if (sdp->suites[i] == suite) {
			reader_fault(rd, line,
				     "media.suites names %s twice. Take one "
				     "out",
				     text);
			return;
		}
	}
	if (is_short_tag(text))
		reader_warn(rd, line,
			    "media.suites: %s has an authentication tag of "
			    "only 32 bits. Use its _80 form unless a phone has "
			    "nothing else",
			    text);
	sdp->suites[sdp->suite_count++] = suite;
}

static void read_suites(struct reader *rd)
{
	static const char key[] = "media.suites";
	const config_setting_t *array = reader_many(rd, key);
	struct span rest = span_str(reader_text(rd, key));

	for (int i = 0; array && i < config_setting_length(array); i++) {
		const char *name = config_setting_get_string_elem(array, i);

		add_suite(rd, reader_line(rd, key), span_str(name));
	}
	while (!array && rest.len) {
		size_t end = span_find(rest, ' ');

		add_suite(rd, 0, span_of(rest.p, end));
		rest = span_skip(rest, end + 1);
	}
}

/* What is known to fail in the field; a list in the file takes its place. */
static void default_quirks(struct media_settings *set)
{
	static const struct media_quirk known[] = {
		/* agrees on AES_256_CM and sends what nobody can read */
		{"Zoiper", 1u << SUITE_AES_256_CM_HMAC_SHA1_80 |
				   1u << SUITE_AES_256_CM_HMAC_SHA1_32},
	};

	set->quirk_count = sizeof(known) / sizeof(known[0]);
	memcpy(set->quirks, known, sizeof(known));
}

/* The lines of a row, or none after a fault. */
static void read_without(struct reader *rd, const config_setting_t *list,
			 struct media_quirk *quirk)
{
	static const char key[] = "media.quirks[].without";

	for (int i = 0; i < config_setting_length(list); i++) {
		const char *name = config_setting_get_string_elem(list, i);
		enum suite suite;

		if (!suite_find(span_str(name), &suite))
			reader_fault(rd, config_setting_source_line(list),
				     "%s: \"%.60s\" is not an SRTP suite that "
				     "is served. Did you mean %s?",
				     key, name, nearest_suite(name));
		else
			quirk->without |= 1u << suite;
	}
}

static void add_quirk(struct reader *rd, const config_setting_t *row)
{
	struct media_settings *set = &rd->cfg->media;
	struct media_quirk *quirk = &set->quirks[set->quirk_count];
	const char *agent = reader_member(row, "media.quirks[].agent");
	const config_setting_t *without =
		reader_member_many(row, "media.quirks[].without");

	if (!config_setting_get_member(row, "agent") ||
	    !config_setting_get_member(row, "without"))
		reader_fault(rd, config_setting_source_line(row),
			     "media.quirks: a row names the phones and their "
			     "suites. Write both, as { agent = \"Zoiper\"; "
			     "without = [ \"AES_256_CM_HMAC_SHA1_80\" ]; }");
	if (!agent || !without)
		return; /* that, or the schema check said so */
	span_copy(quirk->agent, sizeof(quirk->agent), span_str(agent));
	read_without(rd, without, quirk);
	set->quirk_count++;
}

/* Without a suite a phone has no call at all, and the reason is far away. */
static void check_quirks(struct reader *rd, bool written)
{
	static const char key[] = "media.quirks";
	const struct config *cfg = rd->cfg;
	uint32_t suites = 0;

	for (unsigned i = 0; i < cfg->sdp.suite_count; i++)
		suites |= 1u << cfg->sdp.suites[i];
	for (unsigned i = 0; i < cfg->media.quirk_count && suites; i++) {
		const struct media_quirk *quirk = &cfg->media.quirks[i];

		if (suites & ~quirk->without)
			continue;
		if (written)
			reader_fault(rd, reader_line(rd, key),
				     "%s leaves \"%.63s\" none of "
				     "media.suites. Leave it one",
				     key, quirk->agent);
		else
			reader_warn(rd, reader_line(rd, "media.suites"),
				    "media.suites has nothing that works with "
				    "%.63s (see %s). Add "
				    "AES_CM_128_HMAC_SHA1_80 if you have it",
				    quirk->agent, key);
	}
}

static void read_quirks(struct reader *rd)
{
	const config_setting_t *list = reader_many(rd, "media.quirks");

	if (!list)
		default_quirks(&rd->cfg->media);
	for (int i = 0; list && i < config_setting_length(list); i++) {
		const config_setting_t *row =
			config_setting_get_elem(list, (unsigned)i);

		if (config_setting_is_group(row))
			add_quirk(rd, row); /* else the schema check said so */
	}
	check_quirks(rd, list);
}

void group_suites(struct reader *rd)
{
	read_suites(rd);
	read_quirks(rd);
}
