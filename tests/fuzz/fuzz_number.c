/* links: policy */
/* fuzz_number.c - whatever is dialled is refused in words or is a number whose
 * parts fit together; what is refused has no class */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "rempart/policy/emergency.h"
#include "rempart/policy/number.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool fits)
{
	if (!fits)
		abort();
}

static const struct number_settings sites[] = {
	{.country = "FR",
	 .outside_prefix = "0",
	 .internal = {"6xx", "[1-4]xxx"},
	 .internal_count = 2,
	 .shorts = {"3631"},
	 .short_count = 1,
	 .features = {"*97", "*72N", "*21*N#"},
	 .feature_count = 3},
	{.country = "US", .names_internal = true},
	{.country = "DE",
	 .international = {"00", "011"},
	 .international_count = 2},
	{.country = ""},
};

static bool all_of(const char *text, const char *bytes)
{
	return strspn(text, bytes) == strlen(text);
}

static void check_terminated(const struct number *number)
{
	require(memchr(number->country, '\0', sizeof(number->country)));
	require(memchr(number->e164, '\0', sizeof(number->e164)));
	require(memchr(number->dialled, '\0', sizeof(number->dialled)));
	require(memchr(number->pattern, '\0', sizeof(number->pattern)));
	require(memchr(number->behind, '\0', sizeof(number->behind)));
}

static void check_number(const struct number *number,
			 const struct verdict *verdict,
			 const struct number_settings *site)
{
	check_terminated(number);
	if (!verdict_passes(verdict)) {
		require(verdict->action == ACTION_REJECT);
		require(verdict->reason == REASON_NUMBER_UNREADABLE);
		require(verdict->detail[0] && number->cls == NUMBER_UNKNOWN);
		return;
	}
	require(number->cls != NUMBER_UNKNOWN);
	require(!number->behind[0] || number->cls == NUMBER_FEATURE);
	switch (number->cls) {
	case NUMBER_EMERGENCY:
		return;
	case NUMBER_INTERNAL:
	case NUMBER_SHORT:
	case NUMBER_FEATURE:
		require(!number->e164[0] && number->dialled[0]);
		return;
	default:
		break;
	}
	require(site->country[0]);
	require(all_of(number->dialled, "+0123456789"));
	require(!number->e164[0] || number->e164[0] == '+');
	require(strlen(number->e164) <= 16);
	require(all_of(number->e164, "+0123456789"));
	if (number->cls == NUMBER_INTERNATIONAL)
		require(strcmp(number->country, site->country) != 0);
	if (number->cls == NUMBER_FIXED || number->cls == NUMBER_MOBILE)
		require(!strcmp(number->country, site->country));
}

/* What was read once as E.164 is read again as the same. */
static void check_again(const struct number *number,
			const struct number_settings *site)
{
	struct number again;
	struct verdict verdict;

	if (!number->e164[0])
		return;
	verdict = number_read_dialled(&again, span_str(number->e164), site);
	if (verdict_passes(&verdict))
		require(again.cls == number->cls &&
			!strcmp(again.e164, number->e164));
}

static void check_pattern(struct span text, const struct number_settings *site)
{
	char pattern[NUMBER_PATTERN_MAX + 8], why[120];

	(void)span_copy(pattern, sizeof(pattern), text);
	require(number_pattern_check(pattern, true, why) == !why[0]);
	(void)emergency_hidden_by(pattern, site);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = span_of((const char *)data, size);
	struct verdict verdict;
	struct number number;
	struct sip_uri uri;
	bool is_uri = !sip_uri_parse(&uri, text);

	for (size_t i = 0; i < sizeof(sites) / sizeof(sites[0]); i++) {
		const struct number_settings *site = &sites[i];

		verdict = number_read_dialled(&number, text, site);
		check_number(&number, &verdict, site);
		require((number.cls == NUMBER_EMERGENCY) ==
			(emergency_is_dialled(text, site) ||
			 emergency_is_urn(text)));
		if (verdict_passes(&verdict))
			check_again(&number, site);
		check_pattern(text, site);
		if (!is_uri)
			continue;
		verdict = number_read(&number, &uri, site);
		check_number(&number, &verdict, site);
		require((number.cls == NUMBER_EMERGENCY) ==
			emergency_is(&uri, site));
	}
	return 0;
}
