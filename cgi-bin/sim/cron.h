/* cron.h: when a schedule of SmartThings is due next: Quartz' expressions without their seconds (lifecycle protocol 4.2). */
#ifndef SIM_CRON_H
#define SIM_CRON_H

#include <stdint.h>

struct arena;

/* The first whole minute after ms that "minutes hours day-of-month month day-of-week year" names, in ms; zone is a name as
 * "Europe/Berlin", whose offset at ms counts. 0: there is none within a year. -1: it is no expression that we know, which are
 * numbers, names of months and days, ranges, lists, steps, "*" and "?". */
int64_t	 cron_next(struct arena *, const char *expression, const char *zone, int64_t ms);

#endif
