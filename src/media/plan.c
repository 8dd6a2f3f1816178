/* plan.c - from what both ends said to what the relay must do */
#include <string.h>

#include "inside.h"

static void plan_leg(const struct media_context *ctx,
		     const struct media_party *party, struct face *face,
		     const struct said *said, struct rtp_leg_plan *leg)
{
	const bool phone = party->kind == MEDIA_PHONE;

	leg->used = true;
	leg->secure = said->secure;
	leg->shared = phone ? said->secure : ctx->set->upstream_single;
	leg->mux = said->mux;
	leg->moved = face->rtp.version && said->rtp.version &&
		     !addr_eq(&face->rtp, &said->rtp);
	leg->first_fixes_port = phone && !said->secure;
	leg->port_strict = !phone && ctx->set->upstream_strict;
	leg->clock_hz = said->clock_hz;
	if (phone)
		leg->tls = party->tls;
	/* Without a connection of its own a phone's word aims at anybody. */
	if (!phone || leg->tls.version) {
		leg->rtp = said->rtp;
		leg->rtcp = said->rtcp;
	}
	if (!said->secure)
		return;
	leg->rx = said->rx;
	leg->tx = *suites_key(ctx, face, said->rx.suite);
}

static bool same_key(const struct rtp_key *a, const struct rtp_key *b)
{
	return a->suite == b->suite && a->mki_len == b->mki_len &&
	       a->packets_max == b->packets_max &&
	       !memcmp(a->mki, b->mki, sizeof(a->mki)) &&
	       !memcmp(a->key_salt, b->key_salt, sizeof(a->key_salt));
}

/* But that an address has moved. */
static bool same_leg(const struct rtp_leg_plan *a, const struct rtp_leg_plan *b)
{
	return a->used == b->used && a->secure == b->secure &&
	       a->shared == b->shared && a->mux == b->mux &&
	       a->port_strict == b->port_strict &&
	       a->first_fixes_port == b->first_fixes_port &&
	       a->clock_hz == b->clock_hz && addr_eq(&a->rtp, &b->rtp) &&
	       addr_eq(&a->rtcp, &b->rtcp) && addr_eq(&a->tls, &b->tls) &&
	       same_key(&a->rx, &b->rx) && same_key(&a->tx, &b->tx);
}

/* But which branch it is of: the same place and key are the same source. */
static bool same_plan(const struct rtp_plan *a, const struct rtp_plan *b)
{
	return a->echo == b->echo && a->held == b->held &&
	       a->silence_s == b->silence_s &&
	       same_leg(&a->leg[0], &b->leg[0]) &&
	       same_leg(&a->leg[1], &b->leg[1]);
}

static void commit(struct line *line, const struct rtp_plan *plan)
{
	for (unsigned end = 0; end < 2; end++) {
		const struct rtp_leg_plan *leg = &plan->leg[end];
		struct face *face = &line->face[end];

		if (leg->secure)
			face->used |= (uint8_t)(1u << leg->tx.suite);
		if (leg->rtp.version)
			face->rtp = leg->rtp;
	}
	line->plan = *plan;
	line->heard = true;
}

static void plan_line(const struct media *media,
		      const struct media_context *ctx, struct line *line,
		      const struct said said[static 2], bool another)
{
	const bool echo = media->party[1].kind == MEDIA_ECHO;
	struct rtp_plan plan = {
		.echo = echo,
		.another_source = another,
		.silence_s = media->answered ? ctx->set->timeout_s : 0,
		.held = said[0].held || (!echo && said[1].held),
	};

	for (unsigned end = 0; end < (echo ? 1 : 2); end++)
		plan_leg(ctx, &media->party[end], &line->face[end], &said[end],
			 &plan.leg[end]);
	if (!line->heard || !same_plan(&line->plan, &plan)) {
		commit(line, &plan);
		ctx->io->plan(ctx->io->arg, line->session, &plan);
	}
	explicit_bzero(&plan, sizeof(plan));
}

static void mute_line(const struct media_context *ctx, struct line *line)
{
	if (!line->heard)
		return;
	explicit_bzero(&line->plan, sizeof(line->plan));
	line->heard = false;
	ctx->io->plan(ctx->io->arg, line->session, &line->plan);
}

void plan_apply(struct media *media, const struct media_context *ctx,
		struct branch *branch)
{
	bool another = media->current && media->current != branch;

	media->current = branch;
	lines_tidy(media, ctx);
	for (unsigned i = 0; i < SDP_MEDIA_MAX; i++) {
		struct line *now = branch_has(media, branch, i)
					   ? line_find(media, i, branch->secure)
					   : NULL;

		/* What is left falls silent first. */
		for (struct line *line = media->line[i]; line;
		     line = line->next)
			if (line != now)
				mute_line(ctx, line);
		if (now)
			plan_line(media, ctx, now, branch->line[i], another);
	}
}
