/*
 * receiver.c - who may be heard: up to three contexts, and which of them the
 * sender means
 *
 * Settled, there is `kept` alone. Beside it:
 * - the same key, moved: `zero`, for a sender that began at ROC 0;
 * - a new key: `old` with the key before, `zero`, and `kept`, whose streams go
 *   on with the ROCs of `old`.
 */
#include "rempart/rtp/receiver.h"

#include <assert.h>
#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "transform.h"

enum {
	MKI_MAX = 4,
	IN_MAX = RTP_PACKET_MAX + RTP_OVERHEAD_MAX + MKI_MAX,
	RTCP_HEADER_BYTES = 8,
};

/* What is kept of a key: enough to know it again, not the key. */
struct held_key {
	enum suite suite;
	uint8_t digest[SHA256_DIGEST_LENGTH];
	uint8_t mki[MKI_MAX];
	uint8_t mki_len;
	uint64_t packets_max;
	uint64_t taken[2]; /* RTP, RTCP: RFC 4568 6.1 counts them apart */
};

struct rtp_receiver {
	const struct rtp_engine *engine;
	bool keyed;
	struct held_key key;	  /* of zero and kept */
	struct held_key old_key;  /* of old */
	struct rtp_context *zero; /* no RTP has been yet */
	struct rtp_context *kept; /* new key: none either */
	struct rtp_context *old;  /* NULL: no key is being left */
	bool old_done;		  /* old is kept for its ROCs only */
	bool heard;		  /* RTP, ever */
	unsigned moved_kept;	  /* RTP on kept beside zero, same key */
};

/* One that came, and where it goes. */
struct packet {
	bool rtcp;
	uint32_t ssrc;
	const uint8_t *in;
	size_t len;
	uint8_t *out;
	size_t cap;
	size_t out_len; /* once it is DONE */
};

int rtp_receiver_open(struct rtp_receiver **out,
		      const struct rtp_engine *engine)
{
	struct rtp_receiver *recv = calloc(1, sizeof(*recv));

	assert(engine);
	if (!recv)
		return ENOMEM;
	recv->engine = engine;
	*out = recv;
	return 0;
}

static void drop(const struct rtp_receiver *recv, struct rtp_context **ctx)
{
	recv->engine->close(*ctx);
	*ctx = NULL;
}

void rtp_receiver_close(struct rtp_receiver *recv)
{
	if (!recv)
		return;
	drop(recv, &recv->zero);
	drop(recv, &recv->kept);
	drop(recv, &recv->old);
	OPENSSL_cleanse(recv, sizeof(*recv));
	free(recv);
}

static struct held_key hold(const struct rtp_key *key)
{
	struct held_key held = {
		.suite = key->suite,
		.mki_len = key->mki_len,
		.packets_max = key->packets_max,
	};

	memcpy(held.mki, key->mki, sizeof(held.mki));
	SHA256(key->key_salt,
	       suite_key_bytes(key->suite) + suite_salt_bytes(key->suite),
	       held.digest);
	return held;
}

static bool same_key(const struct held_key *a, const struct held_key *b)
{
	return a->suite == b->suite &&
	       !CRYPTO_memcmp(a->digest, b->digest, sizeof(a->digest));
}

/* The MKI and the lifetime may be said anew; what was taken counts on. */
static void say_again(struct held_key *key, const struct held_key *now)
{
	memcpy(key->mki, now->mki, sizeof(key->mki));
	key->mki_len = now->mki_len;
	key->packets_max = now->packets_max;
}

static int open_one(const struct rtp_receiver *recv, struct rtp_context **out,
		    const struct rtp_key *key)
{
	return recv->engine->open(out, RTP_RECEIVE, key->suite, key->key_salt);
}

static int keep_key(struct rtp_receiver *recv, const struct rtp_key *key,
		    const struct held_key *held, bool moved)
{
	/* Where a key is being left, both beginnings are open already. */
	if (moved && !recv->zero) {
		int err = open_one(recv, &recv->zero, key);

		if (err)
			return err;
	}
	if (moved)
		recv->moved_kept = 0;
	say_again(&recv->key, held);
	return 0;
}

/* Back to the key before: nothing has been heard of the one between, but
 * perhaps RTCP. */
static int take_back(struct rtp_receiver *recv, const struct rtp_key *key,
		     const struct held_key *held, bool moved)
{
	struct rtp_context *zero = NULL;

	if (moved) {
		int err = open_one(recv, &zero, key);

		if (err)
			return err;
	}
	drop(recv, &recv->zero);
	drop(recv, &recv->kept);
	recv->zero = zero;
	recv->kept = recv->old;
	recv->old = NULL;
	recv->moved_kept = 0;
	recv->key = recv->old_key;
	say_again(&recv->key, held);
	return 0;
}

