/* metrics.c: a hash table of figures in a mapped file, without locks. A slot is taken once and never given back.
 *
 * Two processes that name the same new figure at the same moment may take a slot each: what is written out is the sum. */
#include "base/metrics.h"

#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/banned.h"

#define LAYOUT	"1"		/* another one is another file: programs of two versions may run at once */
#define SLOTS	4096
#define NAME	184
#define VALUES	16
#define SUM	(VALUES - 1)	/* of a histogram, in microseconds */
#define FULL	(SLOTS - SLOTS / 8)	/* past this looking for a name would take long */

enum slot_state { FREE, TAKEN, NAMED };

struct metric {
	atomic_uint		 state;		/* enum slot_state; one whose taker was killed stays TAKEN for ever */
	uint32_t		 hash;
	char			 name[NAME];	/* family{labels, with no } at its end */
	_Atomic uint64_t	 values[VALUES];
};

struct table {
	atomic_uint		 used;
	unsigned char		 spare[60];
	struct metric		 slots[SLOTS];
};

enum kind { COUNTER, GAUGE, HISTOGRAM };

static const struct family {
	const char	*name;
	enum kind	 kind;
	const char	*help;
} families[METRIC_FAMILIES] = {
	[METRIC_REQUESTS] = { "gatehouse_requests_total", COUNTER, "Requests answered." },
	[METRIC_REQUEST_SECONDS] = { "gatehouse_request_seconds", HISTOGRAM, "Time from a request's coming to its answer." },
	[METRIC_EVENTS] = { "gatehouse_events_total", COUNTER, "Events, as the log names them." },
	[METRIC_CALLS] = { "gatehouse_calls_total", COUNTER, "Calls to others; status 0: no answer." },
	[METRIC_CALL_SECONDS] = { "gatehouse_call_seconds", HISTOGRAM, "Time that calls to others took." },
	[METRIC_IN_FLIGHT] = { "gatehouse_courier_calls_in_flight", GAUGE, "Calls that wait for their answer." },
	[METRIC_LATE_SECONDS] = { "gatehouse_courier_late_seconds", GAUGE, "How long something due has been waiting." },
	[METRIC_OUTBOX_LANES] = { "gatehouse_courier_outbox_lanes", GAUGE, "Lanes of the outbox in which calls wait." },
	[METRIC_STORE_QUESTIONS] = { "gatehouse_store_questions_total", COUNTER, "Questions to the store's server; each is a round trip." },
	[METRIC_STORE_CONFLICTS] = { "gatehouse_store_conflicts_total", COUNTER, "Transactions run again, as others were first." },
	[METRIC_STORE_SWEPT] = { "gatehouse_store_swept_total", COUNTER, "Records removed from the database that had expired." },
	[METRIC_LOG_LEVEL] = { "gatehouse_log_level", GAUGE, "0: as started; 1 debug, 2 info, 3 warn, 4 error." },
};

/* Upper bounds of a histogram's buckets, in microseconds; the last takes the rest. */
static const int64_t bounds[] = { 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 500000, 1000000, 2500000, 5000000 };
#define BOUNDS (sizeof(bounds) / sizeof(bounds[0]))
_Static_assert(BOUNDS + 1 <= SUM, "a histogram fits its slot");

static struct table *table;
static const char *self = "-";

void
metrics_open(const char *root, const char *program)
{
	char path[PATH_MAX];
	int n = snprintf(path, sizeof(path), "%s/metrics." LAYOUT, root), fd;

	self = program;
	if (table != NULL || n < 0 || (size_t)n >= sizeof(path) ||
	    (fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600)) < 0)
		return;
	/* With its blocks taken: on a full disk a hole would kill whoever writes there. It is never made shorter. */
	void *map = posix_fallocate(fd, 0, (off_t)sizeof(struct table)) == 0 ?
	    mmap(NULL, sizeof(struct table), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) : MAP_FAILED;
	close(fd);
	if (map != MAP_FAILED)
		table = map;
}

/* FNV-1a. */
static uint32_t
hash_of(const char *name)
{
	uint32_t h = 2166136261u;

	for (; *name != '\0'; name++)
		h = (h ^ (unsigned char)*name) * 16777619u;
	return h;
}

static bool
take(struct metric *m, const char *name, uint32_t hash)
{
	unsigned expected = FREE;

	if (!atomic_compare_exchange_strong(&m->state, &expected, TAKEN))
		return false;
	m->hash = hash;
	memcpy(m->name, name, strlen(name) + 1);
	atomic_store_explicit(&m->state, NAMED, memory_order_release);
	atomic_fetch_add(&table->used, 1);
	return true;
}

/* The slot of a name, taken if there is none; NULL without room. */
static struct metric *
find(const char *name)
{
	uint32_t hash = hash_of(name);

	for (uint32_t i = hash % SLOTS, left = SLOTS; left > 0; i = (i + 1) % SLOTS, left--) {
		struct metric *m = &table->slots[i];
		unsigned state = atomic_load_explicit(&m->state, memory_order_acquire);
		if (state == FREE && atomic_load(&table->used) >= FULL)
			return NULL;
		if (state == FREE && take(m, name, hash))
			return m;
		if (state == NAMED && m->hash == hash && strcmp(m->name, name) == 0)
			return m;
	}
	return NULL;
}

