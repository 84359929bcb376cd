/* app_back.c: what stands behind the address, as the app is told it. */
#include "sim/app_back.h"

#include <string.h>

#include "app.h"
#include "base/arena.h"
#include "base/json.h"
#include "sim/act.h"
#include "sim/install.h"
#include "sim/phase.h"
#include "sim/phase_send.h"
#include "sim/sim.h"
#include "web/request.h"
#include "base/banned.h"

#define PATH "/oauth/callback"

static const char *const spellings[] = { "oAuthCallbackData", "oauthCallbackData" };

char *
app_back_url(struct arena *a, const struct config *c)
{
	return arena_printf(a, "%s" PATH, install_base(a, c));
}

static struct phase
callback(struct sim *s, const char *spelling, const char *query, const char *check)
{
	struct phase p = phase_new(s, "OAUTH_CALLBACK", spelling, check);
	const char *id = install_id(install_of(&s->home));

	json_set_string(s->arena, p.data, "installedAppId", id != NULL ? id : json_get_string(install_draft(&s->home), "id"));
	json_set_string(s->arena, p.data, "urlPath", arena_printf(s->arena, PATH "?%s", query));
	return p;
}

bool
app_back_made_up(struct sim *s)
{
	bool ok = true;

	for (size_t i = 0; i < 2; i++) {
		struct phase p = callback(s, spellings[i], "code=of-somebody-else&state=simulated", ok && i == 1 ? "app_oauth" : NULL);
		p.may_refuse = true;
		ok = phase_send(&p) && ok;
	}
	return ok;
}

/* A value of a query as it stands there, encoded; NULL if it has none. */
static const char *
raw_value(struct arena *a, const char *query, const char *name)
{
	size_t n = strlen(name);

	for (const char *p = query; *p != '\0'; p += strcspn(p, "&"), p += *p == '&')
		if (strncmp(p, name, n) == 0 && p[n] == '=')
			return arena_strndup(a, p + n + 1, strcspn(p + n + 1, "&"));
	return NULL;
}

static void
come_back(struct sim *s)
{
	const char *query = s->rq->query_text, *page = json_get_string(json_get(install_draft(&s->home), "page"), "pageId");
	struct phase p = callback(s, spellings[0], query, "app_oauth");

	mask_add(&p.more, "VENDOR_CODE", raw_value(s->arena, query, "code"));
	bool ok = phase_send(&p);
	if (page != NULL)
		ok = phase_page(s, page, "") && ok;
	if (act_note(s, "sim_did_back", ok))
		sim_done(s, "/sim/app");
	else
		sim_unavailable(s);
}

void
app_back(struct app *app, const struct request *rq, struct response *rs)
{
	struct sim s;

	if (!sim_open(&s, app, rq, rs))
		return;
	if (install_id(install_of(&s.home)) == NULL && install_draft(&s.home) == NULL)
		sim_error(&s, 409, "sim_error_not_installed", "No SmartApp is installed in this home.");
	else
		come_back(&s);
	sim_close(&s);
}
