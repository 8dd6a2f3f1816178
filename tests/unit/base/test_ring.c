/* test_ring.c - what one thread hands over, the other gets: all, whole, in
 * order */
#include <criterion/criterion.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>

#include "rempart/base/ring.h"

struct message {
	uint64_t number;
	uint64_t check;
	char ballast[40];
};

static struct ring *opened(size_t slots)
{
	struct ring *ring = NULL;

	cr_assert_eq(ring_open(&ring, slots, sizeof(struct message)), 0);
	return ring;
}

static bool send_number(struct ring *ring, uint64_t number)
{
	struct message *msg = ring_reserve(ring);

	if (!msg)
		return false;
	msg->number = number;
	msg->check = ~number;
	memset(msg->ballast, (int)number, sizeof(msg->ballast));
	ring_commit(ring);
	return true;
}

static bool take_number(struct ring *ring, uint64_t number)
{
	struct message *msg = ring_peek(ring);

	if (!msg)
		return false;
	cr_assert_eq(msg->number, number);
	cr_assert_eq(msg->check, ~number);
	cr_assert_eq((uint8_t)msg->ballast[39], (uint8_t)number);
	ring_release(ring);
	return true;
}

static bool readable(const struct ring *ring, int wait_ms)
{
	struct pollfd pfd = {.fd = ring_fd(ring), .events = POLLIN};
	int got;

	do {
		got = poll(&pfd, 1, wait_ms);
	} while (got < 0 && errno == EINTR);
	return got == 1;
}

Test(ring, refuses_sizes_it_cannot_serve)
{
	struct ring *ring = NULL;

	cr_assert_eq(ring_open(&ring, 0, 8), EINVAL);
	cr_assert_eq(ring_open(&ring, 1, 8), EINVAL);
	cr_assert_eq(ring_open(&ring, 3, 8), EINVAL);
	cr_assert_eq(ring_open(&ring, 131072, 8), EINVAL);
	cr_assert_eq(ring_open(&ring, 2, 0), EINVAL);
	cr_assert_eq(ring_open(&ring, 2, SIZE_MAX), EINVAL);
	cr_assert_null(ring);
	ring_close(NULL);
}

Test(ring, is_full_at_its_size_and_empty_at_none)
{
	struct ring *ring = opened(4);

	for (unsigned round = 0; round < 10; round++) {
		cr_assert_null(ring_peek(ring));
		cr_assert_eq(ring_room(ring), 4);
		for (uint64_t i = 0; i < 4; i++)
			cr_assert(send_number(ring, i));
		cr_assert_eq(ring_room(ring), 0);
		cr_assert_null(ring_reserve(ring));
		for (uint64_t i = 0; i < 4; i++)
			cr_assert(take_number(ring, i));
	}
	ring_close(ring);
}

Test(ring, a_reserved_slot_stays_the_same_and_unseen)
{
	struct ring *ring = opened(2);
	void *slot = ring_reserve(ring);

	cr_assert_eq(ring_reserve(ring), slot);
	cr_assert_null(ring_peek(ring));
	cr_assert_eq(ring_room(ring), 2);
	ring_commit(ring);
	cr_assert_eq(ring_peek(ring), slot);
	cr_assert_eq(ring_peek(ring), slot);
	cr_assert_neq(ring_reserve(ring), slot);
	ring_close(ring);
}

Test(ring, any_type_may_stand_in_a_slot)
{
	struct ring *ring = NULL;

	cr_assert_eq(ring_open(&ring, 8, 3), 0);
	for (unsigned i = 0; i < 8; i++) {
		cr_assert_eq((uintptr_t)ring_reserve(ring) %
				     _Alignof(max_align_t),
			     0);
		ring_commit(ring);
	}
	ring_close(ring);
}

Test(ring, wakes_a_sleeper_and_nobody_else)
{
	struct ring *ring = opened(8);

	cr_assert(send_number(ring, 0));
	cr_assert_not(readable(ring, 0), "nobody sleeps");
	cr_assert_not(ring_sleep(ring), "something is there");
	cr_assert(take_number(ring, 0));
	cr_assert(ring_sleep(ring));
	cr_assert_not(readable(ring, 0));
	cr_assert(send_number(ring, 1));
	cr_assert(readable(ring, 0));
	ring_awake(ring);
	cr_assert_not(readable(ring, 0));
	cr_assert(take_number(ring, 1));
	cr_assert(send_number(ring, 2));
	cr_assert_not(readable(ring, 0), "awake again");
	ring_close(ring);
}

Test(ring, one_wake_up_is_enough_for_many)
{
	struct ring *ring = opened(8);

	cr_assert(ring_sleep(ring));
	for (uint64_t i = 0; i < 5; i++)
		cr_assert(send_number(ring, i));
	cr_assert(readable(ring, 0));
	ring_awake(ring);
	cr_assert_not(readable(ring, 0));
	for (uint64_t i = 0; i < 5; i++)
		cr_assert(take_number(ring, i));
	ring_close(ring);
}

Test(ring, a_waker_of_another_kind_disturbs_nothing)
{
	struct ring *ring = opened(8);

	cr_assert(ring_sleep(ring));
	ring_awake(ring);
	cr_assert(ring_sleep(ring));
	cr_assert(ring_sleep(ring));
	cr_assert(send_number(ring, 0));
	cr_assert(readable(ring, 0));
	ring_close(ring);
}

enum { MESSAGES = 100000 };

static void *produce(void *arg)
{
	struct ring *ring = arg;

	for (uint64_t i = 0; i < MESSAGES; i++) {
		while (!send_number(ring, i))
			sched_yield();
		/* Gaps of all lengths: the consumer falls asleep anywhere. */
		for (uint64_t gap = i * 2654435761u >> 4 & 3; gap; gap--)
			sched_yield();
	}
	return NULL;
}

/* A lost wake-up leaves poll() waiting for ever, and the test with it. */
static void hand_over(size_t slots)
{
	struct ring *ring = opened(slots);
	pthread_t thread;
	uint64_t next = 0;

	cr_assert_eq(pthread_create(&thread, NULL, produce, ring), 0);
	while (next < MESSAGES) {
		while (take_number(ring, next))
			next++;
		if (next == MESSAGES || !ring_sleep(ring))
			continue;
		cr_assert(readable(ring, -1));
		ring_awake(ring);
	}
	cr_assert_eq(pthread_join(thread, NULL), 0);
	cr_assert_null(ring_peek(ring));
	cr_assert_eq(ring_room(ring), slots);
	ring_close(ring);
}

Test(ring, two_threads_lose_nothing_and_no_wake_up)
{
	hand_over(2);
	hand_over(64);
}

Test(ring, releasing_nothing_is_our_mistake, .signal = SIGABRT)
{
	struct ring *ring = opened(2);

	ring_release(ring);
}

Test(ring, committing_into_a_full_ring_is_our_mistake, .signal = SIGABRT)
{
	struct ring *ring = opened(2);

	cr_assert(send_number(ring, 0));
	cr_assert(send_number(ring, 1));
	cr_assert_null(ring_reserve(ring));
	ring_commit(ring);
}
