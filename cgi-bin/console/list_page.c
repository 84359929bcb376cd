/* list_page.c: what is asked for, sorted into rooms, a page at a time. */
#include "console/list_page.h"

#include <string.h>

#include "account/visitor.h"
#include "account/words.h"
#include "app.h"
#include "base/arena.h"
#include "base/json.h"
#include "console/attention.h"
#include "console/control.h"
#include "console/done.h"
#include "console/list.h"
#include "console/show.h"
#include "device/change.h"
#include "web/request.h"
#include "web/response.h"
#include "base/banned.h"

struct listing {
	struct app		*app;
	struct words		 words;
	struct list		 all;
	struct list_query	 query;
	struct json		*data;
};

static void
add_chip(const struct listing *l, struct json *chips, const char *filter, const char *text, size_t count)
{
	struct arena *a = l->words.arena;
	struct list_query q = l->query;
	struct json *chip = json_append(a, chips, json_object(a));
	const char *chosen = l->query.filter;

	q.filter = filter;
	json_set_string(a, chip, "query", list_query_text(a, &q, 0));
	json_set_string(a, chip, "text", text);
	json_set_int(a, chip, "count", (long long)count);
	json_set_bool(a, chip, "chosen", filter == NULL ? chosen == NULL : chosen != NULL && strcmp(chosen, filter) == 0);
}

/* How many of what was searched for each filter would show. */
static size_t
count(const struct listing *l, const char *filter)
{
	struct list_query q = l->query;
	size_t n = 0;

	q.filter = filter;
	for (size_t i = 0; i < l->all.n; i++)
		n += list_has(&q, &l->all.items[i]);
	return n;
}

static void
add_chips(const struct listing *l)
{
	static const char *const filters[][2] = {
		{ "attention", "filter_attention" }, { NULL, "filter_all" }, { "offline", "filter_offline" },
		{ "alarm", "filter_alarm" }, { "battery", "filter_battery" },
	};
	struct json *chips = json_set(l->words.arena, l->data, "chips", json_array(l->words.arena));

	for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++)
		add_chip(l, chips, filters[i][0], filters[i][1], count(l, filters[i][0]));
}

/* Add value to a list of choices, unless it is there. */
static void
add_choice(struct arena *a, struct json *list, const char *value, const char *label, const char *chosen)
{
	for (const struct json *e = json_first(list); e != NULL; e = json_next(e))
		if (strcmp(json_get_string(e, "value"), value) == 0)
			return;
	struct json *v = json_append(a, list, json_object(a));
	json_set_string(a, v, "value", value);
	json_set_string(a, v, "label", label);
	json_set_bool(a, v, "chosen", chosen != NULL && strcmp(chosen, value) == 0);
}

static void
add_choices(const struct listing *l)
{
	struct arena *a = l->words.arena;
	struct json *rooms = json_set(a, l->data, "all_rooms", json_array(a));
	struct json *types = json_set(a, l->data, "all_types", json_array(a));

	for (size_t i = 0; i < l->all.n; i++) {
		const struct device *d = &l->all.items[i].device;
		if (d->room != NULL)
			add_choice(a, rooms, d->room, d->room, l->query.room);
		add_choice(a, types, d->type, show_type(l->app, &l->words, d->type), l->query.type);
	}
}

static bool
same_room(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* The devices from the one called first to the one called last of those asked for, by rooms. */
static size_t
add_rooms(const struct listing *l, size_t first, size_t last)
{
	struct arena *a = l->words.arena;
	struct json *rooms = json_set(a, l->data, "rooms", json_array(a)), *devices = NULL;
	const char *room = NULL;
	size_t n = 0;

	for (size_t i = 0; i < l->all.n; i++) {
		const struct list_item *it = &l->all.items[i];
		if (!list_has(&l->query, it) || n++ < first || n > last)
			continue;
		if (devices == NULL || !same_room(room, it->device.room)) {
			struct json *r = json_append(a, rooms, json_object(a));
			room = it->device.room;
			json_set_string(a, r, "room", room);
			devices = json_set(a, r, "devices", json_array(a));
		}
		struct json *card = json_append(a, devices, show_frame(l->app, &l->words, it));
		json_set(a, card, "controls", control_list(&l->words, l->app->catalogue, it, true));
	}
	return n;
}

static void
add_pages(const struct listing *l, size_t page, size_t n)
{
	struct arena *a = l->words.arena;
	size_t pages = n > 0 ? (n - 1) / LIST_PAGE + 1 : 1;

	json_set_int(a, l->data, "found", (long long)n);
	json_set_int(a, l->data, "page", (long long)page);
	json_set_int(a, l->data, "pages", (long long)pages);
	json_set_bool(a, l->data, "several", pages > 1);
	if (page > 1)
		json_set_string(a, l->data, "before", list_query_text(a, &l->query, page - 1 < pages ? page - 1 : pages));
	if (page < pages)
		json_set_string(a, l->data, "after", list_query_text(a, &l->query, page + 1));
}

static void
fill(const struct listing *l, const struct request *rq, long long seq)
{
	struct arena *a = rq->arena;
	size_t page = l->query.page;

	json_set_int(a, l->data, "seq", seq);
	json_set_string(a, l->data, "q", l->query.q);
	json_set_string(a, l->data, "filter", l->query.filter);
	json_set_string(a, l->data, "back", list_query_text(a, &l->query, page));
	json_set_bool(a, l->data, "none", l->all.n == 0);
	json_set_string(a, l->data, "done", done_said(rq));
	add_chips(l);
	add_choices(l);
	add_pages(l, page, add_rooms(l, (page - 1) * LIST_PAGE, page * LIST_PAGE));
	json_set_bool(a, l->data, "nothing", l->all.n > 0 && json_first(json_get(l->data, "rooms")) == NULL);
}

void
list_page(struct app *app, const struct request *rq, struct response *rs)
{
	struct visitor v = visitor_find(app, rq, rs);
	struct listing l = { .app = app, .words = words_for(app, rq), .query = list_query_from(rq->query),
	    .data = json_object(rq->arena) };
	long long seq;

	if (v.unavailable) {
		visitor_unavailable(app, rq, rs);
	} else if (!v.signed_in && strcmp(rq->path, "/") == 0) {
		visitor_page(app, rq, rs, &v, 200, "home", l.data, NULL);
	} else if (!v.signed_in) {
		response_redirect(rs, arena_printf(rq->arena, "%s/login", visitor_base(app)));
	} else if (change_newest(app->store, rq->arena, v.session.user.id, &seq) != STORE_OK ||
	    list_read(app, rq->arena, v.session.user.id, &l.all) != STORE_OK) {
		visitor_unavailable(app, rq, rs);
	} else {
		/* The count was read before the devices: what changed in between is told to the page again. */
		fill(&l, rq, seq);
		visitor_page(app, rq, rs, &v, 200, "devices", l.data, NULL);
	}
}
