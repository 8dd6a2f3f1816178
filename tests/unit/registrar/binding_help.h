/* binding_help.h - a set of bindings and the requests that the tests make */
#pragma once

#include <criterion/criterion.h>
#include <string.h>

#include "rempart/registrar/binding.h"

static const uint8_t KEY[MAC_KEY_BYTES] = {1, 2, 3};
static const uint8_t HASH_KEY[16] = {4, 5, 6};
static const uint64_t NOW_US = 5000000000;
static const uint64_t S_US = 1000000;

static struct bindings *set;

static struct bindings *open_set(size_t max)
{
	struct bindings *opened = NULL;

	cr_assert_eq(bindings_open(&opened, max, KEY, HASH_KEY), 0);
	return opened;
}

static void setup(void)
{
	set = open_set(1000);
}

static void teardown(void)
{
	bindings_close(set);
}

/* A REGISTER without an instance. */
static struct binding_request plain(const char *user, const char *contact,
				    uint64_t conn, const char *source)
{
	struct binding_request req = {.user = span_str(user), .conn = conn};

	cr_assert_eq(sip_uri_parse(&req.contact, span_str(contact)), 0);
	cr_assert_eq(addr_parse(&req.source, span_str(source)), 0);
	return req;
}

static struct binding_request device(const char *user, const char *instance,
				     uint64_t conn)
{
	struct binding_request req =
		plain(user, "sip:x@10.0.0.9", conn, "192.0.2.9:1000");

	req.instance = span_str(instance);
	return req;
}

static struct binding *reserve(const struct binding_request *req,
			       uint64_t now_us)
{
	struct binding *bnd = NULL;
	struct verdict v = binding_reserve(set, req, now_us, &bnd);

	cr_assert(verdict_passes(&v), "%s %s", reason_name(v.reason), v.detail);
	cr_assert_not_null(bnd);
	return bnd;
}

static inline struct binding_request
with_credentials(struct binding_request req)
{
	req.credentials = true;
	return req;
}

static inline enum reason refusal(const struct binding_request *req,
				  uint64_t now_us)
{
	struct binding *bnd = NULL;
	struct verdict v = binding_reserve(set, req, now_us, &bnd);

	cr_assert_eq(v.action, ACTION_REJECT);
	cr_assert_null(bnd);
	return v.reason;
}

static struct binding *registered(struct binding_request req, uint64_t now_us)
{
	struct binding *bnd = reserve(&req, now_us);

	cr_assert(binding_commit(set, bnd, &req, 3600, now_us));
	return bnd;
}
