/* wire.h - a relay on addresses of its own, and peers with real sockets around
 * it; every wait has a bound and fails the test */
#pragma once

#include <poll.h>

#include "net.h"
#include "rempart/rtp/engine.h"
#include "rempart/rtp/packet.h"

enum {
	WAIT_MS = 20000,
	PAYLOAD_BYTES = 160,
	PLAIN_BYTES = RTP_HEADER_BYTES + PAYLOAD_BYTES,
	WIRE_MAX = 2048,
	UNKNOWN_ID = 999999999,
};

/* ---- a relay */

struct edge {
	struct relay *relay;
	unsigned threads;
	struct addr phones, upstream;
	struct relay_event closed; /* the last one */
};

static inline void edge_open(struct edge *edge, const char *engine,
			     unsigned threads)
{
	struct relay_settings settings = {.engine = engine, .threads = threads};
	char why[256] = "";
	int err = EADDRINUSE;

	*edge = (struct edge){.threads = threads,
			      .phones = host_at(HOST_RELAY, 0),
			      .upstream = host_at(HOST_RELAY + 1, 0)};
	/* Others may take a port of every address meanwhile. */
	for (unsigned i = 0; i < 20 && err == EADDRINUSE; i++) {
		edge->phones.port = free_port(&edge->phones);
		edge->upstream.port = free_port(&edge->upstream);
		settings.phones = edge->phones;
		settings.upstream = edge->upstream;
		err = relay_start(&edge->relay, &settings, why);
	}
	cr_assert_eq(err, 0, "%s", why);
	cr_assert_str_eq(why, "");
}

static inline void edge_close(struct edge *edge)
{
	relay_stop(edge->relay);
}

static inline struct relay_event edge_event(struct edge *edge)
{
	struct pollfd pfd = {.fd = relay_fd(edge->relay), .events = POLLIN};
	struct relay_event event;

	while (!relay_next(edge->relay, &event))
		cr_assert_eq(poll(&pfd, 1, WAIT_MS), 1, "no event came");
	if (event.kind == RELAY_CLOSED)
		edge->closed = event;
	return event;
}

/* The next event that is an end. */
static inline uint64_t edge_end(struct edge *edge)
{
	while (edge_event(edge).kind != RELAY_CLOSED)
		;
	return edge->closed.id;
}

/* All that was ordered before is done, in each thread. */
static inline void edge_round_trip(struct edge *edge)
{
	unsigned done = 0;

	for (uint64_t id = UNKNOWN_ID; done != (1u << edge->threads) - 1;
	     id++) {
		const unsigned thread =
			(unsigned)(relay_phones_port(edge->relay, id, 0) -
				   edge->phones.port) /
			RELAY_STRIDE;

		if (done >> thread & 1)
			continue;
		done |= 1u << thread;
		relay_session_close(edge->relay, id);
		while (edge_end(edge) != id)
			;
	}
}

static inline void edge_end_of(struct edge *edge, uint64_t id)
{
	relay_session_close(edge->relay, id);
	while (edge_end(edge) != id)
		;
}

/* Figures are shown at the end of a turn: waits until they are as wanted. */
static inline void edge_counts(struct edge *edge, uint64_t sent,
			       uint64_t refused, uint64_t unknown)
{
	struct relay_counts got = {0};

	for (unsigned i = 0; i < 10000; i++) {
		got = relay_counts(edge->relay);
		if (got.sent == sent && got.refused == refused &&
		    got.unknown == unknown)
			return;
		edge_round_trip(edge);
	}
	cr_assert_fail("sent %u refused %u unknown %u", (unsigned)got.sent,
		       (unsigned)got.refused, (unsigned)got.unknown);
}

/* ---- a peer: a phone or a PBX, with a socket for RTP and one for RTCP */

struct peer {
	bool secure;
	int fd[2];
	struct addr at[2];
	struct addr to[2]; /* the edge's */
	struct rtp_key key, ours;
	struct rtp_context *writes, *reads;
	uint32_t ssrc;
	uint16_t sequence;
	uint8_t wire[WIRE_MAX]; /* what it sent or heard last */
	size_t len;
};

/* The engine of peers: the one that the edge has not. */
static const struct rtp_engine *theirs;

static inline void peers_use(const char *edges)
{
	theirs = rtp_engine_find(strcmp(edges, "openssl") ? "openssl"
							  : "libsrtp2");
	cr_assert_not_null(theirs);
}

static inline struct rtp_key key_of(unsigned number)
{
	struct rtp_key key = {.suite = (enum suite)(number / 2 % SUITE_COUNT)};

	for (unsigned i = 0; i < sizeof(key.key_salt); i++)
		key.key_salt[i] =
			(uint8_t)(number >> (i % 4 * 8)) ^ (uint8_t)(i * 37);
	return key;
}

