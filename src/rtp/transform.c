/* transform.c - AES in counter mode with HMAC-SHA1, and AES-GCM, on OpenSSL's
 * EVP; key derivation with AES as its PRF */
#include "transform.h"

#include <assert.h>
#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <string.h>

enum {
	BLOCK_BYTES = 16,
	SHA1_BYTES = 20,
	LABEL_AT = 7,	   /* RFC 3711 4.3.1: label || 48 zero bits, to the
			    * right of the 14 bytes of salt */
	LABELS_A_KIND = 3, /* cipher, authentication, salt; then RTCP's */
};

bool rtp_suite_is_gcm(enum suite suite)
{
	return suite == SUITE_AEAD_AES_128_GCM ||
	       suite == SUITE_AEAD_AES_256_GCM;
}

size_t rtp_suite_hmac_bytes(enum suite suite, bool rtcp)
{
	switch (suite) {
	case SUITE_AES_256_CM_HMAC_SHA1_80:
	case SUITE_AES_CM_128_HMAC_SHA1_80:
		return 10;
	case SUITE_AES_256_CM_HMAC_SHA1_32:
	case SUITE_AES_CM_128_HMAC_SHA1_32:
		return rtcp ? 10 : 4;
	case SUITE_AEAD_AES_256_GCM:
	case SUITE_AEAD_AES_128_GCM:
	case SUITE_COUNT:
		break;
	}
	return 0;
}

/* One key of `len` bytes: the key stream that starts at its label. */
static bool derive_one(EVP_CIPHER_CTX *prf,
		       const uint8_t salt[static BLOCK_BYTES], uint8_t label,
		       uint8_t *dst, size_t len)
{
	static const uint8_t zeros[RTP_SESSION_KEY_MAX];
	uint8_t iv[BLOCK_BYTES];
	int written = 0;
	bool good;

	assert(len <= sizeof(zeros));
	memcpy(iv, salt, sizeof(iv));
	iv[LABEL_AT] ^= label;
	good = EVP_EncryptInit_ex2(prf, NULL, NULL, iv, NULL) == 1 &&
	       EVP_EncryptUpdate(prf, dst, &written, zeros, (int)len) == 1 &&
	       (size_t)written == len;
	OPENSSL_cleanse(iv, sizeof(iv));
	return good;
}

int rtp_session_keys_derive(struct rtp_session_keys *out, enum suite suite,
			    bool rtcp, const uint8_t *key_salt)
{
	const size_t key_bytes = suite_key_bytes(suite);
	const size_t salt_bytes = suite_salt_bytes(suite);
	const uint8_t label = rtcp ? LABELS_A_KIND : 0;
	EVP_CIPHER *aes = EVP_CIPHER_fetch(
		NULL, key_bytes == 32 ? "AES-256-CTR" : "AES-128-CTR", NULL);
	EVP_CIPHER_CTX *prf = EVP_CIPHER_CTX_new();
	/* GCM's 12 bytes are filled up with zeros: RFC 7714 11. */
	uint8_t salt[BLOCK_BYTES] = {0};
	bool good;

	assert(salt_bytes <= RTP_SESSION_SALT_MAX);
	*out = (struct rtp_session_keys){0};
	memcpy(salt, key_salt + key_bytes, salt_bytes);
	good = aes && prf &&
	       EVP_EncryptInit_ex2(prf, aes, key_salt, NULL, NULL) == 1 &&
	       derive_one(prf, salt, label, out->key, key_bytes) &&
	       derive_one(prf, salt, label + 1, out->auth, sizeof(out->auth)) &&
	       derive_one(prf, salt, label + 2, out->salt, salt_bytes);
	OPENSSL_cleanse(salt, sizeof(salt));
	EVP_CIPHER_CTX_free(prf);
	EVP_CIPHER_free(aes);
	if (good)
		return 0;
	OPENSSL_cleanse(out, sizeof(*out));
	ERR_clear_error();
	return ENOMEM;
}

static const char *cipher_name(enum suite suite)
{
	const bool gcm = rtp_suite_is_gcm(suite);

	if (suite_key_bytes(suite) == 32)
		return gcm ? "AES-256-GCM" : "AES-256-CTR";
	return gcm ? "AES-128-GCM" : "AES-128-CTR";
}

