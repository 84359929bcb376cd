/* moment.c: how long ago, in the largest unit that fits. */
#include "account/moment.h"

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/banned.h"

/* From so many seconds on, in this unit; past and to come, of one and of many. */
static const struct unit {
	int64_t		 from, seconds;
	const char	*ago[2], *in[2];
} units[] = {
	{ 86400, 86400, { "moment_day_ago", "moment_days_ago" }, { "moment_in_day", "moment_in_days" } },
	{ 3600, 3600, { "moment_hour_ago", "moment_hours_ago" }, { "moment_in_hour", "moment_in_hours" } },
	{ 60, 60, { "moment_minute_ago", "moment_minutes_ago" }, { "moment_in_minute", "moment_in_minutes" } },
	{ 0, 1, { "moment_now", "moment_now" }, { "moment_soon", "moment_soon" } },
};

static struct tm
calendar(int64_t ms)
{
	time_t t = (time_t)(ms / 1000);
	struct tm tm;

	gmtime_r(&t, &tm);
	return tm;
}

char *
moment_exact(struct arena *a, int64_t ms)
{
	struct tm tm = calendar(ms);

	return arena_printf(a, "%04d-%02d-%02d %02d:%02d UTC", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
	    tm.tm_min);
}

static struct json *
in_words(struct arena *a, int64_t off, int64_t ms)
{
	int64_t away = (off < 0 ? -off : off) / 1000;
	const struct unit *u = units;
	struct tm tm = calendar(ms);
	struct json *v = json_object(a);

	if (ms <= 0)
		return NULL;
	while (away < u->from)
		u++;
	long long n = away / u->seconds;
	json_set_string(a, v, "text", (off < 0 ? u->in : u->ago)[n != 1]);
	json_set_int(a, v, "n", n);
	json_set_string(a, v, "exact", moment_exact(a, ms));
	json_set_string(a, v, "iso", arena_printf(a, "%04d-%02d-%02dT%02d:%02d:%02dZ", tm.tm_year + 1900, tm.tm_mon + 1,
	    tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec));
	return v;
}

struct json *
moment(struct arena *a, int64_t ms)
{
	return in_words(a, clock_ms() - ms, ms);
}

struct json *
moment_past(struct arena *a, int64_t ms)
{
	int64_t off = clock_ms() - ms;

	return in_words(a, off > 0 ? off : 0, ms);
}
