/* inside.h - what the door's files share: the door and its connections */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "caps.h"
#include "hello.h"
#include "rempart/base/check.h"
#include "rempart/door/door.h"

enum {
	DOOR_PARKED_MAX = 4096, /* all phones of four large offices */
	DOOR_CONNS_MAX = DOOR_PENDING_MAX + DOOR_PARKED_MAX,
	DOOR_ACCEPT_BATCH = 64, /* then handshakes go on: 64 are 10 ms */
	DOOR_EVENTS_BATCH = 128,
	/* Of the ring, kept for connections when refusals flood. */
	DOOR_RING_RESERVE = DOOR_RING_SLOTS / 4,
	/* The ring tells no producer that it has room again: look. */
	DOOR_RETRY_MS = 5,
	/* Out of descriptors or memory: others must free some first. */
	DOOR_BACKOFF_MS = 50,
	DOOR_BACKLOG = 1024,
	DOOR_USER_TIMEOUT_MS = 30000,
};

/* Where a connection is; each state but FREE's has its queue. */
enum door_state {
	DOOR_FREE,
	DOOR_PARKED,  /* accepted; its source has handshakes enough */
	DOOR_PENDING, /* in its handshake */
	DOOR_READY,   /* done; waits for room in the ring */
	DOOR_STATE_COUNT,
};

struct door_conn {
	struct door_conn *next, *prev; /* in the queue of its state */
	struct door_conn *parked_next; /* of the same source */
	struct door_source *source;
	struct door_tls *tls; /* held as long as the handshake runs */
	SSL *ssl;	      /* NULL until a ClientHello began */
	uint64_t deadline_us;
	struct addr peer, local;
	int fd;
	enum door_state state;
};

/* Oldest first, so the first has the nearest deadline. */
struct door_queue {
	struct door_conn *first, *last;
	unsigned count;
};

/* From control to the door's thread; a later one replaces an unread one. */
struct door_mail {
	pthread_mutex_t lock;
	struct door_tls *tls; /* NULL: nothing new */
	struct door_limits limits;
	struct addr_nets only;
};

struct door {
	/* set before the thread starts, then constant */
	struct addr address;
	pthread_t thread;
	uint64_t handshake_us;
	int epoll_fd, listen_fd, wake_fd;
	struct ring *events;
	struct ring *closed; /* struct addr, from the core */

	/* shared */
	atomic_bool stop;
	struct door_mail mail;

	/* the door thread's own */
	uint64_t now_us; /* read once a turn */
	struct door_tls *tls;
	struct door_limits limits;
	struct addr_nets only;
	struct door_caps caps;
	struct door_conn *conns;
	unsigned conns_used; /* never used ones stay untouched memory */
	struct door_queue queues[DOOR_STATE_COUNT];
	int reserve_fd; /* given up to refuse a connection in EMFILE */
	uint64_t backoff_until_us;
	bool listening; /* the listener is polled */
	uint64_t unreported;
	struct addr unreported_peer, unreported_local;
};

/* listen.c */

/* Opens, binds and listens; fills door->listen_fd and door->address. */
MUST_CHECK
int door_listen(struct door *door, const struct addr *at, char why[static 256]);
/* Takes what waits in the backlog, up to a batch. */
void door_accept(struct door *door);
/* Polls the listener when connections can be taken, else leaves them in the
 * backlog. */
void door_listen_update(struct door *door);

/* conn.c */

/* The only way to change a state; an illegal move asserts. */
void door_conn_move(struct door *door, struct door_conn *conn,
		    enum door_state to);
/* A connection in the state FREE, or NULL when the pool is used up. */
struct door_conn *door_conn_new(struct door *door);
/* Closes what it still owns and frees it; counts it out unless it was handed
 * to the core. */
void door_conn_end(struct door *door, struct door_conn *conn, bool handed);
/* Reports, then ends. */
void door_conn_refuse(struct door *door, struct door_conn *conn,
		      enum reason reason, const char *detail);

/* handshake.c */

/* A new connection (state FREE) starts its handshake, or parks. */
void door_handshake_admit(struct door *door, struct door_conn *conn);
/* Something happened on its socket. */
void door_handshake_run(struct door *door, struct door_conn *conn,
			uint32_t events);
void door_handshake_deadlines(struct door *door);
/* Hands over what waits for room in the ring. */
void door_handshake_flush(struct door *door);

/* report.c */

/* False when the ring is full: try again later. */
MUST_CHECK
bool door_report_opened(struct door *door, const struct door_conn *conn);
/* Counts it when there is no room. */
void door_report_refused(struct door *door, const struct addr *peer,
			 const struct addr *local, enum reason reason,
			 const char *detail);
/* Tells how many refusals were only counted, once there is room. */
void door_report_unreported(struct door *door);
