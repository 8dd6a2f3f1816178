/* record.h - one decision as it goes to the log */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "rempart/base/addr.h"
#include "rempart/base/reason.h"

#define RECORD_KIND_TABLE(X)                                                   \
	X(CALL, "call")                                                        \
	X(REGISTER, "register")                                                \
	X(MESSAGE, "message")                                                  \
	X(CONNECTION, "connection")                                            \
	X(MEDIA, "media")                                                      \
	X(RELOAD, "reload")                                                    \
	X(ADMIN, "admin")

#define RECORD_VERDICT_TABLE(X)                                                \
	X(ALLOW, "allow")                                                      \
	X(DENY, "deny")                                                        \
	X(DROP, "drop")                                                        \
	X(CHALLENGE, "challenge")                                              \
	X(END, "end")

enum record_kind {
#define X(id, name) RECORD_##id,
	RECORD_KIND_TABLE(X)
#undef X
		RECORD_KIND_COUNT
};

enum record_verdict {
#define X(id, name) RECORD_VERDICT_##id,
	RECORD_VERDICT_TABLE(X)
#undef X
		RECORD_VERDICT_COUNT
};

const char *record_kind_name(enum record_kind kind);
const char *record_verdict_name(enum record_verdict verdict);

/* What was heard on one leg of a call. */
struct record_leg {
	uint64_t packets; /* 0: nothing, the rest says nothing */
	uint64_t lost;
	uint32_t jitter_us;
	uint16_t mos_x100; /* estimate, 100 to 500 */
};

/*
 * Fixed size, so that a queue of records has a known size. All text is
 * NUL-terminated and cut to fit; an empty field is left out of the line. No
 * field may hold a key, a password or a DTMF digit.
 */
struct record {
	enum record_kind kind;
	enum record_verdict verdict;
	enum reason reason;
	uint16_t code;	      /* SIP code sent or received, 0: none */
	uint64_t ts_us;	      /* since the epoch, UTC */
	uint64_t took_us;     /* from the first byte read to the decision */
	uint64_t count;	      /* > 1: how many like it since the last record */
	uint64_t duration_ms; /* of a call that ended */
	struct addr source;
	char method[20];
	char rule[64]; /* name and file:line of what decided */
	char user[64];
	char zone[32];	 /* the part of the network that source belongs to */
	char from[96];	 /* From as presented, "user@host" */
	char to[128];	 /* as dialled */
	char e164[24];	 /* the number that `to` was understood as */
	char country[4]; /* "FR", "001" for global networks */
	char number_class[16]; /* name of an enum number_class */
	char call_id[96];
	char tls[64]; /* "TLSv1.3 TLS_AES_256_GCM_SHA384" */
	char srtp_phone[32];
	char srtp_upstream[32]; /* "clear", or the suite */
	bool has_media;		/* the end of a call that had a relay */
	struct record_leg heard_phone, heard_upstream;
	char agent[64];
	char detail[160]; /* why, in plain words */
	char config[17];  /* first 16 hex digits of the configuration's hash */
};
