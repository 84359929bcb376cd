/* when.c: reads fixed forms digit by digit, and counts days. */
#include "smartapp/when.h"

#include <string.h>

#include "base/banned.h"

/* n digits as a number; -1 if one is none. */
static int
digits(const char *s, size_t n)
{
	int v = 0;

	for (size_t i = 0; i < n; i++) {
		if (s[i] < '0' || s[i] > '9')
			return -1;
		v = v * 10 + (s[i] - '0');
	}
	return v;
}

/* Days from 1970 to a day of the Gregorian calendar: years are counted from March, so that the leap day is their last. */
static int64_t
days_to(int year, int month, int day)
{
	int64_t y = month <= 2 ? year - 1 : year, era = y / 400, of_era = y - era * 400;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static int
month_days(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return days[month - 1] + (month == 2 && leap);
}

static bool
day_ok(int year, int month, int day)
{
	return year >= 1 && month >= 1 && month <= 12 && day >= 1 && day <= month_days(year, month);
}

/* "13:23:37" as seconds of the day; -1 if it is none. A leap second is the next one. */
static int
clock_time(const char *s)
{
	int h = digits(s, 2), m = -1, sec = -1;

	if (h >= 0 && s[2] == ':')
		m = digits(s + 3, 2);
	if (m >= 0 && s[5] == ':')
		sec = digits(s + 6, 2);
	return h > 23 || m < 0 || m > 59 || sec < 0 || sec > 60 ? -1 : h * 3600 + m * 60 + sec;
}

bool
when_http(const char *s, int64_t *seconds)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	static const char form[] = "aaa, 00 aaa 0000 00:00:00 aaa";

	for (size_t i = 0; i < sizeof(form); i++) {
		bool letter = (s[i] >= 'A' && s[i] <= 'Z') || (s[i] >= 'a' && s[i] <= 'z');
		bool digit = s[i] >= '0' && s[i] <= '9';
		if (form[i] == 'a' ? !letter : form[i] == '0' ? !digit : s[i] != form[i])
			return false;
	}
	int day = digits(s + 5, 2), month = 0, year = digits(s + 12, 4), time = clock_time(s + 17);
	while (month < 12 && memcmp(months + 3 * month, s + 8, 3) != 0)
		month++;
	if (!day_ok(year, month + 1, day) || time < 0 || (strcmp(s + 26, "GMT") != 0 && strcmp(s + 26, "UTC") != 0))
		return false;
	*seconds = days_to(year, month + 1, day) * 86400 + time;
	return true;
}

/* "Z", "+02:00" or "-0400" as seconds east; false if it is none of these. */
static bool
zone(const char *s, int *east)
{
	*east = 0;
	if (strcmp(s, "Z") == 0)
		return true;
	if (*s != '+' && *s != '-')
		return false;
	int h = digits(s + 1, 2), m = -1;
	const char *rest = h < 0 ? s : s + 3;
	rest += *rest == ':';
	if (h >= 0 && h <= 18)
		m = digits(rest, 2);
	if (m < 0 || m > 59 || rest[2] != '\0')
		return false;
	*east = (*s == '-' ? -1 : 1) * (h * 3600 + m * 60);
	return true;
}

bool
when_iso(const char *s, int64_t *ms)
{
	int year = digits(s, 4), month = -1, day = -1, time = -1, east, thousandths = 0;

	if (year >= 0 && s[4] == '-')
		month = digits(s + 5, 2);
	if (month >= 0 && s[7] == '-')
		day = digits(s + 8, 2);
	if (day >= 0 && s[10] == 'T')
		time = clock_time(s + 11);
	if (time < 0 || !day_ok(year, month, day))
		return false;
	s += 19;
	if (*s == '.') {
		size_t n = strspn(s + 1, "0123456789");
		if (n == 0 || n > 12)
			return false;
		for (size_t i = 0; i < 3; i++)
			thousandths = thousandths * 10 + (i < n ? s[1 + i] - '0' : 0);
		s += 1 + n;
	}
	if (!zone(s, &east))
		return false;
	*ms = (days_to(year, month, day) * 86400 + time - east) * 1000 + thousandths;
	return true;
}

bool
when_minute(const char *s, int *minute)
{
	int64_t ms;
	bool short_form = strlen(s) == 5;
	const char *at = short_form ? s : s + 11;

	if (!short_form && !when_iso(s, &ms))
		return false;
	int h = digits(at, 2), m = at[2] == ':' ? digits(at + 3, 2) : -1;
	if (h < 0 || h > 23 || m < 0 || m > 59)
		return false;
	*minute = h * 60 + m;
	return true;
}

bool
when_offset(const char *s, int *minutes)
{
	int64_t ms;
	int east;

	if (when_iso(s, &ms)) {
		s += 19;
		s += *s == '.' ? 1 + strspn(s + 1, "0123456789") : 0;
	}
	if (!zone(s, &east))
		return false;
	*minutes = east / 60;
	return true;
}
