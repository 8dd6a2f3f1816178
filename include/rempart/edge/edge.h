/* edge.h - the whole decision: bytes and time in, bytes and records out */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rempart/base/addr.h"
#include "rempart/base/check.h"
#include "rempart/base/reason.h"
#include "rempart/base/record.h"
#include "rempart/base/text.h"
#include "rempart/guard/limits.h"
#include "rempart/media/media.h"
#include "rempart/policy/dial.h"
#include "rempart/policy/number.h"
#include "rempart/proxy/proof.h"
#include "rempart/proxy/settings.h"
#include "rempart/registrar/token.h"
#include "rempart/registrar/users.h"
#include "rempart/sdp/sdp.h"
#include "rempart/sip/mac.h"

/*
 * The edge owns every transaction, dialog, binding and connection state, and
 * has no socket and no clock: the core's loop (or a test with a fake network)
 * feeds it and carries out what it asks through struct edge_io. One thread.
 */
struct edge;

enum {
	EDGE_CONNECTIONS_MAX = 50000, /* config's upper bound */
	EDGE_EXCHANGES_MAX = 65536,   /* requests under way: 32 s of 2000/s */
	EDGE_PASSAGES_MAX = 32768,    /* calls and subscriptions at once: 2000
				       * phones with 16 watched keys each */
	/* One connection may hold a sixteenth of each, so that no phone can
	 * use up what all share: a gateway of 60 calls a second fits. */
	EDGE_CONN_EXCHANGES_MAX = EDGE_EXCHANGES_MAX / 16,
	EDGE_CONN_PASSAGES_MAX = EDGE_PASSAGES_MAX / 16,
	/* Before it has registered: its two REGISTERs and some to spare. */
	EDGE_STRANGER_EXCHANGES_MAX = 8,
	EDGE_BINDINGS_MAX = 65536,
	EDGE_FIRST_REQUEST_S = 10, /* architecture section 4, step 1 */
	EDGE_IDLE_S = 60,
	EDGE_RING_S = 180,	 /* timer C, RFC 3261 16.6 step 11 */
	EDGE_CALL_MAX_S = 86400, /* a call without an end is forgotten then */
};

/* A message as it came (folds are spaces by then) or leaves. */
struct edge_seen {
	bool sent;
	struct addr peer;
	struct span message;
};

/* Connections are named by the feeder: low 32 bits below
 * EDGE_CONNECTIONS_MAX, any generation above, never 0. */
struct edge_io {
	/* Queue bytes; they are copied before the call returns. */
	void (*send_conn)(void *arg, uint64_t conn, const char *p, size_t len);
	/* Close once what was queued has left. edge_conn_closed() must not
	 * be called from inside. */
	void (*close_conn)(void *arg, uint64_t conn);
	/* One datagram to the upstream. 0 or an errno. */
	int (*send_upstream)(void *arg, const char *p, size_t len);
	/* A slot for a record, NULL when the log does not keep up; the same
	 * one until record_commit. */
	struct record *(*record_reserve)(void *arg);
	void (*record_commit)(void *arg);
	/* The number that the next record gets, for the refused to quote. */
	uint64_t (*record_number)(void *arg);
	/* The monotonic clock now, for took_us of a record alone. */
	uint64_t (*clock_us)(void *arg);
	/* Unpredictable bytes. */
	void (*random)(void *arg, void *p, size_t len);
	/* The relay, as in struct media_io. No edge_media_closed() from
	 * inside; it follows each media_close, with what was heard. */
	int (*media_open)(void *arg, const struct media_want *want,
			  struct media_place place[2]);
	bool (*media_seen)(void *arg, const struct media_party *party,
			   struct addr *ip);
	void (*media_plan)(void *arg, uint64_t session,
			   const struct rtp_plan *plan);
	void (*media_close)(void *arg, uint64_t session);
	/* Every message that parses, while edge_trace() is on. */
	void (*seen)(void *arg, const struct edge_seen *seen);
	void *arg;
};

/* What is in force; all pointers stay valid until the next edge_reload() has
 * returned. */
struct edge_settings {
	const struct proxy_settings *proxy;
	const struct registrar_settings *registrar;
	const struct sdp_settings *sdp;
	const struct media_settings *media;
	const char *echo; /* the number that the edge itself answers; "" */
	const struct number_settings *numbering;
	const struct dial_settings *dial;
	const struct limits_settings *limits;
	uint32_t emergency_per_device, emergency_per_site;
	/* subnets from which a phone may call emergencies unregistered */
	const struct addr *emergency_net;
	const uint8_t *emergency_bits;
	unsigned emergency_net_count;
	char config_hash[17];
};

