/* answer.c - what the other end answers, and which dialog is heard */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "inside.h"

static struct offer *offer_find(const struct media *media, uint32_t handle)
{
	struct offer *offer = media->offers;

	while (offer && (!handle || offer->handle != handle))
		offer = offer->next;
	return offer;
}

/* ---- branches */

static struct branch **branch_find(struct media *media, uint64_t id)
{
	struct branch **p = &media->branches;

	while (*p && (*p)->id != id)
		p = &(*p)->next;
	return p;
}

void branch_free(struct branch *branch)
{
	if (!branch)
		return;
	explicit_bzero(branch->line, branch->count * sizeof(branch->line[0]));
	free(branch);
}

bool branch_has(const struct media *media, const struct branch *branch,
		unsigned i)
{
	return i < branch->count && branch->line[i][0].open &&
	       (media->party[1].kind == MEDIA_ECHO || branch->line[i][1].open);
}

/* The oldest that is not heard makes room. */
static void branch_forget(struct media *media)
{
	struct branch **p = &media->branches, **oldest = NULL;
	unsigned count = 0;

	for (; *p; p = &(*p)->next, count++)
		if (*p != media->current)
			oldest = p;
	if (count < MEDIA_BRANCHES_MAX || !oldest)
		return;

	struct branch *gone = *oldest;

	*oldest = gone->next;
	branch_free(gone);
}

static struct branch *branch_new(uint64_t id, const struct offer *offer)
{
	struct branch *branch = calloc(
		1, sizeof(*branch) + offer->count * sizeof(branch->line[0]));

	if (!branch)
		return NULL;
	branch->id = id;
	branch->offer = offer->handle;
	branch->count = offer->count;
	memcpy(branch->secure, offer->secure, sizeof(branch->secure));
	for (unsigned i = 0; i < offer->count; i++)
		branch->line[i][offer->from] = offer->line[i].said;
	return branch;
}

/* In the place of what that dialog said before. */
static void branch_put(struct media *media, struct branch *branch)
{
	struct branch **place = branch_find(media, branch->id);
	struct branch *old = *place;

	if (!old) {
		branch_forget(media);
		branch->next = media->branches;
		media->branches = branch;
		return;
	}
	branch->next = old->next;
	*place = branch;
	if (media->current == old)
		media->current = branch;
	branch_free(old);
}

/* ---- the body for who offered */

static void show_crypto(const struct media_context *ctx, struct face *face,
			const struct said *said, struct sdp_shown_line *out)
{
	const struct rtp_key *key = suites_key(ctx, face, said->rx.suite);

	out->crypto_count = 1;
	out->crypto[0].tag = said->tag;
	out->crypto[0].suite = said->rx.suite;
	out->crypto[0].name = span_str(said->name);
	memcpy(out->crypto[0].key_salt, key->key_salt,
	       sizeof(out->crypto[0].key_salt));
}

static bool is_rtp(enum sdp_profile profile)
{
	return profile != SDP_DTLS && profile != SDP_OTHER;
}

/* The transport of an answer is that of its offer (RFC 3264 6), closed lines
 * too, whatever the other end made of it. */
static void take_profile(struct sdp_media *media, enum sdp_profile offered,
			 struct sdp_shown_line *out)
{
	out->secure = offered == SDP_RTP_SAVP || offered == SDP_RTP_SAVPF;
	if (is_rtp(media->profile) && is_rtp(offered))
		media->profile = offered;
}

/* answer: by line, NULL when the edge itself answers. */
static struct verdict show_answer(const struct work *work,
				  const struct offer *offer,
				  const struct said *answer)
{
	struct sdp_shown shown = {.line_count = offer->count};
	unsigned to = offer->from;
	struct verdict verdict;

	for (unsigned i = 0; i < offer->count; i++) {
		struct sdp_shown_line *out = &shown.line[i];
		const struct said *said = &offer->line[i].said;
		struct line *line = line_find(work->media, i, offer->secure);

		take_profile(&work->sdp->media[i], said->profile, out);
		if (!said->open || !line || (answer && !answer[i].open))
			continue;
		body_place(out, &line->face[to].place,
			   answer && !answer[i].rtp.version);
		out->rtcp_mux = said->mux;
		if (out->secure)
			show_crypto(work->ctx, &line->face[to], said, out);
	}
	verdict = body_write(work, to, &shown);
	explicit_bzero(&shown, sizeof(shown));
	return verdict;
}

