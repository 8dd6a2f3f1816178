/* media.h - one call's media: SDP in, SDP out, and what the relay must do */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rempart/base/addr.h"
#include "rempart/base/check.h"
#include "rempart/base/text.h"
#include "rempart/base/verdict.h"
#include "rempart/rtp/session.h"
#include "rempart/sdp/sdp.h"

/*
 * Offer and answer (RFC 3264, 6337) between the two ends of a passage, each of
 * which sees only us: our addresses, our ports, our keys. Every media line
 * that is accepted is one session of the relay. Pure: ports, keys' random
 * bytes and the relay are reached through struct media_io.
 */
struct media;

enum media_kind {
	MEDIA_PHONE,	/* SRTP on the phones' shared port */
	MEDIA_UPSTREAM, /* RTP (or SRTP: upstream_srtp) on a pair of its own */
	MEDIA_ECHO,	/* as end 1: the edge itself */
};

struct media_party {
	enum media_kind kind;
	struct addr tls;   /* of a phone: its connection's far end */
	struct addr local; /* and near end */
	bool may_be_clear; /* a phone in an emergency call: an offer without
			    * SRTP is taken; its leg is a clear one then */
	char agent[64];	   /* User-Agent, for quirks; "" when not known */
	/* Suites that this phone has shown to speak, bits 1 << enum suite; 0:
	 * nothing is known. */
	uint32_t speaks;
};

enum { MEDIA_QUIRKS_MAX = 64, MEDIA_QUIRK_AGENT_MAX = 64 };

/* Suites that phones of one kind get wrong. */
struct media_quirk {
	char agent[MEDIA_QUIRK_AGENT_MAX]; /* the User-Agent holds this text,
					    * without case */
	uint32_t without;		   /* bits 1 << enum suite */
};

struct media_settings {
	bool upstream_srtp;   /* upstream.srtp = "required" */
	bool upstream_single; /* one port for all on the PBX's side */
	/* a clear leg is heard from the signalled port alone, not only from
	 * the signalled address */
	bool upstream_strict;
	/* our media addresses on the PBX's side: as the PBX sees them, and as
	 * bound (version 0: the same); ports first to last */
	struct addr upstream_seen, upstream_bound;
	uint16_t upstream_first, upstream_last;
	uint32_t timeout_s; /* media.timeout_s; 0: never */
	struct media_quirk quirks[MEDIA_QUIRKS_MAX];
	unsigned quirk_count;
};

/* Where one end sends its media, as its SDP names it. */
struct media_place {
	struct addr rtp, rtcp;
};

struct media_want {
	uint64_t session;
	unsigned line; /* 0 for the first m= line */
	const struct media_party *party[2];
	bool clear[2]; /* a phone in clear: media.phones.emergency_ports */
};

struct media_io {
	/* Sockets for a session with this number, which is never used again.
	 * place[i]: for the SDP that end i gets. 0, or ENOSPC (no port free),
	 * EAFNOSUPPORT (no address of that IP version), another errno. */
	int (*open)(void *arg, const struct media_want *want,
		    struct media_place place[2]);
	/* By which address of ours a phone's media finds us from where it is
	 * connected now: it may have changed sides. False: none that fits, what
	 * open said stays. */
	bool (*seen)(void *arg, const struct media_party *party,
		     struct addr *ip);
	/* The relay does so from now on. Keys are copied. */
	void (*plan)(void *arg, uint64_t session, const struct rtp_plan *plan);
	void (*close)(void *arg, uint64_t session);
	uint64_t (*number)(void *arg); /* a session's */
	void (*random)(void *arg, void *p, size_t len);
	void *arg;
};

/* What is in force; read at each call, kept by none. */
struct media_context {
	const struct media_settings *set;
	const struct sdp_settings *sdp;
	const struct media_io *io;
};

/* An end's party may be changed at any time by media_party() (a phone that
 * roams): it counts from the next offer or answer on; its kind stays. */
MUST_CHECK
int media_open(struct media **out, const struct media_context *ctx,
	       const struct media_party party[2]);
/* Ends its sessions, wipes its keys. NULL is allowed. */
void media_close(struct media *media, const struct media_context *ctx);
struct media_party *media_party(struct media *media, unsigned end);

