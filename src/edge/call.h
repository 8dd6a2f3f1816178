/* call.h - what the edge keeps of a call, its media and its end */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rempart/base/addr.h"
#include "rempart/base/record.h"
#include "rempart/base/span.h"
#include "rempart/base/verdict.h"
#include "rempart/media/media.h"
#include "rempart/proxy/passage.h"
#include "rempart/registrar/binding.h"
#include "rempart/sip/message.h"

struct edge;
struct exchange;

/* Where a message came from, or goes to. */
struct peer {
	enum passage_side side;
	uint64_t conn; /* of a phone */
};

struct blob {
	char *p;
	size_t len;
};
int blob_set(struct blob *blob, struct span s);
void blob_free(struct blob *blob);
static inline struct span blob_span(const struct blob *blob)
{
	return (struct span){blob->p, blob->len};
}

/* What a record about this request says, kept until its answer. */
struct facts {
	char user[BINDING_USER_MAX];
	char from[96];
	char to[128];
	char call_id[96];
	char agent[64];
	char e164[24];
	char country[4];
	char number_class[16];
};

/* The newest offer in a response: one a dialog, for forks. */
struct late_offer {
	struct late_offer *next;
	struct blob tag; /* of the dialog */
	unsigned from;	 /* the end that offers */
	uint32_t cseq;	 /* of the INVITE that it answers */
	uint32_t offer;	 /* 0: answered */
	/* in an ACK, which may come again, as it was passed; else in a PRACK */
	struct blob answer;
};

/* The record of a call that is over, until the relay has told what it heard. */
struct farewell {
	struct farewell *next;
	uint64_t session;
	uint64_t until_us; /* written without figures then */
	unsigned phone;	   /* the leg of the phone, or of the caller */
	struct record rec;
};

/* What the edge knows of a call beside its dialogs; passage->owner. */
struct call {
	struct facts facts;
	uint64_t conns[2]; /* of its ends when it began, 0: the upstream */
	struct addr source;
	char tls[64];
	struct media *media;		  /* of an INVITE; NULL: none yet */
	uint32_t held;			  /* lines on hold, bits 1 << line */
	struct blob from_value, to_value; /* without To-tag, for own requests */
	bool pending;		/* its first request has no final answer yet */
	bool settled;		/* no further fork can answer any more */
	bool recorded;		/* its end */
	enum reason bye_reason; /* what our own BYE says */
	uint64_t started_us, answered_us;
	struct late_offer *late;
	bool emergency;
	bool unrelayed; /* an emergency call whose SDP cannot be served: it
			 * passes as it came */
	bool legacy;	/* an end of it came by listen.legacy */
	bool referred;	/* a REFER in it was accepted: NOTIFYs follow */
	bool over;	/* ended, kept for those NOTIFYs */
};

/* ---- media.c: SDP of the message under work, and the relay */
/* SDP, or what can hide it, in a message that has no business with it. */
bool media_hidden(const struct sip_message *msg);
/* The same in a message whose body nobody judges: it goes on without. */
bool media_stray(const struct sip_message *msg);

struct call_sdp {
	unsigned from;		  /* the end that it came from */
	uint32_t offer;		  /* its handle; of an answer: whose */
	const struct dialog *dlg; /* of an answer; NULL: none yet */
	struct span body;	  /* as it goes on, in edge->body */
	struct verdict why;	  /* of REFUSED */
};
enum media_result { MEDIA_ABSENT, MEDIA_WRITTEN, MEDIA_REFUSED };
/*
 * The body is an offer, or the answer to one. ABSENT: there is none, or it
 * passes as it came: an emergency call is not refused for what cannot be
 * served, but for a new offer when it is up (it stays as it is then).
 */
enum media_result call_offer(struct edge *edge, struct passage *pas,
			     struct call_sdp *sdp);
enum media_result call_take_answer(struct edge *edge, struct passage *pas,
				   struct call_sdp *sdp);
/* 0 is no offer. */
void call_offer_drop(struct edge *edge, uint64_t passage, uint32_t offer);
/* The media of that dialog, which has its 2xx, is in force. */
void call_media_answered(struct edge *edge, struct passage *pas,
			 const struct dialog *dlg);
void call_media_close(struct edge *edge, struct call *call);
/* How both ends are protected. */
void call_media_record(const struct passage *pas, struct record *rec);
/* Of two phones, the caller's stands in the phone's place. */
unsigned phone_end(const struct passage *pas);
/* The first line that is open, the one that a person hears; 0: none. */
uint64_t call_session(const struct call *call);

/* ---- records.c */
/* The record of its end, with what the relay heard as soon as it tells. */
void call_farewell(struct edge *edge, const struct passage *pas,
		   const struct record *rec);
/* Those that waited too long, or all. */
void farewells_write(struct edge *edge, bool all);

/* ---- call.c */
struct passage *call_begin(struct edge *edge, struct exchange *x,
			   enum passage_kind kind);
void call_answered(struct edge *edge, struct passage *pas);
/* The call is over: writes its record and forgets the passage. */
void call_end(struct edge *edge, struct passage *pas, enum reason reason,
	      uint16_t code);
void call_dialog_gone(struct edge *edge, struct passage *pas,
		      struct dialog *dlg, enum reason reason);
/* Ends a live call both ways, at our own will. */
void call_break(struct edge *edge, struct passage *pas, enum reason reason);
/* The device at one end, NULL when it has no name or is forgotten. */
struct binding *passage_binding(struct edge *edge, const struct passage *pas,
				unsigned end);
struct peer passage_peer(struct edge *edge, const struct passage *pas,
			 unsigned end);
/* 64*T1 after the first 2xx: forks that only rang are over (RFC 3261
 * 13.2.2.4). */
void call_settled(struct edge *edge, struct passage *pas);
/* Remembers an offer of `from` in the response under work. */
void late_offer_keep(struct edge *edge, struct passage *pas,
		     const struct dialog *dlg, unsigned from, uint32_t offer);
/* The offer that end `to` has to answer in that dialog, or NULL. */
struct late_offer *late_offer_find(const struct call *call,
				   const struct dialog *dlg, unsigned to);
/* answer: what a repeated ACK is to carry; empty: nothing. */
void late_offer_answered(struct edge *edge, struct passage *pas,
			 struct late_offer *late, struct span answer);
/* Our own ACK (to the response under work) or BYE towards one end. */
void call_send(struct edge *edge, struct passage *pas, struct dialog *dlg,
	       unsigned to_end, enum sip_method method);
/* ACK or BYE to the sender of the 2xx under work, whose call is forgotten. */
void call_end_stray(struct edge *edge, struct peer to, struct span route,
		    enum sip_method method);
void call_forget(struct edge *edge, struct passage *pas);
void call_free_owner(struct edge *edge, struct call *call);
void call_sweep(struct edge *edge);
