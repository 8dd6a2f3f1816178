/* rules.h - the lists of dial, before their group hands them on */
#pragma once

#include <stdbool.h>

#include "reader.h"

/* Fills rd->cfg->dial.lists. 0 or ENOMEM. */
MUST_CHECK
int rules_read(struct reader *rd);

/* The name of a group or a list, and where it stands: "dial.office FILE:LINE".
 */
void rules_name(struct reader *rd, const char *group,
		const config_setting_t *set, char name[static DIAL_NAME_MAX],
		char where[static DIAL_WHERE_MAX]);

/* Index of a list, or -1. */
int rules_find(const struct reader *rd, const char *name);

/* What no single rule can see: circles, depth, and rules that never match.
 * Only for lists that were read without a fault. */
void rules_check(struct reader *rd);

/* Where a rule stands in the file. */
unsigned rules_line(const struct reader *rd, unsigned list, unsigned rule);
