/* bucket.c - a token bucket as one instant: when it will be full again */
#include "rempart/guard/bucket.h"

#include <assert.h>
#include <errno.h>

enum { US_PER_S = 1000000 };

/* Tokens spent, as the time that earns them back. One that is deeper than the
 * rule counts as empty: no longer ban than the rule knows. */
static uint64_t debt_us(const struct bucket *bkt,
			const struct bucket_rule *rule, uint64_t now_us)
{
	uint64_t debt = 0;

	if (bkt->full_at_us > now_us)
		debt = bkt->full_at_us - now_us;
	return debt > rule->depth_us ? rule->depth_us : debt;
}

int bucket_rule_init(struct bucket_rule *rule, uint32_t count, uint32_t per_s,
		     uint32_t burst)
{
	uint64_t token_us;

	if (!count || !per_s || per_s > BUCKET_PER_S_MAX)
		return EINVAL;
	if (!burst || burst > BUCKET_BURST_MAX)
		return EINVAL;
	token_us = (uint64_t)per_s * US_PER_S / count;
	if (!token_us)
		return EINVAL;
	*rule = (struct bucket_rule){
		.token_us = token_us,
		.depth_us = token_us * burst,
	};
	return 0;
}

void bucket_settle(struct bucket *bkt, const struct bucket_rule *rule,
		   uint64_t now_us)
{
	const uint64_t empty_us = now_us + rule->depth_us;

	if (bkt->full_at_us > empty_us)
		bkt->full_at_us = empty_us;
}

void bucket_return(struct bucket *bkt, const struct bucket_rule *rule,
		   uint64_t now_us)
{
	uint64_t debt_us =
		bkt->full_at_us > now_us ? bkt->full_at_us - now_us : 0;

	if (debt_us <= rule->token_us)
		bkt->full_at_us = debt_us ? now_us : bkt->full_at_us;
	else
		bkt->full_at_us -= rule->token_us;
}

uint64_t bucket_wait_us(const struct bucket *bkt,
			const struct bucket_rule *rule, uint64_t now_us)
{
	uint64_t need_us;

	if (!rule->token_us)
		return 0;
	assert(rule->depth_us >= rule->token_us);
	need_us = debt_us(bkt, rule, now_us) + rule->token_us;
	return need_us > rule->depth_us ? need_us - rule->depth_us : 0;
}

bool bucket_take(struct bucket *bkt, const struct bucket_rule *rule,
		 uint64_t now_us)
{
	if (!rule->token_us)
		return true;
	bucket_settle(bkt, rule, now_us);
	if (bucket_wait_us(bkt, rule, now_us))
		return false;
	bkt->full_at_us = now_us + debt_us(bkt, rule, now_us) + rule->token_us;
	return true;
}
