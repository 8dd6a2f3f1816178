/* inside.h - what the files of the relay share */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "rempart/base/addr.h"
#include "rempart/base/check.h"
#include "rempart/base/ring.h"
#include "rempart/base/table.h"
#include "rempart/relay/relay.h"
#include "rempart/rtp/demux.h"
#include "rempart/rtp/packet.h"
#include "rempart/rtp/session.h"

enum {
	RELAY_BATCH = 64,    /* datagrams of one receive, and events of a turn:
			      * at 5 us each no packet waits for a third of a ms */
	RELAY_OWN_BATCH = 4, /* of a pair: it has one packet in 20 ms */
	/* A place for one close of every session is kept free: a close cannot
	 * fail. One more is for the end of the thread. */
	RELAY_ORDERS_KEPT = RELAY_SESSIONS_MAX + 1,
	RELAY_ORDER_SLOTS = 2 * RELAY_SESSIONS_MAX,
	RELAY_ORDERS_TURN = 32,	  /* a plan takes 20 us: packets come between */
	RELAY_EVENT_SLOTS = 1024, /* full: what there is to tell waits */
	RELAY_LAST_EVENTS_MAX = 16, /* of a session that ends */
};

enum relay_side { RELAY_PHONES, RELAY_UPSTREAM, RELAY_SIDES };

struct relay_socket {
	int fd;		/* -1: none */
	bool ip6;	/* its family; what it hears may be IPv4 */
	uint32_t drops; /* the kernel's count, with the last datagram */
	/* Places of the outbox, a chain of `waiting`. */
	unsigned first, last, waiting;
};

/* One m= line of one call. */
struct relay_session {
	struct table_node node; /* by id */
	uint64_t id;
	struct rtp_session *rtp;
	unsigned line, slot;
	uint32_t generation;
	bool upstream[2];
	bool indexed[2]; /* the leg is known to the demux of its port */
	struct relay_socket own[2][2]; /* leg by leg: RTP, RTCP */
	uint16_t port[2];
};

/* ---- from the core to a thread: by value, what is long behind a pointer */

enum relay_order_kind { ORDER_OPEN, ORDER_PLAN, ORDER_CLOSE, ORDER_STOP };

struct relay_order {
	enum relay_order_kind kind;
	uint64_t id;
	/* Whoever takes the order owns them. */
	struct relay_session *session;
	struct rtp_plan *plan; /* with keys: wiped */
};

/* ---- from a thread to the core */

enum { RELAY_NO_SLOT = RELAY_SESSIONS_MAX };

struct relay_told {
	struct relay_event event;
	unsigned slot; /* CLOSED: free again; or RELAY_NO_SLOT */
};

/* ---- what epoll gives back: never a pointer, for what it led to may be gone
 */

enum relay_source { SOURCE_ORDERS, SOURCE_SHARED, SOURCE_OWN };

struct relay_tag {
	enum relay_source source;
	bool rtcp;
	unsigned leg;  /* OWN; SHARED: the side */
	unsigned slot; /* OWN; SHARED: the line */
	uint32_t generation;
};

uint64_t relay_tag_pack(const struct relay_tag *tag);
struct relay_tag relay_tag_unpack(uint64_t packed);

/* ---- datagrams of one turn */

struct relay_inbox {
	struct mmsghdr msgs[RELAY_BATCH];
	struct iovec iov[RELAY_BATCH];
	struct sockaddr_storage from[RELAY_BATCH];
	union {
		struct cmsghdr align;
		uint8_t bytes[CMSG_SPACE(sizeof(uint32_t))];
	} control[RELAY_BATCH];
	/* One byte more than is relayed tells that there was more. */
	uint8_t bytes[RELAY_BATCH][RTP_PACKET_MAX + 1];
};

struct relay_parcel {
	struct relay_session *session;
	struct addr to;
	unsigned leg;
	bool rtcp;
	struct sockaddr_storage name; /* of `to`, for its socket */
	socklen_t name_len;
	size_t len;
	unsigned next; /* that leaves on the same socket */
	uint8_t bytes[RTP_PACKET_MAX + RTP_OVERHEAD_MAX];
};

