/* log_show.c - rempart log show: the decision log for people */
#include "log_show.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "rempart/base/hash.h"
#include "rempart/base/text.h"
#include "rempart/observe/handshakes.h"
#include "rempart/observe/show.h"

enum {
	EXIT_SHOWN = 0,
	EXIT_FAULT = 1,
	EXIT_WRONG_USAGE = 2,
	/* A file that is no log would fill the screen. */
	FAULTS_SAID_MAX = 10,
};

struct showing {
	struct show_filter filter;
	bool json, handshakes;
	struct handshakes *set; /* NULL unless asked for */
	const char *name;	/* of the file that is read */
	uint64_t shown;
	uint64_t left_out; /* records whose address found the table full */
	uint64_t faults;   /* in this file */
	bool failed;
};

static void put_line(const struct text *line)
{
	fwrite(line->p, 1, line->len, stdout);
	putchar('\n');
}

static void show_record(struct showing *now, const struct read_record *rec)
{
	char buf[SHOW_ROW_MAX];
	struct text out = text_init(buf, sizeof(buf));

	if (now->json) {
		text_put(&out, rec->line);
		put_line(&out);
		return;
	}
	if (!now->shown) {
		show_heading(&out);
		put_line(&out);
		out.len = 0;
	}
	show_row(&out, rec);
	put_line(&out);
}

static void record_h(const struct read_record *rec, void *arg)
{
	struct showing *now = arg;

	if (!show_wants(&now->filter, rec))
		return;
	if (!now->set)
		show_record(now, rec);
	else if (!handshakes_add(now->set, rec))
		now->left_out++;
	now->shown++;
}

static void fault_h(uint64_t line, const char *why, void *arg)
{
	struct showing *now = arg;

	now->failed = true;
	if (now->faults++ < FAULTS_SAID_MAX)
		fprintf(stderr, "%s:%" PRIu64 ": %s\n", now->name, line, why);
}

static void show_file(struct showing *now, const char *name)
{
	const struct read_handlers handlers = {
		.record = record_h, .fault = fault_h, .arg = now};
	bool pipe = strcmp(name, "-") == 0;
	int err = 0;

	now->name = pipe ? "(standard input)" : name;
	now->faults = 0;
	FILE *in = pipe ? stdin : fopen(name, "rb");
	if (in)
		err = read_file(in, &handlers);
	else
		err = errno;
	if (in && !pipe)
		(void)fclose(in);
	if (now->faults > FAULTS_SAID_MAX)
		fprintf(stderr, "%s: %" PRIu64 " more lines are no records\n",
			now->name, now->faults - FAULTS_SAID_MAX);
	if (err) {
		fprintf(stderr, "%s: cannot be read: %s\n", now->name,
			strerror(err));
		now->failed = true;
	}
}

static void print_handshakes(struct showing *now)
{
	char buf[SHOW_ROW_MAX];
	struct text out = text_init(buf, sizeof(buf));
	size_t count = handshakes_count(now->set);

	handshakes_sort(now->set);
	if (count && !now->json) {
		handshakes_heading(&out);
		put_line(&out);
	}
	for (size_t i = 0; i < count; i++) {
		out.len = 0;
		if (now->json)
			handshakes_json(&out, handshakes_row(now->set, i));
		else
			handshakes_line(&out, handshakes_row(now->set, i));
		put_line(&out);
	}
	if (now->left_out)
		fprintf(stderr,
			"rempart: the list is full with %d addresses: %" PRIu64
			" records of others are left out; see fewer with "
			"--since or fewer files\n",
			HANDSHAKES_MAX, now->left_out);
	now->shown = count;
}

/* The value behind an option; NULL, and said, when there is none. */
static const char *value_of(int argc, char **argv, int *i)
{
	if (*i + 1 < argc && argv[*i + 1][0])
		return argv[++*i];
	fprintf(stderr, "rempart: %s needs a value\n", argv[*i]);
	return NULL;
}

static bool parse_since(struct show_filter *filter, const char *value)
{
	struct timespec now;

	if (!value)
		return false;
	/* The wall clock, as in records. */
	if (clock_gettime(CLOCK_REALTIME, &now))
		return false;
	uint64_t now_us =
		(uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
	if (!show_since(&filter->since_us, span_str(value), now_us))
		return true;
	fprintf(stderr,
		"rempart: --since \"%s\": 30s, 10m, 2h, 3d or a time such as "
		"2025-11-24T08:00:00Z is needed\n",
		value);
	return false;
}

static bool is_file(const char *arg)
{
	return arg[0] != '-' || !arg[1];
}

static bool parse_option(struct showing *now, int argc, char **argv, int *i)
{
	const char *name = argv[*i];

	if (strcmp(name, "--json") == 0)
		now->json = true;
	else if (strcmp(name, "--denied") == 0)
		now->filter.denied = true;
	else if (strcmp(name, "--handshakes") == 0)
		now->handshakes = true;
	else if (strcmp(name, "--user") == 0)
		return (now->filter.user = value_of(argc, argv, i)) != NULL;
	else if (strcmp(name, "--call") == 0)
		return (now->filter.call_id = value_of(argc, argv, i)) != NULL;
	else if (strcmp(name, "--since") == 0)
		return parse_since(&now->filter, value_of(argc, argv, i));
	else {
		fprintf(stderr, "rempart: unknown option \"%s\"\n", name);
		return false;
	}
	return true;
}

/* Moves the names of files to the front of argv and counts them; -1: wrong
 * usage. */
static int parse(struct showing *now, int argc, char **argv)
{
	int files = 0;

	for (int i = 1; i < argc; i++) {
		if (is_file(argv[i]))
			argv[files++] = argv[i];
		else if (!parse_option(now, argc, argv, &i))
			return -1;
	}
	if (files)
		return files;
	fprintf(stderr, "rempart: which file? \"-\" is the standard input\n");
	return -1;
}

static int open_handshakes(struct showing *now)
{
	uint8_t key[HASH_KEY_BYTES];

	if (!now->handshakes)
		return 0;
	if (getrandom(key, sizeof(key), 0) != sizeof(key))
		return EIO;
	return handshakes_open(&now->set, key);
}

int log_show(int argc, char **argv)
{
	struct showing now = {0};
	int files = parse(&now, argc, argv);

	if (files < 0)
		return EXIT_WRONG_USAGE;
	int err = open_handshakes(&now);
	if (err) {
		fprintf(stderr, "rempart: no table of addresses: %s\n",
			strerror(err));
		return EXIT_FAULT;
	}
	/* Behind a pipe somebody may be watching. */
	for (int i = 0; i < files; i++)
		if (strcmp(argv[i], "-") == 0)
			(void)setvbuf(stdout, NULL, _IOLBF, 0);
	for (int i = 0; i < files; i++)
		show_file(&now, argv[i]);
	if (now.set)
		print_handshakes(&now);
	handshakes_close(now.set);
	if (!now.shown && !now.json)
		fprintf(stderr,
			now.handshakes ? "no handshake\n" : "no record\n");
	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, "rempart: cannot write: %s\n", strerror(errno));
		return EXIT_FAULT;
	}
	return now.failed ? EXIT_FAULT : EXIT_SHOWN;
}
