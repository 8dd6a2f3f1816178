/* log.c - rempart log: verifies the decision log, or shows it (log_show.c) */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "log_show.h"
#include "rempart/base/text.h"
#include "rempart/cmd/commands.h"
#include "rempart/observe/verify.h"

enum {
	EXIT_WHOLE = 0,
	EXIT_BROKEN = 1,
	EXIT_USAGE = 2,
	/* A path or a message, each byte escaped; a longer path is not one
	 * that the kernel opens. */
	JSON_BYTES = 6 * 4096 + 2,
};

/* What the files so far amount to: several files are one chain. */
struct total {
	bool json;
	bool broken;
	bool started;	  /* a file before this one held records */
	bool joinable;	  /* ... and its end is known */
	const char *last; /* the name of that file */
	uint64_t records;
	uint64_t first_seq, last_seq;
	char last_hash[65];
	unsigned files; /* printed */
};

static int usage(FILE *out)
{
	fputs("usage: rempart log verify FILE [FILE...] [--json]\n"
	      "       rempart log show [OPTIONS] FILE [FILE...]\n"
	      "\n"
	      "verify: names the first record that was altered, is missing or\n"
	      "misplaced. Files in the order in which they were written, such "
	      "as\n"
	      "decisions-*.log decisions.log\n"
	      "\n"
	      "show: prints the records, files in the order given, \"-\" for\n"
	      "the standard input.\n"
	      "\n"
	      "  --user USER    only records of this user\n"
	      "  --call ID      only records with this Call-ID\n"
	      "  --denied       only what was denied or dropped\n"
	      "  --since WHEN   not older: 30s, 10m, 2h, 3d, or a time such "
	      "as\n"
	      "                 2025-11-24T08:00:00Z\n"
	      "  --handshakes   instead, one line for each address: TLS "
	      "versions\n"
	      "                 offered, reasons refused, last seen\n"
	      "  --json         the records as they stand in the file; one "
	      "JSON\n"
	      "                 object a line for --handshakes\n"
	      "\n"
	      "Exit status: 0 whole, or all shown; 1 not whole, a line that "
	      "is\n"
	      "no record, or a file that cannot be read; 2 wrong usage.\n",
	      out);
	return out == stdout ? EXIT_WHOLE : EXIT_USAGE;
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

static void print_json(struct total *total, const char *name,
		       const struct verify_result *res)
{
	fputs(total->files ? ",{\"file\":" : "{\"files\":[{\"file\":", stdout);
	put_json(name);
	printf(",\"lines\":%" PRIu64 ",\"first_seq\":%" PRIu64
	       ",\"last_seq\":%" PRIu64 ",\"whole\":%s",
	       res->lines, res->first_seq, res->last_seq,
	       res->what[0] ? "false" : "true");
	if (res->what[0]) {
		printf(",\"bad_line\":%" PRIu64 ",\"what\":", res->bad_line);
		put_json(res->what);
	}
	putchar('}');
}

static void print_file(struct total *total, const char *name,
		       const struct verify_result *res)
{
	if (total->json)
		print_json(total, name, res);
	else if (res->what[0] && res->bad_line)
		fprintf(stderr, "%s:%" PRIu64 ": %s\n", name, res->bad_line,
			res->what);
	else if (res->what[0])
		fprintf(stderr, "%s: %s\n", name, res->what);
	else if (res->lines)
		printf("%s: whole, records %" PRIu64 "-%" PRIu64 "\n", name,
		       res->first_seq, res->last_seq);
	else
		printf("%s: empty\n", name);
	total->files++;
}

static void print_total(const struct total *total)
{
	if (total->json) {
		printf("],\"whole\":%s,\"records\":%" PRIu64
		       ",\"first_seq\":%" PRIu64 ",\"last_seq\":%" PRIu64
		       ",\"last_hash\":\"%s\"}\n",
		       total->broken ? "false" : "true", total->records,
		       total->first_seq, total->last_seq, total->last_hash);
		return;
	}
	if (total->broken)
		fprintf(stderr, "the log is NOT whole\n");
	else
		printf("the log is whole: %" PRIu64 " records, last hash %s\n",
		       total->records,
		       total->records ? total->last_hash : "none");
}

/* Whether a file goes on where the one before it ended. */
static void check_join(const struct total *total, struct verify_result *res)
{
	const uint64_t next = total->last_seq + 1;
	char *what = res->what;
	const size_t cap = sizeof(res->what);

	if (!total->joinable || !res->first_seq)
		return;
	if (res->first_seq == next + 1)
		(void)snprintf(what, cap,
			       "record %" PRIu64 " is missing before this file",
			       next);
	else if (res->first_seq > next)
		(void)snprintf(what, cap,
			       "records %" PRIu64 "-%" PRIu64
			       " are missing before this file",
			       next, res->first_seq - 1);
	else if (res->first_seq < next)
		(void)snprintf(what, cap,
			       "record %" PRIu64 " stands after %" PRIu64
			       ", the last of %.120s",
			       res->first_seq, total->last_seq, total->last);
	else if (strcmp(res->first_prev, total->last_hash) != 0)
		(void)snprintf(what, cap,
			       "record %" PRIu64 " does not follow %" PRIu64
			       ", the last of %.120s: one of them was altered "
			       "and hashed again",
			       res->first_seq, total->last_seq, total->last);
	else
		return;
	res->bad_line = 1;
}

static void add_file(struct total *total, const char *name,
		     const struct verify_result *res)
{
	if (res->what[0])
		total->broken = true;
	total->records += res->lines;
	if (!res->lines && !res->what[0])
		return; /* empty, as after a rotation: the chain goes past it */

	/* After a fault the end is not known to be the end. */
	total->joinable = !res->what[0];
	total->last = name;
	if (!res->first_seq)
		return;
	if (!total->started)
		total->first_seq = res->first_seq;
	total->started = true;
	total->last_seq = res->last_seq;
	memcpy(total->last_hash, res->last_hash, sizeof(total->last_hash));
}

static void check_file(struct total *total, const char *name)
{
	struct verify_result res = {0};
	int err = 0;

	FILE *in = fopen(name, "rb");
	if (in) {
		err = verify_file(in, &res);
		(void)fclose(in);
	} else {
		err = errno;
	}
	if (err)
		(void)snprintf(res.what, sizeof(res.what), "cannot be read: %s",
			       strerror(err));
	/* Also where a fault stands further down: this one is before it. */
	check_join(total, &res);
	print_file(total, name, &res);
	add_file(total, name, &res);
}

static int verify(int argc, char **argv)
{
	struct total total = {0};
	int files = 0;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0)
			total.json = true;
		else if (argv[i][0] == '-')
			return usage(stderr);
		else
			files++;
	}
	if (!files)
		return usage(stderr);

	for (int i = 1; i < argc; i++) {
		if (argv[i][0] != '-')
			check_file(&total, argv[i]);
	}
	print_total(&total);
	/* A verdict that could not be written down is none. */
	if (fflush(stdout) || ferror(stdout))
		return EXIT_BROKEN;
	return total.broken ? EXIT_BROKEN : EXIT_WHOLE;
}

static bool asks_for_help(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "--help") == 0)
			return true;
	return false;
}

int command_log(int argc, char **argv)
{
	if (asks_for_help(argc, argv))
		return usage(stdout);
	if (argc > 1 && strcmp(argv[1], "verify") == 0)
		return verify(argc - 1, argv + 1);
	if (argc > 1 && strcmp(argv[1], "show") == 0) {
		int status = log_show(argc - 1, argv + 1);
		return status == EXIT_USAGE ? usage(stderr) : status;
	}
	return usage(stderr);
}
