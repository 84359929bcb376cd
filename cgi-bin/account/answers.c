/* answers.c: inputs out, answers in. A device can only be chosen where it was offered. */
#include "account/answers.h"

#include <string.h>

#include "app.h"
#include "base/arena.h"
#include "base/json.h"
#include "device/device.h"
#include "endpoints/preferences.h"
#include "endpoints/webapp.h"
#include "oauth/activity.h"
#include "web/form.h"
#include "web/request.h"
#include "base/banned.h"

#define FIELD "input-"	/* in front of an input's name: no name of ours can be one of theirs */

/* --- the owner's devices --- */

static struct json *
describe(struct arena *a, const struct device *d)
{
	struct json *v = json_object(a), *capabilities = json_set(a, v, "capabilities", json_array(a));

	json_set_string(a, v, "id", d->id);
	json_set_string(a, v, "name", d->name);
	json_set_string(a, v, "room", d->room);
	for (const struct json *m = json_first(d->components); m != NULL; m = json_next(m))
		for (const struct json *c = json_first(m); c != NULL; c = json_next(c))
			if (!json_array_has(capabilities, json_string(c)))
				json_append_string(a, capabilities, json_string(c));
	return v;
}

enum store_result
answers_begin(struct app *app, struct arena *a, const char *user, const struct json *kept, struct answers *answers)
{
	struct json *ids, *list = json_array(a);
	enum store_result r = device_ids(app->store, a, user, &ids);

	for (const struct json *id = r == STORE_OK ? json_first(ids) : NULL; id != NULL; id = json_next(id)) {
		struct device d;
		if ((r = device_find(app->store, a, user, json_string(id), &d)) == STORE_OK)
			json_append(a, list, describe(a, &d));
		else if (r != STORE_ABSENT)
			return r;
	}
	*answers = (struct answers){ .kept = json_object(a), .devices = list, .faults = json_object(a) };
	static const char *const members[] = { "inputs", "settings" };
	for (size_t i = 0; i < 2; i++) {
		const struct json *there = json_get(kept, members[i]);
		json_set(a, answers->kept, members[i], there != NULL ? json_copy(a, there) : json_object(a));
	}
	return r == STORE_ABSENT ? STORE_OK : r;
}

/* Part of what is kept, to be changed. */
static struct json *
part(struct answers *answers, struct arena *a, const char *name)
{
	return json_set(a, answers->kept, name, json_copy(a, json_get(answers->kept, name)));
}

static const struct json *
offered(const struct answers *answers, const struct input *in, const char *id)
{
	for (const struct json *d = json_first(answers->devices); d != NULL; d = json_next(d))
		if (strcmp(json_get_string(d, "id"), id) == 0 && json_array_has(json_get(d, "capabilities"), in->capability))
			return d;
	return NULL;
}

/* --- in --- */

static bool
take_devices(struct answers *answers, const struct request *rq, const char *user, const struct input *in)
{
	const char *field = arena_printf(rq->arena, FIELD "%s", in->name);
	struct json *ids = json_array(rq->arena);

	for (const struct pair *p = rq->form; p != NULL; p = p->next) {
		if (strcmp(p->name, field) != 0 || *p->value == '\0' || json_array_has(ids, p->value))
			continue;
		if (offered(answers, in, p->value) == NULL) {
			activity_log(&(struct activity){ .event = "malicious_direct_reference", .user = user, .remote = rq->remote });
			return false;
		}
		if (in->multiple || json_first(ids) == NULL)
			json_append_string(rq->arena, ids, p->value);
	}
	if (in->required && json_first(ids) == NULL)
		json_set_string(rq->arena, answers->faults, in->name, "preferences_required");
	json_set(rq->arena, part(answers, rq->arena, "inputs"), in->name, ids);
	return true;
}

static void
take_setting(struct answers *answers, const struct request *rq, const struct input *in)
{
	const char *typed = request_form(rq, arena_printf(rq->arena, FIELD "%s", in->name)), *why;
	struct json *v = preferences_value(rq->arena, in, typed != NULL ? typed : "", &why);

	if (why != NULL)
		json_set_string(rq->arena, answers->faults, in->name, why);
	json_set(rq->arena, part(answers, rq->arena, "settings"), in->name, v);
}

bool
answers_take(struct answers *answers, const struct request *rq, const char *user, const struct page *p)
{
	for (size_t s = 0; s < p->n_sections; s++)
		for (size_t i = 0; i < p->sections[s].n_inputs; i++) {
			const struct input *in = &p->sections[s].inputs[i];
			if (in->kind != INPUT_DEVICE)
				take_setting(answers, rq, in);
			else if (!take_devices(answers, rq, user, in))
				return false;
		}
	return true;
}

