/* problems.h - collects what is wrong with a file */
#pragma once

#include <stdbool.h>

#include "rempart/config/config.h"

/* A fault is never lost: when the list is full, the last entry says so. */
void problems_add(struct config_problems *problems, bool warning,
		  const char *file, unsigned line, const char *text);
