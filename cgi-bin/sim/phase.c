/* phase.c: one message a phase: envelope, signature, judgement.
 *
 * long because: the phases share what is signed, spoilt on purpose, judged and learned in one transaction. */
#include "sim/phase.h"

#include <string.h>
#include <time.h>

#include "app.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/json.h"
#include "base/secret.h"
#include "sim/call.h"
#include "sim/check.h"
#include "sim/install.h"
#include "sim/mask.h"
#include "sim/phase_judge.h"
#include "sim/signer.h"
#include "sim/sim.h"
#include "base/banned.h"

#define APP_ID "5ea50000-0000-4000-8000-000000000001"	/* where the config names none */
#define CONFIRM_KEPT 3600

/* What is wrong on purpose. */
enum flaw { FLAW_NONE, FLAW_UNSIGNED, FLAW_BODY, FLAW_OLD, FLAW_TARGET };

struct phase {
	struct sim	*sim;
	const char	*name, *check;
	struct json	*json, *data;
	const char	*raw;		/* sent as it is in place of json */
	enum flaw	 flaw;
	int		 wanted;	/* the status that alone is right */
	void		 (*learn)(struct phase *, struct json *record, struct json *app);
	long long	 replay_of;
	struct mask	 more;
	struct reply	 reply;
	bool		 ok;
};

static const char *
app_id(const struct sim *s)
{
	const char *id = s->app->config->smartapp.app_id;

	return *id != '\0' ? id : APP_ID;
}

static struct phase
phase_new(struct sim *s, const char *name, const char *member, const char *check)
{
	struct arena *a = s->arena;
	struct phase p = { .sim = s, .name = name, .check = check, .json = json_object(a), .wanted = 200, .more = { .arena = a } };
	struct json *client;

	json_set_string(a, p.json, "lifecycle", name);
	json_set_string(a, p.json, "executionId", secret_uuid(a));
	json_set_string(a, p.json, "appId", app_id(s));
	json_set_string(a, p.json, "locale", "en");
	json_set_string(a, p.json, "version", "1.0.0");
	client = json_set(a, p.json, "client", json_object(a));
	json_set_string(a, client, "os", "simulator");
	json_set_string(a, client, "language", "en-US");
	p.data = json_set(a, p.json, member, json_object(a));
	json_set(a, p.json, "settings", json_object(a));
	return p;
}

/* --- the signature --- */

