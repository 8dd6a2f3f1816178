/*
 * schema.c - the table of keys: what the reader accepts, what the manual and
 * `rempart check --keys` print and what a mistyped key is compared with
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rempart/config/config.h"
#include "schema.h"

#define SUITES_DEFAULT                                                         \
	"AEAD_AES_256_GCM AES_256_CM_HMAC_SHA1_80 AEAD_AES_128_GCM "           \
	"AES_CM_128_HMAC_SHA1_80"

/* clang-format off */
static const struct schema_row rows[] = {
	{ "node", SCHEMA_TEXT, 1, 63, NULL, NULL, "the host name",
	  "name of this edge in its records" },
	{ "domains", SCHEMA_TEXTS, 1, PROXY_DOMAINS_MAX, NULL, NULL,
	  "upstream.domain, host of upstream.uri, advertise",
	  "what phones use as SIP server" },

	{ "listen", SCHEMA_GROUP, 0, 0, NULL, NULL, "required",
	  "where phones come in" },
	{ "listen.phones", SCHEMA_GROUP, 0, 0, NULL, NULL, "required",
	  "the TLS 1.3 listener" },
	{ "listen.phones.address", SCHEMA_TEXT, 1, 64, "0.0.0.0:5061", NULL,
	  NULL, "ip:port that is listened on" },
	{ "listen.phones.advertise", SCHEMA_TEXT, 1, 261, NULL, NULL,
	  "the listening address",
	  "host or host:port by which phones reach it" },
	{ "listen.phones.certificate", SCHEMA_TEXT, 1, CONFIG_PATH_MAX - 1,
	  NULL, NULL, "required", "PEM chain, used when no SNI name fits" },
	{ "listen.phones.key", SCHEMA_TEXT, 1, CONFIG_PATH_MAX - 1, NULL, NULL,
	  "required", "its PEM key, readable by its owner only" },
	{ "listen.phones.certificates", SCHEMA_LIST, 1,
	  CONFIG_CERTIFICATES_MAX, NULL, NULL, "none",
	  "more certificates, chosen by SNI" },
	{ "listen.phones.certificates[].certificate", SCHEMA_TEXT, 1,
	  CONFIG_PATH_MAX - 1, NULL, NULL, "required", "PEM chain" },
	{ "listen.phones.certificates[].key", SCHEMA_TEXT, 1,
	  CONFIG_PATH_MAX - 1, NULL, NULL, "required", "its PEM key" },
	{ "listen.legacy", SCHEMA_GROUP, 0, 0, NULL, NULL, "none",
	  "one more listener, for phones without TLS 1.3" },
	{ "listen.legacy.address", SCHEMA_TEXT, 1, 64, NULL, NULL, "required",
	  "ip:port that it listens on" },
	{ "listen.legacy.tls_min", SCHEMA_TEXT, 1, 8, NULL, "1.2", "required",
	  "the oldest TLS version that it takes" },
	{ "listen.legacy.only", SCHEMA_TEXTS, 1, CONFIG_NETS_MAX, NULL,
	  NULL, "required", "subnets that may use it, as 10.20.40.0/24" },

	{ "upstream", SCHEMA_GROUP, 0, 0, NULL, NULL, "none",
	  "the PBX behind this edge" },
	{ "upstream.kind", SCHEMA_TEXT, 1, 16, "pbx", "pbx", NULL,
	  "pbx: REGISTER and the dialled string pass on" },
	{ "upstream.uri", SCHEMA_TEXT, 1, 128, NULL, NULL, "required",
	  "sip:ip[:port][;transport=udp] of the PBX" },
	{ "upstream.local", SCHEMA_TEXT, 1, 64, NULL, NULL, "required",
	  "ip[:port] of this edge as the PBX sees it" },
	{ "upstream.domain", SCHEMA_TEXT, 1, PROXY_HOST_MAX - 1, NULL, NULL,
	  "the host of upstream.uri",
	  "what the PBX expects in the Request-URI" },
	{ "upstream.registration", SCHEMA_TEXT, 1, 16, "contact", "contact",
	  NULL, "how registrations point back to the edge" },
	{ "upstream.srtp", SCHEMA_TEXT, 1, 16, NULL, "pass", "required",
	  "pass: SDES keys reach the PBX as its link carries them" },
	{ "upstream.sips", SCHEMA_TEXT, 1, 24, "refuse",
	  "refuse|inside-is-secure", NULL,
	  "sips: to a PBX that is reached without TLS" },

	{ "registrar", SCHEMA_GROUP, 0, 0, NULL, NULL, "none",
	  "users of this edge itself, without a PBX" },
	{ "registrar.realm", SCHEMA_TEXT, 1, 127, CONFIG_REALM_DEFAULT, NULL,
	  NULL, "digest realm, part of every HA1" },
	{ "registrar.users", SCHEMA_LIST, 1, 20000, NULL, NULL, "required",
	  "rows made by rempart passwd" },
	{ "registrar.users[].name", SCHEMA_TEXT, 1, 63, NULL, NULL, "required",
	  "user part of the SIP address" },
	{ "registrar.users[].ha1_sha256", SCHEMA_TEXT, 64, 64, NULL, NULL,
	  "no SHA-256 log-in", "SHA-256 of name:realm:password in hex" },
	{ "registrar.users[].ha1_md5", SCHEMA_TEXT, 32, 32, NULL, NULL,
	  "no MD5 log-in", "MD5 of the same, for older phones" },

	{ "media", SCHEMA_GROUP, 0, 0, NULL, NULL, "defaults", "media" },
	{ "media.suites", SCHEMA_TEXTS, 1, SUITE_COUNT, SUITES_DEFAULT, NULL,
	  NULL, "SRTP suites, best first" },

	{ "numbering", SCHEMA_GROUP, 0, 0, NULL, NULL,
	  "internal numbers of 2 to 6 digits, and names",
	  "how dialled numbers are read" },
	{ "numbering.country", SCHEMA_TEXT, 2, 2, NULL, NULL,
	  "calls outside are denied", "ISO 3166 code of this site, as FR" },
	{ "numbering.outside_prefix", SCHEMA_TEXT, 0, NUMBER_PREFIX_MAX - 1,
	  "", NULL, NULL, "dialled before every number outside" },
	{ "numbering.international", SCHEMA_TEXTS, 1, NUMBER_PREFIXES_MAX,
	  NULL, NULL, "that of the country",
	  "what stands for + before a country code" },
	{ "numbering.internal", SCHEMA_TEXTS, 0, NUMBER_PATTERNS_MAX, NULL,
	  NULL, "required", "patterns of extensions" },
	{ "numbering.short", SCHEMA_TEXTS, 0, NUMBER_PATTERNS_MAX, NULL, NULL,
	  "none", "patterns of short service numbers of the country" },
	{ "numbering.features", SCHEMA_TEXTS, 0, NUMBER_PATTERNS_MAX, NULL,
	  NULL, "none", "patterns of the PBX's feature codes" },
	{ "numbering.names", SCHEMA_TEXT, 4, 8, "internal", "internal|deny",
	  NULL, "what a target with letters is" },

	{ "groups", SCHEMA_GROUP, 0, 0, NULL, NULL, "none",
	  "which users dial by which list" },
	{ "groups.NAME", SCHEMA_GROUP, 0, 0, NULL, NULL, "-",
	  "one group, under a name of your own" },
	{ "groups.NAME.users", SCHEMA_TEXTS, 1, DIAL_USERS_MAX, NULL, NULL,
	  "required", "users, or ranges as 1001-1099" },
	{ "groups.NAME.dial", SCHEMA_TEXT, 1, DIAL_NAME_MAX - 1, NULL, NULL,
	  "required", "the list of dial that they dial by" },

	{ "dial", SCHEMA_GROUP, 0, 0, NULL, NULL, "none",
	  "lists of rules: who may dial what" },
	{ "dial.NAME", SCHEMA_LIST, 1, DIAL_RULES_MAX, NULL, NULL, "-",
	  "one list, under a name of your own; first match wins" },
	{ "dial.NAME[].allow", SCHEMA_TEXTS, 1, DIAL_MATCHES_MAX, NULL, NULL,
	  "-", "what this rule allows" },
	{ "dial.NAME[].deny", SCHEMA_TEXTS, 1, DIAL_MATCHES_MAX, NULL, NULL,
	  "-", "what this rule denies" },
	{ "dial.NAME[].use", SCHEMA_TEXT, 1, DIAL_NAME_MAX - 1, NULL, NULL,
	  "-", "the list that is tried here" },
	{ "dial.NAME[].note", SCHEMA_TEXT, 0, 200, NULL, NULL, "none",
	  "for people" },
	{ "dial_default", SCHEMA_TEXT, 1, DIAL_NAME_MAX - 1, NULL, NULL,
	  "internal, domestic and toll-free are allowed",
	  "the list of users that are in no group" },
	{ "dial_mode", SCHEMA_TEXT, 7, 7, "enforce", "enforce|observe", NULL,
	  "observe: denials are recorded, not applied" },
	{ "observe_until", SCHEMA_TEXT, 10, 10, NULL, NULL,
	  "required with observe", "last day of the trial, as 2026-12-20" },

	{ "emergency", SCHEMA_GROUP, 0, 0, NULL, NULL, "defaults",
	  "ceilings of emergency calls, which no other limit meets" },
	{ "emergency.from", SCHEMA_TEXTS, 1, 64, NULL, NULL,
	  "registered phones alone",
	  "subnets from which they pass without a registration" },
	{ "emergency.per_device", SCHEMA_NUMBER, 1, 100, "2", NULL, NULL,
	  "live emergency calls of one phone" },
	{ "emergency.per_site", SCHEMA_NUMBER, 1, 10000, "20", NULL, NULL,
	  "live emergency calls in all" },

	{ "limits", SCHEMA_GROUP, 0, 0, NULL, NULL, "defaults", "ceilings" },
	{ "limits.connections", SCHEMA_NUMBER, 1, 50000, "5000", NULL, NULL,
	  "phone connections in all" },
	{ "limits.connections_per_source", SCHEMA_NUMBER, 1, 50000, "1000",
	  NULL, NULL, "phone connections from one /32 or /64" },
	{ "limits.messages", SCHEMA_TEXT, 3, 40, "50/s burst 200", NULL, NULL,
	  "messages on one connection" },
	{ "limits.registers_per_user", SCHEMA_TEXT, 3, 40, "60/min burst 60",
	  NULL, NULL, "REGISTER of one user from one source" },
	{ "limits.registers_per_source", SCHEMA_TEXT, 3, 40,
	  "100/s burst 1000", NULL, NULL,
	  "REGISTER from one /32 or /64" },
	{ "limits.calls_per_user", SCHEMA_TEXT, 3, 40, "30/min burst 10", NULL,
	  NULL, "new calls of one user" },
	{ "limits.new_work", SCHEMA_TEXT, 3, 40, "2000/s burst 4000", NULL,
	  NULL, "requests outside of calls, of all phones" },

	{ "log", SCHEMA_GROUP, 0, 0, NULL, NULL, "defaults",
	  "the decision log" },
	{ "log.directory", SCHEMA_TEXT, 1, CONFIG_PATH_MAX - 1,
	  "/var/log/rempart", NULL, NULL, "where it is written" },
	{ "log.max_mib", SCHEMA_NUMBER, 2, 1048576, "1024", NULL, NULL,
	  "size of all its files; the oldest goes" },

	{ "state", SCHEMA_GROUP, 0, 0, NULL, NULL, "defaults",
	  "what lasts over a restart" },
	{ "state.directory", SCHEMA_TEXT, 1, CONFIG_PATH_MAX - 1,
	  "/var/lib/rempart", NULL, NULL, "where it is kept" },

	{ "control", SCHEMA_GROUP, 0, 0, NULL, NULL, "defaults",
	  "what rempart ctl speaks to" },
	{ "control.socket", SCHEMA_TEXT, 1, CONFIG_SOCKET_MAX - 1, NULL, NULL,
	  "state.directory/ctl", "path of its Unix socket" },
};
/* clang-format on */

