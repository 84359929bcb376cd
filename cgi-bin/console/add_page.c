/* add_page.c: from a search to a definition. */
#include "console/add_page.h"

#include <ctype.h>
#include <string.h>

#include "account/visitor.h"
#include "account/words.h"
#include "app.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/secret.h"
#include "console/act.h"
#include "console/done.h"
#include "console/list.h"
#include "console/show.h"
#include "device/catalogue.h"
#include "web/form.h"
#include "web/request.h"
#include "web/response.h"
#include "base/banned.h"

#define PROFILE "profile"	/* the type that stands for a profile of the owner's own */
#define SLUG_MAX 40

/* --- the page --- */

static void
add_types(const struct app *app, const struct words *w, const char *q, struct json *data)
{
	struct arena *a = w->arena;
	struct json *types = json_set(a, data, "types", json_array(a));
	const char *name;

	for (size_t i = 0; (name = catalogue_type_name(app->catalogue, i)) != NULL; i++) {
		const struct device_type *t = catalogue_type(app->catalogue, name);
		const char *label = show_type(app, w, name), *has = json_print(a, t->components);
		if (q != NULL && strcasestr(label, q) == NULL && strcasestr(name, q) == NULL && strcasestr(has, q) == NULL &&
		    strcasestr(t->model, q) == NULL)
			continue;
		struct json *v = json_append(a, types, json_object(a));
		json_set_string(a, v, "name", name);
		json_set_string(a, v, "label", label);
	}
}

/* Every capability, those ticked first in the form that came back. */
static void
add_capabilities(const struct app *app, const struct request *rq, const struct words *w, struct json *data)
{
	struct arena *a = w->arena;
	struct json *list = json_set(a, data, "capabilities", json_array(a));

	for (size_t i = 0; i < app->catalogue->n_capabilities; i++) {
		const char *id = app->catalogue->capabilities[i].id;
		bool ticked = false;
		if (strcmp(id, DEVICE_HEALTH) == 0 || strcmp(id, DEVICE_REFRESH) == 0)
			continue;
		for (const struct pair *p = rq->form; p != NULL; p = p->next)
			ticked = ticked || (strcmp(p->name, "capability") == 0 && strcmp(p->value, id) == 0);
		struct json *v = json_append(a, list, json_object(a));
		json_set_string(a, v, "id", id);
		json_set_string(a, v, "label", words_say(w, "capability", id));
		json_set_bool(a, v, "ticked", ticked);
	}
}

/* What somebody typed comes back with the fault. */
static void
keep_typed(const struct request *rq, struct json *data)
{
	static const char *const fields[] = { "name", "room", "id", "profile", "components" };

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		json_set_string(rq->arena, data, arena_printf(rq->arena, "typed_%s", fields[i]), request_form(rq, fields[i]));
}

static void
show(struct app *app, const struct request *rq, struct response *rs, const struct visitor *v, const char *type,
    const struct act_result *result)
{
	struct arena *a = rq->arena;
	struct json *data = json_object(a), *chosen;
	struct words w = words_for(app, rq);
	bool profile = type != NULL && strcmp(type, PROFILE) == 0;

	json_set_string(a, data, "q", request_query(rq, "q"));
	json_set_string(a, data, "fault", result != NULL ? result->text : NULL);
	json_set_string(a, data, "fault_detail", result != NULL ? result->detail : NULL);
	keep_typed(rq, data);
	if (type == NULL || (!profile && catalogue_type(app->catalogue, type) == NULL))
		add_types(app, &w, request_query(rq, "q"), data);
	else {
		chosen = json_set(a, data, "chosen", json_object(a));
		json_set_string(a, chosen, "name", type);
		json_set_string(a, chosen, "label", show_type(app, &w, type));
		json_set_bool(a, chosen, "is_profile", profile);
	}
	json_set_bool(a, data, "searching", json_get(data, "chosen") == NULL);
	if (profile)
		add_capabilities(app, rq, &w, data);
	visitor_page(app, rq, rs, v, result != NULL ? result->status : 200, "device-new", data, NULL);
}

/* --- the form --- */

