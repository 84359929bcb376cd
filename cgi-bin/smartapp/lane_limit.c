/* lane_limit.c: how often the platform lets one installed app call: lifecycle-protocol's table, kept rather than met. */
#include <string.h>

#include "smartapp/lane.h"
#include "base/banned.h"

static const struct { size_t calls; int64_t ms; } limits[] = {
	[LIMIT_NONE] = { LANE_TIMES, 0 },
	[LIMIT_SUBSCRIBE] = { 40, 15 * 60000 },
	[LIMIT_SUBSCRIPTIONS] = { 15, 15 * 60000 },
	[LIMIT_SCHEDULE] = { 12, 60000 },
	[LIMIT_SCHEDULES] = { 20, 6 * 60000 },
};

static enum lane_limit
limit_of(const char *method, const char *path)
{
	bool post = strcmp(method, "POST") == 0;

	if (strstr(path, "/subscriptions") != NULL)
		return post ? LIMIT_SUBSCRIBE : LIMIT_SUBSCRIPTIONS;
	if (strstr(path, "/schedules") != NULL)
		return post ? LIMIT_SCHEDULE : LIMIT_SCHEDULES;
	return LIMIT_NONE;
}

bool
lane_limit(struct lane *l, const char *method, const char *path, int64_t now, int64_t *when)
{
	enum lane_limit k = limit_of(method, path);
	/* The call that was so many before this one: it must be long enough ago. */
	size_t n = limits[k].calls, slot = (l->place[k] + LANE_TIMES - n) % LANE_TIMES;
	int64_t then = l->times[k][slot];

	*when = then + limits[k].ms;
	if (then != 0 && *when > now && then <= now)
		return false;
	l->times[k][l->place[k]] = now;
	l->place[k] = (l->place[k] + 1) % LANE_TIMES;
	return true;
}
