/* index.c - the sessions of one port, by all that a packet may be found by */
#include "index.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Places of an entry in the rings of those that wait. */
enum {
	WAITS_SIGNALLED_PORT = 0, /* RTP, RTCP */
	WAITS_SIGNALLED = 2,	  /* RTP, RTCP */
	WAITS_TLS_PORT = 4,	  /* RTP, RTCP */
	WAITS_TLS = 6,
	WAITS_REST = 7,
	LINKS = 2 + 2 + INDEX_SSRCS + INDEX_WAITS, /* of an entry */
};

_Static_assert(WAITS_REST + 1 == INDEX_WAITS, "a place for each ring");

/* ---- rings */

static void enter(struct rtp_index *index, struct index_link *link)
{
	int err = table_add(&index->table, &link->node, link->node.hash);

	assert(!err); /* as many places as links */
	(void)err;
	link->leads = true;
}

static void withdraw(struct rtp_index *index, struct index_link *link)
{
	table_del(&index->table, &link->node);
	link->leads = false;
}

struct index_link *rtp_index_find(const struct rtp_index *index, uint64_t hash)
{
	struct table_node *node = table_first(&index->table, hash);

	return node ? container_of(node, struct index_link, node) : NULL;
}

static bool is_held(const struct index_link *link)
{
	return link->next;
}

/* It is the last that a walk meets. */
static void ring_join(struct rtp_index *index, struct index_link *link,
		      uint64_t hash)
{
	struct index_link *first = rtp_index_find(index, hash);

	assert(!is_held(link));
	link->node.hash = hash;
	if (!first) {
		link->prev = link->next = link;
		enter(index, link);
		return;
	}
	link->prev = first->prev;
	link->next = first;
	first->prev->next = link;
	first->prev = link;
}

static void ring_leave(struct rtp_index *index, struct index_link *link)
{
	if (!is_held(link))
		return;
	if (link->leads) {
		withdraw(index, link);
		if (link->next != link)
			enter(index, link->next);
	}
	link->prev->next = link->next;
	link->next->prev = link->prev;
	link->prev = link->next = NULL;
}

void rtp_index_lead(struct rtp_index *index, struct index_link *link)
{
	struct index_link *first = rtp_index_find(index, link->node.hash);

	assert(first);
	if (first == link)
		return;
	withdraw(index, first);
	enter(index, link);
}

/* ---- keys */

uint64_t rtp_index_addr(const struct rtp_index *index, enum index_kind kind,
			const struct addr *addr, bool rtcp_port)
{
	const uint8_t port[2] = {(uint8_t)(addr->port >> 8),
				 (uint8_t)addr->port};
	uint8_t key[5 + sizeof(addr->ip)] = {(uint8_t)kind, addr->version,
					     rtcp_port, port[0], port[1]};

	memcpy(key + 5, addr->ip, addr->version == 4 ? 4 : sizeof(addr->ip));
	return hash_bytes(index->key, key, sizeof(key));
}

uint64_t rtp_index_ip(const struct rtp_index *index, enum index_kind kind,
		      const struct addr *addr, bool rtcp_port)
{
	struct addr ip = *addr;

	ip.port = 0;
	return rtp_index_addr(index, kind, &ip, rtcp_port);
}

static uint64_t hash_number(const struct rtp_index *index, enum index_kind kind,
			    uint64_t number, unsigned leg)
{
	const uint64_t key[3] = {kind, number, leg};

	return hash_bytes(index->key, key, sizeof(key));
}

static uint64_t hash_entry(const struct rtp_index *index,
			   const struct rtp_session *session, unsigned leg)
{
	return hash_number(index, INDEX_ENTRY, (uintptr_t)session, leg);
}

uint64_t rtp_index_ssrc(const struct rtp_index *index, uint32_t ssrc)
{
	return hash_number(index, INDEX_SSRC, ssrc, 0);
}

uint64_t rtp_index_all(const struct rtp_index *index, enum index_kind kind)
{
	return hash_number(index, kind, 0, 0);
}

/* ---- entries */

static struct index_entry *find_entry(const struct rtp_index *index,
				      const struct rtp_session *session,
				      unsigned leg)
{
	struct index_link *link =
		rtp_index_find(index, hash_entry(index, session, leg));

	return link ? link->entry : NULL;
}

int rtp_index_open(struct rtp_index *index, size_t sessions_max,
		   const uint8_t key[static HASH_KEY_BYTES])
{
	*index = (struct rtp_index){.sessions_max = sessions_max};
	memcpy(index->key, key, sizeof(index->key));
	if (!sessions_max || sessions_max > RTP_DEMUX_SESSIONS_MAX)
		return EINVAL;
	return table_init(&index->table, 2 * LINKS * sessions_max);
}

static void stop_waiting(struct rtp_index *index, struct index_entry *entry)
{
	for (unsigned i = 0; i < INDEX_WAITS; i++)
		ring_leave(index, &entry->waits[i]);
}

static void forget_heard(struct rtp_index *index, struct index_entry *entry)
{
	for (unsigned i = 0; i < 2; i++)
		ring_leave(index, &entry->source[i]);
	for (unsigned i = 0; i < INDEX_SSRCS; i++)
		ring_leave(index, &entry->ssrc[i]);
}

static void drop(struct rtp_index *index, struct index_entry *entry)
{
	stop_waiting(index, entry);
	forget_heard(index, entry);
	ring_leave(index, &entry->self);
	ring_leave(index, &entry->every);
	free(entry);
}

void rtp_index_close(struct rtp_index *index)
{
	const uint64_t every = rtp_index_all(index, INDEX_EVERY);
	struct index_link *link;

	while ((link = rtp_index_find(index, every)))
		drop(index, link->entry);
	table_close(&index->table);
}

