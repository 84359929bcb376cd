/* look.c: how the courier's last look at a vendor went, and a word that it should look again. */
#include "base/arena.h"
#include "base/json.h"
#include "courier/box.h"
#include "db/record.h"
#include "link/link.h"
#include "base/banned.h"

static char *
look_key(struct arena *a, const char *user, const char *id)
{
	return record_key(a, "link-poll", user, id, NULL);
}

enum store_result
link_look_get(struct store *s, struct arena *a, const char *user, const char *id, struct link_look *look)
{
	struct json *v;
	enum store_result r = record_get(s, a, look_key(a, user, id), &v);

	*look = (struct link_look){ json_get_int(v, "time", 0), json_get_string(v, "fault"), json_get_int(v, "failures", 0) };
	return r == STORE_ABSENT ? STORE_OK : r;
}

struct looking {
	const char		*user, *id;
	const struct link_look	*look;
};

/* Only beside a link that is there: one that was forgotten meanwhile leaves nothing behind. */
static enum store_result
put_look(struct store_tx *tx, void *arg)
{
	const struct looking *x = arg;
	struct arena *a = store_tx_arena(tx);
	struct json *v = record_new(a);
	struct link l;
	enum store_result r = link_tx_find(tx, x->user, x->id, &l);

	if (r != STORE_OK)
		return r;
	json_set_int(a, v, "time", x->look->time);
	json_set_int(a, v, "failures", x->look->failures);
	if (x->look->fault != NULL)
		json_set_string(a, v, "fault", x->look->fault);
	return record_tx_put(tx, look_key(a, x->user, x->id), v, 0);
}

enum store_result
link_look_put(struct store *s, struct arena *a, const char *user, const char *id, const struct link_look *look)
{
	struct looking x = { user, id, look };

	return store_run(s, a, put_look, &x);
}

/* --- the courier --- */

enum store_result
link_tx_wake(struct store_tx *tx, const char *user, const char *id)
{
	return box_tx_leave(tx, arena_printf(store_tx_arena(tx), LINK_WORD "%s/%s", user, id));
}

static enum store_result
wake(struct store_tx *tx, void *arg)
{
	const struct looking *x = arg;

	return link_tx_wake(tx, x->user, x->id);
}

enum store_result
link_wake(struct store *s, struct arena *a, const char *user, const char *id)
{
	struct looking x = { user, id, NULL };

	return store_run(s, a, wake, &x);
}
