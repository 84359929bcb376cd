/* link.c: the records of links. */
#include "link/link.h"

#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/json.h"
#include "base/secret.h"
#include "db/record.h"
#include "link/connector.h"
#include "link/hook.h"
#include "link/source.h"
#include "link/token.h"
#include "web/fetch.h"
#include "base/banned.h"

#define ANSWER_MAX	65536	/* bytes of an answer of the token endpoint */
#define CONNECT_MS	2000
#define TOTAL_MS	8000

/* --- a program's --- */

struct links *
links_open(struct arena *a, const struct config *c, struct store *store, const struct keyring *keyring,
    const struct catalogue *catalogue, const char **why)
{
	struct links *l = arena_alloc(a, sizeof(*l));
	const struct fetch_limits limits = { .at_once = 4, .connect_ms = CONNECT_MS, .total_ms = TOTAL_MS,
	    .answer_max = ANSWER_MAX, .ca_file = *c->ca_file != '\0' ? config_path(a, c, c->ca_file) : NULL };

	*l = (struct links){ c, store, keyring, catalogue, connectors_load(a, c, catalogue, why), NULL };
	if (l->connectors == NULL)
		return NULL;
	if ((l->fetcher = fetch_new(&limits)) == NULL) {
		*why = "no memory for calls to vendors";
		return NULL;
	}
	link_source_open(a, l);
	return l;
}

void
links_close(struct links *l)
{
	if (l != NULL)
		fetch_free(l->fetcher);
}

/* --- one --- */

static const char *const statuses[] = { "new", "linked", "needs_login" };

const char *
link_status_name(enum link_status s)
{
	return statuses[s];
}

static char *
link_key(struct arena *a, const char *user, const char *id)
{
	return record_key(a, "link", user, id, NULL);
}

static char *
list_key(struct arena *a, const char *user)
{
	return record_key(a, "links", user, NULL);
}

static enum store_result
read_link(struct arena *a, enum store_result r, const struct json *v, const char *user, const char *id, struct link *l)
{
	const char *status = json_get_string(v, "status");

	if (r != STORE_OK)
		return r;
	*l = (struct link){ .user = user, .id = id, .connector = json_get_string(v, "connector"),
	    .place = json_get_string(v, "place"), .created = json_get_int(v, "created", 0), .since = json_get_int(v, "since", 0),
	    .told = json_get_int(v, "told", 0), .chosen = json_get(v, "chosen"), .values = json_get(v, "values"),
	    .through = json_get_string(v, "through"), .all = json_get_bool(v, "all", false) };
	for (size_t i = 0; status != NULL && i < sizeof(statuses) / sizeof(statuses[0]); i++)
		if (strcmp(statuses[i], status) == 0)
			l->status = (enum link_status)i;
	if (l->chosen == NULL)
		l->chosen = json_object(a);
	return l->connector != NULL && l->place != NULL ? STORE_OK : STORE_FAILED;
}

enum store_result
link_find(struct store *s, struct arena *a, const char *user, const char *id, struct link *l)
{
	struct json *v;
	enum store_result r = record_get(s, a, link_key(a, user, id), &v);

	return read_link(a, r, v, user, id, l);
}

enum store_result
link_tx_find(struct store_tx *tx, const char *user, const char *id, struct link *l)
{
	struct json *v;
	enum store_result r = record_tx_get(tx, link_key(store_tx_arena(tx), user, id), &v);

	return read_link(store_tx_arena(tx), r, v, user, id, l);
}

enum store_result
link_tx_put(struct store_tx *tx, const struct link *l)
{
	struct arena *a = store_tx_arena(tx);
	struct json *v = record_new(a);

	json_set_string(a, v, "connector", l->connector);
	json_set_string(a, v, "place", l->place);
	json_set_string(a, v, "status", link_status_name(l->status));
	json_set_int(a, v, "created", l->created);
	json_set_int(a, v, "since", l->since);
	if (l->told != 0)
		json_set_int(a, v, "told", l->told);
	json_set(a, v, "chosen", json_copy(a, l->chosen));
	if (l->values != NULL)
		json_set(a, v, "values", json_copy(a, l->values));
	if (l->through != NULL)
		json_set_string(a, v, "through", l->through);
	if (l->all)
		json_set_bool(a, v, "all", true);
	return record_tx_put(tx, link_key(a, l->user, l->id), v, 0);
}

enum store_result
link_tx_status(struct store_tx *tx, const char *user, const char *id, enum link_status status)
{
	struct link l;
	enum store_result r = link_tx_find(tx, user, id, &l);

	if (r != STORE_OK || l.status == status)
		return r;
	l.status = status;
	l.since = clock_sec();
	if ((r = link_tx_put(tx, &l)) == STORE_OK)
		r = link_tx_wake(tx, user, id);
	return r;
}

/* --- the list --- */

