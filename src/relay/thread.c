/*
 * thread.c - one relay thread: its ports, its loop
 *
 * A turn: plans are taken, what has come is judged and turned, then sent, then
 * the other orders are carried out. So what was sent after an answer meets its
 * plan, what came before the end of its session is counted, and no session ends
 * while packets of it are on their way. What epoll tells of a session that
 * ended meanwhile is known by its generation.
 */
#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "inside.h"

enum {
	US_PER_S = 1000000,
	US_PER_MS = 1000,
	NS_PER_US = 1000,
	TICK_US = US_PER_S / RELAY_TICKS_PER_S,
};

uint64_t relay_clock_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * US_PER_S +
	       (uint64_t)now.tv_nsec / NS_PER_US;
}

/* ---- tags: generation, 32 bits; source, 2; slot, 15; leg, 1; rtcp, 1 */

_Static_assert(RELAY_NO_SLOT < 1 << 15, "a slot fits a tag");

uint64_t relay_tag_pack(const struct relay_tag *tag)
{
	return (uint64_t)tag->generation << 32 | (uint64_t)tag->source << 17 |
	       (uint64_t)tag->slot << 2 | (uint64_t)tag->leg << 1 |
	       (uint64_t)tag->rtcp;
}

struct relay_tag relay_tag_unpack(uint64_t packed)
{
	return (struct relay_tag){
		.generation = (uint32_t)(packed >> 32),
		.source = (enum relay_source)(packed >> 17 & 3),
		.slot = (unsigned)(packed >> 2 & 0x7fff),
		.leg = (unsigned)(packed >> 1 & 1),
		.rtcp = packed & 1,
	};
}

/* ---- the loop */

static void run_own(struct relay_thread *thread, const struct relay_tag *tag)
{
	struct relay_session *session = thread->slots[tag->slot];

	/* Ended in this turn; or its order to open is on the way. */
	if (!session || session->generation != tag->generation)
		return;
	relay_packets_own(thread, session, tag->leg, tag->rtcp);
}

static void run_event(struct relay_thread *thread, uint64_t packed)
{
	const struct relay_tag tag = relay_tag_unpack(packed);

	switch (tag.source) {
	case SOURCE_ORDERS:
		ring_awake(thread->orders);
		break;
	case SOURCE_SHARED:
		relay_packets_shared(thread, tag.leg, tag.slot, tag.rtcp);
		break;
	case SOURCE_OWN:
		run_own(thread, &tag);
		break;
	}
}

/* Without `ends` only up to the first that ends a session. Each may have an end
 * to tell: orders wait where there is no room. */
static void take_orders(struct relay_thread *thread, bool ends)
{
	struct relay_order *order;

	for (unsigned i = 0; i < RELAY_ORDERS_TURN && !thread->stop; i++) {
		if (!ring_room(thread->events))
			return;
		order = ring_peek(thread->orders);
		if (!order || (!ends && order->kind != ORDER_OPEN &&
			       order->kind != ORDER_PLAN))
			return;
		relay_order_run(thread, order);
		ring_release(thread->orders);
	}
}

static void tick(struct relay_thread *thread)
{
	if (thread->now_us < thread->tick_us)
		return;
	thread->tick_us = thread->now_us + TICK_US;
	relay_sessions_tick(thread);
}

static void publish(struct relay_thread *thread)
{
	const struct relay_tally *tally = &thread->tally;
	const uint64_t now[] = {tally->received,     tally->sent,
				tally->refused,	     tally->unknown,
				tally->kernel_drops, tally->plans_refused};

	for (unsigned i = 0; i < sizeof(now) / sizeof(now[0]); i++)
		atomic_store_explicit(&thread->published[i], now[i],
				      memory_order_relaxed);
}

void relay_thread_tally(const struct relay_thread *thread,
			struct relay_tally *out)
{
	uint64_t now[6];

	for (unsigned i = 0; i < sizeof(now) / sizeof(now[0]); i++)
		now[i] = atomic_load_explicit(&thread->published[i],
					      memory_order_relaxed);
	*out = (struct relay_tally){now[0], now[1], now[2],
				    now[3], now[4], now[5]};
}

static int wait_ms(struct relay_thread *thread)
{
	/* Nobody tells when the core has made room. */
	if (!ring_room(thread->events))
		return TICK_US / US_PER_MS;
	if (!ring_sleep(thread->orders))
		return 0;
	if (!thread->sessions.count)
		return -1;
	if (thread->tick_us <= thread->now_us)
		return 0;
	return (int)((thread->tick_us - thread->now_us + US_PER_MS - 1) /
		     US_PER_MS);
}

static void turn(struct relay_thread *thread)
{
	struct epoll_event events[RELAY_BATCH];
	const int count = epoll_wait(thread->epoll_fd, events, RELAY_BATCH,
				     wait_ms(thread));

	thread->now_us = relay_clock_us();
	take_orders(thread, false);
	for (int i = 0; i < count; i++)
		run_event(thread, events[i].data.u64);
	relay_packets_flush(thread);
	take_orders(thread, true);
	tick(thread);
	publish(thread);
}

static void *run(void *arg)
{
	struct relay_thread *thread = arg;

	while (!thread->stop)
		turn(thread);
	return NULL;
}

/* ---- start and end */

static int watch(struct relay_thread *thread, int fd,
		 const struct relay_tag *tag)
{
	struct epoll_event event = {
		.events = EPOLLIN,
		.data.u64 = relay_tag_pack(tag),
	};

	return epoll_ctl(thread->epoll_fd, EPOLL_CTL_ADD, fd, &event) ? errno
								      : 0;
}

