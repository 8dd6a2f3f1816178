/* number.c - what was dialled, read by the site's plan and by the metadata */
#include "rempart/policy/number.h"

#include <assert.h>
#include <errno.h>

#include "rempart/base/text.h"
#include "rempart/policy/emergency.h"

#include "dialled.h"
#include "number_lib.h"
#include "pattern.h"

static const char *const class_names[NUMBER_CLASS_COUNT] = {
#define X(id, name) [NUMBER_##id] = name,
	NUMBER_CLASS_TABLE(X)
#undef X
};

const char *number_class_name(enum number_class cls)
{
	assert((unsigned)cls < NUMBER_CLASS_COUNT);
	return class_names[cls];
}

bool number_class_find(struct span name, enum number_class *out)
{
	for (unsigned i = 0; i < NUMBER_CLASS_COUNT; i++) {
		if (!span_eq(name, span_str(class_names[i])))
			continue;
		*out = (enum number_class)i;
		return true;
	}
	return false;
}

bool number_open(void)
{
	return !number_lib_open();
}

/* Whatever was understood before, an unreadable number has no class. */
static struct verdict unreadable(struct number *out, const char *why)
{
	out->cls = NUMBER_UNKNOWN;
	return verdict_reject(REASON_NUMBER_UNREADABLE, why);
}

static struct verdict found(struct number *out, enum number_class cls)
{
	out->cls = cls;
	return verdict_pass();
}

/* Calling codes of no country (ITU-T E.164.1 and the annex to the Operational
 * Bulletin); UNKNOWN for a country's. */
static enum number_class world_class(unsigned calling_code)
{
	switch (calling_code) {
	case 800: /* UIFN: free for who calls */
		return NUMBER_TOLL_FREE;
	case 808:
		return NUMBER_SHARED_COST;
	case 878: /* universal personal telecommunications */
		return NUMBER_PERSONAL;
	case 870: /* Inmarsat */
	case 881: /* Iridium, Globalstar */
	case 882:
	case 883: /* networks of carriers */
	case 888: /* disaster relief */
	case 979: /* international premium rate */
		return NUMBER_SATELLITE;
	default:
		return NUMBER_UNKNOWN;
	}
}

/* Exchange 976 of every North American area code is for paid information
 * services (NANPA, central office code guidelines); the metadata has it as a
 * fixed line. */
static bool is_paid_exchange(const struct number_parts *parts)
{
	size_t area = strlen(parts->national) > 7 ? 3 : 0;

	return parts->calling_code == 1 &&
	       !strncmp(parts->national + area, "976", 3);
}

/* A costly number abroad stays costly: "any number of GB" is no leave for
 * +44 909. One that is free or shared there is not so from here. */
static enum number_class class_of(const struct number_parts *parts,
				  const char *home)
{
	enum number_class world = world_class(parts->calling_code);

	if (world != NUMBER_UNKNOWN)
		return world;
	if (parts->kind == NUMBER_KIND_PREMIUM || is_paid_exchange(parts))
		return NUMBER_PREMIUM;
	if (parts->kind == NUMBER_KIND_PERSONAL)
		return NUMBER_PERSONAL;
	if (strcmp(parts->country, home) != 0)
		return NUMBER_INTERNATIONAL;
	switch (parts->kind) {
	case NUMBER_KIND_MOBILE:
		return NUMBER_MOBILE;
	case NUMBER_KIND_TOLL_FREE:
		return NUMBER_TOLL_FREE;
	case NUMBER_KIND_SHARED_COST:
		return NUMBER_SHARED_COST;
	case NUMBER_KIND_PREMIUM:
	case NUMBER_KIND_PERSONAL:
	case NUMBER_KIND_UNKNOWN:
	case NUMBER_KIND_FIXED:
		break;
	}
	return NUMBER_FIXED;
}

/*
 * A number of this country that no pattern knows. It stays domestic if it has
 * the length of one; a short code may be a paid service (118 218), and what
 * starts as an international number of another country is no national one,
 * whoever may take it for that further on.
 */
