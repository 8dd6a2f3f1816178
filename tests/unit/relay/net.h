/* net.h - addresses of this process's own, free ports, descriptors counted */
#pragma once

#include <criterion/criterion.h>
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "rempart/base/addr.h"
#include "rempart/relay/relay.h"

/* Criterion passes a test that leaks: it is asked for. */
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
static inline bool leaks(void)
{
	return __lsan_do_recoverable_leak_check();
}
#else
static inline bool leaks(void)
{
	return false;
}
#endif

/* Last bytes of the addresses. */
enum {
	HOST_RELAY = 1,
	HOST_PHONE = 10,
	HOST_STRANGER = 66,
	HOST_PBX = 200,
};

/* ---- addresses: each process has a net of its own in 127/8 */

static inline struct addr host_at(unsigned host, uint16_t port)
{
	const unsigned pid = (unsigned)getpid();

	return (struct addr){
		.ip = {127, (uint8_t)(128 + (pid >> 8 & 127)), (uint8_t)pid,
		       (uint8_t)host},
		.port = port,
		.version = 4,
	};
}

static inline int bind_at(const struct addr *at)
{
	struct sockaddr_storage ss;
	const socklen_t len = addr_to_sockaddr(&ss, at);
	const int fd = socket(ss.ss_family, SOCK_DGRAM, 0);

	cr_assert(fd >= 0);
	if (bind(fd, (struct sockaddr *)&ss, len)) {
		close(fd);
		return -1;
	}
	return fd;
}

static inline struct addr name_of(int fd)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);

	cr_assert_eq(getsockname(fd, (struct sockaddr *)&ss, &len), 0);
	return addr_from_sockaddr(&ss);
}

/* An even port that the kernel says is free, with room behind it. */
static inline uint16_t free_port(const struct addr *ip)
{
	for (unsigned i = 0; i < 100; i++) {
		struct addr at = *ip;
		int fd;

		at.port = 0;
		fd = bind_at(&at);
		cr_assert(fd >= 0);
		at = name_of(fd);
		close(fd);
		if (at.port % 2 == 0 && at.port < 65000)
			return at.port;
	}
	cr_assert_fail("no port");
	return 0;
}

static inline unsigned open_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned count = 0;

	cr_assert_not_null(dir);
	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}
