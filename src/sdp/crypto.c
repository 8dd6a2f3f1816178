/* crypto.c - reads an a=crypto line and says why it cannot be used */
#include "crypto.h"

#include <assert.h>
#include <errno.h>

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

static bool is_base64(char c)
{
	return sdp_is_letter(c) || sdp_is_digit(c) || c == '+' || c == '/';
}

int sdp_key_bytes(struct span base64, size_t *out)
{
	struct span digits = base64;

	while (digits.len && base64.len - digits.len < 2 &&
	       digits.p[digits.len - 1] == '=')
		digits.len--;
	/* Padding may be left out (RFC 4648 3.2), but not in half. */
	if (digits.len < base64.len && base64.len % 4)
		return EINVAL;
	if (digits.len % 4 == 1)
		return EINVAL;
	for (size_t i = 0; i < digits.len; i++) {
		if (!is_base64(digits.p[i]))
			return EINVAL;
	}
	/* Left-over bits are not looked at: no endpoint uses them. */
	*out = digits.len / 4 * 3 + digits.len % 4 * 3 / 4;
	return 0;
}

/* Of an SRTP stream: 2^1 to 2^48 packets, as a power or in full. */
static bool is_lifetime(struct span word)
{
	uint64_t value;
	int err;

	if (span_starts(word, SPAN("2^")))
		err = span_u64(span_skip(word, 2), LIFETIME_POWER_MAX, &value);
	else
		err = span_u64(word, (uint64_t)1 << LIFETIME_POWER_MAX, &value);
	return !err && value >= 1;
}

static bool is_mki(struct span word)
{
	return span_find(word, ':') < word.len;
}

/* What stands behind the key and its "|": lifetime, MKI, or both. */
static enum sdp_skip check_options(struct span options)
{
	size_t len = span_find(options, '|');
	struct span first = span_of(options.p, len);

	if (len == options.len && is_mki(first))
		return SDP_SKIP_MKI;
	if (!is_lifetime(first))
		return SDP_SKIP_LIFETIME;
	if (len == options.len)
		return SDP_USABLE;
	return is_mki(span_skip(options, len + 1)) ? SDP_SKIP_MKI
						   : SDP_SKIP_SYNTAX;
}

/*
 * Several keys on one line can only be told apart by their MKI (RFC 4568
 * 6.1), hence the same reason.
 */
static enum sdp_skip check_key(struct sdp_crypto *line, struct span word)
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
	if (sdp_key_bytes(line->key_salt, &bytes))
		return SDP_SKIP_KEY;
	if (bytes !=
	    suite_key_bytes(line->suite) + suite_salt_bytes(line->suite))
		return SDP_SKIP_KEY;
	if (len == body.len)
		return SDP_USABLE;
	return check_options(span_skip(body, len + 1));
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
	line.skip = check_key(&line, word);
	while (line.skip == SDP_USABLE && next_word(&rest, &word)) {
		if (!is_harmless(word))
			line.skip = SDP_SKIP_PARAMETER;
	}
	return line;
}
