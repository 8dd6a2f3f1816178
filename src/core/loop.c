/* loop.c - libre's event loop; fd_listen() changes between its releases */
#include <errno.h>
#include <stdlib.h>

#include <re_types.h>
#include <re_fmt.h>
#include <re_main.h>

#include "loop.h"

enum { FLAGS_READ = FD_READ, FLAGS_BOTH = FD_READ | FD_WRITE };

struct watch {
	loop_h *handler;
	void *arg;
};

/* One a thread: libre's own state is per thread too. */
static _Thread_local struct watch *watches;
static _Thread_local int watch_count;

static void on_event(int flags, void *arg)
{
	struct watch *watch = arg;

	if (watch->handler)
		watch->handler(flags & (FD_READ | FD_EXCEPT), flags & FD_WRITE,
			       watch->arg);
}

int loop_open(int max_fds)
{
	int err = re_thread_init();

	if (err)
		return err;
	watches = calloc((size_t)max_fds, sizeof(*watches));
	if (!watches) {
		re_thread_close();
		return ENOMEM;
	}
	watch_count = max_fds;
	(void)poll_method_set(METHOD_EPOLL);
	return fd_setsize(max_fds);
}

void loop_close(void)
{
	fd_setsize(0);
	re_thread_close();
	free(watches);
	watches = NULL;
	watch_count = 0;
}

int loop_run(void)
{
	return re_main(NULL);
}

void loop_cancel(void)
{
	re_cancel();
}

int loop_watch(int fd, bool want_write, loop_h *handler, void *arg)
{
	if (fd < 0 || fd >= watch_count)
		return EMFILE;
	watches[fd] = (struct watch){handler, arg};
	return fd_listen(fd, want_write ? FLAGS_BOTH : FLAGS_READ, on_event,
			 &watches[fd]);
}

void loop_unwatch(int fd)
{
	if (fd < 0 || fd >= watch_count)
		return;
	watches[fd] = (struct watch){0};
	fd_close(fd);
}
