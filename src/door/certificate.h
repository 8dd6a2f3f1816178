/* certificate.h - one certificate chain and its key, read and judged */
#pragma once

#include <openssl/ssl.h>
#include <stdbool.h>

#include "names.h"
#include "rempart/base/check.h"
#include "rempart/config/config.h"

struct door_certificate {
	SSL_CTX *ctx;
	struct door_names names;
};

/* A fault or a warning about `file`. A fault is counted even when the list
 * is full. */
void door_problem(struct config_problems *problems, bool warning,
		  const char *file, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/*
 * Reads the files and puts chain and key into certificate->ctx, which the
 * caller made. 0, EINVAL with faults in *problems, or ENOMEM; *certificate
 * keeps what it has in all cases.
 */
MUST_CHECK
int door_certificate_load(struct door_certificate *certificate,
			  const struct config_certificate *files,
			  struct config_problems *problems);
