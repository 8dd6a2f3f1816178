/* hash.c - SipHash-2-4 */
#include "rempart/base/hash.h"

#include <assert.h>

struct sip_state {
	uint64_t v0, v1, v2, v3;
};

static uint64_t rotate(uint64_t x, unsigned bits)
{
	return x << bits | x >> (64 - bits);
}

static uint64_t load_le(const uint8_t *from, size_t len)
{
	uint64_t word = 0;

	for (size_t i = 0; i < len; i++)
		word |= (uint64_t)from[i] << (8 * i);
	return word;
}

static void rounds(struct sip_state *s, unsigned count)
{
	while (count--) {
		s->v0 += s->v1;
		s->v1 = rotate(s->v1, 13) ^ s->v0;
		s->v0 = rotate(s->v0, 32);
		s->v2 += s->v3;
		s->v3 = rotate(s->v3, 16) ^ s->v2;
		s->v0 += s->v3;
		s->v3 = rotate(s->v3, 21) ^ s->v0;
		s->v2 += s->v1;
		s->v1 = rotate(s->v1, 17) ^ s->v2;
		s->v2 = rotate(s->v2, 32);
	}
}

static void mix(struct sip_state *s, uint64_t word)
{
	s->v3 ^= word;
	rounds(s, 2);
	s->v0 ^= word;
}

uint64_t hash_bytes(const uint8_t key[static HASH_KEY_BYTES], const void *p,
		    size_t len)
{
	const uint64_t k0 = load_le(key, 8);
	const uint64_t k1 = load_le(key + 8, 8);
	const uint8_t *from = p;
	struct sip_state s = {
		k0 ^ 0x736f6d6570736575,
		k1 ^ 0x646f72616e646f6d,
		k0 ^ 0x6c7967656e657261,
		k1 ^ 0x7465646279746573,
	};
	size_t left = len;

	assert(p || !len);
	for (; left >= 8; from += 8, left -= 8)
		mix(&s, load_le(from, 8));
	mix(&s, (uint64_t)len << 56 | load_le(from, left));
	s.v2 ^= 0xff;
	rounds(&s, 4);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}
