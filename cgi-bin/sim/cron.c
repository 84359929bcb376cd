/* cron.c: six sets of numbers, and a walk over days and minutes. */
#include "sim/cron.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/arena.h"
#include "base/text.h"
#include "base/banned.h"

#define FIELDS 6
#define YEAR0 1970
#define MINUTES_A_DAY 1440
#define DAYS 366

static const char *const months[] = { "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC", NULL };
static const char *const weekdays[] = { "SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT", NULL };

static const struct { int min, max; const char *const *names; } fields[FIELDS] = {
	{ 0, 59, NULL }, { 0, 23, NULL }, { 1, 31, NULL }, { 1, 12, months }, { 1, 7, weekdays }, { 1970, 2199, NULL },
};

struct cron {
	bool	 set[FIELDS][230];	/* by value less the field's smallest */
};

/* A number or a name; -1 if it is neither. */
static int
value(struct arena *a, int field, const char *s, size_t len)
{
	long long n;

	for (int i = 0; fields[field].names != NULL && fields[field].names[i] != NULL; i++)
		if (len == 3 && strncasecmp(s, fields[field].names[i], 3) == 0)
			return fields[field].min + i;
	return text_to_int(arena_strndup(a, s, len), fields[field].min, fields[field].max, &n) ? (int)n : -1;
}

/* One piece between commas: "*", "?", "5", "1-5", "MON-FRI", each with "/step" perhaps. */
static bool
read_piece(struct arena *a, struct cron *c, int field, const char *s, size_t len)
{
	const char *slash = memchr(s, '/', len), *end = slash != NULL ? slash : s + len;
	const char *dash = memchr(s, '-', (size_t)(end - s));
	int from = fields[field].min, to = fields[field].max;
	long long step = 1;

	if (slash != NULL && !text_to_int(arena_strndup(a, slash + 1, (size_t)(s + len - slash - 1)), 1, 1000, &step))
		return false;
	if (end - s != 1 || strchr("*?", *s) == NULL) {
		from = value(a, field, s, (size_t)((dash != NULL ? dash : end) - s));
		to = dash != NULL ? value(a, field, dash + 1, (size_t)(end - dash - 1)) : slash != NULL ? to : from;
	}
	if (from < 0 || to < from)
		return false;
	for (int i = from; i <= to; i += (int)step)
		c->set[field][i - fields[field].min] = true;
	return true;
}

static bool
read_expression(struct arena *a, const char *s, struct cron *c)
{
	int field = 0;

	memset(c, 0, sizeof(*c));
	for (; *s != '\0' && field < FIELDS; field++) {
		size_t whole = strcspn(s, " "), n;
		for (const char *piece = s; piece <= s + whole; piece += n + 1) {
			n = strcspn(piece, ", ");
			if (n == 0 || !read_piece(a, c, field, piece, n))
				return false;
		}
		s += whole + strspn(s + whole, " ");
	}
	/* The year may be left out. */
	return *s == '\0' && (field == FIELDS || (field == FIELDS - 1 && read_piece(a, c, field, "*", 1)));
}

/* Seconds east of Greenwich, of a zone's name; 0 for one that this machine does not know. */
static long
offset_of(struct arena *a, const char *zone, time_t t)
{
	const char *before = getenv("TZ");
	char *kept = before != NULL ? arena_strdup(a, before) : NULL;
	struct tm tm;

	/* A name, never a file: what begins with a slash, a dot or a colon would be read. */
	if (zone == NULL || strspn(zone, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_/+-") != strlen(zone) ||
	    *zone == '/')
		return 0;
	setenv("TZ", zone, 1);
	tzset();
	localtime_r(&t, &tm);
	long offset = tm.tm_gmtoff;
	if (kept != NULL)
		setenv("TZ", kept, 1);
	else
		unsetenv("TZ");
	tzset();
	return offset;
}

static bool
is_day(const struct cron *c, const struct tm *tm)
{
	int year = tm->tm_year + 1900 - YEAR0;

	return year < 230 && c->set[5][year] && c->set[3][tm->tm_mon] && c->set[2][tm->tm_mday - 1] && c->set[4][tm->tm_wday];
}

int64_t
cron_next(struct arena *a, const char *expression, const char *zone, int64_t ms)
{
	struct cron c;

	if (expression == NULL || !read_expression(a, expression, &c))
		return -1;
	long offset = offset_of(a, zone, (time_t)(ms / 1000));
	int64_t local = ms / 60000 + 1 + offset / 60;	/* minutes */
	for (int day = 0; day <= DAYS; day++, local = (local / MINUTES_A_DAY + 1) * MINUTES_A_DAY) {
		time_t t = (time_t)(local * 60);
		struct tm tm;
		gmtime_r(&t, &tm);
		for (int m = (int)(local % MINUTES_A_DAY); is_day(&c, &tm) && m < MINUTES_A_DAY; m++)
			if (c.set[1][m / 60] && c.set[0][m % 60])
				return (local / MINUTES_A_DAY * MINUTES_A_DAY + m - offset / 60) * 60000;
	}
	return 0;
}
