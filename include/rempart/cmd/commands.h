/* commands.h - one function a subcommand of the program */
#pragma once

/* argv[0] is the subcommand's own name. Each returns the exit status: 0, 1
 * for a failure that it has explained on stderr, 2 for wrong usage. */
int command_check(int argc, char **argv);
int command_ctl(int argc, char **argv);
int command_explain(int argc, char **argv);
int command_passwd(int argc, char **argv);
int command_log(int argc, char **argv);
int command_run(int argc, char **argv);