static const char *refuse_guess(const struct number_parts *parts,
				const char *digits)
{
	if (parts->short_code && !parts->abroad)
		return "a short code that numbering.short does not list";
	switch (parts->length) {
	case NUMBER_LENGTH_LONG:
		return "too long for a number of this country";
	case NUMBER_LENGTH_SHORT:
		return "too short, and numbering.short does not list it";
	case NUMBER_LENGTH_LOCAL:
		return parts->abroad ? "too short for a number of this country"
				     : NULL;
	case NUMBER_LENGTH_FITS:
		break;
	}
	if (parts->short_code)
		return "a short code with a country code before it";
	if (!parts->abroad &&
	    (!strncmp(digits, "00", 2) || !strncmp(digits, "011", 3)))
		return "an international prefix that is not this country's";
	return NULL;
}

/*
 * The library takes zeros and ones behind a country code for a habit of
 * dialling and drops them, in a number that it does not know one by one:
 * "+60 000 123" is then another number each time it is read.
 */
static bool reads_the_same(const struct number_parts *parts,
			   const struct number_settings *settings)
{
	struct number_parts again;

	return !number_lib_read(&again, parts->e164, settings->country) &&
	       !strcmp(again.e164, parts->e164);
}

/*
 * Where a carrier is chosen by prefix one string can be two numbers: in Hong
 * Kong 00881... is Japan behind 008, or a satellite phone behind 00. The
 * setting says which prefixes the trunk knows.
 */
static bool is_two_numbers(const struct number_parts *parts, const char *digits)
{
	unsigned code = 0;

	if (!parts->abroad || strncmp(digits, "00", 2) != 0)
		return false;
	for (unsigned i = 2; i < 5 && dialled_is_digit(digits[i]); i++)
		code = code * 10 + (unsigned)(digits[i] - '0');
	return code != parts->calling_code &&
	       world_class(code) == NUMBER_SATELLITE;
}

/* Digits that somebody in the country would dial, or '+' and digits. */
static struct verdict read_public(struct number *out, const char *digits,
				  const struct number_settings *settings)
{
	struct number_parts parts;
	bool local, plus = digits[0] == '+';
	int err;

	/* The library drops a '+' that makes no sense and tries again. */
	if (plus && digits[1] == '0')
		return unreadable(out, "no such country code");
	if (plus && strlen(digits) > 1 + 15)
		return unreadable(out, "more than 15 digits (E.164)");
	err = number_lib_read(&parts, digits, settings->country);
	if (err == ENOENT)
		return unreadable(out, "no such country code");
	if (err == ERANGE || (!err && strlen(parts.e164) > 1 + 15))
		return unreadable(out, "more than 15 digits (E.164)");
	if (err == ENOMEM)
		return unreadable(out, "the metadata cannot be used");
	if (err)
		return unreadable(out, "too short for a number");
	if (is_two_numbers(&parts, digits))
		return unreadable(out, "two numbers: numbering.international "
				       "has to say which prefix is meant");
	/* Seven digits in Jamaica are a number of that island. */
	local = parts.guessed && parts.length == NUMBER_LENGTH_LOCAL &&
		!parts.abroad;
	(void)span_copy(out->country, sizeof(out->country),
			span_str(local ? settings->country : parts.country));
	if (parts.guessed && !strcmp(out->country, settings->country)) {
		const char *wrong = refuse_guess(&parts, digits);

		if (wrong)
			return unreadable(out, wrong);
	}
	if (parts.guessed && !local && !reads_the_same(&parts, settings))
		return unreadable(out, "zeros or ones behind the country code");
	if (!local)
		(void)span_copy(out->e164, sizeof(out->e164),
				span_str(parts.e164));
	else if (!is_paid_exchange(&parts))
		return found(out, NUMBER_FIXED);
	return found(out, class_of(&parts, settings->country));
}

/* The longest of numbering.international that digits start with; 0: none. */
static size_t international_len(const char *digits,
				const struct number_settings *settings)
{
	struct span all = span_str(digits);
	size_t best = 0;

	for (unsigned i = 0; i < settings->international_count; i++) {
		struct span prefix = span_str(settings->international[i]);

		if (prefix.len > best && span_starts(all, prefix))
			best = prefix.len;
	}
	return best;
}

