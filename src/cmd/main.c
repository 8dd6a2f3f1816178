/* main.c - `rempart`: which subcommand was asked for */
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

#include "rempart/cmd/commands.h"

static int command_version(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	printf("rempart %s, %s\n", REMPART_VERSION,
	       OpenSSL_version(OPENSSL_VERSION));
	return 0;
}

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *help;
} commands[] = {
	{"run", command_run, "run the edge (the default)"},
	{"check", command_check, "check a configuration file"},
	{"passwd", command_passwd, "make a user's row for the registrar"},
	{"explain", command_explain, "may this user dial this number, and why"},
	{"ctl", command_ctl, "ask the running edge, end a call, reload"},
	{"log", command_log, "verify decision logs"},
	{"version", command_version, "print the version"},
};

enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

static int usage(FILE *out)
{
	fprintf(out, "usage: rempart [COMMAND] [OPTIONS]\n\n");
	for (size_t i = 0; i < COMMANDS; i++)
		fprintf(out, "  %-8s  %s\n", commands[i].name,
			commands[i].help);
	fprintf(out, "\nrempart COMMAND --help says more.\n");
	return out == stdout ? 0 : 2;
}

int main(int argc, char **argv)
{
	if (argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")))
		return usage(stdout);
	if (argc > 1 && !strcmp(argv[1], "--version"))
		return command_version(0, NULL);
	if (argc < 2 || argv[1][0] == '-')
		return command_run(argc, argv);
	for (size_t i = 0; i < COMMANDS; i++)
		if (!strcmp(argv[1], commands[i].name))
			return commands[i].run(argc - 1, argv + 1);
	fprintf(stderr, "rempart: unknown command \"%s\"\n", argv[1]);
	return usage(stderr);
}
