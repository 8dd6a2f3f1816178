/* explain.c - rempart explain: may this user dial this number, and why? */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "rempart/base/text.h"
#include "rempart/cmd/commands.h"
#include "rempart/config/config.h"
#include "rempart/policy/dial.h"
#include "rempart/sip/uri.h"

enum {
	EXIT_SAID = 0,
	EXIT_UNFIT = 1,
	EXIT_WRONG_USAGE = 2,
	/* The longest text of a decision or argument, each byte escaped. */
	VALUE_MAX = 512,
	JSON_BYTES = 6 * VALUE_MAX + 3,
};

struct question {
	const char *file, *user, *to;
	bool json;
};

static void print_help(FILE *out)
{
	fputs("usage: rempart explain --config FILE --user USER --to NUMBER "
	      "[--json]\n"
	      "\n"
	      "Says whether a user may dial a number, and each rule that was\n"
	      "tried. Nothing is dialled; the edge need not run.\n"
	      "\n"
	      "  --config FILE  the configuration\n"
	      "  --user USER    the caller, as registered\n"
	      "  --to NUMBER    as dialled, or a sip:, sips:, tel: or urn: "
	      "URI\n"
	      "  --json         print one JSON object instead of lines\n"
	      "  --help         print this text\n"
	      "\n"
	      "Exit status: 0 the decision is printed, 1 the file is not fit, "
	      "2 wrong\n"
	      "usage.\n",
	      out);
}

static void put_member(const char *name, const char *value)
{
	char buf[JSON_BYTES];
	struct text txt = text_init(buf, sizeof(buf));

	text_json(&txt, span_str(value));
	printf(",\"%s\":", name);
	if (txt.full)
		fputs("\"\"", stdout);
	else
		fwrite(txt.p, 1, txt.len, stdout);
}

static const char *verdict_word(const struct dial_decision *decision)
{
	return verdict_passes(&decision->verdict) ? "allow" : "deny";
}

static void print_json(const struct dial_decision *decision,
		       const struct question *asked)
{
	const struct number *number = &decision->number;

	printf("{\"verdict\":\"%s\"", verdict_word(decision));
	put_member("reason", reason_name(decision->verdict.reason));
	put_member("rule", decision->rule);
	put_member("e164", number->e164);
	put_member("country", number->country);
	put_member("class", number_class_name(number->cls));
	put_member("user", asked->user);
	put_member("to", asked->to);
	put_member("group", decision->group);
	put_member("detail", decision->verdict.detail);
	printf(",\"code\":%u,\"observed\":%s,\"feature\":%s}\n",
	       decision->verdict.sip_code,
	       decision->observed ? "true" : "false",
	       decision->feature ? "true" : "false");
}

static void print_line(const char *name, const char *value)
{
	printf("%-8s %s\n", name, value[0] ? value : "-");
}

static void print_step(const char *line, void *arg)
{
	(void)arg;
	printf("  %s\n", line);
}

/* What is read at a glance; the chain stands above it. */
static void print_people(const struct dial_decision *decision)
{
	const struct number *number = &decision->number;

	putchar('\n');
	print_line("verdict", verdict_word(decision));
	print_line("reason", reason_name(decision->verdict.reason));
	print_line("rule", decision->rule);
	print_line("e164", number->e164);
	print_line("country", number->country);
	print_line("class", number_class_name(number->cls));
}

/* A number is what stands in the user part of a phone's Request-URI. */
static int read_target(struct sip_uri *out, const char *to)
{
	static const char *const schemes[] = {"sip:", "sips:", "tel:", "urn:"};
	struct span text = span_str(to);

	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		if (span_istarts(text, span_str(schemes[i])))
			return sip_uri_parse(out, text);
	}
	*out = (struct sip_uri){
		.scheme = SIP_SCHEME_SIP,
		.text = text,
		.user = text,
	};
	return 0;
}

static int answer(const struct config *cfg, const struct question *asked)
{
	struct dial_decision decision;
	struct sip_uri target;

	if (read_target(&target, asked->to)) {
		fprintf(stderr, "rempart explain: %s: not a URI\n", asked->to);
		return EXIT_WRONG_USAGE;
	}

	const struct dial_call call = {
		.dial = &cfg->dial,
		.numbering = &cfg->numbering,
		.user = span_str(asked->user),
		.target = &target,
		.wall_s = (uint64_t)time(NULL),
	};

	if (asked->json) {
		dial_decide(&decision, &call);
		print_json(&decision, asked);
	} else {
		dial_explain(&decision, &call, print_step, NULL);
		print_people(&decision);
	}
	return EXIT_SAID;
}

static int explain(const struct question *asked)
{
	struct config_problems *problems = calloc(1, sizeof(*problems));
	struct config *cfg = NULL;

	if (!problems || !number_open()) {
		fputs("rempart explain: the tables of numbers cannot be "
		      "loaded\n",
		      stderr);
		free(problems);
		return EXIT_UNFIT;
	}

	int err = config_load(&cfg, asked->file, problems);
	int status = EXIT_UNFIT;

	if (!err)
		status = answer(cfg, asked);
	else if (problems->faults)
		config_print_problems(stderr, problems);
	else
		fprintf(stderr, "rempart explain: %s: %s\n", asked->file,
			strerror(err));
	config_free(cfg);
	free(problems);
	return status;
}

int command_explain(int argc, char **argv)
{
	enum { OPT_CONFIG = 256, OPT_USER, OPT_TO, OPT_JSON, OPT_HELP };
	static const struct option options[] = {
		{"config", required_argument, NULL, OPT_CONFIG},
		{"user", required_argument, NULL, OPT_USER},
		{"to", required_argument, NULL, OPT_TO},
		{"json", no_argument, NULL, OPT_JSON},
		{"help", no_argument, NULL, OPT_HELP},
		{NULL, 0, NULL, 0},
	};
	struct question asked = {.file = NULL};
	int opt;

	optind = 0; /* main may have read options of its own */
	while ((opt = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (opt) {
		case OPT_CONFIG:
			asked.file = optarg;
			break;
		case OPT_USER:
			asked.user = optarg;
			break;
		case OPT_TO:
			asked.to = optarg;
			break;
		case OPT_JSON:
			asked.json = true;
			break;
		case OPT_HELP:
		case 'h':
			print_help(stdout);
			return EXIT_SAID;
		default:
			print_help(stderr);
			return EXIT_WRONG_USAGE;
		}
	}
	if (!asked.file || !asked.user || !asked.to || optind != argc ||
	    strlen(asked.user) > VALUE_MAX || strlen(asked.to) > VALUE_MAX) {
		print_help(stderr);
		return EXIT_WRONG_USAGE;
	}
	return explain(&asked);
}
