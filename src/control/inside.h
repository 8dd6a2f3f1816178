/* inside.h - what the files of control/ share */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "rempart/base/check.h"
#include "rempart/control/control.h"

/* ---- listen.c */
/* The listening socket, not blocking, and what identifies its file. */
struct control_socket {
	int fd;
	uint64_t device, inode;
};
MUST_CHECK
int control_listen(struct control_socket *out, const char *path,
		   char why[static 256]);
/* The file goes only while it is ours. */
void control_unlisten(const struct control_socket *sock, const char *path);
