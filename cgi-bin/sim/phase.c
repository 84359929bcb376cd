/* phase.c: one function a phase: what it says, and what its answer teaches. */
#include "sim/phase.h"

#include <string.h>

#include "app.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/secret.h"
#include "sim/install.h"
#include "sim/phase_send.h"
#include "sim/sim.h"
#include "base/banned.h"

#define CONFIRM_KEPT 3600

/* --- CONFIRMATION, CONFIGURATION --- */

static void
expect_confirmation(struct home *h, struct json *record, struct json *devices, void *arg)
{
	struct json *app = install_edit(h->arena, record);

	(void)devices;
	json_set_string(h->arena, app, "confirmation", secret_digest(h->arena, arg));
	json_set_int(h->arena, app, "confirmation_until", clock_sec() + CONFIRM_KEPT);
}

bool
phase_confirmation(struct sim *s)
{
	struct phase p = phase_new(s, "CONFIRMATION", "confirmationData", "app_confirmation");
	char *token = arena_printf(s->arena, "%s.%s", s->home.id, secret_token(s->arena, 24));

	/* The server may open it before it has answered. */
	if (home_change(&s->home, expect_confirmation, token) != STORE_OK)
		return false;
	json_set_string(s->arena, p.data, "appId", phase_app_id(s));
	json_set_string(s->arena, p.data, "confirmationUrl", arena_printf(s->arena, "%s/apps/%s/confirm-registration?token=%s",
	    install_base(s->arena, s->app->config), phase_app_id(s), token));
	mask_add(&p.more, "CONFIRMATION_TOKEN", token);
	return phase_send(&p);
}

static struct phase
configuration(struct sim *s, const char *phase, const char *page, const char *previous, const char *check)
{
	struct phase p = phase_new(s, "CONFIGURATION", "configurationData", check);
	const struct json *config = json_get(install_draft(&s->home), "config");
	const char *id = json_get_string(install_draft(&s->home), "id");

	json_set_string(s->arena, p.data, "installedAppId", id != NULL ? id : secret_uuid(s->arena));
	json_set_string(s->arena, p.data, "phase", phase);
	json_set_string(s->arena, p.data, "pageId", page);
	json_set_string(s->arena, p.data, "previousPageId", previous);
	json_set(s->arena, p.data, "config", config != NULL ? json_copy(s->arena, config) : json_object(s->arena));
	return p;
}

static void
learn_initialize(struct phase *p, struct json *record, struct json *app)
{
	struct arena *a = p->sim->arena;
	const struct json *v = json_get(json_get(p->reply.json, "configurationData"), "initialize");
	const struct json *config = json_get(app, "config"), *scopes = json_get(v, "permissions");
	struct json *draft = json_set(a, app, "draft", json_object(a));

	(void)record;
	json_set_string(a, app, "name", json_get_string(v, "name"));
	json_set_string(a, app, "description", json_get_string(v, "description"));
	json_set(a, app, "scopes", scopes != NULL ? json_copy(a, scopes) : json_array(a));
	json_set_string(a, app, "first", json_get_string(v, "firstPageId"));
	json_set_string(a, draft, "id", json_get_string(json_get(p->json, "configurationData"), "installedAppId"));
	json_set(a, draft, "config", install_id(app) != NULL && config != NULL ? json_copy(a, config) : json_object(a));
}

static void
begin_draft(struct home *h, struct json *record, struct json *devices, void *arg)
{
	struct arena *a = h->arena;
	struct json *app = install_edit(a, record), *draft = json_set(a, app, "draft", json_object(a));
	const char *id = install_id(app);

	(void)devices;
	(void)arg;
	json_set_string(a, draft, "id", id != NULL ? id : secret_uuid(a));
	if (id != NULL && json_get(app, "config") != NULL)
		json_set(a, draft, "config", json_copy(a, json_get(app, "config")));
}

bool
phase_initialize(struct sim *s)
{
	if (home_change(&s->home, begin_draft, NULL) != STORE_OK)
		return false;
	struct phase p = configuration(s, "INITIALIZE", "", "", "app_initialize");
	p.learn = learn_initialize;
	return phase_send(&p);
}

static void
learn_page(struct phase *p, struct json *record, struct json *app)
{
	struct arena *a = p->sim->arena;
	const struct json *page = json_get(json_get(p->reply.json, "configurationData"), "page");
	struct json *draft = json_copy(a, json_get(app, "draft"));

	(void)record;
	json_set(a, draft, "page", json_copy(a, page));
	json_set(a, draft, "missing", NULL);
	json_set(a, app, "draft", draft);
}

bool
phase_page(struct sim *s, const char *page, const char *previous)
{
	struct phase p = configuration(s, "PAGE", page, previous, "app_page");

	p.learn = learn_page;
	return phase_send(&p);
}

/* --- INSTALL, UPDATE, UNINSTALL --- */

static struct json *
installed_app(struct sim *s, const char *id, const struct json *config)
{
	const struct json *app = install_of(&s->home), *scopes = json_get(app, "scopes");
	struct json *v = json_object(s->arena);

	json_set_string(s->arena, v, "installedAppId", id);
	json_set_string(s->arena, v, "locationId", json_get_string(app, "location"));
	json_set(s->arena, v, "config", config != NULL ? json_copy(s->arena, config) : json_object(s->arena));
	json_set(s->arena, v, "permissions", scopes != NULL ? json_copy(s->arena, scopes) : json_array(s->arena));
	return v;
}