/* --- out --- */

static void
show_devices(const struct answers *answers, struct arena *a, const struct input *in, struct json *v)
{
	const struct json *chosen = json_get(json_get(answers->kept, "inputs"), in->name);
	struct json *list = json_set(a, v, "choices", json_array(a));

	for (const struct json *d = json_first(answers->devices); d != NULL; d = json_next(d)) {
		if (!json_array_has(json_get(d, "capabilities"), in->capability))
			continue;
		struct json *item = json_append(a, list, json_object(a));
		json_set_string(a, item, "id", json_get_string(d, "id"));
		json_set_string(a, item, "name", json_get_string(d, "name"));
		json_set_string(a, item, "room", json_get_string(d, "room"));
		json_set_bool(a, item, "ticked", json_array_has(chosen, json_get_string(d, "id")));
	}
	json_set_bool(a, v, "several", in->multiple);
	json_set_bool(a, v, "one", !in->multiple);
	json_set_bool(a, v, "none_fits", json_first(list) == NULL);
	json_set_bool(a, v, "may_be_none", !in->multiple && !in->required && json_first(list) != NULL);
	json_set_bool(a, v, "none_ticked", json_first(chosen) == NULL);
}

/* What stands in a field: the answer so far, or what the app's file puts there. */
static void
show_setting(const struct answers *answers, struct arena *a, const struct input *in, struct json *v)
{
	static const char *const types[] = {
		[INPUT_TEXT] = "text", [INPUT_NUMBER] = "number", [INPUT_DECIMAL] = "number", [INPUT_TIME] = "time",
		[INPUT_EMAIL] = "email",
	};
	const struct json *value = json_get(json_get(answers->kept, "settings"), in->name);

	if (value == NULL && json_get(answers->faults, in->name) == NULL)
		value = in->otherwise;
	const char *text = value == NULL ? "" : json_string(value) != NULL ? json_string(value) : json_print(a, value);
	json_set_bool(a, v, "is_box", in->kind == INPUT_BOOL);
	json_set_bool(a, v, "ticked", json_bool(value, false));
	json_set_bool(a, v, "is_list", in->kind == INPUT_ENUM);
	if (in->kind == INPUT_ENUM) {
		struct json *list = json_set(a, v, "options", json_array(a));
		for (const struct json *o = json_first(in->options); o != NULL; o = json_next(o)) {
			struct json *item = json_append(a, list, json_object(a));
			json_set_string(a, item, "option", json_string(o));
			json_set_bool(a, item, "picked", strcmp(json_string(o), text) == 0);
		}
	} else if (in->kind != INPUT_BOOL) {
		json_set_string(a, v, "field_type", types[in->kind]);
		json_set_string(a, v, "field_value", text);
		json_set_bool(a, v, "decimal", in->kind == INPUT_DECIMAL);
	}
}

static struct json *
show_input(const struct answers *answers, struct arena *a, const struct input *in)
{
	struct json *v = json_object(a);

	json_set_string(a, v, "field", arena_printf(a, FIELD "%s", in->name));
	json_set_string(a, v, "input_title", in->title);
	json_set_string(a, v, "input_about", in->about);
	json_set_bool(a, v, "needed", in->required);
	json_set_string(a, v, "input_fault", json_get_string(answers->faults, in->name));
	json_set_bool(a, v, "is_devices", in->kind == INPUT_DEVICE);
	json_set_bool(a, v, "is_setting", in->kind != INPUT_DEVICE);
	if (in->kind == INPUT_DEVICE)
		show_devices(answers, a, in, v);
	else
		show_setting(answers, a, in, v);
	return v;
}

struct json *
answers_show(const struct answers *answers, struct arena *a, const struct page *p)
{
	struct json *list = json_array(a);

	for (size_t s = 0; s < p->n_sections; s++) {
		const struct section *from = &p->sections[s];
		struct json *v = json_append(a, list, json_object(a));
		json_set_string(a, v, "section_title", from->title);
		json_set_string(a, v, "paragraph", from->paragraph);
		struct json *inputs = json_set(a, v, "inputs", json_array(a));
		for (size_t i = 0; i < from->n_inputs; i++)
			json_append(a, inputs, show_input(answers, a, &from->inputs[i]));
	}
	return list;
}

struct json *
answers_devices(const struct answers *answers, struct arena *a)
{
	struct json *all = json_array(a);

	for (const struct json *in = json_first(json_get(answers->kept, "inputs")); in != NULL; in = json_next(in))
		for (const struct json *id = json_first(in); id != NULL; id = json_next(id))
			if (!json_array_has(all, json_string(id)))
				json_append_string(a, all, json_string(id));
	return all;
}
