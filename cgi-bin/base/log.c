/* log.c: format into one buffer, write it at once, so that lines of several processes do not mix. */
#include "base/log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/metrics.h"
#include "base/banned.h"

#define LINE 2000

static const char *program_name = "gatehouse", *request_id;
static enum log_level lowest = LOG_LEVEL_INFO;
static struct metric *followed;

void
log_open(const char *program, enum log_level level)
{
	program_name = program;
	lowest = level;
}

void
log_follow(void)
{
	followed = metric_own(METRIC_LOG_LEVEL);
}

/* Is this level left out now? */
static bool
is_quiet(enum log_level level)
{
	uint64_t set = metric_value(followed);

	return set != 0 ? level + 1 < set : level < lowest;
}

const char *
log_request(const char *id)
{
	const char *before = request_id;

	request_id = id;
	return before;
}

/* Append to line at *len; what does not fit is cut. */
static void
append(char *line, size_t *len, const char *fmt, va_list ap)
{
	int n = vsnprintf(line + *len, LINE - *len, fmt, ap);

	if (n > 0)
		*len += (size_t)n < LINE - *len ? (size_t)n : LINE - *len - 1;
}

static void
add(char *line, size_t *len, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	append(line, len, fmt, ap);
	va_end(ap);
}

/* What counts an event. Events are words of the sources: few, and each at its place. */
static struct metric *
counter_of(enum log_level level, const char *name, const char *event)
{
	static struct seen { const char *event; enum log_level level; struct metric *metric; } all[32];
	struct seen *s = &all[((uintptr_t)event / sizeof(void *) + level) % (sizeof(all) / sizeof(all[0]))];

	if (s->metric == NULL || s->event != event || s->level != level)
		*s = (struct seen){ event, level, metric_of(METRIC_EVENTS, "level=\"%s\",event=\"%s\"", name, event) };
	return s->metric;
}

/* 2026-11-22T16:00:00: spelled out once a second. */
static const char *
stamp_of(time_t second)
{
	static char stamp[32];
	static time_t last = -1;
	struct tm tm;

	if (second != last && gmtime_r(&second, &tm) != NULL && strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%S", &tm) > 0)
		last = second;
	return stamp;
}

void
log_event(enum log_level level, const char *event, const char *fmt, ...)
{
	static const char *const names[] = { "debug", "info", "warn", "error" };
	char line[LINE + 1];
	size_t len = 0;
	struct timespec now;
	va_list ap;

	if (level >= LOG_LEVEL_INFO)
		metric_add(counter_of(level, names[level], event), 1);
	if (is_quiet(level))
		return;
	clock_gettime(CLOCK_REALTIME, &now);	/* the machine's own time, even where a demo's clock is moved */
	add(line, &len, "%s.%03ldZ %s %s %s %s ", stamp_of(now.tv_sec), now.tv_nsec / 1000000, names[level], program_name,
	    request_id != NULL ? request_id : "-", event);
	va_start(ap, fmt);
	append(line, &len, fmt, ap);
	va_end(ap);
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
			line[i] = '?';
	line[len++] = '\n';
	ssize_t written = write(STDERR_FILENO, line, len);
	(void)written;	/* nobody is left to tell */
}
