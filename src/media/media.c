/* media.c - one call's media: its life, and what there is to ask of it */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "inside.h"

int media_open(struct media **out, const struct media_context *ctx,
	       const struct media_party party[2])
{
	struct media *media = calloc(1, sizeof(*media));

	if (!media)
		return ENOMEM;
	for (unsigned end = 0; end < 2; end++) {
		media->party[end] = party[end];
		ctx->io->random(ctx->io->arg, &media->body_id[end],
				sizeof(media->body_id[end]));
		/* Positive in 64 bits, for those who read it as such. */
		media->body_id[end] >>= 2;
	}
	ctx->io->random(ctx->io->arg, media->hash_key, sizeof(media->hash_key));
	*out = media;
	return 0;
}

struct media_party *media_party(struct media *media, unsigned end)
{
	return &media->party[end];
}

void media_close(struct media *media, const struct media_context *ctx)
{
	if (!media)
		return;
	lines_close(media, ctx);
	while (media->offers) {
		struct offer *offer = media->offers;

		media->offers = offer->next;
		offer_free(offer);
	}
	while (media->branches) {
		struct branch *branch = media->branches;

		media->branches = branch->next;
		branch_free(branch);
	}
	explicit_bzero(media, sizeof(*media));
	free(media);
}

/* The one that is heard; before that, the newest. */
static const struct line *line_now(const struct media *media, unsigned i)
{
	const struct line *line = media->line[i];

	while (line && !line->heard)
		line = line->next;
	return line ? line : media->line[i];
}

uint64_t media_session(const struct media *media, unsigned line)
{
	const struct line *now =
		line < SDP_MEDIA_MAX ? line_now(media, line) : NULL;

	return now ? now->session : 0;
}

bool media_has(const struct media *media, uint64_t session)
{
	for (unsigned i = 0; i < SDP_MEDIA_MAX; i++)
		for (const struct line *line = media->line[i]; line;
		     line = line->next)
			if (line->session == session)
				return true;
	return false;
}

uint32_t media_speaks(const struct media *media, unsigned end)
{
	return media->speaks[end];
}

static enum media_protection offered(const struct media *media, unsigned end,
				     enum suite *suite)
{
	for (const struct offer *offer = media->offers; offer;
	     offer = offer->next) {
		if (offer->from != end)
			continue;
		for (unsigned i = 0; i < offer->count; i++) {
			const struct said *said = &offer->line[i].said;

			if (!said->open)
				continue;
			*suite = said->rx.suite;
			return said->secure ? MEDIA_SRTP : MEDIA_CLEAR;
		}
	}
	return MEDIA_UNSET;
}

enum media_protection media_protection(const struct media *media, unsigned end,
				       enum suite *suite)
{
	for (unsigned i = 0; i < SDP_MEDIA_MAX; i++) {
		const struct line *line = line_now(media, i);
		const struct rtp_leg_plan *leg =
			line ? &line->plan.leg[end] : NULL;

		if (!leg || !leg->used)
			continue;
		*suite = leg->rx.suite;
		return leg->secure ? MEDIA_SRTP : MEDIA_CLEAR;
	}
	return offered(media, end, suite);
}
