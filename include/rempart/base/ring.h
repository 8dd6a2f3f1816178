/* ring.h - bounded queue from one thread to one other, by message */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include "rempart/base/check.h"

/*
 * One producer thread, one consumer thread, slots of one size. The slots are
 * memory of the ring: the producer fills one in place, the consumer reads it
 * in place. An eventfd wakes a consumer that went to sleep.
 */
struct ring;

/* slots: a power of two, 2..65536. Returns 0, EINVAL, ENOMEM or the errno of
 * eventfd(2). */
MUST_CHECK
int ring_open(struct ring **rp, size_t slots, size_t slot_bytes);
/* Both threads must have stopped using it. NULL is allowed. */
void ring_close(struct ring *ring);

/* Producer: the next free slot (its old bytes still in it), or NULL when the
 * ring is full. The same slot until ring_commit(). */
void *ring_reserve(struct ring *ring);
/* Producer: hands the reserved slot over and wakes a sleeping consumer. */
void ring_commit(struct ring *ring);
/* Producer: slots free now. */
size_t ring_room(const struct ring *ring);

/* Consumer: the oldest slot, or NULL when the ring is empty. */
void *ring_peek(struct ring *ring);
/* Consumer: done with the slot that ring_peek() gave. */
void ring_release(struct ring *ring);

/* Consumer: readable after a wake-up; for poll. */
int ring_fd(const struct ring *ring);
/*
 * Consumer, before it waits on ring_fd(): true when it may sleep (the
 * producer will wake it), false when something arrived meanwhile.
 */
MUST_CHECK
bool ring_sleep(struct ring *ring);
/* Consumer, after it woke: clears the eventfd. */
void ring_awake(struct ring *ring);
