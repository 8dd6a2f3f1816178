/* line.c - the sessions of media lines: opened for an offer, closed when
 * neither an offer nor a branch speaks of them */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "inside.h"

static bool is_clear_phone(const struct media *media, unsigned end, bool secure)
{
	return media->party[end].kind == MEDIA_PHONE && !secure;
}

static bool fits(const struct media *media, const struct line *line,
		 const bool secure[static 2])
{
	for (unsigned end = 0; end < 2; end++)
		if (line->clear[end] != is_clear_phone(media, end, secure[end]))
			return false;
	return true;
}

struct line *line_find(const struct media *media, unsigned i,
		       const bool secure[static 2])
{
	struct line *line = media->line[i];

	while (line && !fits(media, line, secure))
		line = line->next;
	return line;
}

/* ---- open */

static struct verdict no_session(int err)
{
	switch (err) {
	case ENOSPC:
	case EMFILE:
	case ENFILE:
		return verdict_reject(REASON_MEDIA_PORTS, NULL);
	case EAFNOSUPPORT:
		return verdict_reject(REASON_MEDIA_ADDRESS,
				      "the edge has no media address of that "
				      "IP version");
	default:
		return verdict_reject(REASON_INTERNAL, NULL);
	}
}

static int open_one(struct media *media, const struct media_context *ctx,
		    unsigned i, const bool secure[static 2])
{
	struct media_want want = {
		.line = i,
		.party = {&media->party[0], &media->party[1]},
	};
	struct media_place place[2] = {0};
	struct line *line = calloc(1, sizeof(*line));
	int err;

	if (!line)
		return ENOMEM;
	want.session = ctx->io->number(ctx->io->arg);
	for (unsigned end = 0; end < 2; end++)
		want.clear[end] = is_clear_phone(media, end, secure[end]);
	err = ctx->io->open(ctx->io->arg, &want, place);
	if (err) {
		free(line);
		return err;
	}
	line->session = want.session;
	for (unsigned end = 0; end < 2; end++) {
		line->clear[end] = want.clear[end];
		line->face[end].place = place[end];
	}
	line->next = media->line[i];
	media->line[i] = line;
	return 0;
}

struct verdict lines_open(struct media *media, const struct media_context *ctx,
			  const struct offer *offer)
{
	for (unsigned i = 0; i < offer->count; i++) {
		int err;

		if (!offer->line[i].said.open ||
		    line_find(media, i, offer->secure))
			continue;
		err = open_one(media, ctx, i, offer->secure);
		if (err)
			return no_session(err);
	}
	return verdict_pass();
}

static void set_ip(struct addr *addr, const struct addr *ip)
{
	const uint16_t port = addr->port;

	*addr = *ip;
	addr->port = port;
}

static void move_end(struct media *media, const struct media_context *ctx,
		     unsigned end)
{
	struct addr ip;

	if (media->party[end].kind != MEDIA_PHONE ||
	    !ctx->io->seen(ctx->io->arg, &media->party[end], &ip))
		return;
	for (unsigned i = 0; i < SDP_MEDIA_MAX; i++)
		for (struct line *line = media->line[i]; line;
		     line = line->next) {
			set_ip(&line->face[end].place.rtp, &ip);
			set_ip(&line->face[end].place.rtcp, &ip);
		}
}

void lines_move(struct media *media, const struct media_context *ctx)
{
	move_end(media, ctx, 0);
	move_end(media, ctx, 1);
}

/* ---- close */

static void close_one(struct line **link, const struct media_context *ctx)
{
	struct line *line = *link;

	*link = line->next;
	ctx->io->close(ctx->io->arg, line->session);
	explicit_bzero(line, sizeof(*line));
	free(line);
}

void lines_close(struct media *media, const struct media_context *ctx)
{
	for (unsigned i = 0; i < SDP_MEDIA_MAX; i++)
		while (media->line[i])
			close_one(&media->line[i], ctx);
}

static bool offers(const struct media *media, const struct offer *offer,
		   const struct line *line, unsigned i)
{
	return offer_waits(media, offer) && i < offer->count &&
	       offer->line[i].said.open && fits(media, line, offer->secure);
}

/* Before the answer another branch may still want what the one that is heard
 * has refused. */
static bool is_wanted(const struct media *media, const struct line *line,
		      unsigned i)
{
	for (const struct offer *offer = media->offers; offer;
	     offer = offer->next)
		if (offers(media, offer, line, i))
			return true;
	for (const struct branch *branch = media->branches; branch;
	     branch = branch->next)
		if ((branch == media->current || !media->answered) &&
		    branch_has(media, branch, i) &&
		    fits(media, line, branch->secure))
			return true;
	return false;
}

static unsigned suite_bit(const struct said *said)
{
	return said->secure ? 1u << said->rx.suite : 0;
}

static unsigned shown_bits(const struct offer_line *of)
{
	unsigned bits = 0;

	for (unsigned k = 0; k < of->shown_count; k++)
		bits |= 1u << of->shown[k];
	return bits;
}

/* The keys towards an end that it was shown and may still expect of us. */
static unsigned wanted_keys(const struct media *media, const struct line *line,
			    unsigned i, unsigned end)
{
	unsigned wanted = 0;

	for (const struct offer *offer = media->offers; offer;
	     offer = offer->next)
		if (offer->from != end && offers(media, offer, line, i))
			wanted |= shown_bits(&offer->line[i]);
	for (const struct branch *branch = media->branches; branch;
	     branch = branch->next)
		if (branch_has(media, branch, i) &&
		    fits(media, line, branch->secure))
			wanted |= suite_bit(&branch->line[i][end]);
	return wanted;
}

void lines_tidy(struct media *media, const struct media_context *ctx)
{
	for (unsigned i = 0; i < SDP_MEDIA_MAX; i++) {
		struct line **p = &media->line[i];

		while (*p) {
			struct line *line = *p;

			if (!is_wanted(media, line, i)) {
				close_one(p, ctx);
				continue;
			}
			for (unsigned end = 0; end < 2; end++)
				suites_keep(&line->face[end],
					    wanted_keys(media, line, i, end));
			p = &line->next;
		}
	}
}
