/* records.c - fills and writes the record of a decision */
#include <stdlib.h>
#include <string.h>

#include "state.h"

enum { FAREWELL_US = 10 * US_PER_S };

struct record *record_begin(struct edge *edge, enum record_kind kind,
			    enum record_verdict verdict, enum reason reason)
{
	struct record *rec = &edge->rec;

	memset(rec, 0, sizeof(*rec));
	rec->kind = kind;
	rec->verdict = verdict;
	rec->reason = reason;
	rec->ts_us = edge->time.wall_us;
	memcpy(rec->config, edge->set.config_hash, sizeof(rec->config));
	return rec;
}

void record_legacy(struct record *rec)
{
	(void)span_copy(rec->zone, sizeof(rec->zone), SPAN("legacy"));
}

void record_peer(struct edge *edge, struct record *rec, struct peer peer)
{
	if (peer.side == PASSAGE_UPSTREAM) {
		rec->source = edge->set.proxy->upstream;
		return;
	}
	const struct conn *conn = conn_find(edge, peer.conn);
	if (!conn)
		return;
	rec->source = conn->peer;
	memcpy(rec->tls, conn->tls, sizeof(rec->tls));
	if (conn->legacy)
		record_legacy(rec);
	const struct binding *bnd = edge->sender;

	if (!bnd)
		bnd = binding_of_conn(edge->bindings, conn->id,
				      edge->time.now_us);
	if (bnd && !rec->user[0])
		(void)span_copy(rec->user, sizeof(rec->user),
				span_str(bnd->user));
}

/* "user@host" as it was presented. */
static void put_address(char *dst, size_t cap, const struct sip_uri *uri)
{
	struct text txt = text_init(dst, cap - 1);

	text_put(&txt, uri->user);
	if (uri->user.len && uri->host.len)
		text_putc(&txt, '@');
	text_put(&txt, uri->host);
	if (!uri->user.len && !uri->host.len)
		text_put(&txt, uri->text); /* urn:service:sos */
	dst[txt.full ? 0 : txt.len] = '\0';
}

void record_message(struct record *rec, const struct sip_message *msg)
{
	if (!msg->line_count)
		return;
	(void)span_copy(rec->method, sizeof(rec->method), msg->method_name);
	put_address(rec->from, sizeof(rec->from), &msg->from.uri);
	if (msg->is_request && msg->method != SIP_METHOD_REGISTER)
		put_address(rec->to, sizeof(rec->to), &msg->ruri);
	else
		put_address(rec->to, sizeof(rec->to), &msg->to.uri);
	if (msg->method == SIP_METHOD_REGISTER && !rec->user[0])
		(void)span_copy(rec->user, sizeof(rec->user), msg->to.uri.user);
	(void)span_copy(rec->call_id, sizeof(rec->call_id), msg->call_id);
	(void)span_copy(rec->agent, sizeof(rec->agent),
			sip_message_value(msg, SIP_HEADER_USER_AGENT));
}

void record_facts(struct record *rec, const struct facts *facts)
{
	memcpy(rec->user, facts->user, sizeof(rec->user));
	memcpy(rec->from, facts->from, sizeof(rec->from));
	memcpy(rec->to, facts->to, sizeof(rec->to));
	memcpy(rec->call_id, facts->call_id, sizeof(rec->call_id));
	memcpy(rec->agent, facts->agent, sizeof(rec->agent));
	memcpy(rec->e164, facts->e164, sizeof(rec->e164));
	memcpy(rec->country, facts->country, sizeof(rec->country));
	memcpy(rec->number_class, facts->number_class,
	       sizeof(rec->number_class));
}

struct facts *facts_new(struct edge *edge, struct peer from)
{
	struct facts *facts = calloc(1, sizeof(*facts));
	struct record rec = {0};

	if (!facts)
		return NULL;
	record_peer(edge, &rec, from);
	record_message(&rec, &edge->msg);
	memcpy(facts->user, rec.user, sizeof(facts->user));
	memcpy(facts->from, rec.from, sizeof(facts->from));
	memcpy(facts->to, rec.to, sizeof(facts->to));
	memcpy(facts->call_id, rec.call_id, sizeof(facts->call_id));
	memcpy(facts->agent, rec.agent, sizeof(facts->agent));
	dialling_record(edge, &rec);
	memcpy(facts->e164, rec.e164, sizeof(facts->e164));
	memcpy(facts->country, rec.country, sizeof(facts->country));
	memcpy(facts->number_class, rec.number_class,
	       sizeof(facts->number_class));
	return facts;
}

enum record_kind record_kind_of(const struct sip_message *msg)
{
	if (msg->method == SIP_METHOD_REGISTER)
		return RECORD_REGISTER;
	if (msg->method == SIP_METHOD_INVITE)
		return RECORD_CALL;
	return RECORD_MESSAGE;
}

