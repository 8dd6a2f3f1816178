/* state.h - what the edge owns, for its own files only */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rempart/base/addr.h"
#include "rempart/base/record.h"
#include "rempart/base/table.h"
#include "rempart/base/text.h"
#include "rempart/base/verdict.h"
#include "rempart/base/wheel.h"
#include "rempart/edge/edge.h"
#include "rempart/guard/repeat.h"
#include "rempart/media/media.h"
#include "rempart/proxy/passage.h"
#include "rempart/registrar/binding.h"
#include "rempart/sdp/sdp.h"
#include "rempart/sip/framing.h"
#include "rempart/sip/message.h"
#include "rempart/txn/txn.h"

#include "call.h"

enum {
	/* A forwarded message: what came, our Via and two Record-Routes. */
	EDGE_OUT_MAX = SIP_HEAD_MAX + SIP_BODY_MAX + 4096,
	EDGE_USER_MAX = BINDING_USER_MAX,
	US_PER_S = 1000000,
};

enum timer_kind { TIMER_CONN, TIMER_EXCHANGE, TIMER_SWEEP };

/* A connection from a phone, established. */
struct conn {
	uint64_t id;
	struct addr peer, local;
	char tls[64];
	bool legacy; /* came by listen.legacy */
	/* limits.messages: what begins, and what belongs to a dialog */
	struct bucket messages, dialog_messages;
	struct bucket emergencies;
	struct framer framer;
	char *partial; /* the start of a message that is not complete */
	size_t partial_len;
	struct wheel_timer timer;
	uint64_t last_us; /* last valid request */
	uint32_t speaks;  /* suites it has shown: 1 << enum suite */
	char agent[64];	  /* User-Agent of its last request that had one */
	bool spoke;	  /* a valid request has come */
	bool challenged;  /* by our own registrar */
	struct exchange_link *exchanges; /* under way from or to it */
	unsigned exchange_count;
	unsigned passages; /* that it began or was called in */
	bool closing;	   /* the edge has asked for its end */
	enum reason closing_why;
	struct registrar_nonce_use nonce_use;
};

/* A REGISTER on its way to the registrar. */
struct registration {
	struct token token; /* of the reserved binding; "" for a query, '*' */
	struct binding_request req; /* spans point into text */
	bool wildcard;
	uint32_t expires_s; /* as asked */
	char user[EDGE_USER_MAX];
	char *text;
};

/* Stands in an exchange; in the list of one connection while linked. */
struct exchange_link {
	struct exchange_link *next, **link;
	struct exchange *exchange;
	struct conn *conn;
};

/*
 * One request through the edge: the server transaction towards its sender,
 * the client transaction towards its target, or (our own CANCEL, BYE) the
 * latter alone. Freed when both machines have ended.
 */
struct exchange {
	struct table_node by_key;    /* when has_server */
	struct table_node by_number; /* when has_client */
	uint64_t key_check;
	uint64_t number, random; /* our branch */
	enum sip_method method;
	struct exchange_link from_conn, to_conn;
	bool has_server, has_client;
	bool server_done, client_done;
	bool cancel_wanted; /* by the caller */
	bool emergency;
	bool rang_out; /* timer C */
	bool cancel_sent;
	bool final_sent;
	unsigned hung_up; /* answers that nobody wanted, ended by us */
	struct txn server, client;
	struct wheel_timer timer;
	uint64_t ring_until_us; /* timer C; 0: not running */
	uint64_t started_us;
	struct peer origin, target;
	struct blob lines;   /* Via, From, Call-ID, CSeq, To: for our answers */
	size_t via_len;	     /* of `lines`, the Via lines */
	bool lines_tagged;   /* To has its tag already */
	uint64_t id_check;   /* Call-ID, From tag and CSeq, to match answers */
	struct blob answer;  /* last response sent, for retransmissions */
	struct blob request; /* as sent to the target */
	uint64_t passage;    /* number, 0: none */
	unsigned from_end;
	bool in_dialog;
	bool ends_dialog;	/* BYE, or a NOTIFY that says terminated */
	struct blob dialog_tag; /* end 1's tag, when in_dialog */
	struct blob contact;	/* sender's Contact of a target refresh */
	bool had_credentials;
	bool had_offer; /* the request carried SDP */
	uint32_t offer; /* the request's SDP at media.h, 0: none */
	struct registration *registration;
	struct facts *facts;
};

