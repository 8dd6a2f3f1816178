/* listen.c - the control socket's file: made, taken over, removed */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "inside.h"

_Static_assert(CONTROL_PATH_MAX == sizeof(((struct sockaddr_un *)0)->sun_path),
	       "the longest path that bind(2) takes");

static bool somebody_answers(const struct sockaddr_un *addr)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	/* EAGAIN: its queue is full, so somebody is there. */
	bool yes = fd >= 0 && (!connect(fd, (const struct sockaddr *)addr,
					sizeof(*addr)) ||
			       errno == EAGAIN);

	if (fd >= 0)
		close(fd);
	return yes;
}

/* What a dead edge left goes; anything else stays. */
static int make_room(const struct sockaddr_un *addr)
{
	struct stat st;

	if (lstat(addr->sun_path, &st))
		return errno == ENOENT ? 0 : errno;
	if (!S_ISSOCK(st.st_mode))
		return EEXIST;
	if (somebody_answers(addr))
		return EADDRINUSE;
	return unlink(addr->sun_path) && errno != ENOENT ? errno : 0;
}

/* The mode is set before there is a file: it is never open to others. */
static int bind_private(int fd, const struct sockaddr_un *addr)
{
	if (fchmod(fd, 0600) ||
	    bind(fd, (const struct sockaddr *)addr, sizeof(*addr)))
		return errno;
	return 0;
}

static int finish(struct control_socket *sock, const char *path)
{
	struct stat st;

	if (chmod(path, 0600) || lstat(path, &st) ||
	    listen(sock->fd, CONTROL_CLIENTS_MAX))
		return errno;
	sock->device = st.st_dev;
	sock->inode = st.st_ino;
	return 0;
}

static const char *explain(int err)
{
	if (err == EADDRINUSE)
		return "another edge answers there. Give each its own "
		       "state.directory or control.socket";
	if (err == EEXIST)
		return "another file stands there. Remove it, or name another "
		       "path in control.socket";
	return strerror(err);
}

int control_listen(struct control_socket *out, const char *path,
		   char why[static 256])
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	struct control_socket sock = {.fd = -1};
	int err = strlen(path) < sizeof(addr.sun_path) ? 0 : ENAMETOOLONG;

	if (!err) {
		memcpy(addr.sun_path, path, strlen(path));
		err = make_room(&addr);
	}
	if (!err) {
		sock.fd = socket(AF_UNIX,
				 SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		err = sock.fd < 0 ? errno : bind_private(sock.fd, &addr);
	}
	if (!err) {
		err = finish(&sock, path);
		if (err)
			(void)unlink(path);
	}
	if (err) {
		snprintf(why, 256, "control socket %.120s: %s", path,
			 explain(err));
		if (sock.fd >= 0)
			close(sock.fd);
		return err;
	}
	*out = sock;
	return 0;
}

void control_unlisten(const struct control_socket *sock, const char *path)
{
	struct stat st;

	close(sock->fd);
	if (!lstat(path, &st) && st.st_dev == sock->device &&
	    st.st_ino == sock->inode)
		(void)unlink(path);
}
