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

void
log_request(const char *id)
{
	request_id = id;
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

void
log_event(enum log_level level, const char *event, const char *fmt, ...)
{
	static const char *const names[] = { "debug", "info", "warn", "error" };
	char line[LINE + 1];
	size_t len = 0;
	struct timespec now;
	struct tm tm;
	va_list ap;

	if (level >= LOG_LEVEL_INFO)
		metric_add(metric_of(METRIC_EVENTS, "level=\"%s\",event=\"%s\"", names[level], event), 1);
	if (is_quiet(level))
		return;
	clock_gettime(CLOCK_REALTIME, &now);	/* the machine's own time, even where a demo's clock is moved */
	gmtime_r(&now.tv_sec, &tm);
	add(line, &len, "%04d-%02d-%02dT%02d:%02d:%02d.%03ldZ %s %s %s %s ", tm.tm_year + 1900, tm.tm_mon + 1,
	    tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, now.tv_nsec / 1000000, names[level], program_name,
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
