/* media.c - SDP of the message under work, judged and written anew by the
 * call's media, and what the relay tells of it */
#include <stdlib.h>
#include <string.h>

#include "state.h"

static bool is_sdp(const struct sip_message *msg)
{
	return sip_message_body_is(msg, SPAN("application"), SPAN("sdp"));
}

static bool is_word(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~' ||
		    strchr("()<>@,;:\\\"/[]?={}", s.p[i]))
			return false;
	return s.len;
}

/* A type that is none for us may be one for others. */
static bool is_readable(const struct sip_message *msg)
{
	struct span type = sip_message_value(msg, SIP_HEADER_CONTENT_TYPE);
	size_t slash;

	type = span_of(type.p, span_find(type, ';'));
	slash = span_find(type, '/');
	return is_word(span_trim(span_of(type.p, slash))) &&
	       is_word(span_trim(span_skip(type, slash + 1)));
}

bool media_hidden(const struct sip_message *msg)
{
	struct span type = sip_message_value(msg, SIP_HEADER_CONTENT_TYPE);

	return msg->body.len &&
	       (!is_readable(msg) || is_sdp(msg) ||
		sip_message_has(msg, SIP_HEADER_CONTENT_ENCODING) ||
		span_istarts(type, SPAN("multipart")));
}

bool media_stray(const struct sip_message *msg)
{
	bool final = !msg->is_request && msg->code >= 300;

	switch (msg->method) {
	case SIP_METHOD_INVITE:
	case SIP_METHOD_ACK:
	case SIP_METHOD_PRACK:
	case SIP_METHOD_UPDATE:
		return final && media_hidden(msg);
	case SIP_METHOD_OTHER:
		return media_hidden(msg);
	default:
		/* A text without a type is sloppy, no more. */
		return msg->body.len &&
		       (is_sdp(msg) ||
			(sip_message_has(msg, SIP_HEADER_CONTENT_TYPE) &&
			 !is_readable(msg)));
	}
}

/* What media.h needs of us, for one call. */
struct port {
	struct edge *edge;
	struct call *call;
	struct media_io io;
	struct media_context ctx;
};

static int io_open(void *arg, const struct media_want *want,
		   struct media_place place[2])
{
	const struct port *port = arg;
	const struct edge_io *io = &port->edge->io;

	return io->media_open(io->arg, want, place);
}

static bool io_seen(void *arg, const struct media_party *party, struct addr *ip)
{
	const struct port *port = arg;
	const struct edge_io *io = &port->edge->io;

	return io->media_seen(io->arg, party, ip);
}

static void io_plan(void *arg, uint64_t session, const struct rtp_plan *plan)
{
	const struct port *port = arg;
	const struct edge_io *io = &port->edge->io;
	struct call *call = port->call;

	for (unsigned line = 0; line < SDP_MEDIA_MAX; line++) {
		if (media_session(call->media, line) != session)
			continue;
		call->held &= ~(1u << line);
		call->held |= (uint32_t)plan->held << line;
	}
	io->media_plan(io->arg, session, plan);
}

static void io_close(void *arg, uint64_t session)
{
	const struct port *port = arg;
	const struct edge_io *io = &port->edge->io;

	io->media_close(io->arg, session);
}

static uint64_t io_number(void *arg)
{
	const struct port *port = arg;

	return edge_number(port->edge);
}

static void io_random(void *arg, void *p, size_t len)
{
	const struct port *port = arg;
	const struct edge_io *io = &port->edge->io;

	io->random(io->arg, p, len);
}

static const struct media_context *context(struct edge *edge, struct call *call,
					   struct port *port)
{
	port->edge = edge;
	port->call = call;
	port->io = (struct media_io){
		.open = io_open,
		.seen = io_seen,
		.plan = io_plan,
		.close = io_close,
		.number = io_number,
		.random = io_random,
		.arg = port,
	};
	port->ctx = (struct media_context){
		.set = edge->set.media,
		.sdp = edge->set.sdp,
		.io = &port->io,
	};
	return &port->ctx;
}

/* The end's connection as it is now: a phone may have come back elsewhere. */
static struct conn *fill_party(struct edge *edge, const struct passage *pas,
			       unsigned end, struct media_party *party)
{
	const struct call *call = pas->owner;
	struct conn *conn = conn_find(edge, passage_peer(edge, pas, end).conn);

	if (pas->end[end].side != PASSAGE_PHONE) {
		bool echo = pas->end[end].side == PASSAGE_EDGE;

		party->kind = echo ? MEDIA_ECHO : MEDIA_UPSTREAM;
		party->local = edge->set.media->upstream_seen;
		return NULL;
	}
	party->kind = MEDIA_PHONE;
	party->may_be_clear = call->emergency && end == 0;
	if (!conn)
		return NULL;
	party->tls = conn->peer;
	party->local = conn->local;
	party->speaks = conn->speaks;
	memcpy(party->agent, conn->agent, sizeof(party->agent));
	return conn;
}

