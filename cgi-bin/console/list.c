/* list.c: read, sort, pick. */
#include "console/list.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "app.h"
#include "base/arena.h"
#include "base/json.h"
#include "base/text.h"
#include "console/attention.h"
#include "device/sight.h"
#include "device/state.h"
#include "web/form.h"
#include "base/banned.h"

enum store_result
list_read_one(struct app *app, struct arena *a, const char *user, const char *id, struct list_item *it)
{
	enum store_result r = device_find(app->store, a, user, id, &it->device);

	if (r == STORE_OK)
		r = state_get(app->store, a, user, id, &it->state);
	if (r == STORE_OK)
		it->attention = attention_find(&it->device, it->state);
	return r;
}

static int
by_room(const void *x, const void *y)
{
	const struct device *a = &((const struct list_item *)x)->device, *b = &((const struct list_item *)y)->device;

	if ((a->room == NULL) != (b->room == NULL))
		return a->room == NULL ? 1 : -1;
	int order = a->room != NULL ? strcmp(a->room, b->room) : 0;
	if (order == 0)
		order = strcasecmp(a->name, b->name);
	return order != 0 ? order : strcmp(a->id, b->id);
}

enum store_result
list_read(struct app *app, struct arena *a, const char *user, struct list *list)
{
	struct json *ids;
	enum store_result r = device_ids(app->store, a, user, &ids);

	*list = (struct list){ 0 };
	if (r != STORE_OK)
		return r;
	list->items = arena_alloc(a, (json_count(ids) + 1) * sizeof(*list->items));
	sight_expect(app->store, a, user, ids, true);
	for (const struct json *id = json_first(ids); id != NULL; id = json_next(id)) {
		r = list_read_one(app, a, user, json_string(id), &list->items[list->n]);
		if (r == STORE_OK)
			list->n++;
		else if (r != STORE_ABSENT)	/* deleted since the list was read */
			return r;
	}
	qsort(list->items, list->n, sizeof(*list->items), by_room);
	return STORE_OK;
}

/* --- what is asked for --- */

static const char *
known_filter(const char *filter)
{
	enum attention which;
	const char *name;

	if (filter == NULL || strcmp(filter, "attention") == 0)
		return filter;
	for (size_t i = 0; (name = attention_name(i, &which)) != NULL; i++)
		if (strcmp(filter, name) == 0)
			return name;
	return NULL;
}

struct list_query
list_query_from(const struct pair *pairs)
{
	const char *page = form_get(pairs, "page");
	long long n;

	return (struct list_query){ form_get(pairs, "q"), known_filter(form_get(pairs, "filter")), form_get(pairs, "room"),
	    form_get(pairs, "type"), page != NULL && text_to_int(page, 1, 1000000, &n) ? (size_t)n : 1 };
}

char *
list_query_text(struct arena *a, const struct list_query *q, size_t page)
{
	const char *const pairs[][2] = {
		{ "q", q->q }, { "filter", q->filter }, { "room", q->room }, { "type", q->type },
		{ "page", page > 0 ? arena_printf(a, "%zu", page) : NULL },
	};
	char *text = arena_strdup(a, "");

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		if (pairs[i][1] != NULL)
			text = form_add(a, text, pairs[i][0], pairs[i][1]);
	return text;
}

static bool
passes(const char *filter, unsigned attention)
{
	enum attention which;
	const char *name;

	if (filter == NULL)
		return true;
	for (size_t i = 0; (name = attention_name(i, &which)) != NULL; i++)
		if (strcmp(filter, name) == 0)
			return (attention & which) != 0;
	return attention != 0;
}

static bool
same(const char *asked, const char *is)
{
	return asked == NULL || (is != NULL && strcmp(asked, is) == 0);
}

bool
list_has(const struct list_query *q, const struct list_item *it)
{
	const struct device *d = &it->device;
	const char *const in[] = { d->name, d->room, d->type, d->id };
	bool found = q->q == NULL;

	for (size_t i = 0; i < sizeof(in) / sizeof(in[0]) && !found; i++)
		found = in[i] != NULL && strcasestr(in[i], q->q) != NULL;
	return found && passes(q->filter, it->attention) && same(q->room, d->room) && same(q->type, d->type);
}
