/* chart.c: from a device's history to coordinates. The drawing is as wide as what is known of the day: what a value was before
 * its first change of the day stands in that change. */
#include "console/chart.h"

#include <math.h>
#include <string.h>

#include "account/moment.h"
#include "account/words.h"
#include "app.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "console/list.h"
#include "device/catalogue.h"
#include "device/history.h"
#include "device/state.h"
#include "base/banned.h"

#define WIDTH 720.0
#define HEIGHT 80.0	/* of the line; a little room stays above and below */
#define ROOM 6.0
#define LABEL 36.0	/* half of what the label of an hour takes */
#define LINE_MAX 32768	/* bytes of coordinates */
#define HOUR_MS (3600 * (int64_t)1000)
#define SPAN_MIN (HOUR_MS / 6)
#define TICKS_MAX 6

/* One value of a trace. */
struct point {
	int64_t			 time;	/* ms */
	const struct json	*value;
	const char		*unit;
};

/* What one attribute was, newest first; the last is what it was before the first change that is known. */
struct trace {
	const struct state_value *like;
	const struct point	*points;
	size_t			 n;
};

struct drawing {
	struct app		*app;
	const struct words	*w;
	const struct list_item	*it;
	const struct history	*h;
	int64_t			 since, now;
	struct json		*out;
};

static bool
same_attribute(const struct state_value *a, const struct state_value *b)
{
	return strcmp(a->component, b->component) == 0 && strcmp(a->capability, b->capability) == 0 &&
	    strcmp(a->attribute, b->attribute) == 0;
}

static struct point
point_before(const struct state_value *v)
{
	return (struct point){ json_get_int(v->was, "time", 0), json_get(v->was, "value"),
	    v->unit != NULL ? v->unit : json_get_string(v->was, "unit") };
}

static struct trace
trace_of(const struct drawing *d, const struct state_value *like)
{
	struct point *points = arena_alloc(d->w->arena, (d->h->n + 1) * sizeof(*points));
	const struct state_value *oldest = like;
	size_t n = 0;

	for (size_t i = 0; i < d->h->n; i++) {
		const struct state_value *v = &d->h->values[i];
		if (!same_attribute(v, like))
			continue;
		points[n++] = (struct point){ v->time, v->value, v->unit };
		oldest = v;
	}
	if (oldest->was != NULL)
		points[n++] = point_before(oldest);
	return (struct trace){ like, points, n };
}

static double
x_of(const struct drawing *d, int64_t ms)
{
	double x = (double)(ms - d->since) / (double)(d->now - d->since) * WIDTH;

	return round(fmin(fmax(x, 0), WIDTH) * 10) / 10;
}

static const struct attribute *
attribute_of(const struct drawing *d, const struct state_value *v)
{
	const struct capability *c = catalogue_capability(d->app->catalogue, v->capability);

	return c == NULL ? NULL : device_type_attribute(catalogue_type(d->app->catalogue, d->it->device.type), c, v->attribute);
}

/* --- the two kinds --- */

/* Lowest and highest of a trace. False if one is no number. */
static bool
limits(const struct trace *t, double *low, double *high)
{
	double n;

	*low = INFINITY;
	*high = -INFINITY;
	for (size_t i = 0; i < t->n; i++) {
		if (!json_number(t->points[i].value, &n))
			return false;
		*low = fmin(*low, n);
		*high = fmax(*high, n);
	}
	return isfinite(*low);
}

/* A value holds until the next: the line goes in steps, from the oldest to now. */
static void
draw_line(const struct drawing *d, struct json *v, const struct trace *t, double low, double high)
{
	struct arena *a = d->w->arena;
	struct buf b = buf_new(a, LINE_MAX);
	double last = NAN, n;

	for (size_t i = t->n; i > 0; i--) {
		const struct point *p = &t->points[i - 1];
		if (!json_number(p->value, &n))
			continue;
		double y = high > low ? round((ROOM + HEIGHT - (n - low) / (high - low) * HEIGHT) * 10) / 10 : ROOM + HEIGHT / 2;
		if (isfinite(last))
			buf_printf(&b, "%g,%g ", x_of(d, p->time), last);
		buf_printf(&b, "%g,%g ", x_of(d, p->time), y);
		last = y;
	}
	buf_printf(&b, "%g,%g", WIDTH, last);
	json_set_string(a, v, "line", b.over ? "" : b.data);
	json_set_string(a, v, "low", words_value(d->w, json_new_number(a, low), t->like->unit));
	json_set_string(a, v, "high", words_value(d->w, json_new_number(a, high), t->like->unit));
}

/* What a device begins with is calm: off, closed, dry. */
static bool
is_calm(const struct attribute *at, const struct json *value)
{
	const char *s = json_string(value);

	return s != NULL && ((at != NULL && at->initial != NULL && json_equal(at->initial, value)) || strcmp(s, "offline") == 0);
}

