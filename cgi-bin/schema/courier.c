/* courier.c: sleeps until a link is due, an answer comes, or somebody wakes it. */
#include "schema/courier.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/log.h"
#include "base/wake.h"
#include "oauth/keyring.h"
#include "schema/callback.h"
#include "schema/delivery.h"
#include "schema/links.h"
#include "web/fetch.h"
#include "base/banned.h"

#define ARENA_LIMIT ((size_t)1 << 30)
#define AT_ONCE 64
#define BOXES_EVERY 60000	/* ms between two looks for links that nobody told us of */
#define SLEEP_MAX 15000		/* ms: the lease is renewed in its first half */
#define SLEEP_DEMO 250		/* ms: where the clock may be moved by hand, the move must be seen */
#define GO_IN 5000		/* ms that calls in flight have when we are told to stop */

struct work {
	const struct courier_context *x;
	struct delivery	 d;
	int		 wake;
	int64_t		 boxes;		/* ms: when to look into them */
	bool		 loaded;
};

/* --- finding links --- */

static bool
visit(void *arg, const char *key, const char *value, int64_t expires)
{
	struct work *w = arg;
	const char *slash = strncmp(key, "callback/", 9) == 0 ? strchr(key + 9, '/') : NULL;

	(void)value;
	(void)expires;
	if (slash != NULL)
		links_add(w->d.links, arena_strndup(w->d.arena, key + 9, (size_t)(slash - key - 9)), slash + 1);
	return true;
}

static void
found(void *arg, const char *user, const char *grant)
{
	struct work *w = arg;

	links_add(w->d.links, user, grant);
}

/* Every link there is: once when the work begins, and when a box ran over. */
static bool
load(struct work *w)
{
	enum store_result r = store_each(w->x->store, visit, w);

	arena_reset(w->d.arena);
	if (r != STORE_OK) {
		log_event(LOG_LEVEL_ERROR, "courier_load", "store=%s", store_result_name(r));
		return false;
	}
	log_event(LOG_LEVEL_INFO, "courier_ready", "links=%zu", links_count(w->d.links));
	return true;
}

static void
look_into_boxes(struct work *w)
{
	bool full, walk = false;

	for (unsigned box = 0; box < CALLBACK_BOXES; box++) {
		arena_reset(w->d.arena);
		if (callback_collect(w->x->store, w->d.arena, box, found, w, &full) == STORE_OK)
			walk = walk || full;
	}
	w->boxes = clock_ms() + BOXES_EVERY;
	w->loaded = !walk || load(w);
}

/* --- being woken --- */

static void
rouse(void *arg, struct link *link)
{
	struct work *w = arg;
	int64_t now = clock_ms();

	if (link->busy)
		return;	/* it looks again when the answer comes */
	link->again = true;
	if (link->due > now)
		links_schedule(w->d.links, link, now);
}

static void
hear(struct work *w)
{
	char word[WAKE_WORD + 1];

	for (int n = 0; n < 1000 && wake_read(w->wake, word) > 0; n++) {
		char *slash = strchr(word, '/');
		if (slash != NULL) {
			*slash = '\0';
			struct link *link = links_add(w->d.links, word, slash + 1);
			if (link != NULL)
				rouse(w, link);
		} else
			links_of_user(w->d.links, word, rouse, w);
	}
}

/* --- working --- */

/* Begin what is due. How long nothing will be, in ms. */
static int
work(struct work *w)
{
	int64_t now = clock_ms(), wait = SLEEP_MAX;
	struct link *link;

	/* Each link at most once a round: one that is due again at once must not keep answers waiting. */
	for (size_t n = links_count(w->d.links); n > 0 && fetch_has_room(w->d.fetcher); n--) {
		link = links_first(w->d.links);
		if (link == NULL || link->due > now)
			break;
		delivery_step(&w->d, link);
	}
	link = links_first(w->d.links);
	if (link != NULL && fetch_has_room(w->d.fetcher) && link->due - now < wait)
		wait = link->due > now ? link->due - now : 0;
	return (int)(w->x->config->simulator && wait > SLEEP_DEMO ? SLEEP_DEMO : wait);
}

/* The right to send, for at least half of its life. */
static bool
hold(struct work *w)
{
	bool held = w->d.lease.until - clock_sec() > LEASE_LIFE / 2;

	if (held && w->d.lease.until - clock_sec() <= LEASE_LIFE)
		return true;
	arena_reset(w->d.arena);
	if (lease_take(w->x->store, w->d.arena, &w->d.lease, &held) != STORE_OK)
		held = false;
	return held;
}

static void
turn(struct work *w)
{
	int wait = 1000;

	arena_reset(w->d.arena);
	keyring_refresh(w->x->keyring, w->d.arena);
	if (hold(w)) {
		if (!w->loaded)
			w->loaded = load(w);
		int64_t now = clock_ms();
		if (now >= w->boxes || w->boxes > now + BOXES_EVERY)
			look_into_boxes(w);
		wait = work(w);
	} else
		w->loaded = false;	/* somebody else sends, and changes what we know */
	if (*w->x->stop == 0 && fetch_wait(w->d.fetcher, w->wake, wait))
		hear(w);
}

static void
finish(struct work *w)
{
	int64_t until = clock_ms() + GO_IN;

	while (fetch_running(w->d.fetcher) > 0 && clock_ms() < until)
		fetch_wait(w->d.fetcher, -1, 100);
	arena_reset(w->d.arena);
	lease_end(w->x->store, w->d.arena, &w->d.lease);
}

bool
courier_run(const struct courier_context *x)
{
	const struct fetch_limits limits = { .at_once = AT_ONCE, .connect_ms = 5000, .total_ms = 15000,
	    .answer_max = 65536, .loopback = x->config->insecure_loopback };
	struct work w = { .x = x, .wake = -1, .d = { .config = x->config, .store = x->store, .keyring = x->keyring,
	    .catalogue = x->catalogue, .arena = arena_new(ARENA_LIMIT) } };
	const char *why = "memory";

	w.d.links = links_new();
	w.d.fetcher = fetch_new(&limits);
	bool fine = w.d.links != NULL && w.d.fetcher != NULL;
	if (fine && !(fine = lease_begin(&w.d.lease, x->config->root, x->stop)))
		why = "courier.lock";
	if (fine && (w.wake = wake_listen(x->config->root)) < 0)	/* without it, it looks once a minute */
		log_event(LOG_LEVEL_WARN, "courier_deaf", "why=\"%s\"", strerror(errno));
	if (fine) {
		while (*x->stop == 0)
			turn(&w);
		finish(&w);
	} else
		log_event(LOG_LEVEL_ERROR, "courier_failed", "why=\"%s\"", why);
	if (w.wake >= 0)
		close(w.wake);
	fetch_free(w.d.fetcher);
	links_free(w.d.links);
	arena_free(w.d.arena);
	return fine;
}
