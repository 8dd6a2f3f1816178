/*
 * session.c - one media line of one call: its plan, and each datagram's way
 * from one leg to the other
 *
 * First proven, then learnt from: no datagram changes a session before heard().
 * Nothing is allocated but in open and plan.
 */
#include "rempart/rtp/session.h"

#include <assert.h>
#include <errno.h>
#include <openssl/crypto.h>
#include <stdlib.h>

#include "legs.h"
#include "rempart/rtp/packet.h"
#include "rempart/rtp/rtcp.h"

enum {
	OUT_MAX = RTP_PACKET_MAX + RTP_OVERHEAD_MAX,
	/* The longest SRTCP adds an MKI to all that RTP_OVERHEAD_MAX counts. */
	RTCP_MAX = RTP_PACKET_MAX - 4,
};

int rtp_session_open(struct rtp_session **out,
		     const struct rtp_session_settings *settings)
{
	struct rtp_session *session = calloc(1, sizeof(*session));
	int err = 0;

	if (!session)
		return ENOMEM;
	session->id = settings->id;
	session->engine = settings->engine;
	session->owner = settings->owner;
	session->watch.plan_us = settings->now_us;
	for (unsigned i = 0; i < 2 && !err; i++)
		err = rtp_sender_open(&session->leg[i].send, session->engine,
				      settings->seed[i]);
	if (err) {
		rtp_session_close(session);
		return err;
	}
	*out = session;
	return 0;
}

void rtp_session_close(struct rtp_session *session)
{
	if (!session)
		return;
	for (unsigned i = 0; i < 2; i++) {
		if (session->leg[i].recv)
			rtp_receiver_close(session->leg[i].recv);
		if (session->leg[i].send)
			rtp_sender_close(session->leg[i].send);
	}
	OPENSSL_cleanse(session, sizeof(*session));
	free(session);
}

void *rtp_session_owner(const struct rtp_session *session)
{
	return session->owner;
}

uint64_t rtp_session_id(const struct rtp_session *session)
{
	return session->id;
}

static bool is_valid_key(const struct rtp_key *key)
{
	return (unsigned)key->suite < SUITE_COUNT &&
	       key->mki_len <= sizeof(key->mki);
}

static bool same_key(const struct rtp_key *a, const struct rtp_key *b)
{
	if (a->suite != b->suite)
		return false;
	return !CRYPTO_memcmp(a->key_salt, b->key_salt,
			      suite_key_bytes(a->suite) +
				      suite_salt_bytes(a->suite));
}

/* One key both ways would have each side write with the other's pad (RFC 3711
 * 9.1): nobody may hand us our own. */
static bool is_valid_leg(const struct rtp_leg_plan *leg)
{
	if (!leg->used || !leg->secure)
		return true;
	return is_valid_key(&leg->rx) && is_valid_key(&leg->tx) &&
	       !same_key(&leg->rx, &leg->tx);
}

static bool is_valid(const struct rtp_plan *plan)
{
	if (plan->echo && (!plan->leg[0].used || plan->leg[1].used))
		return false;
	return is_valid_leg(&plan->leg[0]) && is_valid_leg(&plan->leg[1]);
}

/* True when the keys of a leg are others than before. */
static bool is_rekeyed(const struct rtp_leg_plan *was,
		       const struct rtp_leg_plan *now)
{
	if (!now->used || !now->secure)
		return false;
	return !was->used || !was->secure || !same_key(&was->rx, &now->rx) ||
	       !same_key(&was->tx, &now->tx);
}

/* Of another branch nothing may be heard any more; a key that stays keeps its
 * replay window. */
static bool needs_receiver(const struct rtp_session *session,
			   const struct rtp_plan *plan, unsigned leg)
{
	const struct rtp_leg_plan *was = &session->plan.leg[leg];
	const struct rtp_leg_plan *now = &plan->leg[leg];

	if (!now->used || !now->secure)
		return false;
	return !session->leg[leg].recv || (leg == 1 && plan->another_source &&
					   !same_key(&was->rx, &now->rx));
}

