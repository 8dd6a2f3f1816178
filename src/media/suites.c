/* suites.c - which SRTP suites an end is offered, and our keys towards it */
#include <string.h>

#include "inside.h"

_Static_assert(SUITE_COUNT <= 8, "a bit each in struct face");
_Static_assert((int)RTP_KEY_SALT_MAX == (int)SDP_KEY_SALT_MAX,
	       "one length, two names");

static bool holds(struct span text, struct span part)
{
	for (; text.len >= part.len; text = span_skip(text, 1))
		if (span_ieq(span_of(text.p, part.len), part))
			return true;
	return false;
}

uint32_t suites_without(const struct media_settings *set,
			const struct media_party *party)
{
	uint32_t without = 0;

	if (party->kind != MEDIA_PHONE)
		return 0;
	for (unsigned i = 0; i < set->quirk_count; i++)
		if (holds(span_str(party->agent),
			  span_str(set->quirks[i].agent)))
			without |= set->quirks[i].without;
	return without;
}

static unsigned add_all(const struct sdp_settings *sdp, uint32_t mask,
			enum suite out[static SUITE_COUNT])
{
	unsigned count = 0;

	for (unsigned i = 0; i < sdp->suite_count; i++)
		if (mask >> sdp->suites[i] & 1)
			out[count++] = sdp->suites[i];
	return count;
}

/* Some phones take the first line whatever it is: the oldest suite goes first
 * where nothing is known of them. */
static void put_first(enum suite *list, unsigned count, enum suite suite)
{
	for (unsigned i = 0; i < count; i++) {
		if (list[i] != suite)
			continue;
		memmove(list + 1, list, i * sizeof(*list));
		list[0] = suite;
		return;
	}
}

unsigned suites_for(const struct media *media, const struct media_context *ctx,
		    unsigned end, enum suite out[static SUITE_COUNT])
{
	const struct media_party *party = &media->party[end];
	uint32_t good = ~suites_without(ctx->set, party);
	uint32_t speaks = party->speaks | media->speaks[end];
	unsigned count = 0;

	if (party->kind == MEDIA_UPSTREAM)
		return add_all(ctx->sdp, ~0u, out);
	if (speaks)
		count = add_all(ctx->sdp, speaks & good, out);
	if (count)
		return count;
	count = add_all(ctx->sdp, good, out);
	if (!count)
		count = add_all(ctx->sdp, ~0u, out);
	put_first(out, count, SUITE_AES_CM_128_HMAC_SHA1_80);
	return count;
}

const struct rtp_key *suites_key(const struct media_context *ctx,
				 struct face *face, enum suite suite)
{
	struct rtp_key *key = &face->tx[suite];

	if (!(face->made >> suite & 1)) {
		key->suite = suite;
		ctx->io->random(ctx->io->arg, key->key_salt,
				suite_key_bytes(suite) +
					suite_salt_bytes(suite));
		face->made |= (uint8_t)(1u << suite);
	}
	return key;
}

bool suites_ours(const struct face *face,
		 const uint8_t key_salt[static SDP_KEY_SALT_MAX])
{
	for (unsigned s = 0; s < SUITE_COUNT; s++)
		if (face->made >> s & 1 &&
		    !memcmp(face->tx[s].key_salt, key_salt, SDP_KEY_SALT_MAX))
			return true;
	return false;
}

void suites_keep(struct face *face, unsigned wanted)
{
	const unsigned gone = face->used & ~wanted;

	for (unsigned s = 0; s < SUITE_COUNT; s++)
		if (gone >> s & 1)
			explicit_bzero(&face->tx[s], sizeof(face->tx[s]));
	face->made &= (uint8_t)~gone;
	face->used &= (uint8_t)~gone;
}
