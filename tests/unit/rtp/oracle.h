/* oracle.h - SRTP written a third time, by hand and slowly, for the tests: it
 * is told every index, and knows no window, no stream and no refusal */
#pragma once

#include <criterion/criterion.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "rempart/base/suite.h"
#include "rempart/rtp/engine.h"

enum { WIRE_MAX = RTP_PACKET_MAX + RTP_OVERHEAD_MAX + 4 };

struct oracle_keys {
	uint8_t key[32], salt[14], auth[20];
};

struct oracle {
	enum suite suite;
	struct oracle_keys rtp, rtcp;
};

static inline size_t unhex(uint8_t *dst, const char *hex)
{
	size_t len = 0;
	unsigned byte;

	for (; *hex; hex += *hex == ' ' ? 1 : 2) {
		if (*hex == ' ')
			continue;
		cr_assert_eq(sscanf(hex, "%2x", &byte), 1);
		dst[len++] = (uint8_t)byte;
	}
	return len;
}

static inline bool oracle_gcm(enum suite suite)
{
	return suite_salt_bytes(suite) == 12;
}

static inline size_t oracle_tag(enum suite suite, bool rtcp)
{
	const bool is_32 = suite == SUITE_AES_256_CM_HMAC_SHA1_32 ||
			   suite == SUITE_AES_CM_128_HMAC_SHA1_32;

	if (oracle_gcm(suite))
		return 16;
	return is_32 && !rtcp ? 4 : 10;
}

static inline size_t oracle_overhead(enum suite suite, bool rtcp)
{
	return oracle_tag(suite, rtcp) + (rtcp ? 4 : 0);
}

static inline void oracle_ctr(size_t key_bytes, const uint8_t *key,
			      const uint8_t iv[static 16], uint8_t *p,
			      size_t len)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int done = 0;

	cr_assert(EVP_EncryptInit_ex(
		ctx, key_bytes == 32 ? EVP_aes_256_ctr() : EVP_aes_128_ctr(),
		NULL, key, iv));
	cr_assert(EVP_EncryptUpdate(ctx, p, &done, p, (int)len));
	EVP_CIPHER_CTX_free(ctx);
}

/* RFC 3711 4.3.1 */
static inline void oracle_prf(enum suite suite, const uint8_t *key_salt,
			      uint8_t label, uint8_t *dst, size_t len)
{
	uint8_t iv[16] = {0};

	memcpy(iv, key_salt + suite_key_bytes(suite), suite_salt_bytes(suite));
	iv[7] ^= label;
	memset(dst, 0, len);
	oracle_ctr(suite_key_bytes(suite), key_salt, iv, dst, len);
}

static inline struct oracle oracle_of(enum suite suite, const uint8_t *key_salt)
{
	struct oracle o = {.suite = suite};

	oracle_prf(suite, key_salt, 0, o.rtp.key, suite_key_bytes(suite));
	oracle_prf(suite, key_salt, 1, o.rtp.auth, 20);
	oracle_prf(suite, key_salt, 2, o.rtp.salt, suite_salt_bytes(suite));
	oracle_prf(suite, key_salt, 3, o.rtcp.key, suite_key_bytes(suite));
	oracle_prf(suite, key_salt, 4, o.rtcp.auth, 20);
	oracle_prf(suite, key_salt, 5, o.rtcp.salt, suite_salt_bytes(suite));
	return o;
}

static inline void put(uint8_t *p, uint64_t value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		p[i] = (uint8_t)(value >> (8 * (bytes - 1 - i)));
}

static inline void oracle_iv(const struct oracle_keys *keys, bool gcm,
			     const uint8_t *ssrc, uint64_t index, uint8_t *iv)
{
	uint8_t mid[16] = {0};
	const size_t at = gcm ? 2 : 4;

	memcpy(mid + at, ssrc, 4);
	put(mid + at + 4, index, 6);
	memset(iv, 0, 16);
	memcpy(iv, keys->salt, gcm ? 12 : 14);
	for (unsigned i = 0; i < 16; i++)
		iv[i] ^= mid[i];
}

/* Encrypts p[clear..len] in place and writes the tag behind. aad: what is
 * authenticated only, GCM. */
