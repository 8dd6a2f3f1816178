/* said.c - what one end's SDP says, judged and taken out of it */
#include <errno.h>
#include <string.h>

#include "inside.h"

enum { PORT_MIN = 1024 }; /* below are services of the system */

static bool is_multicast(const struct addr *addr)
{
	return addr->version == 4 ? addr->ip[0] >= 224 : addr->ip[0] == 0xff;
}

bool media_address_fits(const struct addr *addr,
			const struct media_party *party, const char **why)
{
	const struct addr *end =
		party->tls.version ? &party->tls : &party->local;

	*why = "";
	if (addr_is_any(addr))
		return true;
	if (end->version && addr->version != end->version)
		*why = "its IP version is not that of the connection";
	else if (is_multicast(addr))
		*why = "it is a multicast, broadcast or reserved address";
	else if (addr->version == 4 && !addr->ip[0])
		*why = "it is an address of no host";
	else if (addr_is_loopback(addr) && !addr_is_loopback(end))
		*why = "it is a loopback address";
	else if (addr->port < PORT_MIN)
		*why = "its port is below 1024";
	else
		return true;
	return false;
}

static struct verdict bad_address(unsigned i, const char *why)
{
	struct verdict verdict = verdict_reject(REASON_MEDIA_ADDRESS, NULL);
	struct text txt = text_init(verdict.detail, sizeof(verdict.detail) - 1);

	text_puts(&txt, "media line ");
	text_u64(&txt, i + 1);
	text_puts(&txt, ": ");
	text_puts(&txt, why);
	verdict.detail[txt.len] = '\0';
	return verdict;
}

/* A phone's host name stands for where it is connected from. */
static void put_home(struct addr *addr, const struct media_party *party)
{
	const uint16_t port = addr->port;

	if (addr->version)
		return;
	*addr = party->tls;
	addr->port = port;
}

/* NULL, or what is wrong. */
static const char *read_address(const struct media_party *party,
				const struct sdp *sdp, unsigned i,
				struct said *said)
{
	switch (sdp_media_address(sdp, i, &said->rtp, &said->rtcp)) {
	case 0:
		return NULL;
	case EADDRNOTAVAIL:
		if (party->kind != MEDIA_PHONE)
			return "it has a host name where an address is needed";
		put_home(&said->rtp, party);
		put_home(&said->rtcp, party);
		return NULL;
	default:
		return "its c= or a=rtcp is no address to send to";
	}
}

/*
 * Our own address, named by the PBX: it joins two calls of ours directly. Both
 * legs then meet over our own sockets, as bound.
 */
static bool join(const struct media_settings *set, struct addr *addr)
{
	static const struct addr loopback[2] = {
		{.ip = {127, 0, 0, 1}, .version = 4},
		{.ip = {[15] = 1}, .version = 6},
	};
	const uint16_t port = addr->port;

	if (!addr_ip_eq(addr, &set->upstream_seen) ||
	    port < set->upstream_first || port > set->upstream_last)
		return false;
	if (set->upstream_bound.version)
		*addr = addr_is_any(&set->upstream_bound)
				? loopback[addr->version == 6]
				: set->upstream_bound;
	addr->port = port;
	return true;
}

static struct verdict take_address(const struct media *media,
				   const struct media_context *ctx,
				   const struct sdp *sdp, unsigned i,
				   const struct reading *how)
{
	struct media_party party = media->party[how->from];
	struct said *said = &how->line[i];
	const char *why;

	/* The PBX has no connection: it is where it sees us. */
	if (party.kind == MEDIA_UPSTREAM && !party.local.version)
		party.local = ctx->set->upstream_seen;
	why = read_address(&party, sdp, i, said);
	if (why)
		return bad_address(i, why);
	if (addr_is_any(&said->rtp)) {
		said->held = true;
		said->rtp = said->rtcp = (struct addr){0};
		return verdict_pass();
	}
	if (!media_address_fits(&said->rtp, &party, &why) ||
	    !media_address_fits(&said->rtcp, &party, &why))
		return bad_address(i, why);
	if (party.kind != MEDIA_UPSTREAM || !join(ctx->set, &said->rtp))
		return verdict_pass();
	(void)join(ctx->set, &said->rtcp);
	return ctx->set->upstream_single
		       ? verdict_reject(REASON_MEDIA_DIRECT, NULL)
		       : verdict_pass();
}

static const struct sdp_crypto *choose(const struct sdp_settings *settings,
				       const struct sdp_media *from,
				       uint32_t without)
{
	for (unsigned s = 0; s < settings->suite_count; s++) {
		enum suite suite = settings->suites[s];

		for (unsigned i = 0; i < from->crypto_count; i++) {
			const struct sdp_crypto *line = &from->crypto[i];

			if (line->skip == SDP_USABLE && line->suite == suite &&
			    !(without >> suite & 1))
				return line;
		}
	}
	return NULL;
}

/* An answer has one line; of an offer the first suite of the settings that it
 * has, quirks left out (but not for want of another in an emergency). */
static const struct sdp_crypto *chosen(const struct media *media,
				       const struct media_context *ctx,
				       const struct sdp_media *from,
				       const struct reading *how)
{
	const struct media_party *party = &media->party[how->from];
	const struct sdp_crypto *line;

	if (how->role == SDP_ANSWER)
		return choose(ctx->sdp, from, 0);
	line = choose(ctx->sdp, from, suites_without(ctx->set, party));
	return line || !party->may_be_clear ? line : choose(ctx->sdp, from, 0);
}

