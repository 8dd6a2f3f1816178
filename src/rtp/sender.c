/* sender.c - maps and protects what leaves on one leg, so that no index of an
 * SSRC is used twice under one key (RFC 3711 9.1; RFC 7714 13.1) */
#include "rempart/rtp/sender.h"

#include <assert.h>
#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "transform.h"
#include "window.h"

enum {
	/* Keys of one leg, all remembered, as each may come back (an offer
	 * that was refused, a plan taken back): a new one every 27 minutes
	 * lasts for four days. */
	KEYS_MAX = 256,
	DROPOUT_MAX = 3000, /* RFC 3550 A.1 */
	DIGEST_BYTES = 32,
};

static const uint64_t RTP_PACKETS_MAX = UINT64_C(1) << 48; /* RFC 3711 9.2 */
static const uint64_t RTCP_PACKETS_MAX = UINT64_C(1) << 31;

/* What a key has been used for, whether it is in force or was. */
struct key_use {
	struct key_use *next;
	uint8_t digest[DIGEST_BYTES];
	uint64_t packets[2]; /* RTP, RTCP */
	size_t count;
	uint32_t ssrc[RTP_SSRC_MAX];
};

/* One SSRC of the source. */
struct mapped {
	uint64_t touched; /* 0: a free place */
	uint32_t source, outgoing;
	bool live;    /* else it is remembered only, as done with */
	bool claimed; /* outgoing is this one's under the key in force */
	bool sent;    /* RTP has left under the key (or in clear) in force */
	bool jumped;  /* the last RTP was a jump, before `jump_next` */
	uint16_t jump_next;
	/* Once something was sent: indices as they are under the key in
	 * force, so that the counter of `highest` is the engine's. */
	struct rtp_window win;
};

struct rtp_sender {
	const struct rtp_engine *engine;
	struct rtp_context *ctx; /* NULL: clear */
	enum suite suite;
	uint8_t mki[sizeof(((struct rtp_key *)NULL)->mki)];
	size_t mki_len;
	uint64_t packets_max[2]; /* RTP, RTCP */
	struct key_use *use;	 /* of the key in force; NULL: clear */
	struct key_use *uses;	 /* of all, owned */
	size_t uses_count;
	uint8_t seed[HASH_KEY_BYTES];
	uint64_t drawn;	  /* fresh SSRCs, ever */
	uint64_t touches; /* the newest `touched` */
	struct mapped map[RTP_SSRC_MAX];
};

int rtp_sender_open(struct rtp_sender **out, const struct rtp_engine *engine,
		    const uint8_t seed[static HASH_KEY_BYTES])
{
	struct rtp_sender *sender = calloc(1, sizeof(*sender));

	if (!sender)
		return ENOMEM;
	sender->engine = engine;
	memcpy(sender->seed, seed, HASH_KEY_BYTES);
	*out = sender;
	return 0;
}

void rtp_sender_close(struct rtp_sender *sender)
{
	if (!sender)
		return;
	while (sender->uses) {
		struct key_use *use = sender->uses;

		sender->uses = use->next;
		free(use);
	}
	sender->engine->close(sender->ctx);
	OPENSSL_cleanse(sender, sizeof(*sender));
	free(sender);
}

/* Of what the session keys come from: two suites that differ in their tag
 * alone have the same ones, and a short salt is one that ends in zeros. */
static int digest_key(const struct rtp_key *key,
		      uint8_t digest[static DIGEST_BYTES])
{
	uint8_t text[1 + RTP_SESSION_KEY_MAX + RTP_SESSION_SALT_MAX] = {0};
	const size_t key_bytes = suite_key_bytes(key->suite);
	unsigned len = 0;
	int good;

	text[0] = (uint8_t)key_bytes;
	memcpy(text + 1, key->key_salt, key_bytes);
	memcpy(text + 1 + RTP_SESSION_KEY_MAX, key->key_salt + key_bytes,
	       suite_salt_bytes(key->suite));
	good = EVP_Digest(text, sizeof(text), digest, &len, EVP_sha256(), NULL);
	OPENSSL_cleanse(text, sizeof(text));
	assert(!good || len == DIGEST_BYTES);
	return good ? 0 : ENOMEM;
}

