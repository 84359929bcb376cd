/* openapi.c: walks an app's mappings; parameters and bodies are where their placeholders are.
 *
 * long because: one document is made here from top to bottom, a short function each part. */
#include "endpoints/openapi.h"

#include <ctype.h>
#include <string.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/json.h"
#include "endpoints/handler.h"
#include "endpoints/installation.h"
#include "endpoints/mapping.h"
#include "endpoints/webapp.h"
#include "base/banned.h"

#define NAME "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"
#define ERROR "#/components/schemas/Error"

/* {name: value} */
static struct json *
one(struct arena *a, const char *name, struct json *value)
{
	struct json *v = json_object(a);

	json_set(a, v, name, value);
	return v;
}

static struct json *
text(struct arena *a, const char *s)
{
	return json_new_string(a, s);
}

/* --- what a request brings --- */

/* Call fn for the name behind each "$root." in a value, however deep: "id" of "$params.id". */
static void
each_name(struct arena *a, const struct json *v, const char *root, void (*fn)(void *, const char *), void *arg)
{
	const char *prefix = arena_printf(a, "$%s.", root);

	for (const char *s = json_string(v); s != NULL && (s = strstr(s, prefix)) != NULL;) {
		s += strlen(prefix);
		fn(arg, arena_strndup(a, s, strspn(s, NAME)));
	}
	for (const struct json *m = json_first(v); m != NULL; m = json_next(m))
		each_name(a, m, root, fn, arg);
}

struct naming {
	struct arena		*arena;
	struct json		*out;		/* parameters, or properties */
	const struct mapping	*mapping;
};

static void
add_property(void *arg, const char *name)
{
	const struct naming *n = arg;

	if (json_get(n->out, name) == NULL)
		json_set(n->arena, n->out, name, json_object(n->arena));
}

static void
add_parameter(struct arena *a, struct json *list, const char *name, const char *in)
{
	for (const struct json *p = json_first(list); p != NULL; p = json_next(p))
		if (strcmp(json_get_string(p, "name"), name) == 0)
			return;
	struct json *p = json_append(a, list, json_object(a));
	json_set_string(a, p, "name", name);
	json_set_string(a, p, "in", in);
	if (strcmp(in, "path") == 0)
		json_set_bool(a, p, "required", true);
	json_set(a, p, "schema", one(a, "type", text(a, "string")));
}

/* A name of $params that is no variable of the path comes from the query. */
static void
add_query(void *arg, const char *name)
{
	const struct naming *n = arg;

	for (size_t i = 0; i < n->mapping->n_levels; i++)
		if (n->mapping->levels[i].variable && strcmp(n->mapping->levels[i].name, name) == 0)
			return;
	add_parameter(n->arena, n->out, name, "query");
}

static struct json *
parameters(struct arena *a, const struct mapping *m, const struct json *spec)
{
	struct naming n = { a, json_array(a), m };

	for (size_t i = 0; i < m->n_levels; i++)
		if (m->levels[i].variable)
			add_parameter(a, n.out, m->levels[i].name, "path");
	each_name(a, spec, "params", add_query, &n);
	each_name(a, spec, "query", add_query, &n);
	return n.out;
}

/* NULL if the action reads no body. */
static struct json *
request_body(struct arena *a, const struct mapping *m, const struct json *spec)
{
	static const struct { const char *root, *type; } kinds[] = { { "json", "application/json" }, { "xml", "application/xml" } };
	struct json *content = json_object(a);

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct naming n = { a, json_object(a), m };
		each_name(a, spec, kinds[i].root, add_property, &n);
		if (json_first(n.out) == NULL)
			continue;
		struct json *schema = one(a, "type", text(a, "object"));
		json_set(a, schema, "properties", n.out);
		json_set(a, content, kinds[i].type, one(a, "schema", schema));
	}
	return json_first(content) != NULL ? one(a, "content", content) : NULL;
}

/* --- what comes back --- */

