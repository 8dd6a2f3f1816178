/* demo.h - the embedded default: a registrar of two users, nothing else needed
 */
#pragma once

#include "rempart/base/check.h"
#include "rempart/config/config.h"

enum { DEMO_USERS = 2, DEMO_PORT = 5061, DEMO_MEDIA_PORT = 16000 };

struct demo_user {
	char name[16];
	char password[32];
};

/* Where it is kept unless --demo says so. */
void demo_directory(char dst[static CONFIG_PATH_MAX]);

/*
 * Makes the demo's users in `directory` at the first start (file demo-users,
 * 0600, so that the passwords last) and builds the configuration. The
 * certificate edge.pem and key edge.key must stand in that directory.
 * 0, or an errno with faults in *problems or `why`.
 */
struct demo_options {
	char directory[CONFIG_PATH_MAX];
	uint16_t port;
	uint16_t media_port; /* even */
};
MUST_CHECK
int demo_config(struct config **out, const struct demo_options *opt,
		struct config_problems *problems, char why[static 256]);

/* Ten lines at most: where phones connect, passwords, ca.pem, what next. */
void demo_banner(const struct config *cfg, const char *directory);