static struct key_use *find_use(const struct rtp_sender *sender,
				const uint8_t digest[static DIGEST_BYTES])
{
	struct key_use *use = sender->uses;

	while (use && memcmp(use->digest, digest, DIGEST_BYTES) != 0)
		use = use->next;
	return use;
}

static bool in_force(const struct rtp_sender *sender, const struct key_use *use,
		     const struct rtp_key *key)
{
	return use && use == sender->use && key->suite == sender->suite &&
	       key->mki_len == sender->mki_len &&
	       !memcmp(key->mki, sender->mki, sender->mki_len);
}

/* ctx and use are NULL for clear. */
static void put_in_force(struct rtp_sender *sender, struct rtp_context *ctx,
			 struct key_use *use)
{
	sender->engine->close(sender->ctx);
	sender->ctx = ctx;
	sender->use = use;
	for (size_t i = 0; i < RTP_SSRC_MAX; i++)
		sender->map[i].claimed = sender->map[i].sent = false;
}

static uint64_t lower(uint64_t asked, uint64_t limit)
{
	return asked && asked < limit ? asked : limit;
}

int rtp_sender_key(struct rtp_sender *sender, const struct rtp_key *key)
{
	struct rtp_context *ctx = NULL;
	struct key_use *use, *fresh = NULL;
	uint8_t digest[DIGEST_BYTES];
	int err;

	if (!key) {
		if (sender->ctx)
			put_in_force(sender, NULL, NULL);
		return 0;
	}
	if ((unsigned)key->suite >= SUITE_COUNT ||
	    key->mki_len > sizeof(key->mki))
		return EINVAL;
	err = digest_key(key, digest);
	if (err)
		return err;
	use = find_use(sender, digest);
	if (in_force(sender, use, key))
		return 0;
	if (!use) {
		if (sender->uses_count == KEYS_MAX)
			return EINVAL;
		use = fresh = calloc(1, sizeof(*fresh));
		if (!fresh)
			return ENOMEM;
		memcpy(fresh->digest, digest, DIGEST_BYTES);
	}
	err = sender->engine->open(&ctx, RTP_SEND, key->suite, key->key_salt);
	if (err) {
		free(fresh);
		return err;
	}
	if (fresh) {
		fresh->next = sender->uses;
		sender->uses = fresh;
		sender->uses_count++;
	}
	put_in_force(sender, ctx, use);
	sender->suite = key->suite;
	memcpy(sender->mki, key->mki, sizeof(sender->mki));
	sender->mki_len = key->mki_len;
	sender->packets_max[0] = lower(key->packets_max, RTP_PACKETS_MAX);
	sender->packets_max[1] = lower(key->packets_max, RTCP_PACKETS_MAX);
	return 0;
}

void rtp_sender_switch(struct rtp_sender *sender)
{
	for (size_t i = 0; i < RTP_SSRC_MAX; i++)
		sender->map[i].live = false;
}

static struct mapped *find_source(struct rtp_sender *sender, uint32_t source)
{
	for (size_t i = 0; i < RTP_SSRC_MAX; i++) {
		struct mapped *m = &sender->map[i];

		if (m->live && m->source == source)
			return m;
	}
	return NULL;
}

static const struct mapped *find_outgoing(const struct rtp_sender *sender,
					  uint32_t outgoing)
{
	for (size_t i = 0; i < RTP_SSRC_MAX; i++) {
		const struct mapped *m = &sender->map[i];

		if (m->live && m->outgoing == outgoing)
			return m;
	}
	return NULL;
}

static bool is_used(const struct key_use *use, uint32_t ssrc)
{
	for (size_t i = 0; use && i < use->count; i++) {
		if (use->ssrc[i] == ssrc)
			return true;
	}
	return false;
}

/* Used under the key in force, or known in the map, live or done with. */
static bool is_taken(const struct rtp_sender *sender, uint32_t ssrc)
{
	for (size_t i = 0; i < RTP_SSRC_MAX; i++) {
		const struct mapped *m = &sender->map[i];

		if (m->touched && (m->source == ssrc || m->outgoing == ssrc))
			return true;
	}
	return is_used(sender->use, ssrc);
}

