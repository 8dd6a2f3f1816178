/*
 * limits.c - token buckets of users and sources, in tables of a fixed size
 *
 * A row is a keyed hash and a bucket: 16 bytes, a set of eight is two lines of
 * cache. The hash is all that is kept of a key: strangers do not know how it
 * is keyed, so they cannot aim at a row, and by luck two keys share one with
 * 2^-64.
 */
#include "rempart/guard/limits.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rempart/base/hash.h"
#include "rempart/base/text.h"

enum {
	WAYS = 8,
	US_PER_S = 1000000,
	US_PER_MS = 1000,
	/* A host of IPv6 has a /64 to send from: it is one source. */
	SOURCE_BITS_4 = 32,
	SOURCE_BITS_6 = 64,
};

struct row {
	uint64_t key; /* means nothing while the bucket is full */
	struct bucket bucket;
};

struct set {
	_Alignas(64) struct row ways[WAYS];
};

struct limits {
	uint8_t hash_key[HASH_KEY_BYTES];
	struct bucket new_work;
	struct set registers[LIMITS_USERS / WAYS];
	struct set calls[LIMITS_USERS / WAYS];
	struct set sources[LIMITS_SOURCES / WAYS];
};

_Static_assert(!(LIMITS_USERS & (LIMITS_USERS - 1)) &&
		       !(LIMITS_SOURCES & (LIMITS_SOURCES - 1)),
	       "a set is chosen by the low bits of a hash");

static struct bucket_rule rule(uint32_t count, uint32_t per_s, uint32_t burst)
{
	struct bucket_rule made = {0};
	const int err = bucket_rule_init(&made, count, per_s, burst);

	assert(!err);
	(void)err;
	return made;
}

void limits_defaults(struct limits_settings *out)
{
	*out = (struct limits_settings){
		.messages = rule(50, 1, 200),
		.registers_user = rule(60, 60, 60),
		.registers_source = rule(100, 1, 1000),
		.calls_user = rule(30, 60, 10),
		.new_work = rule(2000, 1, 4000),
		.where = "limits (default)",
	};
}

/* Digits at the front; false when there are none, or too many. */
static bool take_number(struct span *text, uint64_t max, uint64_t *out)
{
	size_t digits = 0;
	int err;

	while (digits < text->len && text->p[digits] >= '0' &&
	       text->p[digits] <= '9')
		digits++;
	err = span_u64(span_of(text->p, digits), max, out);
	*text = span_skip(*text, digits);
	return !err;
}

static bool take_word(struct span *text, struct span word)
{
	if (!span_starts(*text, word))
		return false;
	*text = span_skip(*text, word.len);
	return true;
}

/* "1m", "10s", "h", "min", as seconds. */
static bool take_period(struct span *text, uint64_t *seconds)
{
	uint64_t count = 1;

	if (text->len && text->p[0] >= '0' && text->p[0] <= '9' &&
	    !take_number(text, BUCKET_PER_S_MAX, &count))
		return false;
	if (take_word(text, SPAN("s")))
		*seconds = count;
	else if (take_word(text, SPAN("min")) || take_word(text, SPAN("m")))
		*seconds = count * 60;
	else if (take_word(text, SPAN("h")))
		*seconds = count * 3600;
	else
		return false;
	return true;
}

static bool take_blanks(struct span *text)
{
	const size_t before = text->len;

	while (text->len && (text->p[0] == ' ' || text->p[0] == '\t'))
		*text = span_skip(*text, 1);
	return text->len < before;
}

int limits_parse(struct bucket_rule *out, struct span text)
{
	struct span rest = span_trim(text);
	uint64_t count;
	uint64_t per_s;
	uint64_t burst;

	if (!take_number(&rest, UINT32_MAX, &count) ||
	    !take_word(&rest, SPAN("/")) || !take_period(&rest, &per_s))
		return EINVAL;
	burst = count;
	if (rest.len &&
	    (!take_blanks(&rest) || !take_word(&rest, SPAN("burst")) ||
	     !take_blanks(&rest) || !take_number(&rest, UINT32_MAX, &burst)))
		return EINVAL;
	if (rest.len || per_s > BUCKET_PER_S_MAX)
		return EINVAL;
	return bucket_rule_init(out, (uint32_t)count, (uint32_t)per_s,
				(uint32_t)burst);
}

