/* links: rtp */
/* fuzz_rtcp.c - what the filter passes is well formed, no longer than what
 * came or than its room, names known SSRCs only, and passes once more as it
 * is. The first byte chooses the room and what is known. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "rempart/rtp/rtcp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool fits)
{
	if (!fits)
		abort();
}

static bool same(void *arg, uint32_t ssrc, uint32_t *out)
{
	(void)arg;
	*out = ssrc;
	return true;
}

/* Knows every second one, and turns it into one that only `sent` knows. */
static bool map_sender(void *arg, uint32_t ssrc, uint32_t *out)
{
	(void)arg;
	*out = 0xaaaa0000 | (ssrc & 0xffff);
	return ssrc & 1;
}

static bool map_reported(void *arg, uint32_t ssrc, uint32_t *out)
{
	(void)arg;
	*out = 0xbbbb0000 | (ssrc & 0xffff);
	return ssrc & 1;
}

/* Fails on an SSRC that no map gave. */
static bool sent(void *arg, uint32_t ssrc, uint32_t *out)
{
	(void)arg;
	require(ssrc >> 16 == 0xaaaa && (ssrc & 1));
	*out = ssrc;
	return true;
}

static bool spoken_of(void *arg, uint32_t ssrc, uint32_t *out)
{
	(void)arg;
	require(ssrc >> 16 == 0xbbbb && (ssrc & 1));
	*out = ssrc;
	return true;
}

static const struct rtcp_rules identity = {same, same, NULL};
static const struct rtcp_rules half = {map_sender, map_reported, NULL};
static const struct rtcp_rules mapped = {sent, spoken_of, NULL};

/* No padding, no other type, nothing left over. */
static void check_frames(const uint8_t *p, size_t len)
{
	size_t at = 0;

	while (at < len) {
		require(len - at >= 8);
		require(p[at] >> 5 == 4);
		require(p[at + 1] >= 200 && p[at + 1] <= 206 &&
			p[at + 1] != 204);
		at += 4 * ((size_t)(p[at + 2] << 8 | p[at + 3]) + 1);
	}
	require(at == len);
}

static void *room(size_t bytes)
{
	void *p = malloc(bytes ? bytes : 1);

	require(p != NULL);
	return p;
}

/* What `first` lets pass, `then` gives as it is. */
static size_t check(const uint8_t *data, size_t size, size_t cap,
		    const struct rtcp_rules *first,
		    const struct rtcp_rules *then)
{
	uint8_t *once = room(cap);
	const size_t len = rtcp_filter(once, cap, data, size, first);
	uint8_t *twice = room(len);

	require(len <= cap && len <= size);
	check_frames(once, len);
	if (len) {
		require(rtcp_filter(twice, len, once, len, then) == len);
		require(!memcmp(once, twice, len));
	}
	free(once);
	free(twice);
	return len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t all, cap;

	if (!size)
		return 0;
	cap = (size_t)data[0] * 4;
	data++;
	size--;
	all = check(data, size, size, &identity, &identity);
	require(check(data, size, cap, &identity, &identity) ==
		(cap < all ? 0 : all));
	require(check(data, size, size, &half, &mapped) <= all);
	(void)check(data, size, cap, &half, &mapped);
	return 0;
}
