/* demo.c - the embedded default: a registrar of two users, nothing else needed
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "rempart/sip/digest.h"

#include "demo.h"
#include "keys.h"

static const char REALM[] = "rempart.demo";

static const char *const names[DEMO_USERS] = {"1001", "1002"};

void demo_directory(char dst[static CONFIG_PATH_MAX])
{
	const char *state = getenv("XDG_STATE_HOME");
	const char *home = getenv("HOME");

	if (state && state[0] == '/')
		snprintf(dst, CONFIG_PATH_MAX, "%s/rempart", state);
	else
		snprintf(dst, CONFIG_PATH_MAX, "%s/.local/state/rempart",
			 home ? home : "");
}

/* 20 characters of 32: 100 bits, none that a person confuses. */
static int make_password(char dst[static 32])
{
	static const char alphabet[] = "abcdefghijkmnpqrstuvwxyz23456789";
	uint8_t bytes[20];

	if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
		return EIO;
	for (size_t i = 0; i < sizeof(bytes); i++)
		dst[i] = alphabet[bytes[i] % (sizeof(alphabet) - 1)];
	dst[sizeof(bytes)] = '\0';
	return 0;
}

static int write_users(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	FILE *out = fd < 0 ? NULL : fdopen(fd, "w");
	int err = out ? 0 : errno;

	for (int i = 0; i < DEMO_USERS && !err; i++) {
		char password[32];

		err = make_password(password);
		if (!err)
			fprintf(out, "%s %s\n", names[i], password);
	}
	if (out && fclose(out) && !err)
		err = errno;
	return err;
}

static int read_users(struct demo_user users[static DEMO_USERS],
		      const char *directory, char why[static 256])
{
	char path[768];

	snprintf(path, sizeof(path), "%s/demo-users", directory);
	int err = write_users(path);
	FILE *in = err && err != EEXIST ? NULL : fopen(path, "r");
	if (!in) {
		snprintf(why, 256, "%.160s: %s", path,
			 strerror(err && err != EEXIST ? err : errno));
		return EIO;
	}
	for (int i = 0; i < DEMO_USERS; i++)
		if (fscanf(in, "%15s %31s", users[i].name, users[i].password) !=
		    2) {
			snprintf(why, 256,
				 "%.100s: not two users with their "
				 "passwords; remove it and new ones "
				 "are made",
				 path);
			err = EINVAL;
		}
	fclose(in);
	return err == EINVAL ? EINVAL : 0;
}

static size_t put_user(char *p, size_t cap, const struct demo_user *user)
{
	char ha1[DIGEST_ALGORITHM_COUNT][DIGEST_HEX_MAX];

	for (int alg = 0; alg < DIGEST_ALGORITHM_COUNT; alg++)
		if (digest_ha1(ha1[alg], (enum digest_algorithm)alg,
			       span_str(user->name), span_str(REALM),
			       span_str(user->password)))
			return 0;
	int n = snprintf(p, cap,
			 "{ name = \"%s\"; ha1_sha256 = \"%s\"; "
			 "ha1_md5 = \"%s\"; }",
			 user->name, ha1[DIGEST_SHA256], ha1[DIGEST_MD5]);
	return n > 0 && (size_t)n < cap ? (size_t)n : 0;
}

int demo_config(struct config **out, const struct demo_options *opt,
		struct config_problems *problems, char why[static 256])
{
	struct demo_user users[DEMO_USERS];
	char rows[DEMO_USERS][256], text[2048];
	const char *directory = opt->directory;
	unsigned emergency = opt->media_port + CONFIG_MEDIA_STRIDE;
	int err = make_directory(directory);

	why[0] = '\0';
	if (!err)
		err = read_users(users, directory, why);
	for (int i = 0; i < DEMO_USERS && !err; i++)
		if (!put_user(rows[i], sizeof(rows[i]), &users[i]))
			err = EIO;
	if (err)
		return err;
	snprintf(text, sizeof(text),
		 "node = \"demo\";\n"
		 "domains = [ \"%s\", \"localhost\" ];\n"
		 "listen = { phones = { address = \"0.0.0.0:%u\"; "
		 "certificate = \"edge.pem\"; key = \"edge.key\"; }; };\n"
		 "media = { phones = { port = %u; emergency_ports = "
		 "\"%u-%u\"; }; };\n"
		 "echo = \"*43\";\n"
		 "registrar = { realm = \"%s\"; users = ( %s, %s ); };\n"
		 "log = { directory = \"log\"; max_mib = 64; };\n"
		 "state = { directory = \".\"; };\n",
		 REALM, opt->port, opt->media_port, emergency, emergency + 39,
		 REALM, rows[0], rows[1]);
	const struct config_text src = {
		.text = text,
		.name = "embedded default",
		.directory = directory,
		.demo = true,
	};
	return config_parse(out, &src, problems);
}

/* The first address that is not loopback: what a phone can reach. */
static void local_ip(char dst[static INET_ADDRSTRLEN])
{
	struct ifaddrs *list = NULL;

	snprintf(dst, INET_ADDRSTRLEN, "127.0.0.1");
	if (getifaddrs(&list))
		return;
	for (struct ifaddrs *at = list; at; at = at->ifa_next) {
		if (!at->ifa_addr || at->ifa_addr->sa_family != AF_INET ||
		    at->ifa_flags & IFF_LOOPBACK || !(at->ifa_flags & IFF_UP))
			continue;
		const void *sin = at->ifa_addr;
		const struct sockaddr_in *ipv4 = sin;
		(void)inet_ntop(AF_INET, &ipv4->sin_addr, dst, INET_ADDRSTRLEN);
		break;
	}
	freeifaddrs(list);
}

void demo_banner(const struct config *cfg, const char *directory)
{
	struct demo_user users[DEMO_USERS];
	char ip[INET_ADDRSTRLEN], why[256];

	local_ip(ip);
	if (read_users(users, directory, why))
		return;
	printf("Rempart %s, embedded default: own registrar, internal calls "
	       "only.\n",
	       REMPART_VERSION);
	printf("Phones connect to  %s port %u, transport TLS 1.3, SRTP (SDES) "
	       "mandatory\n",
	       ip, cfg->listen.port);
	printf("Their media        UDP %u and up; *43 plays back what it "
	       "hears\n",
	       cfg->relay.phones.port);
	for (int i = 0; i < DEMO_USERS; i++)
		printf("User %s           password %s\n", users[i].name,
		       users[i].password);
	printf("Import into phones %s/ca.pem\n", directory);
	printf("Decisions          %s\n", cfg->log_directory);
	printf("Your own PBX       copy conf/rempart.conf, set upstream.uri, "
	       "then: ./run --config FILE\n");
	printf("Ctrl-C stops. Decisions follow, one line each.\n");
	fflush(stdout);
}
