/* world.c - the edge with a fake clock, fake connections and a fake PBX */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rempart/sip/framing.h"

#include "replay.h"

enum { US_PER_S = 1000000 };

/* ---- what arrives */

static struct heard *list_add(struct replay *rp, struct heard_list *list)
{
	struct heard *heard = keep(rp, sizeof(*heard));

	heard->at_us = rp->time.now_us;
	if (list->last)
		list->last->next = heard;
	else
		list->first = heard;
	list->last = heard;
	return heard;
}

/* Whatever leaves must be one whole message that a strict peer can read. */
static void check_form(struct replay *rp, const struct party *who,
		       const struct heard *heard)
{
	char *copy = malloc(heard->len);
	struct framer_result cut =
		framer_datagram(span_of(heard->text, heard->len));
	struct sip_message *msg = keep(rp, sizeof(*msg));

	if (!copy)
		fail(rp, "no memory");
	memcpy(copy, heard->text, heard->len);
	if (cut.status != FRAMER_MESSAGE ||
	    cut.head_len + cut.body_len != heard->len)
		fail(rp, "%s got what is no whole message:\n%s", who->name,
		     heard->text);
	struct verdict verdict =
		sip_message_parse(msg, copy, cut.head_len, cut.body_len);
	/* A refusal repeats what was wrong with the request. */
	if (!verdict_passes(&verdict) && heard->mail.code < 400)
		fail(rp, "%s got a message that is refused as %s (%s):\n%s",
		     who->name, reason_name(verdict.reason), verdict.detail,
		     heard->text);
	free(copy);
}

static void arrive(struct replay *rp, struct party *who, const char *p,
		   size_t len)
{
	struct heard *heard = list_add(rp, &who->inbox);

	heard->text = keep_text(rp, p, len);
	heard->len = len;
	if (len == 2 && !memcmp(p, "\r\n", 2)) {
		heard->kind = HEARD_CRLF;
		return;
	}
	if (!mail_read(rp, &heard->mail, p, len))
		fail(rp, "%s got what is no message:\n%s", who->name,
		     heard->text);
	check_form(rp, who, heard);
}

struct heard *inbox_next(struct party *who)
{
	struct heard *heard = who->inbox.first;

	while (heard && heard->expected)
		heard = heard->next;
	return heard;
}

/* ---- struct edge_io */

static struct party *of_conn(struct replay *rp, uint64_t conn)
{
	for (size_t i = 0; conn && i < rp->party_count; i++)
		if (rp->parties[i].conn == conn)
			return &rp->parties[i];
	return NULL;
}

static void io_send_conn(void *arg_, uint64_t conn, const char *p, size_t len)
{
	struct replay *rp = arg_;
	struct party *who = of_conn(rp, conn);

	/* As the core does: what goes to a closed connection is lost. */
	if (who && !who->closing)
		arrive(rp, who, p, len);
}

static void io_close_conn(void *arg_, uint64_t conn)
{
	struct replay *rp = arg_;
	struct party *who = of_conn(rp, conn);

	if (!who || who->closing)
		fail(rp, "the edge closes a connection that is gone");
	who->closing = true;
}

static int io_send_upstream(void *arg_, const char *p, size_t len)
{
	struct replay *rp = arg_;

	if (rp->upstream_down)
		return ENETUNREACH;
	arrive(rp, party_find(rp, "pbx"), p, len);
	return 0;
}

static struct record *io_record_reserve(void *arg_)
{
	struct replay *rp = arg_;

	return rp->log_full ? NULL : &rp->slot;
}

static void io_record_commit(void *arg_)
{
	struct replay *rp = arg_;

	if (rp->log_full || rp->record_count == RECORDS_MAX)
		fail(rp, "a record without its slot");
	rp->records[rp->record_count++] = rp->slot;
	memset(&rp->slot, 0xa5, sizeof(rp->slot));
}

static uint64_t io_record_number(void *arg_)
{
	struct replay *rp = arg_;

	return rp->record_count + 1;
}

static uint64_t io_clock_us(void *arg_)
{
	struct replay *rp = arg_;

	return rp->time.now_us;
}

/* SplitMix64: the same bytes in every run. */
static void io_random(void *arg_, void *p, size_t len)
{
	struct replay *rp = arg_;
	uint8_t *byte = p;

	while (len--) {
		uint64_t z = rp->seed += 0x9e3779b97f4a7c15u;

		z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
		z = (z ^ z >> 27) * 0x94d049bb133111ebu;
		*byte++ = (uint8_t)(z ^ z >> 31);
	}
}

/* ---- its life */

static void open_edge(struct replay *rp)
{
	struct edge_io io = {
		.send_conn = io_send_conn,
		.close_conn = io_close_conn,
		.send_upstream = io_send_upstream,
		.record_reserve = io_record_reserve,
		.record_commit = io_record_commit,
		.record_number = io_record_number,
		.clock_us = io_clock_us,
		.random = io_random,
		.arg = rp,
	};
	struct edge_settings set;

	relay_bind(&io);
	free(rp->used);
	rp->used = malloc(sizeof(*rp->used));
	if (!rp->used)
		fail(rp, "no memory");
	*rp->used = rp->next;
	set = settings_of(rp->used);
	if (edge_open(&rp->edge, &io, &set, &rp->keys, rp->time))
		fail(rp, "edge_open");
}

void world_start(struct replay *rp)
{
	if (rp->edge)
		return;
	open_edge(rp);
}

