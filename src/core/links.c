/* links.c - established TLS connections: reading, sending, ending */
#include <errno.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core_int.h"
#include "loop.h"

static void on_event(bool readable, bool writable, void *arg);

int links_open(struct core *core, uint32_t max)
{
	core->links = calloc(max, sizeof(*core->links));
	core->free_slots = calloc(max, sizeof(*core->free_slots));
	if (!core->links || !core->free_slots)
		return ENOMEM;
	for (uint32_t i = 0; i < max; i++)
		core->free_slots[i] = max - 1 - i;
	core->slot_count = max;
	core->free_count = max;
	return 0;
}

static struct link *find(struct core *core, uint64_t id)
{
	uint32_t slot = (uint32_t)id;
	struct link *link = slot < core->slot_count ? core->links[slot] : NULL;

	return link && link->id == id ? link : NULL;
}

/* The core forgets it; the edge has been told, or is being told. */
static void forget(struct core *core, struct link *link)
{
	loop_unwatch(link->fd);
	SSL_free(link->ssl);
	close(link->fd);
	door_closed(link->door, &link->peer);
	core->links[(uint32_t)link->id] = NULL;
	core->free_slots[core->free_count++] = (uint32_t)link->id;
	free(link->out);
	free(link);
}

static void unlist_again(struct core *core, struct link *link)
{
	struct link **p = &core->again;

	if (!link->again)
		return;
	link->again = false;
	while (*p && *p != link)
		p = &(*p)->next_again;
	if (*p)
		*p = link->next_again;
}

static void unlist(struct core *core, struct link *link)
{
	struct link **p;

	for (p = &core->dirty; link->dirty && *p; p = &(*p)->next_dirty)
		if (*p == link) {
			*p = link->next_dirty;
			break;
		}
	unlist_again(core, link);
	for (p = &core->drain; link->ending && *p; p = &(*p)->next_drain)
		if (*p == link) {
			*p = link->next_drain;
			break;
		}
}

/* The phone is gone, or nothing more is to be said to it. */
static void gone(struct core *core, struct link *link)
{
	uint64_t id = link->id;
	enum reason why = link->why;
	bool told = link->draining;

	unlist(core, link);
	forget(core, link);
	if (!told)
		edge_conn_closed(core->edge, id, why);
}

void links_close(struct core *core)
{
	for (uint32_t i = 0; i < core->slot_count; i++) {
		if (!core->links || !core->links[i])
			continue;
		(void)SSL_shutdown(core->links[i]->ssl);
		gone(core, core->links[i]);
	}
	ERR_clear_error();
	free(core->links);
	free(core->free_slots);
	core->links = NULL;
	core->slot_count = 0;
}

void links_take(struct core *core, struct door *door,
		const struct door_event *event)
{
	struct link *link = calloc(1, sizeof(*link));
	struct edge_conn info = {.peer = event->peer,
				 .local = event->local,
				 .legacy = door == core->set.legacy};

	if (!link || !core->free_count) {
		free(link);
		goto refuse;
	}
	uint32_t slot = core->free_slots[--core->free_count];
	link->core = core;
	link->door = door;
	link->id = (uint64_t)++core->generation << 32 | slot;
	link->fd = event->fd;
	link->ssl = event->ssl;
	link->peer = event->peer;
	info.conn = link->id;
	memcpy(info.tls, event->tls, sizeof(info.tls));
	if (loop_watch(link->fd, false, on_event, link)) {
		core->free_slots[core->free_count++] = slot;
		free(link);
		goto refuse;
	}
	core->links[slot] = link;
	if (edge_conn_opened(core->edge, &info)) {
		forget(core, link);
		return;
	}
	/* The request may have come in one flight with the handshake's end. */
	link->again = true;
	link->next_again = core->again;
	core->again = link;
	return;
refuse:
	SSL_free(event->ssl);
	close(event->fd);
	door_closed(door, &event->peer);
	edge_conn_refused(core->edge, &event->peer, REASON_CONNECTIONS_ALL,
			  "no room for one more connection");
}

static void mark_dirty(struct core *core, struct link *link)
{
	if (link->dirty)
		return;
	link->dirty = true;
	link->next_dirty = core->dirty;
	core->dirty = link;
}

/*
 * The end is decided: what is queued may still leave and what still comes is
 * thrown away, both until a deadline, so that a phone that does not read, or
 * does not stop to send, holds nothing.
 */
static void begin_end(struct core *core, struct link *link)
{
	link->closing = true;
	mark_dirty(core, link);
	if (link->ending)
		return;
	link->ending = true;
	link->drain_until_us =
		core_now().now_us + (uint64_t)LINK_DRAIN_S * 1000000;
	link->next_drain = core->drain;
	core->drain = link;
}

