/* check.c - rempart check: is this configuration file fit to run? */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rempart/base/text.h"
#include "rempart/cmd/commands.h"
#include "rempart/config/config.h"
#include "rempart/door/tls.h"

enum {
	EXIT_FIT = 0,
	EXIT_UNFIT = 1,
	EXIT_WRONG_USAGE = 2,
	/* The longest path or text, each byte escaped, in quotes. */
	JSON_BYTES = 6 * CONFIG_PATH_MAX + 3,
};

static void print_help(FILE *out)
{
	fputs("usage: rempart check FILE [--json]\n"
	      "       rempart check --keys\n"
	      "\n"
	      "Reads a configuration file and its certificates as rempart run\n"
	      "does, and prints every fault and warning with file and line.\n"
	      "Nothing is started and nothing is changed.\n"
	      "\n"
	      "  --json   print one JSON object instead of lines\n"
	      "  --keys   print every key: name, type, range, default and "
	      "help,\n"
	      "           separated by tabs\n"
	      "  --help   print this text\n"
	      "\n"
	      "Exit status: 0 the file is fit to run, 1 it is not, 2 wrong "
	      "usage.\n",
	      out);
}

static void put_json(const char *str)
{
	char buf[JSON_BYTES];
	struct text txt = text_init(buf, sizeof(buf));

	text_json(&txt, span_str(str));
	if (txt.full)
		fputs("\"\"", stdout);
	else
		fwrite(txt.p, 1, txt.len, stdout);
}

static void print_json(const char *file, const char *hash,
		       const struct config_problems *problems)
{
	fputs("{\"file\":", stdout);
	put_json(file);
	printf(",\"fit\":%s,\"config\":", problems->faults ? "false" : "true");
	if (hash[0])
		put_json(hash);
	else
		fputs("null", stdout);
	fputs(",\"problems\":[", stdout);
	for (unsigned i = 0; i < problems->count; i++) {
		const struct config_problem *problem = &problems->list[i];

		printf("%s{\"kind\":\"%s\",\"file\":", i ? "," : "",
		       problem->warning ? "warning" : "error");
		put_json(problem->file);
		printf(",\"line\":%u,\"text\":", problem->line);
		put_json(problem->text);
		putchar('}');
	}
	puts("]}");
}

static void print_lines(const char *file, const char *hash,
			const struct config_problems *problems)
{
	config_print_problems(stderr, problems);
	if (problems->faults)
		fprintf(stderr, "%s: not fit to run, %u error%s\n", file,
			problems->faults, problems->faults == 1 ? "" : "s");
	else
		printf("%s: fit to run, configuration %s\n", file, hash);
}

/* The configuration, then its certificates. */
static int check_file(const char *file, bool json,
		      struct config_problems *problems)
{
	struct config *cfg = NULL;
	struct door_tls *tls = NULL;
	char hash[sizeof(cfg->hash)] = "";
	int err = config_load(&cfg, file, problems);

	if (!err) {
		memcpy(hash, cfg->hash, sizeof(hash));
		err = door_tls_load(&tls, cfg, problems);
		if (!err)
			door_tls_unref(tls);
		config_free(cfg);
	}
	if (err && !problems->faults) {
		fprintf(stderr, "rempart check: %s: %s\n", file, strerror(err));
		return EXIT_UNFIT;
	}
	if (json)
		print_json(file, hash, problems);
	else
		print_lines(file, hash, problems);
	return problems->faults ? EXIT_UNFIT : EXIT_FIT;
}

static int check(const char *file, bool json)
{
	struct config_problems *problems = calloc(1, sizeof(*problems));
	int status;

	if (!problems) {
		perror("rempart check");
		return EXIT_UNFIT;
	}
	status = check_file(file, json, problems);
	free(problems);
	return status;
}

int command_check(int argc, char **argv)
{
	enum { OPT_JSON = 256, OPT_KEYS, OPT_HELP };
	static const struct option options[] = {
		{"json", no_argument, NULL, OPT_JSON},
		{"keys", no_argument, NULL, OPT_KEYS},
		{"help", no_argument, NULL, OPT_HELP},
		{NULL, 0, NULL, 0},
	};
	bool json = false, keys = false;
	int opt;

	optind = 0; /* main may have read options of its own */
	while ((opt = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (opt) {
		case OPT_JSON:
			json = true;
			break;
		case OPT_KEYS:
			keys = true;
			break;
		case OPT_HELP:
		case 'h':
			print_help(stdout);
			return EXIT_FIT;
		default:
			print_help(stderr);
			return EXIT_WRONG_USAGE;
		}
	}
	if (keys && optind == argc && !json) {
		config_print_schema(stdout);
		return EXIT_FIT;
	}
	if (keys || optind != argc - 1) {
		print_help(stderr);
		return EXIT_WRONG_USAGE;
	}
	return check(argv[optind], json);
}
