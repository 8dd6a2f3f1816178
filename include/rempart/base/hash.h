/* hash.h - keyed 64-bit hash for tables that strangers fill */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { HASH_KEY_BYTES = 16 };

/*
 * SipHash-2-4 (Aumasson, Bernstein 2012): with a key that no stranger knows,
 * nobody can aim at one slot. Not for proofs: those use HMAC.
 */
uint64_t hash_bytes(const uint8_t key[static HASH_KEY_BYTES], const void *p,
		    size_t len);
