/* problems.c - the list of faults and warnings, and its lines for people */
#include <stdio.h>

#include "rempart/config/config.h"
#include "problems.h"

/* A value may be quoted in a text: it must not command a terminal. */
static void make_printable(char *text)
{
	for (; *text; text++) {
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			*text = '?';
	}
}

static void say_list_is_full(struct config_problems *problems)
{
	struct config_problem *last = &problems->list[CONFIG_PROBLEMS_MAX - 1];

	if (last->warning)
		problems->faults++;
	last->warning = false;
	last->line = 0;
	snprintf(last->text, sizeof(last->text),
		 "there are more faults than are shown. Mend these first");
}

void problems_add(struct config_problems *problems, bool warning,
		  const char *file, unsigned line, const char *text)
{
	if (problems->count == CONFIG_PROBLEMS_MAX) {
		if (!warning)
			say_list_is_full(problems);
		return;
	}

	struct config_problem *problem = &problems->list[problems->count++];

	problem->warning = warning;
	problem->line = line;
	snprintf(problem->file, sizeof(problem->file), "%s", file);
	snprintf(problem->text, sizeof(problem->text), "%s", text);
	make_printable(problem->text);
	problems->faults += !warning;
}

void config_print_problems(FILE *out, const struct config_problems *problems)
{
	for (unsigned i = 0; i < problems->count; i++) {
		const struct config_problem *problem = &problems->list[i];

		fprintf(out, "%s:", problem->file);
		if (problem->line)
			fprintf(out, "%u:", problem->line);
		fprintf(out, " %s: %s\n",
			problem->warning ? "warning" : "error", problem->text);
	}
}