void world_restart(struct replay *rp)
{
	for (size_t i = 0; i < rp->party_count; i++)
		if (rp->parties[i].conn)
			world_disconnect(rp, &rp->parties[i]);
	edge_close(rp->edge);
	rp->edge = NULL;
	relay_forget(rp);
	rp->time.now_us += US_PER_S;
	rp->time.wall_us += US_PER_S;
	open_edge(rp);
}

/* The old settings are freed at once: the edge must not look at them. */
void world_reload(struct replay *rp)
{
	struct settings *old = rp->used;
	struct edge_settings set;

	rp->used = malloc(sizeof(*rp->used));
	if (!rp->used)
		fail(rp, "no memory");
	*rp->used = rp->next;
	set = settings_of(rp->used);
	edge_reload(rp->edge, &set);
	free(old);
	edge_admin(rp->edge, REASON_RELOADED, NULL);
}

void world_end(struct replay *rp)
{
	edge_close(rp->edge);
	free(rp->used);
	rp->edge = NULL;
	rp->used = NULL;
}

/* The core tells the edge once what was queued has left. */
static void close_asked(struct replay *rp)
{
	relay_tell(rp);
	for (size_t i = 0; i < rp->party_count; i++) {
		struct party *who = &rp->parties[i];
		uint64_t conn = who->conn;

		if (!who->closing)
			continue;
		list_add(rp, &who->inbox)->kind = HEARD_CLOSED;
		who->closing = false;
		who->conn = 0;
		edge_conn_closed(rp->edge, conn, REASON_OK);
	}
}

static void turn(struct replay *rp)
{
	edge_tick(rp->edge, rp->time);
	close_asked(rp);
}

bool world_step(struct replay *rp, uint64_t until_us)
{
	uint64_t due_us = edge_next_us(rp->edge), now_us = rp->time.now_us;

	if (due_us <= now_us)
		due_us = now_us + 1; /* as the core's timer does */
	if (due_us > until_us)
		due_us = until_us;
	rp->time.wall_us += due_us - now_us;
	rp->time.now_us = due_us;
	turn(rp);
	return due_us < until_us;
}

void world_advance(struct replay *rp, uint64_t us)
{
	uint64_t until_us = rp->time.now_us + us;

	while (world_step(rp, until_us))
		;
}

struct party *party_find(struct replay *rp, const char *name)
{
	for (size_t i = 0; i < rp->party_count; i++)
		if (!strcmp(rp->parties[i].name, name))
			return &rp->parties[i];
	fail(rp, "nobody is called %s", name);
}

struct party *party_add(struct replay *rp, const char *name)
{
	struct party *who = &rp->parties[rp->party_count];

	if (rp->party_count == PARTIES_MAX || strlen(name) >= sizeof(who->name))
		fail(rp, "too many parties, or too long a name");
	rp->party_count++;
	memcpy(who->name, name, strlen(name) + 1);
	return who;
}

void world_connect(struct replay *rp, struct party *who)
{
	struct edge_conn info = {.peer = who->addr,
				 .tls = "TLSv1.3 TLS_AES_256_GCM_SHA384"};

	if (who->conn)
		fail(rp, "%s is connected", who->name);
	if (addr_parse(&info.local, SPAN("192.0.2.1:5061")))
		fail(rp, "address");
	who->conn = (uint64_t)++rp->generation << 32 |
		    (uint64_t)(who - rp->parties);
	info.conn = who->conn;
	turn(rp);
	if (edge_conn_opened(rp->edge, &info))
		fail(rp, "edge_conn_opened");
}

void world_disconnect(struct replay *rp, struct party *who)
{
	uint64_t conn = who->conn;

	if (!conn)
		fail(rp, "%s is not connected", who->name);
	who->conn = 0;
	turn(rp);
	edge_conn_closed(rp->edge, conn, REASON_OK);
	close_asked(rp);
}

/* Exactly as long as it is, so that reading beyond is seen. */
static char *exact_copy(struct replay *rp, const char *p, size_t len)
{
	char *copy = malloc(len ? len : 1);

	if (!copy)
		fail(rp, "no memory");
	if (len)
		memcpy(copy, p, len);
	return copy;
}

void world_datagram(struct replay *rp, const struct addr *from, const char *p,
		    size_t len)
{
	char *copy = exact_copy(rp, p, len);

	turn(rp);
	edge_datagram(rp->edge, from, copy, len);
	free(copy);
	close_asked(rp);
}

void world_bytes(struct replay *rp, struct party *who, const char *p,
		 size_t len)
{
	char *copy = exact_copy(rp, p, len);

	turn(rp);
	if (who->conn)
		edge_conn_bytes(rp->edge, who->conn, copy, len);
	free(copy);
	close_asked(rp);
}

void world_say(struct replay *rp, struct party *who, const char *p, size_t len,
	       bool slowly)
{
	struct mail mail;

	if (!who->is_pbx && !who->conn)
		fail(rp, "%s is not connected", who->name);
	if (mail_read(rp, &mail, p, len)) {
		struct heard *said = list_add(rp, &who->sent);

		said->mail = mail;
		said->text = keep_text(rp, p, len);
		said->len = len;
	}
	if (who->is_pbx)
		world_datagram(rp, &rp->used->proxy.upstream, p, len);
	else if (!slowly)
		world_bytes(rp, who, p, len);
	else
		for (size_t i = 0; i < len; i++)
			world_bytes(rp, who, p + i, 1);
}
