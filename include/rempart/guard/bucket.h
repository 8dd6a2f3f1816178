/* bucket.h - how fast, in what bursts, something may come */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "rempart/base/check.h"

/*
 * A bucket holds `burst` tokens and earns `count` every `per_s` seconds. It is
 * one instant (GCRA): 8 bytes, no drift, {0} is full.
 */
struct bucket_rule {
	uint64_t token_us; /* time to earn one token; 0: no limit */
	uint64_t depth_us; /* time to earn a full bucket */
};

struct bucket {
	uint64_t full_at_us;
};

enum { BUCKET_BURST_MAX = 100000, BUCKET_PER_S_MAX = 3600 };

/* 0, or EINVAL: a value is 0, above its MAX, or finer than 1 us. */
MUST_CHECK
int bucket_rule_init(struct bucket_rule *rule, uint32_t count, uint32_t per_s,
		     uint32_t burst);

/* True when a token was there and is spent. A refused one costs nothing. A
 * bucket whose debt is deeper than the rule (a reload, a clock that went
 * back) restarts from empty. */
bool bucket_take(struct bucket *bkt, const struct bucket_rule *rule,
		 uint64_t now_us);
/* Does that restart alone: for a bucket that is not asked but stands in the
 * way of others. */
void bucket_settle(struct bucket *bkt, const struct bucket_rule *rule,
		   uint64_t now_us);
/* Gives the last token back: what it was spent on did not come to be. */
void bucket_return(struct bucket *bkt, const struct bucket_rule *rule,
		   uint64_t now_us);
/* Time to the next token, 0 when one is ready. */
uint64_t bucket_wait_us(const struct bucket *bkt,
			const struct bucket_rule *rule, uint64_t now_us);
