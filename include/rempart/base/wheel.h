/* wheel.h - timer wheel: start and cancel in constant time */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Four rings of 256 slots; a tick is 10 ms, so delays up to 2^32 ticks hold.
 * Timers never fire early, and late by at most one tick. A timer stands
 * inside the caller's struct, which owns it; it must be stopped before that
 * is freed. Pure: the caller asks what is due and acts on it.
 */
enum { WHEEL_TICK_US = 10000, WHEEL_SLOTS = 256, WHEEL_RINGS = 4 };

struct wheel_timer {
	struct wheel_timer *next;
	struct wheel_timer **link; /* NULL: not running */
	uint64_t due_tick;
	uint32_t kind; /* the owner's: says what to do and what it stands in */
};

struct wheel {
	uint64_t now_tick;
	uint64_t count;
	struct wheel_timer *due; /* expired, not yet popped */
	struct wheel_timer *slots[WHEEL_RINGS][WHEEL_SLOTS];
};

void wheel_init(struct wheel *wheel, uint64_t now_us);

/* (Re)starts at an absolute time; one in the past is due at once. */
void wheel_start(struct wheel *wheel, struct wheel_timer *timer,
		 uint64_t due_us);
void wheel_stop(struct wheel *wheel, struct wheel_timer *timer);

static inline bool wheel_running(const struct wheel_timer *timer)
{
	return timer->link != NULL;
}

/*
 * Moves the wheel to now_us (never back) and takes one timer that is due,
 * NULL when none is left. Starting and stopping timers between two calls is
 * allowed.
 */
struct wheel_timer *wheel_pop(struct wheel *wheel, uint64_t now_us);

/* When to call wheel_pop next at the latest (may be early, never late);
 * UINT64_MAX when nothing runs. */
uint64_t wheel_next_us(const struct wheel *wheel);