/*
 * The setting's international prefixes first; the country's own are known to
 * the metadata, and always understood: the trunk may know them too.
 */
static struct verdict read_outside(struct number *out, const char *digits,
				   const struct number_settings *settings)
{
	char global[NUMBER_DIALLED_MAX + 1] = "+";
	size_t len = international_len(digits, settings);

	if (!len || digits[0] == '+')
		return read_public(out, digits, settings);
	(void)span_copy(global + 1, sizeof(global) - 1, span_str(digits + len));
	return read_public(out, global, settings);
}

static struct verdict no_prefix(struct number *out,
				const struct number_settings *settings)
{
	char why[80];
	struct text txt = text_init(why, sizeof(why) - 1);

	text_puts(&txt, "dial the outside prefix ");
	text_puts(&txt, settings->outside_prefix);
	text_puts(&txt, " first");
	why[txt.len] = '\0';
	return unreadable(out, why);
}

/* Is it internal, short or a feature? Then the class is set. */
static bool match_patterns(struct number *out,
			   const struct number_settings *settings)
{
	const struct {
		const char (*patterns)[NUMBER_PATTERN_MAX];
		unsigned count;
		enum number_class cls;
	} lists[] = {
		{settings->internal, settings->internal_count, NUMBER_INTERNAL},
		{settings->shorts, settings->short_count, NUMBER_SHORT},
		{settings->features, settings->feature_count, NUMBER_FEATURE},
	};
	struct span dialled = span_str(out->dialled);

	for (unsigned i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		for (unsigned j = 0; j < lists[i].count; j++) {
			const char *pattern = lists[i].patterns[j];
			struct span behind;

			if (!pattern_match(pattern, dialled, &behind))
				continue;
			out->cls = lists[i].cls;
			(void)span_copy(out->pattern, sizeof(out->pattern),
					span_str(pattern));
			(void)span_copy(out->behind, sizeof(out->behind),
					behind);
			return true;
		}
	}
	return false;
}

/* A length that the metadata knows for its country. */
static bool is_whole(const struct number *num,
		     const struct number_settings *settings)
{
	struct number_parts parts;

	return num->e164[0] &&
	       !number_lib_read(&parts, num->e164, settings->country) &&
	       (!parts.guessed || (parts.length == NUMBER_LENGTH_FITS &&
				   parts.national[0] != '0'));
}

/*
 * Behind the outside prefix. 0088123456 behind a 0 is too short for France,
 * and a satellite phone for a PBX that takes 00 as it stands: what is no whole
 * number of the one reading is what the other makes of it.
 */
static struct verdict read_both(struct number *out, const char *digits,
				const struct number_settings *settings)
{
	struct number direct = *out;
	struct verdict verdict = read_outside(out, digits, settings), other;

	if (!verdict_passes(&verdict) || digits == out->dialled ||
	    strncmp(out->dialled, "00", 2) != 0 || is_whole(out, settings))
		return verdict;
	other = read_outside(&direct, direct.dialled, settings);
	if (!verdict_passes(&other))
		return verdict;
	*out = direct;
	return other;
}

/* By the digits alone, as the PBX reads them. */
static struct verdict read_plain(struct number *out,
				 const struct number_settings *settings)
{
	const char *digits = out->dialled;
	size_t prefix_len = strlen(settings->outside_prefix);

	if (match_patterns(out, settings))
		return verdict_pass();
	if (strpbrk(digits, "*#"))
		return unreadable(out, "a star code that numbering.features "
				       "does not list");
	if (!settings->country[0])
		return unreadable(out, "neither an internal nor an emergency "
				       "number, and numbering.country is not "
				       "set");
	if (digits[0] == '+')
		return read_public(out, digits, settings);
	if (strncmp(digits, settings->outside_prefix, prefix_len) != 0)
		return no_prefix(out, settings);
	digits += prefix_len;
	if (!*digits)
		return unreadable(out, "nothing behind the outside prefix");
	return read_both(out, digits, settings);
}

