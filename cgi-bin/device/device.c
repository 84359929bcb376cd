/* device.c: the records of a user's devices.
 *
 * long because: all of it keeps record, state and list of a device in step. */
#include "device/device.h"

#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "db/record.h"
#include "device/change.h"
#include "device/state.h"
#include "base/banned.h"

#define BATCH 16	/* devices in one transaction: 2 records each, at most 56 KiB together */

char *
device_key(struct arena *a, const char *user, const char *id)
{
	return record_key(a, "device", user, id, NULL);
}

static char *
list_key(struct arena *a, const char *user)
{
	return record_key(a, "devices", user, NULL);
}

bool
device_has(const struct device *d, const char *component, const char *capability)
{
	return json_array_has(json_get(d->components, component), capability);
}

/* --- a device as JSON --- */

static void
set_text(struct arena *a, struct json *v, const char *name, const char *text)
{
	if (text != NULL)
		json_set_string(a, v, name, text);
}

static struct json *
write_device(struct arena *a, struct json *v, const struct device *d)
{
	json_set_string(a, v, "id", d->id);
	json_set_string(a, v, "name", d->name);
	set_text(a, v, "room", d->room);
	json_set_string(a, v, "type", d->type);
	json_set_string(a, v, "source", d->source);
	if (d->remote != NULL)
		json_set(a, v, "remote", json_copy(a, d->remote));
	json_set_string(a, v, "manufacturer", d->manufacturer);
	json_set_string(a, v, "model", d->model);
	set_text(a, v, "hwVersion", d->hw_version);
	set_text(a, v, "swVersion", d->sw_version);
	json_set(a, v, "components", json_copy(a, d->components));
	json_set(a, v, "categories", json_copy(a, d->categories));
	json_set_int(a, v, "created", d->created);
	return v;
}

struct json *
device_show(struct arena *a, const struct device *d)
{
	return write_device(a, json_object(a), d);
}

bool
device_read(const struct json *v, struct device *d)
{
	*d = (struct device){ .id = json_get_string(v, "id"), .name = json_get_string(v, "name"),
	    .room = json_get_string(v, "room"), .type = json_get_string(v, "type"),
	    .source = json_get_string(v, "source"), .remote = json_get(v, "remote"), .manufacturer = json_get_string(v, "manufacturer"),
	    .model = json_get_string(v, "model"), .hw_version = json_get_string(v, "hwVersion"),
	    .sw_version = json_get_string(v, "swVersion"), .components = json_get(v, "components"),
	    .categories = json_get(v, "categories"), .created = json_get_int(v, "created", 0) };
	return d->id != NULL && d->name != NULL && d->type != NULL && d->source != NULL && d->manufacturer != NULL &&
	    d->model != NULL && json_type(d->components) == JSON_OBJECT;
}

/* --- finding --- */

enum store_result
device_find(struct store *s, struct arena *a, const char *user, const char *id, struct device *d)
{
	const struct json *record;
	enum store_result r = record_read(s, a, device_key(a, user, id), &record, NULL);

	return r == STORE_OK && !device_read(record, d) ? STORE_FAILED : r;
}

enum store_result
device_tx_find(struct store_tx *tx, const char *user, const char *id, struct device *d)
{
	const struct json *record;
	enum store_result r = record_tx_read(tx, device_key(store_tx_arena(tx), user, id), &record);

	return r == STORE_OK && !device_read(record, d) ? STORE_FAILED : r;
}

enum store_result
device_ids(struct store *s, struct arena *a, const char *user, struct json **ids)
{
	const struct json *record;
	enum store_result r = record_read(s, a, list_key(a, user), &record, NULL);

	*ids = r == STORE_OK ? json_copy(a, json_get(record, "ids")) : NULL;
	if (*ids == NULL)
		*ids = json_array(a);
	return r == STORE_ABSENT ? STORE_OK : r;
}

/* The list inside a transaction; an empty one if there is none yet. */
static enum store_result
read_list(struct store_tx *tx, const char *user, struct json **ids)
{
	struct arena *a = store_tx_arena(tx);
	struct json *record;
	enum store_result r = record_tx_get(tx, list_key(a, user), &record);

	*ids = r == STORE_OK ? json_copy(a, json_get(record, "ids")) : NULL;
	if (*ids == NULL)
		*ids = json_array(a);
	return r == STORE_ABSENT ? STORE_OK : r;
}