enum {
	ROWS = sizeof(rows) / sizeof(rows[0]),
	NAME_MAX_COMPARED = 32, /* longer than any key: no hint for those */
};

/* NAME in a row stands for any name: "groups.NAME.dial", "dial.NAME[].use". */
static bool is_key(const char *row, const char *key)
{
	static const char any[] = ".NAME";
	const char *name = strstr(row, any);

	if (!name || strncmp(row, key, (size_t)(name - row) + 1) != 0)
		return !strcmp(row, key);

	const char *rest = key + (name - row) + 1;
	size_t len = strcspn(rest, ".[");

	return len && !strcmp(name + sizeof(any) - 1, rest + len);
}

const struct schema_row *schema_find(const char *key)
{
	for (size_t i = 0; i < ROWS; i++) {
		if (is_key(rows[i].key, key))
			return &rows[i];
	}
	return NULL;
}

static size_t min3(size_t a, size_t b, size_t c)
{
	size_t least = a < b ? a : b;

	return least < c ? least : c;
}

/* Levenshtein distance; SIZE_MAX when a text is too long to compare. */
static size_t distance(const char *a, const char *b)
{
	size_t row[NAME_MAX_COMPARED + 1];
	size_t la = strlen(a), lb = strlen(b);

	if (la > NAME_MAX_COMPARED || lb > NAME_MAX_COMPARED)
		return SIZE_MAX;
	for (size_t j = 0; j <= lb; j++)
		row[j] = j;
	for (size_t i = 1; i <= la; i++) {
		size_t corner = row[0];

		row[0] = i;
		for (size_t j = 1; j <= lb; j++) {
			size_t change = corner + (a[i - 1] != b[j - 1]);

			corner = row[j];
			row[j] = min3(change, row[j] + 1, row[j - 1] + 1);
		}
	}
	return row[lb];
}

