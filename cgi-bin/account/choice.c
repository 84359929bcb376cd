/* choice.c: ticks out, ticks in. */
#include "account/choice.h"

#include <string.h>

#include "app.h"
#include "base/arena.h"
#include "base/json.h"
#include "device/device.h"
#include "oauth/activity.h"
#include "web/form.h"
#include "web/request.h"
#include "base/banned.h"

enum store_result
choice_list(struct app *app, struct arena *a, const char *user, const struct json *ticked, struct json **list)
{
	struct json *ids;
	enum store_result r = device_ids(app->store, a, user, &ids);

	*list = json_array(a);
	for (const struct json *id = r == STORE_OK ? json_first(ids) : NULL; id != NULL; id = json_next(id)) {
		struct device d;
		if ((r = device_find(app->store, a, user, json_string(id), &d)) == STORE_ABSENT)
			continue;	/* deleted since the list was read */
		if (r != STORE_OK)
			return r;
		struct json *item = json_append(a, *list, json_object(a));
		json_set_string(a, item, "id", d.id);
		json_set_string(a, item, "name", d.name);
		json_set_string(a, item, "room", d.room);
		json_set_bool(a, item, "ticked", ticked == NULL || json_array_has(ticked, d.id));
	}
	return r == STORE_ABSENT ? STORE_OK : r;
}

struct json *
choice_made(const struct request *rq, const char *user, const struct json *all)
{
	struct json *list = json_array(rq->arena);

	for (const struct pair *p = rq->form; p != NULL; p = p->next) {
		if (strcmp(p->name, "device") != 0 || json_array_has(list, p->value))
			continue;
		if (!json_array_has(all, p->value)) {
			activity_log(&(struct activity){ .event = "malicious_direct_reference", .user = user, .remote = rq->remote });
			return NULL;
		}
		json_append_string(rq->arena, list, p->value);
	}
	return list;
}

struct json *
choice_not_made(struct arena *a, const struct json *all, const struct json *made)
{
	struct json *list = json_array(a);

	for (const struct json *id = json_first(all); id != NULL; id = json_next(id))
		if (!json_array_has(made, json_string(id)))
			json_append_string(a, list, json_string(id));
	return list;
}
