/* upstream.c - the UDP socket towards the PBX; what is sent leaves from it */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core_int.h"

enum { SOCKET_BUFFER = 4 << 20 }; /* a second of a busy PBX */

int upstream_open(int *out, const struct addr *local, char why[static 256])
{
	struct sockaddr_storage ss;
	socklen_t len = addr_to_sockaddr(&ss, local);
	int size = SOCKET_BUFFER, on = 1;
	int fd = socket(ss.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
			0);

	if (fd >= 0) {
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size,
				 sizeof(size));
		(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size,
				 sizeof(size));
		(void)setsockopt(fd, SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof(on));
	}
	if (fd < 0 || bind(fd, (struct sockaddr *)&ss, len)) {
		char text[ADDR_TEXT_MAX];
		int err = errno;

		(void)addr_print(text, local);
		snprintf(why, 256,
			 "upstream.local %s: %s. Is another program "
			 "on this port, or is the address not of "
			 "this machine?",
			 text, strerror(err));
		if (fd >= 0)
			close(fd);
		return err;
	}
	*out = fd;
	return 0;
}

void upstream_readable(struct core *core)
{
	struct mmsghdr msgs[DATAGRAMS_PER_TURN];
	struct iovec parts[DATAGRAMS_PER_TURN];
	struct sockaddr_storage from[DATAGRAMS_PER_TURN];

	memset(msgs, 0, sizeof(msgs));
	for (int i = 0; i < DATAGRAMS_PER_TURN; i++) {
		parts[i] = (struct iovec){core->datagrams[i], DATAGRAM_MAX};
		msgs[i].msg_hdr.msg_name = &from[i];
		msgs[i].msg_hdr.msg_namelen = sizeof(from[i]);
		msgs[i].msg_hdr.msg_iov = &parts[i];
		msgs[i].msg_hdr.msg_iovlen = 1;
	}
	int n = recvmmsg(core->upstream_fd, msgs, DATAGRAMS_PER_TURN,
			 MSG_DONTWAIT, NULL);
	for (int i = 0; i < n; i++) {
		struct addr addr = addr_from_sockaddr(&from[i]);

		if (msgs[i].msg_hdr.msg_flags & MSG_TRUNC)
			continue; /* longer than any message may be */
		edge_datagram(core->edge, &addr, core->datagrams[i],
			      msgs[i].msg_len);
	}
}

int upstream_send(struct core *core, const char *p, size_t len)
{
	const struct addr *to = &core->set.cfg->proxy.upstream;
	struct sockaddr_storage ss;
	socklen_t ss_len = addr_to_sockaddr(&ss, to);

	if (core->upstream_fd < 0)
		return ENOTCONN;
	if (sendto(core->upstream_fd, p, len, MSG_DONTWAIT,
		   (struct sockaddr *)&ss, ss_len) >= 0)
		return 0;
	return errno;
}
