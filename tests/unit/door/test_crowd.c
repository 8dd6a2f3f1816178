/* test_crowd.c - many at once: an office that returns passes in turn, full
 * tables make honest phones wait and not fail, and no connection is lost when
 * the core does not read */
#include "phones.h"

enum { FILES = 8000 };

static void set_up(void)
{
	files_allow(FILES);
	stage_up();
}

TestSuite(crowd, .init = set_up, .fini = stage_down);

static struct phone *crowd_new(struct door *door, unsigned count, uint8_t host)
{
	struct phone *phones = calloc(count, sizeof(*phones));

	for (unsigned i = 0; i < count; i++) {
		phones[i] = phone_new(door, ctx, host);
		phone_unblock(&phones[i]);
	}
	return phones;
}

static void crowd_free(struct phone *phones, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		phone_free(&phones[i]);
	free(phones);
}

static void expect_all_opened(struct door *door, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		struct door_event event = expect_opened(door);

		event_close(door, &event);
	}
}

static void all_get_through(unsigned count)
{
	struct door *door;
	struct phone *phones;

	settings.handshake_ms = WAIT_MS;
	door = door_open(&settings, tls);
	phones = crowd_new(door, count, 1);
	while (phones_step(phones, count))
		poll(NULL, 0, 1);
	expect_all_opened(door, count);
	crowd_free(phones, count);
	door_stop(door);
}

Test(crowd, two_hundred_at_once_all_get_through)
{
	all_get_through(200);
}

Test(crowd, an_office_larger_than_the_pending_cap_passes_in_turn)
{
	all_get_through(2 * DOOR_PENDING_PER_SOURCE + 50);
}

static void sockets_open(struct door *door, int *fds, unsigned count,
			 uint8_t host)
{
	for (unsigned i = 0; i < count; i++)
		fds[i] = phone_socket(door, host);
}

static void sockets_close(const int *fds, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		close(fds[i]);
}

Test(crowd, a_source_with_its_handshakes_used_up_waits_others_do_not)
{
	int silent[DOOR_PENDING_PER_SOURCE];
	struct door *door;
	struct phone same, other;
	struct door_event event;

	settings.handshake_ms = WAIT_MS;
	door = door_open(&settings, tls);
	sockets_open(door, silent, DOOR_PENDING_PER_SOURCE, 1);
	same = phone_new(door, ctx, 1);
	phone_unblock(&same);
	cr_assert(phones_step(&same, 1));

	other = phone_new(door, ctx, 2);
	cr_assert_eq(SSL_connect(other.ssl), 1);
	event = expect_opened(door);
	cr_assert_eq(event.peer.ip[3], 2);
	event_close(door, &event);
	cr_assert(phones_step(&same, 1), "it had to wait");

	close(silent[7]);
	expect_refused(door, REASON_TLS_CLOSED, "without a byte");
	while (phones_step(&same, 1))
		poll(NULL, 0, 1);
	event = expect_opened(door);
	cr_assert_eq(event.peer.ip[3], 1);
	event_close(door, &event);
	silent[7] = dup(silent[0]);
	sockets_close(silent, DOOR_PENDING_PER_SOURCE);
	phone_free(&same);
	phone_free(&other);
	door_stop(door);
}

Test(crowd, silent_ones_and_those_behind_them_all_end_at_a_deadline)
{
	enum { OVER = 3 };
	int silent[DOOR_PENDING_PER_SOURCE + OVER];
	unsigned timeouts = 0, turned_away = 0;
	struct door *door;

	settings.handshake_ms = 400;
	door = door_open(&settings, tls);
	sockets_open(door, silent, DOOR_PENDING_PER_SOURCE + OVER, 1);
	for (int i = 0; i < DOOR_PENDING_PER_SOURCE + OVER; i++) {
		struct door_event event = event_next(door);

		timeouts += event.reason == REASON_TLS_TIMEOUT;
		turned_away += event.reason == REASON_CONNECTIONS_SOURCE;
	}
	/* Whoever was parked either got its turn late or was turned away;
	 * nobody is forgotten, and nobody told twice. */
	cr_assert_eq(timeouts + turned_away, DOOR_PENDING_PER_SOURCE + OVER);
	cr_assert(timeouts >= DOOR_PENDING_PER_SOURCE);
	sockets_close(silent, DOOR_PENDING_PER_SOURCE + OVER);
	door_stop(door);
}