static uint32_t draw_ssrc(struct rtp_sender *sender)
{
	uint32_t ssrc;

	do {
		const uint64_t number = ++sender->drawn;

		ssrc = (uint32_t)hash_bytes(sender->seed, &number,
					    sizeof(number));
	} while (!ssrc || is_taken(sender, ssrc));
	return ssrc;
}

static bool has_room(const struct rtp_sender *sender)
{
	return !sender->use || sender->use->count < RTP_SSRC_MAX;
}

/* Makes the outgoing SSRC this one's under the key in force; another is drawn
 * where it was used before. False: no room. */
static bool claim(struct rtp_sender *sender, struct mapped *m)
{
	struct key_use *use = sender->use;

	m->touched = ++sender->touches;
	if (!use || m->claimed)
		return true;
	if (!has_room(sender))
		return false;
	if (is_used(use, m->outgoing))
		m->outgoing = draw_ssrc(sender);
	use->ssrc[use->count++] = m->outgoing;
	m->claimed = true;
	return true;
}

/* A free place, or that of the oldest: what it used is remembered with the
 * key. A live one that is claimed never is: whatever is not was touched before
 * the key or the source changed, and there is such a one while there is room.
 */
static struct mapped *free_place(struct rtp_sender *sender)
{
	struct mapped *oldest = &sender->map[0];

	for (size_t i = 1; i < RTP_SSRC_MAX; i++) {
		if (sender->map[i].touched < oldest->touched)
			oldest = &sender->map[i];
	}
	assert(!oldest->live || !oldest->claimed);
	return oldest;
}

/* NULL: no room. */
static struct mapped *map_new(struct rtp_sender *sender, uint32_t source)
{
	struct mapped *m;
	uint32_t outgoing;

	if (!has_room(sender))
		return NULL;
	outgoing = is_taken(sender, source) ? draw_ssrc(sender) : source;
	m = free_place(sender);
	*m = (struct mapped){
		.source = source, .outgoing = outgoing, .live = true};
	return m;
}

/* The stream restarts: under another SSRC. False: no room. */
static bool renew(struct rtp_sender *sender, struct mapped *m)
{
	if (!has_room(sender))
		return false;
	m->outgoing = draw_ssrc(sender);
	m->win = (struct rtp_window){0};
	m->claimed = m->sent = m->jumped = false;
	return true;
}

/* The index of the next packet of a stream, or why it has none (RFC 3550 A.1,
 * with our window in the place of MAX_MISORDER). What is behind the first one
 * under this key by a rollover would belong to a counter of -1, which receivers
 * count differently; so nothing late is sent first. */
static enum rtp_result place(struct rtp_sender *sender, struct mapped *m,
			     uint16_t sequence, uint64_t *index)
{
	const struct rtp_window *win = &m->win;
	const int16_t step = (int16_t)(sequence - (uint16_t)win->highest);

	*index = sequence;
	if (rtp_window_empty(win))
		return RTP_DONE;
	if (step > DROPOUT_MAX || step < -RTP_WINDOW) {
		if (m->jumped && m->jump_next == sequence)
			return renew(sender, m) ? RTP_DONE : RTP_NO_ROOM;
		m->jumped = true;
		m->jump_next = (uint16_t)(sequence + 1);
		return RTP_REPLAYED;
	}
	if (step <= 0 && (!m->sent || win->highest < (uint64_t)-step))
		return RTP_REPLAYED;
	*index = win->highest + (uint64_t)step;
	return rtp_window_unused(win, *index) ? RTP_DONE : RTP_REPLAYED;
}

static void commit(struct mapped *m, uint64_t index)
{
	rtp_window_commit(&m->win, index);
	if (!m->sent)
		m->win.highest &= UINT16_MAX; /* a new key's counter is 0 */
	m->sent = true;
}

static size_t overhead(const struct rtp_sender *sender, bool rtcp)
{
	size_t bytes = rtp_suite_is_gcm(sender->suite)
			       ? RTP_GCM_TAG_BYTES
			       : rtp_suite_hmac_bytes(sender->suite, rtcp);

	if (!sender->ctx)
		return 0;
	return bytes + (rtcp ? RTP_WORD_BYTES : 0) + sender->mki_len;
}

