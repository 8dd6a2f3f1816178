/* door.c - the door's thread: its start, its loop, its end */
#include "rempart/door/door.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/rand.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "inside.h"

enum { US_PER_S = 1000000, NS_PER_US = 1000, US_PER_MS = 1000 };

static uint64_t clock_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * US_PER_S +
	       (uint64_t)now.tv_nsec / NS_PER_US;
}

static struct door_limits limits_of(const struct door_settings *settings)
{
	assert(settings->connections_max && settings->connections_per_source);
	return (struct door_limits){
		.all = settings->connections_max,
		.per_source = settings->connections_per_source,
	};
}

static void wake(struct door *door)
{
	const uint64_t one = 1;
	/* Fails only when the counter is full: it is readable then. */
	const ssize_t n = write(door->wake_fd, &one, sizeof(one));

	(void)n;
}

static void take_mail(struct door *door)
{
	struct door_tls *tls;
	uint64_t count;
	const ssize_t n = read(door->wake_fd, &count, sizeof(count));

	(void)n;
	(void)pthread_mutex_lock(&door->mail.lock);
	tls = door->mail.tls;
	door->mail.tls = NULL;
	if (tls) {
		door->limits = door->mail.limits;
		door->only = door->mail.only;
	}
	(void)pthread_mutex_unlock(&door->mail.lock);
	if (!tls)
		return;
	door_tls_unref(door->tls);
	door->tls = tls;
}

/* Connections that the core has closed are counted out. */
static void take_closed(struct door *door)
{
	const struct addr *peer;

	while ((peer = ring_peek(door->closed))) {
		struct door_source *source = door_caps_find(&door->caps, peer);

		assert(source);
		door_caps_del(&door->caps, source);
		ring_release(door->closed);
	}
}

static int until_ms(const struct door *door, uint64_t at_us)
{
	if (at_us <= door->now_us)
		return 0;
	/* Rounded up, or the last part of a millisecond is spun away. */
	return (int)((at_us - door->now_us + US_PER_MS - 1) / US_PER_MS);
}

static int nearest(int ms, int other_ms)
{
	return ms < 0 || other_ms < ms ? other_ms : ms;
}

static int wait_ms(const struct door *door)
{
	static const enum door_state TIMED[] = {DOOR_PARKED, DOOR_PENDING};
	int ms = -1;

	for (size_t i = 0; i < sizeof(TIMED) / sizeof(TIMED[0]); i++) {
		const struct door_conn *conn = door->queues[TIMED[i]].first;

		if (conn)
			ms = nearest(ms, until_ms(door, conn->deadline_us));
	}
	if (door->queues[DOOR_READY].count || door->unreported ||
	    !ring_room(door->events))
		ms = nearest(ms, DOOR_RETRY_MS);
	if (door->backoff_until_us > door->now_us)
		ms = nearest(ms, until_ms(door, door->backoff_until_us));
	return ms;
}

static void turn(struct door *door)
{
	struct epoll_event events[DOOR_EVENTS_BATCH];
	const int count = epoll_wait(door->epoll_fd, events, DOOR_EVENTS_BATCH,
				     wait_ms(door));
	bool accept_due = false;

	door->now_us = clock_us();
	take_closed(door);
	for (int i = 0; i < count; i++) {
		void *what = events[i].data.ptr;

		if (what == &door->wake_fd)
			take_mail(door);
		else if (what == &door->listen_fd)
			accept_due = true;
		else
			door_handshake_run(door, what, events[i].events);
	}
	door_handshake_deadlines(door);
	door_handshake_flush(door);
	door_report_unreported(door);
	/* Last: a connection that ended above is told of no more, so its
	 * place may be taken. */
	if (accept_due)
		door_accept(door);
	door_listen_update(door);
}

static void *door_thread(void *arg)
{
	struct door *door = arg;

	while (!atomic_load(&door->stop))
		turn(door);
	return NULL;
}

static int watch(struct door *door, int *fd)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = fd};

	return epoll_ctl(door->epoll_fd, EPOLL_CTL_ADD, *fd, &event) ? errno
								     : 0;
}

static int open_fds(struct door *door)
{
	int err;

	door->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (door->epoll_fd < 0)
		return errno;
	door->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (door->wake_fd < 0)
		return errno;
	door->reserve_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (door->reserve_fd < 0)
		return errno;
	err = watch(door, &door->wake_fd);
	if (!err)
		err = watch(door, &door->listen_fd);
	door->listening = !err;
	return err;
}

