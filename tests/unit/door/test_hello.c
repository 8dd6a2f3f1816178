/* test_hello.c - the first bytes of a connection are told apart: a
 * ClientHello, clear text, old SSL, noise, and too little to tell */
#include <criterion/criterion.h>

#include "../../../src/door/hello.h"

static char detail[HELLO_DETAIL_MAX];

static enum hello_look look(const void *p, size_t len, enum reason *reason)
{
	*reason = REASON_OK;
	detail[0] = '\0';
	return door_hello_look(p, len, reason, detail);
}

static void refused(const void *p, size_t len, enum reason reason,
		    const char *words)
{
	enum reason got;

	cr_assert_eq(look(p, len, &got), HELLO_REFUSED, "%zu bytes", len);
	cr_assert_eq(got, reason, "%s", detail);
	cr_assert(strstr(detail, words), "%s", detail);
}

Test(hello, every_beginning_of_a_hello_waits_and_the_whole_passes)
{
	static const uint8_t HELLO[] = {22, 3, 1, 2, 0, 1, 0, 1, 0xfc};
	enum reason reason;

	for (size_t len = 0; len < sizeof(HELLO); len++)
		cr_assert_eq(look(HELLO, len, &reason), HELLO_MORE);
	cr_assert_eq(look(HELLO, sizeof(HELLO), &reason), HELLO_TLS);
}

Test(hello, clear_text_is_named_and_shown_from_its_first_byte)
{
	refused("R", 1, REASON_TLS_CLEAR_TEXT, "\"R\"");
	refused("REGISTER sip:a SIP/2.0\r\n", 24, REASON_TLS_CLEAR_TEXT,
		"\"REGISTER sip:a SIP/2.0..\"");
	refused("\r\n\r\n", 4, REASON_TLS_CLEAR_TEXT, "\"....\"");
	refused("GET / HTTP/1.1", 14, REASON_TLS_CLEAR_TEXT, "GET");
}

Test(hello, quotes_in_clear_text_cannot_end_the_quotation)
{
	refused("a\"b", 3, REASON_TLS_CLEAR_TEXT, "\"a.b\"");
}

Test(hello, noise_is_no_clear_text)
{
	refused("\0", 1, REASON_TLS_FAILED, "0x00");
	refused("\1ab", 3, REASON_TLS_FAILED, "0x01");
	refused("\x15\x03\x01", 3, REASON_TLS_FAILED, "0x15");
	refused("\xff\xff\xff", 3, REASON_TLS_FAILED, "0xff");
}

Test(hello, a_record_that_holds_no_hello_is_refused)
{
	refused("\x16\x02", 2, REASON_TLS_FAILED, "not a TLS");
	refused("\x16\x03\x01\x00\x10\x02", 6, REASON_TLS_FAILED, "not a TLS");
}

Test(hello, ssl_2_is_an_old_version)
{
	enum reason reason;

	cr_assert_eq(look("\x80\x2e", 2, &reason), HELLO_MORE);
	refused("\x80\x2e\x01", 3, REASON_TLS_VERSION, "SSL 2.0");
}

Test(hello, a_claim_of_a_huge_hello_buys_no_memory)
{
	enum reason reason;

	cr_assert_eq(look("\x16\x03\x01\x40\x00\x01\x00\x40\x00", 9, &reason),
		     HELLO_TLS);
	refused("\x16\x03\x01\x40\x00\x01\x00\x40\x01", 9, REASON_TLS_FAILED,
		"16385");
	refused("\x16\x03\x01\x00\x01\x01\x16\x03\x01", 9, REASON_TLS_FAILED,
		"records of 1 bytes");
}