void links_send(struct core *core, uint64_t id, const char *p, size_t len)
{
	struct link *link = find(core, id);

	if (!link || link->closing || link->draining)
		return;
	if (link->out_len + len > LINK_QUEUE_MAX) {
		link->why = REASON_SEND_QUEUE;
		link->out_len = 0;
		begin_end(core, link);
		return;
	}
	if (link->out_len + len > link->out_cap) {
		size_t cap = (link->out_len + len) * 2;
		char *out = realloc(link->out, cap);

		if (!out)
			return;
		link->out = out;
		link->out_cap = cap;
	}
	memcpy(link->out + link->out_len, p, len);
	link->out_len += len;
	mark_dirty(core, link);
}

void links_end(struct core *core, uint64_t id)
{
	struct link *link = find(core, id);

	if (link && !link->draining)
		begin_end(core, link);
}

/* Returns false when the connection broke. */
static bool write_out(struct link *link)
{
	size_t done = 0;
	bool blocked = false;

	while (done < link->out_len && !blocked) {
		int n = SSL_write(link->ssl, link->out + done,
				  (int)(link->out_len - done));
		if (n > 0) {
			done += (size_t)n;
			continue;
		}
		int err = SSL_get_error(link->ssl, n);
		ERR_clear_error();
		if (err != SSL_ERROR_WANT_WRITE && err != SSL_ERROR_WANT_READ)
			return false;
		blocked = true;
	}
	memmove(link->out, link->out + done, link->out_len - done);
	link->out_len -= done;
	if (!link->out_len) {
		/* an idle phone keeps no buffer */
		free(link->out);
		link->out = NULL;
		link->out_cap = 0;
	}
	if (blocked != link->want_write) {
		link->want_write = blocked;
		if (loop_watch(link->fd, blocked, on_event, link))
			return false;
	}
	return true;
}

/*
 * Our end is said; the socket stays for a moment and what still comes is
 * thrown away: closing on unread bytes would send a reset, and the phone
 * would never see our last answer.
 */
static void begin_drain(struct core *core, struct link *link)
{
	(void)SSL_shutdown(link->ssl);
	ERR_clear_error();
	(void)shutdown(link->fd, SHUT_WR);
	link->closing = false;
	unlist_again(core, link);
	/* Shut for sending it is writable for ever: not to be told of. */
	if (link->want_write) {
		link->want_write = false;
		(void)!loop_watch(link->fd, false, on_event, link);
	}
	link->draining = true;
	edge_conn_closed(core->edge, link->id, link->why);
}

void links_flush(struct core *core)
{
	while (core->dirty) {
		struct link *link = core->dirty;

		core->dirty = link->next_dirty;
		link->dirty = false;
		if (link->out_len && !write_out(link))
			gone(core, link);
		else if (link->closing && !link->out_len)
			begin_drain(core, link);
	}
}

void links_drained(struct core *core, uint64_t now_us)
{
	for (struct link *link = core->drain, *next; link; link = next) {
		next = link->next_drain;
		if (link->drain_until_us <= now_us)
			gone(core, link);
	}
}

static void throw_away(struct core *core, struct link *link)
{
	for (int i = 0; i < READS_PER_TURN; i++) {
		ssize_t n = recv(link->fd, core->read_buf,
				 sizeof(core->read_buf), MSG_DONTWAIT);
		if (n > 0)
			continue;
		if (n == 0 || (errno != EAGAIN && errno != EINTR))
			gone(core, link);
		return;
	}
}

static void read_in(struct core *core, struct link *link)
{
	uint64_t id = link->id;

	for (int i = 0; i < READS_PER_TURN; i++) {
		int n = SSL_read(link->ssl, core->read_buf,
				 sizeof(core->read_buf));
		if (n <= 0) {
			int err = SSL_get_error(link->ssl, n);

			ERR_clear_error();
			if (err != SSL_ERROR_WANT_READ &&
			    err != SSL_ERROR_WANT_WRITE)
				gone(core, link);
			return;
		}
		edge_conn_bytes(core->edge, id, core->read_buf, (size_t)n);
		/* What is still in the kernel wakes us again. */
		if (link->closing || !SSL_has_pending(link->ssl))
			return;
	}
	if (!link->again) {
		link->again = true;
		link->next_again = core->again;
		core->again = link;
	}
}

void links_read_again(struct core *core)
{
	struct link *list = core->again;

	core->again = NULL;
	while (list) {
		struct link *link = list;

		list = link->next_again;
		link->again = false;
		if (!link->closing && !link->draining)
			read_in(core, link);
	}
}

static void on_event(bool readable, bool writable, void *arg)
{
	struct link *link = arg;
	struct core *core = link->core;

	core_turn(core);
	if (writable && !link->draining)
		mark_dirty(core, link);
	if (readable && link->ending)
		throw_away(core, link);
	else if (readable)
		read_in(core, link);
	core_turn_end(core);
}