/* The schema of a template: its shape is known, what placeholders come to is not. */
static struct json *
schema_of(struct arena *a, const struct json *v)
{
	struct json *s = json_object(a);

	if (json_type(v) == JSON_OBJECT) {
		json_set_string(a, s, "type", "object");
		struct json *properties = json_set(a, s, "properties", json_object(a));
		for (const struct json *m = json_first(v); m != NULL; m = json_next(m))
			json_set(a, properties, json_name(m), schema_of(a, m));
	} else if (json_type(v) == JSON_ARRAY)
		json_set_string(a, s, "type", "array");
	return s;
}

/* A list has an item for each thing; what is put around it has it at $result. */
static struct json *
result_schema(struct arena *a, const struct handler *h, const struct json *spec)
{
	const struct json *item = json_get(spec, "item"), *answer = json_get(spec, "answer");
	bool many = strcmp(h->name, "list") == 0 || strcmp(h->name, "states") == 0;
	struct json *s = schema_of(a, item != NULL ? item : json_get(spec, "value"));

	if (many) {
		struct json *array = one(a, "type", text(a, "array"));
		json_set(a, array, "items", s);
		s = array;
	}
	if (answer == NULL)
		return s;
	struct json *outer = schema_of(a, answer), *properties = json_object(a);
	for (const struct json *m = json_first(answer); m != NULL; m = json_next(m)) {
		const char *is = json_string(m);
		json_set(a, properties, json_name(m), is != NULL && strcmp(is, "$result") == 0 ? json_copy(a, s) : schema_of(a, m));
	}
	if (json_type(answer) == JSON_OBJECT)
		json_set(a, outer, "properties", properties);
	return outer;
}

static struct json *
described(struct arena *a, const char *what)
{
	return one(a, "description", text(a, what));
}

static struct json *
error_response(struct arena *a, const char *what)
{
	struct json *r = described(a, what);

	json_set(a, r, "content", one(a, "application/json", one(a, "schema", one(a, "$ref", text(a, ERROR)))));
	return r;
}

/* The answer when it goes well. */
static void
add_success(struct arena *a, struct json *responses, const char *method, const struct handler *h, const struct json *spec)
{
	static const struct { const char *method; int status; bool body; } usual[] = {
		{ "GET", 200, true }, { "POST", 201, true }, { "PUT", 204, false }, { "DELETE", 204, false },
	};
	bool render = strcmp(h->name, "render") == 0, body = render;
	long long status = 200;
	struct json *r = described(a, "Done");

	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]) && !render; i++)
		if (strcmp(usual[i].method, method) == 0) {
			status = usual[i].status;
			body = usual[i].body;
		}
	status = json_get_int(spec, "status", status);
	if (body && status != 204) {
		const char *type = json_get_string(spec, "contentType");
		json_set(a, r, "content", one(a, type != NULL ? type : "application/json",
		    one(a, "schema", render ? json_object(a) : result_schema(a, h, spec))));
	}
	if (strcmp(h->name, "error") != 0)
		json_set(a, responses, arena_printf(a, "%lld", status), r);
}

/* What a file's own errors say, at most one an action: those of an "error", and of a command that is not allowed. */
static void
add_own_error(struct arena *a, struct json *all, const struct handler *h, const struct json *spec)
{
	const struct json *own = strcmp(h->name, "error") == 0 ? spec : json_get(spec, "else");
	long long status = json_get_int(own, "status", 0);

	if (status != 0)
		json_set(a, all, arena_printf(a, "%lld", status), error_response(a, "As the app says"));
}

static struct json *
responses(struct arena *a, const char *method, const struct handler *h, const struct json *spec)
{
	static const struct { const char *status, *what; } errors[] = {
		{ "400", "The body, or a value in it, is not right" }, { "401", "No token, or one that is no good" },
		{ "403", "Not this installation's token" }, { "404", "No such device, or no such path" },
		{ "409", "The device is offline, or there are too many subscriptions" },
		{ "413", "The body is too large" }, { "415", "The body is neither JSON nor XML" },
		{ "429", "Too many calls: wait for Retry-After seconds" }, { "500", "The server failed" },
		{ "default", "The server failed" },
	};
	struct json *all = json_object(a);

	add_success(a, all, method, h, spec);
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		json_set(a, all, errors[i].status, error_response(a, errors[i].what));
	add_own_error(a, all, h, spec);
	return all;
}