/* Before the HMAC tag (RFC 3711 3.1), behind everything with GCM (RFC 7714 8.2,
 * 9.2). */
static void put_mki(const struct rtp_sender *sender, bool rtcp, uint8_t *out,
		    size_t *len)
{
	const size_t tail = rtp_suite_hmac_bytes(sender->suite, rtcp);
	uint8_t *at = out + *len - tail;

	if (!sender->mki_len)
		return;
	memmove(at + sender->mki_len, at, tail);
	memcpy(at, sender->mki, sender->mki_len);
	*len += sender->mki_len;
}

static bool is_spent(const struct rtp_sender *sender, bool rtcp)
{
	return sender->use &&
	       sender->use->packets[rtcp] >= sender->packets_max[rtcp];
}

static enum rtp_result emit(struct rtp_sender *sender, bool rtcp,
			    const uint8_t *in, uint8_t *out, size_t *len)
{
	const struct rtp_engine *engine = sender->engine;
	const size_t cap = *len + overhead(sender, rtcp);
	enum rtp_result res;

	if (!sender->ctx) {
		memcpy(out, in, *len);
		return RTP_DONE;
	}
	res = rtcp ? engine->protect_rtcp(sender->ctx, in, out, len, cap)
		   : engine->protect(sender->ctx, in, out, len, cap);
	if (res != RTP_DONE)
		return res;
	put_mki(sender, rtcp, out, len);
	sender->use->packets[rtcp]++;
	return RTP_DONE;
}

enum rtp_result rtp_sender_rtp(struct rtp_sender *sender, const uint8_t *in,
			       uint8_t *out, size_t *len, size_t cap)
{
	uint8_t copy[RTP_PACKET_MAX];
	struct rtp_header head;
	enum rtp_result res;
	struct mapped *m;
	uint64_t index;

	if (*len > RTP_PACKET_MAX || !rtp_header_read(&head, in, *len, true))
		return RTP_MALFORMED;
	if (cap < *len + overhead(sender, false))
		return RTP_NO_ROOM;
	if (is_spent(sender, false))
		return RTP_EXHAUSTED;
	m = find_source(sender, head.ssrc);
	if (!m)
		m = map_new(sender, head.ssrc);
	if (!m)
		return RTP_NO_ROOM;
	res = place(sender, m, head.sequence, &index);
	if (res != RTP_DONE)
		return res;
	if (!claim(sender, m))
		return RTP_NO_ROOM;
	if (m->outgoing != head.ssrc) {
		memcpy(copy, in, *len);
		rtp_header_set_ssrc(copy, m->outgoing);
		in = copy;
	}
	res = emit(sender, false, in, out, len);
	if (res == RTP_DONE)
		commit(m, index);
	return res;
}

enum rtp_result rtp_sender_rtcp(struct rtp_sender *sender, const uint8_t *in,
				uint8_t *out, size_t *len, size_t cap)
{
	const struct mapped *m;

	if (*len < 8 || *len > RTP_PACKET_MAX || in[0] >> 6 != 2)
		return RTP_MALFORMED;
	if (cap < *len + overhead(sender, true))
		return RTP_NO_ROOM;
	if (is_spent(sender, true))
		return RTP_EXHAUSTED;
	/* Each SSRC has RTCP indices of its own: only one that rtp_sender_map
	 * has claimed is unused by anything else under this key. */
	m = find_outgoing(sender, rtcp_first_ssrc(in));
	if (!m || (sender->use && !m->claimed))
		return RTP_MALFORMED;
	return emit(sender, true, in, out, len);
}

bool rtp_sender_map(struct rtp_sender *sender, uint32_t source, uint32_t *out)
{
	struct mapped *m = find_source(sender, source);

	if (!m)
		m = map_new(sender, source);
	if (!m || !claim(sender, m))
		return false;
	*out = m->outgoing;
	return true;
}

bool rtp_sender_unmap(const struct rtp_sender *sender, uint32_t outgoing,
		      uint32_t *source)
{
	const struct mapped *m = find_outgoing(sender, outgoing);

	if (!m)
		return false;
	*source = m->source;
	return true;
}
