/* keys.h - the node's key, made at the first start and kept */
#pragma once

#include "rempart/base/check.h"
#include "rempart/edge/edge.h"

/*
 * Reads directory/node.key (0600), or makes it and the directory. The keys of
 * the edge are derived from it, so that names and proofs last over restarts.
 * 0, or an errno with `why` for people.
 */
MUST_CHECK
int keys_load(struct edge_keys *out, const char *directory,
	      char why[static 256]);

/* Makes a directory and the ones above it, 0700. 0 or an errno. */
MUST_CHECK
int make_directory(const char *path);
