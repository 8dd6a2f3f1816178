/* body.c - our SDP towards one end, with its place in o= */
#include <string.h>

#include "inside.h"

void body_place(struct sdp_shown_line *out, const struct media_place *place,
		bool nowhere)
{
	out->open = true;
	out->rtp = place->rtp;
	out->rtcp = place->rtcp;
	if (!nowhere)
		return;
	/* No attribute says so, and who got 0.0.0.0 is to know it. */
	memset(out->rtp.ip, 0, sizeof(out->rtp.ip));
	memset(out->rtcp.ip, 0, sizeof(out->rtcp.ip));
}

/* Where that end sees us; version 0: that is not known yet. */
static struct addr address(const struct media *media,
			   const struct media_context *ctx, unsigned to)
{
	const struct media_party *party = &media->party[to];

	for (unsigned i = 0; i < SDP_MEDIA_MAX; i++)
		if (media->line[i])
			return media->line[i]->face[to].place.rtp;
	return party->kind == MEDIA_UPSTREAM ? ctx->set->upstream_seen
					     : party->local;
}

/* It names the session, and so it stays (RFC 8866 5.2). */
static void set_origin(struct media *media, const struct media_context *ctx,
		       unsigned to, struct sdp_shown *shown)
{
	struct addr *origin = &media->origin[to];

	if (!origin->version)
		*origin = address(media, ctx, to);
	shown->id = media->body_id[to];
	shown->version = media->body_version[to];
	shown->origin = *origin;
	shown->origin.port = 0;
	if (!shown->origin.version)
		shown->origin.version = 4;
}

/* RFC 3264 8: the version counts up when anything else changes, only then. */
struct verdict body_write(const struct work *work, unsigned to,
			  struct sdp_shown *shown)
{
	struct media *media = work->media;
	struct text *out = work->body;
	const size_t at = out->len;
	uint64_t hash;

	set_origin(media, work->ctx, to, shown);
	sdp_show(out, work->sdp, shown);
	if (out->full)
		return verdict_reject(REASON_BODY_TOO_LARGE, NULL);
	hash = hash_bytes(media->hash_key, out->p + at, out->len - at);
	if (media->body_version[to] && hash == media->body_hash[to])
		return verdict_pass();
	out->len = at;
	shown->version++;
	sdp_show(out, work->sdp, shown);
	if (out->full)
		return verdict_reject(REASON_BODY_TOO_LARGE, NULL);
	media->body_version[to] = shown->version;
	media->body_hash[to] =
		hash_bytes(media->hash_key, out->p + at, out->len - at);
	return verdict_pass();
}
