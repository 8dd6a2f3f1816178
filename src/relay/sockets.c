/* sockets.c - UDP sockets: bound, buffered, and addresses as they write them */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "inside.h"

static int set_option(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value)) ? errno : 0;
}

static int bind_to(int fd, const struct addr *at)
{
	struct sockaddr_storage ss;
	const socklen_t len = addr_to_sockaddr(&ss, at);
	int err = 0;

	/* One socket for both where any address is meant. */
	if (at->version == 6)
		err = set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY,
				 !addr_is_any(at));
	if (err)
		return err;
	return bind(fd, (struct sockaddr *)&ss, len) ? errno : 0;
}

int relay_socket_bind(int *out, const struct addr *at)
{
	const int fd = socket(at->version == 6 ? AF_INET6 : AF_INET,
			      SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int err;

	if (fd < 0)
		return errno;
	err = bind_to(fd, at);
	if (err) {
		(void)close(fd);
		return err;
	}
	*out = fd;
	return 0;
}

int relay_socket_crowded(int fd, uint32_t *granted_bytes)
{
	int bytes = 0;
	socklen_t len = sizeof(bytes);
	int err;

	/* Beyond net.core.rmem_max with CAP_NET_ADMIN only. */
	err = set_option(fd, SOL_SOCKET, SO_RCVBUFFORCE, RELAY_BUFFER_BYTES);
	if (err)
		err = set_option(fd, SOL_SOCKET, SO_RCVBUF, RELAY_BUFFER_BYTES);
	if (!err)
		err = set_option(fd, SOL_SOCKET, SO_RXQ_OVFL, 1);
	if (err)
		return err;
	if (getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, &len))
		return errno;
	/* socket(7): it doubles what it is asked for, and tells that. */
	*granted_bytes = (uint32_t)bytes / 2;
	return 0;
}

struct relay_socket relay_socket_of(int fd)
{
	int domain = AF_INET;
	socklen_t len = sizeof(domain);

	if (fd >= 0 && getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len))
		domain = AF_INET;
	return (struct relay_socket){.fd = fd, .ip6 = domain == AF_INET6};
}

void relay_socket_close(struct relay_socket *socket)
{
	if (socket->fd >= 0)
		(void)close(socket->fd);
	socket->fd = -1;
}

/* RFC 4291 2.5.5.2 */
static struct addr mapped(const struct addr *addr)
{
	struct addr six = {.version = 6, .port = addr->port};

	six.ip[10] = six.ip[11] = 0xff;
	memcpy(six.ip + 12, addr->ip, 4);
	return six;
}

socklen_t relay_socket_name(const struct relay_socket *socket,
			    struct sockaddr_storage *ss,
			    const struct addr *addr)
{
	struct addr six;

	if (socket->ip6 && addr->version == 4) {
		six = mapped(addr);
		return addr_to_sockaddr(ss, &six);
	}
	if (socket->ip6 != (addr->version == 6))
		return 0;
	return addr_to_sockaddr(ss, addr);
}

const char *relay_socket_words(int err)
{
	switch (err) {
	case EADDRINUSE:
		return "address in use: another program has that port (ss "
		       "-ulnp shows which)";
	case EADDRNOTAVAIL:
		return "this machine has no such address (ip addr shows which "
		       "it has)";
	case EACCES:
	case EPERM:
		return "not allowed: a port under 1024 needs "
		       "CAP_NET_BIND_SERVICE";
	case EAFNOSUPPORT:
		return "this machine has this version of IP switched off";
	case EMFILE:
	case ENFILE:
		return "out of file descriptors: raise LimitNOFILE";
	default:
		return strerror(err);
	}
}