struct metric *
metric_own(enum metric_family family)
{
	char name[NAME];
	int n = snprintf(name, sizeof(name), "%s{program=\"%s\"", families[family].name, self);

	return table != NULL && n > 0 && n < NAME ? find(name) : NULL;
}

struct metric *
metric_of(enum metric_family family, const char *fmt, ...)
{
	char name[NAME];
	va_list ap;
	int n = snprintf(name, sizeof(name), "%s{program=\"%s\",", families[family].name, self), more;

	if (table == NULL || n < 0 || n >= NAME)
		return NULL;
	va_start(ap, fmt);
	more = vsnprintf(name + n, sizeof(name) - (size_t)n, fmt, ap);
	va_end(ap);
	return more >= 0 && n + more < NAME ? find(name) : NULL;
}

void
metric_add(struct metric *m, uint64_t n)
{
	if (m != NULL)
		atomic_fetch_add_explicit(&m->values[0], n, memory_order_relaxed);
}

void
metric_set(struct metric *m, uint64_t value)
{
	if (m != NULL)
		atomic_store_explicit(&m->values[0], value, memory_order_relaxed);
}

void
metric_observe(struct metric *m, int64_t us)
{
	size_t i = 0;

	if (m == NULL)
		return;
	while (i < BOUNDS && us > bounds[i])
		i++;
	atomic_fetch_add_explicit(&m->values[i], 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&m->values[SUM], us > 0 ? (uint64_t)us : 0, memory_order_relaxed);
}

uint64_t
metric_value(const struct metric *m)
{
	return m != NULL ? atomic_load_explicit(&m->values[0], memory_order_relaxed) : 0;
}

/* --- all of them --- */

/* The labels of a slot that belongs to this family; NULL for any other. */
static const char *
labels_of(const struct metric *m, const char *family)
{
	size_t n = strlen(family);

	if (atomic_load_explicit(&m->state, memory_order_acquire) != NAMED || memchr(m->name, '\0', NAME) == NULL)
		return NULL;
	return strncmp(m->name, family, n) == 0 && m->name[n] == '{' ? m->name + n + 1 : NULL;
}

void
metrics_each(enum metric_family family, void (*fn)(void *arg, struct metric *, const char *labels), void *arg)
{
	const char *labels;

	for (size_t i = 0; table != NULL && i < SLOTS; i++)
		if ((labels = labels_of(&table->slots[i], families[family].name)) != NULL)
			fn(arg, &table->slots[i], labels);
}

/* What is written of one figure: its labels, and the sum of the slots that have them. */
struct line {
	const char	*labels;
	uint64_t	 values[VALUES];
};

static int
by_labels(const void *a, const void *b)
{
	return strcmp(((const struct line *)a)->labels, ((const struct line *)b)->labels);
}

static void
write_histogram(struct buf *out, const char *name, const struct line *l)
{
	uint64_t count = 0;

	for (size_t i = 0; i < BOUNDS; i++) {
		count += l->values[i];
		buf_printf(out, "%s_bucket{%s,le=\"%g\"} %llu\n", name, l->labels, (double)bounds[i] / 1e6, (unsigned long long)count);
	}
	count += l->values[BOUNDS];
	buf_printf(out, "%s_bucket{%s,le=\"+Inf\"} %llu\n", name, l->labels, (unsigned long long)count);
	buf_printf(out, "%s_sum{%s} %.6f\n", name, l->labels, (double)l->values[SUM] / 1e6);
	buf_printf(out, "%s_count{%s} %llu\n", name, l->labels, (unsigned long long)count);
}

static void
write_head(struct buf *out, const char *name, const char *type, const char *help)
{
	buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void
write_family(struct buf *out, const struct family *f, struct line *lines)
{
	static const char *const types[] = { [COUNTER] = "counter", [GAUGE] = "gauge", [HISTOGRAM] = "histogram" };
	size_t n = 0;

	for (size_t i = 0; i < SLOTS; i++) {
		struct metric *m = &table->slots[i];
		if ((lines[n].labels = labels_of(m, f->name)) == NULL)
			continue;
		for (size_t k = 0; k < VALUES; k++)
			lines[n].values[k] = atomic_load_explicit(&m->values[k], memory_order_relaxed);
		n++;
	}
	if (n == 0)
		return;
	qsort(lines, n, sizeof(*lines), by_labels);
	write_head(out, f->name, types[f->kind], f->help);
	for (size_t i = 0; i < n; i++) {
		struct line *l = &lines[i];
		for (; i + 1 < n && strcmp(l->labels, lines[i + 1].labels) == 0; i++)
			for (size_t k = 0; k < VALUES; k++)
				l->values[k] += lines[i + 1].values[k];
		if (f->kind == HISTOGRAM)
			write_histogram(out, f->name, l);
		else
			buf_printf(out, "%s{%s} %llu\n", f->name, l->labels, (unsigned long long)l->values[0]);
	}
}

void
metrics_write(struct buf *out)
{
	struct line *lines = table != NULL ? calloc(SLOTS, sizeof(*lines)) : NULL;

	for (size_t i = 0; lines != NULL && i < METRIC_FAMILIES; i++)
		write_family(out, &families[i], lines);
	free(lines);
}

void
metrics_write_one(struct buf *out, const char *name, const char *type, const char *help, uint64_t value)
{
	char full[NAME];

	snprintf(full, sizeof(full), "gatehouse_%s", name);
	write_head(out, full, type, help);
	buf_printf(out, "%s %llu\n", full, (unsigned long long)value);
}
