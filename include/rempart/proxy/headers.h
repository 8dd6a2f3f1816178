/* headers.h - which headers of a phone pass the edge (allow-list by parsed
 * name) */
#pragma once

#include <stdbool.h>

#include "rempart/sip/message.h"

/*
 * Via, Route, Record-Route, Max-Forwards, Contact, Content-Length and
 * Content-Type are written by the edge itself: false for them. Everything
 * that asserts something (P-*, Remote-Party-ID, Diversion, History-Info,
 * Identity, Path, Service-Route, X-* ...) and every unknown name is false.
 */
bool headers_pass_from_phone(enum sip_header id, bool request);

/* From the PBX all pass but those that the edge writes itself. */
bool headers_pass_from_upstream(enum sip_header id, bool request);
