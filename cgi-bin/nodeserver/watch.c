/* watch.c: the courier turns node servers off that have not been heard of for too long. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "courier/roster.h"
#include "courier/sender.h"
#include "db/record.h"
#include "nodeserver/presence.h"
#include "nodeserver/registry.h"
#include "base/banned.h"

#define PREFIX	"nodeserver-presence/"
#define RETRY	1000	/* ms after the store failed */
#define LATE	500	/* ms after its time: nobody is turned off for a rounding */

struct watch {
	struct courier	*courier;
	struct roster	*workers;	/* members alone: what is to be known stands in records */
};

static void *
begin(struct courier *c, const void *about)
{
	struct watch *w = calloc(1, sizeof(*w));

	(void)about;
	if (w == NULL || (w->workers = roster_new(sizeof(struct member))) == NULL) {
		free(w);
		return NULL;
	}
	w->courier = c;
	return w;
}

static void
end(void *arg)
{
	struct watch *w = arg;

	roster_free(w->workers);
	free(w);
}

/* Look at it now: when its time is over stands in its record. */
static void
rouse(const struct watch *w, const char *worker)
{
	struct member *m = roster_add(w->workers, worker, "");

	if (m != NULL)
		roster_schedule(m, clock_ms());
}

static void
see(void *arg, const char *key, const char *value)
{
	(void)value;
	if (strncmp(key, PREFIX, sizeof(PREFIX) - 1) == 0)
		rouse(arg, key + sizeof(PREFIX) - 1);
}

static void
hear(void *arg, const char *word)
{
	if (strncmp(word, PRESENCE_WORD, sizeof(PRESENCE_WORD) - 1) == 0)
		rouse(arg, word + sizeof(PRESENCE_WORD) - 1);
}

static void
step(const struct watch *w, struct member *it)
{
	struct courier *c = w->courier;
	const struct nodeserver_context x = { c->config, c->store, c->keyring, c->catalogue, c->arena };
	struct json *record;
	struct nodeserver ns;
	enum store_result r = record_get(c->store, c->arena, record_key(c->arena, "nodeserver-presence", it->user, NULL), &record);
	int64_t until = r == STORE_OK ? json_get_int(record, "until", 0) + LATE : 0;

	if (r == STORE_OK && until > clock_ms()) {
		roster_schedule(it, until);
		return;
	}
	if (r == STORE_OK)
		r = registry_find_worker(&x, it->user, &ns);
	if (r == STORE_OK && ns.connected)
		r = presence_expire(&x, &ns);
	/* Whoever is off is of interest again when it is heard of. */
	if (r == STORE_OK || r == STORE_ABSENT)
		roster_remove(it);
	else
		roster_schedule(it, clock_ms() + RETRY);
}

static int64_t
work(void *arg)
{
	struct watch *w = arg;

	for (int steps = 0; steps < COURIER_STEPS; steps++) {
		struct member *it = roster_first(w->workers);
		if (it == NULL || it->due.at > clock_ms())
			return it != NULL ? it->due.at : DUE_NEVER;
		step(w, it);
	}
	return clock_ms();
}

const struct sender presence_watch = { "nodeservers", NULL, begin, see, hear, NULL, work, end };