/* --- the document --- */

/* "/devices/{id}" of "/devices/:id". */
static char *
path_of(struct arena *a, const struct mapping *m)
{
	char *path = "";

	for (size_t i = 0; i < m->n_levels; i++)
		path = arena_printf(a, m->levels[i].variable ? "%s/{%s}" : "%s/%s", path, m->levels[i].name);
	return path;
}

static struct json *
operation(struct arena *a, const struct mapping *m, size_t method)
{
	const struct action *act = &m->actions[method];
	struct json *op = json_object(a), *body = request_body(a, m, act->spec);
	char *id = arena_printf(a, "%s%s", mapping_methods[method], m->path);

	for (char *s = id; *s != '\0'; s++)
		*s = isalnum((unsigned char)*s) ? (char)tolower((unsigned char)*s) : '_';
	json_set_string(a, op, "operationId", id);
	json_set_string(a, op, "summary", act->handler->summary);
	json_set(a, op, "parameters", parameters(a, m, act->spec));
	if (body != NULL)
		json_set(a, op, "requestBody", body);
	json_set(a, op, "responses", responses(a, mapping_methods[method], act->handler, act->spec));
	return op;
}

static struct json *
paths(struct arena *a, const struct webapp *app)
{
	struct json *all = json_object(a);

	for (size_t i = 0; i < app->n_mappings; i++) {
		struct json *item = json_set(a, all, path_of(a, &app->mappings[i]), json_object(a));
		for (size_t k = 0; k < MAPPING_METHODS; k++) {
			char *method = arena_strdup(a, mapping_methods[k]);
			for (char *s = method; *s != '\0'; s++)
				*s = (char)tolower((unsigned char)*s);
			if (app->mappings[i].actions[k].handler != NULL)
				json_set(a, item, method, operation(a, &app->mappings[i], k));
		}
	}
	return all;
}

static struct json *
components(struct arena *a, const struct config *config, const struct webapp *app)
{
	struct json *all = json_object(a), *error = one(a, "type", text(a, "object")), *flow = json_object(a);
	static const char *const members[] = { "error", "type", "message", "error_description" };
	struct json *properties = json_set(a, error, "properties", json_object(a));

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		json_set(a, properties, members[i], json_object(a));
	json_set(a, all, "schemas", one(a, "Error", error));
	json_set_string(a, flow, "authorizationUrl", arena_printf(a, "%s/oauth/authorize", config->public_url));
	json_set_string(a, flow, "tokenUrl", arena_printf(a, "%s/oauth/token", config->public_url));
	json_set(a, flow, "scopes", one(a, app->scope, text(a, "The devices that the owner chooses")));
	struct json *oauth = one(a, "type", text(a, "oauth2"));
	json_set(a, oauth, "flows", one(a, "authorizationCode", flow));
	json_set(a, all, "securitySchemes", one(a, "oauth", oauth));
	return all;
}

struct json *
openapi_describe(struct arena *a, const struct config *config, const struct webapp *app)
{
	struct json *doc = one(a, "openapi", text(a, "3.1.0")), *info = json_object(a), *server = json_object(a);
	struct json *servers = json_array(a), *scopes = json_array(a), *security = json_array(a), *variable = json_object(a);

	json_set_string(a, info, "title", app->display_name);
	json_set_string(a, info, "version", "1");
	if (app->about != NULL)
		json_set_string(a, info, "description", app->about);
	json_set(a, doc, "info", info);
	json_set_string(a, server, "url", installation_uri(a, config, "{installation}"));
	json_set_string(a, variable, "default", "ID");
	json_set_string(a, variable, "description", "GET /api/smartapps/endpoints tells it");
	json_set(a, server, "variables", one(a, "installation", variable));
	json_append(a, servers, server);
	json_set(a, doc, "servers", servers);
	json_append_string(a, scopes, app->scope);
	json_append(a, security, one(a, "oauth", scopes));
	json_set(a, doc, "security", security);
	json_set(a, doc, "paths", paths(a, app));
	json_set(a, doc, "components", components(a, config, app));
	return doc;
}