/* "+33" for FR: what a context must start with. */
static bool own_context(struct span *rest, const char *context,
			const struct number_settings *settings)
{
	char own[8];
	struct text txt = text_init(own, sizeof(own));
	unsigned code = settings->country[0]
				? number_lib_calling_code(settings->country)
				: 0;

	text_putc(&txt, '+');
	text_u64(&txt, code);
	if (!code || !span_starts(span_str(context), text_span(&txt)))
		return false;
	*rest = span_skip(span_str(context), txt.len);
	return true;
}

/* The number with its context before it, as some elements read it. */
static struct verdict read_joined(struct number *out, const char *context,
				  const struct number_settings *settings)
{
	char joined[NUMBER_DIALLED_MAX];
	struct text txt = text_init(joined, sizeof(joined) - 1);

	text_puts(&txt, context);
	text_puts(&txt, out->dialled);
	joined[txt.len] = '\0';
	if (txt.full)
		return unreadable(out, "more than 15 digits (E.164)");
	if (strpbrk(joined, "*#"))
		return unreadable(out, "a star code in a global context");
	return read_public(out, joined, settings);
}

/*
 * A phone-context that is a domain says nothing. A global one should not be
 * put before the number (RFC 3966 5.1.5), yet libphonenumber and others do,
 * and a PBX drops it: one string, two numbers. It may therefore complete the
 * number of this country, and never make another number of it.
 */
static struct verdict read_in_context(struct number *out, const char *context,
				      const struct number_settings *settings)
{
	struct number joined = *out;
	struct verdict plain = read_plain(out, settings), both;
	struct span rest;

	if (context[0] != '+')
		return plain;
	if (out->dialled[0] == '+') {
		if (!span_starts(span_str(out->dialled), span_str(context)))
			return unreadable(out, "a global number whose "
					       "phone-context is another");
		return plain;
	}
	if (!own_context(&rest, context, settings))
		return unreadable(out, "a phone-context of another country");
	if (verdict_passes(&plain) && !rest.len)
		return plain;
	both = read_joined(&joined, context, settings);
	if (!verdict_passes(&plain) || !verdict_passes(&both)) {
		*out = joined;
		return both;
	}
	if (!out->e164[0] ? out->cls == NUMBER_FIXED
			  : !strcmp(out->e164, joined.e164)) {
		*out = joined;
		return both;
	}
	return unreadable(out, "a number that is another in its phone-context");
}

/* The user part of a URI; `password` stood behind it. */
static struct verdict read_user(struct number *out, struct span user,
				bool password,
				const struct number_settings *settings)
{
	struct dialled dialled;
	const char *wrong = dialled_read(&dialled, user);

	(void)span_copy(out->dialled, sizeof(out->dialled),
			span_str(dialled.number));
	if (!wrong && emergency_is_dialled(user, settings))
		return found(out, NUMBER_EMERGENCY);
	if (!wrong && password)
		wrong = "a password behind the number";
	if (!wrong && dialled.name && !settings->names_internal)
		wrong = "letters in a number";
	if (wrong)
		return unreadable(out, wrong);
	if (dialled.name)
		return found(out, NUMBER_INTERNAL);
	return read_in_context(out, dialled.context, settings);
}

struct verdict number_read(struct number *out, const struct sip_uri *uri,
			   const struct number_settings *settings)
{
	struct span user;

	*out = (struct number){0};
	if (!dialled_find(&user, uri)) {
		(void)span_copy(out->dialled, sizeof(out->dialled), uri->text);
		if (emergency_is_urn(uri->text))
			return found(out, NUMBER_EMERGENCY);
		return unreadable(out, "neither a SIP nor a tel URI");
	}
	return read_user(out, user, uri->password.len > 0, settings);
}

struct verdict number_read_dialled(struct number *out, struct span dialled,
				   const struct number_settings *settings)
{
	*out = (struct number){0};
	if (emergency_is_urn(dialled)) {
		(void)span_copy(out->dialled, sizeof(out->dialled), dialled);
		return found(out, NUMBER_EMERGENCY);
	}
	return read_user(out, dialled, false, settings);
}