enum {
	/* Offers of one call that wait for answers: one a dialog, each way. */
	MEDIA_OFFERS_MAX = 32,
	MEDIA_BRANCHES_MAX = 16, /* forks; the oldest is forgotten */
};

/* What one end has said, as sdp_parse has read it, and what the other end is to
 * get. */
struct media_body {
	struct sdp *sdp; /* judged here, and changed */
	struct text *out;
};

/*
 * End `from` offers what sdp_parse has read. On PASS body->out is the offer for
 * the other end and *offer a handle, never 0, for media_answer; where the other
 * end is MEDIA_ECHO, it is the answer for `from`, the plan is made and
 * *offer is 0. A phone's lines are judged by sdp_judge, the upstream's by
 * sdp_judge_clear (upstream_srtp: by sdp_judge as well). Lines that are not
 * served go with port 0. Otherwise nothing has changed, and the verdict is that
 * of the judgement or
 *   MEDIA_NONE     every line has port 0, in an offer
 *   MEDIA_ADDRESS  an open line's address cannot be sent to (see
 *                  media_address_fits); a host name is none of an upstream
 *   MEDIA_DIRECT   the upstream names our own media address, and
 *                  upstream_single leaves no way to join the two
 *   MEDIA_PORTS    no port is free
 *   BODY_TOO_LARGE, INTERNAL (memory, MEDIA_OFFERS_MAX)
 *
 * The same offer once more (a repeated 2xx) gives the same bytes, as long as
 * nothing else has happened in between.
 *
 * To a phone the offer has one a=crypto line a suite of media.suites (less
 * the quirks of its agent and what it does not speak, where that is known;
 * where nothing is, AES_CM_128_HMAC_SHA1_80 is the first), each with a key of
 * its own. For a phone's own offer the first suite of media.suites is chosen
 * that it offers, less quirks; the crypto line is answered by its tag and
 * with its suite's name as it was written.
 *
 * Our key towards an end for a suite is made once a line and stays for as long
 * as that suite is in use (RFC 3711 3.3.1: the same key keeps its ROC). Once
 * used and left for another suite, it is wiped and never used again. Ports
 * and session stay for as long as the line is open.
 */
struct verdict media_offer(struct media *media, const struct media_context *ctx,
			   unsigned from, const struct media_body *body,
			   uint32_t *offer);

/*
 * The other end's answer, for the branch (a dialog; a hash of its tag) that
 * it belongs to; each branch of a fork may answer, and repeat its answer. On
 * PASS body->out is the answer for the offerer, and the relay has its plan: the
 * branch that answered last is the one that is heard. Refused as above, or
 * ANSWER_PLAIN (also for a handle that is not known); nothing has changed then.
 */
struct verdict media_answer(struct media *media,
			    const struct media_context *ctx, uint32_t offer,
			    uint64_t branch, const struct media_body *body);

/* That branch's answer is in force (its 2xx came); unknown: nothing happens. */
void media_select(struct media *media, const struct media_context *ctx,
		  uint64_t branch);

/* The call is answered: silence ends it from now on, in plans too. */
void media_answered(struct media *media, const struct media_context *ctx);

/* It will get no further answer. Sessions that it opened and nothing agreed to
 * are closed. 0 and unknown handles are ignored. */
void media_offer_drop(struct media *media, const struct media_context *ctx,
		      uint32_t offer);

/* For records: how that end's first open line is protected, or will be by
 * what was offered. */
enum media_protection { MEDIA_UNSET, MEDIA_CLEAR, MEDIA_SRTP };
enum media_protection media_protection(const struct media *media, unsigned end,
				       enum suite *suite);
/* Suites that end has shown to speak in its offers and answers so far. */
uint32_t media_speaks(const struct media *media, unsigned end);
/* The session of a line; 0: closed, or no such line. */
uint64_t media_session(const struct media *media, unsigned line);
/* True when the session is one of this call's. */
bool media_has(const struct media *media, uint64_t session);

/*
 * Whether media may be sent there at all: IPv4 or IPv6 of the version that
 * `party` is reached by, no multicast, no broadcast, not loopback unless the
 * party itself is there, port 1024 or above. 0.0.0.0 and :: are fine: hold
 * (RFC 3264 8.4), nothing is sent. why: in plain words, static.
 */
bool media_address_fits(const struct addr *addr,
			const struct media_party *party, const char **why);