/* Of a clear leg that takes nothing, nothing is heard either: a hold. */
static void index_clear(struct rtp_index *index, struct index_entry *entry,
			const struct rtp_leg_plan *plan)
{
	if (plan->rtp.version)
		ring_join(
			index, &entry->waits[0],
			rtp_index_addr(index, INDEX_CLEAR, &plan->rtp, false));
	if (plan->rtcp.version)
		ring_join(
			index, &entry->waits[1],
			rtp_index_addr(index, INDEX_CLEAR, &plan->rtcp, true));
}

static void index_waiting(struct rtp_index *index, struct index_entry *entry,
			  const struct rtp_leg_plan *plan)
{
	struct index_link *waits = entry->waits;

	for (unsigned i = 0; i < 2; i++) {
		const struct addr *addr = i ? &plan->rtcp : &plan->rtp;
		struct addr tls = plan->tls;

		if (!addr->version)
			continue;
		ring_join(index, &waits[WAITS_SIGNALLED_PORT + i],
			  rtp_index_addr(index, INDEX_SIGNALLED_PORT, addr, i));
		ring_join(index, &waits[WAITS_SIGNALLED + i],
			  rtp_index_ip(index, INDEX_SIGNALLED, addr, i));
		if (!tls.version)
			continue;
		/* Many NATs keep the port where they can (RFC 4787 4.2.1). */
		tls.port = addr->port;
		ring_join(index, &waits[WAITS_TLS_PORT + i],
			  rtp_index_addr(index, INDEX_TLS_PORT, &tls, i));
	}
	if (plan->tls.version)
		ring_join(index, &waits[WAITS_TLS],
			  rtp_index_ip(index, INDEX_TLS, &plan->tls, false));
	ring_join(index, &waits[WAITS_REST], rtp_index_all(index, INDEX_REST));
}

static void reindex(struct rtp_index *index, struct index_entry *entry)
{
	const struct rtp_leg_plan *plan =
		&rtp_session_plan_now(entry->session)->leg[entry->leg];

	stop_waiting(index, entry);
	if (!plan->used || !plan->secure) {
		forget_heard(index, entry);
		if (plan->used)
			index_clear(index, entry, plan);
		return;
	}
	if (rtp_session_waits(entry->session, entry->leg))
		index_waiting(index, entry, plan);
}

static struct index_entry *make_entry(struct rtp_session *session, unsigned leg)
{
	struct index_entry *entry = calloc(1, sizeof(*entry));

	if (!entry)
		return NULL;
	entry->session = session;
	entry->leg = leg;
	entry->self.entry = entry->every.entry = entry;
	for (unsigned i = 0; i < 2; i++)
		entry->source[i].entry = entry;
	for (unsigned i = 0; i < INDEX_SSRCS; i++)
		entry->ssrc[i].entry = entry;
	for (unsigned i = 0; i < INDEX_WAITS; i++)
		entry->waits[i].entry = entry;
	return entry;
}

int rtp_index_add(struct rtp_index *index, struct rtp_session *session,
		  unsigned leg)
{
	const bool half = find_entry(index, session, !leg);
	struct index_entry *entry = find_entry(index, session, leg);

	assert(leg < 2);
	if (!entry) {
		if (!half && index->sessions == index->sessions_max)
			return ENOSPC;
		entry = make_entry(session, leg);
		if (!entry)
			return ENOMEM;
		index->sessions += !half;
		ring_join(index, &entry->self, hash_entry(index, session, leg));
		ring_join(index, &entry->every,
			  rtp_index_all(index, INDEX_EVERY));
	}
	reindex(index, entry);
	return 0;
}

void rtp_index_update(struct rtp_index *index, struct rtp_session *session,
		      unsigned leg)
{
	struct index_entry *entry = find_entry(index, session, leg);

	if (entry)
		reindex(index, entry);
}

void rtp_index_remove(struct rtp_index *index, struct rtp_session *session,
		      unsigned leg)
{
	struct index_entry *entry = find_entry(index, session, leg);

	if (!entry)
		return;
	drop(index, entry);
	if (!find_entry(index, session, !leg))
		index->sessions--;
}

/* The source leads to who was heard from it last. */
static void learn_source(struct rtp_index *index, struct index_link *link,
			 uint64_t source)
{
	if (is_held(link) && link->node.hash == source)
		return;
	ring_leave(index, link);
	ring_join(index, link, source);
	/* Whoever was heard from there before may be gone: a NAT gives ports
	 * away. A new SSRC is asked of the last one first. */
	rtp_index_lead(index, link);
}

static void learn_ssrc(struct rtp_index *index, struct index_entry *entry,
		       uint32_t ssrc)
{
	struct index_link *link;

	for (unsigned i = 0; i < INDEX_SSRCS; i++) {
		if (is_held(&entry->ssrc[i]) && entry->ssrcs[i] == ssrc)
			return;
	}
	link = &entry->ssrc[entry->ssrc_next];
	entry->ssrcs[entry->ssrc_next] = ssrc;
	entry->ssrc_next = (entry->ssrc_next + 1) % INDEX_SSRCS;
	ring_leave(index, link);
	ring_join(index, link, rtp_index_ssrc(index, ssrc));
}

void rtp_index_learn(struct rtp_index *index, struct index_entry *entry,
		     bool rtcp_port, uint64_t source, uint32_t ssrc)
{
	learn_source(index, &entry->source[rtcp_port], source);
	learn_ssrc(index, entry, ssrc);
	if (is_held(&entry->waits[WAITS_REST]) &&
	    !rtp_session_waits(entry->session, entry->leg))
		stop_waiting(index, entry);
}