static inline void peer_open(struct peer *peer, unsigned number, unsigned host,
			     bool secure)
{
	const struct addr at = host_at(host, 0);

	*peer = (struct peer){
		.secure = secure,
		.key = key_of(2 * number),
		.ours = key_of(2 * number + 1),
		.ssrc = 0x10000 + number,
		.sequence = 1000,
	};
	for (unsigned i = 0; i < 2; i++) {
		peer->fd[i] = bind_at(&at);
		cr_assert(peer->fd[i] >= 0);
		peer->at[i] = name_of(peer->fd[i]);
	}
	if (!secure)
		return;
	cr_assert_eq(theirs->open(&peer->writes, RTP_SEND, peer->key.suite,
				  peer->key.key_salt),
		     0);
	cr_assert_eq(theirs->open(&peer->reads, RTP_RECEIVE, peer->ours.suite,
				  peer->ours.key_salt),
		     0);
}

static inline void peer_close(struct peer *peer)
{
	theirs->close(peer->writes);
	theirs->close(peer->reads);
	close(peer->fd[0]);
	close(peer->fd[1]);
}

static inline void put16(uint8_t *p, uint16_t value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
}

static inline void put32(uint8_t *p, uint32_t value)
{
	put16(p, (uint16_t)(value >> 16));
	put16(p + 2, (uint16_t)value);
}

/* PCMU; the payload says which packet of whom it is. PLAIN_BYTES. */
static inline void plain_rtp(uint8_t *p, uint32_t ssrc, uint16_t sequence)
{
	memset(p, 0, RTP_HEADER_BYTES);
	p[0] = 2 << 6;
	put16(p + 2, sequence);
	put32(p + 4, sequence * 160u);
	put32(p + 8, ssrc);
	for (unsigned i = 0; i < PAYLOAD_BYTES; i++)
		p[RTP_HEADER_BYTES + i] =
			(uint8_t)(sequence * 7 + ssrc * 13 + i);
}

static inline void peer_throws(struct peer *peer, unsigned rtcp,
			       const uint8_t *p, size_t len)
{
	struct sockaddr_storage ss;
	const socklen_t to_len = addr_to_sockaddr(&ss, &peer->to[rtcp]);

	cr_assert_eq(sendto(peer->fd[rtcp], p, len, 0, (struct sockaddr *)&ss,
			    to_len),
		     (ssize_t)len);
}

/* Its next packet, written to peer->wire. */
static inline void peer_writes(struct peer *peer)
{
	uint8_t plain[PLAIN_BYTES];

	plain_rtp(plain, peer->ssrc, peer->sequence++);
	peer->len = sizeof(plain);
	memcpy(peer->wire, plain, sizeof(plain));
	if (peer->secure)
		cr_assert_eq(theirs->protect(peer->writes, plain, peer->wire,
					     &peer->len, WIRE_MAX),
			     RTP_DONE);
}

static inline void peer_speaks(struct peer *peer)
{
	peer_writes(peer);
	peer_throws(peer, 0, peer->wire, peer->len);
}

/* An empty receiver report. */
static inline void peer_reports(struct peer *peer)
{
	uint8_t plain[8] = {2 << 6, 201, 0, 1};

	put32(plain + 4, peer->ssrc);
	peer->len = sizeof(plain);
	memcpy(peer->wire, plain, sizeof(plain));
	if (peer->secure)
		cr_assert_eq(theirs->protect_rtcp(peer->writes, plain,
						  peer->wire, &peer->len,
						  WIRE_MAX),
			     RTP_DONE);
	peer_throws(peer, 1, peer->wire, peer->len);
}

/* The next datagram, opened: into peer->wire; whence it came. */
static inline struct addr peer_hears(struct peer *peer, unsigned rtcp)
{
	struct pollfd pfd = {.fd = peer->fd[rtcp], .events = POLLIN};
	uint8_t got[WIRE_MAX];
	struct sockaddr_storage ss;
	socklen_t ss_len = sizeof(ss);
	ssize_t n;

	cr_assert_eq(poll(&pfd, 1, WAIT_MS), 1, "no packet came");
	n = recvfrom(peer->fd[rtcp], got, sizeof(got), 0,
		     (struct sockaddr *)&ss, &ss_len);
	cr_assert(n > 0);
	peer->len = (size_t)n;
	memcpy(peer->wire, got, peer->len);
	if (peer->secure)
		cr_assert_eq((rtcp ? theirs->unprotect_rtcp
				   : theirs->unprotect)(peer->reads, got,
							peer->wire, &peer->len,
							WIRE_MAX),
			     RTP_DONE);
	return addr_from_sockaddr(&ss);
}

static inline bool peer_has_packet(const struct peer *peer)
{
	struct pollfd pfd = {.fd = peer->fd[0], .events = POLLIN};

	return poll(&pfd, 1, 0) == 1;
}

/* `peer` hears the last packet that `other` sent, whole, from where it sends
 * to. */
