/* start.c: what a node server is told when it starts: its PGURL, and the record that it begins with. */
#include <string.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/json.h"
#include "base/secret.h"
#include "nodeserver/registry.h"
#include "oauth/keyring.h"
#include "base/banned.h"

#define PARAMS_MAX 2048

static char *
password(const struct nodeserver_context *x, const struct nodeserver *ns)
{
	const char *what = arena_printf(x->arena, "%s.%lld", ns->worker, json_get_int(ns->record, "generation", 1));
	unsigned char mac[SECRET_HASH];

	keyring_seal(x->keyring, "nodeserver-pgurl", what, strlen(what), mac);
	return secret_base64url(x->arena, mac, sizeof(mac));
}

char *
registry_pgurl(const struct nodeserver_context *x, const struct nodeserver *ns)
{
	struct arena *a = x->arena;
	struct json *v = json_object(a);

	json_set_string(a, v, "userId", ns->user);
	json_set_string(a, v, "id", registry_controller(a, ns->user));
	json_set_int(a, v, "profileNum", ns->n);
	json_set_string(a, v, "password", password(x, ns));
	const char *text = json_print(a, v);
	return arena_printf(a, "%s/api/sys/nsgetioturl?params=%s", x->config->public_url,
	    secret_base64url(a, text, strlen(text)));
}

enum store_result
registry_find_params(const struct nodeserver_context *x, const char *params, struct nodeserver *ns)
{
	size_t len;
	unsigned char *text = params != NULL && strlen(params) <= PARAMS_MAX ?
	    secret_from_base64url(x->arena, params, strlen(params), &len) : NULL;
	struct json *v = text != NULL ? json_parse(x->arena, (const char *)text, len, NULL) : NULL;
	const char *user = json_get_string(v, "userId"), *id = json_get_string(v, "id"), *said = json_get_string(v, "password");
	long long n = json_get_int(v, "profileNum", 0);

	if (user == NULL || id == NULL || said == NULL || n < 1 || n > REGISTRY_SLOTS)
		return STORE_ABSENT;
	enum store_result r = registry_find(x, user, (int)n, ns);
	if (r != STORE_OK)
		return r;
	return secret_text_equal(said, password(x, ns)) && strcmp(id, registry_controller(x->arena, user)) == 0 ?
	    STORE_OK : STORE_ABSENT;
}

char *
registry_identity(struct arena *a, const struct nodeserver *ns)
{
	long long generation = json_get_int(ns->record, "generation", 1);

	return generation == 1 ? arena_strdup(a, ns->worker) : arena_printf(a, "%s.%lld", ns->worker, generation);
}

enum store_result
registry_find_identity(const struct nodeserver_context *x, const char *identity, struct nodeserver *ns)
{
	const char *worker = arena_strndup(x->arena, identity, strcspn(identity, "."));
	enum store_result r = *worker != '\0' ? registry_find_worker(x, worker, ns) : STORE_ABSENT;

	return r == STORE_OK && strcmp(registry_identity(x->arena, ns), identity) != 0 ? STORE_ABSENT : r;
}

/* What stands in the record under the same name. */
static void
add_kept(struct arena *a, const struct nodeserver *ns, struct json *v)
{
	static const char *const kept[] = { "profileNum", "worker", "name", "connected", "firstRun", "shortPoll", "longPoll",
	    "notices", "language", "timeAdded", "timeStarted", "lastDisconnect", "development", "profileVersion" };

	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		const struct json *m = json_get(ns->record, kept[i]);
		if (m != NULL)
			json_set(a, v, kept[i], json_copy(a, m));
		else
			json_set_int(a, v, kept[i], 0);
	}
}

/* Where the world may call it: netInfo has room for an address of its own, which nobody has here, and for a prefix. */
static struct json *
net_info(const struct nodeserver_context *x, const struct nodeserver *ns)
{
	struct arena *a = x->arena;
	struct json *v = json_object(a);
	const char *host = strstr(x->config->public_url, "://") + 3;

	json_set_string(a, v, "publicIp", arena_strndup(a, host, strcspn(host, ":/")));
	json_set_int(a, v, "publicPort", 0);
	json_set_string(a, v, "httpsIngress", arena_printf(a, "%s/ns/%s/", x->config->public_url, ns->worker));
	return v;
}

/* Node servers of the original look their settings up by the stage that they run in, which was "prod" or "test" there. */
static struct json *
oauth_settings(const struct nodeserver_context *x, const struct nodeserver *ns)
{
	struct arena *a = x->arena;
	struct json *oauth = registry_hidden(x->keyring, a, ns, "oauth");
	const char *stage = arena_printf(a, "pgc/%s", registry_identity(a, ns));
	const struct json *said = json_get(oauth, "prod") != NULL ? json_get(oauth, "prod") : json_get(oauth, "test");

	if (json_first(oauth) != NULL && json_get(oauth, stage) == NULL)
		json_set(a, oauth, stage, json_copy(a, said != NULL ? said : oauth));
	return oauth;
}

struct json *
registry_show(const struct nodeserver_context *x, const struct nodeserver *ns, struct json *nodes)
{
	/* A client of the original does not start without them; there is no ISY to sign in to. */
	static const char *const fixed[][2] = {
		{ "type", "cloud" }, { "isyVersion", "5.0.0" }, { "isyUsername", "" }, { "isyPassword", "" },
		{ "logBucket", "none" }, { "version", "1.0.0" }, { "pgUrl", "" },
	};
	static const char *const hidden[] = { "customData", "customParams" };
	struct arena *a = x->arena;
	struct json *v = json_object(a);

	json_set_string(a, v, "id", registry_controller(a, ns->user));
	json_set_string(a, v, "userId", ns->user);
	add_kept(a, ns, v);
	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		json_set_string(a, v, fixed[i][0], fixed[i][1]);
	for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++)
		json_set(a, v, hidden[i], registry_hidden(x->keyring, a, ns, hidden[i]));
	json_set(a, v, "oauth", oauth_settings(x, ns));
	json_set_int(a, v, "customDataVersion", json_get_int(ns->record, "customDataVersion", 0));
	json_set_string(a, v, "url", arena_printf(a, "%s/polyglot/ns/%s/messages", x->config->public_url, ns->worker));
	json_set(a, v, "netInfo", net_info(x, ns));
	json_set(a, v, "nodes", nodes);
	return v;
}
