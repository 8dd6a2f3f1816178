/*
 * demux.c - one port for all: whose packet is it?
 *
 * What a packet says of itself only orders the search; the key decides. Every
 * look-up is a ring of sessions under a keyed hash (index.h), and a search goes
 * on where the last one ended, so that a crowd behind one address is met in
 * turn. Nothing is indexed anew, and no budget is given back, by a packet that
 * nobody's key authenticated.
 */
#include "rempart/rtp/demux.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "index.h"
#include "legs.h"
#include "rempart/rtp/packet.h"

enum step { STEP_SIGNALLED, STEP_TLS, STEP_SSRC, STEP_REST, STEP_COUNT };

static const uint32_t step_budget[STEP_COUNT] = {
	[STEP_SIGNALLED] = RTP_TRY_SIGNALLED,
	[STEP_TLS] = RTP_TRY_TLS,
	[STEP_SSRC] = RTP_TRY_SSRC,
	[STEP_REST] = RTP_TRY_REST,
};

static const uint64_t US_PER_S = 1000000;

enum {
	/* Links that one step of one packet looks at: those that it tries, and
	 * those that were tried before. */
	LOOK_EACH_MAX = (STEP_COUNT + 1) * RTP_TRY_EACH_MAX,
	/* A crowd that sends in turn would meet a ring that turns evenly at the
	 * same places for ever. A power of two. */
	SKIP_MAX = 16,
	/* A new SSRC of a known source: each costs an HMAC, and who forges the
	 * source has no budget to spend here. */
	SOURCE_TRY_MAX = 4,
};

struct rtp_demux {
	struct rtp_index index;
	uint64_t packet;    /* number of the one that is looked up */
	uint64_t refill_us; /* budgets were filled then */
	uint32_t left[STEP_COUNT];
	struct rtp_demux_counts counts;
};

/* One packet, and how far its search has come. */
struct search {
	struct rtp_arrival *in;
	struct rtp_departure *out;
	uint8_t *buffer;
	uint32_t ssrc;
	uint64_t source;	     /* hash */
	struct index_link *suspects; /* the narrowest ring that fits it */
	struct index_entry *taker;
	enum rtp_result result;
	unsigned skip; /* links that each walk leaves out at its end */
	bool over;
};

int rtp_demux_open(struct rtp_demux **out, size_t sessions_max,
		   const uint8_t key[static HASH_KEY_BYTES])
{
	struct rtp_demux *demux = calloc(1, sizeof(*demux));
	int err;

	if (!demux)
		return ENOMEM;
	err = rtp_index_open(&demux->index, sessions_max, key);
	if (err) {
		free(demux);
		return err;
	}
	memcpy(demux->left, step_budget, sizeof(demux->left));
	*out = demux;
	return 0;
}

void rtp_demux_close(struct rtp_demux *demux)
{
	if (!demux)
		return;
	rtp_index_close(&demux->index);
	free(demux);
}

int rtp_demux_add(struct rtp_demux *demux, struct rtp_session *session,
		  unsigned leg)
{
	return rtp_index_add(&demux->index, session, leg);
}

void rtp_demux_update(struct rtp_demux *demux, struct rtp_session *session,
		      unsigned leg)
{
	rtp_index_update(&demux->index, session, leg);
}

void rtp_demux_remove(struct rtp_demux *demux, struct rtp_session *session,
		      unsigned leg)
{
	rtp_index_remove(&demux->index, session, leg);
}

struct rtp_demux_counts rtp_demux_counts(const struct rtp_demux *demux)
{
	return demux->counts;
}

/* ---- the search */

static void refill(struct rtp_demux *demux, uint64_t now_us)
{
	if (now_us - demux->refill_us < US_PER_S)
		return;
	demux->refill_us = now_us;
	memcpy(demux->left, step_budget, sizeof(demux->left));
}

static bool spend(struct rtp_demux *demux, enum step step)
{
	if (!demux->left[step]) {
		demux->counts.spent++;
		return false;
	}
	demux->left[step]--;
	return true;
}

static void try_entry(struct rtp_demux *demux, struct search *search,
		      struct index_entry *entry)
{
	enum rtp_result result;

	entry->tried = demux->packet;
	search->in->leg = entry->leg;
	result = rtp_session_try(entry->session, search->in, search->out,
				 search->buffer);
	if (result == RTP_DONE)
		search->taker = entry;
	/* An authentic packet that was sent before has its owner too. */
	search->over = result == RTP_DONE || result == RTP_REPLAYED;
	if (search->over || search->result == RTP_FORGED)
		search->result = result;
}

/*
 * Who was last heard from there. A source may carry several streams (a gateway
 * with one port): the SSRC tells them apart, and one that nobody has sent yet
 * is first tried on those that wait.
 */
static void by_source(struct rtp_demux *demux, struct search *search,
		      bool known)
{
	struct index_link *const first =
		rtp_index_find(&demux->index, search->source);
	struct index_link *at = first;
	unsigned tries = known ? RTP_TRY_EACH_MAX : SOURCE_TRY_MAX;

	for (unsigned looks = 0; first && looks < RTP_TRY_EACH_MAX && tries;
	     looks++) {
		if (at->entry->tried != demux->packet &&
		    rtp_session_knows(at->entry->session, at->entry->leg,
				      search->ssrc) == known) {
			try_entry(demux, search, at->entry);
			tries--;
		}
		at = at->next;
		if (search->over || at == first)
			return;
	}
}

