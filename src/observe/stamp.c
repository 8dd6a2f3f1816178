/* stamp.c - times as RFC 3339 writes them */
#include "stamp.h"

#include <assert.h>
#include <errno.h>

enum {
	US_PER_S = 1000000,
	S_PER_DAY = 86400,
	EPOCH_DAYS = 719468, /* from 0000-03-01 to 1970-01-01 */
	ERA_DAYS = 146097,   /* 400 years */
	DATE_TIME_LEN = 19,  /* "2024-02-29T23:59:59" */
};

/* 9999-12-31T23:59:59.999999Z: RFC 3339 has four digits for the year. */
static const uint64_t STAMP_US_MAX = 253402300799999999;

static void put_digits(struct text *out, uint64_t value, unsigned width)
{
	char digits[20];

	assert(width <= sizeof(digits));
	for (unsigned i = width; i > 0; i--) {
		digits[i - 1] = (char)('0' + value % 10);
		value /= 10;
	}
	text_put(out, span_of(digits, width));
}

/*
 * Days since 1970-01-01 as a date. Counted in eras of 400 years that begin on
 * 1 March, so that the leap day is the last of its year. Arithmetic only:
 * cheaper than gmtime_r, and nothing to cache.
 */
static void put_date(struct text *out, uint64_t days)
{
	uint64_t shifted = days + EPOCH_DAYS;
	uint64_t era = shifted / ERA_DAYS;
	uint64_t day_of_era = shifted % ERA_DAYS;
	uint64_t year_of_era = (day_of_era - day_of_era / 1460 +
				day_of_era / 36524 - day_of_era / 146096) /
			       365;
	uint64_t day_of_year =
		day_of_era -
		(365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	uint64_t month_from_march = (5 * day_of_year + 2) / 153;
	uint64_t day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
	uint64_t month = month_from_march < 10 ? month_from_march + 3
					       : month_from_march - 9;

	put_digits(out, era * 400 + year_of_era + (month <= 2), 4);
	text_putc(out, '-');
	put_digits(out, month, 2);
	text_putc(out, '-');
	put_digits(out, day, 2);
}

void stamp_put_clock(struct text *out, uint64_t us)
{
	uint64_t second = us / US_PER_S % S_PER_DAY;

	put_digits(out, second / 3600, 2);
	text_putc(out, ':');
	put_digits(out, second / 60 % 60, 2);
	text_putc(out, ':');
	put_digits(out, second % 60, 2);
}

static uint64_t put_date_time(struct text *out, uint64_t us)
{
	if (us > STAMP_US_MAX)
		us = STAMP_US_MAX;
	put_date(out, us / US_PER_S / S_PER_DAY);
	text_putc(out, 'T');
	stamp_put_clock(out, us);
	return us % US_PER_S;
}

void stamp_put(struct text *out, uint64_t us)
{
	uint64_t fraction = put_date_time(out, us);

	text_putc(out, '.');
	put_digits(out, fraction, 6);
	text_putc(out, 'Z');
}

void stamp_put_second(struct text *out, uint64_t us)
{
	(void)put_date_time(out, us);
	text_putc(out, 'Z');
}

/* `width` digits at `at`, or -1. */
static int64_t digits_at(struct span text, size_t at, size_t width)
{
	int64_t value = 0;

	for (size_t i = at; i < at + width; i++) {
		if (i >= text.len || text.p[i] < '0' || text.p[i] > '9')
			return -1;
		value = value * 10 + (text.p[i] - '0');
	}
	return value;
}

static int64_t days_of_month(int64_t year, int64_t month)
{
	static const uint8_t days[] = {31, 28, 31, 30, 31, 30,
				       31, 31, 30, 31, 30, 31};
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return days[month - 1] + (month == 2 && leap);
}

/* The reverse of put_date(); negative: no such day, or one before 1970. */
static int64_t read_days(struct span text)
{
	int64_t year = digits_at(text, 0, 4);
	int64_t month = digits_at(text, 5, 2);
	int64_t day = digits_at(text, 8, 2);

	if (year < 0 || month < 1 || month > 12 || day < 1 ||
	    day > days_of_month(year, month) || text.p[4] != '-' ||
	    text.p[7] != '-')
		return -1;

	if (month <= 2)
		year--;
	int64_t month_from_march = month > 2 ? month - 3 : month + 9;
	int64_t year_of_era = year % 400;

	return year / 400 * ERA_DAYS + 365 * year_of_era + year_of_era / 4 -
	       year_of_era / 100 + (153 * month_from_march + 2) / 5 + day - 1 -
	       EPOCH_DAYS;
}

/* Seconds of "T23:59:59", or -1. */
static int64_t read_clock(struct span text)
{
	int64_t hour = digits_at(text, 11, 2);
	int64_t minute = digits_at(text, 14, 2);
	int64_t second = digits_at(text, 17, 2);

	if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 ||
	    second > 60 || text.p[13] != ':' || text.p[16] != ':' ||
	    (text.p[10] != 'T' && text.p[10] != 't'))
		return -1;
	return (hour * 60 + minute) * 60 + second;
}

/* Cuts ".000042" off the start. */
static bool take_fraction(struct span *text, int64_t *us)
{
	int64_t unit = US_PER_S / 10;
	size_t len = 1;

	*us = 0;
	if (!text->len || text->p[0] != '.')
		return true;
	for (; len < text->len && digits_at(*text, len, 1) >= 0; len++) {
		*us += unit * digits_at(*text, len, 1);
		unit /= 10;
	}
	*text = span_skip(*text, len);
	return len > 1;
}

/* "Z" or "+02:00", the whole of it. */
static bool read_offset(struct span text, int64_t *seconds)
{
	int64_t hour = digits_at(text, 1, 2);
	int64_t minute = digits_at(text, 4, 2);

	*seconds = 0;
	if (span_ieq(text, SPAN("Z")))
		return true;
	if (text.len != 6 || hour < 0 || hour > 23 || minute < 0 ||
	    minute > 59 || text.p[3] != ':' ||
	    (text.p[0] != '+' && text.p[0] != '-'))
		return false;
	*seconds = (hour * 60 + minute) * 60;
	if (text.p[0] == '-')
		*seconds = -*seconds;
	return true;
}

int stamp_read(uint64_t *us, struct span text)
{
	int64_t fraction, offset;

	if (text.len < DATE_TIME_LEN)
		return EINVAL;
	int64_t days = read_days(text);
	int64_t clock = read_clock(text);
	struct span rest = span_skip(text, DATE_TIME_LEN);

	if (days < 0 || clock < 0 || !take_fraction(&rest, &fraction) ||
	    !read_offset(rest, &offset))
		return EINVAL;
	int64_t seconds = days * S_PER_DAY + clock - offset;
	if (seconds < 0)
		return EINVAL;
	*us = (uint64_t)seconds * US_PER_S + (uint64_t)fraction;
	return 0;
}