struct edge {
	struct edge_io io;
	struct edge_settings set;
	struct mac *proof_key, *nonce_key;
	struct edge_time time;
	uint8_t hash_key[16], check_key[16];
	struct wheel wheel;
	struct conn **conns; /* by the low 32 bits of the id */
	size_t conn_count, conn_slots;
	struct table by_key, by_number; /* exchanges */
	struct passages *passages;
	struct bindings *bindings;
	struct repeats *repeats;
	struct limits *limits;
	size_t exchange_count;
	uint64_t next_number;
	uint64_t started_s; /* wall clock */
	uint64_t records_waiting;
	struct wheel_timer sweep;
	struct farewell *farewells, **farewells_end;
	uint64_t reminder_s; /* of a trial, the next: wall clock */
	/* whom the message under work counts for, when known */
	const struct binding *sender;
	/* what was decided about its number; see dialling.c */
	struct dial_decision dial;
	bool dialled;
	bool emergency;
	bool tracing;
	uint64_t arrived_us; /* when the message under work was read */
	/* one message at a time is under work */
	struct sip_message msg;
	struct sip_message
		scratch_msg; /* our own stored requests, read again */
	struct sdp sdp;
	struct record rec;
	char out[EDGE_OUT_MAX];
	size_t out_len;
	char body[SIP_BODY_MAX]; /* SDP written anew */
};

/* ---- edge.c */
uint64_t edge_number(struct edge *edge);
uint64_t edge_random(struct edge *edge);

/* ---- conns.c */
struct conn *conn_find(struct edge *edge, uint64_t id);
void conn_end(struct edge *edge, struct conn *conn, enum reason why);
void conn_timer(struct edge *edge, struct conn *conn);
void conn_spoke(struct edge *edge, uint64_t id);
/* Whether the edge may do one thing more for it: its ceilings. */
bool conn_may_exchange(struct edge *edge, const struct conn *conn);

/* ---- records.c: fill edge->rec, then write it */
struct record *record_begin(struct edge *edge, enum record_kind kind,
			    enum record_verdict verdict, enum reason reason);
void record_peer(struct edge *edge, struct record *rec, struct peer peer);
void record_legacy(struct record *rec);
void record_message(struct record *rec, const struct sip_message *msg);
void record_facts(struct record *rec, const struct facts *facts);
/* Returns its number in the log, 0 when it is held back or lost. */
uint64_t record_write(struct edge *edge, const struct record *rec);
uint64_t record_took_us(struct edge *edge);
void record_flush(struct edge *edge, bool all);
/* A refusal of the message under work; its number as above. */
uint64_t record_refusal(struct edge *edge, struct peer from,
			const struct verdict *verdict);
enum record_kind record_kind_of(const struct sip_message *msg);
/* Of the message under work; NULL: no memory. The caller frees it. */
struct facts *facts_new(struct edge *edge, struct peer from);

/* ---- names.c: how each side sees us */
struct own_name {
	char text[PROXY_HOST_MAX + 24]; /* host[:port], IPv6 in brackets */
};
void own_name(struct edge *edge, struct own_name *out, struct peer to);
bool own_uri(struct edge *edge, const struct sip_uri *uri, struct peer from);
bool upstream_uri(struct edge *edge, const struct sip_uri *uri);
/* Writes `host` as a URI needs it. */
void put_host(struct text *txt, struct span host);

/* ---- reply.c */
/* "SIP/2.0 code phrase", Via, From, Call-ID, CSeq, To and our tag. */
void reply_head(struct edge *edge, struct text *out, uint16_t code,
		const char *phrase);