static int bind_shared(struct relay_thread *thread, const struct addr *at,
		       const struct relay_tag *tag)
{
	struct relay_socket *socket =
		&thread->shared[tag->leg][tag->slot][tag->rtcp];
	uint32_t granted_bytes = 0;
	int fd = -1;
	int err = relay_socket_bind(&fd, at);

	if (err)
		return err;
	*socket = relay_socket_of(fd);
	err = relay_socket_crowded(fd, &granted_bytes);
	if (err)
		return err;
	if (granted_bytes < thread->buffer_bytes)
		thread->buffer_bytes = granted_bytes;
	return watch(thread, fd, tag);
}

/* The ports of one side: RTP and RTCP, line by line. */
static int open_side(struct relay_thread *thread, enum relay_side side,
		     const struct addr *first, char why[static 256])
{
	uint8_t key[HASH_KEY_BYTES];
	int err = 0;

	for (unsigned i = 0; i < 2 * RELAY_LINES_MAX && !err; i++) {
		const struct relay_tag tag = {
			.source = SOURCE_SHARED,
			.leg = side,
			.slot = i / 2,
			.rtcp = i % 2,
		};
		struct addr at = *first;
		char text[ADDR_TEXT_MAX];

		at.port = (uint16_t)(at.port + i);
		err = bind_shared(thread, &at, &tag);
		if (err) {
			addr_print(text, &at);
			(void)snprintf(why, 256, "%s: %s", text,
				       relay_socket_words(err));
		}
	}
	for (unsigned i = 0; i < RELAY_LINES_MAX && !err; i++) {
		if (getrandom(key, sizeof(key), 0) != sizeof(key))
			return errno;
		err = rtp_demux_open(&thread->demux[side][i],
				     RELAY_SESSIONS_MAX, key);
	}
	return err;
}

static int open_parts(struct relay_thread *thread)
{
	const struct relay_tag tag = {.source = SOURCE_ORDERS};
	int err;

	thread->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (thread->epoll_fd < 0)
		return errno;
	err = table_init(&thread->sessions, RELAY_SESSIONS_MAX);
	if (!err)
		err = ring_open(&thread->orders, RELAY_ORDER_SLOTS,
				sizeof(struct relay_order));
	if (!err)
		err = ring_open(&thread->events, RELAY_EVENT_SLOTS,
				sizeof(struct relay_told));
	if (!err)
		err = watch(thread, ring_fd(thread->orders), &tag);
	return err;
}

static struct relay_thread *make_thread(void)
{
	struct relay_thread *thread = aligned_alloc(
		_Alignof(struct relay_thread), sizeof(struct relay_thread));

	if (!thread)
		return NULL;
	memset(thread, 0, sizeof(*thread));
	thread->epoll_fd = -1;
	thread->buffer_bytes = RELAY_BUFFER_BYTES;
	for (unsigned i = 0; i < RELAY_SIDES * RELAY_LINES_MAX * 2; i++)
		thread->shared[i / (2 * RELAY_LINES_MAX)]
			      [i / 2 % RELAY_LINES_MAX][i % 2]
				      .fd = -1;
	relay_packets_prepare(thread);
	return thread;
}

int relay_thread_open(struct relay_thread **out, const struct addr *phones,
		      const struct addr *upstream, char why[static 256])
{
	struct relay_thread *thread = make_thread();
	int err;

	if (!thread)
		return ENOMEM;
	err = open_parts(thread);
	if (!err)
		err = open_side(thread, RELAY_PHONES, phones, why);
	if (!err && upstream->version)
		err = open_side(thread, RELAY_UPSTREAM, upstream, why);
	if (err) {
		relay_thread_close(thread);
		return err;
	}
	*out = thread;
	return 0;
}

/* Signals are for the main thread. */
int relay_thread_start(struct relay_thread *thread, unsigned number)
{
	char name[16];
	sigset_t all;
	sigset_t before;
	int err;

	(void)sigfillset(&all);
	err = pthread_sigmask(SIG_SETMASK, &all, &before);
	if (err)
		return err;
	err = pthread_create(&thread->pthread, NULL, run, thread);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (err)
		return err;
	thread->started = true;
	(void)snprintf(name, sizeof(name), "relay-%u", number);
	(void)pthread_setname_np(thread->pthread, name);
	return 0;
}

/* Those behind the order to stop, and of a thread that never ran. */
static void drop_orders(struct relay_thread *thread)
{
	struct relay_order *order;

	while (thread->orders && (order = ring_peek(thread->orders))) {
		if (order->kind == ORDER_OPEN || order->kind == ORDER_PLAN)
			relay_order_run(thread, order);
		ring_release(thread->orders);
	}
}

void relay_thread_close(struct relay_thread *thread)
{
	if (!thread)
		return;
	drop_orders(thread);
	relay_sessions_end(thread);
	for (unsigned side = 0; side < RELAY_SIDES; side++) {
		for (unsigned line = 0; line < RELAY_LINES_MAX; line++) {
			relay_socket_close(&thread->shared[side][line][0]);
			relay_socket_close(&thread->shared[side][line][1]);
			rtp_demux_close(thread->demux[side][line]);
		}
	}
	table_close(&thread->sessions);
	ring_close(thread->orders);
	ring_close(thread->events);
	if (thread->epoll_fd >= 0)
		(void)close(thread->epoll_fd);
	/* Plain audio has been in its boxes. */
	explicit_bzero(thread, sizeof(*thread));
	free(thread);
}
