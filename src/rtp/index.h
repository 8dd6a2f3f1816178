/* index.h - the sessions of one port, by all that a packet may be found by */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rempart/base/addr.h"
#include "rempart/base/check.h"
#include "rempart/base/hash.h"
#include "rempart/base/table.h"
#include "rempart/rtp/demux.h"
#include "rempart/rtp/session.h"

enum index_kind {
	INDEX_ENTRY, /* session, leg */
	INDEX_EVERY, /* all entries */
	INDEX_SOURCE,
	INDEX_SSRC,
	INDEX_CLEAR, /* signalled address of a clear leg */
	/* Of waiting ones: signalled address with and without its port, that of
	 * the TLS connection with the port that was signalled and without;
	 * all. */
	INDEX_SIGNALLED_PORT,
	INDEX_SIGNALLED,
	INDEX_TLS_PORT,
	INDEX_TLS,
	INDEX_REST,
};

/*
 * Stands inside an entry. All links of one hash are one ring, and one of them
 * leads: it is the one that stands in the table, and a walk begins there. Each
 * step takes constant time, however long the ring is. Two keys of one hash
 * would share a ring: of a keyed hash of 64 bits that is as good as never, and
 * the session is asked anyway.
 */
struct index_link {
	struct table_node node;
	struct index_link *prev, *next; /* NULL: in no ring */
	struct index_entry *entry;
	bool leads;
};

enum {
	INDEX_SSRCS = 2, /* last heard */
	INDEX_WAITS = 8,
};

/* One leg of one session. */
struct index_entry {
	struct rtp_session *session;
	unsigned leg;
	uint64_t tried; /* the searcher's: number of the packet */
	struct index_link self, every;
	struct index_link source[2]; /* RTP, RTCP */
	struct index_link ssrc[INDEX_SSRCS];
	uint32_t ssrcs[INDEX_SSRCS];
	unsigned ssrc_next;
	/* A clear leg: the first two, by INDEX_CLEAR */
	struct index_link waits[INDEX_WAITS];
};

struct rtp_index {
	struct table table;
	uint8_t key[HASH_KEY_BYTES];
	size_t sessions, sessions_max;
};

/* 0, EINVAL or ENOMEM. Close frees the entries too. */
MUST_CHECK
int rtp_index_open(struct rtp_index *index, size_t sessions_max,
		   const uint8_t key[static HASH_KEY_BYTES]);
void rtp_index_close(struct rtp_index *index);

/* As rtp_demux_add, _update and _remove. */
MUST_CHECK
int rtp_index_add(struct rtp_index *index, struct rtp_session *session,
		  unsigned leg);
void rtp_index_update(struct rtp_index *index, struct rtp_session *session,
		      unsigned leg);
void rtp_index_remove(struct rtp_index *index, struct rtp_session *session,
		      unsigned leg);

uint64_t rtp_index_addr(const struct rtp_index *index, enum index_kind kind,
			const struct addr *addr, bool rtcp_port);
/* Its port does not count. */
uint64_t rtp_index_ip(const struct rtp_index *index, enum index_kind kind,
		      const struct addr *addr, bool rtcp_port);
uint64_t rtp_index_ssrc(const struct rtp_index *index, uint32_t ssrc);
uint64_t rtp_index_all(const struct rtp_index *index, enum index_kind kind);

/* The link that leads a ring; NULL: no such ring. */
struct index_link *rtp_index_find(const struct rtp_index *index, uint64_t hash);
/* From now on this one of its ring leads. */
void rtp_index_lead(struct rtp_index *index, struct index_link *link);

/* An authentic packet came from the source of that hash, with that SSRC. */
void rtp_index_learn(struct rtp_index *index, struct index_entry *entry,
		     bool rtcp_port, uint64_t source, uint32_t ssrc);
