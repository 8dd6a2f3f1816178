/* inside.h - what the files of this folder share */
#pragma once

#include "rempart/media/media.h"

enum { SUITE_NAME_MAX = 32 };

/* What one end said of one line, in its offer or its answer. */
struct said {
	bool open;
	bool mux;
	bool secure;
	bool held;		  /* not sendrecv, or no address to send to */
	enum sdp_profile profile; /* of closed lines too */
	struct addr rtp, rtcp;	  /* version 0: it takes nothing */
	uint32_t clock_hz;
	uint32_t tag;		   /* of the crypto line that is taken */
	char name[SUITE_NAME_MAX]; /* of its suite, as it was written */
	struct rtp_key rx;
};

/* One line of an offer, and what the other end was shown for it. */
struct offer_line {
	struct said said;
	unsigned shown_count;
	enum suite shown[SUITE_COUNT]; /* tag 1 is the first */
};

/* An offer that waits for answers. */
struct offer {
	struct offer *next;
	uint32_t handle;
	bool taken;	/* a branch has answered it */
	bool secure[2]; /* what each end speaks if it is agreed to */
	unsigned from, count;
	struct offer_line line[];
};

/* What both ends have said in one dialog. */
struct branch {
	struct branch *next; /* older */
	uint64_t id;
	uint32_t offer; /* whose answer it is */
	bool secure[2];
	unsigned count;
	struct said line[][2]; /* by end */
};

/* One end of one line, as we face it. Bits: 1 << enum suite. */
struct face {
	struct media_place place;
	struct rtp_key tx[SUITE_COUNT]; /* ours, made when first shown */
	uint8_t made, used;
	struct addr rtp; /* signalled in the last plan */
};

/*
 * A line's session. While a phone in an emergency goes from clear to SRTP, or
 * back, there are two: the port it is reached at is another.
 */
struct line {
	struct line *next;
	uint64_t session;
	bool clear[2]; /* a phone in clear */
	bool heard;    /* by the last plan */
	struct rtp_plan plan;
	struct face face[2];
};

struct media {
	struct media_party party[2];
	struct line *line[SDP_MEDIA_MAX]; /* NULL: not open */
	struct offer *offers;		  /* newest first */
	unsigned offer_count;
	uint32_t last_handle;
	struct branch *branches; /* newest first */
	struct branch *current;
	bool answered;
	uint32_t speaks[2];
	/* o= towards each end */
	uint8_t hash_key[HASH_KEY_BYTES];
	struct addr origin[2];
	uint64_t body_id[2], body_version[2], body_hash[2];
};

/* ---- said.c */
/* What to read, and what comes of it. */
struct reading {
	unsigned from;
	enum sdp_role role;
	const struct sdp_offered *offered; /* of an answer */
	bool secure;	   /* an offer: set here; an answer: what was agreed */
	struct said *line; /* SDP_MEDIA_MAX, filled here */
	uint32_t speaks;   /* suites of usable lines */
};
/* Judges it, and takes what the relay needs to know. */
struct verdict said_read(const struct media *media,
			 const struct media_context *ctx, struct sdp *sdp,
			 struct reading *how);

/* ---- suites.c */
/* Suites to offer to an end, best first; returns how many. */
unsigned suites_for(const struct media *media, const struct media_context *ctx,
		    unsigned end, enum suite out[static SUITE_COUNT]);
/* Bits that quirks take away from a phone. */
uint32_t suites_without(const struct media_settings *set,
			const struct media_party *party);
/* Our key towards that end for that suite. */
const struct rtp_key *suites_key(const struct media_context *ctx,
				 struct face *face, enum suite suite);
/* Whether these bytes are a key of ours towards that end. */
bool suites_ours(const struct face *face,
		 const uint8_t key_salt[static SDP_KEY_SALT_MAX]);
/* Keys that were used and are none of `wanted` are wiped. */
void suites_keep(struct face *face, unsigned wanted);

/* ---- line.c */
/* The session of line i for ends that speak SRTP so; NULL: none. */
struct line *line_find(const struct media *media, unsigned i,
		       const bool secure[static 2]);
/* A session for each open line of the offer that has none. */
struct verdict lines_open(struct media *media, const struct media_context *ctx,
			  const struct offer *offer);
/* Sessions and keys that nothing speaks of any more. */
void lines_tidy(struct media *media, const struct media_context *ctx);
/* How phones see us may have changed since the last offer or answer. */
void lines_move(struct media *media, const struct media_context *ctx);
void lines_close(struct media *media, const struct media_context *ctx);

/* A body under work: read, and written anew for the other end. */
struct work {
	struct media *media;
	const struct media_context *ctx;
	struct sdp *sdp;
	struct text *body;
};

/* ---- answer.c */
/* Both ends have it open. */
bool branch_has(const struct media *media, const struct branch *branch,
		unsigned i);
/* Wiped. NULL is allowed. */
void branch_free(struct branch *branch);
/* The edge itself answers, with what it was offered. */
struct verdict answer_echo(const struct work *work, const struct offer *offer);

/* ---- offer.c */
/* It may still be answered, or by another branch. */
bool offer_waits(const struct media *media, const struct offer *offer);
/* Wiped. */
void offer_free(struct offer *offer);

/* ---- plan.c */
/* The branch is what both ends are to hear from now on. */
void plan_apply(struct media *media, const struct media_context *ctx,
		struct branch *branch);

/* ---- body.c */
/* Where an end is to send to: as it is, or nowhere on hold (RFC 3264 8.4). */
void body_place(struct sdp_shown_line *out, const struct media_place *place,
		bool nowhere);
/* Writes the body for an end with the right o= version. */
struct verdict body_write(const struct work *work, unsigned to,
			  struct sdp_shown *shown);
