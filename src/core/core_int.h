/* core_int.h - what the core's files share */
#pragma once

#include <pthread.h>

#include "rempart/base/ring.h"
#include "rempart/core/core.h"
#include "rempart/core/trace.h"
#include "rempart/relay/relay.h"

enum {
	LINK_QUEUE_MAX = 262144, /* bytes waiting for a phone that does not
				  * read: more than any call needs */
	LINK_DRAIN_S = 2,    /* after our close: so that the last answer arrives
			      * although the phone still sends */
	READS_PER_TURN = 32, /* then the others have their turn */
	DATAGRAM_MAX = 36864, /* the longest message and some */
	DATAGRAMS_PER_TURN = 16,
};

/* An established TLS connection. */
struct link {
	struct core *core;
	struct door *door; /* that it came by */
	uint64_t id;
	int fd;
	SSL *ssl;
	struct addr peer;
	char *out;
	size_t out_len, out_cap;
	bool want_write;
	bool dirty;    /* in core->dirty */
	bool closing;  /* close when `out` has left */
	bool ending;   /* in core->drain: closing or draining */
	bool draining; /* closed by us, waiting for the phone's end */
	bool again;    /* stopped with bytes still in the TLS layer */
	enum reason why;
	uint64_t drain_until_us;
	struct link *next_dirty, *next_again, *next_drain;
};

enum core_message_kind {
	CORE_RELOAD,
	CORE_RELOAD_REFUSED,
	CORE_ASK, /* detail: the question */
	CORE_STOP,
};

struct core_message {
	enum core_message_kind kind;
	const struct config *cfg;
	char detail[256];
};

struct core_answer {
	int err;
	char why[256];
	char *text; /* to a question; control's to free */
};

struct core {
	struct core_settings set;
	struct edge *edge;
	pthread_t thread;
	struct ring *orders;  /* control to core */
	struct ring *answers; /* core to control */
	int upstream_fd, timer_fd;
	struct relay *relay;
	struct relay_ports *upstream_ports, *emergency_ports;
	struct link **links; /* by slot */
	uint32_t *free_slots;
	uint32_t free_count, slot_count;
	uint32_t generation;
	struct link *dirty, *again, *drain;
	uint64_t timer_due_us; /* as the timerfd is set */
	bool stopping;
	struct trace trace; /* looked at over the control socket */
	char read_buf[32768];
	char datagrams[DATAGRAMS_PER_TURN][DATAGRAM_MAX];
};

/* ---- core.c */
void core_turn(struct core *core);     /* at the start of each event */
void core_turn_end(struct core *core); /* sends, closes, sets the timer */
struct edge_time core_now(void);

/* ---- media.c */
/* The relay's threads and the pools of ports, and the edge's way to them. */
MUST_CHECK
int media_start(struct core *core, char why[static 256]);
void media_stop(struct core *core);
void media_bind(struct edge_io *io);
void media_readable(struct core *core);
/* The sockets stay as they are while the program runs: 0, or EINVAL with what
 * cannot change. */
MUST_CHECK
int media_may_reload(const struct config *old, const struct config *new_,
		     char why[static 256]);

/* ---- orders.c */
/* False: 16 wait already, the core does not keep up. */
bool order_put(struct core *core, enum core_message_kind kind,
	       const struct config *cfg, const char *detail);

/* ---- ask.c */
/* Puts the answer to a question into core->answers. */
void ask_answer(struct core *core, const char *question);
/* edge_io.seen */
void ask_seen(void *arg, const struct edge_seen *seen);

/* ---- links.c */
MUST_CHECK
int links_open(struct core *core, uint32_t max);
void links_close(struct core *core);
void links_take(struct core *core, struct door *door,
		const struct door_event *event);
void links_send(struct core *core, uint64_t id, const char *p, size_t len);
void links_end(struct core *core, uint64_t id);
void links_flush(struct core *core);
void links_read_again(struct core *core);
void links_drained(struct core *core, uint64_t now_us);

/* ---- upstream.c */
MUST_CHECK
int upstream_open(int *fd, const struct addr *local, char why[static 256]);
void upstream_readable(struct core *core);
int upstream_send(struct core *core, const char *p, size_t len);