struct verdict answer_echo(const struct work *work, const struct offer *offer)
{
	struct branch *branch = branch_new(0, offer);
	struct verdict verdict = branch ? show_answer(work, offer, NULL)
					: verdict_reject(REASON_INTERNAL, NULL);

	if (!verdict_passes(&verdict)) {
		branch_free(branch);
		return verdict;
	}
	branch_put(work->media, branch);
	plan_apply(work->media, work->ctx, branch);
	return verdict;
}

/* ---- the other end's answer */

static struct verdict count_differs(const struct sdp *sdp,
				    const struct offer *offer)
{
	struct verdict verdict = verdict_reject(REASON_ANSWER_PLAIN, NULL);
	struct text txt = text_init(verdict.detail, sizeof(verdict.detail) - 1);

	text_puts(&txt, "the answer has ");
	text_u64(&txt, sdp->media_count);
	text_puts(&txt, " m= lines, the offer ");
	text_u64(&txt, offer->count);
	verdict.detail[txt.len] = '\0';
	return verdict;
}

static void what_was_shown(const struct offer *offer, struct sdp_offered *out)
{
	out->media_count = offer->count;
	for (unsigned i = 0; i < offer->count; i++) {
		const struct offer_line *of = &offer->line[i];

		out->media[i].count = of->shown_count;
		for (unsigned k = 0; k < of->shown_count; k++) {
			out->media[i].line[k].tag = k + 1;
			out->media[i].line[k].suite = of->shown[k];
		}
	}
}

/* No line can be open in an answer that was not in its offer. */
static void close_unasked(const struct offer *offer, struct sdp *sdp)
{
	for (unsigned i = 0; i < offer->count; i++)
		if (!offer->line[i].said.open)
			sdp->media[i].port = 0;
}

/*
 * A repeated 2xx of an offer before the last one of its dialog changes
 * nothing; one of another fork, once the call is answered, is heard when it is
 * selected.
 */
static void put(struct media *media, const struct media_context *ctx,
		struct offer *offer, struct branch *branch)
{
	const struct branch *old = *branch_find(media, branch->id);
	bool late = media->answered && offer->taken && media->current &&
		    media->current->id != branch->id;

	if (old && (int32_t)(offer->handle - old->offer) < 0) {
		branch_free(branch);
		return;
	}
	branch_put(media, branch);
	offer->taken = true;
	if (!late)
		plan_apply(media, ctx, branch);
}

static struct verdict take(const struct work *work, const struct offer *offer,
			   struct branch *branch)
{
	struct said line[SDP_MEDIA_MAX] = {0};
	struct sdp_offered shown = {0};
	struct reading how = {
		.from = !offer->from,
		.role = SDP_ANSWER,
		.offered = &shown,
		.secure = offer->secure[!offer->from],
		.line = line,
	};
	struct verdict verdict;

	what_was_shown(offer, &shown);
	close_unasked(offer, work->sdp);
	verdict = said_read(work->media, work->ctx, work->sdp, &how);
	if (verdict_passes(&verdict))
		verdict = show_answer(work, offer, line);
	for (unsigned i = 0; i < offer->count; i++)
		branch->line[i][how.from] = line[i];
	explicit_bzero(line, sizeof(line));
	if (verdict_passes(&verdict))
		work->media->speaks[how.from] |= how.speaks;
	return verdict;
}

struct verdict media_answer(struct media *media,
			    const struct media_context *ctx, uint32_t handle,
			    uint64_t id, const struct media_body *body)
{
	const struct work work = {media, ctx, body->sdp, body->out};
	struct offer *offer = offer_find(media, handle);
	struct branch *branch;
	struct verdict verdict;

	if (!offer)
		return verdict_reject(REASON_ANSWER_PLAIN,
				      "SDP that answers no offer");
	if (body->sdp->media_count != offer->count)
		return count_differs(body->sdp, offer);
	lines_move(media, ctx);
	branch = branch_new(id, offer);
	if (!branch)
		return verdict_reject(REASON_INTERNAL, NULL);
	verdict = take(&work, offer, branch);
	if (verdict_passes(&verdict))
		put(media, ctx, offer, branch);
	else
		branch_free(branch);
	return verdict;
}

void media_select(struct media *media, const struct media_context *ctx,
		  uint64_t id)
{
	struct branch *branch = *branch_find(media, id);

	if (branch)
		plan_apply(media, ctx, branch);
}

void media_answered(struct media *media, const struct media_context *ctx)
{
	media->answered = true;
	if (media->current)
		plan_apply(media, ctx, media->current);
}
