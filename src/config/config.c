/* config.c - from a file to one immutable struct config, or to its faults */
#include <assert.h>
#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "rempart/config/config.h"
#include "rempart/base/text.h"
#include "groups.h"
#include "problems.h"
#include "reader.h"

/*
 * An include could pull in any file that this process may read, and libconfig
 * opens it while it parses: so it is looked for first. Whatever libconfig may
 * take for a line's end or blank counts as such; a comment that looks like an
 * include is refused too.
 */
static unsigned include_line(const char *text)
{
	unsigned line = 1;

	for (const char *p = text; *p; line++) {
		p += strspn(p, " \t\r\f\v");
		if (!strncasecmp(p, "@include", 8))
			return line;
		p += strcspn(p, "\n\r\f\v");
		/* Only a line feed counts in line numbers. */
		line -= *p && *p != '\n';
		p += *p != '\0';
	}
	return 0;
}

static int hash_text(char dst[static 17], const char *text)
{
	unsigned char md[EVP_MAX_MD_SIZE];

	if (!EVP_Digest(text, strlen(text), md, NULL, EVP_sha256(), NULL))
		return EIO;

	struct text out = text_init(dst, 16);

	text_hex(&out, md, 8);
	dst[16] = '\0';
	return 0;
}

/* What no single group can see. */
static void check_together(struct reader *rd)
{
	bool upstream = reader_has(rd, "upstream");
	bool registrar = reader_has(rd, "registrar");

	if (upstream && registrar)
		reader_fault(rd, reader_line(rd, "registrar"),
			     "the registrar serves without an upstream only. "
			     "Take one of the two groups out");
	if (!upstream && !registrar && !rd->cfg->demo)
		reader_fault(rd, 0,
			     "there is neither an upstream nor a registrar, so "
			     "no call could go anywhere. Add an upstream group "
			     "for your PBX, or a registrar with users");
	if (!reader_has(rd, "listen") && !rd->cfg->demo)
		reader_fault(rd, 0,
			     "there is no listen group. Add listen = { phones "
			     "= { certificate = \"...\"; key = \"...\"; }; };");
}

static int fill(struct reader *rd)
{
	reader_check_schema(rd);
	check_together(rd);
	if (reader_has(rd, "listen") || rd->cfg->demo)
		group_listen(rd);
	group_upstream(rd);

	int err = group_registrar(rd);

	if (err)
		return err;
	group_suites(rd);
	group_media(rd);
	group_numbering(rd);
	err = group_dial(rd);
	if (err)
		return err;
	group_limits(rd);
	group_rest(rd);
	return rd->problems->faults ? EINVAL : 0;
}

static void fault_syntax(struct reader *rd)
{
	const char *what = config_error_text(&rd->tree);
	int line = config_error_line(&rd->tree);
	const char *todo = "Look for a missing quote, brace or semicolon there "
			   "or on the line before";

	if (what && strstr(what, "duplicate"))
		todo = "Take one of the two out";
	else if (what && strstr(what, "mismatched"))
		todo = "Write all entries of [ ... ] in one form";
	reader_fault(rd, line > 0 ? (unsigned)line : 0, "%s. %s",
		     what ? what : "syntax error", todo);
}

static int parse(struct reader *rd, const char *text)
{
	unsigned include = include_line(text);

	if (include) {
		reader_fault(rd, include,
			     "@include is not served: one file is the whole "
			     "configuration. Copy the other file's lines here");
		return EINVAL;
	}

	int err = hash_text(rd->cfg->hash, text);

	if (err) {
		reader_fault(rd, 0,
			     "SHA-256 cannot be computed. Check the "
			     "OpenSSL installation and its providers");
		return EINVAL;
	}
	if (!config_read_string(&rd->tree, text)) {
		fault_syntax(rd);
		return EINVAL;
	}
	return fill(rd);
}

int config_parse(struct config **out, const struct config_text *src,
		 struct config_problems *problems)
{
	assert(out && src->text && src->name && src->directory && problems);
	struct reader rd = {
		.name = src->name,
		.directory = src->directory,
		.cfg = calloc(1, sizeof(*rd.cfg)),
		.problems = problems,
		.now_s = src->now_s ? src->now_s : (uint64_t)time(NULL),
	};
	int err;

	problems->count = 0;
	problems->faults = 0;
	if (!rd.cfg)
		return ENOMEM;
	rd.cfg->demo = src->demo;
	if (!src->demo)
		span_copy(rd.cfg->file, sizeof(rd.cfg->file),
			  span_str(src->name));
	config_init(&rd.tree);
	err = parse(&rd, src->text);
	config_destroy(&rd.tree);
	if (err) {
		config_free(rd.cfg);
		assert(err != EINVAL || problems->faults);
		return err;
	}
	*out = rd.cfg;
	return 0;
}

static void free_dial(struct dial_settings *dial)
{
	for (unsigned i = 0; i < dial->list_count; i++) {
		struct dial_list *list = &dial->lists[i];

		for (unsigned j = 0; j < list->rule_count; j++)
			free(list->rules[j].matches);
		free(list->rules);
	}
	free(dial->lists);
	for (unsigned i = 0; i < dial->group_count; i++)
		free(dial->groups[i].users);
	free(dial->groups);
}

void config_free(struct config *cfg)
{
	if (!cfg)
		return;
	if (cfg->registrar.users)
		OPENSSL_cleanse(cfg->registrar.users,
				cfg->registrar.user_count *
					sizeof(*cfg->registrar.users));
	free(cfg->registrar.users);
	free_dial(&cfg->dial);
	free(cfg);
}

/* ---- what is wrong, for people */

/* A value may be quoted in a text: it must not command a terminal. */
static void make_printable(char *text)
{
	for (; *text; text++) {
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			*text = '?';
	}
}

static void say_list_is_full(struct config_problems *problems)
{
	struct config_problem *last = &problems->list[CONFIG_PROBLEMS_MAX - 1];

	if (last->warning)
		problems->faults++;
	last->warning = false;
	last->line = 0;
	snprintf(last->text, sizeof(last->text),
		 "there are more faults than are shown. Mend these first");
}

void problems_add(struct config_problems *problems, bool warning,
		  const char *file, unsigned line, const char *text)
{
	if (problems->count == CONFIG_PROBLEMS_MAX) {
		if (!warning)
			say_list_is_full(problems);
		return;
	}

	struct config_problem *problem = &problems->list[problems->count++];

	problem->warning = warning;
	problem->line = line;
	snprintf(problem->file, sizeof(problem->file), "%s", file);
	snprintf(problem->text, sizeof(problem->text), "%s", text);
	make_printable(problem->text);
	problems->faults += !warning;
}

void config_print_problems(FILE *out, const struct config_problems *problems)
{
	for (unsigned i = 0; i < problems->count; i++) {
		const struct config_problem *problem = &problems->list[i];

		fprintf(out, "%s:", problem->file);
		if (problem->line)
			fprintf(out, "%u:", problem->line);
		fprintf(out, " %s: %s\n",
			problem->warning ? "warning" : "error", problem->text);
	}
}
