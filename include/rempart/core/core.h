/* core.h - the one thread that owns every decision */
#pragma once

#include "rempart/base/check.h"
#include "rempart/config/config.h"
#include "rempart/door/door.h"
#include "rempart/edge/edge.h"
#include "rempart/observe/scribe.h"

/*
 * Takes connections from the door, datagrams from the upstream socket, feeds
 * both to the edge and carries out what it asks; records go to the scribe.
 * cfg, doors and scribe must outlive it.
 */
struct core;

struct core_settings {
	const struct config *cfg;
	struct door *door;
	struct door *legacy; /* of listen.legacy, or NULL */
	struct scribe *scribe;
	struct edge_keys keys;
};

/* Binds upstream.local and starts the thread. 0, or an errno with `why`. */
MUST_CHECK
int core_start(struct core **out, const struct core_settings *settings,
	       char why[static 256]);

/*
 * From the control thread: puts cfg in force; waits until the core has let
 * go of the old one, which the caller may free then. On an error (a new
 * upstream.local cannot be bound) the old one stays and `why` says so.
 */
MUST_CHECK
int core_reload(struct core *core, const struct config *cfg,
		char why[static 256]);

/* A reload that was refused before it reached the core: for the record. */
void core_reload_refused(struct core *core, const char *detail);

/*
 * From the control thread: a question of the control socket ("status",
 * "phones", "calls", "calls end ID", "trace start CALL", "trace next N",
 * "trace stop N"), below 256 bytes. The answer is text to
 * be freed: "ok" and a table of edge.h, or "error", a tab and why; NULL: no
 * memory, or the core does not keep up.
 */
MUST_CHECK
char *core_ask(struct core *core, const char *question);

/* Closes all connections, writes the last records, ends the thread. */
void core_stop(struct core *core);
