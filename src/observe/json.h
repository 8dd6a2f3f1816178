/* json.h - a strict scanner for one line of JSON (RFC 8259) */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "rempart/base/text.h"

enum { JSON_DEPTH_MAX = 8 };

/* Once a function has returned false, `fault` says what was expected and
 * `rest` stands where. */
struct json {
	struct span rest;
	const char *fault;
};

/* Called behind the colon of each member; takes its value, or returns false
 * after a fault. */
typedef bool(json_member_h)(struct json *json, struct span name, void *arg);

/* An object; `names` takes the members' names, escapes undone. */
bool json_object(struct json *json, struct text *names, json_member_h *member,
		 void *arg);
/* A string, escapes undone, written to `out`; *s is that part of it. The
 * result is never longer than what stands in the line. */
bool json_string(struct json *json, struct text *out, struct span *s);
/* A number of 0 to 2^64 - 1 without fraction. */
bool json_u64(struct json *json, uint64_t *value);
/* Passes over a value of any kind, JSON_DEPTH_MAX deep. */
bool json_skip(struct json *json);
/* Nothing but blanks is left. */
bool json_end(struct json *json);

/* Returns false. */
bool json_fail(struct json *json, const char *fault);