static int make_receiver(struct rtp_receiver **out,
			 const struct rtp_engine *engine,
			 const struct rtp_key *key)
{
	struct rtp_receiver *recv = NULL;
	int err = rtp_receiver_open(&recv, engine);

	if (err)
		return err;
	err = rtp_receiver_key(recv, key, false);
	if (err) {
		rtp_receiver_close(recv);
		return err;
	}
	*out = recv;
	return 0;
}

/* made[i] != NULL: the receiver that leg i gets. */
static int key_receivers(struct rtp_session *session,
			 const struct rtp_plan *plan,
			 struct rtp_receiver *made[static 2])
{
	int err = 0;

	for (unsigned i = 0; i < 2 && !err; i++) {
		if (needs_receiver(session, plan, i))
			err = make_receiver(&made[i], session->engine,
					    &plan->leg[i].rx);
	}
	for (unsigned i = 0; i < 2 && !err; i++) {
		const struct rtp_leg_plan *leg = &plan->leg[i];

		if (leg->used && leg->secure && !made[i])
			err = rtp_receiver_key(session->leg[i].recv, &leg->rx,
					       leg->moved);
	}
	return err;
}

static int key_senders(struct rtp_session *session, const struct rtp_plan *plan)
{
	int err = 0;

	for (unsigned i = 0; i < 2 && !err; i++) {
		if (plan->leg[i].used && plan->leg[i].secure)
			err = rtp_sender_key(session->leg[i].send,
					     &plan->leg[i].tx);
	}
	/* Last, so that no failure leaves a secure leg in clear. */
	for (unsigned i = 0; i < 2 && !err; i++) {
		if (plan->leg[i].used && !plan->leg[i].secure)
			err = rtp_sender_key(session->leg[i].send, NULL);
	}
	return err;
}

/* A clear leg that signals another address may be another source, with SSRCs
 * of its own. */
static bool is_another_source(const struct rtp_plan *was,
			      const struct rtp_plan *now,
			      const struct latch *latch, unsigned leg)
{
	const struct addr *home = &latch->home[0];
	const struct rtp_leg_plan *plan = &now->leg[leg];

	if (leg == 1 && now->another_source)
		return true;
	return plan->used && !plan->secure && was->leg[leg].used &&
	       !was->leg[leg].secure && home->version && plan->rtp.version &&
	       !addr_eq(home, &plan->rtp);
}

static void adopt(struct rtp_session *session, const struct rtp_plan *plan,
		  struct rtp_receiver *made[static 2], uint64_t now_us)
{
	struct rtp_plan *was = &session->plan;
	bool rekeyed[2];

	for (unsigned i = 0; i < 2; i++) {
		struct leg *leg = &session->leg[i];

		if (made[i]) {
			if (leg->recv)
				rtp_receiver_close(leg->recv);
			leg->recv = made[i];
		}
		if (is_another_source(was, plan, &leg->latch, i))
			rtp_sender_switch(session->leg[!i].send);
		latch_plan(&leg->latch, &was->leg[i], &plan->leg[i],
			   i == 1 && plan->another_source);
		leg->waits = plan->leg[i].used && plan->leg[i].secure;
		rekeyed[i] = is_rekeyed(&was->leg[i], &plan->leg[i]);
	}
	watch_plan(&session->watch, plan->another_source, rekeyed, now_us);
	*was = *plan;
}

int rtp_session_plan(struct rtp_session *session, const struct rtp_plan *plan,
		     uint64_t now_us)
{
	struct rtp_receiver *made[2] = {NULL, NULL};
	int err;

	if (!is_valid(plan))
		return EINVAL;
	/* Receivers first: a key more that is heard does no harm when what
	 * follows fails. */
	err = key_receivers(session, plan, made);
	if (!err)
		err = key_senders(session, plan);
	if (err) {
		for (unsigned i = 0; i < 2; i++) {
			if (made[i])
				rtp_receiver_close(made[i]);
		}
		return err;
	}
	adopt(session, plan, made, now_us);
	return 0;
}