/* Answers the message under work without keeping state. `headers` are whole
 * lines, may be NULL. */
void reply_now(struct edge *edge, struct peer to, uint16_t code,
	       const char *phrase, const char *headers);
/* Refuses it: answer, Warning with the reason, record. */
void refuse(struct edge *edge, struct peer from, const struct verdict *why);
/* The tag of our stateless answers to the message under work. */
void own_tag(struct edge *edge, struct text *out,
	     const struct sip_message *msg);
/* Keyed hash of what an answer to the message under work must repeat. */
uint64_t reply_check(struct edge *edge);
#define ALLOW_LINE                                                             \
	"Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, REGISTER, PRACK, "          \
	"UPDATE, INFO, SUBSCRIBE, NOTIFY, REFER, MESSAGE, PUBLISH\r\n"
void put_refusal(struct text *out, const struct verdict *why);
void put_via_received(struct edge *edge, struct text *out, struct peer from,
		      const struct sip_message *msg);
int peer_send(struct edge *edge, struct peer to, struct span bytes);
/* For edge_trace(); any message that parses. */
void peer_seen(struct edge *edge, struct peer peer, bool sent,
	       struct span message);
const char *phrase_of(uint16_t code);

/* ---- dialling.c */
/* An INVITE of a registered phone that must never be refused. */
bool dialling_emergency(struct edge *edge, struct peer from);
/* Emergency calls have a pool of their own, or they were a way round limits. */
struct verdict dialling_pool(struct edge *edge, struct peer from);
/* Limits: any message of a phone, new work in all, a REGISTER. */
struct verdict dialling_message(struct edge *edge, struct peer from);
struct verdict dialling_new_work(struct edge *edge, struct peer from);
struct verdict dialling_register(struct edge *edge, struct peer from);
/* Rules: an INVITE's target (and its user's rate), a REFER's, a 3xx's. They
 * leave what they decided in edge->dial. */
struct verdict dialling_call(struct edge *edge, const char *user);
struct verdict dialling_refer(struct edge *edge, const char *user);
struct verdict dialling_redirect(struct edge *edge, const char *user);
void dialling_allowed(struct edge *edge, struct peer from);
/* An INVITE to the number that the edge itself answers. */
bool dialling_is_echo(const struct edge *edge);
void dialling_put_reason(struct text *out, const struct verdict *why);
void dialling_record(const struct edge *edge, struct record *rec);

/* ---- exchange.c */
struct exchange *exchange_find_key(struct edge *edge, struct peer from,
				   const struct sip_message *msg,
				   enum sip_method method);
struct exchange *exchange_find_number(struct edge *edge, uint64_t number,
				      uint64_t random, bool cancel);
/* For the request under work; NULL: no room or memory. */
struct exchange *exchange_new_server(struct edge *edge, struct peer from);
struct exchange *exchange_new_own(struct edge *edge, enum sip_method method);
/* Sends `bytes` to x->target as its client transaction. */
int exchange_send(struct edge *edge, struct exchange *x, struct span bytes);
void exchange_retransmitted(struct edge *edge, struct exchange *x);
void exchange_acked(struct edge *edge, struct exchange *x);
/* Puts a response (already written, for x->origin) on the wire. */
void exchange_respond(struct edge *edge, struct exchange *x, uint16_t code,
		      struct span bytes);
/* The same for an answer of ours; `why` may be NULL. */
void exchange_answer(struct edge *edge, struct exchange *x, uint16_t code,
		     const struct verdict *why);
/* No answer will be given: it must not wait for one for ever. */
void exchange_give_up(struct edge *edge, struct exchange *x);
void exchange_cancel(struct edge *edge, struct exchange *x);
void exchange_timer(struct edge *edge, struct exchange *x);
void exchange_rearm(struct edge *edge, struct exchange *x);
void exchange_lost_conn(struct edge *edge, struct conn *conn);
void exchange_free(struct edge *edge, struct exchange *x);
/* The client machine is over, after its final answer. */
void exchange_client_ended(struct edge *edge, struct exchange *x);
void exchange_unlink(struct exchange_link *link);
void exchange_ring_out(struct edge *edge, struct exchange *x);
/* Our stored request as fields, into edge->scratch_msg. */
bool exchange_reread(struct edge *edge, struct exchange *x);
void exchanges_close(struct edge *edge);

