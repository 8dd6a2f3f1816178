/* test_scribe.c - what is committed is written, in order, and nothing stops it
 */
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>

#include "scratch.h"
#include "rempart/observe/scribe.h"

static struct scribe *start(const struct scratch *sc, bool console)
{
	const struct log_settings settings = {
		.directory = sc->dir, .node = "edge1", .max_mib = 64};
	struct scribe *scribe = NULL;
	char why[256];

	cr_assert_eq(scribe_start(&scribe, &settings, console, why), 0, "%s",
		     why);
	return scribe;
}

/* Field by field: gcc's thread sanitizer does not see the copy of a struct. */
static void fill(struct record *slot, unsigned number)
{
	const struct record rec = some_record(number);

	memset(slot, 0, sizeof(*slot));
	slot->kind = rec.kind;
	slot->ts_us = rec.ts_us;
	memcpy(slot->user, rec.user, sizeof(rec.user));
	memcpy(slot->to, rec.to, sizeof(rec.to));
}

static void commit(struct scribe *scribe, unsigned number)
{
	struct record *slot;

	while (!(slot = scribe_reserve(scribe)))
		sched_yield();
	fill(slot, number);
	scribe_commit(scribe);
}

static void must_hold(const struct scratch *sc, unsigned count)
{
	struct verify_result res = scratch_verify(sc, "decisions.log");

	cr_assert_eq(res.bad_line, 0, "%s", res.what);
	cr_assert_eq(res.lines, count, "%llu", (unsigned long long)res.lines);
}

/* The record of seq n has n as its "to". By lines: ASan's strstr() measures
 * the whole of what it is given each time. */
static void must_be_in_order(const struct scratch *sc)
{
	struct bytes all = scratch_read(sc, "decisions.log");
	unsigned number = 1;

	for (char *p = all.p, *end; p < all.p + all.len; p = end + 1) {
		end = memchr(p, '\n', (size_t)(all.p + all.len - p));
		cr_assert(end);
		*end = '\0';
		char *to = strstr(p, "\"to\":\"");

		cr_assert(to);
		cr_assert_eq(strtoul(to + 6, NULL, 10), number++);
	}
	free(all.p);
}

Test(scribe, writes_every_record_in_order)
{
	struct scratch sc = scratch_make();
	struct scribe *scribe = start(&sc, false);
	const unsigned count = 5 * SCRIBE_SLOTS;

	for (unsigned i = 1; i <= count; i++)
		commit(scribe, i);
	scribe_stop(scribe);
	must_hold(&sc, count);
	must_be_in_order(&sc);
	scratch_remove(&sc);
}

struct producer {
	struct scribe *scribe;
	unsigned count;
};

static void *produce(void *arg)
{
	const struct producer *prod = arg;

	for (unsigned i = 1; i <= prod->count; i++) {
		commit(prod->scribe, i);
		if (i % 512 == 0) /* lets the scribe fall asleep */
			usleep(25000);
	}
	return NULL;
}

Test(scribe, takes_records_from_another_thread_awake_or_asleep)
{
	struct scratch sc = scratch_make();
	struct producer prod = {.scribe = start(&sc, false), .count = 10000};
	pthread_t thread;

	cr_assert_eq(pthread_create(&thread, NULL, produce, &prod), 0);
	pthread_join(thread, NULL);
	scribe_stop(prod.scribe);
	must_hold(&sc, prod.count);
	must_be_in_order(&sc);
	scratch_remove(&sc);
}

Test(scribe, one_record_is_written_without_another_after_it)
{
	struct scratch sc = scratch_make();
	struct scribe *scribe = start(&sc, false);

	/* Each time it may be asleep, napping or on its way. */
	for (unsigned i = 1; i <= 20; i++) {
		commit(scribe, i);
		while (scratch_verify(&sc, "decisions.log").last_seq < i)
			usleep(1000 * i);
	}
	scribe_stop(scribe);
	must_hold(&sc, 20);
	scratch_remove(&sc);
}

Test(scribe, stops_at_once_when_nothing_was_written)
{
	struct scratch sc = scratch_make();

	scribe_stop(start(&sc, true));
	scribe_stop(NULL);
	must_hold(&sc, 0);
	scratch_remove(&sc);
}

Test(scribe, says_why_it_cannot_start)
{
	struct scratch sc = scratch_make();
	struct scribe *first = start(&sc, false), *second = NULL;
	const struct log_settings settings = {
		.directory = sc.dir, .node = "edge1", .max_mib = 64};
	char why[256];

	cr_assert_eq(scribe_start(&second, &settings, false, why), EBUSY);
	cr_assert(strstr(why, "in use by another rempart"), "%s", why);
	cr_assert_null(second);
	scribe_stop(first);
	scratch_remove(&sc);
}

