/* chart.c: from a device's history to coordinates. The drawing is as wide as what is known of the day. */
#include "console/chart.h"

#include <math.h>
#include <string.h>

#include "account/moment.h"
#include "app.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "console/list.h"
#include "console/words.h"
#include "device/catalogue.h"
#include "device/history.h"
#include "device/state.h"
#include "base/banned.h"

#define WIDTH 720.0
#define HEIGHT 80.0	/* of the line; a little room stays above and below */
#define ROOM 6.0
#define LINE_MAX 32768	/* bytes of coordinates */
#define HOUR_MS (3600 * (int64_t)1000)
#define SPAN_MIN (HOUR_MS / 6)
#define TICKS_MAX 6

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

/* Lowest and highest of the values like v. False if one is no number. */
static bool
limits(const struct history *h, const struct state_value *v, double *low, double *high)
{
	double n;

	*low = INFINITY;
	*high = -INFINITY;
	for (size_t i = 0; i < h->n; i++) {
		if (!same_attribute(&h->values[i], v))
			continue;
		if (!json_number(h->values[i].value, &n))
			return false;
		*low = fmin(*low, n);
		*high = fmax(*high, n);
	}
	return isfinite(*low);
}

/* A value holds until the next: the line goes in steps, from the oldest to now. */
static void
draw_line(const struct drawing *d, struct json *v, const struct state_value *like, double low, double high)
{
	struct buf b = buf_new(d->w->arena, LINE_MAX);
	double last = NAN, n;

	for (size_t i = d->h->n; i > 0; i--) {
		const struct state_value *s = &d->h->values[i - 1];
		if (!same_attribute(s, like) || !json_number(s->value, &n))
			continue;
		double y = high > low ? round((ROOM + HEIGHT - (n - low) / (high - low) * HEIGHT) * 10) / 10 : ROOM + HEIGHT / 2;
		if (isfinite(last))
			buf_printf(&b, "%g,%g ", x_of(d, s->time), last);
		buf_printf(&b, "%g,%g ", x_of(d, s->time), y);
		last = y;
	}
	buf_printf(&b, "%g,%g", WIDTH, last);
	json_set_string(d->w->arena, v, "line", b.over ? "" : b.data);
	json_set_string(d->w->arena, v, "low", words_value(d->w, json_new_number(d->w->arena, low), like->unit));
	json_set_string(d->w->arena, v, "high", words_value(d->w, json_new_number(d->w->arena, high), like->unit));
}

/* What a device begins with is calm: off, closed, dry. */
static bool
is_calm(const struct attribute *at, const struct json *value)
{
	const char *s = json_string(value);

	return s != NULL && ((at != NULL && at->initial != NULL && json_equal(at->initial, value)) || strcmp(s, "offline") == 0);
}

static void
draw_bands(const struct drawing *d, struct json *v, const struct state_value *like)
{
	struct arena *a = d->w->arena;
	struct json *bands = json_set(a, v, "bands", json_array(a));
	double end = WIDTH;

	for (size_t i = 0; i < d->h->n; i++) {
		const struct state_value *s = &d->h->values[i];
		if (!same_attribute(s, like))
			continue;
		double x = x_of(d, s->time);
		struct json *b = json_append(a, bands, json_object(a));
		json_set_number(a, b, "x", x);
		json_set_number(a, b, "width", fmax(round((end - x) * 10) / 10, 1));
		json_set_bool(a, b, "calm", is_calm(attribute_of(d, like), s->value));
		json_set_string(a, b, "text", words_value(d->w, s->value, NULL));
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
		json_set_number(a, h, "x", x_of(d, t));
		json_set(a, h, "when", moment(a, t));
		json_set_string(a, h, "hour", arena_printf(a, "%02d:%02d", (int)(t / HOUR_MS % 24), (int)(t / (HOUR_MS / 60) % 60)));
	}
}

static void
add_rows(const struct drawing *d, struct json *v, const struct state_value *like)
{
	struct arena *a = d->w->arena;
	struct json *rows = json_set(a, v, "rows", json_array(a));

	for (size_t i = 0; i < d->h->n; i++) {
		const struct state_value *s = &d->h->values[i];
		if (!same_attribute(s, like))
			continue;
		struct json *r = json_append(a, rows, json_object(a));
		json_set(a, r, "when", moment(a, s->time));
		json_set_string(a, r, "text", words_value(d->w, s->value, s->unit));
	}
}

static void
draw(const struct drawing *d, const struct state_value *like)
{
	struct arena *a = d->w->arena;
	double low, high;
	struct json *v = json_append(a, d->out, json_object(a));
	const char *label = words_say(d->w, "attribute", like->attribute);

	json_set_string(a, v, "label", strcmp(like->component, "main") == 0 ? label :
	    arena_printf(a, "%s (%s)", label, like->component));
	json_set_int(a, v, "number", (long long)json_count(d->out));
	if (limits(d->h, like, &low, &high))
		draw_line(d, v, like, low, high);
	else
		draw_bands(d, v, like);
	add_hours(d, v);
	add_rows(d, v, like);
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
		int64_t span = now - h.values[h.n - 1].time;
		span = span > SPAN_MIN ? span : SPAN_MIN;
		d.since = now - span - span / 20 > range.since ? now - span - span / 20 : range.since;
	}

	for (size_t i = 0; r == STORE_OK && i < h.n && json_count(d.out) < CHART_MAX; i++)
		if (is_new(&h, i))
			draw(&d, &h.values[i]);
	*out = d.out;
	return r;
}
