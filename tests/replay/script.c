/* script.c - a scenario file as commands: words, blocks, macros */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "replay.h"

static struct script *script_read(struct replay *rp, const char *path)
{
	struct script *script = keep(rp, sizeof(*script));
	FILE *file = fopen(path, "r");
	const char *base = strrchr(path, '/');
	char *line = NULL;
	size_t cap = 0, room = 4096;
	ssize_t len;

	if (!file)
		fail(rp, "%s cannot be opened", path);
	script->file = keepf(rp, "%s", base ? base + 1 : path);
	script->lines = keep(rp, room * sizeof(*script->lines));
	while ((len = getline(&line, &cap, file)) >= 0) {
		if (script->count == room)
			fail(rp, "%s has more than %zu lines", path, room);
		while (len && (line[len - 1] == '\n' || line[len - 1] == '\r'))
			len--;
		script->lines[script->count++] =
			keep_text(rp, line, (size_t)len);
	}
	free(line);
	(void)fclose(file);
	return script;
}

/* Words are apart by spaces; quotes hold one together. */
static void split(struct replay *rp, struct command *cmd, const char *text)
{
	while (*(text += strspn(text, " "))) {
		char *word = keep(rp, strlen(text) + 1), *to = word;
		bool quoted = false;

		for (; *text && (quoted || *text != ' '); text++) {
			if (*text == '"')
				quoted = !quoted;
			else
				*to++ = *text;
		}
		if (cmd->argc == WORDS_MAX)
			fail(rp, "more than %d words", WORDS_MAX);
		cmd->argv[cmd->argc++] = word;
	}
}

/* $1 ... $9 are a macro's arguments, $$ a dollar. */
static char *fill_in(struct replay *rp, const char *line,
		     const struct command *call)
{
	char *out = keepf(rp, "%s", "");
	const char *dollar;

	if (!call)
		return keepf(rp, "%s", line);
	while ((dollar = strchr(line, '$'))) {
		int n = dollar[1] - '0';

		if (n < 1 || n > 9)
			n = 0;
		else if (n >= call->argc)
			fail(rp, "%s needs $%d", call->argv[0], n);
		out = keepf(rp, "%s%.*s%s", out, (int)(dollar - line), line,
			    n ? call->argv[n] : "$");
		line = dollar + (n ? 2 : 1);
	}
	return keepf(rp, "%s%s", out, line);
}

/* Empty lines count only when more of the block follows. */
static size_t block_end(const struct script *script, size_t at, size_t end)
{
	size_t last = at;

	for (; at < end; at++) {
		if (script->lines[at][0] == '\t')
			last = at + 1;
		else if (script->lines[at][0])
			break;
	}
	return last;
}

static const struct macro *macro_find(const struct replay *rp, const char *name)
{
	for (size_t i = 0; i < rp->macro_count; i++)
		if (!strcmp(rp->macros[i].name, name))
			return &rp->macros[i];
	return NULL;
}

static void run_lines(struct replay *rp, struct script *script, size_t at,
		      size_t end, const struct command *call);

static void call_macro(struct replay *rp, const struct macro *macro,
		       const struct command *cmd)
{
	if (rp->depth == MACRO_DEPTH_MAX)
		fail(rp, "macros call each other too deep");
	rp->callers[rp->depth++] = cmd;
	run_lines(rp, macro->script, macro->first, macro->end, cmd);
	rp->depth--;
	rp->command = cmd;
}

static size_t define_macro(struct replay *rp, struct script *script, size_t at,
			   const char *name)
{
	struct macro *macro = &rp->macros[rp->macro_count++];

	if (rp->macro_count == MACROS_MAX)
		fail(rp, "too many macros");
	*macro = (struct macro){.name = name, .script = script, .first = at};
	while (at < script->count && strcmp(script->lines[at], "end"))
		at++;
	if (at == script->count)
		fail(rp, "macro %s has no end", name);
	macro->end = at;
	return at + 1;
}

void script_line(struct replay *rp, const char *line)
{
	struct command *cmd = keep(rp, sizeof(*cmd));

	*cmd = (struct command){.file = rp->command->file,
				.line = rp->command->line};
	split(rp, cmd, line);
	command_run(rp, cmd);
}

static void run_lines(struct replay *rp, struct script *script, size_t at,
		      size_t end, const struct command *call)
{
	while (at < end) {
		struct command *cmd = keep(rp, sizeof(*cmd));
		const char *line = script->lines[at];
		size_t after = block_end(script, at + 1, end);
		const struct macro *macro;

		cmd->file = script->file;
		cmd->line = (int)at + 1;
		rp->command = cmd;
		if (line[0] == '#' || !line[0]) {
			at++;
			continue;
		}
		if (line[0] == '\t')
			fail(rp, "a block without its command");
		split(rp, cmd, fill_in(rp, line, call));
		if (cmd->argc == 2 && !strcmp(cmd->argv[0], "macro")) {
			at = define_macro(rp, script, at + 1, cmd->argv[1]);
			continue;
		}
		cmd->block_len = after - at - 1;
		cmd->block = keep(rp, (cmd->block_len + 1) * sizeof(char *));
		for (size_t i = 0; i < cmd->block_len; i++) {
			const char *text = script->lines[at + 1 + i];
			cmd->block[i] =
				fill_in(rp, text + (*text == '\t'), call);
		}
		macro = macro_find(rp, cmd->argv[0]);
		if (macro)
			call_macro(rp, macro, cmd);
		else
			command_run(rp, cmd);
		at = after;
	}
}

void script_run(struct replay *rp, const char *file)
{
	struct script *script = script_read(rp, file);

	run_lines(rp, script, 0, script->count, NULL);
}
