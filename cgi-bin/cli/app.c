/* app.c: gatehouse app ...: the apps of third parties that an instance has, as their files say. */
#include <string.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/json.h"
#include "cli/args.h"
#include "cli/noun.h"
#include "cli/output.h"
#include "endpoints/mapping.h"
#include "endpoints/openapi.h"
#include "endpoints/webapp.h"
#include "oauth/client.h"
#include "base/banned.h"

static const struct output_column columns[] = {
	{ "id", "id", OUTPUT_TEXT },
	{ "name", "name", OUTPUT_TEXT },
	{ "client", "client", OUTPUT_TEXT },
	{ "redirect_uris", "redirect URIs", OUTPUT_TEXT },
	{ "endpoints", "endpoints", OUTPUT_TEXT },
	{ NULL, NULL, 0 },
};

/* All apps of the instance. NULL if one is not right, which was said. */
static const struct webapps *
load(const struct cli *c)
{
	const char *why = NULL;
	const struct webapps *apps = webapps_load(c->arena, c->config->root, c->catalogue, &why);

	if (apps == NULL)
		output_refuse(c, "mend it (docs/rest-api.md explains every member), then run this again", "%s", why);
	return apps;
}

/* The app that was named. NULL if there is none, which was said. */
static const struct webapp *
find(const struct cli *c)
{
	const struct webapps *apps = load(c);
	const struct webapp *app = apps != NULL ? webapps_find(apps, c->words[0]) : NULL;

	if (apps != NULL && app == NULL)
		output_refuse(c, output_command(c, "app list"), "there is no app %.100s", c->words[0]);
	return app;
}

/* "GET, PUT /devices/:id" and so on. */
static struct json *
endpoints(struct arena *a, const struct webapp *app)
{
	struct json *list = json_array(a);

	for (size_t i = 0; i < app->n_mappings; i++)
		json_append_string(a, list, arena_printf(a, "%s %s", mapping_allow(a, &app->mappings[i]), app->mappings[i].path));
	return list;
}

static struct json *
row(struct arena *a, const struct webapp *app)
{
	struct json *v = json_object(a);

	json_set_string(a, v, "id", app->id);
	json_set_string(a, v, "name", app->display_name);
	json_set_string(a, v, "client", app->client_id);
	json_set(a, v, "redirect_uris", json_copy(a, app->redirect_uris));
	json_set_int(a, v, "endpoints", (long long)app->n_mappings);
	return v;
}

static enum cli_exit
list(struct cli *c)
{
	const struct webapps *apps = load(c);
	struct json *rows = json_array(c->arena);

	for (size_t i = 0; apps != NULL && i < apps->n; i++)
		json_append(c->arena, rows, row(c->arena, &apps->list[i]));
	if (apps != NULL)
		output_list(c, rows, columns, "no apps: put a file into the folder apps of the instance");
	return apps != NULL ? CLI_DONE : CLI_REFUSED;
}

/* Who asks in the app's name, and has it a secret that somebody knows? */
static const char *
secret_state(const struct cli *c, const struct webapp *app)
{
	struct client client;

	if (app->is_public)
		return "none: it is public, and proves itself by PKCE";
	if (app->secret_file != NULL)
		return arena_printf(c->arena, "in the file %s", app->secret_file);
	if (client_find(c->store, c->arena, app->client_id, &client) != STORE_OK)
		return "not yet: the client is made when the programs start";
	return arena_printf(c->arena, "made by %s", output_command(c, "client secret %s", app->client_id));
}

static enum cli_exit
show(struct cli *c)
{
	const struct webapp *app = find(c);

	if (app == NULL)
		return CLI_REFUSED;
	struct json *v = row(c->arena, app), *inputs = json_array(c->arena);
	for (size_t p = 0; p < app->n_pages; p++)
		for (size_t s = 0; s < app->pages[p].n_sections; s++)
			for (size_t i = 0; i < app->pages[p].sections[s].n_inputs; i++)
				json_append_string(c->arena, inputs, app->pages[p].sections[s].inputs[i].name);
	json_set_string(c->arena, v, "secret", secret_state(c, app));
	json_set_string(c->arena, v, "scope", app->scope);
	json_set(c->arena, v, "inputs", inputs);
	json_set(c->arena, v, "endpoints", endpoints(c->arena, app));
	output_object(c, v, NULL);
	return CLI_DONE;
}

static enum cli_exit
openapi(struct cli *c)
{
	const struct webapp *app = find(c);

	if (app == NULL)
		return CLI_REFUSED;
	output_json(c, openapi_describe(c->arena, c->config, app));
	return CLI_DONE;
}

static const struct cli_verb verbs[] = {
	{ "list", "", "List the apps.", NULL, CLI_CONFIG | CLI_CATALOGUE, list },
	{ "show", "ID", "Show an app: its client, what it asks owners for, its endpoints.", NULL, CLI_STORE | CLI_CATALOGUE, show },
	{ "openapi", "ID", "Print an OpenAPI 3.1 description of an app's endpoints.", NULL, CLI_CONFIG | CLI_CATALOGUE, openapi },
	{ NULL, NULL, NULL, NULL, 0, NULL },
};

const struct cli_noun cli_app = {
	"app", "Apps of third parties, which reach devices by the REST API.",
	"gatehouse --root run app list\n"
	"gatehouse --root run app show devices\n"
	"gatehouse --root run app openapi devices >openapi.json\n"
	"gatehouse --root run client secret devices\n",
	verbs, false,
};
