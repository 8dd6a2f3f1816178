/* log_show.h - rempart log show */
#pragma once

/* argv[0] is "show". Returns the exit status; 2 before anything was shown,
 * with what is wrong said on stderr. */
int log_show(int argc, char **argv);
