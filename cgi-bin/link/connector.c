/* connector.c: reads the files of connectors, and says in which line one is wrong. */
#include "link/connector.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/document.h"
#include "base/json.h"
#include "courier/target.h"
#include "device/definition.h"
#include "link/connector_rules.h"
#include "base/banned.h"

#define FILES_MAX	100
#define ID		"abcdefghijklmnopqrstuvwxyz0123456789-"
#define SECRET_MAX	4096
#define DEVICES_MAX	500
#define EVERY		300	/* seconds */

/* --- reading one --- */

static long long
read_number(struct definition *d, const char *path, const struct json *object, const char *name, long long otherwise,
    long long min, long long max)
{
	const struct json *v = json_get(object, name);
	long long n = otherwise;

	if (v != NULL && (!json_int(v, &n) || n < min || n > max))
		definition_fault(d, definition_path(d, path, name), "must be a whole number from %lld to %lld", min, max);
	return n;
}

static bool
read_truth(struct definition *d, const char *path, const struct json *object, const char *name, bool otherwise)
{
	const struct json *v = json_get(object, name);

	if (v != NULL && json_type(v) != JSON_BOOL)
		definition_fault(d, definition_path(d, path, name), "must be true or false");
	return json_bool(v, otherwise);
}

/* One of a few words: its place among them. */
static size_t
read_word(struct definition *d, const char *path, const struct json *object, const char *name, const char *const *words)
{
	const char *s = definition_option(d, path, object, name);

	for (size_t i = 0; s != NULL && words[i] != NULL; i++)
		if (strcmp(words[i], s) == 0)
			return i;
	if (s != NULL)
		definition_fault(d, definition_path(d, path, name), "is one of %s, %s%s%s", words[0], words[1],
		    words[2] != NULL ? ", " : "", words[2] != NULL ? words[2] : "");
	return 0;
}

static const struct json *
read_texts(struct definition *d, const char *path, const struct json *object, const char *name)
{
	const struct json *v = json_get(object, name);
	const char *below = definition_path(d, path, name);

	if (v != NULL && json_type(v) != JSON_OBJECT)
		definition_fault(d, below, "must be an object of texts");
	for (const struct json *m = json_first(v); m != NULL; m = json_next(m))
		if (json_string(m) == NULL)
			definition_fault(d, definition_path(d, below, json_name(m)), "must be a text");
	return v;
}

static void
read_oauth(struct definition *d, const struct json *v, struct connector_oauth *o)
{
	static const char *const ways[] = { "basic", "post", "none", NULL }, *const places[] = { "body", "query", NULL };
	const char *s;

	definition_members(d, "oauth", v, "authorizeUrl tokenUrl revokeUrl issuer clientId clientSecretFile scope pkce tokenAuth "
	    "tokenParams refreshParam extraAuthorize extraToken");
	*o = (struct connector_oauth){
		.authorize_url = rules_url(d, "oauth", v, "authorizeUrl"), .token_url = rules_url(d, "oauth", v, "tokenUrl"),
		.revoke_url = json_get(v, "revokeUrl") != NULL ? rules_url(d, "oauth", v, "revokeUrl") : NULL,
		.issuer = json_get(v, "issuer") != NULL ? rules_url(d, "oauth", v, "issuer") : NULL,
		.client_id = definition_string(d, "oauth", v, "clientId"),
		.secret_file = definition_option(d, "oauth", v, "clientSecretFile"),
		.scope = definition_option(d, "oauth", v, "scope"), .pkce = read_truth(d, "oauth", v, "pkce", true),
		.auth = (enum connector_auth)read_word(d, "oauth", v, "tokenAuth", ways),
		.in_query = read_word(d, "oauth", v, "tokenParams", places) == 1,
		.extra_authorize = read_texts(d, "oauth", v, "extraAuthorize"),
		.extra_token = read_texts(d, "oauth", v, "extraToken"),
	};
	s = definition_option(d, "oauth", v, "refreshParam");
	o->refresh_param = s != NULL ? s : "refresh_token";
	if (o->auth != CONNECTOR_NONE && o->secret_file == NULL)
		definition_fault(d, "oauth", "clientSecretFile is missing; a client without a secret has \"tokenAuth\": \"none\"");
}

static void
read_connector(struct definition *d, const struct json *root, const struct catalogue *catalogue, struct connector *c)
{
	const struct json *poll = json_get(root, "poll");

	definition_members(d, "", root, "name about manufacturer singleInstance maxDevices hosts oauth expired account list state "
	    "commands poll hook");
	c->name = definition_string(d, "", root, "name");
	c->about = definition_option(d, "", root, "about");
	c->manufacturer = definition_option(d, "", root, "manufacturer");
	c->manufacturer = c->manufacturer != NULL ? c->manufacturer : c->name;
	c->single = read_truth(d, "", root, "singleInstance", true);
	c->max_devices = read_number(d, "", root, "maxDevices", DEVICES_MAX, 1, DEVICES_MAX);
	if (poll != NULL)
		definition_members(d, "poll", poll, "every");
	c->every = read_number(d, "poll", poll, "every", EVERY, 10, 86400);
	read_oauth(d, json_get(root, "oauth"), &c->oauth);
	c->expired = json_get(root, "expired");
	c->account = json_get(root, "account");
	c->list = json_get(root, "list");
	c->state = json_get(root, "state");
	c->commands = json_get(root, "commands");
	c->hook = json_get(root, "hook");
	if (d->why == NULL)
		rules_check(d, catalogue, c);
	c->hosts = rules_hosts(d, root);
}

