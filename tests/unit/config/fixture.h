/* fixture.h - parses a text and says what came out of it */
#pragma once

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rempart/config/config.h"

#define LISTEN                                                                 \
	"listen = { phones = { advertise = \"edge.example.fr\";\n"             \
	"certificate = \"edge.pem\"; key = \"edge.key\"; }; };\n"
#define UPSTREAM                                                               \
	"upstream = { uri = \"sip:10.10.0.5\"; local = \"10.10.0.2\";\n"       \
	"srtp = \"off\"; };\n"
#define HA1_SHA256                                                             \
	"00112233445566778899aabbccddeeff"                                     \
	"00112233445566778899AABBCCDDEEFF"
#define HA1_MD5 "0123456789abcdef0123456789ABCDEF"
#define USER(name)                                                             \
	"{ name = \"" name "\"; ha1_sha256 = \"" HA1_SHA256 "\"; "             \
	"ha1_md5 = \"" HA1_MD5 "\"; }"

static struct config_problems problems;

static inline int parse(struct config **cfg, const char *text, const char *name,
			bool demo)
{
	const struct config_text src = {
		.text = text,
		.name = name,
		.directory = "/etc",
		.demo = demo,
	};

	return config_parse(cfg, &src, &problems);
}

/* The file that must hold; the caller frees it. */
static inline struct config *good(const char *text)
{
	struct config *cfg = NULL;
	int err = parse(&cfg, text, "/etc/r.conf", false);

	if (err)
		config_print_problems(stderr, &problems);
	cr_assert_eq(err, 0);
	cr_assert_eq(problems.faults, 0);
	return cfg;
}

/* The first problem of that kind whose text holds `what`, or NULL. */
static inline const struct config_problem *find(bool warning, const char *what)
{
	for (unsigned i = 0; i < problems.count; i++) {
		const struct config_problem *one = &problems.list[i];

		if (one->warning == warning && strstr(one->text, what))
			return one;
	}
	return NULL;
}

/* The file must be refused, with a fault at that line that holds `what`. */
static inline void bad(const char *text, unsigned line, const char *what)
{
	struct config *cfg = NULL;
	int err = parse(&cfg, text, "/etc/r.conf", false);
	const struct config_problem *one = find(false, what);

	if (!one || one->line != line)
		config_print_problems(stderr, &problems);
	cr_assert_eq(err, EINVAL, "accepted, wanted: %s", what);
	cr_assert_null(cfg);
	cr_assert_gt(problems.faults, 0);
	cr_assert_not_null(one, "no fault says: %s", what);
	cr_assert_eq(one->line, line, "%s: line %u", what, one->line);
}

/* One key of the listener, of the upstream, put in place of the usual. */
static inline void bad_listen(const char *keys, const char *what)
{
	char text[1024];

	snprintf(text, sizeof(text),
		 UPSTREAM "listen = { phones = { %s }; };\n", keys);
	bad(text, 3, what);
}

static inline void bad_upstream(const char *keys, const char *what)
{
	char text[1024];

	snprintf(text, sizeof(text), LISTEN "upstream = { %s };\n", keys);
	bad(text, 3, what);
}
