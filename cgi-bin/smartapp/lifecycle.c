/* lifecycle.c: wishes are collected in lists; lifecycle_commit is the one place that writes. */
#include "smartapp/lifecycle.h"

#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/json.h"
#include "base/log.h"
#include "db/record.h"
#include "oauth/user.h"
#include "smartapp/here.h"
#include "smartapp/installed.h"
#include "smartapp/queue.h"
#include "base/banned.h"

#define PATH_MAX_LEN	512
#define BODY_MAX	(64u << 10)
#define WISH_BYTES	100	/* that a call takes in a queue besides its address and its body */

void
lifecycle_begin(struct lifecycle *c, struct arena *a, const struct smartapp_request *rq)
{
	*c = (struct lifecycle){ .arena = a, .request = rq, .now = clock_ms() };
	c->last_wish = &c->wishes;
	c->last_set = &c->sets;
}

/* --- wishing --- */

static bool
add(struct lifecycle *c, struct wish w)
{
	bool setup = c->request->phase == SMARTAPP_INSTALL || c->request->phase == SMARTAPP_UPDATE;
	size_t bytes = WISH_BYTES + strlen(w.url != NULL ? w.url : w.path);

	/* Its text stands in a text. */
	for (const char *s = w.body; s != NULL && *s != '\0'; s++)
		bytes += *s == '"' || *s == '\\' ? 2 : 1;
	if (c->wish_count >= CALL_WISHES || (w.body != NULL && strlen(w.body) > BODY_MAX) || c->wish_bytes + bytes > QUEUE_SHARE)
		return false;
	c->wish_bytes += bytes;
	w.setup = setup && w.path != NULL;
	*c->last_wish = arena_alloc(c->arena, sizeof(w));
	**c->last_wish = w;
	c->last_wish = &(*c->last_wish)->next;
	c->wish_count++;
	return true;
}

