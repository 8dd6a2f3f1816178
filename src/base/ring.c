/*
 * ring.c - single-producer, single-consumer queue with an eventfd
 *
 * head counts what the producer has committed, tail what the consumer has
 * released; both only grow (their difference survives the wrap of size_t).
 *
 * No wake-up is lost. The producer stores head and then reads `asleep`; the
 * consumer stores `asleep` and then reads head. All four are sequentially
 * consistent, so they have one order: if the producer read "awake", its head
 * stands before the consumer's store, hence before the consumer's read, which
 * sees the slot and does not sleep. Both may see each other: the eventfd is
 * then readable once too often, which costs one empty turn. `asleep` stays
 * set until a commit or the consumer clears it, so it may also be set long
 * before the consumer waits.
 */
#include "rempart/base/ring.h"

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

/* Not unistd.h: a pure folder sees no more of the system than this ring's own
 * eventfd. */
int close(int fd);

enum {
	RING_SLOTS_MIN = 2,
	RING_SLOTS_MAX = 65536,
	CACHE_LINE = 64,
	SLOT_ALIGN = _Alignof(max_align_t),
};

/* What each thread writes has a cache line of its own. */
struct ring {
	/* set at start */
	char *memory;
	size_t slots;
	size_t stride_bytes;
	int fd;

	/* producer */
	_Alignas(CACHE_LINE) atomic_size_t head;
	size_t seen_tail;

	/* consumer */
	_Alignas(CACHE_LINE) atomic_size_t tail;
	size_t seen_head;

	/* both, rarely */
	_Alignas(CACHE_LINE) atomic_bool asleep;
};

static bool is_power_of_two(size_t n)
{
	return n && !(n & (n - 1));
}

static struct ring *ring_alloc(size_t slots, size_t slot_bytes)
{
	struct ring *ring = aligned_alloc(CACHE_LINE, sizeof(*ring));

	if (!ring)
		return NULL;
	memset(ring, 0, sizeof(*ring));
	atomic_init(&ring->head, 0);
	atomic_init(&ring->tail, 0);
	atomic_init(&ring->asleep, false);
	ring->slots = slots;
	ring->stride_bytes =
		(slot_bytes + SLOT_ALIGN - 1) / SLOT_ALIGN * SLOT_ALIGN;
	ring->memory = calloc(slots, ring->stride_bytes);
	if (!ring->memory) {
		free(ring);
		return NULL;
	}
	return ring;
}

int ring_open(struct ring **rp, size_t slots, size_t slot_bytes)
{
	struct ring *ring;

	assert(rp);
	if (!is_power_of_two(slots) || slots < RING_SLOTS_MIN ||
	    slots > RING_SLOTS_MAX || !slot_bytes ||
	    slot_bytes > SIZE_MAX - SLOT_ALIGN)
		return EINVAL;
	ring = ring_alloc(slots, slot_bytes);
	if (!ring)
		return ENOMEM;
	ring->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (ring->fd < 0) {
		const int err = errno;

		free(ring->memory);
		free(ring);
		return err;
	}
	*rp = ring;
	return 0;
}

void ring_close(struct ring *ring)
{
	if (!ring)
		return;
	(void)close(ring->fd);
	free(ring->memory);
	free(ring);
}

static void *slot_at(const struct ring *ring, size_t count)
{
	return ring->memory + (count & (ring->slots - 1)) * ring->stride_bytes;
}

void *ring_reserve(struct ring *ring)
{
	const size_t head =
		atomic_load_explicit(&ring->head, memory_order_relaxed);

	/* The consumer's line is fetched only when the ring looks full. */
	if (head - ring->seen_tail == ring->slots)
		ring->seen_tail =
			atomic_load_explicit(&ring->tail, memory_order_acquire);
	if (head - ring->seen_tail == ring->slots)
		return NULL;
	return slot_at(ring, head);
}

void ring_commit(struct ring *ring)
{
	const size_t head =
		atomic_load_explicit(&ring->head, memory_order_relaxed);

	assert(head - ring->seen_tail < ring->slots);
	atomic_store(&ring->head, head + 1);
	/* Read before it is exchanged: an awake consumer costs no write. */
	if (atomic_load(&ring->asleep) && atomic_exchange(&ring->asleep, false))
		(void)eventfd_write(ring->fd, 1);
}

size_t ring_room(const struct ring *ring)
{
	const size_t head =
		atomic_load_explicit(&ring->head, memory_order_relaxed);
	const size_t tail =
		atomic_load_explicit(&ring->tail, memory_order_acquire);

	return ring->slots - (head - tail);
}

void *ring_peek(struct ring *ring)
{
	const size_t tail =
		atomic_load_explicit(&ring->tail, memory_order_relaxed);

	if (tail == ring->seen_head)
		ring->seen_head =
			atomic_load_explicit(&ring->head, memory_order_acquire);
	return tail == ring->seen_head ? NULL : slot_at(ring, tail);
}

void ring_release(struct ring *ring)
{
	const size_t tail =
		atomic_load_explicit(&ring->tail, memory_order_relaxed);

	assert(tail != ring->seen_head);
	atomic_store_explicit(&ring->tail, tail + 1, memory_order_release);
}

int ring_fd(const struct ring *ring)
{
	return ring->fd;
}

bool ring_sleep(struct ring *ring)
{
	const size_t tail =
		atomic_load_explicit(&ring->tail, memory_order_relaxed);

	atomic_store(&ring->asleep, true);
	ring->seen_head = atomic_load(&ring->head);
	if (tail == ring->seen_head)
		return true;
	atomic_store(&ring->asleep, false);
	return false;
}

void ring_awake(struct ring *ring)
{
	eventfd_t count;

	atomic_store(&ring->asleep, false);
	(void)eventfd_read(ring->fd, &count); /* EAGAIN: another one woke it */
}