static enum store_result
write_list(struct store_tx *tx, const char *user, struct json *ids)
{
	struct arena *a = store_tx_arena(tx);
	struct json *record = record_new(a);

	json_set(a, record, "ids", ids);
	return record_tx_put(tx, list_key(a, user), record, 0);
}

/* --- adding --- */

/* A device that is to be added, with its first state. */
struct newcomer {
	struct device		 device;
	const struct json	*state;
};

struct add_job {
	const char		*user;
	const struct newcomer	*devices;
	size_t			 n, max;
	size_t			 added;
	bool			 full;
};

static enum store_result
put_newcomer(struct store_tx *tx, const char *user, const struct newcomer *it)
{
	struct arena *a = store_tx_arena(tx);
	struct device d = it->device;
	enum store_result r;

	d.created = clock_sec();
	r = record_tx_put(tx, device_key(a, user, d.id), write_device(a, record_new(a), &d), 0);
	if (r == STORE_OK)
		r = state_tx_put(tx, state_key(a, user, d.id), it->state);
	if (r == STORE_OK)
		r = change_note(tx, &(struct change){ .kind = CHANGE_ADDED, .user = user, .device = d.id }, NULL);
	return r;
}

static enum store_result
add_fn(struct store_tx *tx, void *arg)
{
	struct add_job *job = arg;
	struct arena *a = store_tx_arena(tx);
	struct json *ids;
	enum store_result r = read_list(tx, job->user, &ids);

	job->added = 0;
	job->full = false;
	for (size_t i = 0; i < job->n && r == STORE_OK; i++) {
		const char *id = job->devices[i].device.id;
		if (json_array_has(ids, id))
			continue;
		if (json_count(ids) >= job->max) {
			job->full = true;
			return STORE_LIMIT;
		}
		json_append_string(a, ids, id);
		job->added++;
		r = put_newcomer(tx, job->user, &job->devices[i]);
	}
	return r == STORE_OK && job->added > 0 ? write_list(tx, job->user, ids) : r;
}

enum store_result
device_add(struct store *s, struct arena *a, const char *user, const struct device *d, const struct json *state,
    size_t max, bool *exists)
{
	struct newcomer one = { *d, state };
	struct add_job job = { .user = user, .devices = &one, .n = 1, .max = max };
	enum store_result r = store_run(s, a, add_fn, &job);

	*exists = r == STORE_OK && job.added == 0;
	return r;
}

enum store_result
device_tx_add(struct store_tx *tx, const char *user, const struct device *d, const struct json *state, size_t max,
    bool *exists)
{
	struct newcomer one = { *d, state };
	struct add_job job = { .user = user, .devices = &one, .n = 1, .max = max };
	enum store_result r = add_fn(tx, &job);

	*exists = r == STORE_OK && job.added == 0;
	return r;
}

enum store_result
device_add_all(struct store *s, struct arena *a, const struct catalogue *c, const char *user,
    const struct json *definitions, size_t max, const char **why)
{
	size_t n = json_count(definitions), i = 0;
	struct newcomer *list = arena_alloc(a, (n + 1) * sizeof(*list));
	enum store_result r = STORE_OK;

	*why = NULL;
	for (const struct json *v = json_first(definitions); v != NULL; v = json_next(v), i++) {
		struct json *state;
		const char *fault = device_define(a, c, v, &list[i].device, &state);
		if (fault != NULL) {
			*why = arena_printf(a, "device %zu: %s", i + 1, fault);
			return STORE_LIMIT;
		}
		list[i].state = state;
	}
	for (i = 0; i < n && r == STORE_OK; i += BATCH) {
		struct add_job job = { .user = user, .devices = &list[i], .n = n - i < BATCH ? n - i : BATCH, .max = max };
		r = store_run(s, a, add_fn, &job);
		if (job.full)
			*why = arena_printf(a, "more than %zu devices", max);
	}
	return r;
}

/* --- changing and deleting --- */

struct one_job {
	const char	*user, *id;
	const char	*member, *text;	/* of the record; text NULL takes it out */
};