static inline void oracle_gcm_seal(size_t key_bytes, const uint8_t *key,
				   const uint8_t *iv, uint8_t *p, size_t clear,
				   size_t len, const uint8_t *more,
				   size_t more_len)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int done = 0;

	cr_assert(EVP_EncryptInit_ex(
		ctx, key_bytes == 32 ? EVP_aes_256_gcm() : EVP_aes_128_gcm(),
		NULL, key, iv));
	cr_assert(EVP_EncryptUpdate(ctx, NULL, &done, p, (int)clear));
	if (more_len)
		cr_assert(EVP_EncryptUpdate(ctx, NULL, &done, more,
					    (int)more_len));
	if (len > clear)
		cr_assert(EVP_EncryptUpdate(ctx, p + clear, &done, p + clear,
					    (int)(len - clear)));
	cr_assert(EVP_EncryptFinal_ex(ctx, p + len, &done));
	cr_assert(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, 16, p + len));
	EVP_CIPHER_CTX_free(ctx);
}

static inline void oracle_hmac(const struct oracle_keys *keys, const uint8_t *p,
			       size_t len, uint8_t *tag, size_t tag_len)
{
	uint8_t sum[EVP_MAX_MD_SIZE];

	cr_assert(HMAC(EVP_sha1(), keys->auth, 20, p, len, sum, NULL));
	memcpy(tag, sum, tag_len);
}

/* Plain RTP with a header of header_len bytes; out: WIRE_MAX. */
static inline size_t oracle_rtp(const struct oracle *o, const uint8_t *plain,
				size_t len, size_t header_len, uint32_t roc,
				uint8_t *out)
{
	const uint64_t index =
		(uint64_t)roc << 16 | (uint32_t)plain[2] << 8 | plain[3];
	const size_t tag = oracle_tag(o->suite, false);
	const size_t key_bytes = suite_key_bytes(o->suite);
	uint8_t iv[16], sum[20];

	memcpy(out, plain, len);
	oracle_iv(&o->rtp, oracle_gcm(o->suite), plain + 8, index, iv);
	if (oracle_gcm(o->suite)) {
		oracle_gcm_seal(key_bytes, o->rtp.key, iv, out, header_len, len,
				NULL, 0);
		return len + tag;
	}
	oracle_ctr(key_bytes, o->rtp.key, iv, out + header_len,
		   len - header_len);
	put(out + len, roc, 4);
	oracle_hmac(&o->rtp, out, len + 4, sum, sizeof(sum));
	memcpy(out + len, sum, tag);
	return len + tag;
}

/* e: encrypted, as every suite of ours wants it. */
static inline size_t oracle_rtcp(const struct oracle *o, const uint8_t *plain,
				 size_t len, uint32_t index, bool e,
				 uint8_t *out)
{
	const size_t tag = oracle_tag(o->suite, true);
	const size_t key_bytes = suite_key_bytes(o->suite);
	uint8_t iv[16], word[4];

	put(word, index | (e ? UINT32_C(1) << 31 : 0), 4);
	memcpy(out, plain, len);
	oracle_iv(&o->rtcp, oracle_gcm(o->suite), plain + 4, index, iv);
	if (oracle_gcm(o->suite)) {
		oracle_gcm_seal(key_bytes, o->rtcp.key, iv, out, e ? 8 : len,
				len, word, 4);
		memcpy(out + len + tag, word, 4);
		return len + tag + 4;
	}
	if (e)
		oracle_ctr(key_bytes, o->rtcp.key, iv, out + 8, len - 8);
	memcpy(out + len, word, 4);
	oracle_hmac(&o->rtcp, out, len + 4, out + len + 4, tag);
	return len + tag + 4;
}

/* A plain RTP packet of 12 + payload bytes whose content its index makes. */
static inline size_t make_rtp(uint8_t *p, uint32_t ssrc, uint16_t seq,
			      size_t payload)
{
	put(p, 0x8008, 2);
	put(p + 2, seq, 2);
	put(p + 4, (uint32_t)seq * 160, 4);
	put(p + 8, ssrc, 4);
	for (size_t i = 0; i < payload; i++)
		p[12 + i] = (uint8_t)(seq + 31 * i);
	return 12 + payload;
}

/* An empty receiver report and SDES, so to speak: 8 + more bytes. */
static inline size_t make_rtcp(uint8_t *p, uint32_t ssrc, size_t more)
{
	put(p, 0x80c9, 2);
	put(p + 2, (8 + more) / 4 - 1, 2);
	put(p + 4, ssrc, 4);
	for (size_t i = 0; i < more; i++)
		p[8 + i] = (uint8_t)(7 * i + more);
	return 8 + more;
}

/* Of `salt`, the same every time. */
static inline void make_key(uint8_t key_salt[static RTP_KEY_SALT_MAX],
			    uint8_t salt)
{
	for (unsigned i = 0; i < RTP_KEY_SALT_MAX; i++)
		key_salt[i] = (uint8_t)(salt * 59 + i * 37 + (i * i >> 2));
}
