/* poll.c: whose turn it is to be looked at. */
#include "link/poll.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/json.h"
#include "base/log.h"
#include "base/secret.h"
#include "courier/backoff.h"
#include "courier/roster.h"
#include "courier/sender.h"
#include "link/connector.h"
#include "link/end.h"
#include "link/mirror.h"
#include "link/visit.h"
#include "web/fetch.h"
#include "base/banned.h"

#define PREFIX		"link/"
#define ARENA_LIMIT	((size_t)64 << 20)
#define FIRST_WITHIN	30000	/* ms: a start does not ask all vendors at once */
#define NO_ROOM		500	/* ms until a host that is busy is tried again */
#define TROUBLE		5000	/* ms after trouble of our own */

struct poller {
	struct courier	*courier;
	struct arena	*arena;		/* of links and connectors: the process's life */
	struct links	*links;		/* NULL: a connector is not right, nobody is asked */
	struct roster	*all;
};

/* A link, as we remember it. */
struct watched {
	struct member	 is;		/* first: see courier/roster.h */
	struct poller	*poller;
	bool		 soon;		/* somebody wants it looked at now */
	bool		 check;		/* its owner's devices have changed */
	/* While a look is under way. */
	struct arena	*arena;		/* NULL: none is */
	struct visit	 visit;
	enum ask_next	 next;
	bool		 flying;	/* an answer is awaited */
};

/* --- beginning and end --- */

static void *
begin(struct courier *c, const void *about)
{
	struct poller *p = calloc(1, sizeof(*p));
	const char *why = NULL;

	(void)about;
	if (p == NULL || (p->all = roster_new(sizeof(struct watched))) == NULL) {
		free(p);
		return NULL;
	}
	p->courier = c;
	p->arena = arena_new(ARENA_LIMIT);
	p->links = links_open(p->arena, c->config, c->store, c->keyring, c->catalogue, &why);
	if (p->links == NULL)
		log_event(LOG_LEVEL_ERROR, "link_connectors", "why=\"%s\"", why);
	return p;
}

static void
end(void *arg)
{
	struct poller *p = arg;

	for (struct watched *w; (w = roster_first(p->all)) != NULL; roster_remove(&w->is))
		arena_free(w->arena);
	roster_free(p->all);
	links_close(p->links);
	arena_free(p->arena);
	free(p);
}

/* --- who there is --- */

static struct watched *
watch(struct poller *p, const char *path, int64_t at)
{
	struct watched *w = p->links != NULL ? roster_add_path(p->all, path) : NULL;

	if (w == NULL || w->arena != NULL)
		return w;
	w->poller = p;
	roster_schedule(&w->is, at);
	return w;
}

static void
see(void *arg, const char *key, const char *value)
{
	unsigned offset;

	(void)value;
	if (strncmp(key, PREFIX, sizeof(PREFIX) - 1) != 0)
		return;
	secret_random(&offset, sizeof(offset));
	watch(arg, key + sizeof(PREFIX) - 1, clock_ms() + offset % FIRST_WITHIN);
}

static void
rouse(void *arg, struct member *m)
{
	struct watched *w = (struct watched *)m;

	(void)arg;
	w->check = true;
	if (w->arena == NULL)
		roster_schedule(m, 0);
}

static void
hear(void *arg, const char *word)
{
	struct poller *p = arg;
	size_t n = strlen(LINK_WORD);

	if (strncmp(word, LINK_WORD, n) == 0) {
		struct watched *w = watch(p, word + n, 0);
		if (w != NULL)
			w->soon = true;
	} else if (strpbrk(word, " /") == NULL)
		roster_of_user(p->all, word, rouse, NULL);
}

static void
missed(void *arg)
{
	const struct poller *p = arg;

	roster_each(p->all, rouse, NULL);
}

/* --- one look --- */

/* When it is looked at next: as often as its connector says, a tenth more or less; later and later while that fails. */
static int64_t
wait_of(const struct connector *c, const struct link_look *look, long retry_after)
{
	unsigned offset;
	int64_t every = c->every * 1000;

	secret_random(&offset, sizeof(offset));
	every += (int64_t)(offset % 2001) * every / 10000 - every / 10;
	if (look->failures > 0) {
		int64_t later = backoff_asked(look->failures, retry_after);
		every = later > every ? later : every;
	}
	return every;
}