/* What is in use becomes `old`; what nobody has used is closed. */
static void leave_key(struct rtp_receiver *recv)
{
	if (recv->old && !recv->old_done) {
		drop(recv, &recv->zero);
		drop(recv, &recv->kept);
		return;
	}
	if (recv->old) {
		drop(recv, &recv->old);
		drop(recv, &recv->kept);
		recv->old = recv->zero;
		recv->zero = NULL;
	} else {
		drop(recv, &recv->zero);
		recv->old = recv->kept;
		recv->kept = NULL;
	}
	recv->old_key = recv->key;
}

static int change_key(struct rtp_receiver *recv, const struct rtp_key *key,
		      const struct held_key *held)
{
	struct rtp_context *zero = NULL, *kept = NULL;
	int err = open_one(recv, &zero, key);

	if (!err && recv->heard)
		err = open_one(recv, &kept, key);
	if (err) {
		drop(recv, &zero);
		return err;
	}
	leave_key(recv);
	recv->zero = zero;
	recv->kept = kept;
	recv->old_done = false;
	recv->key = *held;
	return 0;
}

int rtp_receiver_key(struct rtp_receiver *recv, const struct rtp_key *key,
		     bool moved)
{
	struct held_key held;

	if ((unsigned)key->suite >= SUITE_COUNT || key->mki_len > MKI_MAX)
		return EINVAL;
	held = hold(key);
	if (!recv->keyed) {
		int err = open_one(recv, &recv->kept, key);

		if (err)
			return err;
		recv->key = held;
		recv->keyed = true;
		return 0;
	}
	if (same_key(&recv->key, &held))
		return keep_key(recv, key, &held, moved);
	if (recv->old && same_key(&recv->old_key, &held))
		return take_back(recv, key, &held, moved);
	return change_key(recv, key, &held);
}

/*
 * The packet without its MKI: in `in` itself or in spare (IN_MAX bytes). The
 * MKI stands before the HMAC's tag (RFC 3711 3.1, 3.4), with GCM at the very
 * end (RFC 7714 8.2, 9.2). NULL: it has not the key's.
 */
static const uint8_t *without_mki(const struct held_key *key,
				  const struct packet *pkt, uint8_t *spare,
				  size_t *len)
{
	const size_t tag = rtp_suite_hmac_bytes(key->suite, pkt->rtcp);
	size_t before;

	if (pkt->len < tag + key->mki_len)
		return NULL;
	before = pkt->len - tag - key->mki_len;
	if (memcmp(pkt->in + before, key->mki, key->mki_len) != 0)
		return NULL;
	*len = before + tag;
	if (!tag || !key->mki_len)
		return pkt->in;
	memcpy(spare, pkt->in, before);
	memcpy(spare + before, pkt->in + before + key->mki_len, tag);
	return spare;
}

static enum rtp_result try_one(const struct rtp_receiver *recv,
			       struct rtp_context *ctx,
			       const struct held_key *key, struct packet *pkt)
{
	const struct rtp_engine *engine = recv->engine;
	uint8_t spare[IN_MAX];
	enum rtp_result result;
	const uint8_t *in;
	size_t len;

	if (key->packets_max && key->taken[pkt->rtcp] >= key->packets_max)
		return RTP_EXHAUSTED;
	in = without_mki(key, pkt, spare, &len);
	if (!in)
		return RTP_FORGED;
	result = pkt->rtcp
			 ? engine->unprotect_rtcp(ctx, in, pkt->out, &len,
						  pkt->cap)
			 : engine->unprotect(ctx, in, pkt->out, &len, pkt->cap);
	if (result == RTP_DONE)
		pkt->out_len = len;
	return result;
}

/* DONE, or of the refusals the first that says more than another key. */
static enum rtp_result better(enum rtp_result so_far, enum rtp_result next)
{
	return so_far == RTP_FORGED || next == RTP_DONE ? next : so_far;
}

static bool has_rolled(const struct rtp_receiver *recv,
		       const struct rtp_context *ctx, uint32_t ssrc,
		       uint32_t *roc)
{
	return recv->engine->roc(ctx, ssrc, roc) && *roc > 0;
}

/* Its streams go on where those of `old` are now. A context that has heard
 * RTCP of it keeps what it was begun with, and so does `old` by then. */
static bool carry_roc(const struct rtp_receiver *recv, uint32_t ssrc)
{
	uint32_t roc;
	int err;

	if (!has_rolled(recv, recv->old, ssrc, &roc))
		return false;
	err = recv->engine->begin(recv->kept, ssrc, roc);
	return !err || err == EEXIST;
}