uint64_t record_took_us(struct edge *edge)
{
	return edge->io.clock_us(edge->io.arg) - edge->arrived_us;
}

static bool put(struct edge *edge, const struct record *rec)
{
	struct record *slot = edge->io.record_reserve(edge->io.arg);

	if (!slot)
		return false;
	*slot = *rec;
	edge->io.record_commit(edge->io.arg);
	return true;
}

uint64_t record_write(struct edge *edge, const struct record *rec)
{
	uint64_t number = edge->io.record_number(edge->io.arg);

	if (repeats_add(edge->repeats, rec, edge->time.now_us) ==
	    REPEAT_COUNTED)
		return 0;
	/* Counted, so that a log that was full says so when it goes on. */
	if (put(edge, rec))
		return number;
	edge->records_waiting++;
	return 0;
}

void record_flush(struct edge *edge, bool all)
{
	struct record rec;

	while (edge->io.record_reserve(edge->io.arg) &&
	       repeats_due(edge->repeats, edge->time.now_us, all, &rec))
		if (!put(edge, &rec))
			edge->records_waiting++;
	if (!edge->records_waiting)
		return;
	struct record *lost = record_begin(
		edge, RECORD_ADMIN, RECORD_VERDICT_DROP, REASON_LOG_FULL);
	lost->count = edge->records_waiting;
	if (put(edge, lost))
		edge->records_waiting = 0;
}

/* The setting that a refusal follows from, where no dial rule is it. */
static const char *rule_of(const struct edge *edge, enum reason reason)
{
	if (reason >= REASON_SDP_SYNTAX && reason <= REASON_MEDIA_TIMEOUT)
		return edge->set.proxy->where_srtp;
	if (reason >= REASON_LIMIT_MESSAGES && reason <= REASON_LIMIT_NEW_WORK)
		return edge->set.limits->where;
	return NULL;
}

uint64_t record_refusal(struct edge *edge, struct peer from,
			const struct verdict *verdict)
{
	enum record_verdict what = verdict->action == ACTION_DROP
					   ? RECORD_VERDICT_DROP
				   : verdict->reason == REASON_CHALLENGED
					   ? RECORD_VERDICT_CHALLENGE
					   : RECORD_VERDICT_DENY;
	struct record *rec = record_begin(edge, record_kind_of(&edge->msg),
					  what, verdict->reason);

	rec->code = verdict->sip_code;
	record_peer(edge, rec, from);
	record_message(rec, &edge->msg);
	(void)span_copy(rec->detail, sizeof(rec->detail),
			span_str(verdict->detail));
	dialling_record(edge, rec);
	if (rule_of(edge, verdict->reason))
		(void)span_copy(rec->rule, sizeof(rec->rule),
				span_str(rule_of(edge, verdict->reason)));
	rec->took_us = record_took_us(edge);
	return record_write(edge, rec);
}

/* ---- the end of a call, with what the relay heard */

void call_farewell(struct edge *edge, const struct passage *pas,
		   const struct record *rec)
{
	const struct call *call = pas->owner;
	uint64_t session = call_session(call);
	struct farewell *late = session ? calloc(1, sizeof(*late)) : NULL;

	if (!late) {
		record_write(edge, rec);
		return;
	}
	late->session = session;
	late->until_us = edge->time.now_us + FAREWELL_US;
	late->phone = phone_end(pas);
	late->rec = *rec;
	call_media_record(pas, &late->rec);
	if (!edge->farewells)
		edge->farewells_end = &edge->farewells;
	*edge->farewells_end = late;
	edge->farewells_end = &late->next;
}

static void write_farewell(struct edge *edge, struct farewell **link)
{
	struct farewell *late = *link;

	*link = late->next;
	if (!late->next)
		edge->farewells_end = link;
	record_write(edge, &late->rec);
	free(late);
}

void farewells_write(struct edge *edge, bool all)
{
	struct farewell **p = &edge->farewells;

	while (*p) {
		if (all || (*p)->until_us <= edge->time.now_us)
			write_farewell(edge, p);
		else
			p = &(*p)->next;
	}
}

static void put_leg(struct record_leg *leg, const struct rtp_figures *figures)
{
	leg->packets = figures->packets;
	leg->lost = figures->lost;
	leg->jitter_us = figures->jitter_us;
	leg->mos_x100 = figures->mos_x100;
}

void edge_media_closed(struct edge *edge, uint64_t session,
		       const struct rtp_figures figures[static 2])
{
	struct farewell **p = &edge->farewells;

	while (*p && (*p)->session != session)
		p = &(*p)->next;
	if (!*p)
		return;
	(*p)->rec.has_media = true;
	put_leg(&(*p)->rec.heard_phone, &figures[(*p)->phone]);
	put_leg(&(*p)->rec.heard_upstream, &figures[!(*p)->phone]);
	write_farewell(edge, p);
}
