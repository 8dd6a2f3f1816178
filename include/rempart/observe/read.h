/* read.h - a line of the decision log, taken apart again */
#pragma once

#include <stdint.h>
#include <stdio.h>

#include "rempart/base/check.h"
#include "rempart/base/span.h"
#include "rempart/observe/line.h"

/* X(identifier, name, inside): the texts of a record that a reader may ask
 * for. `inside` is the object that holds the member, "" for the record. */
#define READ_TEXT_TABLE(X)                                                     \
	X(TS, "ts", "")                                                        \
	X(KIND, "kind", "")                                                    \
	X(VERDICT, "verdict", "")                                              \
	X(REASON, "reason", "")                                                \
	X(RULE, "rule", "")                                                    \
	X(METHOD, "method", "")                                                \
	X(USER, "user", "")                                                    \
	X(SOURCE, "source", "")                                                \
	X(ZONE, "zone", "")                                                    \
	X(FROM, "from", "")                                                    \
	X(TO, "to", "")                                                        \
	X(E164, "e164", "")                                                    \
	X(COUNTRY, "country", "")                                              \
	X(CLASS, "class", "")                                                  \
	X(CALL_ID, "call_id", "")                                              \
	X(TLS, "tls", "")                                                      \
	X(SRTP_PHONE, "phone", "srtp")                                         \
	X(SRTP_UPSTREAM, "upstream", "srtp")                                   \
	X(AGENT, "agent", "")                                                  \
	X(DETAIL, "detail", "")

#define READ_NUMBER_TABLE(X)                                                   \
	X(V, "v")                                                              \
	X(SEQ, "seq")                                                          \
	X(CODE, "code")                                                        \
	X(COUNT, "count")                                                      \
	X(DURATION_MS, "duration_ms")                                          \
	X(TOOK_US, "took_us")

enum read_text {
#define X(id, name, inside) READ_##id,
	READ_TEXT_TABLE(X)
#undef X
		READ_TEXT_COUNT
};

enum read_number {
#define X(id, name) READ_##id,
	READ_NUMBER_TABLE(X)
#undef X
		READ_NUMBER_COUNT
};

/* Not to be copied: its texts point into itself. */
struct read_record {
	struct span line; /* as it stands in the file, the caller's */
	uint64_t ts_us;	  /* since the epoch */
	struct span text[READ_TEXT_COUNT];  /* escapes undone; empty: none */
	uint64_t number[READ_NUMBER_COUNT]; /* 0: none */
	char buf[LINE_BYTES_MAX];
};

enum { READ_WHY_MAX = 96 };

/*
 * Takes one line without its newline apart: one JSON object with v (this
 * version), seq, ts, kind, verdict and reason; the fields that we know once and
 * with their type; any other field is passed over. Says nothing about the
 * hash: that is verify.h. Returns 0, or EBADMSG with `why` for people.
 */
MUST_CHECK
int read_record(struct read_record *out, struct span line,
		char why[static READ_WHY_MAX]);

/* What a file is made of, in its order. `line` counts from 1. */
typedef void(read_record_h)(const struct read_record *rec, void *arg);
typedef void(read_fault_h)(uint64_t line, const char *why, void *arg);

struct read_handlers {
	read_record_h *record;
	read_fault_h *fault;
	void *arg;
};

/* Reads a file or pipe to its end; a line that is no record is a fault, and
 * the next one is read. Returns 0 or an errno of reading. */
MUST_CHECK
int read_file(FILE *in, const struct read_handlers *handlers);
