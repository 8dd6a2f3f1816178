/* offer.c - what one end offers, and what the other end is shown of it */
#include <stdlib.h>
#include <string.h>

#include "inside.h"

/* ---- its life */

static bool is_echo(const struct media *media)
{
	return media->party[1].kind == MEDIA_ECHO;
}

bool offer_waits(const struct media *media, const struct offer *offer)
{
	return !offer->taken || !media->answered;
}

void offer_free(struct offer *offer)
{
	explicit_bzero(offer->line, offer->count * sizeof(offer->line[0]));
	free(offer);
}

/* What an end speaks that did not make this offer: a phone goes on in clear
 * for as long as its own offers do. */
static bool is_secure(const struct media *media,
		      const struct media_context *ctx, unsigned end)
{
	if (media->party[end].kind != MEDIA_PHONE)
		return ctx->set->upstream_srtp;
	if (media->current)
		return media->current->secure[end];
	for (const struct offer *offer = media->offers; offer;
	     offer = offer->next)
		if (offer->from == end)
			return offer->secure[end];
	return true;
}

static struct offer *offer_new(struct media *media,
			       const struct media_context *ctx,
			       const struct reading *how, unsigned count)
{
	struct offer *offer;

	if (media->offer_count >= MEDIA_OFFERS_MAX)
		return NULL;
	offer = calloc(1, sizeof(*offer) + count * sizeof(offer->line[0]));
	if (!offer)
		return NULL;
	if (!++media->last_handle)
		media->last_handle = 1;
	offer->handle = media->last_handle;
	offer->from = how->from;
	offer->secure[how->from] = how->secure;
	offer->secure[!how->from] = is_secure(media, ctx, !how->from);
	offer->count = count;
	for (unsigned i = 0; i < count; i++)
		offer->line[i].said = how->line[i];
	return offer;
}

static void offer_keep(struct media *media, struct offer *offer)
{
	offer->next = media->offers;
	media->offers = offer;
	media->offer_count++;
}

void media_offer_drop(struct media *media, const struct media_context *ctx,
		      uint32_t handle)
{
	struct offer **p = &media->offers;

	while (*p && (*p)->handle != handle)
		p = &(*p)->next;
	if (!*p || !handle)
		return;

	struct offer *offer = *p;

	*p = offer->next;
	media->offer_count--;
	offer_free(offer);
	lines_tidy(media, ctx);
}

/* ---- the body for the other end */

/* Towards an end that speaks SRTP: a line a suite, each with its own key. */
static void show_suites(const struct work *work, unsigned to, struct face *face,
			struct offer_line *of, struct sdp_shown_line *out)
{
	of->shown_count = suites_for(work->media, work->ctx, to, of->shown);
	out->crypto_count = of->shown_count;
	for (unsigned k = 0; k < of->shown_count; k++) {
		const struct rtp_key *key =
			suites_key(work->ctx, face, of->shown[k]);

		out->crypto[k].tag = k + 1;
		out->crypto[k].suite = of->shown[k];
		memcpy(out->crypto[k].key_salt, key->key_salt,
		       sizeof(out->crypto[k].key_salt));
	}
}

static struct verdict show_offer(const struct work *work, struct offer *offer)
{
	struct sdp_shown shown = {.line_count = offer->count};
	unsigned to = !offer->from;
	struct verdict verdict;

	for (unsigned i = 0; i < offer->count; i++) {
		struct sdp_shown_line *out = &shown.line[i];
		struct offer_line *of = &offer->line[i];
		struct line *line = line_find(work->media, i, offer->secure);

		/* The profile of a closed line tells too what is spoken. */
		out->secure = offer->secure[to];
		if (!of->said.open)
			continue;
		body_place(out, &line->face[to].place, !of->said.rtp.version);
		if (out->secure)
			show_suites(work, to, &line->face[to], of, out);
	}
	verdict = body_write(work, to, &shown);
	explicit_bzero(&shown, sizeof(shown));
	return verdict;
}

/* The other way round, for an answer of our own (RFC 3264 6.1). */
static void turn_direction(struct sdp *sdp)
{
	for (size_t i = 0; i < sdp->attribute_count; i++) {
		struct span *name = &sdp->attributes[i].name;

		if (span_eq(*name, SPAN("sendonly")))
			*name = SPAN("recvonly");
		else if (span_eq(*name, SPAN("recvonly")))
			*name = SPAN("sendonly");
	}
}

static struct verdict pass_on(const struct work *work, struct offer *offer)
{
	struct verdict verdict = lines_open(work->media, work->ctx, offer);

	if (!verdict_passes(&verdict))
		return verdict;
	if (!is_echo(work->media))
		return show_offer(work, offer);
	turn_direction(work->sdp);
	return answer_echo(work, offer);
}

/* Kept, where the other end is a person; else the edge has answered it. */
static struct verdict take(const struct work *work, struct offer *offer)
{
	struct verdict verdict = pass_on(work, offer);

	if (verdict_passes(&verdict) && !is_echo(work->media)) {
		offer_keep(work->media, offer);
		return verdict;
	}
	offer_free(offer);
	lines_tidy(work->media, work->ctx);
	return verdict;
}

struct verdict media_offer(struct media *media, const struct media_context *ctx,
			   unsigned from, const struct media_body *body,
			   uint32_t *handle)
{
	const struct work work = {media, ctx, body->sdp, body->out};
	struct said line[SDP_MEDIA_MAX] = {0};
	struct reading how = {.from = from, .role = SDP_OFFER, .line = line};
	struct verdict verdict = said_read(media, ctx, body->sdp, &how);
	struct offer *offer = NULL;

	*handle = 0;
	lines_move(media, ctx);
	if (verdict_passes(&verdict)) {
		offer = offer_new(media, ctx, &how, body->sdp->media_count);
		verdict = offer ? take(&work, offer)
				: verdict_reject(REASON_INTERNAL, NULL);
	}
	explicit_bzero(line, sizeof(line));
	if (!verdict_passes(&verdict))
		return verdict;
	media->speaks[from] |= how.speaks;
	if (!is_echo(media))
		*handle = offer->handle;
	return verdict;
}