/* The call's media, with both ends as they are now. NULL: no memory. */
static struct media *call_media(struct edge *edge, const struct passage *pas,
				const struct media_context *ctx)
{
	struct media_party party[2] = {0};
	struct call *call = pas->owner;

	if (!call->media) {
		for (unsigned end = 0; end < 2; end++)
			(void)fill_party(edge, pas, end, &party[end]);
		if (media_open(&call->media, ctx, party))
			return NULL;
		return call->media;
	}
	for (unsigned end = 0; end < 2; end++)
		(void)fill_party(edge, pas, end, media_party(call->media, end));
	return call->media;
}

static struct verdict read_body(struct edge *edge)
{
	const struct sip_message *msg = &edge->msg;

	/* An offer inside multipart or packed would pass unseen. */
	if (sip_message_has(msg, SIP_HEADER_CONTENT_ENCODING) ||
	    !sip_message_body_is(msg, SPAN("application"), SPAN("sdp")))
		return verdict_reject(REASON_BODY_TYPE, NULL);
	return sdp_parse(&edge->sdp, msg->body, edge->set.sdp);
}

/* A dialog's branch of the media; before one exists there is one. */
static uint64_t branch_of(const struct edge *edge, const struct dialog *dlg)
{
	return dlg ? hash_bytes(edge->hash_key, dlg->to_tag,
				strlen(dlg->to_tag))
		   : 0;
}

static void learn(struct edge *edge, const struct passage *pas, unsigned from)
{
	const struct call *call = pas->owner;
	struct conn *conn = conn_find(edge, passage_peer(edge, pas, from).conn);

	if (conn)
		conn->speaks |= media_speaks(call->media, from);
}

static void record_unrelayed(struct edge *edge, const struct passage *pas,
			     const struct call_sdp *sdp)
{
	const struct call *call = pas->owner;
	struct record *rec = record_begin(
		edge, RECORD_MEDIA, RECORD_VERDICT_ALLOW, sdp->why.reason);
	struct text txt = text_init(rec->detail, sizeof(rec->detail) - 1);

	record_peer(edge, rec, passage_peer(edge, pas, sdp->from));
	record_facts(rec, &call->facts);
	text_puts(&txt, "an emergency call is not refused: this SDP passed as "
			"it came, its media does not pass the edge");
	rec->detail[txt.len] = '\0';
	record_write(edge, rec);
}

/* An emergency call goes on with what its phones said. One that is up goes on
 * best as it is, where a new offer can be refused (RFC 3261 14.1). */
static enum media_result refused(struct edge *edge, struct passage *pas,
				 const struct call_sdp *sdp, bool offer)
{
	struct call *call = pas->owner;

	if (!call->emergency ||
	    (offer && call->answered_us && edge->msg.is_request))
		return MEDIA_REFUSED;
	record_unrelayed(edge, pas, sdp);
	/* Another branch may answer better. */
	call->unrelayed |= offer;
	return MEDIA_ABSENT;
}

static enum media_result take(struct edge *edge, struct passage *pas,
			      struct call_sdp *sdp, bool offer)
{
	struct text out = text_init(edge->body, sizeof(edge->body));
	const struct media_body both = {&edge->sdp, &out};
	const uint32_t whose = sdp->offer;
	struct call *call = pas->owner;
	const struct media_context *ctx;
	struct media *media;
	struct port port;

	sdp->offer = 0;
	if (!edge->msg.body.len || call->unrelayed)
		return MEDIA_ABSENT;
	ctx = context(edge, call, &port);
	sdp->why = read_body(edge);
	if (!verdict_passes(&sdp->why))
		return refused(edge, pas, sdp, offer);
	media = call_media(edge, pas, ctx);
	if (!media)
		sdp->why = verdict_reject(REASON_INTERNAL, NULL);
	else if (offer)
		sdp->why =
			media_offer(media, ctx, sdp->from, &both, &sdp->offer);
	else
		sdp->why = media_answer(media, ctx, whose,
					branch_of(edge, sdp->dlg), &both);
	if (!verdict_passes(&sdp->why))
		return refused(edge, pas, sdp, offer);
	learn(edge, pas, sdp->from);
	sdp->body = text_span(&out);
	return MEDIA_WRITTEN;
}

enum media_result call_offer(struct edge *edge, struct passage *pas,
			     struct call_sdp *sdp)
{
	return take(edge, pas, sdp, true);
}

enum media_result call_take_answer(struct edge *edge, struct passage *pas,
				   struct call_sdp *sdp)
{
	return take(edge, pas, sdp, false);
}

void call_offer_drop(struct edge *edge, uint64_t passage, uint32_t offer)
{
	const struct passage *pas =
		offer ? passage_find(edge->passages, passage) : NULL;
	struct call *call = pas ? pas->owner : NULL;
	struct port port;

	if (call && call->media)
		media_offer_drop(call->media, context(edge, call, &port),
				 offer);
}

