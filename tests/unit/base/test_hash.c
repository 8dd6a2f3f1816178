/* test_hash.c - the hash is SipHash-2-4, by the vectors of its authors */
#include <criterion/criterion.h>

#include "rempart/base/hash.h"

static void count_up(uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)i;
}

/* Aumasson, Bernstein 2012, appendix A, and their reference vectors. */
Test(hash, gives_the_published_vectors)
{
	static const struct {
		size_t len;
		uint64_t want;
	} rows[] = {
		{15, 0xa129ca6149be45e5},
		{0, 0x726fdb47dd0e0e31},
		{1, 0x74f839c593dc67fd},
		{8, 0x93f5f5799a932462},
	};
	uint8_t key[HASH_KEY_BYTES];
	uint8_t in[15];

	count_up(key, sizeof(key));
	count_up(in, sizeof(in));
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		cr_assert_eq(hash_bytes(key, in, rows[i].len), rows[i].want,
			     "length %zu", rows[i].len);
}

Test(hash, every_bit_of_key_and_input_counts)
{
	uint8_t key[HASH_KEY_BYTES] = {0};
	uint8_t in[24] = {0};
	const uint64_t before = hash_bytes(key, in, sizeof(in));

	for (size_t bit = 0; bit < 8 * sizeof(in); bit++) {
		in[bit / 8] ^= (uint8_t)(1u << bit % 8);
		cr_assert_neq(hash_bytes(key, in, sizeof(in)), before);
		in[bit / 8] = 0;
	}
	for (size_t bit = 0; bit < 8 * sizeof(key); bit++) {
		key[bit / 8] ^= (uint8_t)(1u << bit % 8);
		cr_assert_neq(hash_bytes(key, in, sizeof(in)), before);
		key[bit / 8] = 0;
	}
	cr_assert_neq(hash_bytes(key, in, sizeof(in) - 1), before);
}
