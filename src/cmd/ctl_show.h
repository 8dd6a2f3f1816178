/* ctl_show.h - an answer of the control socket, for people or programs */
#pragma once

#include <stdbool.h>

#include "rempart/base/check.h"
#include "rempart/base/span.h"

/*
 * Takes the first line off a whole answer, ended by a line ".", which goes
 * too. 0; EPERM when the edge refused, EPROTO when the answer broke off, both
 * said on stderr.
 */
MUST_CHECK
int ctl_open(const char *answer, struct span *first, struct span *rest);

/* The next line, the next cell (ended by a tab); false: there is none. */
bool ctl_take_line(struct span *rest, struct span *line);
bool ctl_take_cell(struct span *line, struct span *cell);
/* Without bytes that a terminal obeys; "-" for an empty cell. */
void ctl_put_plain(struct span cell);

/*
 * Prints an answer; `upright`: one line a cell instead
 * of a column. As ctl_open().
 */
MUST_CHECK
int ctl_show(const char *answer, bool json, bool upright);

/* ctl.c: puts one question, with its line end, and reads the answer, which is
 * the caller's. 0, or an errno that it has explained on stderr. */
MUST_CHECK
int ctl_ask(const char *path, const char *question, char **answer);

/* ctl_trace.c: prints the messages of a call until Ctrl-C. Exit status. */
int ctl_trace(const char *path, const char *call, bool json);