void call_media_answered(struct edge *edge, struct passage *pas,
			 const struct dialog *dlg)
{
	struct call *call = pas->owner;
	const struct media_context *ctx;
	struct port port;

	if (!call->media)
		return;
	ctx = context(edge, call, &port);
	media_select(call->media, ctx, branch_of(edge, dlg));
	media_answered(call->media, ctx);
}

void call_media_close(struct edge *edge, struct call *call)
{
	struct port port;

	media_close(call->media, context(edge, call, &port));
	call->media = NULL;
}

static void put_protection(char dst[static 32], const struct media *media,
			   unsigned end)
{
	enum suite suite;

	switch (media_protection(media, end, &suite)) {
	case MEDIA_UNSET:
		break;
	case MEDIA_CLEAR:
		(void)span_copy(dst, 32, SPAN("clear"));
		break;
	case MEDIA_SRTP:
		(void)span_copy(dst, 32, span_str(suite_name(suite)));
		break;
	}
}

unsigned phone_end(const struct passage *pas)
{
	return pas->end[0].side == PASSAGE_PHONE ? 0 : 1;
}

void call_media_record(const struct passage *pas, struct record *rec)
{
	const struct call *call = pas->owner;
	unsigned phone = phone_end(pas);

	if (!call->media)
		return;
	put_protection(rec->srtp_phone, call->media, phone);
	put_protection(rec->srtp_upstream, call->media, !phone);
}

uint64_t call_session(const struct call *call)
{
	const struct media *media = call->media;
	uint64_t session = 0;

	for (unsigned line = 0; media && !session && line < SDP_MEDIA_MAX;
	     line++)
		session = media_session(media, line);
	return session;
}

/* ---- what the relay tells */

static struct passage *passage_of(struct edge *edge, uint64_t session)
{
	struct table_walk walk = {0};
	struct passage *pas;

	while ((pas = passage_walk(edge->passages, &walk))) {
		const struct call *call = pas->owner;

		if (call->media && media_has(call->media, session))
			return pas;
	}
	return NULL;
}

/* What is most likely wrong, for who reads the record. */
static void explain_event(struct record *rec, const struct rtp_event *event,
			  bool phone)
{
	struct text txt = text_init(rec->detail, sizeof(rec->detail) - 1);
	char addr[ADDR_TEXT_MAX];

	switch (event->kind) {
	case RTP_EVENT_NOTHING_VALID:
		text_puts(&txt, "for 3 s no packet had the key that was "
				"agreed; ");
		text_puts(&txt,
			  phone ? "the phone may use another SRTP suite than "
				  "it signalled: one less in media.suites, or "
				  "a row in media.quirks"
				: "the PBX may use another key or suite than "
				  "it signalled");
		break;
	case RTP_EVENT_OTHER_ADDRESS:
		text_puts(&txt, "for 3 s packets came only from ");
		(void)addr_print(addr, &event->from);
		text_puts(&txt, addr);
		text_puts(&txt, ", which the SDP does not name: an address "
				"that NAT or the PBX changed?");
		break;
	case RTP_EVENT_EXHAUSTED:
	case RTP_EVENT_SILENCE:
	case RTP_EVENT_FIRST:
		break;
	}
	rec->detail[txt.len] = '\0';
}

static void record_event(struct edge *edge, const struct passage *pas,
			 const struct rtp_event *event, enum reason reason)
{
	struct record *rec =
		record_begin(edge, RECORD_MEDIA, RECORD_VERDICT_DROP, reason);
	const struct call *call = pas->owner;
	const struct passage_end *end = &pas->end[event->leg & 1];

	record_facts(rec, &call->facts);
	rec->source = event->from;
	call_media_record(pas, rec);
	explain_event(rec, event, end->side == PASSAGE_PHONE);
	record_write(edge, rec);
}

/* Of an answered call, and not of a line beside one that is heard. The relay
 * may have said it before it knew of a hold. */
static bool ends_call(const struct call *call, uint64_t session)
{
	unsigned line = 0;

	if (call->emergency || call->pending || session != call_session(call))
		return false;
	while (media_session(call->media, line) != session)
		line++;
	return !(call->held >> line & 1);
}

void edge_media_event(struct edge *edge, const struct rtp_event *event)
{
	static const enum reason reasons[] = {
		[RTP_EVENT_FIRST] = REASON_OK,
		[RTP_EVENT_NOTHING_VALID] = REASON_MEDIA_NOT_AUTHENTIC,
		[RTP_EVENT_OTHER_ADDRESS] = REASON_MEDIA_OTHER_SOURCE,
		[RTP_EVENT_SILENCE] = REASON_MEDIA_TIMEOUT,
		[RTP_EVENT_EXHAUSTED] = REASON_MEDIA_EXHAUSTED,
	};
	struct passage *pas;

	if (event->kind == RTP_EVENT_FIRST)
		return;
	pas = passage_of(edge, event->id);
	if (!pas)
		return;
	if (event->kind != RTP_EVENT_SILENCE)
		record_event(edge, pas, event, reasons[event->kind]);
	else if (ends_call(pas->owner, event->id))
		call_break(edge, pas, REASON_MEDIA_TIMEOUT);
}
