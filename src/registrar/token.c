/* token.c - makes and reads the stable name of one device of one user */
#include "rempart/registrar/token.h"

#include <assert.h>
#include <openssl/crypto.h>

enum {
	DIGIT_BITS = 5,
};

static const char prefix[] = "rp";
/* RFC 4648 section 6 in lower case: survives a PBX that changes case. */
static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";

_Static_assert(TOKEN_TEXT_LEN ==
		       sizeof(prefix) - 1 + TOKEN_BYTES * 8 / DIGIT_BITS,
	       "whole digits");
_Static_assert((int)MAC_KEY_BYTES == (int)MAC_BYTES,
	       "an HMAC serves as the next one's key");

static void spell(struct token *out, const uint8_t *bytes)
{
	size_t at = sizeof(prefix) - 1;
	unsigned held = 0;
	unsigned bits = 0;

	memcpy(out->text, prefix, at);
	for (size_t i = 0; i < TOKEN_BYTES; i++) {
		held = (held << 8 | bytes[i]) & 0xfff;
		for (bits += 8; bits >= DIGIT_BITS; at++) {
			bits -= DIGIT_BITS;
			out->text[at] = digits[held >> bits & 31];
		}
	}
	assert(at == TOKEN_TEXT_LEN && !bits);
	out->text[at] = '\0';
}

/* The user's name alone, under the slot's key; used once, so opened here. */
static int user_mac(uint8_t dst[static MAC_BYTES],
		    const uint8_t slot_key[static MAC_KEY_BYTES],
		    struct span user)
{
	struct mac *key;
	int err = mac_open(&key, slot_key);

	if (err)
		return err;
	err = mac_make(key, dst, &user, 1);
	mac_close(key);
	return err;
}

/*
 * The node's key serves other proofs too, so the label keeps them apart. Slot
 * and user go into two steps: neither can run into the other, and the user
 * may be of any length.
 */
void token_make(struct token *out, struct mac *key, struct span user,
		uint32_t slot)
{
	char first[] = {'t', 'o', 'k', 'e', 'n', ' ', 0, 0, 0, 0};
	const struct span part = span_of(first, sizeof(first));
	uint8_t slot_key[MAC_BYTES];
	uint8_t hash[MAC_BYTES];

	for (int i = 0; i < 4; i++)
		first[6 + i] = (char)(slot >> (24 - 8 * i));
	*out = (struct token){0};
	if (!mac_make(key, slot_key, &part, 1) &&
	    !user_mac(hash, slot_key, user))
		spell(out, hash);
	OPENSSL_cleanse(slot_key, sizeof(slot_key));
	OPENSSL_cleanse(hash, sizeof(hash));
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool token_read(struct token *out, struct span s)
{
	struct token token = {0};

	if (s.len != TOKEN_TEXT_LEN || !span_istarts(s, SPAN("rp")))
		return false;
	for (size_t i = 0; i < s.len; i++) {
		token.text[i] = lower(s.p[i]);
		if (!memchr(digits, token.text[i], sizeof(digits) - 1))
			return false;
	}
	*out = token;
	return true;
}

bool token_eq(const struct token *a, const struct token *b)
{
	return strcmp(a->text, b->text) == 0;
}
