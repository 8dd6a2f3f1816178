/* framing.c - cuts SIP messages out of a stream: looks at each byte once,
 * however small the pieces are that it comes in */
#include "rempart/sip/framing.h"

#include <assert.h>
#include <string.h>

#include "grammar.h"

enum { END_LEN = 4 }; /* CRLF CRLF */

static struct framer_result bad(enum reason reason, const char *detail)
{
	return (struct framer_result){
		.status = FRAMER_BAD,
		.verdict = verdict_reject(reason, detail),
	};
}

static struct framer_result consume(enum framer_status status, size_t n)
{
	return (struct framer_result){.status = status, .consume = n};
}

/* A run without LF: a CR may only be its last byte, for an LF may follow. */
static bool run_fits(const char *p, size_t len)
{
	const char *cr = memchr(p, '\r', len);

	return !memchr(p, '\0', len) && (!cr || cr == p + len - 1);
}

static bool ends_head(struct span bytes, size_t end)
{
	return end >= END_LEN &&
	       !memcmp(bytes.p + end - END_LEN, "\r\n\r\n", END_LEN);
}

/*
 * Moves framer->scanned on, over all bytes up to limit or to the head's end.
 * False for a bare CR or LF or a NUL. A CR at the end of what has come is
 * left to be looked at again with its LF.
 */
static bool scan(struct framer *framer, struct span bytes, size_t limit)
{
	size_t at = framer->scanned;

	while (at < limit) {
		const char *lf = memchr(bytes.p + at, '\n', limit - at);
		size_t end = lf ? (size_t)(lf - bytes.p) : limit;

		if (end > at && !run_fits(bytes.p + at, end - at))
			return false;
		if (!lf) {
			framer->scanned = end - (bytes.p[end - 1] == '\r');
			return true;
		}
		if (!end || bytes.p[end - 1] != '\r')
			return false;
		at = end + 1;
		if (ends_head(bytes, at)) {
			framer->head_len = at;
			break;
		}
	}
	framer->scanned = at;
	return true;
}

/* The offset behind the line that starts at `at`, with the lines that
 * continue it (RFC 3261 7.3.1). The head ends with an empty line. */
static size_t line_end(struct span head, size_t at)
{
	do {
		at += span_find(span_skip(head, at), '\n') + 1;
	} while (at < head.len && (head.p[at] == ' ' || head.p[at] == '\t'));
	return at;
}

static bool is_content_length(struct span name)
{
	return span_ieq(name, SPAN("Content-Length")) ||
	       span_ieq(name, SPAN("l"));
}

/*
 * How often Content-Length stands in the head, and the last one's value. The
 * name is compared whole: a name that only hashes like it (P-Q127 in libre)
 * is not it.
 */
static unsigned find_content_length(struct span head, struct span *value)
{
	size_t at = line_end(head, 0);
	unsigned count = 0;

	while (at < head.len) {
		size_t end = line_end(head, at);
		struct span line = span_of(head.p + at, end - at);
		size_t colon = span_find(line, ':');

		at = end;
		if (colon == line.len ||
		    !is_content_length(span_trim(span_of(line.p, colon))))
			continue;
		*value = span_trim(span_skip(line, colon + 1));
		count++;
	}
	return count;
}

static bool all_digits(struct span s)
{
	size_t n = 0;

	while (n < s.len && sip_is_digit(s.p[n]))
		n++;
	return n && n == s.len;
}

/* 0 in *body when Content-Length is missing and may be. */
static struct verdict body_length(struct span head, bool required, bool *given,
				  size_t *body)
{
	struct span value = {0};
	unsigned count = find_content_length(head, &value);
	uint64_t len = 0;

	*given = count == 1;
	*body = 0;
	if (count > 1)
		return verdict_reject(REASON_CONTENT_LENGTH,
				      "Content-Length stands twice");
	if (!count && required)
		return verdict_reject(REASON_CONTENT_LENGTH,
				      "Content-Length is missing");
	if (!count)
		return verdict_pass();
	if (!all_digits(value))
		return verdict_reject(REASON_CONTENT_LENGTH,
				      "Content-Length is not a number");
	if (span_u64(value, SIP_BODY_MAX, &len))
		return verdict_reject(REASON_BODY_TOO_LARGE, NULL);
	*body = (size_t)len;
	return verdict_pass();
}