int limits_open(struct limits **out, const uint8_t hash_key[static 16])
{
	struct limits *set =
		aligned_alloc(_Alignof(struct limits), sizeof(*set));

	if (!set)
		return ENOMEM;
	memset(set, 0, sizeof(*set));
	memcpy(set->hash_key, hash_key, sizeof(set->hash_key));
	*out = set;
	return 0;
}

void limits_close(struct limits *set)
{
	free(set);
}

/*
 * The bucket that judges this key: its own; else that of the fullest row, if
 * it is full, so that its owner loses nothing by being forgotten; else that of
 * the emptiest. A row deeper than the rule (a reload, a clock that went back)
 * would hold its place for longer than the rule knows: it is settled.
 */
static struct row *judge_of(struct set *set, uint64_t key,
			    const struct bucket_rule *by, uint64_t now_us)
{
	struct row *fullest = set->ways;
	struct row *emptiest = set->ways;

	for (size_t i = 0; i < WAYS; i++) {
		struct row *row = &set->ways[i];

		bucket_settle(&row->bucket, by, now_us);
		if (row->key == key && row->bucket.full_at_us)
			return row;
		if (row->bucket.full_at_us < fullest->bucket.full_at_us)
			fullest = row;
		if (row->bucket.full_at_us > emptiest->bucket.full_at_us)
			emptiest = row;
	}
	return fullest->bucket.full_at_us <= now_us ? fullest : emptiest;
}

static void spend(struct row *row, uint64_t key, const struct bucket_rule *by,
		  uint64_t now_us)
{
	bool taken;

	/* in debt it is the key's own, or stands for the whole set */
	if (row->bucket.full_at_us <= now_us)
		row->key = key;
	taken = bucket_take(&row->bucket, by, now_us);
	assert(taken);
	(void)taken;
}

static void put_time(struct text *txt, uint64_t time_us)
{
	if (time_us % US_PER_MS) {
		text_u64(txt, time_us);
		text_puts(txt, " us");
	} else if (time_us % US_PER_S) {
		text_u64(txt, time_us / US_PER_MS);
		text_puts(txt, " ms");
	} else {
		text_u64(txt, time_us / US_PER_S);
		text_puts(txt, " s");
	}
}

/* A refusal whose detail names the key of the configuration. */
static struct verdict refuse(enum reason reason, const char *key,
			     const struct bucket_rule *by, uint64_t wait_us)
{
	char detail[VERDICT_DETAIL_MAX];
	struct text txt = text_init(detail, sizeof(detail) - 1);
	struct verdict verdict;

	assert(wait_us && by->token_us);
	text_puts(&txt, key);
	text_puts(&txt, ": one every ");
	put_time(&txt, by->token_us);
	text_puts(&txt, " after a burst of ");
	text_u64(&txt, by->depth_us / by->token_us);
	detail[txt.len] = '\0';
	verdict = verdict_reject(reason, detail);
	/* rounded up: who comes back then is not refused again */
	verdict.retry_after_s = (uint32_t)((wait_us + US_PER_S - 1) / US_PER_S);
	return verdict;
}

struct verdict limits_message(struct bucket *conn,
			      const struct limits_settings *rules,
			      uint64_t now_us)
{
	if (bucket_take(conn, &rules->messages, now_us))
		return verdict_pass();
	return refuse(REASON_LIMIT_MESSAGES, "limits.messages",
		      &rules->messages,
		      bucket_wait_us(conn, &rules->messages, now_us));
}

