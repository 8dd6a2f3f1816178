/* groups.h - one function a group of the file: from values to struct config */
#pragma once

#include "reader.h"

/*
 * Each fills its part of rd->cfg and adds faults. They run in this order, for
 * the later ones complete from what the earlier ones found.
 */
void group_listen(struct reader *rd);
void group_upstream(struct reader *rd);
MUST_CHECK
int group_registrar(struct reader *rd); /* 0 or ENOMEM */
void group_suites(struct reader *rd);
void group_media(struct reader *rd);
void group_numbering(struct reader *rd); /* and echo */
/* dial, groups, dial_mode */
MUST_CHECK
int group_dial(struct reader *rd);    /* 0 or ENOMEM */
void group_limits(struct reader *rd); /* and emergency */
/* node, domains, log, state, control */
void group_rest(struct reader *rd);