static inline void peer_hears_last_of(struct peer *peer,
				      const struct peer *other)
{
	const struct addr from = peer_hears(peer, 0);
	uint8_t plain[PLAIN_BYTES];

	plain_rtp(plain, other->ssrc, (uint16_t)(other->sequence - 1));
	cr_assert_eq(peer->len, sizeof(plain));
	cr_assert_eq(memcmp(peer->wire, plain, sizeof(plain)), 0);
	cr_assert(addr_eq(&from, &peer->to[0]));
}

static inline void peer_hears_report_of(struct peer *peer,
					const struct peer *other)
{
	const struct addr from = peer_hears(peer, 1);
	uint8_t plain[8] = {2 << 6, 201, 0, 1};

	put32(plain + 4, other->ssrc);
	cr_assert_eq(peer->len, sizeof(plain));
	cr_assert_eq(memcmp(peer->wire, plain, sizeof(plain)), 0);
	cr_assert(addr_eq(&from, &peer->to[1]));
}

/* ---- a call */

struct call {
	uint64_t id;
	unsigned line;
	struct peer peer[2];
	struct relay_pair pair[2];
	bool upstream[2];
	struct rtp_plan plan;
};

static inline struct rtp_leg_plan leg_plan(const struct peer *peer, bool shared,
					   bool upstream)
{
	return (struct rtp_leg_plan){
		.used = true,
		.secure = peer->secure,
		.shared = shared,
		.rtp = peer->at[0],
		.rtcp = peer->at[1],
		.tls = upstream ? (struct addr){.version = 0} : peer->at[0],
		.rx = peer->key,
		.tx = peer->ours,
		.clock_hz = 8000,
	};
}

/* Where the peer of that leg sends to. */
static inline void call_aims(const struct edge *edge, struct call *call,
			     unsigned leg)
{
	struct peer *peer = &call->peer[leg];
	const struct relay_pair *pair = &call->pair[leg];
	const bool shared = call->plan.leg[leg].shared;

	for (unsigned i = 0; i < 2; i++) {
		peer->to[i] = call->upstream[leg] && shared ? edge->upstream
							    : edge->phones;
		if (!shared)
			peer->to[i].port = pair->port;
		else if (call->upstream[leg])
			peer->to[i].port = relay_upstream_port(
				edge->relay, call->id, call->line);
		else
			peer->to[i].port = relay_phones_port(
				edge->relay, call->id, call->line);
		peer->to[i].port = (uint16_t)(peer->to[i].port + i);
	}
}

static inline void call_plan(const struct edge *edge, const struct call *call)
{
	cr_assert_eq(relay_session_plan(edge->relay, call->id, &call->plan), 0);
}

/* Nothing is ordered yet. own: pairs, leg by leg; NULL: shared ports. */
static inline void call_draw(const struct edge *edge, struct call *call,
			     uint64_t id, struct relay_ports *own[2])
{
	*call = (struct call){.id = id, .upstream = {false, true}};
	for (unsigned i = 0; i < 2; i++) {
		call->pair[i] = (struct relay_pair){-1, -1, 0};
		if (own[i])
			cr_assert_eq(relay_ports_take(own[i], &call->pair[i]),
				     0);
		peer_open(&call->peer[i], (unsigned)id * 2 + i,
			  i ? HOST_PBX : HOST_PHONE, !i);
		call->plan.leg[i] = leg_plan(&call->peer[i], !own[i], i);
		call_aims(edge, call, i);
	}
}

/* And it is done: a packet that is faster than the plan is nobody's. */
static inline void call_open(struct edge *edge, const struct call *call)
{
	const struct relay_open open = {
		.id = call->id,
		.line = call->line,
		.pair = {call->pair[0], call->pair[1]},
		.upstream = {call->upstream[0], call->upstream[1]},
	};

	cr_assert_eq(relay_session_open(edge->relay, &open), 0);
	call_plan(edge, call);
	edge_round_trip(edge);
}

static inline void call_close(struct call *call)
{
	peer_close(&call->peer[0]);
	peer_close(&call->peer[1]);
}

/* One packet of each to the other. */
static inline void call_talks(struct call *call)
{
	for (unsigned i = 0; i < 2; i++) {
		peer_speaks(&call->peer[i]);
		peer_hears_last_of(&call->peer[!i], &call->peer[i]);
	}
}

/* Pairs at the relay's address of the phones. */
static inline struct relay_ports *ports_of(const struct edge *edge,
					   unsigned pairs)
{
	struct relay_ports *ports = NULL;
	char why[256];

	for (unsigned i = 0; i < 20 && !ports; i++) {
		const uint16_t first = free_port(&edge->phones);

		if (first + 2 * pairs > 65000)
			continue;
		if (relay_ports_open(&ports, &edge->phones, first,
				     (uint16_t)(first + 2 * pairs - 1), why))
			ports = NULL;
	}
	cr_assert_not_null(ports);
	return ports;
}
