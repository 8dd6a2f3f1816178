/* trace.h - the messages of one call as they pass, without its secrets */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "rempart/base/check.h"
#include "rempart/base/text.h"
#include "rempart/edge/edge.h"

enum {
	TRACE_MESSAGES_MAX = 200,
	TRACE_S = 300,		   /* then it is over, whoever looks on */
	TRACE_IDLE_S = 5,	   /* not fetched for so long: nobody does */
	TRACE_BYTES_MAX = 1 << 20, /* not fetched yet; more is lost */
	TRACE_CALL_MAX = 256,
};

/* {0} is none. One at a time: it is for one person's question. */
struct trace {
	uint64_t id; /* 0: none */
	char call_id[TRACE_CALL_MAX];
	bool over; /* nothing more will come */
	uint64_t until_us, fetched_us;
	unsigned count, lost;
	struct text rows; /* not fetched; its memory is the trace's */
};

/* id: never 0, another one each time. 0; EBUSY while another trace is looked
 * at; EINVAL for no or a too long Call-ID; ENOMEM. */
MUST_CHECK
int trace_start(struct trace *trace, uint64_t id, struct span call_id,
		uint64_t now_us);
void trace_stop(struct trace *trace);

/*
 * A message that parses, as it came or left; kept when it is of that call.
 * Credentials, passwords in URIs, keys in SDP and all bodies but SDP are left
 * out. False: no more are wanted.
 */
bool trace_message(struct trace *trace, const struct edge_seen *seen,
		   struct edge_time time);

/*
 * Takes what came since the last time: rows of cells as in edge.h, ts_us,
 * direction ("in" or "out"), peer and message, whose lines are ended by
 * TRACE_LINE_END. The caller's text needs room for trace->rows.len.
 */
void trace_fetch(struct trace *trace, struct text *out, uint64_t now_us);

#define TRACE_LINE_END '\x1e'