/* Whoever sends our own key back to us would have both ways under one. */
static bool is_our_key(const struct media *media, unsigned i, unsigned end,
		       const struct rtp_key *key)
{
	for (const struct line *line = media->line[i]; line; line = line->next)
		if (suites_ours(&line->face[end], key->key_salt))
			return true;
	return false;
}

static struct verdict take_crypto(const struct media *media,
				  const struct media_context *ctx,
				  const struct sdp *sdp, unsigned i,
				  struct reading *how)
{
	const struct sdp_media *from = &sdp->media[i];
	const struct sdp_crypto *line = chosen(media, ctx, from, how);
	struct said *said = &how->line[i];

	for (unsigned k = 0; k < from->crypto_count; k++)
		if (from->crypto[k].skip == SDP_USABLE)
			how->speaks |= 1u << from->crypto[k].suite;
	if (!line || sdp_crypto_key(line, said->rx.key_salt))
		return verdict_reject(REASON_SRTP_UNUSABLE,
				      "media.quirks leaves none of the suites "
				      "that this phone offers");
	if (is_our_key(media, i, how->from, &said->rx))
		return verdict_reject(how->role == SDP_ANSWER
					      ? REASON_ANSWER_PLAIN
					      : REASON_SRTP_UNUSABLE,
				      "a=crypto has the key that the edge has "
				      "made for the other direction");
	said->secure = true;
	said->tag = line->tag;
	(void)span_copy(said->name, sizeof(said->name), line->name);
	said->rx.suite = line->suite;
	memcpy(said->rx.mki, line->mki, sizeof(said->rx.mki));
	said->rx.mki_len = line->mki_len;
	said->rx.packets_max = line->lifetime;
	return verdict_pass();
}

static struct verdict judge_answer(const struct media *media,
				   const struct media_context *ctx,
				   struct sdp *sdp, const struct reading *how)
{
	struct verdict verdict =
		how->secure ? sdp_judge(sdp, SDP_ANSWER, how->offered, ctx->sdp)
			    : sdp_judge_clear(sdp, SDP_ANSWER);

	/* Its words are about the upstream. */
	if (!verdict_passes(&verdict) && !how->secure &&
	    media->party[how->from].kind == MEDIA_PHONE)
		return verdict_reject(REASON_ANSWER_PLAIN,
				      "the phone has chosen RTP in clear, and "
				      "answers without it");
	return verdict;
}

static struct verdict judge_offer(const struct media *media,
				  const struct media_context *ctx,
				  struct sdp *sdp, struct reading *how)
{
	const struct media_party *party = &media->party[how->from];
	struct verdict verdict, second;

	how->secure = party->kind == MEDIA_PHONE || ctx->set->upstream_srtp;
	if (!how->secure)
		return sdp_judge_clear(sdp, SDP_OFFER);
	verdict = sdp_judge(sdp, SDP_OFFER, NULL, ctx->sdp);
	if (verdict_passes(&verdict) || !party->may_be_clear)
		return verdict;
	/* An emergency call is not refused for want of SRTP. */
	second = sdp_judge_clear(sdp, SDP_OFFER);
	how->secure = !verdict_passes(&second);
	return how->secure ? verdict : second;
}

/* What the edge returns to its sender is audio. */
static void refuse_for_echo(struct sdp *sdp)
{
	for (unsigned i = 0; i < sdp->media_count; i++)
		if (!span_ieq(sdp->media[i].type, SPAN("audio")))
			sdp->media[i].refused = true;
}

static struct verdict take_line(const struct media *media,
				const struct media_context *ctx,
				struct sdp *sdp, unsigned i,
				struct reading *how)
{
	const struct sdp_media *from = &sdp->media[i];
	struct said *said = &how->line[i];
	struct verdict verdict;

	said->open = true;
	said->mux = from->rtcp_mux;
	said->held = from->direction != SDP_SENDRECV;
	said->clock_hz = from->clock_hz;
	verdict = take_address(media, ctx, sdp, i, how);
	if (verdict_passes(&verdict) && how->secure)
		verdict = take_crypto(media, ctx, sdp, i, how);
	return verdict;
}

struct verdict said_read(const struct media *media,
			 const struct media_context *ctx, struct sdp *sdp,
			 struct reading *how)
{
	const bool offer = how->role == SDP_OFFER;
	struct verdict verdict = offer ? judge_offer(media, ctx, sdp, how)
				       : judge_answer(media, ctx, sdp, how);
	struct verdict unusable = verdict_reject(REASON_MEDIA_NONE, NULL);
	unsigned open = 0;

	if (media->party[!how->from].kind == MEDIA_ECHO)
		refuse_for_echo(sdp);
	for (unsigned i = 0; i < sdp->media_count && verdict_passes(&verdict);
	     i++) {
		how->line[i].profile = sdp->media[i].profile;
		if (sdp->media[i].refused || !sdp->media[i].port)
			continue;
		verdict = take_line(media, ctx, sdp, i, how);
		if (offer && verdict.reason == REASON_SRTP_UNUSABLE) {
			/* Others may be served without it. */
			sdp->media[i].refused = true;
			how->line[i].open = false;
			unusable = verdict;
			verdict = verdict_pass();
			continue;
		}
		open++;
	}
	if (verdict_passes(&verdict) && !open && offer)
		return unusable;
	return verdict;
}
