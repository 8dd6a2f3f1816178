/* registrar.c - registrar: users of the edge itself and their HA1s */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "groups.h"

/*
 * RFC 3261 25.1: unreserved, and those of user-unreserved that phones leave
 * as they are. One spelling a user: nothing that could be written as %XX.
 */
bool config_is_user_name(const char *name)
{
	size_t len = strlen(name);

	return len > 0 && len < sizeof(((struct registrar_user *)0)->name) &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz"
			    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			    "0123456789-_.+*~") == len;
}

/* Stands in quoted strings and before a colon in HA1's input. */
bool config_is_realm(const char *realm)
{
	size_t len = strlen(realm);

	if (!len || len >= sizeof(((struct registrar_settings *)0)->realm))
		return false;
	for (size_t i = 0; i < len; i++) {
		if (realm[i] < 0x20 || realm[i] > 0x7e || realm[i] == '"' ||
		    realm[i] == '\\')
			return false;
	}
	return true;
}

/* The value itself is as good as the password: it is in no message. */
static void read_ha1(struct reader *rd, unsigned line,
		     char dst[static DIGEST_HEX_MAX], const char *text)
{
	size_t i;

	for (i = 0; text[i] && i < DIGEST_HEX_MAX - 1; i++) {
		if (!isxdigit((unsigned char)text[i]))
			break;
		dst[i] = (char)tolower((unsigned char)text[i]);
	}
	if (text[i])
		reader_fault(rd, line,
			     "an HA1 has a byte that is no hexadecimal digit. "
			     "Make the row anew with rempart passwd");
}

static void read_user(struct reader *rd, const config_setting_t *row,
		      struct registrar_user *user)
{
	unsigned line = config_setting_source_line(row);
	const char *name = reader_member(row, "registrar.users[].name");
	const char *sha256 = reader_member(row, "registrar.users[].ha1_sha256");
	const char *md5 = reader_member(row, "registrar.users[].ha1_md5");

	if (!name && !config_setting_get_member(row, "name"))
		reader_fault(rd, line,
			     "a user has no name. Make the row with "
			     "rempart passwd");
	else if (name && !config_is_user_name(name))
		reader_fault(rd, line,
			     "user name \"%.63s\" has a character that is not "
			     "served. Use letters, digits and - _ . + * ~",
			     name);
	else if (name)
		span_copy(user->name, sizeof(user->name), span_str(name));

	if (sha256)
		read_ha1(rd, line, user->ha1[DIGEST_SHA256], sha256);
	if (md5)
		read_ha1(rd, line, user->ha1[DIGEST_MD5], md5);
	if (!config_setting_get_member(row, "ha1_sha256") &&
	    !config_setting_get_member(row, "ha1_md5"))
		reader_fault(rd, line,
			     "user \"%.63s\" has no HA1, so nobody could log "
			     "in. Make the row with rempart passwd",
			     user->name);
}

static int compare_names(const void *a, const void *b)
{
	const struct registrar_user *const *ua = a;
	const struct registrar_user *const *ub = b;

	return strcmp((*ua)->name, (*ub)->name);
}

/* The file's order is kept: only pointers are sorted. */
static int check_twice(struct reader *rd, unsigned line)
{
	const struct registrar_settings *set = &rd->cfg->registrar;
	const struct registrar_user **sorted =
		calloc(set->user_count + 1, sizeof(*sorted));

	if (!sorted)
		return ENOMEM;
	for (size_t i = 0; i < set->user_count; i++)
		sorted[i] = &set->users[i];
	qsort(sorted, set->user_count, sizeof(*sorted), compare_names);
	for (size_t i = 1; i < set->user_count; i++) {
		if (sorted[i]->name[0] &&
		    !strcmp(sorted[i - 1]->name, sorted[i]->name))
			reader_fault(rd, line,
				     "user \"%s\" stands twice. Take one row "
				     "out",
				     sorted[i]->name);
	}
	free(sorted);
	return 0;
}

static int read_users(struct reader *rd)
{
	static const char key[] = "registrar.users";
	struct registrar_settings *set = &rd->cfg->registrar;
	const config_setting_t *list = reader_many(rd, key);
	int count = list ? config_setting_length(list) : 0;

	if (!reader_has(rd, key))
		reader_fault(rd, reader_line(rd, key),
			     "%s is missing. Add rows made by rempart passwd, "
			     "or take the registrar group out",
			     key);
	if (!count)
		return 0;
	set->users = calloc((size_t)count, sizeof(*set->users));
	if (!set->users)
		return ENOMEM;
	for (int i = 0; i < count; i++) {
		const config_setting_t *row =
			config_setting_get_elem(list, (unsigned)i);

		if (config_setting_is_group(row))
			read_user(rd, row, &set->users[set->user_count++]);
	}
	return check_twice(rd, reader_line(rd, key));
}

int group_registrar(struct reader *rd)
{
	static const char realm[] = "registrar.realm";
	struct config *cfg = rd->cfg;
	const char *text = reader_text(rd, realm);

	if (!reader_has(rd, "registrar"))
		return 0;
	span_copy(cfg->registrar.realm, sizeof(cfg->registrar.realm),
		  span_str(text));
	if (!config_is_realm(text))
		reader_fault(rd, reader_line(rd, realm),
			     "%s = \"%.80s\" has a character that is not "
			     "served. Use plain ASCII without \" and \\",
			     realm, text);
	reader_where(rd, cfg->proxy.where_upstream, "registrar");
	reader_where(rd, cfg->proxy.where_srtp, "media.suites");
	return read_users(rd);
}