/* "Hall lamp" is "hall-lamp"; a name without a letter of ASCII is "device". */
static const char *
slug(struct arena *a, const char *name)
{
	struct buf b = buf_new(a, SLUG_MAX);

	for (const char *c = name; *c != '\0' && !b.over; c++) {
		if (isalnum((unsigned char)*c))
			buf_char(&b, (char)tolower((unsigned char)*c));
		else if (b.len > 0 && b.data[b.len - 1] != '-')
			buf_char(&b, '-');
	}
	while (b.len > 0 && b.data[b.len - 1] == '-')
		b.data[--b.len] = '\0';
	return b.len > 0 ? b.data : "device";
}

enum store_result
add_page_id(struct app *app, struct arena *a, const char *user, struct json *definition)
{
	const char *name = json_get_string(definition, "name");
	struct device d;

	if (json_get(definition, "id") != NULL || name == NULL)
		return STORE_OK;
	const char *id = slug(a, name);
	enum store_result r = device_find(app->store, a, user, id, &d);
	if (r == STORE_OK)
		id = arena_printf(a, "%s-%s", id, secret_id(a, 4));
	json_set_string(a, definition, "id", id);
	return r == STORE_ABSENT ? STORE_OK : r;
}

/* Lines such as "outlet2: switch powerMeter" into components. */
static void
add_components(struct arena *a, struct json *components, const char *lines)
{
	while (*lines != '\0') {
		size_t line = strcspn(lines, "\r\n"), name = strcspn(lines, ":\r\n");
		struct json *list = json_array(a);
		for (size_t i = name + (name < line); i < line;) {
			size_t n = strcspn(lines + i, " ,\t\r\n");
			if (n > 0)
				json_append_string(a, list, arena_strndup(a, lines + i, n));
			i += n + 1;
		}
		if (line > 0)
			json_set(a, components, arena_strndup(a, lines, name), list);
		lines += line;
		lines += strspn(lines, "\r\n");
	}
}

static void
set_given(const struct request *rq, struct json *to, const char *member, const char *field)
{
	if (request_form(rq, field) != NULL)
		json_set_string(rq->arena, to, member, request_form(rq, field));
}

static struct json *
definition_of(const struct request *rq, const char *type)
{
	struct arena *a = rq->arena;
	struct json *d = json_object(a);

	set_given(rq, d, "name", "name");
	set_given(rq, d, "room", "room");
	set_given(rq, d, "id", "id");
	if (strcmp(type, PROFILE) != 0) {
		json_set_string(a, d, "type", type);
		return d;
	}
	struct json *components = json_set(a, d, "components", json_object(a));
	struct json *list = json_set(a, components, "main", json_array(a));
	set_given(rq, d, "type", "profile");
	for (const struct pair *p = rq->form; p != NULL; p = p->next)
		if (strcmp(p->name, "capability") == 0)
			json_append_string(a, list, p->value);
	if (request_form(rq, "components") != NULL)
		add_components(a, components, request_form(rq, "components"));
	return d;
}

static void
add(struct app *app, const struct request *rq, struct response *rs, const struct visitor *v)
{
	const char *type = request_form(rq, "type"), *user = v->session.user.id, *id = NULL;
	struct json *definition = definition_of(rq, type != NULL ? type : "");
	struct act_result result = act_stored(add_page_id(app, rq->arena, user, definition));

	if (result.text == NULL)
		result = act_add(app, rq->arena, user, definition, &id);
	if (result.text == NULL)
		done_redirect(app, rq, rs, id, "added");
	else if (result.status == 503)
		visitor_unavailable(app, rq, rs);
	else
		show(app, rq, rs, v, type, &result);
}

void
add_page(struct app *app, const struct request *rq, struct response *rs)
{
	struct visitor v = visitor_find(app, rq, rs);

	if (v.unavailable)
		visitor_unavailable(app, rq, rs);
	else if (!v.signed_in)
		response_redirect(rs, arena_printf(rq->arena, "%s/login", visitor_base(app)));
	else if (strcmp(rq->method, "GET") == 0)
		show(app, rq, rs, &v, request_query(rq, "type"), NULL);
	else if (visitor_form_ok(app, rq, rs, &v))
		add(app, rq, rs, &v);
}
