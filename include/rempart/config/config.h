/* config.h - one file becomes one immutable struct config */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "rempart/base/addr.h"
#include "rempart/guard/limits.h"
#include "rempart/media/media.h"
#include "rempart/policy/dial.h"
#include "rempart/policy/number.h"
#include "rempart/proxy/settings.h"
#include "rempart/registrar/users.h"
#include "rempart/sdp/sdp.h"
#include "rempart/base/check.h"

enum {
	CONFIG_PATH_MAX = 512,
	CONFIG_SOCKET_MAX = 108, /* what a socket's address has room for */
	CONFIG_CERTIFICATES_MAX = 16,
	CONFIG_MEDIA_THREADS_MAX = 16,
	CONFIG_MEDIA_STRIDE = 16, /* ports a relay thread takes of a shared
				   * side: eight m= lines, RTP and RTCP */
	CONFIG_ECHO_MAX = 32,
	CONFIG_PROBLEMS_MAX = 64,
	CONFIG_PROBLEM_MAX = 320, /* bytes of one text */
};

/* registrar.realm when the file names none, and so of `rempart passwd`. */
#define CONFIG_REALM_DEFAULT "rempart"

struct config_certificate {
	char certificate[CONFIG_PATH_MAX]; /* PEM chain, absolute */
	char key[CONFIG_PATH_MAX];
};

/* Sockets of the relay; fixed while the program runs. */
struct config_relay {
	char engine[16];
	uint32_t threads;
	uint16_t ports;	    /* of a shared side, all threads */
	struct addr phones; /* bound: address, and RTP port of the first
			     * line of the first thread */
	/* as phones see it; version 0: where their connection ends */
	struct addr phones_seen;
	/* and those of inside_from, when there are two sides of a NAT */
	struct addr phones_inside;
	struct addr_nets inside_from;
	uint16_t emergency_first, emergency_last;
	struct addr upstream; /* bound; port: the single one, else 0 */
};

struct config {
	char file[CONFIG_PATH_MAX]; /* "" for the embedded default */
	char hash[17];		    /* first 16 hex of SHA-256 of its text */
	char node[64];
	bool demo; /* the embedded default: loopback names are allowed */

	/* listen.phones */
	struct addr listen;
	struct config_certificate certificates[CONFIG_CERTIFICATES_MAX];
	unsigned certificate_count; /* [0] is used when no SNI name matches */

	/* listen.legacy: TLS 1.2 for these subnets, under the same names */
	bool has_legacy;
	struct addr legacy;
	struct addr_nets legacy_only;

	struct proxy_settings proxy;
	struct registrar_settings registrar;
	struct sdp_settings sdp;
	struct media_settings media;
	struct config_relay relay;
	char echo[CONFIG_ECHO_MAX]; /* "": none */

	/* limits */
	uint32_t connections_max;	 /* limits.connections */
	uint32_t connections_per_source; /* limits.connections_per_source */
	struct limits_settings limits;

	/* emergency: live calls at once */
	uint32_t emergency_per_device;
	uint32_t emergency_per_site;
	struct addr_nets emergency_from; /* registered or not */

	struct number_settings numbering;
	struct dial_settings dial;

	char log_directory[CONFIG_PATH_MAX];
	uint32_t log_max_mib;
	char state_directory[CONFIG_PATH_MAX];
	char control_socket[CONFIG_SOCKET_MAX]; /* "": there is none */
};

/* A fault or a warning, for people: "file:line: what. What to do." */
struct config_problem {
	bool warning;
	unsigned line; /* 0: the whole file */
	char file[CONFIG_PATH_MAX];
	char text[CONFIG_PROBLEM_MAX];
};

struct config_problems {
	struct config_problem list[CONFIG_PROBLEMS_MAX];
	unsigned count;
	unsigned faults; /* of them, not warnings */
};

/*
 * Empties *problems, then reads, checks and completes a file. Relative paths
 * in it are relative to the file's directory. Returns 0 and *out, or EINVAL
 * with faults in *problems (never without one), or ENOMEM. Warnings are listed
 * in both cases: each loosening in force (upstream.keys_in_clear,
 * upstream.sips = "inside-is-secure", dial_mode = "observe", listen.legacy) is
 * one.
 */
MUST_CHECK
int config_load(struct config **out, const char *path,
		struct config_problems *problems);

/* A configuration as text. None of the pointers may be NULL. */
struct config_text {
	const char *text;
	const char *name;      /* stands for the file in messages */
	const char *directory; /* what relative paths are relative to */
	bool demo;	       /* see struct config */
	uint64_t now_s; /* since the epoch, for dates; 0: the system's clock */
};

/* The same from text. */
MUST_CHECK
int config_parse(struct config **out, const struct config_text *src,
		 struct config_problems *problems);
void config_free(struct config *cfg); /* wipes HA1s; NULL is allowed */

/* May stand as registrar.users[].name, as registrar.realm. */
bool config_is_user_name(const char *name);
bool config_is_realm(const char *realm);

/* "file:line: error: text" lines. */
void config_print_problems(FILE *out, const struct config_problems *problems);

/* One row per key with type, range, default and help: for the manual and
 * `rempart check --keys`. */
void config_print_schema(FILE *out);
