/* copy.h - heap copies of what a message says, for passages and dialogs */
#pragma once

#include "rempart/base/span.h"
#include "rempart/sip/message.h"

/* Each returns a NUL-terminated string that the caller frees, or NULL when
 * memory is out; what is not there is "". */
char *copy_span(struct span s);
/* The URI of the first Contact; "" also when it is none ("*"). */
char *copy_contact(const struct sip_message *msg);
/* All Record-Route values in order, comma separated. */
char *copy_record_route(const struct sip_message *msg);
