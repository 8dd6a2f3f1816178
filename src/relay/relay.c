/* relay.c - the core's side of the relay: start and end, orders, events */
#include "rempart/relay/relay.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "inside.h"

/* A thread as the core knows it. */
struct crew {
	struct relay_thread *thread;
	uint32_t generation; /* of the session that was opened last */
	unsigned free_count;
	uint16_t free[RELAY_SESSIONS_MAX]; /* slots; the last is next */
};

struct relay {
	const struct rtp_engine *engine;
	struct addr phones, upstream;
	unsigned count;
	unsigned next; /* whose events are asked for first */
	int epoll_fd;  /* of what their events come with */
	struct crew crews[RELAY_THREADS_MAX];
};

/* ---- start and end */

static bool fits(const struct relay_settings *settings,
		 const struct addr *first)
{
	return (first->version == 4 || first->version == 6) && first->port &&
	       !(first->port % 2) &&
	       first->port + settings->threads * RELAY_STRIDE - 1 <= UINT16_MAX;
}

static int check(const struct relay_settings *settings, char why[static 256])
{
	const char *wrong = NULL;

	if (!settings->threads || settings->threads > RELAY_THREADS_MAX)
		wrong = "1 to 16 threads";
	else if (!fits(settings, &settings->phones) ||
		 (settings->upstream.version &&
		  !fits(settings, &settings->upstream)))
		wrong = "an address and an even port, with 16 ports a thread "
			"from there on";
	if (!wrong)
		return 0;
	(void)snprintf(why, 256, "the relay needs %s", wrong);
	return EINVAL;
}

static struct addr of_thread(const struct addr *first, unsigned number)
{
	struct addr at = *first;

	at.port = (uint16_t)(at.port + number * RELAY_STRIDE);
	return at;
}

static int open_crew(struct relay *relay, unsigned number, char why[static 256])
{
	struct crew *crew = &relay->crews[number];
	const struct addr phones = of_thread(&relay->phones, number);
	const struct addr upstream = of_thread(&relay->upstream, number);
	struct epoll_event event = {.events = EPOLLIN};
	int err = relay_thread_open(&crew->thread, &phones, &upstream, why);

	if (err)
		return err;
	for (unsigned i = 0; i < RELAY_SESSIONS_MAX; i++)
		crew->free[i] = (uint16_t)(RELAY_SESSIONS_MAX - 1 - i);
	crew->free_count = RELAY_SESSIONS_MAX;
	if (epoll_ctl(relay->epoll_fd, EPOLL_CTL_ADD,
		      ring_fd(crew->thread->events), &event))
		return errno;
	return ring_sleep(crew->thread->events) ? 0 : EIO;
}

static int start(struct relay *relay, char why[static 256])
{
	int err = 0;

	relay->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (relay->epoll_fd < 0)
		return errno;
	for (unsigned i = 0; i < relay->count && !err; i++)
		err = open_crew(relay, i, why);
	/* All are bound before the first one runs. */
	for (unsigned i = 0; i < relay->count && !err; i++)
		err = relay_thread_start(relay->crews[i].thread, i);
	return err;
}

int relay_start(struct relay **out, const struct relay_settings *settings,
		char why[static 256])
{
	struct relay *relay;
	int err;

	why[0] = '\0';
	err = check(settings, why);
	if (err)
		return err;
	relay = calloc(1, sizeof(*relay));
	if (!relay) {
		(void)snprintf(why, 256, "the relay: out of memory");
		return ENOMEM;
	}
	relay->epoll_fd = -1;
	relay->count = settings->threads;
	relay->phones = settings->phones;
	relay->upstream = settings->upstream;
	relay->engine = rtp_engine_find(settings->engine);
	if (!relay->engine) {
		(void)snprintf(why, 256, "no SRTP engine \"%s\"",
			       settings->engine);
		err = EINVAL;
	}
	if (!err)
		err = start(relay, why);
	if (err) {
		if (!why[0])
			(void)snprintf(why, 256, "the relay cannot start: %s",
				       strerror(err));
		relay_stop(relay);
		return err;
	}
	*out = relay;
	return 0;
}

static void stop_thread(struct relay_thread *thread)
{
	struct relay_order *order;

	if (!thread || !thread->started)
		return;
	order = ring_reserve(thread->orders);
	assert(order); /* its place was kept */
	*order = (struct relay_order){.kind = ORDER_STOP};
	ring_commit(thread->orders);
}

/* Nobody reads its events any more, and it waits for room to tell of ends. */
static void join_thread(struct relay_thread *thread)
{
	while (pthread_tryjoin_np(thread->pthread, NULL)) {
		while (ring_peek(thread->events))
			ring_release(thread->events);
		(void)poll(NULL, 0, 1);
	}
}

void relay_stop(struct relay *relay)
{
	if (!relay)
		return;
	for (unsigned i = 0; i < relay->count; i++)
		stop_thread(relay->crews[i].thread);
	for (unsigned i = 0; i < relay->count; i++) {
		struct relay_thread *thread = relay->crews[i].thread;

		if (thread && thread->started)
			join_thread(thread);
		relay_thread_close(thread);
	}
	if (relay->epoll_fd >= 0)
		(void)close(relay->epoll_fd);
	free(relay);
}

/* ---- whose a session is */

/* Numbers that follow one another, or are a step apart, are spread evenly
 * (Knuth, TAOCP 3, 6.4: Fibonacci hashing). */
static unsigned number_of(const struct relay *relay, uint64_t id)
{
	const uint64_t spread = id * UINT64_C(0x9e3779b97f4a7c15) >> 32;

	return (unsigned)(spread * relay->count >> 32);
}