/* A path of the API: it goes into a URL as it is. */
static bool
path_ok(const char *path)
{
	size_t len = strspn(path, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/._~-");

	return *path == '/' && path[len] == '\0' && len <= PATH_MAX_LEN && strstr(path, "..") == NULL && strstr(path, "//") == NULL;
}

bool
lifecycle_wish(struct lifecycle *c, const char *method, const char *path, const struct json *body)
{
	static const char *const methods[] = { "GET", "POST", "PUT", "PATCH", "DELETE" };
	bool known = false;

	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		known |= strcmp(methods[i], method) == 0;
	return known && path_ok(path) &&
	    add(c, (struct wish){ .method = method, .path = path, .body = body != NULL ? json_print(c->arena, body) : NULL });
}

bool
lifecycle_wish_own(struct lifecycle *c, const char *method, const char *below, const struct json *body)
{
	const char *id = smartapp_app_id(c->request);

	return id != NULL && lifecycle_wish(c, method, arena_printf(c->arena, "/installedapps/%s%s", id, below), body);
}

bool
lifecycle_post(struct lifecycle *c, const char *url, const struct json *body)
{
	return add(c, (struct wish){ .method = "POST", .url = url, .body = json_print(c->arena, body) });
}

bool
lifecycle_confirm(struct lifecycle *c, const char *url)
{
	return add(c, (struct wish){ .method = "GET", .url = url });
}

bool
lifecycle_command(struct lifecycle *c, const char *device, const char *component, const char *capability, const char *name,
    const struct json *arguments)
{
	struct arena *a = c->arena;
	struct json *body = json_object(a), *commands = json_set(a, body, "commands", json_array(a));
	struct json *command = json_append(a, commands, json_object(a));

	json_set_string(a, command, "component", component != NULL ? component : "main");
	json_set_string(a, command, "capability", capability);
	json_set_string(a, command, "command", name);
	json_set(a, command, "arguments", arguments != NULL ? json_copy(a, arguments) : json_array(a));
	return smartapp_id_ok(device) && lifecycle_wish(c, "POST", arena_printf(a, "/devices/%s/commands", device), body);
}

/* Of several values that one request has for the same thing, the last counts. */
static bool
wish_value(struct lifecycle *c, const char *user_name, struct set_wish w)
{
	struct user user;

	if (user_by_name(c->store, c->arena, user_name, &user) != STORE_OK)
		return false;
	w.user = user.id;
	for (struct set_wish *s = c->sets; s != NULL; s = s->next)
		if (strcmp(s->user, w.user) == 0 && strcmp(s->device, w.device) == 0 && strcmp(s->attribute, w.attribute) == 0) {
			s->value = w.value;
			s->origin = w.origin;
			return true;
		}
	if (c->set_count >= CALL_SETS)
		return false;
	*c->last_set = arena_alloc(c->arena, sizeof(w));
	**c->last_set = w;
	c->last_set = &(*c->last_set)->next;
	c->set_count++;
	return true;
}

bool
lifecycle_set(struct lifecycle *c, const char *user_name, const char *device, const char *attribute, const struct json *value)
{
	return wish_value(c, user_name, (struct set_wish){ .device = device, .attribute = attribute, .value = value,
	    .origin = HERE_ORIGIN });
}

bool
lifecycle_mirror(struct lifecycle *c, const char *user_name, const char *device, const char *attribute, const struct json *value)
{
	return wish_value(c, user_name, (struct set_wish){ .device = device, .attribute = attribute, .value = value,
	    .origin = arena_printf(c->arena, HERE_MIRRORED "%s", smartapp_app_id(c->request)) });
}

/* --- writing it down --- */

static const struct json *
texts(struct arena *a, const char **list)
{
	struct json *v = json_array(a);

	for (; list != NULL && *list != NULL; list++)
		json_append_string(a, v, *list);
	return v;
}

/* What INSTALL and UPDATE bring. */
static void
bring_up_to_date(const struct lifecycle *c, struct arena *a, struct installed *i)
{
	const struct smartapp_lifecycle *d = &c->request->data;
	int64_t now = c->now / 1000;

	i->location = d->installed_app.location_id;
	i->config = d->installed_app.config_json;
	i->permissions = texts(a, d->installed_app.permissions);
	i->locale = c->request->locale != NULL ? c->request->locale : i->locale;
	i->updated = now;
	i->installed = i->installed != 0 ? i->installed : now;
	i->access = d->auth_token;
	i->access_until = now + INSTALLED_ACCESS_LIFE;
	if (d->refresh_token != NULL) {
		i->refresh = d->refresh_token;
		i->refreshed = now;
		i->asked = i->lost = 0;
	}
}

static void
merge_state(const struct lifecycle *c, struct arena *a, struct installed *i)
{
	struct json *state = i->state != NULL ? json_copy(a, i->state) : json_object(a);

	for (const struct json *m = json_first(c->state); m != NULL; m = json_next(m))
		json_set(a, state, json_name(m), json_type(m) == JSON_NULL ? NULL : json_copy(a, m));
	i->state = state;
}

static enum store_result
write_installed(struct store_tx *tx, const struct lifecycle *c)
{
	struct arena *a = store_tx_arena(tx);
	const char *id = smartapp_app_id(c->request);
	enum smartapp_phase phase = c->request->phase;
	bool setup = phase == SMARTAPP_INSTALL || phase == SMARTAPP_UPDATE;
	bool event = phase == SMARTAPP_EVENT && c->wishes != NULL && smartapp_token(c->request) != NULL;
	struct installed i;

	if (id == NULL || (c->gone && phase != SMARTAPP_INSTALL))
		return id == NULL ? STORE_OK : installed_tx_delete(tx, id);
	if (!setup && !event && c->state == NULL)
		return STORE_OK;
	enum store_result r = installed_tx_find(tx, c->keyring, id, &i);
	if (r != STORE_OK && r != STORE_ABSENT)
		return r;
	/* Where no other token can be had, that of the event does for what it asks for. */
	event &= *c->config->smartapp.client_id == '\0' || i.refresh == NULL;
	if (!setup && !event && c->state == NULL)
		return STORE_OK;
	if (setup)
		bring_up_to_date(c, a, &i);
	if (i.location == NULL)
		i.location = smartapp_location_id(c->request);
	if (event) {
		i.event_access = smartapp_token(c->request);
		i.event_until = c->now / 1000 + INSTALLED_EVENT_LIFE;
	}
	if (c->state != NULL)
		merge_state(c, a, &i);
	return installed_tx_put(tx, c->keyring, &i);
}

static enum store_result
write_wishes(struct store_tx *tx, const struct lifecycle *c)
{
	const char *id = smartapp_app_id(c->request), *why;
	enum store_result r = STORE_OK;
	bool calls = false, posts = false;

	/* A confirmation belongs to no installed app: to the app itself. */
	id = id != NULL ? id : c->request->app_id != NULL ? c->request->app_id : c->request->confirmation.app_id;
	for (const struct wish *w = c->wishes; w != NULL; w = w->next) {
		calls |= w->path != NULL;
		posts |= w->url != NULL;
	}
	if (calls && !c->gone && id != NULL)
		r = queue_tx_add(tx, QUEUE_CALLS, id, c->wishes, c->now);
	if (r == STORE_OK && posts && id != NULL)
		r = queue_tx_add(tx, QUEUE_POSTS, id, c->wishes, c->now);
	for (const struct set_wish *s = c->sets; s != NULL && r == STORE_OK; s = s->next)
		if ((r = here_tx_set(tx, c->catalogue, s, &why)) == STORE_OK && why != NULL)
			log_event(LOG_LEVEL_WARN, "smartapp_set", "device=%.64s why=\"%s\"", s->device, why);
	return r;
}

struct commit {
	const struct lifecycle	*call;
	struct json		*answer;
};

static enum store_result
write_all(struct store_tx *tx, void *arg)
{
	const struct commit *m = arg;
	const struct lifecycle *c = m->call;
	const struct seen_outcome outcome = { SMARTAPP_OK, m->answer };
	enum store_result r = c->seen.hash != NULL ? seen_tx_put(tx, &c->seen, &outcome) : STORE_OK;

	if (r == STORE_OK)
		r = write_installed(tx, c);
	return r == STORE_OK ? write_wishes(tx, c) : r;
}

enum store_result
lifecycle_commit(struct lifecycle *c, struct json *answer)
{
	struct commit m = { c, answer };
	enum smartapp_phase phase = c->request->phase;
	bool nothing = phase != SMARTAPP_INSTALL && phase != SMARTAPP_UPDATE && !c->gone && c->wishes == NULL && c->sets == NULL &&
	    c->state == NULL;

	/* Of what has come to nothing only that it came is kept, so that a twin finds it: no need to wait for a disk, whose loss
	 * could let a request take effect late, but not twice. What has effects is on disk with them. */
	return (nothing ? store_run_soon : store_run)(c->store, c->arena, write_all, &m);
}