enum store_result
link_ids(struct store *s, struct arena *a, const char *user, struct json **ids)
{
	struct json *v;
	enum store_result r = record_get(s, a, list_key(a, user), &v);

	*ids = r == STORE_OK ? json_copy(a, json_get(v, "ids")) : NULL;
	if (*ids == NULL)
		*ids = json_array(a);
	return r == STORE_ABSENT ? STORE_OK : r;
}

struct beginning {
	const char		*user;
	const struct connector	*connector;
	const char		*through, *id;
	struct link		*link;
};

static bool
is_it(const struct beginning *b, const struct link *l)
{
	return b->connector->single || (b->through != NULL && l->through != NULL && strcmp(l->through, b->through) == 0);
}

/* Is it there? Else STORE_ABSENT, and the first place that is free. */
static enum store_result
look_for(struct store_tx *tx, const struct beginning *b, const struct json *ids, const char **place)
{
	struct arena *a = store_tx_arena(tx);
	struct json *taken = json_array(a);
	enum store_result r;

	for (const struct json *id = json_first(ids); id != NULL; id = json_next(id)) {
		struct link l;
		if ((r = link_tx_find(tx, b->user, json_string(id), &l)) != STORE_OK)
			return r == STORE_ABSENT ? STORE_FAILED : r;
		if (strcmp(l.connector, b->connector->id) != 0)
			continue;
		json_append_string(a, taken, l.place);
		if (is_it(b, &l)) {
			*b->link = l;
			return STORE_OK;
		}
	}
	*place = b->connector->id;
	for (int n = 2; json_array_has(taken, *place); n++)
		*place = arena_printf(a, "%s-%d", b->connector->id, n);
	return STORE_ABSENT;
}

static enum store_result
begin(struct store_tx *tx, void *arg)
{
	const struct beginning *b = arg;
	struct arena *a = store_tx_arena(tx);
	const char *place = NULL;
	struct json *list, *v = record_new(a);
	enum store_result r = record_tx_get(tx, list_key(a, b->user), &list);
	struct json *ids = r == STORE_OK ? json_copy(a, json_get(list, "ids")) : json_array(a);

	if (r != STORE_OK && r != STORE_ABSENT)
		return r;
	if ((r = look_for(tx, b, ids, &place)) != STORE_ABSENT || b->id == NULL)
		return r;
	if (json_count(ids) >= LINKS_MAX)
		return STORE_LIMIT;
	*b->link = (struct link){ .user = b->user, .id = b->id, .connector = b->connector->id, .place = place,
	    .created = clock_sec(), .since = clock_sec(), .chosen = json_object(a) };
	json_append_string(a, ids, b->id);
	json_set(a, v, "ids", ids);
	if ((r = record_tx_put(tx, list_key(a, b->user), v, 0)) == STORE_OK)
		r = link_tx_put(tx, b->link);
	return r;
}

char *
link_new_id(struct arena *a)
{
	return arena_printf(a, "link-%s", secret_id(a, 12));
}

enum store_result
link_make(struct store *s, struct arena *a, const char *user, const struct connector *c, struct link *l)
{
	struct beginning b = { user, c, NULL, link_new_id(a), l };

	return store_run(s, a, begin, &b);
}

enum store_result
link_tx_make(struct store_tx *tx, const char *user, const struct connector *c, const char *id, const char *through, struct link *l)
{
	struct beginning b = { user, c, through, id, l };

	return begin(tx, &b);
}

enum store_result
link_tx_find_for(struct store_tx *tx, const char *user, const struct connector *c, const char *through, struct link *l)
{
	return link_tx_make(tx, user, c, NULL, through, l);
}

enum store_result
link_tx_forget(struct store_tx *tx, const char *user, const char *id)
{
	struct arena *a = store_tx_arena(tx);
	struct json *list;
	enum store_result r = record_tx_get(tx, list_key(a, user), &list);

	if (r == STORE_OK) {
		struct json *v = record_new(a), *ids = json_copy(a, json_get(list, "ids"));
		json_array_remove(ids, id);
		json_set(a, v, "ids", ids);
		r = json_first(ids) != NULL ? record_tx_put(tx, list_key(a, user), v, 0) : record_tx_delete(tx, list_key(a, user));
	}
	if (r == STORE_OK || r == STORE_ABSENT)
		r = record_tx_delete(tx, link_key(a, user, id));
	if (r == STORE_OK)
		r = record_tx_delete(tx, record_key(a, "link-poll", user, id, NULL));
	if (r == STORE_OK)
		r = hook_tx_forget(tx, user, id);
	return r == STORE_OK ? token_tx_forget(tx, user, id) : r;
}

struct forgetting { const char *user, *id; };

static enum store_result
forget(struct store_tx *tx, void *arg)
{
	const struct forgetting *f = arg;

	return link_tx_forget(tx, f->user, f->id);
}

enum store_result
link_forget_all(struct store *s, struct arena *a, const char *user)
{
	struct json *ids;
	enum store_result r = link_ids(s, a, user, &ids);

	for (const struct json *id = json_first(ids); id != NULL && r == STORE_OK; id = json_next(id))
		r = store_run(s, a, forget, &(struct forgetting){ user, json_string(id) });
	return r;
}