const struct rtp_plan *rtp_session_plan_now(const struct rtp_session *session)
{
	return &session->plan;
}

/* ---- the way of a datagram */

/* One datagram on its way. */
struct way {
	struct rtp_session *session;
	const struct rtp_arrival *in;
	struct rtp_departure *out;
	uint8_t *buffer;
	struct leg *from, *to;
	const struct rtp_leg_plan *plan; /* of `from` */
	unsigned to_leg;
	bool rtcp;
};

/* Which of the two it is; false: nothing that this port takes. */
static bool classify(struct way *way)
{
	const struct rtp_arrival *in = way->in;

	if (in->len > RTP_PACKET_MAX)
		return false;
	switch (rtp_classify(in->p, in->len)) {
	case RTP_KIND_RTP:
		way->rtcp = false;
		return !in->rtcp_port;
	case RTP_KIND_RTCP:
		way->rtcp = true;
		return in->rtcp_port || way->plan->mux;
	default:
		return false;
	}
}

/* The plain packet: in *plain (RTP_PACKET_MAX bytes), or where it came. */
static enum rtp_result prove(const struct way *way, uint8_t *room,
			     const uint8_t **plain, size_t *len)
{
	const struct rtp_arrival *in = way->in;
	enum rtp_result result;

	*len = in->len;
	if (way->plan->secure) {
		*plain = room;
		result = rtp_receiver_take(way->from->recv, way->rtcp, in->p,
					   room, len);
		/* Of a key that this many packets have authenticated. */
		if (result == RTP_EXHAUSTED)
			way->session->watch.leg[in->leg].exhausted = true;
		return result;
	}
	*plain = in->p;
	return latch_hears(&way->from->latch, way->plan, &in->from,
			   in->rtcp_port)
		       ? RTP_DONE
		       : RTP_FORGED;
}

static void heard(const struct way *way)
{
	const struct rtp_arrival *in = way->in;

	latch_commit(&way->from->latch, &in->from, in->rtcp_port);
	way->from->waits = false;
	watch_heard(&way->session->watch.leg[in->leg], in);
}

static bool has_target(const struct way *way, struct addr *to)
{
	return latch_target(&way->to->latch,
			    &way->session->plan.leg[way->to_leg], way->rtcp,
			    to);
}

/* What the sender made of it. The packet was authentic, whatever that is. */
static enum rtp_result leave(const struct way *way, enum rtp_result sent,
			     const struct addr *to, size_t len)
{
	const struct rtp_leg_plan *plan = &way->session->plan.leg[way->to_leg];

	if (sent == RTP_EXHAUSTED || sent == RTP_NO_ROOM)
		way->session->watch.leg[way->to_leg].exhausted = true;
	if (sent == RTP_DONE) {
		*way->out = (struct rtp_departure){
			.leg = way->to_leg,
			.rtcp_port = way->rtcp && !plan->mux,
			.to = *to,
			.p = way->buffer,
			.len = len,
		};
	}
	return RTP_DONE;
}

static enum rtp_result turn_rtp(const struct way *way, const uint8_t *plain,
				size_t len)
{
	struct rtp_header head;
	const bool readable = rtp_header_read(&head, plain, len, true);
	struct addr to;
	enum rtp_result sent;

	if (!readable && !way->plan->secure)
		return RTP_MALFORMED;
	heard(way);
	if (!readable)
		return RTP_DONE;
	rtp_quality_packet(&way->from->quality, &head, way->in->now_us,
			   way->plan->clock_hz ? way->plan->clock_hz : 8000);
	if (!has_target(way, &to))
		return RTP_DONE;
	sent = rtp_sender_rtp(way->to->send, plain, way->buffer, &len, OUT_MAX);
	return leave(way, sent, &to, len);
}