struct edge_keys {
	uint8_t token[MAC_KEY_BYTES];
	uint8_t proof[MAC_KEY_BYTES];
	uint8_t nonce[MAC_KEY_BYTES];
};

/* The clock, read once a loop turn. */
struct edge_time {
	uint64_t now_us;  /* monotonic */
	uint64_t wall_us; /* since the epoch */
};

MUST_CHECK
int edge_open(struct edge **out, const struct edge_io *io,
	      const struct edge_settings *settings,
	      const struct edge_keys *keys, struct edge_time time);
/* Writes the records that were held back. */
void edge_close(struct edge *edge);

/* At the start of each turn; runs what is due. */
void edge_tick(struct edge *edge, struct edge_time time);
/* When edge_tick is needed next at the latest; UINT64_MAX: never. */
uint64_t edge_next_us(const struct edge *edge);

struct edge_conn {
	uint64_t conn;
	struct addr peer, local;
	char tls[64];
	bool legacy; /* by listen.legacy: its records carry that zone */
};
/* 0, or ENOSPC / ENOMEM: close it. */
MUST_CHECK
int edge_conn_opened(struct edge *edge, const struct edge_conn *info);
/* Bytes of a stream, in order; changed in place. Ignored for a connection
 * that the edge has asked to close. */
void edge_conn_bytes(struct edge *edge, uint64_t conn, char *p, size_t len);
/* It is gone, whoever closed it; reason OK, or why it was closed. */
void edge_conn_closed(struct edge *edge, uint64_t conn, enum reason reason);
/* A connection that never came to be. */
void edge_conn_refused(struct edge *edge, const struct addr *peer,
		       enum reason reason, const char *detail);

/* A datagram on the upstream socket; changed in place. */
void edge_datagram(struct edge *edge, const struct addr *from, char *p,
		   size_t len);

/* What the relay saw, or that a session is closed and what was heard on its
 * legs; unknown sessions are ignored. */
void edge_media_event(struct edge *edge, const struct rtp_event *event);
void edge_media_closed(struct edge *edge, uint64_t session,
		       const struct rtp_figures figures[static 2]);

/* New settings from the next message on; live calls go on. */
void edge_reload(struct edge *edge, const struct edge_settings *settings);

/* A record of the administration: start, stop, reload. */
void edge_admin(struct edge *edge, enum reason reason, const char *detail);

struct edge_counts {
	size_t connections, exchanges, passages, bindings;
	uint64_t records_waiting; /* held back because the log was full */
};
struct edge_counts edge_counts(const struct edge *edge);

struct edge_live {
	size_t phones; /* connections with a registered phone */
	size_t calls;
	uint64_t up_s;
};
struct edge_live edge_live(struct edge *edge);

enum {
	EDGE_LIST_MAX = 10000,	  /* rows: more than a person reads, and a turn
				   * of the loop in milliseconds */
	EDGE_LIST_ROW_MAX = 1024, /* bytes of a row or the heading */
};
/*
 * Tables for the administrator: a heading, then a row each, cells ended by
 * tabs and without control bytes; '#' ends the name of a column of numbers.
 * Past EDGE_LIST_MAX rows one line "+N" says how many more there are. Room for
 * EDGE_LIST_ROW_MAX bytes a row and for two lines more is enough.
 *
 * Phones: the connections on which one is registered; of several users on a
 * connection the first.
 */
void edge_list_phones(struct edge *edge, struct text *out);
void edge_list_calls(struct edge *edge, struct text *out);

/*
 * Ends the call of this number (column id of edge_list_calls): BYE to both
 * ends, or 480 and CANCEL while it rings, and its record. 0 or ENOENT.
 */
MUST_CHECK
int edge_end_call(struct edge *edge, uint64_t number);

/* Ends every live call in the same way, for the program is about to end. */
void edge_stop(struct edge *edge);

/* Shows all messages to edge_io.seen from now on, or no more. */
void edge_trace(struct edge *edge, bool on);
/* The Call-ID of the call of this number, or NULL; until the next turn. */
const char *edge_call_id(struct edge *edge, uint64_t number);
