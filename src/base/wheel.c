/*
 * wheel.c - hierarchical timer wheel
 *
 * Ring r holds the timers whose due tick, in units of 256^r ticks, lies 1 to
 * 255 units ahead; the slot is that unit modulo 256. When the wheel reaches
 * the first tick of a unit it empties its slot: what is due is handed out,
 * the rest moves to a finer ring. So the slot of the present is always empty,
 * and an idle wheel jumps from one filled slot to the next.
 */
#include "rempart/base/wheel.h"

#include <assert.h>
#include <stddef.h>

enum { RING_BITS = 8 };

_Static_assert(WHEEL_SLOTS == 1 << RING_BITS, "a ring is eight bits of time");

static const uint64_t NEVER = UINT64_MAX;

static uint64_t unit_of(uint64_t tick, unsigned ring)
{
	return tick >> (ring * RING_BITS);
}

static void push(struct wheel_timer **head, struct wheel_timer *timer)
{
	timer->next = *head;
	timer->link = head;
	if (*head)
		(*head)->link = &timer->next;
	*head = timer;
}

static void unlink_timer(struct wheel_timer *timer)
{
	*timer->link = timer->next;
	if (timer->next)
		timer->next->link = timer->link;
	timer->next = NULL;
	timer->link = NULL;
}

/* The finest ring that reaches so far. */
static void place(struct wheel *wheel, struct wheel_timer *timer)
{
	const uint64_t last = WHEEL_SLOTS - 1;
	unsigned ring = 0;
	uint64_t unit;

	if (timer->due_tick <= wheel->now_tick) {
		push(&wheel->due, timer);
		return;
	}
	while (ring < WHEEL_RINGS - 1 &&
	       unit_of(timer->due_tick, ring) - unit_of(wheel->now_tick, ring) >
		       last)
		ring++;
	unit = unit_of(timer->due_tick, ring);
	/* Beyond all rings: wait in the last slot and be placed again. */
	if (unit - unit_of(wheel->now_tick, ring) > last)
		unit = unit_of(wheel->now_tick, ring) + last;
	push(&wheel->slots[ring][unit % WHEEL_SLOTS], timer);
}

void wheel_init(struct wheel *wheel, uint64_t now_us)
{
	*wheel = (struct wheel){.now_tick = now_us / WHEEL_TICK_US};
}

void wheel_start(struct wheel *wheel, struct wheel_timer *timer,
		 uint64_t due_us)
{
	wheel_stop(wheel, timer);
	/* Rounded up: never early. */
	timer->due_tick = due_us / WHEEL_TICK_US + !!(due_us % WHEEL_TICK_US);
	place(wheel, timer);
	wheel->count++;
}

void wheel_stop(struct wheel *wheel, struct wheel_timer *timer)
{
	if (!wheel_running(timer))
		return;
	assert(wheel->count);
	unlink_timer(timer);
	wheel->count--;
}

/* First tick of the next unit, not after limit, whose slot is filled. */
static uint64_t ring_next(const struct wheel *wheel, unsigned ring,
			  uint64_t limit)
{
	const uint64_t now = unit_of(wheel->now_tick, ring);
	uint64_t ahead = unit_of(limit, ring) - now;

	if (ahead > WHEEL_SLOTS - 1)
		ahead = WHEEL_SLOTS - 1;
	for (uint64_t unit = now + 1; unit <= now + ahead; unit++) {
		if (wheel->slots[ring][unit % WHEEL_SLOTS])
			return unit << (ring * RING_BITS);
	}
	return NEVER;
}

/* The next tick, not after limit, at which a slot must be emptied. */
static uint64_t next_tick(const struct wheel *wheel, uint64_t limit)
{
	uint64_t best = NEVER;

	if (!wheel->count)
		return NEVER;
	for (unsigned ring = 0; ring < WHEEL_RINGS; ring++) {
		const uint64_t tick = ring_next(wheel, ring, limit);

		if (tick < best) {
			best = tick;
			limit = tick;
		}
	}
	return best;
}

/* Empties the slots whose unit begins now. */
static void turn(struct wheel *wheel)
{
	for (unsigned ring = WHEEL_RINGS; ring-- > 0;) {
		const uint64_t unit = unit_of(wheel->now_tick, ring);
		struct wheel_timer **slot;

		if (unit << (ring * RING_BITS) != wheel->now_tick)
			continue;
		slot = &wheel->slots[ring][unit % WHEEL_SLOTS];
		while (*slot) {
			struct wheel_timer *timer = *slot;

			unlink_timer(timer);
			place(wheel, timer);
		}
	}
}

struct wheel_timer *wheel_pop(struct wheel *wheel, uint64_t now_us)
{
	const uint64_t target = now_us / WHEEL_TICK_US;
	struct wheel_timer *timer;

	while (!wheel->due && wheel->now_tick < target) {
		const uint64_t tick = next_tick(wheel, target);

		if (tick > target) {
			wheel->now_tick = target;
			break;
		}
		wheel->now_tick = tick;
		turn(wheel);
	}
	timer = wheel->due;
	if (timer)
		wheel_stop(wheel, timer);
	return timer;
}

uint64_t wheel_next_us(const struct wheel *wheel)
{
	const uint64_t tick =
		wheel->due ? wheel->now_tick : next_tick(wheel, NEVER);

	if (tick > NEVER / WHEEL_TICK_US)
		return NEVER;
	return tick * WHEEL_TICK_US;
}
