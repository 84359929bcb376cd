/* metrics.h: figures of the instance, counted by all its processes together in one file that they map, ROOT/metrics.1.
 *
 * A process killed anywhere loses at most the one step that it was in, and holds nobody up: there are no locks. What was counted
 * outlives restarts. Names are Prometheus' (its text format 0.0.4); docs/metrics.md explains every family. */
#ifndef BASE_METRICS_H
#define BASE_METRICS_H

#include <stdint.h>

struct buf;
struct metric;

enum metric_family {
	METRIC_REQUESTS,		/* counter: route, status */
	METRIC_REQUEST_SECONDS,		/* histogram: route */
	METRIC_EVENTS,			/* counter: level, event */
	METRIC_CALLS,			/* counter: status; calls to others */
	METRIC_CALL_SECONDS,		/* histogram */
	METRIC_IN_FLIGHT,		/* gauge: calls that wait for their answer */
	METRIC_LATE_SECONDS,		/* gauge: sender; how long something due has been waiting */
	METRIC_OUTBOX_LANES,		/* gauge: lanes of the outbox in which calls wait */
	METRIC_STORE_QUESTIONS,		/* counter: times that a server was waited for, where the store is on one */
	METRIC_STORE_CONFLICTS,		/* counter: ... transactions that were run again there */
	METRIC_STORE_SWEPT,		/* counter: ... records removed that had expired */
	METRIC_LOG_LEVEL,		/* gauge: 0 = as the program is started, else 1 + enum log_level */
	METRIC_FAMILIES,
};

/* Map the instance's figures for the process's life. program names it in every label and is kept by pointer. Where that cannot be,
 * everything below does nothing. */
void	 metrics_open(const char *root, const char *program);

/* This process's own figure of a family, made if it is not there. fmt makes its labels after program, "route=\"%s\"";
 * values hold no quotes or backslashes and come from a small set, never from a request. NULL if there is no room. */
struct metric *metric_of(enum metric_family, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));

/* The one that needs no more labels than program. */
struct metric *metric_own(enum metric_family);

/* NULL is allowed in all of these. us: microseconds. */
void	 metric_add(struct metric *, uint64_t n);
void	 metric_set(struct metric *, uint64_t value);
void	 metric_observe(struct metric *, int64_t us);
uint64_t metric_value(const struct metric *);

/* Each figure of a family, with its labels as text: program="token",route="/oauth/token". */
void	 metrics_each(enum metric_family, void (*fn)(void *arg, struct metric *, const char *labels), void *arg);

/* All families as text. */
void	 metrics_write(struct buf *);

/* One figure more, which stands elsewhere: its name without prefix, "counter" or "gauge", one line of help. */
void	 metrics_write_one(struct buf *, const char *name, const char *type, const char *help, uint64_t value);

#endif
