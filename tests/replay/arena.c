/* arena.c - memory that lives as long as the scenario, and the end on failure
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "replay.h"

struct kept {
	struct kept *next;
};

static void remember(struct replay *rp, struct kept *kept)
{
	if (!kept)
		fail(rp, "no memory");
	kept->next = rp->kept;
	rp->kept = kept;
}

void *keep(struct replay *rp, size_t len)
{
	struct kept *kept = calloc(1, sizeof(*kept) + len);

	remember(rp, kept);
	return kept + 1;
}

char *keep_text(struct replay *rp, const char *p, size_t len)
{
	char *text = keep(rp, len + 1);

	if (len)
		memcpy(text, p, len);
	return text;
}

char *keepf(struct replay *rp, const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	int len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (len < 0)
		fail(rp, "format");
	text = keep(rp, (size_t)len + 1);
	va_start(args, format);
	(void)vsnprintf(text, (size_t)len + 1, format, args);
	va_end(args);
	return text;
}

void keep_free(struct replay *rp)
{
	while (rp->kept) {
		struct kept *next = rp->kept->next;

		free(rp->kept);
		rp->kept = next;
	}
}

_Noreturn void fail(const struct replay *rp, const char *format, ...)
{
	const struct command *cmd = rp->command;
	va_list args;

	if (cmd)
		fprintf(stderr, "%s:%d: ", cmd->file, cmd->line);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	for (unsigned i = rp->depth; i--;)
		fprintf(stderr, "%s:%d: called from here\n",
			rp->callers[i]->file, rp->callers[i]->line);
	exit(1);
}
