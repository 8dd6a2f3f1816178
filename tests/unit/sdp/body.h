/* body.h - reads a body the way a test wants it: whole, and from exact bytes */
#pragma once

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "samples.h"

enum { KEPT_MAX = 512 };

static struct {
	void *list[KEPT_MAX];
	unsigned count;
} kept;

/* Memory that lives until drop_all(). */
static inline void *keep(size_t size)
{
	void *p = malloc(size ? size : 1);

	cr_assert(p && kept.count < KEPT_MAX);
	kept.list[kept.count++] = p;
	return p;
}

/* Each suite calls it as its .fini. */
static inline void drop_all(void)
{
	while (kept.count)
		free(kept.list[--kept.count]);
}

/* A copy without a byte behind it, so that a read past its end is seen. */
static inline struct span exact(struct span text)
{
	char *copy = keep(text.len);

	if (text.len)
		memcpy(copy, text.p, text.len);
	return span_of(copy, text.len);
}

static inline struct sdp *body_of(struct span text)
{
	struct sdp *sdp = keep(sizeof(*sdp));
	struct verdict v = sdp_parse(sdp, exact(text), &default_settings);

	cr_assert(verdict_passes(&v), "%s", v.detail);
	return sdp;
}

static inline struct sdp *body(const char *text)
{
	return body_of(span_str(text));
}

static inline bool holds(struct span s, const char *part)
{
	return memmem(s.p, s.len, part, strlen(part)) != NULL;
}

/* Of the first line that a judgement left open; SUITE_COUNT: of none. */
static inline enum suite accepted_suite(const struct sdp *sdp)
{
	for (unsigned i = 0; i < sdp->media_count; i++) {
		const struct sdp_media *media = &sdp->media[i];

		for (unsigned k = 0; k < media->crypto_count; k++) {
			if (!media->refused && media->port &&
			    media->crypto[k].skip == SDP_USABLE)
				return media->crypto[k].suite;
		}
	}
	return SUITE_COUNT;
}

#define assert_span(s, text)                                                   \
	cr_assert(span_eq((s), span_str(text)), "%.*s", (int)(s).len, (s).p)