static void
learn_installed(struct phase *p, struct json *record, struct json *app)
{
	struct arena *a = p->sim->arena;
	const struct json *draft = json_get(app, "draft");

	(void)record;
	json_set_string(a, app, "id", json_get_string(draft, "id"));
	json_set(a, app, "config", json_copy(a, json_get(draft, "config")));
	json_set(a, app, "draft", NULL);
}

struct minting {
	struct tokens_pair	 pair;
	const char		*event;
	bool			 both;		/* the pair, or a token for an event */
	const char		*id;		/* of what is about to be installed */
};

/* Before they are sent: the server may use them before it has answered. */
static void
mint(struct home *h, struct json *record, struct json *devices, void *arg)
{
	struct minting *m = arg;
	struct json *app = install_edit(h->arena, record);

	(void)devices;
	if (m->both)
		m->pair = install_mint(h, app);
	else
		m->event = install_mint_event(h, app);
	if (m->id != NULL)
		json_set_string(h->arena, app, "calls_of", m->id);
}

bool
phase_install(struct sim *s)
{
	const struct json *app = install_of(&s->home), *before = json_get(app, "config");
	bool update = install_id(app) != NULL;
	struct minting m = { .both = true, .id = json_get_string(install_draft(&s->home), "id") };

	if (m.id == NULL || home_change(&s->home, mint, &m) != STORE_OK)
		return false;
	struct phase p = phase_new(s, update ? "UPDATE" : "INSTALL", update ? "updateData" : "installData",
	    update ? "app_update" : "app_install");
	json_set_string(s->arena, p.data, "authToken", m.pair.access);
	json_set_string(s->arena, p.data, "refreshToken", m.pair.refresh);
	json_set(s->arena, p.data, "installedApp", installed_app(s, m.id, json_get(install_draft(&s->home), "config")));
	if (update) {
		json_set(s->arena, p.data, "previousConfig", before != NULL ? json_copy(s->arena, before) : json_object(s->arena));
		json_set(s->arena, p.data, "previousPermissions", json_array(s->arena));
	}
	mask_add(&p.more, "APP_TOKEN", m.pair.access);
	mask_add(&p.more, "APP_REFRESH_TOKEN", m.pair.refresh);
	p.learn = learn_installed;
	return phase_send(&p);
}

static void
learn_gone(struct phase *p, struct json *record, struct json *app)
{
	static const char *const gone[] = { "id", "calls_of", "config", "access", "refresh", "tokens", "subscriptions", "schedules",
		"pending", "draft", "cleared", "states" };

	(void)record;
	for (size_t i = 0; i < sizeof(gone) / sizeof(gone[0]); i++)
		json_set(p->sim->arena, app, gone[i], NULL);
}

bool
phase_uninstall(struct sim *s)
{
	const struct json *app = install_of(&s->home);
	struct phase p = phase_new(s, "UNINSTALL", "uninstallData", "app_uninstall");

	json_set(s->arena, p.data, "installedApp", installed_app(s, install_id(app), json_get(app, "config")));
	p.learn = learn_gone;
	return phase_send(&p);
}

/* --- EVENT --- */

bool
phase_events(struct sim *s, const struct json *events)
{
	const struct json *app = install_of(&s->home);
	struct minting m = { .both = false };

	if (home_change(&s->home, mint, &m) != STORE_OK)
		return false;
	struct phase p = phase_new(s, "EVENT", "eventData", "app_event");
	for (const struct json *e = json_first(events); e != NULL; e = json_next(e))
		if (strcmp(json_get_string(e, "eventType"), "TIMER_EVENT") == 0)
			p.check = "app_timer";
	json_set_string(s->arena, p.data, "authToken", m.event);
	json_set(s->arena, p.data, "installedApp", installed_app(s, install_id(app), json_get(app, "config")));
	json_set(s->arena, p.data, "events", json_copy(s->arena, events));
	mask_add(&p.more, "EVENT_TOKEN", m.event);
	return phase_send(&p);
}

/* --- mistakes, and once more --- */

bool
phase_mistakes(struct sim *s)
{
	static const enum flaw flaws[] = { FLAW_UNSIGNED, FLAW_BODY, FLAW_OLD, FLAW_TARGET };
	size_t count = sizeof(flaws) / sizeof(flaws[0]);
	bool ok = true;

	for (size_t i = 0; i < count; i++) {
		struct phase p = configuration(s, "INITIALIZE", "", "", ok && i + 1 == count ? "app_signature" : NULL);
		p.flaw = flaws[i];
		p.wanted = 401;
		ok = phase_send(&p) && ok;
	}
	struct phase p = configuration(s, "PAGE", "no-such-page", "", "app_no_page");
	p.wanted = 400;
	return phase_send(&p) && ok;
}

long long
phase_replay(struct sim *s, const struct exchange *x, const char *body)
{
	struct mask mask = mask_of(&s->home);
	struct minting pair = { .both = true }, event = { .both = false };
	struct phase p = phase_new(s, x->kind, "data", NULL);

	if (strstr(body, "$APP_") != NULL && home_change(&s->home, mint, &pair) != STORE_OK)
		return 0;
	if (strstr(body, "$EVENT_TOKEN") != NULL && home_change(&s->home, mint, &event) != STORE_OK)
		return 0;
	mask_add(&p.more, "APP_TOKEN", pair.pair.access);
	mask_add(&p.more, "APP_REFRESH_TOKEN", pair.pair.refresh);
	mask_add(&p.more, "EVENT_TOKEN", event.event);
	for (size_t i = 0; i < p.more.count; i++)
		mask_add(&mask, p.more.entries[i].name, p.more.entries[i].value);
	p.raw = mask_show(&mask, MASK_JSON, body);
	p.replay_of = x->seq;
	phase_send(&p);
	return p.reply.exchange.seq;
}
