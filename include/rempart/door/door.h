/* door.h - listens for phones and shakes hands in TLS, on its own thread */
#pragma once

#include <openssl/ssl.h>
#include <stdint.h>

#include "rempart/base/addr.h"
#include "rempart/base/reason.h"
#include "rempart/base/ring.h"
#include "rempart/door/tls.h"
#include "rempart/base/check.h"

enum {
	DOOR_HANDSHAKE_S = 5,	 /* a phone far away needs under 1 s */
	DOOR_PENDING_MAX = 1024, /* handshakes at once: 5 s of 200 a second */
	DOOR_PENDING_PER_SOURCE = 256, /* an office behind one address that
					* returns at once passes in turn */
	DOOR_RING_SLOTS = 1024,
	DOOR_CONNECTIONS_MAX = 65536, /* whatever the settings say: one ring
				       * holds the ends of all */
};

enum door_event_kind { DOOR_OPENED, DOOR_REFUSED };

/* Door to core. OPENED hands over fd and ssl: the core owns them from then
 * on. Non-blocking, TCP_NODELAY, TCP_USER_TIMEOUT 30 s. */
struct door_event {
	enum door_event_kind kind;
	struct addr peer, local;
	int fd;
	SSL *ssl;
	char tls[64]; /* "TLSv1.3 TLS_AES_256_GCM_SHA384" */
	char server_name[128];
	enum reason reason; /* REFUSED; SUPPRESSED: `detail` tells how many
			     * refusals were only counted, peer is the last */
	char detail[160];
};

struct door_settings {
	struct addr listen;
	struct addr_nets only;	  /* others are closed before the handshake */
	uint32_t connections_max; /* established and pending */
	uint32_t connections_per_source; /* per /32 or /64 */
	uint32_t handshake_ms;		 /* 0: DOOR_HANDSHAKE_S; not reloaded */
};

struct door;

/* Binds and starts the thread. Takes a reference of tls. 0 or an errno with
 * `why` for people ("0.0.0.0:5061: address in use: another program ..."). */
MUST_CHECK
int door_start(struct door **out, const struct door_settings *settings,
	       struct door_tls *tls, char why[static 256]);
/* Stops listening, ends pending handshakes, joins. The core must have closed
 * its connections. */
void door_stop(struct door *door);

/* Events for the core; it is this ring's only consumer. */
struct ring *door_events(struct door *door);
/* From the core's thread: an established connection of that peer ended. */
void door_closed(struct door *door, const struct addr *peer);
/* From the control thread: new certificates, limits and subnets for new
 * connections (listen is not changed). Takes a reference of tls. */
void door_reload(struct door *door, const struct door_settings *settings,
		 struct door_tls *tls);
/* The bound address (with the port that the kernel chose for port 0). */
struct addr door_address(const struct door *door);