static int open_memory(struct door *door)
{
	uint8_t key[HASH_KEY_BYTES];
	int err;

	if (RAND_bytes(key, sizeof(key)) != 1)
		return EIO;
	err = door_caps_init(&door->caps, DOOR_CONNECTIONS_MAX, key);
	if (err)
		return err;
	door->conns = calloc(DOOR_CONNS_MAX, sizeof(*door->conns));
	if (!door->conns)
		return ENOMEM;
	err = ring_open(&door->events, DOOR_RING_SLOTS,
			sizeof(struct door_event));
	if (!err)
		err = ring_open(&door->closed, DOOR_CONNECTIONS_MAX,
				sizeof(struct addr));
	return err;
}

/* Signals are for the main thread; a SIGPIPE from SSL_accept() for nobody. */
static int start_thread(struct door *door)
{
	sigset_t all;
	sigset_t before;
	int err;

	(void)sigfillset(&all);
	err = pthread_sigmask(SIG_SETMASK, &all, &before);
	if (err)
		return err;
	err = pthread_create(&door->thread, NULL, door_thread, door);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!err)
		(void)pthread_setname_np(door->thread, "door");
	return err;
}

static void close_fd(int fd)
{
	if (fd >= 0)
		(void)close(fd);
}

static void end_connections(struct door *door)
{
	struct door_event *event;

	for (int state = DOOR_PARKED; state < DOOR_STATE_COUNT; state++)
		while (door->queues[state].first)
			door_conn_end(door, door->queues[state].first, false);
	while (door->events && (event = ring_peek(door->events))) {
		if (event->kind == DOOR_OPENED) {
			SSL_free(event->ssl);
			close_fd(event->fd);
		}
		ring_release(door->events);
	}
}

static void destroy(struct door *door)
{
	end_connections(door);
	close_fd(door->listen_fd);
	close_fd(door->wake_fd);
	close_fd(door->reserve_fd);
	close_fd(door->epoll_fd);
	ring_close(door->events);
	ring_close(door->closed);
	door_caps_close(&door->caps);
	free(door->conns);
	door_tls_unref(door->tls);
	door_tls_unref(door->mail.tls);
	(void)pthread_mutex_destroy(&door->mail.lock);
	free(door);
}

static struct door *create(const struct door_settings *settings,
			   struct door_tls *tls)
{
	struct door *door = calloc(1, sizeof(*door));
	const uint32_t ms = settings->handshake_ms;

	if (!door)
		return NULL;
	if (pthread_mutex_init(&door->mail.lock, NULL)) {
		free(door);
		return NULL;
	}
	door->listen_fd = door->wake_fd = door->reserve_fd = -1;
	door->epoll_fd = -1;
	atomic_init(&door->stop, false);
	door->handshake_us = ms ? (uint64_t)ms * US_PER_MS
				: (uint64_t)DOOR_HANDSHAKE_S * US_PER_S;
	door->limits = limits_of(settings);
	door->only = settings->only;
	door->tls = door_tls_ref(tls);
	door->now_us = clock_us();
	return door;
}

int door_start(struct door **out, const struct door_settings *settings,
	       struct door_tls *tls, char why[static 256])
{
	struct door *door;
	int err;

	assert(out && tls);
	door = create(settings, tls);
	if (!door) {
		(void)snprintf(why, 256, "out of memory");
		return ENOMEM;
	}
	err = door_listen(door, &settings->listen, why);
	if (err) {
		destroy(door);
		return err;
	}
	err = open_memory(door);
	if (!err)
		err = open_fds(door);
	if (!err)
		err = start_thread(door);
	if (err) {
		(void)snprintf(why, 256, "the listener cannot start: %s",
			       strerror(err));
		destroy(door);
		return err;
	}
	*out = door;
	return 0;
}

void door_stop(struct door *door)
{
	if (!door)
		return;
	atomic_store(&door->stop, true);
	wake(door);
	(void)pthread_join(door->thread, NULL);
	destroy(door);
}

struct ring *door_events(struct door *door)
{
	return door->events;
}

void door_closed(struct door *door, const struct addr *peer)
{
	struct addr *slot = ring_reserve(door->closed);

	/* Each open connection ends once, and the ring has room for all. The
	 * door's thread reads it before it accepts: nobody is woken. */
	assert(slot);
	*slot = *peer;
	ring_commit(door->closed);
}

void door_reload(struct door *door, const struct door_settings *settings,
		 struct door_tls *tls)
{
	struct door_tls *unread;

	(void)pthread_mutex_lock(&door->mail.lock);
	unread = door->mail.tls;
	door->mail.tls = door_tls_ref(tls);
	door->mail.limits = limits_of(settings);
	door->mail.only = settings->only;
	(void)pthread_mutex_unlock(&door->mail.lock);
	door_tls_unref(unread);
	wake(door);
}

struct addr door_address(const struct door *door)
{
	return door->address;
}