struct outgoing;

/* ---- conns.c, outside.c, indialog.c, response.c: the way of a message */
void on_message(struct edge *edge, struct peer from);
void on_new_request(struct edge *edge, struct peer from);
void on_dialog_request(struct edge *edge, struct peer from);
void on_response(struct edge *edge, struct peer from);
/* The response under work, written for x->origin and sent. */
void response_back(struct edge *edge, struct exchange *x,
		   const struct outgoing *how);
/* No final answer came, or the target cannot be reached. */
void on_no_answer(struct edge *edge, struct exchange *x, enum reason reason);

/* What the response under work means for the call, after it was sent back. */
void response_finish(struct edge *edge, struct exchange *x, struct passage *pas,
		     struct dialog *dlg);
/* The route set towards its sender below our own entries; false: too long. */
bool response_route(struct edge *edge, uint64_t passage, struct text *out);

/* ---- local.c: the edge as the called end of the echo number */
void echo_call(struct edge *edge, struct peer from, const struct binding *bnd);
/* In such a call's dialog. */
void echo_request(struct edge *edge, struct peer from, struct passage *pas,
		  struct dialog *dlg);

/* ---- ending.c */
/* A response that must not pass as it is, for its call is over or nobody can
 * end it. True: dealt with. */
bool ending_takes(struct edge *edge, struct exchange *x, struct passage *pas,
		  struct dialog *dlg);

/* ---- forward.c */
struct outgoing {
	struct peer to;
	struct span ruri;		    /* text */
	struct span route;		    /* comma separated, may be empty */
	const struct passage *record_route; /* NULL: no Record-Route */
	struct span contacts; /* whole Contact lines; empty: as they came */
	struct span body;     /* instead of the message's; see new_body */
	bool new_body;
	bool no_contact; /* of a response: none, not even as it came */
};
/* Writes the message under work for its next hop into edge->out. */
struct verdict forward_write(struct edge *edge, struct peer from,
			     const struct outgoing *how, uint64_t number,
			     uint64_t random);
struct span forward_written(const struct edge *edge);
/* All header lines that pass and that the edge does not write itself. */
void forward_put_headers(struct edge *edge, struct text *out, struct peer from);
void forward_put_body(struct edge *edge, struct text *out, bool new_body,
		      struct span body);
/* Our two Record-Route lines, the one that facing[0] sees first. */
void forward_put_record_routes(struct edge *edge, struct text *out,
			       const struct passage *pas,
			       const struct peer facing[static 2]);
/* Writes, sends, arms timer C. */
struct verdict forward_request(struct edge *edge, struct exchange *x,
			       const struct outgoing *how);
/* "Contact: <sip:TOKEN@us>..." for the PBX, or empty to leave it. */
struct span forward_contact(struct edge *edge, char *buf, size_t cap,
			    struct peer to, const char *token);

/* ---- register.c, local.c */
void on_register(struct edge *edge, struct peer from);
void register_answered(struct edge *edge, struct exchange *x);
/* No answer of the registrar: its record, and the slot is free again. */
void register_failed(struct edge *edge, struct exchange *x, enum reason reason);
void on_local_register(struct edge *edge, struct peer from);
void registration_free(struct registration *reg);
/* Reads To and Contact of the REGISTER under work; *out is the caller's. */
struct verdict register_read(struct edge *edge, struct peer from,
			     struct registration **out);
struct verdict register_reserve(struct edge *edge, struct registration *reg);
/* NULL when it has none, or it was forgotten meanwhile. */
struct binding *register_binding(struct edge *edge,
				 const struct registration *reg);
uint32_t register_expires(const struct sip_message *msg,
			  const struct sip_address *contact);
