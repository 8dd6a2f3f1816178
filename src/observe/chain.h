/* chain.h - how the lines of the log are joined by their hashes */
#pragma once

#include <openssl/evp.h>
#include <stdint.h>

#include "rempart/base/check.h"
#include "rempart/base/span.h"
#include "rempart/observe/line.h"

enum {
	CHAIN_HASH_FIELD = 74, /* ,"hash":"<64 hex>" */
};

/* A digest that is set up once: fetching SHA-256 for each line costs more
 * than hashing it. */
struct chain {
	EVP_MD *sha256;
	EVP_MD_CTX *ctx;
};

/* Returns 0 or ENOMEM. */
MUST_CHECK
int chain_open(struct chain *chain);
void chain_close(struct chain *chain);

/*
 * SHA-256 over prev (64 hex digits), body and a closing brace, where body is
 * the line up to its hash field. Writes 64 hex digits and NUL. Returns 0 or
 * EIO when the provider refuses.
 */
MUST_CHECK
int chain_hash(const struct chain *chain, const char *prev, struct span body,
	       char hex[static LINE_HASH_HEX + 1]);

/* The parts of one line that the chain stands on; they point into it. */
struct chain_line {
	uint64_t seq;	  /* 1 .. UINT64_MAX - 1 */
	struct span body; /* up to the hash field */
	const char *prev; /* 64 hex digits each */
	const char *hash;
};

/*
 * Takes a line without its newline apart. Strict: only the form that log.c
 * writes. Says nothing about the hash. Returns 0 or EBADMSG.
 */
MUST_CHECK
int chain_scan(struct chain_line *out, struct span line);