/* Can trying it tell anything? */
static bool is_candidate(const struct rtp_demux *demux,
			 const struct search *search,
			 const struct index_entry *entry, enum step step)
{
	if (entry->tried == demux->packet)
		return false;
	return step != STEP_SSRC ||
	       rtp_session_knows(entry->session, entry->leg, search->ssrc);
}

/* Tries up to *tries of a ring; the next walk begins where this one ended. */
static void walk(struct rtp_demux *demux, struct search *search, enum step step,
		 uint64_t hash, unsigned *tries)
{
	struct index_link *const first = rtp_index_find(&demux->index, hash);
	struct index_link *at = first;

	if (!first || search->over)
		return;
	if (!search->suspects && (step == STEP_SIGNALLED || step == STEP_TLS))
		search->suspects = first;
	for (unsigned looks = 0; looks < LOOK_EACH_MAX && *tries; looks++) {
		if (is_candidate(demux, search, at->entry, step)) {
			if (!spend(demux, step))
				break;
			--*tries;
			try_entry(demux, search, at->entry);
		}
		at = at->next;
		if (search->over || at == first)
			break;
	}
	for (unsigned i = 0; i < search->skip; i++)
		at = at->next;
	rtp_index_lead(&demux->index, at);
}

static void by_address(struct rtp_demux *demux, struct search *search)
{
	const struct addr *from = &search->in->from;
	const bool rtcp = search->in->rtcp_port;
	unsigned tries = RTP_TRY_EACH_MAX;

	walk(demux, search, STEP_SIGNALLED,
	     rtp_index_addr(&demux->index, INDEX_SIGNALLED_PORT, from, rtcp),
	     &tries);
	walk(demux, search, STEP_SIGNALLED,
	     rtp_index_ip(&demux->index, INDEX_SIGNALLED, from, rtcp), &tries);
	tries = RTP_TRY_EACH_MAX;
	walk(demux, search, STEP_TLS,
	     rtp_index_addr(&demux->index, INDEX_TLS_PORT, from, rtcp), &tries);
	walk(demux, search, STEP_TLS,
	     rtp_index_ip(&demux->index, INDEX_TLS, from, false), &tries);
}

static void by_key(struct rtp_demux *demux, struct search *search)
{
	unsigned tries = RTP_TRY_EACH_MAX;

	walk(demux, search, STEP_SSRC,
	     rtp_index_ssrc(&demux->index, search->ssrc), &tries);
	tries = RTP_TRY_EACH_MAX;
	walk(demux, search, STEP_REST, rtp_index_all(&demux->index, INDEX_REST),
	     &tries);
}

/* False: no clear leg has this address. Two of one address cannot be told
 * apart. */
static bool by_clear(struct rtp_demux *demux, struct search *search)
{
	struct index_link *link = rtp_index_find(
		&demux->index,
		rtp_index_addr(&demux->index, INDEX_CLEAR, &search->in->from,
			       search->in->rtcp_port));

	if (!link)
		return false;
	try_entry(demux, search, link->entry);
	search->over = true;
	return true;
}

/* What a media port has nothing to do with costs no try. */
static bool read_ssrc(struct search *search)
{
	const struct rtp_arrival *in = search->in;
	struct rtp_header head;

	if (in->len > RTP_PACKET_MAX)
		return false;
	switch (rtp_classify(in->p, in->len)) {
	case RTP_KIND_RTP:
		if (in->rtcp_port ||
		    !rtp_header_read(&head, in->p, in->len, false))
			return false;
		search->ssrc = head.ssrc;
		return true;
	case RTP_KIND_RTCP:
		search->ssrc = rtcp_first_ssrc(in->p);
		return true;
	default:
		return false;
	}
}

static void take(struct rtp_demux *demux, struct search *search, bool clear)
{
	demux->counts.taken++;
	if (!clear)
		rtp_index_learn(&demux->index, search->taker,
				search->in->rtcp_port, search->source,
				search->ssrc);
}

/* Held against a leg only where no other may be meant: phones behind one
 * address all wait for a while. */
static void refuse(struct rtp_demux *demux, struct search *search)
{
	struct index_link *link = search->suspects;
	const struct index_entry *entry;

	if (search->result == RTP_REPLAYED)
		return;
	demux->counts.unknown++;
	if (!link || link->next != link)
		return;
	entry = link->entry;
	search->in->leg = entry->leg;
	rtp_session_blame(entry->session, search->in, search->result);
}

enum rtp_result rtp_demux_packet(struct rtp_demux *demux,
				 struct rtp_arrival *in,
				 struct rtp_session **session,
				 struct rtp_departure *out, uint8_t *buffer)
{
	struct search search = {
		.in = in,
		.out = out,
		.buffer = buffer,
		.result = RTP_FORGED,
	};
	bool clear = false;

	*out = (struct rtp_departure){0};
	*session = NULL;
	if (!read_ssrc(&search)) {
		demux->counts.unknown++;
		return RTP_MALFORMED;
	}
	refill(demux, in->now_us);
	demux->packet++;
	search.source = rtp_index_addr(&demux->index, INDEX_SOURCE, &in->from,
				       in->rtcp_port);
	search.suspects = rtp_index_find(&demux->index, search.source);
	by_source(demux, &search, true);
	if (!search.over)
		clear = by_clear(demux, &search);
	if (!search.over) {
		search.skip =
			rtp_index_ssrc(&demux->index, (uint32_t)demux->packet) %
			SKIP_MAX;
		by_address(demux, &search);
		if (!search.over)
			by_source(demux, &search, false);
		by_key(demux, &search);
	}
	if (!search.taker) {
		refuse(demux, &search);
		return search.result;
	}
	take(demux, &search, clear);
	*session = search.taker->session;
	return search.result;
}
