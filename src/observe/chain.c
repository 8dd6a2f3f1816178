/* chain.c - how the lines of the log are joined by their hashes */
#include "chain.h"

#include <errno.h>

static const char HEAD[] = "{\"v\":1,\"seq\":";
static const char PREV[] = ",\"prev\":\"";
static const char HASH[] = "\",\"hash\":\"";
static const char TAIL[] = "\"}";

_Static_assert(LINE_VERSION == 1, "HEAD carries the version");

int chain_open(struct chain *chain)
{
	chain->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	chain->ctx = EVP_MD_CTX_new();
	if (!chain->sha256 || !chain->ctx) {
		chain_close(chain);
		return ENOMEM;
	}
	return 0;
}

void chain_close(struct chain *chain)
{
	EVP_MD_CTX_free(chain->ctx);
	EVP_MD_free(chain->sha256);
	*chain = (struct chain){0};
}

static void put_hex(char *dst, const uint8_t *bytes, size_t len)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		*dst++ = digits[bytes[i] >> 4];
		*dst++ = digits[bytes[i] & 15];
	}
	*dst = '\0';
}

int chain_hash(const struct chain *chain, const char *prev, struct span body,
	       char hex[static LINE_HASH_HEX + 1])
{
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	if (!EVP_DigestInit_ex2(chain->ctx, chain->sha256, NULL) ||
	    !EVP_DigestUpdate(chain->ctx, prev, LINE_HASH_HEX) ||
	    !EVP_DigestUpdate(chain->ctx, body.p, body.len) ||
	    !EVP_DigestUpdate(chain->ctx, "}", 1) ||
	    !EVP_DigestFinal_ex(chain->ctx, digest, &len))
		return EIO;
	if (len != LINE_HASH_HEX / 2)
		return EIO;

	put_hex(hex, digest, len);
	return 0;
}

static bool is_hex(const char *p)
{
	for (size_t i = 0; i < LINE_HASH_HEX; i++) {
		bool digit = p[i] >= '0' && p[i] <= '9';

		if (!digit && (p[i] < 'a' || p[i] > 'f'))
			return false;
	}
	return true;
}

/* Cuts `end` off the end of the line. */
static bool cut_end(struct span *line, const char *end, size_t len)
{
	if (line->len < len || memcmp(line->p + line->len - len, end, len))
		return false;
	line->len -= len;
	return true;
}

/* Cuts 64 hex digits off the end of the line. */
static bool cut_hash(struct span *line, const char **hash)
{
	if (line->len < LINE_HASH_HEX)
		return false;
	line->len -= LINE_HASH_HEX;
	*hash = line->p + line->len;
	return is_hex(*hash);
}

static bool scan_seq(struct span line, uint64_t *seq)
{
	if (!span_starts(line, SPAN(HEAD)))
		return false;

	struct span rest = span_skip(line, sizeof(HEAD) - 1);
	struct span digits = span_of(rest.p, span_find(rest, ','));

	if (!digits.len || digits.p[0] == '0')
		return false;
	return !span_u64(digits, UINT64_MAX - 1, seq);
}

int chain_scan(struct chain_line *out, struct span line)
{
	struct chain_line parts = {.body = line};
	struct span rest = line;

	if (!cut_end(&rest, TAIL, sizeof(TAIL) - 1) ||
	    !cut_hash(&rest, &parts.hash) ||
	    !cut_end(&rest, HASH, sizeof(HASH) - 1))
		return EBADMSG;
	parts.body.len = rest.len + 1; /* with the quote that ends prev */
	if (!cut_hash(&rest, &parts.prev) ||
	    !cut_end(&rest, PREV, sizeof(PREV) - 1) ||
	    !scan_seq(rest, &parts.seq))
		return EBADMSG;

	*out = parts;
	return 0;
}
