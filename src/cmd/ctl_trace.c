/* ctl_trace.c - rempart ctl trace: fetches the messages of a call again and
 * again; an edge never waits for who looks on */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "rempart/base/text.h"
#include "rempart/core/trace.h"

#include "ctl_show.h"

enum {
	EXIT_TOLD = 0,
	EXIT_FAILED = 1,
	QUESTION_MAX = 256,
	FETCH_MS = 300,
	US_PER_MS = 1000,
	US_PER_S = 1000000,
	NS_PER_MS = 1000000,
};

struct row {
	uint64_t ts_us;
	struct span direction, peer, message;
};

static bool read_row(struct row *row, struct span line)
{
	struct span ts;

	return ctl_take_cell(&line, &ts) &&
	       ctl_take_cell(&line, &row->direction) &&
	       ctl_take_cell(&line, &row->peer) &&
	       ctl_take_cell(&line, &row->message) &&
	       !span_u64(ts, UINT64_MAX, &row->ts_us);
}

static void print_time(uint64_t ts_us)
{
	time_t seconds = (time_t)(ts_us / US_PER_S);
	char buf[32] = "";
	struct tm tm;

	if (gmtime_r(&seconds, &tm))
		(void)strftime(buf, sizeof(buf), "%Y-%m-%dT%H:%M:%S", &tm);
	printf("%s.%03uZ", buf, (unsigned)(ts_us % US_PER_S / US_PER_MS));
}

static void print_people(const struct row *row)
{
	struct span rest = row->message;

	fputs("---- ", stdout);
	print_time(row->ts_us);
	fputs(span_eq(row->direction, SPAN("in")) ? " from " : " to ", stdout);
	ctl_put_plain(row->peer);
	putchar('\n');
	while (rest.len) {
		size_t end = span_find(rest, TRACE_LINE_END);

		if (end)
			ctl_put_plain(span_of(rest.p, end));
		putchar('\n');
		rest = span_skip(rest, end + 1);
	}
}

static void print_json(const struct row *row)
{
	size_t len = row->message.len;
	size_t cap = 6 * len + 3;
	char *copy = malloc(len ? len : 1), *buf = malloc(cap);
	struct text txt = text_init(buf, cap);

	for (size_t i = 0; copy && i < len; i++)
		copy[i] = row->message.p[i] == TRACE_LINE_END
				  ? '\n'
				  : row->message.p[i];
	if (copy && buf) {
		text_json(&txt, span_of(copy, len));
		fputs("{\"ts\":\"", stdout);
		print_time(row->ts_us);
		printf("\",\"direction\":\"%.*s\",\"peer\":\"%.*s\","
		       "\"message\":%.*s}\n",
		       (int)row->direction.len, row->direction.p,
		       (int)row->peer.len, row->peer.p, (int)txt.len, txt.p);
	}
	free(copy);
	free(buf);
}

/* 0, EPIPE when the trace is over, or what ctl_open() says. */
static int print_answer(const char *answer, bool json, uint64_t *lost)
{
	struct span first, rest, line, word;
	int err = ctl_open(answer, &first, &rest);
	bool over = false;
	struct row row;

	if (err)
		return err;
	while (ctl_take_cell(&first, &word)) {
		over |= span_eq(word, SPAN("over"));
		(void)!span_u64(word, UINT64_MAX, lost);
	}
	(void)ctl_take_line(&rest, &line); /* the heading */
	while (ctl_take_line(&rest, &line)) {
		if (!read_row(&row, line))
			continue;
		if (json)
			print_json(&row);
		else
			print_people(&row);
	}
	fflush(stdout);
	return over ? EPIPE : 0;
}

/* The number of the trace. */
static int start(const char *path, const char *call, struct span *id,
		 char **answer)
{
	char question[QUESTION_MAX];
	struct span first, rest;
	int err, len = snprintf(question, sizeof(question), "trace start %s\n",
				call);

	if (len >= QUESTION_MAX) {
		fputs("rempart ctl: this Call-ID is too long: name the call by "
		      "its ID\n",
		      stderr);
		return EINVAL;
	}
	err = ctl_ask(path, question, answer);
	if (!err)
		err = ctl_open(*answer, &first, &rest);
	if (!err && !ctl_take_line(&rest, id))
		err = EPROTO;
	return err;
}

static int fetch(const char *path, struct span id, bool json, uint64_t *lost)
{
	char question[QUESTION_MAX], *answer = NULL;
	int err;

	snprintf(question, sizeof(question), "trace next %.*s\n", (int)id.len,
		 id.p);
	err = ctl_ask(path, question, &answer);
	if (!err)
		err = print_answer(answer, json, lost);
	free(answer);
	return err;
}

static void stop(const char *path, struct span id)
{
	char question[QUESTION_MAX], *answer = NULL;

	snprintf(question, sizeof(question), "trace stop %.*s\n", (int)id.len,
		 id.p);
	(void)!ctl_ask(path, question, &answer);
	free(answer);
}

int ctl_trace(const char *path, const char *call, bool json)
{
	const struct timespec pause = {0, FETCH_MS * (long)NS_PER_MS};
	char *answer = NULL;
	struct span id = {0};
	sigset_t signals;
	uint64_t lost = 0;
	int err;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &signals, NULL);
	err = start(path, call, &id, &answer);
	if (err) {
		free(answer);
		return EXIT_FAILED;
	}
	fputs("tracing; Ctrl-C ends it\n", stderr);
	do {
		err = fetch(path, id, json, &lost);
	} while (!err && sigtimedwait(&signals, NULL, &pause) < 0);
	if (!err) {
		(void)!fetch(path, id, json, &lost);
		stop(path, id);
	} else if (err == EPIPE) {
		fprintf(stderr,
			"the trace is over: %d messages or %d minutes\n",
			TRACE_MESSAGES_MAX, TRACE_S / 60);
		stop(path, id);
	}
	if (lost)
		fprintf(stderr, "%llu messages found no room\n",
			(unsigned long long)lost);
	free(answer);
	return err && err != EPIPE ? EXIT_FAILED : EXIT_TOLD;
}
