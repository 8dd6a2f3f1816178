/*
 * proof.c - the proof of a dialog in our Record-Route
 *
 * Bytes: passage (8), side (1), time (4), count of names (1), each name with
 * its length (1), and the first 16 bytes of HMAC-SHA-256; numbers with the
 * highest byte first. One proof has exactly one text.
 */
#include <assert.h>
#include <errno.h>
#include <openssl/crypto.h>

#include "rempart/proxy/proof.h"

enum {
	FIXED_BYTES = 8 + 1 + 4 + 1,
	BODY_BYTES_MAX = FIXED_BYTES + PROOF_NAMES_MAX * (1 + PROOF_NAME_MAX),
	TAG_BYTES = 16,
	ALL_BYTES_MAX = BODY_BYTES_MAX + TAG_BYTES,
};

_Static_assert((ALL_BYTES_MAX * 4 + 2) / 3 <= PROOF_TEXT_MAX,
	       "the longest proof fits its text");

struct bytes {
	uint8_t p[ALL_BYTES_MAX];
	size_t len;
};

/* What a proof is bound to beside its own bytes. */
struct binding_words {
	struct span call_id;
	struct span from_tag;
};

static void put_number(struct bytes *out, uint64_t value, unsigned width)
{
	assert(out->len + width <= BODY_BYTES_MAX);

	while (width--)
		out->p[out->len++] = (uint8_t)(value >> (8 * width));
}

static void body_write(struct bytes *out, const struct proof *proof)
{
	assert(proof->side <= 1);
	assert(proof->name_count <= PROOF_NAMES_MAX);

	out->len = 0;
	put_number(out, proof->passage, 8);
	put_number(out, proof->side, 1);
	put_number(out, proof->time_s, 4);
	put_number(out, proof->name_count, 1);
	for (unsigned i = 0; i < proof->name_count; i++) {
		struct span name = span_str(proof->names[i]);

		assert(name.len <= PROOF_NAME_MAX);
		put_number(out, name.len, 1);
		for (size_t j = 0; j < name.len; j++)
			put_number(out, (uint8_t)name.p[j], 1);
	}
}

static uint64_t take_number(struct span *rest, unsigned width)
{
	uint64_t value = 0;

	assert(rest->len >= width);
	for (unsigned i = 0; i < width; i++)
		value = value << 8 | (uint8_t)rest->p[i];
	*rest = span_skip(*rest, width);
	return value;
}

static bool take_name(char *name, struct span *rest)
{
	if (!rest->len)
		return false;

	size_t len = (size_t)take_number(rest, 1);
	if (len > PROOF_NAME_MAX || len > rest->len)
		return false;

	struct span bytes = span_of(rest->p, len);
	if (span_find(bytes, '\0') != len)
		return false;
	(void)span_copy(name, PROOF_NAME_MAX + 1, bytes);
	*rest = span_skip(*rest, len);
	return true;
}

/* The whole body, nothing left over. */
static bool body_read(struct proof *out, struct span body)
{
	struct proof proof = {0};

	if (body.len < FIXED_BYTES)
		return false;
	proof.passage = take_number(&body, 8);
	proof.side = (uint8_t)take_number(&body, 1);
	proof.time_s = (uint32_t)take_number(&body, 4);
	proof.name_count = (unsigned)take_number(&body, 1);
	if (proof.side > 1 || proof.name_count > PROOF_NAMES_MAX)
		return false;
	for (unsigned i = 0; i < proof.name_count; i++)
		if (!take_name(proof.names[i], &body))
			return false;
	if (body.len)
		return false;

	*out = proof;
	return true;
}

/* Each part with its length before it, so that no byte can move from one to
 * the next. */
static bool mac_parts(uint8_t dst[static MAC_BYTES], struct mac *key,
		      struct span body, const struct binding_words *words)
{
	/* The node's key serves more than one purpose: this is ours. */
	const struct span parts[] = {SPAN("rempart dialog proof 1"), body,
				     words->call_id, words->from_tag};
	enum { COUNT = sizeof(parts) / sizeof(parts[0]), LEN_BYTES = 8 };
	struct span framed[2 * COUNT];
	char lens[COUNT][LEN_BYTES];

	for (size_t i = 0; i < COUNT; i++) {
		for (unsigned j = 0; j < LEN_BYTES; j++)
			lens[i][j] = (char)((uint64_t)parts[i].len >>
					    (8 * (LEN_BYTES - 1 - j)));
		framed[2 * i] = span_of(lens[i], LEN_BYTES);
		framed[2 * i + 1] = parts[i];
	}
	return !mac_make(key, dst, framed, 2 * COUNT);
}

void proof_write(struct text *out, const struct proof *proof, struct mac *key,
		 struct span call_id, struct span from_tag)
{
	const struct binding_words words = {call_id, from_tag};
	uint8_t mac[MAC_BYTES];
	struct bytes all;

	body_write(&all, proof);
	struct span body = span_of((const char *)all.p, all.len);
	if (!mac_parts(mac, key, body, &words)) {
		/* No proof is written, and the writer sees it at its end. */
		out->full = true;
		return;
	}
	memcpy(all.p + all.len, mac, TAG_BYTES);
	text_base64url(out, all.p, all.len + TAG_BYTES);
}

/* The proof's bytes, with the MAC behind them; false: not of its form. */
static bool decode(struct bytes *all, struct proof *out, struct span user)
{
	if (user.len > PROOF_TEXT_MAX ||
	    text_base64url_decode(all->p, sizeof(all->p), &all->len, user) ||
	    all->len < FIXED_BYTES + TAG_BYTES)
		return false;
	return body_read(out,
			 span_of((const char *)all->p, all->len - TAG_BYTES));
}

int proof_peek(struct proof *out, struct span user)
{
	struct bytes all;

	return decode(&all, out, user) ? 0 : EINVAL;
}

int proof_read(struct proof *out, struct span user, struct mac *key,
	       struct span call_id, struct span from_tag)
{
	const struct binding_words words = {call_id, from_tag};
	uint8_t mac[MAC_BYTES];
	struct bytes all;

	if (!decode(&all, out, user))
		return EINVAL;

	size_t body_len = all.len - TAG_BYTES;
	struct span body = span_of((const char *)all.p, body_len);

	bool ours = mac_parts(mac, key, body, &words) &&
		    !CRYPTO_memcmp(mac, all.p + body_len, TAG_BYTES);
	/* What a forged proof should have carried stays nowhere. */
	OPENSSL_cleanse(mac, sizeof(mac));
	return ours ? 0 : EACCES;
}