static EVP_CIPHER_CTX *open_cipher(enum suite suite, bool seals,
				   const uint8_t *key)
{
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, cipher_name(suite), NULL);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	/* Counter mode is the same both ways. */
	const int encrypt = seals || !rtp_suite_is_gcm(suite);

	if (!cipher || !ctx ||
	    EVP_CipherInit_ex2(ctx, cipher, key, NULL, encrypt, NULL) != 1) {
		EVP_CIPHER_CTX_free(ctx);
		ctx = NULL;
	}
	EVP_CIPHER_free(cipher); /* the context holds it */
	return ctx;
}

static EVP_MAC_CTX *open_hmac(const uint8_t key[static RTP_AUTH_KEY_BYTES])
{
	char sha1[] = "SHA1";
	const OSSL_PARAM params[] = {
		OSSL_PARAM_utf8_string(OSSL_MAC_PARAM_DIGEST, sha1,
				       sizeof(sha1) - 1),
		OSSL_PARAM_END,
	};
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	EVP_MAC_CTX *ctx = mac ? EVP_MAC_CTX_new(mac) : NULL;

	if (ctx && EVP_MAC_init(ctx, key, RTP_AUTH_KEY_BYTES, params) != 1) {
		EVP_MAC_CTX_free(ctx);
		ctx = NULL;
	}
	EVP_MAC_free(mac);
	return ctx;
}

int rtp_transform_open(struct rtp_transform *tf, enum suite suite, bool rtcp,
		       bool seals, const struct rtp_session_keys *keys)
{
	const bool gcm = rtp_suite_is_gcm(suite);

	*tf = (struct rtp_transform){0};
	tf->tag_bytes =
		gcm ? RTP_GCM_TAG_BYTES : rtp_suite_hmac_bytes(suite, rtcp);
	tf->word_bytes = rtcp ? RTP_WORD_BYTES : 0;
	memcpy(tf->salt, keys->salt, sizeof(tf->salt));
	tf->cipher = open_cipher(suite, seals, keys->key);
	if (!gcm)
		tf->hmac = open_hmac(keys->auth);
	if (tf->cipher && (gcm || tf->hmac))
		return 0;
	ERR_clear_error();
	return ENOMEM;
}

void rtp_transform_close(struct rtp_transform *tf)
{
	EVP_CIPHER_CTX_free(tf->cipher);
	EVP_MAC_CTX_free(tf->hmac);
	OPENSSL_cleanse(tf, sizeof(*tf));
}

/* Salt, with SSRC and index as one run of ten bytes from the third or fifth on:
 * RFC 3711 4.1.1, RFC 7714 8.1 and 9.1 (SRTCP's index fits in the same six
 * bytes). */
static void make_iv(const struct rtp_transform *tf, const struct rtp_work *work,
		    uint8_t iv[static BLOCK_BYTES])
{
	uint8_t *at = iv + (tf->hmac ? 4 : 2);

	memset(iv, 0, BLOCK_BYTES);
	memcpy(iv, tf->salt, sizeof(tf->salt));
	for (unsigned i = 0; i < 4; i++)
		at[i] ^= (uint8_t)(work->ssrc >> (24 - 8 * i));
	for (unsigned i = 0; i < 6; i++)
		at[4 + i] ^= (uint8_t)(work->index >> (40 - 8 * i));
}

size_t rtp_transform_overhead(const struct rtp_transform *tf)
{
	return tf->tag_bytes + tf->word_bytes;
}

/* GCM's tag belongs to the ciphertext and the word follows (RFC 7714 9.2);
 * the HMAC covers the word and so follows it (RFC 3711 3.4). */
size_t rtp_transform_word_at(const struct rtp_transform *tf,
			     const struct rtp_work *work)
{
	return work->clear + work->body + (tf->hmac ? 0 : tf->tag_bytes);
}

static size_t tag_at(const struct rtp_transform *tf,
		     const struct rtp_work *work)
{
	return work->clear + work->body + (tf->hmac ? tf->word_bytes : 0);
}

/* Counter mode, both ways. */
static bool cm_crypt(const struct rtp_transform *tf,
		     const struct rtp_work *work)
{
	uint8_t iv[BLOCK_BYTES];
	int done = 0;

	make_iv(tf, work, iv);
	memcpy(work->out, work->in, work->clear);
	if (!work->body)
		return true;
	return EVP_EncryptInit_ex2(tf->cipher, NULL, NULL, iv, NULL) == 1 &&
	       EVP_EncryptUpdate(tf->cipher, work->out + work->clear, &done,
				 work->in + work->clear,
				 (int)work->body) == 1 &&
	       (size_t)done == work->body;
}