static enum rtp_result take_zero(struct rtp_receiver *recv, struct packet *pkt)
{
	enum rtp_result result;
	uint32_t roc;

	/* The same key: nothing but the ROC tells the two apart. */
	if (!recv->zero ||
	    (!recv->old && !has_rolled(recv, recv->kept, pkt->ssrc, &roc)))
		return RTP_FORGED;
	result = try_one(recv, recv->zero, &recv->key, pkt);
	if (result != RTP_DONE)
		return result;
	drop(recv, &recv->kept);
	drop(recv, &recv->old);
	recv->kept = recv->zero;
	recv->zero = NULL;
	return RTP_DONE;
}

static enum rtp_result take_kept(struct rtp_receiver *recv, struct packet *pkt)
{
	enum rtp_result result;

	if (!recv->kept || (recv->old && !carry_roc(recv, pkt->ssrc)))
		return RTP_FORGED;
	result = try_one(recv, recv->kept, &recv->key, pkt);
	if (result != RTP_DONE)
		return result;
	/* With a new key one packet settles it. With the same, those that were
	 * under way come first. */
	if (recv->old || (recv->zero && ++recv->moved_kept >= RTP_WINDOW)) {
		drop(recv, &recv->zero);
		drop(recv, &recv->old);
	}
	return RTP_DONE;
}

static enum rtp_result take_old(struct rtp_receiver *recv, struct packet *pkt)
{
	enum rtp_result result;

	if (!recv->old || recv->old_done)
		return RTP_FORGED;
	result = try_one(recv, recv->old, &recv->old_key, pkt);
	if (result == RTP_DONE)
		recv->old_key.taken[pkt->rtcp]++;
	return result;
}

static enum rtp_result take_rtp(struct rtp_receiver *recv, struct packet *pkt)
{
	enum rtp_result result = take_zero(recv, pkt);

	if (result != RTP_DONE)
		result = better(result, take_kept(recv, pkt));
	if (result == RTP_DONE)
		recv->key.taken[false]++;
	else
		result = better(result, take_old(recv, pkt));
	recv->heard |= result == RTP_DONE;
	return result;
}

/* What one context has taken the other of that key has too, or it would take
 * it a second time if it is the one that stays. */
static void tell_other(struct rtp_receiver *recv, struct rtp_context *other,
		       const struct packet *pkt)
{
	uint8_t spare[IN_MAX];
	struct packet again = *pkt;

	again.out = spare;
	again.cap = sizeof(spare);
	if (recv->old)
		(void)carry_roc(recv, pkt->ssrc);
	(void)try_one(recv, other, &recv->key, &again);
}

/* SRTCP says its index itself: its tag cannot tell one beginning from another,
 * only one key from another. */
static enum rtp_result take_rtcp(struct rtp_receiver *recv, struct packet *pkt)
{
	struct rtp_context *first = recv->old ? recv->zero : recv->kept;
	struct rtp_context *second = recv->old ? recv->kept : recv->zero;
	enum rtp_result result = try_one(recv, first, &recv->key, pkt);

	if (result != RTP_DONE)
		return better(result, take_old(recv, pkt));
	if (second)
		tell_other(recv, second, pkt);
	recv->old_done = recv->old;
	recv->key.taken[true]++;
	return RTP_DONE;
}

enum rtp_result rtp_receiver_take(struct rtp_receiver *recv, bool rtcp,
				  const uint8_t *in, uint8_t *out, size_t *len)
{
	struct packet pkt = {
		.rtcp = rtcp,
		.in = in,
		.len = *len,
		.out = out,
		.cap = *len,
	};
	enum rtp_result result;

	if (*len < (rtcp ? RTCP_HEADER_BYTES : RTP_HEADER_BYTES) ||
	    *len > IN_MAX)
		return RTP_MALFORMED;
	if (!recv->keyed)
		return RTP_FORGED;
	pkt.ssrc = bytes_read32(in + (rtcp ? 4 : 8));
	result = rtcp ? take_rtcp(recv, &pkt) : take_rtp(recv, &pkt);
	if (result == RTP_DONE)
		*len = pkt.out_len;
	return result;
}

bool rtp_receiver_knows(const struct rtp_receiver *recv, uint32_t ssrc)
{
	const struct rtp_context *all[] = {recv->kept, recv->zero, recv->old};
	uint32_t roc;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (all[i] && recv->engine->roc(all[i], ssrc, &roc))
			return true;
	}
	return false;
}

bool rtp_receiver_suite(const struct rtp_receiver *recv, enum suite *out)
{
	if (!recv->keyed)
		return false;
	*out = recv->key.suite;
	return true;
}