struct relay_outbox {
	struct relay_parcel parcels[RELAY_BATCH];
	unsigned count;
	struct relay_socket *sockets[RELAY_BATCH]; /* of those parcels, once */
	unsigned socket_count;
	struct mmsghdr msgs[RELAY_BATCH];
	struct iovec iov[RELAY_BATCH];
};

struct relay_tally {
	uint64_t received, sent, refused, unknown, kernel_drops, plans_refused;
};

/* ---- a thread */

struct relay_thread {
	/* set at start */
	pthread_t pthread;
	bool started;
	int epoll_fd; /* the core adds pairs to it */
	struct ring *orders, *events;
	uint32_t buffer_bytes;

	/* the thread's own */
	uint64_t now_us, tick_us;
	bool stop;
	unsigned cursor;     /* the slot that is asked for events next */
	unsigned slots_used; /* the highest one that ever was, and one */
	struct table sessions;
	struct relay_session *slots[RELAY_SESSIONS_MAX];
	struct relay_socket shared[RELAY_SIDES][RELAY_LINES_MAX][2];
	struct rtp_demux *demux[RELAY_SIDES][RELAY_LINES_MAX];
	struct relay_tally tally;
	struct relay_inbox inbox;
	struct relay_outbox outbox;

	/* the tally, at the end of each turn, for the core */
	_Alignas(64) _Atomic uint64_t published[6];
};

/* Binds its shared ports, from these on. 0 or an errno with `why`. */
MUST_CHECK
int relay_thread_open(struct relay_thread **out, const struct addr *phones,
		      const struct addr *upstream, char why[static 256]);
MUST_CHECK
int relay_thread_start(struct relay_thread *thread, unsigned number);
/* It was never started, or has ended. NULL is allowed. */
void relay_thread_close(struct relay_thread *thread);
void relay_thread_tally(const struct relay_thread *thread,
			struct relay_tally *out);

/* CLOCK_MONOTONIC */
uint64_t relay_clock_us(void);

/* ---- sessions.c */

/* The core's: the session that its order then hands over. On failure the pairs
 * are the caller's still. */
MUST_CHECK
int relay_session_make(struct relay_session **out,
		       const struct rtp_engine *engine,
		       const struct relay_open *open);
void relay_session_unmake(struct relay_session *session);

/* Carries out one order; frees what is behind its pointers. */
void relay_order_run(struct relay_thread *thread, struct relay_order *order);
/* What is there to tell of some of the sessions: of all within a second. */
void relay_sessions_tick(struct relay_thread *thread);
/* Ends all, and tells nobody. */
void relay_sessions_end(struct relay_thread *thread);

enum { RELAY_TICKS_PER_S = 20 };

/* ---- packets.c */

void relay_packets_prepare(struct relay_thread *thread);
/* What is there on that socket, up to a batch; what it turns into waits in the
 * outbox. */
void relay_packets_own(struct relay_thread *thread,
		       struct relay_session *session, unsigned leg, bool rtcp);
void relay_packets_shared(struct relay_thread *thread, unsigned side,
			  unsigned line, bool rtcp);
/* Sends all of it. No session may end before. */
void relay_packets_flush(struct relay_thread *thread);

/* ---- sockets.c */

/* A UDP socket, non-blocking; :: hears IPv4 too. 0 or an errno. */
MUST_CHECK
int relay_socket_bind(int *out, const struct addr *at);
/* Asks for RELAY_BUFFER_BYTES; what was granted, and the kernel's count of
 * drops with each datagram from now on. 0 or an errno. */
MUST_CHECK
int relay_socket_crowded(int fd, uint32_t *granted_bytes);
struct relay_socket relay_socket_of(int fd);
void relay_socket_close(struct relay_socket *socket);
/* The address as that socket's family writes it; its length, 0: it cannot be
 * sent to from there. */
socklen_t relay_socket_name(const struct relay_socket *socket,
			    struct sockaddr_storage *ss,
			    const struct addr *addr);
/* What an errno of bind means, for people. */
const char *relay_socket_words(int err);