/* Over the packet p as sent (without the word) and the word. */
static bool cm_tag(const struct rtp_transform *tf, const struct rtp_work *work,
		   const uint8_t *p, uint8_t tag[static SHA1_BYTES])
{
	size_t len = 0;

	/* NULL: the key stays, and so do its two hash states. */
	return EVP_MAC_init(tf->hmac, NULL, 0, NULL) == 1 &&
	       EVP_MAC_update(tf->hmac, p, work->clear + work->body) == 1 &&
	       EVP_MAC_update(tf->hmac, work->word, RTP_WORD_BYTES) == 1 &&
	       EVP_MAC_final(tf->hmac, tag, &len, SHA1_BYTES) == 1 &&
	       len == SHA1_BYTES;
}

static bool cm_seal(const struct rtp_transform *tf, const struct rtp_work *work)
{
	uint8_t tag[SHA1_BYTES];

	if (!cm_crypt(tf, work) || !cm_tag(tf, work, work->out, tag))
		return false;
	memcpy(work->out + tag_at(tf, work), tag, tf->tag_bytes);
	return true;
}

static bool cm_open(const struct rtp_transform *tf, const struct rtp_work *work)
{
	uint8_t tag[SHA1_BYTES];

	return cm_tag(tf, work, work->in, tag) &&
	       !CRYPTO_memcmp(tag, work->in + tag_at(tf, work),
			      tf->tag_bytes) &&
	       cm_crypt(tf, work);
}

/* The IV and what is authenticated only: the header and, of SRTCP, the word
 * (RFC 7714 8.2: the ROC is in the IV). */
static bool gcm_begin(const struct rtp_transform *tf,
		      const struct rtp_work *work)
{
	EVP_CIPHER_CTX *ctx = tf->cipher;
	uint8_t iv[BLOCK_BYTES];
	int done = 0;

	make_iv(tf, work, iv);
	memcpy(work->out, work->in, work->clear);
	/* -1: encrypts or decrypts as it was opened. */
	return EVP_CipherInit_ex2(ctx, NULL, NULL, iv, -1, NULL) == 1 &&
	       EVP_CipherUpdate(ctx, NULL, &done, work->in, (int)work->clear) ==
		       1 &&
	       (!tf->word_bytes ||
		EVP_CipherUpdate(ctx, NULL, &done, work->word,
				 RTP_WORD_BYTES) == 1);
}

static bool gcm_body(const struct rtp_transform *tf,
		     const struct rtp_work *work)
{
	int done = 0;

	return !work->body ||
	       (EVP_CipherUpdate(tf->cipher, work->out + work->clear, &done,
				 work->in + work->clear,
				 (int)work->body) == 1 &&
		(size_t)done == work->body);
}

static bool gcm_seal(const struct rtp_transform *tf,
		     const struct rtp_work *work)
{
	EVP_CIPHER_CTX *ctx = tf->cipher;
	int done = 0;

	return gcm_begin(tf, work) && gcm_body(tf, work) &&
	       EVP_CipherFinal_ex(ctx, NULL, &done) == 1 &&
	       EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG,
				   (int)tf->tag_bytes,
				   work->out + tag_at(tf, work)) == 1;
}

static bool gcm_open(const struct rtp_transform *tf,
		     const struct rtp_work *work)
{
	EVP_CIPHER_CTX *ctx = tf->cipher;
	uint8_t tag[RTP_GCM_TAG_BYTES];
	int done = 0;

	memcpy(tag, work->in + tag_at(tf, work), sizeof(tag));
	if (gcm_begin(tf, work) && gcm_body(tf, work) &&
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, sizeof(tag), tag) ==
		    1 &&
	    EVP_CipherFinal_ex(ctx, NULL, &done) == 1)
		return true;
	/* Decrypted, yet not proven: nobody reads it by mistake. */
	memset(work->out, 0, work->clear + work->body);
	return false;
}

bool rtp_transform_seal(const struct rtp_transform *tf,
			const struct rtp_work *work)
{
	bool good = tf->hmac ? cm_seal(tf, work) : gcm_seal(tf, work);

	if (good)
		memcpy(work->out + rtp_transform_word_at(tf, work), work->word,
		       tf->word_bytes);
	else
		ERR_clear_error();
	return good;
}

bool rtp_transform_unseal(const struct rtp_transform *tf,
			  const struct rtp_work *work)
{
	bool good = tf->hmac ? cm_open(tf, work) : gcm_open(tf, work);

	if (!good)
		ERR_clear_error();
	return good;
}