static void
finish(struct watched *w)
{
	struct visit *v = &w->visit;
	struct link_look look;
	bool again;
	int64_t now = clock_ms(), next = now + TROUBLE;

	if (visit_end(v, &look, &again) == STORE_OK)
		next = v->result == ASK_LOGIN ? DUE_NEVER : now + wait_of(v->connector, &look, v->retry_after);
	w->soon = w->soon || again;
	arena_free(w->arena);
	w->arena = NULL;
	roster_schedule(&w->is, w->soon || w->check ? 0 : next);
}

static void
answered(void *arg, const struct fetch_answer *answer)
{
	struct watched *w = arg;

	w->flying = false;
	w->next = ask_answer(visit_ask(&w->visit), answer);
	roster_schedule(&w->is, 0);
}

/* Go on with a look, until it waits for somebody. */
static void
go_on(struct watched *w)
{
	struct courier *c = w->poller->courier;
	const struct ask *ask;

	if (w->next == ASK_WAIT)
		w->next = ask_again(visit_ask(&w->visit));
	while (w->next == ASK_OVER && visit_more(&w->visit))
		w->next = ask_begin(visit_ask(&w->visit));
	ask = visit_ask(&w->visit);
	if (w->next == ASK_OVER)
		finish(w);
	else if (w->next == ASK_WAIT)
		roster_schedule(&w->is, clock_ms() + ASK_WAIT_MS);
	else if (!courier_may_call(c, ask->request.url))
		roster_schedule(&w->is, clock_ms() + NO_ROOM);
	else {
		w->flying = true;
		roster_schedule(&w->is, DUE_NEVER);
		if (!courier_call(c, &ask->request, answered, w))
			answered(w, &(struct fetch_answer){ .body = "", .head = "", .error = "it could not begin" });
	}
}

/* Devices that were deleted here; with the last of them the link goes. True if it is gone. */
static bool
check(struct watched *w, const struct link *l)
{
	struct poller *p = w->poller;
	bool last;

	if (!w->check || json_first(l->chosen) == NULL)
		return false;
	w->check = mirror_forget_deleted(p->links, p->courier->arena, l, &last) != STORE_OK;
	return !w->check && last && link_end(p->links, p->courier->arena, l) == STORE_OK;
}

/* Begin a look, if it is time for one. */
static void
step(struct watched *w, int64_t now)
{
	struct poller *p = w->poller;
	struct link l;
	struct link_look look;
	const struct connector *c = NULL;
	enum store_result r = link_find(p->links->store, p->courier->arena, w->is.user, w->is.name, &l);

	if (r == STORE_OK)
		r = link_look_get(p->links->store, p->courier->arena, l.user, l.id, &look);
	if (r == STORE_ABSENT || (r == STORE_OK && check(w, &l))) {
		roster_remove(&w->is);
		return;
	}
	if (r == STORE_OK)
		c = connectors_find(p->links->connectors, l.connector);
	if (r != STORE_OK) {
		roster_schedule(&w->is, now + TROUBLE);
		return;
	}
	if (c == NULL || l.status != LINK_LINKED || (json_first(l.chosen) == NULL && !l.all)) {
		w->soon = false;
		roster_schedule(&w->is, DUE_NEVER);	/* until there is a word of it */
		return;
	}
	int64_t due = look.time + wait_of(c, &look, 0);
	if (!w->soon && due > now && look.time <= now) {
		roster_schedule(&w->is, due);
		return;
	}
	w->soon = false;
	w->arena = arena_new(ARENA_LIMIT);
	if (link_find(p->links->store, w->arena, w->is.user, w->is.name, &w->visit.link) != STORE_OK) {
		arena_free(w->arena);
		w->arena = NULL;
		roster_schedule(&w->is, now + TROUBLE);
		return;
	}
	visit_begin(&w->visit, p->links, w->arena, c);
	w->next = ask_begin(visit_ask(&w->visit));
	go_on(w);
}

static int64_t
work(void *arg)
{
	struct poller *p = arg;

	for (int steps = 0; steps < COURIER_STEPS && courier_has_room(p->courier); steps++) {
		struct watched *w = roster_first(p->all);
		int64_t now = clock_ms();
		if (w == NULL || w->is.due.at > now)
			return w != NULL ? w->is.due.at : DUE_NEVER;
		if (w->arena == NULL)
			step(w, now);
		else
			go_on(w);
	}
	return courier_has_room(p->courier) ? clock_ms() : DUE_NEVER;
}

const struct sender link_poll = { "links", NULL, begin, see, hear, missed, work, end };