/* Length of "listen.phones." in "listen.phones.key". */
static size_t parent_len(const char *key)
{
	const char *dot = strrchr(key, '.');

	return dot ? (size_t)(dot - key) + 1 : 0;
}

/* A key that is written right but stands in the wrong group. */
static const char *same_name_elsewhere(const char *name)
{
	for (size_t i = 0; i < ROWS; i++) {
		if (!strcmp(rows[i].key + parent_len(rows[i].key), name))
			return rows[i].key;
	}
	return NULL;
}

const char *schema_nearest(const char *key)
{
	size_t parent = parent_len(key);
	const char *name = key + parent;
	/* Two slips, or a third of a long word. */
	size_t limit = strlen(name) / 3 > 2 ? strlen(name) / 3 : 2;
	const char *best = NULL;

	for (size_t i = 0; i < ROWS; i++) {
		if (parent_len(rows[i].key) != parent ||
		    strncmp(rows[i].key, key, parent) != 0)
			continue;
		size_t far = distance(name, rows[i].key + parent);

		/* A word that shares no letter is no hint. */
		if (far > limit || far >= strlen(name))
			continue;
		limit = far ? far - 1 : 0;
		best = rows[i].key;
	}
	return best ? best : same_name_elsewhere(name);
}

long long schema_number(const config_setting_t *set)
{
	if (config_setting_type(set) == CONFIG_TYPE_INT)
		return config_setting_get_int(set);
	return config_setting_get_int64(set);
}

