/* relay.h - threads that move media, packet by packet */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "rempart/base/addr.h"
#include "rempart/base/check.h"
#include "rempart/relay/ports.h"
#include "rempart/rtp/session.h"

enum {
	RELAY_THREADS_MAX = 16,
	RELAY_LINES_MAX = 8, /* m= lines: port pairs of the phones' side */
	RELAY_STRIDE = 2 * RELAY_LINES_MAX, /* ports from one thread's first to
					     * the next one's */
	RELAY_SESSIONS_MAX = 16384, /* a thread: RTP_DEMUX_SESSIONS_MAX */
	RELAY_BUFFER_BYTES = 4 * 1024 * 1024, /* receive buffer of a shared
					       * port: 0.1 s of 200 000 packets
					       * a second */
};

struct relay_settings {
	const char *engine;   /* name of an rtp_engine */
	unsigned threads;     /* 1..RELAY_THREADS_MAX */
	struct addr phones;   /* where phones send to: RTP of the first line of
			       * thread 0; even */
	struct addr upstream; /* the one port of the PBX's side, used as that of
			       * the phones is; version 0: none */
};

struct relay;

/*
 * Binds the shared ports and starts the threads. 0, or an errno with `why` for
 * people ("0.0.0.0:16000: address in use: ..."). The rest of this header is
 * for one thread, the core's.
 */
MUST_CHECK
int relay_start(struct relay **out, const struct relay_settings *settings,
		char why[static 256]);
/* Ends all sessions, joins the threads. */
void relay_stop(struct relay *relay);

/* Shared ports of that session's thread for that line. */
uint16_t relay_phones_port(const struct relay *relay, uint64_t id,
			   unsigned line);
uint16_t relay_upstream_port(const struct relay *relay, uint64_t id,
			     unsigned line);

struct relay_open {
	uint64_t id;
	unsigned line; /* below RELAY_LINES_MAX */
	/* Leg by leg: its own pair, which the relay closes; rtp -1: the shared
	 * port of the phones' or of the PBX's side. */
	struct relay_pair pair[2];
	bool upstream[2]; /* which of the two */
};

/* 0, ENOSPC (RELAY_SESSIONS_MAX of its thread) or ENOMEM: the pairs are the
 * caller's still. Orders are carried out in the order given. */
MUST_CHECK
int relay_session_open(struct relay *relay, const struct relay_open *open);
/* 0 or ENOMEM. An unknown id is ignored: its end may be under way. */
MUST_CHECK
int relay_session_plan(struct relay *relay, uint64_t id,
		       const struct rtp_plan *plan);
/* Answered by RELAY_CLOSED, always. */
void relay_session_close(struct relay *relay, uint64_t id);

enum relay_event_kind {
	RELAY_MEDIA,  /* media: see rtp_event */
	RELAY_CLOSED, /* figures; the ports of its pairs are free again */
};

struct relay_event {
	enum relay_event_kind kind;
	uint64_t id;
	struct rtp_event media;
	struct rtp_figures figures[2]; /* of what came on each leg */
	uint16_t port[2];	       /* of its pairs, 0: none */
};

/* Readable when events are there; for the loop. */
int relay_fd(const struct relay *relay);
/* False: none left. After it the descriptor is armed again. */
bool relay_next(struct relay *relay, struct relay_event *out);

struct relay_counts {
	uint64_t sessions, received, sent, refused, unknown;
	uint64_t kernel_drops;	/* SO_RXQ_OVFL of the shared ports */
	uint64_t plans_refused; /* by rtp_session_plan: the old one stays */
	uint32_t buffer_bytes;	/* what the kernel granted of
				 * RELAY_BUFFER_BYTES, the least */
};
struct relay_counts relay_counts(const struct relay *relay);