static uint16_t port_of(const struct relay *relay, const struct addr *first,
			uint64_t id, unsigned line)
{
	assert(line < RELAY_LINES_MAX);
	return (uint16_t)(of_thread(first, number_of(relay, id)).port +
			  2 * line);
}

uint16_t relay_phones_port(const struct relay *relay, uint64_t id,
			   unsigned line)
{
	return port_of(relay, &relay->phones, id, line);
}

uint16_t relay_upstream_port(const struct relay *relay, uint64_t id,
			     unsigned line)
{
	assert(relay->upstream.version);
	return port_of(relay, &relay->upstream, id, line);
}

/* ---- orders */

/* NULL: what is left is kept for ends. */
static struct relay_order *next_order(const struct crew *crew)
{
	if (ring_room(crew->thread->orders) <= RELAY_ORDERS_KEPT)
		return NULL;
	return ring_reserve(crew->thread->orders);
}

/* The thread hears of a socket before it knows the session: until then what
 * has come stays there. */
static int watch_pairs(const struct crew *crew,
		       const struct relay_session *session)
{
	const int epoll_fd = crew->thread->epoll_fd;
	int err = 0;
	unsigned i;

	for (i = 0; i < 4 && !err; i++) {
		const int fd = session->own[i / 2][i % 2].fd;
		const struct relay_tag tag = {
			.source = SOURCE_OWN,
			.leg = i / 2,
			.rtcp = i % 2,
			.slot = session->slot,
			.generation = session->generation,
		};
		struct epoll_event event = {
			.events = EPOLLIN,
			.data.u64 = relay_tag_pack(&tag),
		};

		if (fd >= 0 && epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event))
			err = errno;
	}
	while (err && i--) {
		const int fd = session->own[i / 2][i % 2].fd;

		if (fd >= 0)
			(void)epoll_ctl(epoll_fd, EPOLL_CTL_DEL, fd, NULL);
	}
	return err;
}

int relay_session_open(struct relay *relay, const struct relay_open *open)
{
	struct crew *crew = &relay->crews[number_of(relay, open->id)];
	struct relay_session *session = NULL;
	struct relay_order *order;
	int err;

	assert(open->line < RELAY_LINES_MAX);
	if (!crew->free_count)
		return ENOSPC;
	order = next_order(crew);
	if (!order)
		return ENOMEM;
	err = relay_session_make(&session, relay->engine, open);
	if (err)
		return err;
	session->slot = crew->free[crew->free_count - 1];
	session->generation = ++crew->generation;
	err = watch_pairs(crew, session);
	if (err) {
		relay_session_unmake(session);
		return err;
	}
	crew->free_count--;
	*order = (struct relay_order){
		.kind = ORDER_OPEN,
		.id = open->id,
		.session = session,
	};
	ring_commit(crew->thread->orders);
	return 0;
}

int relay_session_plan(struct relay *relay, uint64_t id,
		       const struct rtp_plan *plan)
{
	struct crew *crew = &relay->crews[number_of(relay, id)];
	struct relay_order *order = next_order(crew);
	struct rtp_plan *copy;

	if (!order)
		return ENOMEM;
	copy = malloc(sizeof(*copy));
	if (!copy)
		return ENOMEM;
	*copy = *plan;
	*order = (struct relay_order){
		.kind = ORDER_PLAN,
		.id = id,
		.plan = copy,
	};
	ring_commit(crew->thread->orders);
	return 0;
}

void relay_session_close(struct relay *relay, uint64_t id)
{
	struct crew *crew = &relay->crews[number_of(relay, id)];
	struct relay_order *order = ring_reserve(crew->thread->orders);

	assert(order); /* its place was kept */
	*order = (struct relay_order){.kind = ORDER_CLOSE, .id = id};
	ring_commit(crew->thread->orders);
}

/* ---- events */

int relay_fd(const struct relay *relay)
{
	return relay->epoll_fd;
}

static bool take_told(struct crew *crew, struct relay_event *out)
{
	const struct relay_told *told = ring_peek(crew->thread->events);

	if (!told)
		return false;
	if (told->slot != RELAY_NO_SLOT) {
		assert(crew->free_count < RELAY_SESSIONS_MAX);
		crew->free[crew->free_count++] = (uint16_t)told->slot;
	}
	*out = told->event;
	ring_release(crew->thread->events);
	return true;
}

/* False: something has come meanwhile. */
static bool arm(const struct relay *relay)
{
	bool quiet = true;

	for (unsigned i = 0; i < relay->count; i++) {
		ring_awake(relay->crews[i].thread->events);
		quiet &= ring_sleep(relay->crews[i].thread->events);
	}
	return quiet;
}

bool relay_next(struct relay *relay, struct relay_event *out)
{
	do {
		for (unsigned i = 0; i < relay->count; i++) {
			struct crew *crew = &relay->crews[relay->next];

			relay->next = (relay->next + 1) % relay->count;
			if (take_told(crew, out))
				return true;
		}
	} while (!arm(relay));
	return false;
}

struct relay_counts relay_counts(const struct relay *relay)
{
	struct relay_counts counts = {.buffer_bytes = RELAY_BUFFER_BYTES};

	for (unsigned i = 0; i < relay->count; i++) {
		const struct crew *crew = &relay->crews[i];
		struct relay_tally tally;

		relay_thread_tally(crew->thread, &tally);
		counts.sessions += RELAY_SESSIONS_MAX - crew->free_count;
		counts.received += tally.received;
		counts.sent += tally.sent;
		counts.refused += tally.refused;
		counts.unknown += tally.unknown;
		counts.kernel_drops += tally.kernel_drops;
		counts.plans_refused += tally.plans_refused;
		if (crew->thread->buffer_bytes < counts.buffer_bytes)
			counts.buffer_bytes = crew->thread->buffer_bytes;
	}
	return counts;
}