/* "a|b" holds the whole word, which is one. */
static bool is_choice(const char *choices, const char *word)
{
	size_t len = strlen(word);

	if (strchr(word, '|'))
		return false;
	for (const char *p = choices; p; p = strchr(p, '|')) {
		p += *p == '|';
		if (!strncmp(p, word, len) && (p[len] == '|' || !p[len]))
			return true;
	}
	return false;
}

static bool accepts_text(const struct schema_row *row,
			 const config_setting_t *set, char why[static 200])
{
	if (config_setting_type(set) != CONFIG_TYPE_STRING) {
		snprintf(why, 200, "is not text. Write it in \"quotes\"");
		return false;
	}

	const char *text = config_setting_get_string(set);
	size_t len = strlen(text);

	if (len < row->min || len > row->max) {
		snprintf(why, 200, "has %zu bytes. It must have %u to %u", len,
			 row->min, row->max);
		return false;
	}
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f) {
			snprintf(why, 200,
				 "holds a control character. "
				 "Take it out");
			return false;
		}
	}
	if (row->choices && !is_choice(row->choices, text)) {
		snprintf(why, 200,
			 "is \"%.40s\", which is not served. "
			 "Write one of: %s",
			 text, row->choices);
		return false;
	}
	return true;
}

static bool accepts_number(const struct schema_row *row,
			   const config_setting_t *set, char why[static 200])
{
	int type = config_setting_type(set);

	if (type != CONFIG_TYPE_INT && type != CONFIG_TYPE_INT64) {
		snprintf(why, 200,
			 "is not a whole number. Write a number from %u to "
			 "%u without quotes",
			 row->min, row->max);
		return false;
	}

	long long value = schema_number(set);

	if (value < row->min || value > row->max) {
		snprintf(why, 200, "is %lld. Write a number from %u to %u",
			 value, row->min, row->max);
		return false;
	}
	return true;
}

