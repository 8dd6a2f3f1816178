/* loop.h - the event loop of the core's thread: libre's re_main, in one file */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "rempart/base/check.h"

/* Readable or writable; arg as given. */
typedef void loop_h(bool readable, bool writable, void *arg);

/* In the thread that will run it; room for fds below max_fds. */
MUST_CHECK
int loop_open(int max_fds);
void loop_close(void);
/* Runs until loop_cancel(). */
int loop_run(void);
void loop_cancel(void);

/* Watches fd; again with another want_write changes it. */
MUST_CHECK
int loop_watch(int fd, bool want_write, loop_h *handler, void *arg);
void loop_unwatch(int fd);
