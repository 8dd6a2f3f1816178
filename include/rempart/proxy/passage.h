/* passage.h - calls and dialogs: one passage of an INVITE or SUBSCRIBE through
 * us */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "rempart/base/span.h"
#include "rempart/base/table.h"
#include "rempart/base/verdict.h"
#include "rempart/sip/message.h"
#include "rempart/base/check.h"

enum {
	PASSAGE_DIALOGS_MAX = 16, /* forked answers of one passage; a PBX that
				   * rings ten devices makes ten */
	PASSAGE_NAME_MAX = 18,	  /* a binding's TOKEN */
	DIALOG_INVITES_MAX = 4,	  /* INVITEs of one end whose ACK may still
				   * come: the last, and those whose 2xx is
				   * being repeated */
};

enum passage_kind { PASSAGE_INVITE, PASSAGE_SUBSCRIBE };
/* PASSAGE_EDGE: the edge itself has answered (as end 1). */
enum passage_side { PASSAGE_PHONE, PASSAGE_UPSTREAM, PASSAGE_EDGE };

/* Where one end of the passage is. A phone's end is its binding (name) or,
 * without one, the connection that its request came on. */
struct passage_end {
	enum passage_side side;
	char name[PASSAGE_NAME_MAX + 1]; /* "" when there is no binding */
	uint64_t conn;			 /* used when name is "" */
};

/* Ends are numbered: 0 sent the first request (caller), 1 received it. */
struct dialog {
	struct dialog *next;
	char *to_tag; /* end 1's tag */
	bool confirmed;
	bool cseq_known[2];
	uint32_t cseq[2]; /* last CSeq received from that end */
	/* CSeq of the last INVITEs from that end, a ring: what an ACK or
	 * CANCEL may carry after PRACK and UPDATE have moved cseq on */
	uint32_t invite_cseq[2][DIALOG_INVITES_MAX];
	unsigned invite_count[2];
	int64_t cseq_offset[2]; /* added to what that end sends (0 here) */
	char *target[2];	/* remote target: the Contact URI of that end */
	char *route[2]; /* Route values below our own entries, in sending
			 * order, towards that end; "" when none */
};

struct passage {
	struct table_node node;
	uint64_t number;
	enum passage_kind kind;
	uint32_t time_s;
	uint64_t expires_us; /* SUBSCRIBE: when it runs out */
	struct passage_end end[2];
	char *call_id;
	char *from_tag;	     /* end 0's tag */
	char *caller_target; /* Contact URI of the first request */
	char *caller_route;  /* its Record-Route values, as received */
	uint32_t first_cseq;
	struct dialog *dialogs;
	unsigned dialog_count;
	void *owner; /* the core's call data; not freed here */
};

struct passages;

MUST_CHECK
int passages_open(struct passages **out, size_t max);
void passages_close(struct passages *set); /* frees what is left */
size_t passages_count(const struct passages *set);

/* From a first request (no To-tag) with Call-ID, From tag, CSeq, Contact and
 * Record-Route. Returns 0, ENOSPC (ceiling), EEXIST (number) or ENOMEM. */
MUST_CHECK
int passage_new(struct passages *set, uint64_t number, enum passage_kind kind,
		const struct sip_message *req, struct passage **out);
struct passage *passage_find(struct passages *set, uint64_t number);
void passage_free(struct passages *set, struct passage *pas);
struct passage *passage_walk(struct passages *set, struct table_walk *walk);

/*
 * A response to the first request with a To-tag: finds or opens its dialog.
 * `route` is the route set towards end 1 below our own entries, in sending
 * order. The remote target is taken from Contact when there is one; a 2xx
 * confirms, and takes the place of the oldest early dialog when all
 * PASSAGE_DIALOGS_MAX are used. Once an INVITE's dialog is confirmed its target
 * and route stay: a repeated 2xx may be older than a target refresh. 0, ENOSPC
 * (PASSAGE_DIALOGS_MAX), ENOMEM, EINVAL (no To-tag, or a code that makes no
 * dialog: 100 and 300-699, RFC 3261 12.1).
 */
MUST_CHECK
int dialog_from_response(struct passage *pas, const struct sip_message *res,
			 struct span route, struct dialog **out);

/* The dialog of a first NOTIFY that overtakes its SUBSCRIBE's 2xx: its
 * From tag is end 1's tag. `route` as above (from the NOTIFY's
 * Record-Route, in order). It is confirmed at once (RFC 6665 4.4.1). Also
 * EINVAL: not a NOTIFY to this SUBSCRIBE's Call-ID and From tag. */
MUST_CHECK
int dialog_from_notify(struct passage *pas, const struct sip_message *notify,
		       struct span route, struct dialog **out);

struct dialog *dialog_find(struct passage *pas, struct span to_tag);
void dialog_free(struct passage *pas, struct dialog *dlg);

/*
 * A request inside a dialog: both tags name a dialog of the passage. Sets
 * *from_end (0 or 1) and *out, and returns true.
 */
bool dialog_match(struct passage *pas, const struct sip_message *req,
		  unsigned *from_end, struct dialog **out);

/*
 * Judges it (RFC 3261 12.2.2, architecture "dialog proof"), changing nothing:
 * `route` is the Route below our own entries as the request carries it, comma
 * separated; it must be the dialog's route set towards the other end, value
 * by value (URIs compared as text without case of the host): else
 * DIALOG_ROUTE. check_target (from phones): user, host and port of the
 * Request-URI equal those of the other end's remote target: else
 * DIALOG_TARGET. CSeq lower than that end's last (ACK and CANCEL excepted,
 * which must equal an INVITE's CSeq that was seen): DIALOG_CSEQ; an equal CSeq
 * of a non-ACK request too (retransmissions are absorbed before).
 */
struct verdict dialog_check(const struct dialog *dlg, unsigned from_end,
			    const struct sip_message *req, struct span route,
			    bool check_target);

/* The request is forwarded: its CSeq counts. A target refresh (INVITE,
 * UPDATE, SUBSCRIBE, NOTIFY, REFER) takes effect with its 2xx. */
void dialog_commit(struct dialog *dlg, unsigned from_end,
		   const struct sip_message *req);

/* New remote target of an end; empty leaves it. 0 or ENOMEM. */
MUST_CHECK
int dialog_set_target(struct dialog *dlg, unsigned end, struct span uri);
