/* crypto.c - reads an a=crypto line and says why it cannot be used */
#include "crypto.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base64.h"
#include "fields.h"

enum {
	TAG_MAX = 999999999,	 /* 1*9DIGIT, RFC 4568 9.1 */
	LIFETIME_POWER_MAX = 48, /* packets of SRTP, RFC 3711 9.2 */
	WINDOW_MIN = 64,	 /* RFC 4568 6.3.7 */
};

/* Words of this line stand apart by one SP or more (1*WSP). */
static bool next_word(struct span *rest, struct span *out)
{
	*rest = span_trim(*rest);
	return sdp_field(rest, out);
}

/* No leading zeros (RFC 4568 4.1): 1 and 01 would be one tag to some. */
static bool read_tag(struct span word, uint32_t *out)
{
	uint64_t tag;

	if (!word.len || word.p[0] == '0')
		return false;
	if (span_u64(word, TAG_MAX, &tag))
		return false;
	*out = (uint32_t)tag;
	return true;
}

static bool find_suite(struct span name, const struct sdp_settings *settings,
		       enum suite *out)
{
	enum suite suite;

	if (!suite_find(name, &suite))
		return false;
	for (unsigned i = 0; i < settings->suite_count; i++) {
		if (settings->suites[i] == suite) {
			*out = suite;
			return true;
		}
	}
	return false;
}

/* Packets of an SRTP stream, as a power of two or in full. */
static bool read_lifetime(struct span word, uint64_t *out)
{
	uint64_t value;

	if (span_starts(word, SPAN("2^"))) {
		if (span_u64(span_skip(word, 2), LIFETIME_POWER_MAX, &value))
			return false;
		value = (uint64_t)1 << value;
	} else if (span_u64(word, (uint64_t)1 << LIFETIME_POWER_MAX, &value)) {
		return false;
	}
	*out = value;
	return value >= (uint64_t)1 << SDP_LIFETIME_POWER_MIN;
}

static bool is_mki(struct span word)
{
	return span_find(word, ':') < word.len;
}

/* "value:length", the value big endian in so many bytes (RFC 4568 6.1) */
static bool read_mki(struct sdp_crypto *line, struct span word)
{
	const size_t at = span_find(word, ':');
	uint64_t value, len;

	if (span_u64(span_skip(word, at + 1), SDP_MKI_MAX, &len) || !len)
		return false;
	if (span_u64(span_of(word.p, at), UINT32_MAX >> 8 * (SDP_MKI_MAX - len),
		     &value))
		return false;
	line->mki_len = (uint8_t)len;
	for (size_t i = len; i; value >>= 8)
		line->mki[--i] = (uint8_t)value;
	return true;
}

/* What stands behind the key and its "|": lifetime, MKI, or both. */
static enum sdp_skip read_options(struct sdp_crypto *line, struct span options)
{
	size_t len = span_find(options, '|');
	struct span word = span_of(options.p, len);

	if (len < options.len || !is_mki(word)) {
		if (!read_lifetime(word, &line->lifetime))
			return SDP_SKIP_LIFETIME;
		if (len == options.len)
			return SDP_USABLE;
		word = span_skip(options, len + 1);
		if (!is_mki(word))
			return SDP_SKIP_SYNTAX;
	}
	return read_mki(line, word) ? SDP_USABLE : SDP_SKIP_MKI;
}

/*
 * Several keys on one line can only be told apart by their MKI (RFC 4568
 * 6.1), hence the same reason.
 */
static enum sdp_skip read_key(struct sdp_crypto *line, struct span word)
{
	const struct span method = SPAN("inline:");
	size_t bytes;

	if (!span_starts(word, method))
		return SDP_SKIP_SYNTAX;
	if (span_find(word, ';') < word.len)
		return SDP_SKIP_MKI;

	struct span body = span_skip(word, method.len);
	size_t len = span_find(body, '|');

	line->key_salt = span_of(body.p, len);
	if (sdp_base64_length(line->key_salt, &bytes))
		return SDP_SKIP_KEY;
	if (bytes !=
	    suite_key_bytes(line->suite) + suite_salt_bytes(line->suite))
		return SDP_SKIP_KEY;
	if (len == body.len)
		return SDP_USABLE;
	return read_options(line, span_skip(body, len + 1));
}

/*
 * An allow-list: only the replay window hint changes nothing in what is sent.
 * UNENCRYPTED_SRTP, UNENCRYPTED_SRTCP and UNAUTHENTICATED_SRTP weaken; KDR,
 * FEC_ORDER and FEC_KEY are not supported everywhere; the rest is unknown
 * (RFC 4568 6.3).
 */
static bool is_harmless(struct span parameter)
{
	const struct span window = SPAN("WSH=");
	uint64_t value;

	if (!span_starts(parameter, window))
		return false;
	if (span_u64(span_skip(parameter, window.len), UINT32_MAX, &value))
		return false;
	return value >= WINDOW_MIN;
}

struct sdp_crypto sdp_crypto_read(struct span value,
				  const struct sdp_settings *settings)
{
	struct sdp_crypto line = {
		.suite = SUITE_COUNT,
		.skip = SDP_SKIP_SYNTAX,
		.line = value,
	};
	struct span rest = value;
	struct span word;

	assert(settings->suite_count <= SUITE_COUNT);
	if (!sdp_field(&rest, &word) || !read_tag(word, &line.tag))
		return line;
	if (!next_word(&rest, &line.name) || !next_word(&rest, &word))
		return line;
	if (!find_suite(line.name, settings, &line.suite)) {
		line.skip = SDP_SKIP_SUITE;
		return line;
	}
	line.skip = read_key(&line, word);
	while (line.skip == SDP_USABLE && next_word(&rest, &word)) {
		if (!is_harmless(word))
			line.skip = SDP_SKIP_PARAMETER;
	}
	return line;
}

int sdp_crypto_key(const struct sdp_crypto *line,
		   uint8_t out[static SDP_KEY_SALT_MAX])
{
	size_t len;

	if (line->skip != SDP_USABLE ||
	    sdp_base64_length(line->key_salt, &len) || len > SDP_KEY_SALT_MAX)
		return EINVAL;
	memset(out, 0, SDP_KEY_SALT_MAX);
	sdp_base64_decode(out, line->key_salt);
	return 0;
}
