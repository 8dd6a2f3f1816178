/* control.h - a Unix socket by which the administrator asks a running edge */
#pragma once

#include "rempart/base/check.h"

/*
 * A stream socket of mode 0600. A client is root or of the edge's own user; it
 * sends one line, gets an answer of lines and is closed. A line "." ends the
 * answer, so that a broken one is known. Nothing blocks but `ask`: a client
 * that hangs or sends garbage is closed and harms nobody. One thread.
 */
struct control;

enum {
	/* A line with its end: the longest question and much to spare. */
	CONTROL_REQUEST_MAX = 256,
	CONTROL_CLIENTS_MAX = 16, /* administrators and scripts, not phones */
	CONTROL_CLIENT_S = 5,	  /* to ask, and again to take the answer */
	CONTROL_PATH_MAX = 108,	  /* sun_path, its NUL included */
};

/* The answer to a question without its line end: malloc'ed lines, "ok" or
 * "error", a tab and why; NULL: no memory. */
typedef char *control_ask_h(const char *question, void *arg);

struct control_settings {
	const char *path;
	control_ask_h *ask;
	void *arg;
};

/*
 * A socket that a dead edge left is replaced, any other file is not. 0, or an
 * errno with `why`: ENAMETOOLONG, EADDRINUSE when another edge answers there,
 * EEXIST for another file, or that of a system call. What it holds of
 * *settings is copied, but for arg.
 */
MUST_CHECK
int control_open(struct control **out, const struct control_settings *settings,
		 char why[static 256]);
/* Removes the socket; NULL is allowed. */
void control_close(struct control *control);

/* Readable when control_turn() has work. */
int control_fd(const struct control *control);
/* Until control_turn() has work by time, for poll(2); -1: never. */
int control_wait_ms(const struct control *control);
/* Accepts, reads, answers, closes. */
void control_turn(struct control *control);
