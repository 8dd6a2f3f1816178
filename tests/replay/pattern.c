/* pattern.c - variables, and patterns that check and capture */
#include <string.h>

#include "replay.h"

const char *variable(const struct replay *rp, const char *name)
{
	for (const struct variable *var = rp->variables; var; var = var->next)
		if (!strcmp(var->name, name))
			return var->value;
	return NULL;
}

void variable_set(struct replay *rp, const char *name, const char *value)
{
	struct variable *var = keep(rp, sizeof(*var));

	/* The newest is found first. */
	var->name = keepf(rp, "%s", name);
	var->value = keepf(rp, "%s", value);
	var->next = rp->variables;
	rp->variables = var;
}

/* %{name} or %{name=} at p: its name, and where it ends. */
static const char *take_name(struct replay *rp, const char *p, char **name)
{
	const char *end;

	if (p[0] != '%' || p[1] != '{' || !(end = strchr(p, '}')))
		return NULL;
	*name = keep_text(rp, p + 2, (size_t)(end - p - 2));
	return end + 1;
}

static const char *value_of(struct replay *rp, const char *name)
{
	const char *value = variable(rp, name);

	if (!value)
		fail(rp, "nothing was kept as %%{%s}", name);
	return value;
}

char *expand(struct replay *rp, const char *text)
{
	char *out = keepf(rp, "%s", "");
	char *name;

	while (*text) {
		size_t plain = strcspn(text, "%");
		const char *after;

		out = keepf(rp, "%s%.*s", out, (int)plain, text);
		text += plain;
		if (!*text)
			break;
		after = take_name(rp, text, &name);
		if (after) {
			out = keepf(rp, "%s%s", out, value_of(rp, name));
			text = after;
		} else {
			out = keepf(rp, "%s%%", out);
			text++;
		}
	}
	return out;
}

static bool match(struct replay *rp, const char *pattern, const char *text);

/* Any run of bytes, the shortest that fits; kept as `name` if not NULL. */
static bool match_run(struct replay *rp, const char *name, const char *rest,
		      const char *text)
{
	for (size_t len = 0;; len++) {
		if (match(rp, rest, text + len)) {
			if (name)
				variable_set(rp, name,
					     keep_text(rp, text, len));
			return true;
		}
		if (!text[len])
			return false;
	}
}

static bool match(struct replay *rp, const char *pattern, const char *text)
{
	char *name;

	while (*pattern) {
		const char *after = take_name(rp, pattern, &name);

		if (after && *name && name[strlen(name) - 1] == '=') {
			name[strlen(name) - 1] = '\0';
			return match_run(rp, name, after, text);
		}
		if (after) {
			const char *value = value_of(rp, name);
			size_t len = strlen(value);

			if (strncmp(value, text, len) != 0)
				return false;
			text += len;
			pattern = after;
			continue;
		}
		if (*pattern == '*')
			return match_run(rp, NULL, pattern + 1, text);
		if (pattern[0] == '\\' && pattern[1] == '*')
			pattern++;
		if (*pattern++ != *text++)
			return false;
	}
	return !*text;
}

bool expect_match(struct replay *rp, const char *pattern, const char *text)
{
	return match(rp, pattern, text);
}