/* As the recorded requests have it: UTC, and no hyphen in the digest's name (lifecycle protocol 0). */
static char *
date_text(struct arena *a, int64_t sec)
{
	static const char days[] = "SunMonTueWedThuFriSat", months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	time_t t = (time_t)sec;
	struct tm tm;

	gmtime_r(&t, &tm);
	return arena_printf(a, "%.3s, %02d %.3s %04d %02d:%02d:%02d UTC", days + 3 * tm.tm_wday, tm.tm_mday, months + 3 * tm.tm_mon,
	    tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

static char *
digest_text(struct arena *a, const char *body)
{
	unsigned char hash[SECRET_HASH];

	secret_sha256(body, strlen(body), hash);
	return arena_printf(a, "SHA256=%s", signer_base64(a, hash, sizeof(hash)));
}

/* The path of the target URL, which is what requests are signed for. */
static const char *
target_path(const struct sim *s)
{
	const char *url = call_url(s, PHASE_PATH);

	return strchr(strstr(url, "://") + 3, '/');
}

/* The headers, a list for call_make; NULL without a key. */
static const char *const *
sign(const struct phase *p, const char *body)
{
	struct arena *a = p->sim->arena;
	const char **list = arena_alloc(a, 7 * sizeof(*list));
	char *date = date_text(a, clock_sec() - (p->flaw == FLAW_OLD ? 86400 : 0));
	char *digest = digest_text(a, p->flaw == FLAW_BODY ? "{}" : body), *text;
	bool target = p->flaw != FLAW_TARGET;
	struct signer key;

	if (!signer_open(a, p->sim->app->config, &key))
		return NULL;
	text = arena_printf(a, "digest: %s\ndate: %s", digest, date);
	if (target)
		text = arena_printf(a, "(request-target): post %s\n%s", target_path(p->sim), text);
	text = signer_sign(a, &key, text);
	list[0] = "Date";
	list[1] = date;
	list[2] = "Digest";
	list[3] = digest;
	list[4] = p->flaw == FLAW_UNSIGNED ? NULL : "Authorization";
	list[5] = arena_printf(a, "Signature keyId=\"%s\",signature=\"%s\",headers=\"%sdigest date\",algorithm=\"rsa-sha256\"",
	    key.key_id, text != NULL ? text : "", target ? "(request-target) " : "");
	return list;
}

/* --- sending --- */

static void
learn(struct home *h, struct json *record, struct json *devices, void *arg)
{
	struct phase *p = arg;

	(void)devices;
	json_set_string(h->arena, record, "error", p->ok ? NULL : p->reply.status == 0 ? "NO-ANSWER" :
	    arena_printf(h->arena, "%d", p->reply.status));
	if (!p->ok)
		return;
	if (p->learn != NULL)
		p->learn(p, record, install_edit(h->arena, record));
	if (p->check != NULL)
		check_tick(h->arena, record, p->check);
}

static bool
send(struct phase *p)
{
	struct sim *s = p->sim;
	const char *body = p->raw != NULL ? p->raw : json_print(s->arena, p->json);
	const struct json *sent = json_parse(s->arena, body, strlen(body), NULL);
	const char *const *headers = sign(p, body);

	if (headers == NULL)
		return false;
	call_make(s, p->name, PHASE_PATH, false, headers, body, &p->reply);
	p->reply.exchange.replay_of = p->replay_of;
	p->reply.exchange.faults = p->reply.status == 0 ? NULL :
	    phase_judge(s->arena, sent, p->wanted, p->reply.status, p->reply.json);
	p->ok = p->reply.status == p->wanted && json_first(p->reply.exchange.faults) == NULL;
	return call_keep(s, &p->reply, body, &p->more, false, learn, p) && p->ok;
}

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
	json_set_string(s->arena, p.data, "appId", app_id(s));
	json_set_string(s->arena, p.data, "confirmationUrl", arena_printf(s->arena, "%s/apps/%s/confirm-registration?token=%s",
	    install_base(s->arena, s->app->config), app_id(s), token));
	mask_add(&p.more, "CONFIRMATION_TOKEN", token);
	return send(&p);
}

static const struct json *
draft_of(const struct sim *s)
{
	return json_get(install_of(&s->home), "draft");
}

static struct phase
configuration(struct sim *s, const char *phase, const char *page, const char *previous, const char *check)
{
	struct phase p = phase_new(s, "CONFIGURATION", "configurationData", check);
	const struct json *config = json_get(draft_of(s), "config");
	const char *id = json_get_string(draft_of(s), "id");

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
	return send(&p);
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
	return send(&p);
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
	struct minting m = { .both = true, .id = json_get_string(draft_of(s), "id") };

	if (m.id == NULL || home_change(&s->home, mint, &m) != STORE_OK)
		return false;
	struct phase p = phase_new(s, update ? "UPDATE" : "INSTALL", update ? "updateData" : "installData",
	    update ? "app_update" : "app_install");
	json_set_string(s->arena, p.data, "authToken", m.pair.access);
	json_set_string(s->arena, p.data, "refreshToken", m.pair.refresh);
	json_set(s->arena, p.data, "installedApp", installed_app(s, m.id, json_get(draft_of(s), "config")));
	if (update) {
		json_set(s->arena, p.data, "previousConfig", before != NULL ? json_copy(s->arena, before) : json_object(s->arena));
		json_set(s->arena, p.data, "previousPermissions", json_array(s->arena));
	}
	mask_add(&p.more, "APP_TOKEN", m.pair.access);
	mask_add(&p.more, "APP_REFRESH_TOKEN", m.pair.refresh);
	p.learn = learn_installed;
	return send(&p);
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
	return send(&p);
}

/* --- EVENT, OAUTH_CALLBACK --- */

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
	return send(&p);
}

bool
phase_oauth_callback(struct sim *s)
{
	static const char *const spellings[] = { "oAuthCallbackData", "oauthCallbackData" };
	const char *id = install_id(install_of(&s->home));
	bool ok = true;

	for (size_t i = 0; i < 2; i++) {
		struct phase p = phase_new(s, "OAUTH_CALLBACK", spellings[i], ok && i == 1 ? "app_oauth" : NULL);
		json_set_string(s->arena, p.data, "installedAppId", id != NULL ? id : json_get_string(draft_of(s), "id"));
		json_set_string(s->arena, p.data, "urlPath", "/oauth/callback?code=of-somebody-else&state=simulated");
		ok = send(&p) && ok;
	}
	return ok;
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
		ok = send(&p) && ok;
	}
	struct phase p = configuration(s, "PAGE", "no-such-page", "", "app_no_page");
	p.wanted = 400;
	return send(&p) && ok;
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
	send(&p);
	return p.reply.exchange.seq;
}
