/* links: sip */
/* fuzz_framing.c - however a stream is divided into reads, the same messages
 * are cut out of it, and none reaches over its bytes */
#include <stdint.h>
#include <stdlib.h>

#include "rempart/sip/framing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool fits)
{
	if (!fits)
		abort();
}

static void check(const struct framer_result *res, size_t len)
{
	require(res->consume <= len);
	require((res->status == FRAMER_BAD) == !verdict_passes(&res->verdict));
	if (res->status == FRAMER_SKIP || res->status == FRAMER_PING)
		require(res->consume || !len);
	if (res->status != FRAMER_MESSAGE)
		return;
	require(res->head_len >= 4 && res->head_len <= SIP_HEAD_MAX);
	require(res->body_len <= SIP_BODY_MAX);
	require(res->head_len + res->body_len <= res->consume);
}

/* The first result that is not MORE, from bytes that come `step` at a time;
 * MORE when all have come. */
static struct framer_result feed(struct span bytes, size_t step)
{
	struct framer framer = {0};
	struct framer_result res = {.status = FRAMER_MORE};
	size_t len = 0;

	while (len < bytes.len && res.status == FRAMER_MORE) {
		size_t left = bytes.len - len;

		len += step < left ? step : left;
		res = framer_next(&framer, span_of(bytes.p, len));
		check(&res, len);
	}
	if (res.status == FRAMER_MESSAGE)
		require(!framer.scanned && !framer.head_len &&
			!framer.body_len);
	return res;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span left = span_of((const char *)data, size);
	struct framer_result res = framer_datagram(left);

	check(&res, size);
	require(res.status != FRAMER_MORE);
	while (left.len) {
		struct framer_result whole = feed(left, left.len);
		struct framer_result bytes = feed(left, 1);
		struct framer_result runs = feed(left, 7);

		require(whole.status == bytes.status &&
			whole.status == runs.status);
		require(whole.consume == bytes.consume &&
			whole.head_len == bytes.head_len &&
			whole.body_len == bytes.body_len);
		require(whole.verdict.reason == bytes.verdict.reason);
		if (!whole.consume)
			break;
		left = span_skip(left, whole.consume);
	}
	return 0;
}
