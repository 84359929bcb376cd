/* sessions.c: the list, and its ends. */
#include "account/sessions.h"

#include <string.h>

#include "account/moment.h"
#include "account/visitor.h"
#include "app.h"
#include "base/arena.h"
#include "base/json.h"
#include "oauth/session.h"
#include "oauth/user.h"
#include "web/request.h"
#include "web/response.h"
#include "base/banned.h"

struct listing {
	struct arena	*arena;
	const char	*current;
	struct json	*list;
};

static void
add(void *arg, const struct session *s)
{
	struct listing *l = arg;
	struct json *v = json_append(l->arena, l->list, json_object(l->arena));

	json_set_string(l->arena, v, "id", s->id);
	json_set_string(l->arena, v, "agent", s->agent);
	json_set_string(l->arena, v, "remote", s->remote);
	json_set(l->arena, v, "created", moment(l->arena, s->created * 1000));
	json_set(l->arena, v, "seen", moment(l->arena, s->seen * 1000));
	json_set_bool(l->arena, v, "current", strcmp(s->id, l->current) == 0);
}

enum store_result
sessions_list(struct app *app, struct arena *a, const struct visitor *v, struct json **list)
{
	struct listing l = { a, v->session.id, *list = json_array(a) };

	return session_each(app->store, a, &v->session.user, add, &l);
}

static void
done(struct app *app, const struct request *rq, struct response *rs, const char *what)
{
	response_redirect(rs, arena_printf(rq->arena, "%s/account?done=%s", visitor_base(app), what));
}

/* Under the visitor's own key: nobody else's session can be named. */
void
sessions_end(struct app *app, const struct request *rq, struct response *rs, const struct visitor *v)
{
	const char *id = request_form(rq, "session");

	if (id == NULL)
		visitor_refuse(app, rq, rs, 400, "");
	else if (session_end_id(app->store, rq->arena, v->session.user.id, id) == STORE_OK)
		done(app, rq, rs, "session");
	else
		visitor_unavailable(app, rq, rs);
}

/* By the account, not by the list: a session that the list does not know ends too. This browser gets a new one. */
void
sessions_end_others(struct app *app, const struct request *rq, struct response *rs, const struct visitor *v)
{
	struct user now;
	enum store_result r = user_end_sessions(app->store, rq->arena, v->session.user.id);

	if (r == STORE_OK)
		r = user_by_id(app->store, rq->arena, v->session.user.id, &now);
	if (r != STORE_OK || !visitor_sign_in(app, rq, rs, &now)) {
		visitor_unavailable(app, rq, rs);
		return;
	}
	visitor_note(app, rq, v, (struct activity){ .event = "authn_sessions_end" });
	done(app, rq, rs, "sessions");
}
