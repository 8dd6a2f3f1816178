/* limits_help.h - what the tests of the limits share */
#pragma once

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "rempart/guard/limits.h"

static const uint64_t S = 1000000; /* us */
static const uint64_t START_US = 5 * 1000000ull;
static const uint8_t KEY[16] = "not a secret key";

static inline struct limits *opened(struct limits_settings *rules)
{
	struct limits *set = NULL;

	cr_assert_eq(limits_open(&set, KEY), 0);
	limits_defaults(rules);
	return set;
}

static inline struct bucket_rule ruled(const char *text)
{
	struct bucket_rule rule = {0};

	cr_assert_eq(limits_parse(&rule, span_str(text)), 0, "%s", text);
	return rule;
}

static inline struct addr from(uint32_t ip)
{
	struct addr addr = {.version = 4, .port = 5061};

	memcpy(addr.ip, &ip, sizeof(ip));
	return addr;
}

/* A name of a user, good until the next call. */
static inline struct span user(uint64_t n)
{
	static char name[24];

	snprintf(name, sizeof(name), "u%llu", (unsigned long long)n);
	return span_str(name);
}

/* splitmix64 */
static inline uint64_t draw(uint64_t *seed)
{
	uint64_t z = (*seed += 0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

static inline bool registers(struct limits *set,
			     const struct limits_settings *rules, uint64_t n,
			     uint32_t ip, uint64_t now_us)
{
	const struct addr source = from(ip);
	const struct verdict v =
		limits_register(set, rules, user(n), &source, now_us);

	return verdict_passes(&v);
}

static inline bool calls(struct limits *set,
			 const struct limits_settings *rules, uint64_t n,
			 uint64_t now_us)
{
	const struct verdict v = limits_call(set, rules, user(n), now_us);

	return verdict_passes(&v);
}
