/* route.h - is this Route the route set that the dialog has? */
#pragma once

#include <stdbool.h>

#include "rempart/base/span.h"

/* Two comma-separated lists hold the same URIs in the same order, compared
 * as text without case of the host; parameters after the URI do not count. */
bool route_same(struct span a, struct span b);