static uint64_t source_hash(const struct limits *set, const struct addr *prefix)
{
	uint8_t bytes[sizeof(prefix->ip) + 1];

	memcpy(bytes, prefix->ip, sizeof(prefix->ip));
	bytes[sizeof(prefix->ip)] = prefix->version;
	return hash_bytes(set->hash_key, bytes, sizeof(bytes));
}

/* A user's name has any length: it goes in as its hash. */
static uint64_t user_hash(const struct limits *set, struct span user,
			  uint64_t source)
{
	const uint64_t pair[2] = {
		hash_bytes(set->hash_key, user.p, user.len),
		source,
	};

	return hash_bytes(set->hash_key, pair, sizeof(pair));
}

struct verdict limits_register(struct limits *set,
			       const struct limits_settings *rules,
			       struct span user, const struct addr *source,
			       uint64_t now_us)
{
	const struct addr prefix =
		addr_prefix(source, SOURCE_BITS_4, SOURCE_BITS_6);
	const uint64_t from = source_hash(set, &prefix);
	const uint64_t who = user_hash(set, user, from);
	const size_t sources = LIMITS_SOURCES / WAYS;
	const size_t users = LIMITS_USERS / WAYS;
	struct row *by_source;
	struct row *by_user;
	uint64_t wait_us;

	/* The source first: one that is refused leaves no trace of a user. */
	by_source = judge_of(&set->sources[from % sources], from,
			     &rules->registers_source, now_us);
	wait_us = bucket_wait_us(&by_source->bucket, &rules->registers_source,
				 now_us);
	if (wait_us)
		return refuse(REASON_LIMIT_REGISTER,
			      "limits.registers_per_source",
			      &rules->registers_source, wait_us);
	by_user = judge_of(&set->registers[who % users], who,
			   &rules->registers_user, now_us);
	wait_us = bucket_wait_us(&by_user->bucket, &rules->registers_user,
				 now_us);
	if (wait_us)
		return refuse(REASON_LIMIT_REGISTER,
			      "limits.registers_per_user",
			      &rules->registers_user, wait_us);
	/* Both have one: only now is either spent. */
	spend(by_source, from, &rules->registers_source, now_us);
	spend(by_user, who, &rules->registers_user, now_us);
	return verdict_pass();
}

struct verdict limits_call(struct limits *set,
			   const struct limits_settings *rules,
			   struct span user, uint64_t now_us)
{
	const struct bucket_rule *by = &rules->calls_user;
	const uint64_t who = hash_bytes(set->hash_key, user.p, user.len);
	const size_t users = LIMITS_USERS / WAYS;
	struct row *row = judge_of(&set->calls[who % users], who, by, now_us);
	const uint64_t wait_us = bucket_wait_us(&row->bucket, by, now_us);

	if (wait_us)
		return refuse(REASON_LIMIT_CALLS, "limits.calls_per_user", by,
			      wait_us);
	spend(row, who, by, now_us);
	return verdict_pass();
}

void limits_call_return(struct limits *set, const struct limits_settings *rules,
			struct span user, uint64_t now_us)
{
	const struct bucket_rule *by = &rules->calls_user;
	const uint64_t who = hash_bytes(set->hash_key, user.p, user.len);
	const size_t users = LIMITS_USERS / WAYS;
	struct row *row = judge_of(&set->calls[who % users], who, by, now_us);

	if (row->key == who)
		bucket_return(&row->bucket, by, now_us);
}

struct verdict limits_new_work(struct limits *set,
			       const struct limits_settings *rules, bool invite,
			       uint64_t now_us)
{
	const struct bucket_rule *by = &rules->new_work;
	struct verdict verdict;

	if (bucket_take(&set->new_work, by, now_us))
		return verdict_pass();
	verdict = refuse(REASON_LIMIT_NEW_WORK, "limits.new_work", by,
			 bucket_wait_us(&set->new_work, by, now_us));
	/* After a 503 a phone may leave this server alone for that time, for
	 * all that it has to ask (RFC 3261 21.5.4): not for one call. */
	if (invite)
		verdict.sip_code = 480;
	return verdict;
}
