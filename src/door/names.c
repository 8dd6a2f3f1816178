/* names.c - reads and compares the names of a certificate (RFC 6125) */
#include "names.h"

#include <ctype.h>
#include <errno.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "rempart/base/addr.h"
#include "rempart/base/span.h"

/* One way to write a host; false when it cannot be one. */
static bool name_canonical(char dst[static DOOR_NAME_BYTES], struct span name)
{
	struct addr ip;

	if (name.len && name.p[name.len - 1] == '.')
		name.len--;
	if (!name.len || name.len >= DOOR_NAME_BYTES)
		return false;
	if (!addr_parse(&ip, name) && !ip.port) {
		addr_print_ip(dst, &ip);
		return true;
	}
	for (size_t i = 0; i < name.len; i++) {
		if (!isgraph((unsigned char)name.p[i]))
			return false;
		dst[i] = (char)tolower((unsigned char)name.p[i]);
	}
	dst[name.len] = '\0';
	return true;
}

static bool ip_canonical(char dst[static DOOR_NAME_BYTES],
			 const ASN1_OCTET_STRING *octets)
{
	struct addr ip = {0};
	const int len = ASN1_STRING_length(octets);

	if (len != 4 && len != 16)
		return false;
	memcpy(ip.ip, ASN1_STRING_get0_data(octets), (size_t)len);
	ip.version = len == 4 ? 4 : 6;
	addr_print_ip(dst, &ip);
	return true;
}

static bool general_canonical(char dst[static DOOR_NAME_BYTES],
			      const GENERAL_NAME *general)
{
	int type;
	const void *value = GENERAL_NAME_get0_value(general, &type);

	if (type == GEN_IPADD)
		return ip_canonical(dst, value);
	if (type == GEN_DNS)
		return name_canonical(
			dst, span_of((const char *)ASN1_STRING_get0_data(value),
				     (size_t)ASN1_STRING_length(value)));
	return false;
}

int door_names_read(struct door_names *names, const X509 *certificate)
{
	GENERAL_NAMES *generals;
	int err = 0;

	*names = (struct door_names){0};
	generals =
		X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
	if (!generals)
		return 0;
	names->list = calloc(DOOR_NAMES_MAX, sizeof(*names->list));
	if (!names->list)
		err = ENOMEM;
	for (int i = 0; !err && i < sk_GENERAL_NAME_num(generals) &&
			names->count < DOOR_NAMES_MAX;
	     i++) {
		char name[DOOR_NAME_BYTES];

		if (!general_canonical(name,
				       sk_GENERAL_NAME_value(generals, i)))
			continue;
		names->list[names->count] = strdup(name);
		if (!names->list[names->count])
			err = ENOMEM;
		else
			names->count++;
	}
	GENERAL_NAMES_free(generals);
	return err;
}

void door_names_free(struct door_names *names)
{
	for (unsigned i = 0; i < names->count; i++)
		free(names->list[i]);
	free(names->list);
	*names = (struct door_names){0};
}

static bool names_hold(const struct door_names *names, const char *name)
{
	for (unsigned i = 0; i < names->count; i++)
		if (!strcmp(names->list[i], name))
			return true;
	return false;
}

bool door_names_exact(const struct door_names *names, const char *host)
{
	char name[DOOR_NAME_BYTES];

	/* A phone that asks for "*.example.org" means no host at all. */
	return name_canonical(name, span_str(host)) && name[0] != '*' &&
	       names_hold(names, name);
}

bool door_names_wildcard(const struct door_names *names, const char *host)
{
	char name[DOOR_NAME_BYTES];
	struct addr ip;
	char *rest;

	if (!name_canonical(name, span_str(host)) ||
	    !addr_parse(&ip, span_str(name)))
		return false;
	rest = strchr(name, '.');
	if (!rest || rest == name)
		return false;
	/* "phone.example.org" is asked for as "*.example.org". */
	rest[-1] = '*';
	return names_hold(names, rest - 1);
}
