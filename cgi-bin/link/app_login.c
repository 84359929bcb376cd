/* app_login.c: whose link it is, before and after. */
#include "link/app_login.h"

#include <string.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/text.h"
#include "link/connector.h"
#include "link/link.h"
#include "link/login.h"
#include "link/vendor.h"
#include "oauth/user.h"
#include "base/banned.h"

struct looking {
	const char		*user, *installed;
	const struct connector	*connector;
	struct link		*link;
};

static enum store_result
look(struct store_tx *tx, void *arg)
{
	const struct looking *x = arg;

	return link_tx_find_for(tx, x->user, x->connector, x->installed, x->link);
}

enum app_login
app_login_begin(const struct links *x, struct arena *a, const char *connector, const char *user_name, const char *installed,
    char **url)
{
	const struct connector *c = connectors_find(x->connectors, connector);
	struct user user;
	struct link l;
	enum store_result r = c != NULL ? user_by_name(x->store, a, user_name, &user) : STORE_ABSENT;

	if (r != STORE_OK)
		return r == STORE_ABSENT ? APP_LOGIN_UNKNOWN : APP_LOGIN_UNAVAILABLE;
	if (user.disabled)
		return APP_LOGIN_UNKNOWN;
	r = store_run(x->store, a, look, &(struct looking){ user.id, installed, c, &l });
	if (r == STORE_OK && l.status == LINK_LINKED)
		return APP_LOGIN_LINKED;
	if (r == STORE_OK && !login_may(&l, installed))
		return APP_LOGIN_ELSEWHERE;
	if (r != STORE_OK && r != STORE_ABSENT)
		return APP_LOGIN_UNAVAILABLE;
	const struct login login = { .user = user.id, .connector = c->id, .installed = installed,
	    .redirect_uri = vendor_app_redirect_uri(a, x->config) };
	return login_begin(x, a, c, &login, url) == STORE_OK ? APP_LOGIN_OPEN : APP_LOGIN_UNAVAILABLE;
}

enum app_login
app_login_finish(const struct links *x, struct arena *a, const char *installed, const char *state, const char *code,
    const char *iss, const char *error)
{
	struct login login;
	const char *refused, *why, *shown = error != NULL && text_is_name(error, 60) ? error : "-";
	enum store_result r = state != NULL ? login_take(x->store, a, state, &login) : STORE_ABSENT;

	if (r != STORE_OK && r != STORE_ABSENT)
		return APP_LOGIN_UNAVAILABLE;
	if (r == STORE_ABSENT || login.installed == NULL || strcmp(login.installed, installed) != 0)
		return APP_LOGIN_STRANGER;
	if (error != NULL || code == NULL) {
		log_event(LOG_LEVEL_WARN, "link_login", "user=%s connector=%s installed=%s result=declined error=%s", login.user,
		    login.connector, installed, shown);
		return APP_LOGIN_DECLINED;
	}
	if ((why = login_finish(x, a, &login, code, iss, APP_LOGIN_MS, &refused)) == NULL)
		return APP_LOGIN_LINKED;
	log_event(LOG_LEVEL_WARN, "link_login", "user=%s connector=%s installed=%s result=failed why=%s", login.user, login.connector,
	    installed, why);
	return strcmp(why, "error_unavailable") == 0 ? APP_LOGIN_UNAVAILABLE : APP_LOGIN_REFUSED;
}