static bool map_sender(void *arg, uint32_t ssrc, uint32_t *out)
{
	const struct way *way = arg;

	return rtp_sender_map(way->to->send, ssrc, out);
}

/* A report speaks of what we sent on the leg that it came on. */
static bool map_reported(void *arg, uint32_t ssrc, uint32_t *out)
{
	const struct way *way = arg;

	return rtp_sender_unmap(way->from->send, ssrc, out);
}

static enum rtp_result turn_rtcp(struct way *way, const uint8_t *plain,
				 size_t len)
{
	const struct rtcp_rules rules = {
		.sender = map_sender,
		.reported = map_reported,
		.arg = way,
	};
	uint8_t passed[RTCP_MAX];
	struct addr to;
	enum rtp_result sent;

	len = rtcp_filter(passed, sizeof(passed), plain, len, &rules);
	if (!len && !way->plan->secure)
		return RTP_MALFORMED;
	heard(way);
	/* Of an echo, one's own reports would speak as another's. */
	if (!len || way->session->plan.echo || !has_target(way, &to))
		return RTP_DONE;
	sent = rtp_sender_rtcp(way->to->send, passed, way->buffer, &len,
			       OUT_MAX);
	return leave(way, sent, &to, len);
}

enum rtp_result rtp_session_try(struct rtp_session *session,
				const struct rtp_arrival *in,
				struct rtp_departure *out, uint8_t *buffer)
{
	const unsigned to_leg = (in->leg & 1) ^ !session->plan.echo;
	struct way way = {
		.session = session,
		.in = in,
		.out = out,
		.buffer = buffer,
		.from = &session->leg[in->leg & 1],
		.to = &session->leg[to_leg],
		.plan = &session->plan.leg[in->leg & 1],
		.to_leg = to_leg,
	};
	uint8_t room[RTP_PACKET_MAX];
	const uint8_t *plain;
	enum rtp_result result;
	size_t len;

	assert(in->leg < 2);
	*out = (struct rtp_departure){0};
	if (!way.plan->used)
		return RTP_FORGED;
	if (!classify(&way))
		return RTP_MALFORMED;
	result = prove(&way, room, &plain, &len);
	if (result != RTP_DONE)
		return result;
	return way.rtcp ? turn_rtcp(&way, plain, len)
			: turn_rtp(&way, plain, len);
}

void rtp_session_blame(struct rtp_session *session,
		       const struct rtp_arrival *in, enum rtp_result why)
{
	if (session->plan.leg[in->leg].used &&
	    (why == RTP_FORGED || why == RTP_NO_ROOM))
		watch_refused(&session->watch.leg[in->leg], in,
			      why == RTP_NO_ROOM);
}

enum rtp_result rtp_session_packet(struct rtp_session *session,
				   const struct rtp_arrival *in,
				   struct rtp_departure *out, uint8_t *buffer)
{
	const enum rtp_result result =
		rtp_session_try(session, in, out, buffer);

	if (result != RTP_DONE)
		rtp_session_blame(session, in, result);
	return result;
}

/* ---- what there is to tell */

bool rtp_session_event(struct rtp_session *session, uint64_t now_us,
		       struct rtp_event *out)
{
	if (!watch_next(&session->watch, &session->plan, now_us, out))
		return false;
	out->id = session->id;
	return true;
}

struct rtp_figures rtp_session_figures(const struct rtp_session *session,
				       unsigned leg)
{
	return rtp_quality_figures(&session->leg[leg].quality);
}

bool rtp_session_waits(const struct rtp_session *session, unsigned leg)
{
	return session->leg[leg].waits;
}

bool rtp_session_knows(const struct rtp_session *session, unsigned leg,
		       uint32_t ssrc)
{
	const struct rtp_leg_plan *plan = &session->plan.leg[leg];

	return plan->used && plan->secure &&
	       rtp_receiver_knows(session->leg[leg].recv, ssrc);
}