static bool accepts_count(const struct schema_row *row,
			  const config_setting_t *set, char why[static 200])
{
	int count = config_setting_length(set);

	if (!count && row->min) {
		snprintf(why, 200, "is empty. Fill it, or leave it out");
		return false;
	}
	if ((uint32_t)count > row->max) {
		snprintf(why, 200, "has %d entries. At most %u are served",
			 count, row->max);
		return false;
	}
	return true;
}

static bool accepts_texts(const struct schema_row *row,
			  const config_setting_t *set, char why[static 200])
{
	if (!config_setting_is_array(set)) {
		snprintf(why, 200,
			 "is not an array. "
			 "Write it as [ \"...\", \"...\" ]");
		return false;
	}
	if (!accepts_count(row, set, why))
		return false;

	const config_setting_t *first = config_setting_get_elem(set, 0);

	if (!config_setting_length(set))
		return true;
	/* libconfig lets no two types stand in one array. */
	if (!first || config_setting_type(first) != CONFIG_TYPE_STRING) {
		snprintf(why, 200,
			 "holds something else than text. "
			 "Write each entry in \"quotes\"");
		return false;
	}
	return true;
}

bool schema_accepts(const struct schema_row *row, const config_setting_t *set,
		    char why[static 200])
{
	switch (row->type) {
	case SCHEMA_GROUP:
		if (config_setting_is_group(set))
			return true;
		snprintf(why, 200, "is not a group. Write it as { ... }");
		return false;
	case SCHEMA_LIST:
		if (config_setting_is_list(set))
			return accepts_count(row, set, why);
		snprintf(why, 200,
			 "is not a list. Write it as ( { ... }, { ... } )");
		return false;
	case SCHEMA_TEXT:
		return accepts_text(row, set, why);
	case SCHEMA_TEXTS:
		return accepts_texts(row, set, why);
	case SCHEMA_NUMBER:
		return accepts_number(row, set, why);
	}
	return false;
}

static void print_range(char dst[static 40], const struct schema_row *row)
{
	static const char *const units[] = {
		[SCHEMA_LIST] = " entries",
		[SCHEMA_TEXT] = " bytes",
		[SCHEMA_TEXTS] = " entries",
		[SCHEMA_NUMBER] = "",
	};

	if (row->type == SCHEMA_GROUP)
		snprintf(dst, 40, "-");
	else if (row->choices)
		snprintf(dst, 40, "%s", row->choices);
	else if (row->min == row->max)
		snprintf(dst, 40, "%u%s", row->min, units[row->type]);
	else
		snprintf(dst, 40, "%u..%u%s", row->min, row->max,
			 units[row->type]);
}

void config_print_schema(FILE *out)
{
	static const char *const types[] = {
		[SCHEMA_GROUP] = "group",    [SCHEMA_LIST] = "list",
		[SCHEMA_TEXT] = "string",    [SCHEMA_TEXTS] = "strings",
		[SCHEMA_NUMBER] = "integer",
	};

	for (size_t i = 0; i < ROWS; i++) {
		const struct schema_row *row = &rows[i];
		char range[40];

		print_range(range, row);
		fprintf(out, "%s\t%s\t%s\t%s\t%s\n", row->key, types[row->type],
			range, row->fallback ? row->fallback : row->absent,
			row->help);
	}
}