static enum store_result
label_fn(struct store_tx *tx, void *arg)
{
	const struct one_job *job = arg;
	struct arena *a = store_tx_arena(tx);
	char *key = device_key(a, job->user, job->id);
	struct json *record;
	enum store_result r = record_tx_get(tx, key, &record);

	if (r != STORE_OK)
		return r;
	json_set(a, record, job->member, job->text != NULL ? json_new_string(a, job->text) : NULL);
	if ((r = record_tx_put(tx, key, record, 0)) == STORE_OK)
		r = change_note(tx, &(struct change){ .kind = CHANGE_RENAMED, .user = job->user, .device = job->id }, NULL);
	return r;
}

enum store_result
device_tx_relabel(struct store_tx *tx, const char *user, const char *id, const char *name, const struct json *remote)
{
	struct arena *a = store_tx_arena(tx);
	char *key = device_key(a, user, id);
	struct json *record;
	enum store_result r = record_tx_get(tx, key, &record);

	if (r != STORE_OK)
		return r;
	bool news = strcmp(json_get_string(record, "name"), name) != 0;
	json_set_string(a, record, "name", name);
	json_set(a, record, "remote", json_copy(a, remote));
	if ((r = record_tx_put(tx, key, record, 0)) == STORE_OK && news)
		r = change_note(tx, &(struct change){ .kind = CHANGE_RENAMED, .user = user, .device = id }, NULL);
	return r;
}

enum store_result
device_rename(struct store *s, struct arena *a, const char *user, const char *id, const char *name)
{
	struct one_job job = { user, id, "name", name };

	return device_name_fault(name) == NULL ? store_run(s, a, label_fn, &job) : STORE_LIMIT;
}

enum store_result
device_move(struct store *s, struct arena *a, const char *user, const char *id, const char *room)
{
	struct one_job job = { user, id, "room", room };

	return room == NULL || device_name_fault(room) == NULL ? store_run(s, a, label_fn, &job) : STORE_LIMIT;
}

static enum store_result
drop(struct store_tx *tx, const char *user, const char *id)
{
	struct arena *a = store_tx_arena(tx);
	enum store_result r = record_tx_delete(tx, device_key(a, user, id));

	if (r == STORE_OK)
		r = record_tx_delete(tx, state_key(a, user, id));
	if (r == STORE_OK)
		r = change_note(tx, &(struct change){ .kind = CHANGE_DELETED, .user = user, .device = id }, NULL);
	return r;
}

enum store_result
device_tx_delete(struct store_tx *tx, const char *user, const char *id)
{
	struct json *ids;
	enum store_result r = read_list(tx, user, &ids);

	if (r == STORE_OK && !json_array_remove(ids, id))
		r = STORE_ABSENT;
	if (r == STORE_OK)
		r = drop(tx, user, id);
	return r == STORE_OK ? write_list(tx, user, ids) : r;
}

static enum store_result
delete_fn(struct store_tx *tx, void *arg)
{
	const struct one_job *job = arg;

	return device_tx_delete(tx, job->user, job->id);
}

enum store_result
device_delete(struct store *s, struct arena *a, const char *user, const char *id)
{
	struct one_job job = { .user = user, .id = id };

	return store_run(s, a, delete_fn, &job);
}

/* The first BATCH of them; when none is left, the list goes too. */
struct batch_job {
	const char	*user;
	bool		 done;
};

static enum store_result
delete_batch_fn(struct store_tx *tx, void *arg)
{
	struct batch_job *job = arg;
	struct arena *a = store_tx_arena(tx);
	struct json *ids;
	enum store_result r = read_list(tx, job->user, &ids);

	for (int i = 0; i < BATCH && r == STORE_OK && json_first(ids) != NULL; i++) {
		const char *id = arena_strdup(a, json_string(json_first(ids)));
		r = drop(tx, job->user, id);
		json_array_remove(ids, id);
	}
	job->done = json_first(ids) == NULL;
	if (r != STORE_OK || !job->done)
		return r == STORE_OK ? write_list(tx, job->user, ids) : r;
	return record_tx_delete(tx, list_key(a, job->user));
}

enum store_result
device_delete_all(struct store *s, struct arena *a, const char *user)
{
	struct batch_job job = { user, false };
	enum store_result r = STORE_OK;

	while (r == STORE_OK && !job.done)
		r = store_run(s, a, delete_batch_fn, &job);
	return r == STORE_OK ? change_forget(s, a, user) : r;
}
