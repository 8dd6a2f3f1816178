/* names.h - the DNS and IP names that stand in a certificate */
#pragma once

#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>

#include "rempart/base/check.h"

enum {
	DOOR_NAMES_MAX = 100,  /* what public authorities sign */
	DOOR_NAME_BYTES = 256, /* RFC 1035 2.3.4: 255 */
};

struct door_names {
	char **list; /* lower case; an IP as addr_print_ip() writes it */
	unsigned count;
};

/*
 * Reads subjectAltName. Names that no phone can ask for (a NUL or a space
 * inside, longer than DNS allows) are left out, as are those past
 * DOOR_NAMES_MAX. 0 or ENOMEM. door_names_free() in both cases.
 */
MUST_CHECK
int door_names_read(struct door_names *names, const X509 *certificate);
void door_names_free(struct door_names *names);

/* `host` as a person or a ClientHello writes it: a DNS name (case and a last
 * dot do not matter) or an IP. */
bool door_names_exact(const struct door_names *names, const char *host);
/* "*.example.org" stands for one label (RFC 6125 6.4.3), never for an IP. */
bool door_names_wildcard(const struct door_names *names, const char *host);
