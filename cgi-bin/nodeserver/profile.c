/* profile.c: a record a file. */
#include "nodeserver/profile.h"

#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/secret.h"
#include "base/text.h"
#include "db/record.h"
#include "nodeserver/registry.h"
#include "base/banned.h"

#define NAME_MAX_BYTES 64

static char *
list_key(struct arena *a, const struct nodeserver *ns)
{
	return record_key(a, "nodeserver-profiles", ns->user, arena_printf(a, "%d", ns->n), NULL);
}

/* name is "type/file". NULL if it cannot be one. */
static char *
file_key(struct arena *a, const struct nodeserver *ns, const char *name)
{
	const char *slash = strchr(name, '/');

	return slash == NULL ? NULL : record_key(a, "nodeserver-profile", ns->user, arena_printf(a, "%d", ns->n),
	    arena_strndup(a, name, (size_t)(slash - name)), slash + 1, NULL);
}

static bool
is_type(const char *type)
{
	return type != NULL && text_list_has("nodedef editor nls", " ", type);
}

/* A name that is a name everywhere: no folder, nothing hidden. */
static bool
is_file(const char *name)
{
	return name != NULL && *name != '\0' && *name != '.' && strlen(name) <= NAME_MAX_BYTES &&
	    strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-") == strlen(name);
}

struct putting {
	const struct nodeserver	*ns;
	const char		*name, *payload;
	bool			 full;
};

static enum store_result
put_fn(struct store_tx *tx, void *arg)
{
	struct putting *p = arg;
	struct arena *a = store_tx_arena(tx);
	struct json *list, *file = record_new(a);
	enum store_result r = record_tx_get(tx, list_key(a, p->ns), &list);

	if (r != STORE_OK && r != STORE_ABSENT)
		return r;
	if (r == STORE_ABSENT)
		list = record_new(a);
	struct json *names = json_get(list, "names") != NULL ? json_copy(a, json_get(list, "names")) : json_array(a);
	bool there = json_array_has(names, p->name);
	if ((p->full = !there && json_count(names) >= PROFILE_FILES))
		return STORE_OK;
	json_set_string(a, file, "payload", p->payload);
	r = record_tx_put(tx, file_key(a, p->ns, p->name), file, 0);
	if (r != STORE_OK || there)
		return r;
	json_append_string(a, names, p->name);
	json_set(a, list, "names", names);
	return record_tx_put(tx, list_key(a, p->ns), list, 0);
}

enum store_result
profile_put(const struct nodeserver_context *x, const struct nodeserver *ns, const struct json *v, int *status,
    const char **why)
{
	const char *type = json_get_string(v, "type"), *file = json_get_string(v, "filename");
	const char *payload = json_get_string(v, "payload");
	struct putting p = { .ns = ns, .payload = payload };
	size_t len;
	enum store_result r = STORE_OK;

	*status = 400;
	if (!is_type(type))
		*why = "type must be nodedef, editor or nls";
	else if (!is_file(file))
		*why = "filename must be a plain name";
	else if (payload == NULL || secret_from_base64(x->arena, payload, strlen(payload), &len) == NULL)
		*why = "payload must be base64";
	else if (len > PROFILE_MAX) {
		*status = 413;
		*why = "a file may have 128 KiB";
	} else {
		p.name = arena_printf(x->arena, "%s/%s", type, file);
		r = store_run(x->store, x->arena, put_fn, &p);
		*status = p.full ? 409 : 200;
		*why = p.full ? "there are 50 files already" : NULL;
	}
	return r;
}

enum store_result
profile_list(const struct nodeserver_context *x, const struct nodeserver *ns, struct json **names)
{
	struct json *list;
	enum store_result r = record_get(x->store, x->arena, list_key(x->arena, ns), &list);

	*names = r == STORE_OK && json_get(list, "names") != NULL ? json_copy(x->arena, json_get(list, "names")) : json_array(x->arena);
	return r == STORE_ABSENT ? STORE_OK : r;
}

enum store_result
profile_get(const struct nodeserver_context *x, const struct nodeserver *ns, const char *name, const char **data, size_t *len)
{
	struct json *file;
	enum store_result r = record_get(x->store, x->arena, file_key(x->arena, ns, name), &file);
	const char *payload = json_get_string(file, "payload");

	if (r == STORE_OK && (payload == NULL ||
	    (*data = (const char *)secret_from_base64(x->arena, payload, strlen(payload), len)) == NULL))
		r = STORE_FAILED;
	return r;
}

struct forgetting {
	const struct nodeserver	*ns;
	const struct json	*names;
};

static enum store_result
forget_fn(struct store_tx *tx, void *arg)
{
	const struct forgetting *f = arg;
	struct arena *a = store_tx_arena(tx);
	enum store_result r = record_tx_delete(tx, list_key(a, f->ns));

	for (const struct json *v = json_first(f->names); v != NULL && r == STORE_OK; v = json_next(v))
		r = record_tx_delete(tx, file_key(a, f->ns, json_string(v)));
	return r;
}

enum store_result
profile_forget(const struct nodeserver_context *x, const struct nodeserver *ns)
{
	struct json *names;
	enum store_result r = profile_list(x, ns, &names);

	return r == STORE_OK && json_first(names) != NULL ?
	    store_run(x->store, x->arena, forget_fn, &(struct forgetting){ ns, names }) : r;
}
