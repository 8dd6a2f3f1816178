/* report.c - writes the door's events into the ring to the core */
#include <assert.h>
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "inside.h"

/* The server name comes from the network and ends in logs. */
static void copy_shown(char *dst, size_t cap, const char *src)
{
	size_t i = 0;

	for (; src && src[i] && i + 1 < cap; i++)
		dst[i] = isgraph((unsigned char)src[i]) ? src[i] : '?';
	dst[i] = '\0';
}

bool door_report_opened(struct door *door, const struct door_conn *conn)
{
	struct door_event *event = ring_reserve(door->events);

	assert(conn->ssl && conn->fd >= 0);
	if (!event)
		return false;
	*event = (struct door_event){
		.kind = DOOR_OPENED,
		.peer = conn->peer,
		.local = conn->local,
		.fd = conn->fd,
		.ssl = conn->ssl,
	};
	(void)snprintf(event->tls, sizeof(event->tls), "%s %s",
		       SSL_get_version(conn->ssl),
		       SSL_get_cipher_name(conn->ssl));
	copy_shown(event->server_name, sizeof(event->server_name),
		   SSL_get_servername(conn->ssl, TLSEXT_NAMETYPE_host_name));
	ring_commit(door->events);
	return true;
}

static void report(struct door *door, const struct addr *peer,
		   const struct addr *local, enum reason reason,
		   const char *detail)
{
	struct door_event *event = ring_reserve(door->events);

	assert(event && reason != REASON_OK);
	*event = (struct door_event){
		.kind = DOOR_REFUSED,
		.peer = *peer,
		.local = *local,
		.fd = -1,
		.reason = reason,
	};
	(void)snprintf(event->detail, sizeof(event->detail), "%s", detail);
	ring_commit(door->events);
}

void door_report_refused(struct door *door, const struct addr *peer,
			 const struct addr *local, enum reason reason,
			 const char *detail)
{
	if (!door->unreported && ring_room(door->events) > DOOR_RING_RESERVE) {
		report(door, peer, local, reason, detail);
		return;
	}
	door->unreported++;
	door->unreported_peer = *peer;
	door->unreported_local = *local;
}

void door_report_unreported(struct door *door)
{
	char detail[sizeof(((struct door_event *)0)->detail)];

	if (!door->unreported || ring_room(door->events) <= DOOR_RING_RESERVE)
		return;
	(void)snprintf(detail, sizeof(detail),
		       "%" PRIu64 " refusals that the core had no time to "
		       "read, the last from this peer",
		       door->unreported);
	report(door, &door->unreported_peer, &door->unreported_local,
	       REASON_SUPPRESSED, detail);
	door->unreported = 0;
}