static void limit_file_size(rlim_t bytes)
{
	struct rlimit lim;

	cr_assert_eq(getrlimit(RLIMIT_FSIZE, &lim), 0);
	lim.rlim_cur = bytes;
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &lim), 0);
}

/* A descriptor becomes a pipe; returns its reading end. */
static int pipe_from(int fd)
{
	int fds[2];

	cr_assert_eq(pipe(fds), 0);
	cr_assert_eq(dup2(fds[1], fd), fd);
	close(fds[1]);
	return fds[0];
}

/* Waits for one line, so that the scribe is known to have failed. */
static void must_say(int fd, const char *text)
{
	char line[512];
	size_t len = 0;

	do {
		cr_assert_lt(len, sizeof(line) - 1);
		cr_assert_eq(read(fd, line + len, 1), 1);
	} while (line[len++] != '\n');
	line[len] = '\0';
	cr_assert(strstr(line, text), "%s", line);
}

Test(scribe, a_full_disk_fills_the_ring_and_loses_nothing)
{
	struct scratch sc = scratch_make();
	int fd = pipe_from(STDERR_FILENO);
	struct scribe *scribe = start(&sc, false);
	unsigned count = 0;

	/* No SIG_IGN: the scribe must bear the signal itself. */
	limit_file_size(100);
	commit(scribe, ++count);
	must_say(fd, "the decision log cannot be written:");
	for (struct record *slot; (slot = scribe_reserve(scribe));) {
		cr_assert_eq(scribe_reserve(scribe), slot);
		fill(slot, ++count);
		scribe_commit(scribe);
	}
	cr_assert_eq(count, SCRIBE_SLOTS);

	limit_file_size(RLIM_INFINITY);
	for (unsigned i = 0; i < 10; i++)
		commit(scribe, ++count);
	must_say(fd, "the decision log is written again");
	scribe_stop(scribe);
	must_hold(&sc, count);
	must_be_in_order(&sc);
	scratch_remove(&sc);
}

Test(scribe, a_stop_with_a_full_disk_says_what_is_lost)
{
	struct scratch sc = scratch_make();
	int fd = pipe_from(STDERR_FILENO);
	struct scribe *scribe = start(&sc, false);

	limit_file_size(100);
	commit(scribe, 1);
	must_say(fd, "the decision log cannot be written:");
	commit(scribe, 2);
	commit(scribe, 3);
	scribe_stop(scribe);
	must_say(fd, "3 records are lost");
	limit_file_size(RLIM_INFINITY);
	must_hold(&sc, 0);
	scratch_remove(&sc);
}

Test(scribe, the_console_shows_each_record_as_a_line)
{
	struct scratch sc = scratch_make();
	int fd = pipe_from(STDOUT_FILENO);
	struct scribe *scribe = start(&sc, true);
	char buf[1024] = "";

	for (unsigned i = 1; i <= 3; i++)
		commit(scribe, i);
	scribe_stop(scribe);
	close(STDOUT_FILENO);

	size_t len = 0;
	for (ssize_t n; (n = read(fd, buf + len, sizeof(buf) - 1 - len)) > 0;)
		len += (size_t)n;
	cr_assert_str_eq(buf, "22:13:20 allow call 1001 -> 1 ok\n"
			      "22:13:20 allow call 1001 -> 2 ok\n"
			      "22:13:20 allow call 1001 -> 3 ok\n");
	scratch_remove(&sc);
}

Test(scribe, a_closed_console_changes_nothing)
{
	struct scratch sc = scratch_make();

	signal(SIGPIPE, SIG_DFL);
	close(pipe_from(STDOUT_FILENO));
	struct scribe *scribe = start(&sc, true);
	for (unsigned i = 1; i <= 1000; i++)
		commit(scribe, i);
	scribe_stop(scribe);
	must_hold(&sc, 1000);
	scratch_remove(&sc);
}

Test(scribe, a_console_that_nobody_reads_changes_nothing)
{
	struct scratch sc = scratch_make();
	int fd = pipe_from(STDOUT_FILENO);
	struct scribe *scribe = start(&sc, true);
	const unsigned count = 10000; /* far more than a pipe holds */

	for (unsigned i = 1; i <= count; i++)
		commit(scribe, i);
	scribe_stop(scribe);
	close(fd);
	must_hold(&sc, count);
	scratch_remove(&sc);
}