static void
draw_bands(const struct drawing *d, struct json *v, const struct trace *t)
{
	struct arena *a = d->w->arena;
	struct json *bands = json_set(a, v, "bands", json_array(a));
	double end = WIDTH;

	for (size_t i = 0; i < t->n; i++) {
		double x = x_of(d, t->points[i].time);
		struct json *b = json_append(a, bands, json_object(a));
		json_set_number(a, b, "x", x);
		json_set_number(a, b, "width", fmax(round((end - x) * 10) / 10, 1));
		json_set_bool(a, b, "calm", is_calm(attribute_of(d, t->like), t->points[i].value));
		json_set_string(a, b, "text", words_value(d->w, t->points[i].value, NULL));
		end = x;
	}
}

/* --- a chart --- */

static void
add_hours(const struct drawing *d, struct json *v)
{
	struct arena *a = d->w->arena;
	struct json *hours = json_set(a, v, "hours", json_array(a));
	static const int64_t steps[] = { HOUR_MS / 6, HOUR_MS, 3 * HOUR_MS, 6 * HOUR_MS };
	size_t i = 0;

	while (i < 3 && (d->now - d->since) / steps[i] > TICKS_MAX)
		i++;
	int64_t step = steps[i];
	for (int64_t t = (d->since / step + 1) * step; t < d->now; t += step) {
		struct json *h = json_append(a, hours, json_object(a));
		double x = x_of(d, t);
		json_set_number(a, h, "x", x);
		json_set(a, h, "when", moment(a, t));
		if (x > LABEL && x < WIDTH - LABEL)	/* at an edge it would be cut */
			json_set_string(a, h, "hour", arena_printf(a, "%02d:%02d", (int)(t / HOUR_MS % 24), (int)(t / (HOUR_MS / 60) % 60)));
	}
}

static void
add_rows(const struct drawing *d, struct json *v, const struct trace *t)
{
	struct arena *a = d->w->arena;
	struct json *rows = json_set(a, v, "rows", json_array(a));

	for (size_t i = 0; i < t->n; i++) {
		struct json *r = json_append(a, rows, json_object(a));
		json_set(a, r, "when", moment(a, t->points[i].time));
		json_set_string(a, r, "text", words_value(d->w, t->points[i].value, t->points[i].unit));
	}
}

static void
draw(const struct drawing *d, const struct state_value *like)
{
	struct arena *a = d->w->arena;
	struct trace t = trace_of(d, like);
	double low, high;
	struct json *v = json_append(a, d->out, json_object(a));
	const char *label = words_say(d->w, "attribute", like->attribute);

	json_set_string(a, v, "label", strcmp(like->component, "main") == 0 ? label :
	    arena_printf(a, "%s (%s)", label, like->component));
	json_set_int(a, v, "number", (long long)json_count(d->out));
	if (limits(&t, &low, &high))
		draw_line(d, v, &t, low, high);
	else
		draw_bands(d, v, &t);
	add_hours(d, v);
	add_rows(d, v, &t);
}

/* When what is drawn begins to be known. */
static int64_t
known_since(const struct history *h)
{
	int64_t first = INT64_MAX;

	for (size_t i = 0; i < h->n; i++) {
		int64_t time = h->values[i].was != NULL ? point_before(&h->values[i]).time : h->values[i].time;
		first = time < first ? time : first;
	}
	return first;
}

/* The first of its attribute, newest first; lists and objects are not drawn. */
static bool
is_new(const struct history *h, size_t i)
{
	enum json_type t = json_type(h->values[i].value);

	for (size_t k = 0; k < i; k++)
		if (same_attribute(&h->values[k], &h->values[i]))
			return false;
	return t == JSON_STRING || t == JSON_NUMBER || t == JSON_BOOL;
}

enum store_result
chart_list(struct app *app, const struct words *w, const char *user, const struct list_item *it, struct json **out)
{
	int64_t now = clock_ms();
	const struct history_range range = { user, it->device.id, now - CHART_HOURS * HOUR_MS, 0, 0 };
	struct history h;
	struct drawing d = { app, w, it, &h, range.since, now, json_array(w->arena) };
	enum store_result r = history_read(app->store, w->arena, &range, &h);

	/* Of a short trace the drawing is as wide as of a long one. */
	if (r == STORE_OK && h.n > 0) {
		int64_t span = now - known_since(&h);
		span = span > SPAN_MIN ? span : SPAN_MIN;
		d.since = now - span - span / 20 > range.since ? now - span - span / 20 : range.since;
	}

	for (size_t i = 0; r == STORE_OK && i < h.n && json_count(d.out) < CHART_MAX; i++)
		if (is_new(&h, i))
			draw(&d, &h.values[i]);
	*out = d.out;
	return r;
}