static bool
is_file(const char *name)
{
	const char *dot = strrchr(name, '.');

	return *name != '.' && dot != NULL && (strcmp(dot, ".json") == 0 || document_is_yaml(name));
}

/* "acme" of "acme.json"; NULL if it is no name of a connector. Ids of links begin with "link-". */
static const char *
id_of(struct arena *a, const char *name)
{
	size_t id = strspn(name, ID);

	return id > 0 && id <= CONNECTOR_ID_MAX && name[id] == '.' && strchr(name + id + 1, '.') == NULL &&
	    strncmp(name, "link-", 5) != 0 ? arena_strndup(a, name, id) : NULL;
}

static bool
load_one(struct arena *a, const struct config *config, const struct catalogue *catalogue, const char *folder, const char *name,
    struct connector *c, const char **why)
{
	struct definition d = { .arena = a };

	*c = (struct connector){ .id = id_of(a, name) };
	if (c->id == NULL) {
		*why = arena_printf(a, "%s/%s: a connector's file is called after it: up to %d of a-z 0-9 -, and .json or .yaml",
		    folder, name, CONNECTOR_ID_MAX);
		return false;
	}
	/* What a definition borrows from its file stays in use: both arenas are one. */
	const struct json *root = definition_open(&d, a, a, folder, name);
	if (root != NULL)
		read_connector(&d, rules_expand(a, root, "{public_url}", config->public_url), catalogue, c);
	*why = d.why;
	return d.why == NULL;
}

/* --- all of them --- */

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The files of a folder that are connectors' by their ending, in the order of their names; -1 if it cannot be read. */
static int
list_files(struct arena *a, const char *folder, const char *names[FILES_MAX])
{
	DIR *dir = opendir(folder);
	int n = 0;

	if (dir == NULL)
		return errno == ENOENT ? 0 : -1;
	for (const struct dirent *e; (e = readdir(dir)) != NULL && n < FILES_MAX;)
		if (is_file(e->d_name))
			names[n++] = arena_strdup(a, e->d_name);
	closedir(dir);
	qsort(names, (size_t)n, sizeof(*names), by_name);
	return n;
}

const struct connectors *
connectors_load(struct arena *a, const struct config *config, const struct catalogue *catalogue, const char **why)
{
	const char *folder = arena_printf(a, "%s/" CONNECTOR_FOLDER, config->root), *names[FILES_MAX];
	int n = list_files(a, folder, names);
	struct connectors *all = arena_alloc(a, sizeof(*all));
	struct connector *list = arena_alloc(a, (size_t)(n + 1) * sizeof(*list));

	if (n < 0) {
		*why = arena_printf(a, "%s: %s", folder, strerror(errno));
		return NULL;
	}
	for (int i = 0; i < n; i++) {
		if (!load_one(a, config, catalogue, folder, names[i], &list[i], why))
			return NULL;
		if (i > 0 && strcmp(list[i - 1].id, list[i].id) == 0) {
			*why = arena_printf(a, "%s/%s: there is another file of the connector %s", folder, names[i], list[i].id);
			return NULL;
		}
	}
	*all = (struct connectors){ list, (size_t)n };
	return all;
}

/* --- asking --- */

const struct connector *
connectors_find(const struct connectors *all, const char *id)
{
	for (size_t i = 0; id != NULL && i < all->n; i++)
		if (strcmp(all->list[i].id, id) == 0)
			return &all->list[i];
	return NULL;
}

const char *
connector_secret_file(struct arena *a, const struct config *config, const char *file, const char **why)
{
	size_t len;
	char *secret = config_read_file(a, config_path(a, config, file), SECRET_MAX, &len);

	*why = secret == NULL ? arena_printf(a, "%s: %s", file, strerror(errno)) : NULL;
	if (secret != NULL)
		secret[strcspn(secret, "\r\n")] = '\0';
	return secret;
}

const char *
connector_secret(struct arena *a, const struct config *config, const struct connector *c, const char **why)
{
	*why = NULL;
	return c->oauth.auth != CONNECTOR_NONE ? connector_secret_file(a, config, c->oauth.secret_file, why) : NULL;
}

/* What a table has for a type, or else for all. */
static const struct json *
of_type(const struct json *table, const char *type)
{
	const struct json *v = json_get(table, type);

	return v != NULL ? v : json_get(table, "*");
}

const struct json *
connector_command(const struct connector *c, const char *type, const char *capability, const char *command)
{
	const struct json *rules = of_type(c->commands, type);

	for (const struct json *m = json_first(rules); m != NULL; m = json_next(m)) {
		const char *name = json_name(m), *slash = strchr(name, '/');
		if (strncmp(name, "st.", 3) == 0)
			name += 3;
		if (slash != NULL && (size_t)(slash - name) == strlen(capability) && strncmp(name, capability, strlen(capability)) == 0 &&
		    strcmp(slash + 1, command) == 0)
			return m;
	}
	return json_get(rules, "*");
}

const struct json *
connector_state(const struct connector *c, const char *type)
{
	return of_type(c->state, type);
}
