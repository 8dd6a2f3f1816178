/* scribe.c - the thread that writes down every decision */
#include "rempart/observe/scribe.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "rempart/base/ring.h"
#include "rempart/observe/line.h"

enum {
	WHY_MAX = 256,
	/* While records come in, one nap a drain costs less than one wake-up
	 * a record. */
	NAP_MS = 20,
	RETRY_MS = 1000,
	SYNC_US = 1000000,
	SAY_US = 60000000,
	/* PIPE_BUF: a pipe that polls as writable takes this much at once. */
	CONSOLE_BYTES = 4096,
	CONSOLE_LINE_BYTES = 640,
};

struct scribe {
	struct ring *ring;
	struct log *log;
	uint64_t next_seq; /* the producer's own */
	pthread_t thread;
	int stop_fd;
	atomic_bool stop;

	/* from here on the thread's own */
	bool console;
	bool failing; /* the last write was refused */
	bool dirty;   /* written since the last sync */
	bool said;
	uint64_t sync_at_us;
	uint64_t said_us;
	struct text lines; /* for the console */
	char buf[CONSOLE_BYTES];
};

static uint64_t now_us(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

/* ---- console */

/*
 * The log is what counts: a terminal that is held, a pipe that nobody reads
 * or that is closed must not stop it. What finds no room at once is dropped.
 */
static void console_flush(struct scribe *scribe)
{
	struct pollfd pfd = {.fd = STDOUT_FILENO, .events = POLLOUT};
	struct span out = text_span(&scribe->lines);

	if (!out.len)
		return;
	if (poll(&pfd, 1, 0) == 1 && (pfd.revents & POLLOUT)) {
		ssize_t n = write(STDOUT_FILENO, out.p, out.len);
		if (n < 0 && errno != EINTR && errno != EAGAIN)
			scribe->console = false;
	} else if (pfd.revents & (POLLERR | POLLHUP | POLLNVAL)) {
		scribe->console = false;
	}
	scribe->lines = text_init(scribe->buf, sizeof(scribe->buf));
}

static void console_line(struct scribe *scribe, const struct record *rec)
{
	char buf[CONSOLE_LINE_BYTES];
	struct text line = text_init(buf, sizeof(buf) - 1);

	if (!scribe->console)
		return;
	line_human(&line, rec);
	buf[line.len++] = '\n'; /* the byte that text_init() was not given */
	if (line.len > scribe->lines.cap - scribe->lines.len)
		console_flush(scribe);
	text_put(&scribe->lines, text_span(&line));
}

/* ---- the thread */

/* Standard error, as the log itself is what fails. */
static void complain(struct scribe *scribe, const char *what, int err)
{
	uint64_t now = now_us();

	if (scribe->said && now - scribe->said_us < SAY_US)
		return;
	scribe->said = true;
	scribe->said_us = now;
	fprintf(stderr,
		"rempart: the decision log cannot be %s: %s; it is tried "
		"again each second, and new calls are refused when %d "
		"records wait\n",
		what, strerror(err), SCRIBE_SLOTS);
}

/* Returns how many records went to the log; at most one ring full a turn, so
 * that the sync has its turn. */
static unsigned drain(struct scribe *scribe)
{
	unsigned written = 0;
	int err = 0;

	while (written < SCRIBE_SLOTS) {
		const struct record *rec = ring_peek(scribe->ring);
		if (!rec)
			break;
		err = log_write(scribe->log, rec);
		if (err)
			break;
		console_line(scribe, rec);
		ring_release(scribe->ring);
		written++;
	}
	console_flush(scribe);

	if (written && !scribe->dirty) {
		scribe->dirty = true;
		scribe->sync_at_us = now_us() + SYNC_US;
	}
	scribe->failing = err != 0;
	if (err)
		complain(scribe, "written", err);
	return written;
}

static void sync_when_due(struct scribe *scribe)
{
	if (!scribe->dirty || now_us() < scribe->sync_at_us)
		return;
	int err = log_sync(scribe->log);
	if (err) {
		complain(scribe, "synced to disk", err);
		scribe->sync_at_us = now_us() + SYNC_US;
		return;
	}
	scribe->dirty = false;
	if (scribe->said && !scribe->failing) {
		fprintf(stderr, "rempart: the decision log is written again\n");
		scribe->said = false;
	}
}

/* Nothing to do but the sync: until then, or until a record comes. */
static int sleep_ms(const struct scribe *scribe)
{
	uint64_t now = now_us();

	if (!scribe->dirty)
		return -1;
	if (now >= scribe->sync_at_us)
		return 0;
	return (int)((scribe->sync_at_us - now) / 1000 + 1);
}

static void rest(struct scribe *scribe, unsigned written)
{
	struct pollfd fds[2] = {
		{.fd = scribe->stop_fd, .events = POLLIN},
		{.fd = ring_fd(scribe->ring), .events = POLLIN},
	};

	if (scribe->failing) {
		(void)poll(fds, 1, RETRY_MS);
	} else if (written) {
		(void)poll(fds, 1, NAP_MS);
	} else if (ring_sleep(scribe->ring)) {
		(void)poll(fds, 2, sleep_ms(scribe));
		ring_awake(scribe->ring);
	}
}

static void *run(void *arg)
{
	struct scribe *scribe = arg;
	bool stop;

	do {
		/* Asked before the drain: what was committed before the stop
		 * is then in the ring. */
		stop = atomic_load(&scribe->stop);
		unsigned written = drain(scribe);
		sync_when_due(scribe);
		if (!stop)
			rest(scribe, written);
	} while (!stop);
	return NULL;
}

/* Signals belong to the main thread, and SIGPIPE would kill us for a closed
 * standard output. */
static int start_thread(struct scribe *scribe)
{
	sigset_t all, before;

	sigfillset(&all);
	int err = pthread_sigmask(SIG_SETMASK, &all, &before);
	if (err)
		return err;
	err = pthread_create(&scribe->thread, NULL, run, scribe);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return err;
}

static void free_scribe(struct scribe *scribe)
{
	log_close(scribe->log);
	ring_close(scribe->ring);
	if (scribe->stop_fd >= 0)
		(void)close(scribe->stop_fd);
	free(scribe);
}

int scribe_start(struct scribe **out, const struct log_settings *settings,
		 bool console, char why[static 256])
{
	struct scribe *scribe = calloc(1, sizeof(*scribe));

	why[0] = '\0';
	if (!scribe) {
		(void)snprintf(why, WHY_MAX, "no memory for the log's thread");
		return ENOMEM;
	}
	scribe->console = console;
	scribe->lines = text_init(scribe->buf, sizeof(scribe->buf));
	atomic_init(&scribe->stop, false);
	scribe->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	int err = scribe->stop_fd < 0 ? errno : 0;
	if (!err)
		err = ring_open(&scribe->ring, SCRIBE_SLOTS,
				sizeof(struct record));
	if (!err)
		err = log_open(&scribe->log, settings, why);
	if (!err) {
		scribe->next_seq = log_next_seq(scribe->log);
		err = start_thread(scribe);
	}
	if (err) {
		if (!why[0])
			(void)snprintf(why, WHY_MAX,
				       "cannot start the log's thread: %s",
				       strerror(err));
		free_scribe(scribe);
		return err;
	}
	*out = scribe;
	return 0;
}

void scribe_stop(struct scribe *scribe)
{
	const uint64_t one = 1;

	if (!scribe)
		return;
	atomic_store(&scribe->stop, true);
	/* An eventfd that is new and written once has room. */
	ssize_t n = write(scribe->stop_fd, &one, sizeof(one));
	(void)n;
	(void)pthread_join(scribe->thread, NULL);

	size_t left = SCRIBE_SLOTS - ring_room(scribe->ring);
	if (left)
		fprintf(stderr,
			"rempart: %zu records are lost: the decision log "
			"cannot be written\n",
			left);
	free_scribe(scribe);
}

struct record *scribe_reserve(struct scribe *scribe)
{
	return ring_reserve(scribe->ring);
}

uint64_t scribe_next_seq(const struct scribe *scribe)
{
	return scribe->next_seq;
}

void scribe_commit(struct scribe *scribe)
{
	scribe->next_seq++;
	ring_commit(scribe->ring);
}