/* A token's byte starts a method or "SIP/2.0". */
static bool can_start(char c)
{
	return sip_is_token_byte(c);
}

/* The keep-alives of RFC 5626 3.5.1, and CRLF in front of a start line
 * (RFC 3261 7.5). MORE when the bytes could still become one or the other:
 * also a lone CRLF, whose second half may be under way. */
static struct framer_result line_breaks(struct span bytes)
{
	struct span ping = SPAN("\r\n\r\n");

	if (span_starts(bytes, ping))
		return consume(FRAMER_PING, ping.len);
	if (span_starts(ping, bytes))
		return consume(FRAMER_MORE, 0);
	if (bytes.p[1] != '\n')
		return bad(REASON_FORBIDDEN_BYTES, "a CR without LF");
	if (bytes.p[2] == '\r')
		return bad(REASON_FORBIDDEN_BYTES, "a CR without LF");
	return consume(FRAMER_SKIP, 2);
}

static struct framer_result find_head(struct framer *framer, struct span bytes)
{
	size_t limit = bytes.len < SIP_HEAD_MAX ? bytes.len : SIP_HEAD_MAX;

	if (!can_start(bytes.p[0]))
		return bad(REASON_START_LINE, "no message starts like this");
	if (!scan(framer, bytes, limit))
		return bad(REASON_FORBIDDEN_BYTES, NULL);
	if (!framer->head_len && bytes.len >= SIP_HEAD_MAX)
		return bad(REASON_HEAD_TOO_LARGE, NULL);
	return consume(FRAMER_MORE, 0);
}

struct framer_result framer_next(struct framer *framer, struct span bytes)
{
	struct framer_result res;
	struct verdict verdict;
	bool given;

	if (!bytes.len)
		return consume(FRAMER_MORE, 0);
	assert(framer->scanned <= bytes.len);
	if (bytes.p[0] == '\r')
		return line_breaks(bytes);
	if (!framer->head_len) {
		res = find_head(framer, bytes);
		if (!framer->head_len)
			return res;
		verdict = body_length(span_of(bytes.p, framer->head_len), true,
				      &given, &framer->body_len);
		if (!verdict_passes(&verdict))
			return (struct framer_result){.status = FRAMER_BAD,
						      .verdict = verdict};
	}
	if (bytes.len - framer->head_len < framer->body_len)
		return consume(FRAMER_MORE, 0);
	res = consume(FRAMER_MESSAGE, framer->head_len + framer->body_len);
	res.head_len = framer->head_len;
	res.body_len = framer->body_len;
	*framer = (struct framer){0};
	return res;
}

/* Length of the run of CR and LF in front. */
static size_t leading_breaks(struct span bytes)
{
	size_t n = 0;

	while (n < bytes.len && (bytes.p[n] == '\r' || bytes.p[n] == '\n'))
		n++;
	return n;
}

struct framer_result framer_datagram(struct span bytes)
{
	struct framer framer = {0};
	size_t breaks = leading_breaks(bytes);
	struct framer_result res;
	size_t left, body;
	bool given;

	if (!bytes.len)
		return consume(FRAMER_SKIP, 0);
	if (breaks)
		return consume(breaks == bytes.len ? FRAMER_PING : FRAMER_SKIP,
			       breaks);
	res = find_head(&framer, bytes);
	if (res.status == FRAMER_BAD)
		return res;
	res = consume(FRAMER_BAD, 0);
	if (!framer.head_len) {
		res.verdict = verdict_drop(REASON_HEAD_INCOMPLETE,
					   "a datagram without an empty line");
		return res;
	}
	res.verdict = body_length(span_of(bytes.p, framer.head_len), false,
				  &given, &body);
	if (!verdict_passes(&res.verdict))
		return res;
	left = bytes.len - framer.head_len;
	if (given && body > left)
		return bad(REASON_CONTENT_LENGTH,
			   "Content-Length is more than the datagram holds");
	if (!given && left > SIP_BODY_MAX)
		return bad(REASON_BODY_TOO_LARGE, NULL);
	res = consume(FRAMER_MESSAGE, bytes.len);
	res.head_len = framer.head_len;
	res.body_len = given ? body : left;
	return res;
}
