/* transform.h - SRTP's cryptography for one key and RTP or RTCP: session keys
 * (RFC 3711 4.3) and what they do to a packet; no state but the keys */
#pragma once

#include <openssl/evp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rempart/base/check.h"
#include "rempart/base/suite.h"

enum {
	RTP_SESSION_KEY_MAX = 32,
	RTP_SESSION_SALT_MAX = 14,
	RTP_AUTH_KEY_BYTES = 20, /* RFC 3711 8.2: n_a is 160 bits */
	RTP_GCM_TAG_BYTES = 16,
	RTP_WORD_BYTES = 4,
};

bool rtp_suite_is_gcm(enum suite suite);
/* Bytes of the HMAC tag at the packet's end; 0 with GCM, whose tag belongs to
 * the ciphertext. RTCP always has 80 bits (RFC 4568 6.2.2). */
size_t rtp_suite_hmac_bytes(enum suite suite, bool rtcp);

/* One kind's, RTP or RTCP. Secret: wiped by its owner. */
struct rtp_session_keys {
	uint8_t key[RTP_SESSION_KEY_MAX];
	uint8_t salt[RTP_SESSION_SALT_MAX];
	uint8_t auth[RTP_AUTH_KEY_BYTES]; /* not used with GCM */
};

/* Key derivation rate 0: once. key_salt: suite_key_bytes + suite_salt_bytes.
 * 0 or ENOMEM. */
MUST_CHECK
int rtp_session_keys_derive(struct rtp_session_keys *out, enum suite suite,
			    bool rtcp, const uint8_t *key_salt);

struct rtp_transform {
	EVP_CIPHER_CTX *cipher;
	EVP_MAC_CTX *hmac; /* NULL: GCM */
	size_t tag_bytes;
	size_t word_bytes; /* of the word, in the packet: none with RTP */
	uint8_t salt[RTP_SESSION_SALT_MAX];
};

/* seals: it will encrypt, else decrypt. The keys are not needed afterwards. 0
 * or ENOMEM: close it all the same. Close allows all zero. */
MUST_CHECK
int rtp_transform_open(struct rtp_transform *tf, enum suite suite, bool rtcp,
		       bool seals, const struct rtp_session_keys *keys);
void rtp_transform_close(struct rtp_transform *tf);

/* One packet on its way through: `clear` bytes that stay so, then `body`. */
struct rtp_work {
	const uint8_t *in;
	uint8_t *out;
	size_t clear, body;
	uint32_t ssrc;
	uint64_t index;
	/* What the tag covers besides: the ROC (RFC 3711 4.2), or the E bit
	 * and index of SRTCP. */
	uint8_t word[RTP_WORD_BYTES];
};

/* What a sealed packet is longer by than clear + body. */
size_t rtp_transform_overhead(const struct rtp_transform *tf);
/* Where in a sealed RTCP packet the word stands. */
size_t rtp_transform_word_at(const struct rtp_transform *tf,
			     const struct rtp_work *work);

/* False: libcrypto had no memory. */
MUST_CHECK
bool rtp_transform_seal(const struct rtp_transform *tf,
			const struct rtp_work *work);
/* False: not authentic (or no memory); out then holds nothing of it. */
MUST_CHECK
bool rtp_transform_unseal(const struct rtp_transform *tf,
			  const struct rtp_work *work);