Test(crowd, a_full_pending_table_leaves_phones_in_the_backlog)
{
	static int silent[DOOR_PENDING_MAX];
	struct door *door;
	struct phone phone;
	struct door_event event;

	settings.handshake_ms = WAIT_MS;
	door = door_open(&settings, tls);
	for (uint8_t i = 0; i < DOOR_PENDING_MAX / 256; i++)
		sockets_open(door, silent + i * 256, 256, i + 1);
	phone = phone_new(door, ctx, 9);
	phone_unblock(&phone);
	/* Time enough for a door that would take it. */
	for (int i = 0; i < 50; i++) {
		cr_assert(phones_step(&phone, 1));
		poll(NULL, 0, 2);
	}
	cr_assert_null(ring_peek(door_events(door)));
	close(silent[0]);
	expect_refused(door, REASON_TLS_CLOSED, "without a byte");
	while (phones_step(&phone, 1))
		poll(NULL, 0, 1);
	event = expect_opened(door);
	event_close(door, &event);
	sockets_close(silent + 1, DOOR_PENDING_MAX - 1);
	phone_free(&phone);
	door_stop(door);
}

Test(crowd, no_connection_is_lost_while_the_core_does_not_read)
{
	enum { COUNT = DOOR_RING_SLOTS + 100 };
	struct door *door;
	struct phone *phones;
	unsigned done = 0;

	settings.handshake_ms = WAIT_MS;
	door = door_open(&settings, tls);
	phones = crowd_new(door, COUNT, 1);
	while (done < DOOR_RING_SLOTS) {
		phones_step(phones, COUNT);
		done = 0;
		for (unsigned i = 0; i < COUNT; i++)
			done += phones[i].done;
		poll(NULL, 0, 1);
	}
	/* The ring is full; now the core wakes up. */
	expect_all_opened(door, DOOR_RING_SLOTS);
	while (phones_step(phones, COUNT))
		poll(NULL, 0, 1);
	expect_all_opened(door, COUNT - DOOR_RING_SLOTS);
	crowd_free(phones, COUNT);
	door_stop(door);
}

/* Connects that end with EOF at once; the door has refused each by then. */
static void refuse_many(struct door *door, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		int fd = phone_socket(door, 1);
		char c;

		cr_assert_eq(write(fd, "x", 1), 1);
		(void)!read(fd, &c, 1);
		close(fd);
	}
}

Test(crowd, refusals_that_nobody_reads_are_counted_and_told_later)
{
	enum { COUNT = DOOR_RING_SLOTS + 200 };
	struct door *door = door_open(&settings, tls);
	struct door_event event;
	unsigned told = 0, counted = 0;

	refuse_many(door, COUNT);
	/* In the middle of the flood a phone gets through. */
	struct phone phone = phone_new(door, ctx, 2);

	cr_assert_eq(SSL_connect(phone.ssl), 1);
	while (told + counted < COUNT) {
		event = event_next(door);
		if (event.kind == DOOR_OPENED) {
			cr_assert_gt(told, 0);
			event_close(door, &event);
		} else if (event.reason == REASON_SUPPRESSED) {
			counted += (unsigned)atoi(event.detail);
			cr_assert_eq(event.peer.ip[3], 1);
		} else {
			cr_assert_eq(event.reason, REASON_TLS_CLEAR_TEXT);
			told++;
		}
	}
	cr_assert_eq(told + counted, COUNT);
	cr_assert_gt(counted, 0);
	phone_free(&phone);
	door_stop(door);
}

Test(crowd, without_descriptors_phones_are_told_at_once)
{
	struct door *door = door_open(&settings, tls);
	struct addr to = door_address(door);
	struct sockaddr_storage ss;
	socklen_t len = addr_to_sockaddr(&ss, &to);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct door_event event;
	struct phone phone;
	char c;

	/* No number above is free, and all below are in use. */
	for (int hole = dup(fd); hole < fd; hole = dup(fd))
		;
	files_allow((rlim_t)dup(fd));
	while (dup(fd) >= 0)
		;
	cr_assert_eq(errno, EMFILE);
	cr_assert_eq(connect(fd, (struct sockaddr *)&ss, len), 0);
	expect_refused(door, REASON_CONNECTIONS_ALL, "file descriptors");
	cr_assert_eq(read(fd, &c, 1), 0);

	files_allow(FILES);
	phone = phone_call(door, ctx, &event);
	event_close(door, &event);
	phone_free(&phone);
	door_stop(door);
}
