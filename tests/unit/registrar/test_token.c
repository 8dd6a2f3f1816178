/* test_token.c - a TOKEN is the same for ever, for one user's slot only, in any
 * case */
#include <criterion/criterion.h>
#include <ctype.h>
#include <string.h>

#include "../sip/broken_mac.h"
#include "rempart/registrar/token.h"

static struct mac *key, *other_key;

static void setup(void)
{
	cr_assert_eq(mac_open(&key, (const uint8_t[MAC_KEY_BYTES]){9, 8, 7}),
		     0);
	cr_assert_eq(
		mac_open(&other_key, (const uint8_t[MAC_KEY_BYTES]){9, 8, 6}),
		0);
}

static void teardown(void)
{
	mac_close(key);
	mac_close(other_key);
}

TestSuite(token, .init = setup, .fini = teardown);

static struct token make(const char *user, uint32_t slot)
{
	struct token token;

	token_make(&token, key, span_str(user), slot);
	return token;
}

Test(token, is_the_same_for_the_same_key_user_and_slot)
{
	struct token a = make("alice", 3);
	struct token b = make("alice", 3);

	cr_assert(token_eq(&a, &b));
	/* PBXs have it in their contact lists: a release may not change it */
	cr_assert_str_eq(a.text, "rpvdnvdrpnw4e3veqm");
}

Test(token, differs_by_user_slot_and_key)
{
	struct token alice = make("alice", 3);
	struct token bob = make("bob", 3);
	struct token slot = make("alice", 4);
	struct token high = make("alice", 3u << 24);
	struct token other;

	token_make(&other, other_key, SPAN("alice"), 3);
	cr_assert_not(token_eq(&alice, &bob));
	cr_assert_not(token_eq(&alice, &slot));
	cr_assert_not(token_eq(&alice, &high));
	cr_assert_not(token_eq(&alice, &other));
}

Test(token, is_read_back_in_any_case)
{
	for (uint32_t slot = 0; slot < 200; slot++) {
		struct token token = make("alice", slot);
		struct token got = {0};
		char upper[TOKEN_TEXT_LEN];

		for (size_t i = 0; i < TOKEN_TEXT_LEN; i++)
			upper[i] = (char)toupper(token.text[i]);
		cr_assert_eq(strlen(token.text), TOKEN_TEXT_LEN);
		cr_assert(token_read(&got, span_str(token.text)));
		cr_assert(token_eq(&got, &token));
		got = (struct token){0};
		cr_assert(token_read(&got, span_of(upper, TOKEN_TEXT_LEN)));
		cr_assert(token_eq(&got, &token));
	}
}

Test(token, nothing_else_has_its_form)
{
	static const char *const others[] = {
		"",
		"rp",
		"alice",
		"rpaaaaaaaaaaaaaaa",
		"rpaaaaaaaaaaaaaaaaa",
		"rqaaaaaaaaaaaaaaaa",
		"rpaaaaaaaaaaaaaaa1",
		"rpaaaaaaaaaaaaaaa0",
		"rpaaaaaaaaaaaaaaa8",
		"rpaaaaaaaa%61aaaaa",
		"rpaaaaaaaaaaaaaaa ",
		"rpaaaaaaaaaaaaaaa=",
		"rpaaaaaaaaaaaaaaa\xc3",
	};
	struct token got = {.text = "untouched"};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		cr_assert_not(token_read(&got, span_str(others[i])), "%s",
			      others[i]);
	cr_assert_not(token_read(&got, span_of("rpaaaaaaaaaaaaaaa\0", 18)));
	cr_assert_str_eq(got.text, "untouched");
	cr_assert(token_read(&got, SPAN("rpaaaaaaaaaaaaaaaa")));
}

Test(token, is_none_while_the_crypto_library_fails)
{
	for (int call = BROKEN_FETCH; call < BROKEN_COUNT; call++) {
		broken = (enum broken)call;
		cr_expect_str_eq(make("alice", 3).text, "", "%d", call);
	}
	broken = BROKEN_NOTHING;
	cr_expect_str_eq(make("alice", 3).text, "rpvdnvdrpnw4e3veqm");
}
