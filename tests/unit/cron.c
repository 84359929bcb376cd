/* cron.c: when schedules are due next, against dates that were worked out by hand. */
#include <stdint.h>

#include "base/arena.h"
#include "sim/cron.h"
#include "check.h"
#include "base/banned.h"

#define MINUTE 60000LL
#define NOON 1795348800000LL	/* Sunday, 22 November 2026 12:00 UTC */

int
main(void)
{
	static const struct { const char *expression, *zone; int64_t after; const char *name; } cases[] = {
		{ "* * * * ? *", NULL, 1, "the next minute, never this one" },
		{ "0/15 * * * ? *", NULL, 15, "a step from a number goes to the end" },
		{ "*/20 * * * ? *", NULL, 20, "a step of all" },
		{ "5,7 * * * ? *", NULL, 5, "a list" },
		{ "58-59 11,12 * * ? *", NULL, 58, "a range, and two hours" },
		{ "0 12 * * ? *", NULL, 1440, "the same time tomorrow" },
		{ "30 7 ? * MON-FRI *", NULL, 1440 - 270, "a weekday" },
		{ "0 0 1 JAN ? *", NULL, (9 + 31) * 1440 - 720, "a month by name" },
		{ "0 0 29 2 ? 2028", NULL, -2, "further away than a year" },
		{ "0 12 * * ?", NULL, 1440, "without a year" },
		{ "0 14 * * ? *", "Europe/Berlin", 60, "another zone: 13:00 UTC" },
		{ "0 9 * * ? *", "America/New_York", 120, "west of Greenwich" },
		{ "0 13 * * ? *", "../../etc/passwd", 60, "no file is read for a zone" },
		{ "60 * * * ? *", NULL, -1, "no such minute" },
		{ "* * * *", NULL, -1, "too few" },
		{ "* * * * ? * *", NULL, -1, "too many" },
		{ "", NULL, -1, "nothing" },
		{ "1,,2 * * * ? *", NULL, -1, "a hole in a list" },
		{ "5-1 * * * ? *", NULL, -1, "a range backwards" },
		{ "0/0 * * * ? *", NULL, -1, "a step of nothing" },
		{ "0 0 L * ? *", NULL, -1, "the last day is not known here" },
		{ "0 0 ? * XYZ *", NULL, -1, "no such day" },
	};
	struct arena *a = arena_new((size_t)1 << 20);

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int64_t next = cron_next(a, cases[i].expression, cases[i].zone, NOON);
		int64_t want = cases[i].after == -1 ? -1 : cases[i].after == -2 ? 0 : NOON + cases[i].after * MINUTE;
		CHECK_NAMED(next == want, cases[i].name);
	}
	CHECK(cron_next(a, "* * * * ? *", NULL, NOON + 59999) == NOON + MINUTE);
	CHECK(cron_next(a, NULL, NULL, NOON) == -1);
	arena_free(a);
	return check_end();
}
