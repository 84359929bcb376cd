/* fixed.c: the kinds that look at no device: render, value, error. */
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "device/definition.h"
#include "endpoints/handler.h"
#include "endpoints/template.h"
#include "base/banned.h"

static bool
begins(const char *s, const char *with)
{
	return strncmp(s, with, strlen(with)) == 0;
}

/* --- render --- */

static void
check_render(struct definition *d, const char *path, const struct webapp *app, const struct json *spec)
{
	const char *type = definition_option(d, path, spec, "contentType");

	(void)app;
	for (const char *s = type; s != NULL && *s != '\0'; s++)
		if (*s < 0x20 || *s > 0x7e) {
			definition_fault(d, definition_path(d, path, "contentType"), "is no content type");
			return;
		}
	if (type != NULL && strchr(type, '/') == NULL)
		definition_fault(d, definition_path(d, path, "contentType"), "is no content type");
	handler_check_member(d, path, spec, "data", true, ABOUT_REQUEST);
	if (type != NULL && !begins(type, "application/json") && json_type(json_get(spec, "data")) != JSON_STRING)
		definition_fault(d, definition_path(d, path, "data"), "must be a text");
}

/* The body as the file has it, whatever the method; status 200 unless the file says otherwise. What a request brings into a
 * page or XML is escaped. A text under the type JSON is a JSON text already, any other value becomes one. */
static void
run_render(struct execution *x, const struct json *spec)
{
	const struct template_scope t = { x, NULL, NULL, NULL };
	const struct json *data = json_get(spec, "data");
	const char *type = json_get_string(spec, "contentType");
	struct endpoints_answer *answer = x->answer;

	if (type == NULL)
		type = "application/json";
	bool page = begins(type, "text/html") || strstr(type, "xml") != NULL;
	answer->status = (int)json_get_int(spec, "status", 200);
	if (json_string(data) != NULL && !(begins(type, "application/json") && template_is_dynamic(data)))
		answer->body = template_text(&t, json_string(data), page ? ESCAPE_HTML : ESCAPE_NOTHING);
	else
		answer->body = json_print(x->arena, template_expand(&t, data));
	answer->len = strlen(answer->body);
	bool text = begins(type, "text/") || begins(type, "application/json") || page;
	answer->content_type = text && strstr(type, "charset") == NULL ? arena_printf(x->arena, "%s;charset=utf-8", type) : type;
	answer->sandbox = page;
}

const struct handler handler_render = {
	"render", "contentType data", check_render, run_render, false, "What the app's file says",
};

/* --- value --- */

static void
check_value(struct definition *d, const char *path, const struct webapp *app, const struct json *spec)
{
	(void)app;
	handler_check_member(d, path, spec, "value", true, ABOUT_REQUEST);
}

static void
run_value(struct execution *x, const struct json *spec)
{
	const struct template_scope t = { x, NULL, NULL, NULL };

	handler_done(x, spec, template_expand(&t, json_get(spec, "value")));
}

const struct handler handler_value_kind = {
	"value", "value", check_value, run_value, false, "A value that the app's file says",
};

/* --- error --- */

static void
check_error(struct definition *d, const char *path, const struct webapp *app, const struct json *spec)
{
	(void)app;
	definition_string(d, path, spec, "message");
	handler_check_member(d, path, spec, "message", true, ABOUT_REQUEST);
	if (json_get_int(spec, "status", 0) < 400)
		definition_fault(d, definition_path(d, path, "status"), "must be 400 to 599");
}

static void
run_error(struct execution *x, const struct json *spec)
{
	const struct template_scope t = { x, NULL, NULL, NULL };

	handler_refuse(x, (int)json_get_int(spec, "status", 500), "%s",
	    template_text(&t, json_get_string(spec, "message"), ESCAPE_NOTHING));
}

const struct handler handler_error = {
	"error", "message", check_error, run_error, false, "An error",
};
