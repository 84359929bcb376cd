/* watch.c: the courier turns node servers off that have not been heard of for too long. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "courier/due.h"
#include "courier/sender.h"
#include "db/record.h"
#include "nodeserver/presence.h"
#include "nodeserver/registry.h"
#include "base/banned.h"

#define PREFIX	"nodeserver-presence/"
#define RETRY	1000	/* ms after the store failed */
#define LATE	500	/* ms after its time: nobody is turned off for a rounding */
#define NAME_MAX_BYTES 100

struct watched {
	struct due	 due;
	char		 worker[NAME_MAX_BYTES];
};

struct watch {
	struct courier	*courier;
	struct due_queue *queue;
};

static void *
begin(struct courier *c, const void *about)
{
	struct watch *w = calloc(1, sizeof(*w));

	(void)about;
	if (w == NULL || (w->queue = due_new()) == NULL) {
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

	while (due_first(w->queue) != NULL) {
		struct due *d = due_first(w->queue);
		due_remove(w->queue, d);
		free(d);
	}
	due_free(w->queue);
	free(w);
}

/* Look at it now: when its time is over stands in its record. */
static void
rouse(struct watch *w, const char *worker, size_t len)
{
	struct watched *it = NULL;

	for (size_t i = 0; i < due_count(w->queue) && it == NULL; i++) {
		struct watched *one = (struct watched *)due_at(w->queue, i);
		if (strncmp(one->worker, worker, len) == 0 && one->worker[len] == '\0')
			it = one;
	}
	if (it != NULL)
		due_move(w->queue, &it->due, clock_ms());
	else if (len < NAME_MAX_BYTES && (it = calloc(1, sizeof(*it))) != NULL) {
		memcpy(it->worker, worker, len);
		it->due.at = clock_ms();
		if (!due_add(w->queue, &it->due))
			free(it);
	}
}

static void
see(void *arg, const char *key, const char *value)
{
	(void)value;
	if (strncmp(key, PREFIX, sizeof(PREFIX) - 1) == 0)
		rouse(arg, key + sizeof(PREFIX) - 1, strlen(key + sizeof(PREFIX) - 1));
}

static void
hear(void *arg, const char *word)
{
	if (strncmp(word, PRESENCE_WORD, sizeof(PRESENCE_WORD) - 1) == 0)
		rouse(arg, word + sizeof(PRESENCE_WORD) - 1, strlen(word + sizeof(PRESENCE_WORD) - 1));
}

static void
step(struct watch *w, struct watched *it)
{
	struct courier *c = w->courier;
	const struct nodeserver_context x = { c->config, c->store, c->keyring, c->catalogue, c->arena };
	struct json *record;
	struct nodeserver ns;
	enum store_result r = record_get(c->store, c->arena, record_key(c->arena, "nodeserver-presence", it->worker, NULL), &record);
	int64_t until = r == STORE_OK ? json_get_int(record, "until", 0) + LATE : 0;

	if (r == STORE_OK && until > clock_ms()) {
		due_move(w->queue, &it->due, until);
		return;
	}
	if (r == STORE_OK)
		r = registry_find_worker(&x, it->worker, &ns);
	if (r == STORE_OK && ns.connected)
		r = presence_expire(&x, &ns);
	/* Whoever is off is of interest again when it is heard of. */
	if (r == STORE_OK || r == STORE_ABSENT) {
		due_remove(w->queue, &it->due);
		free(it);
	} else
		due_move(w->queue, &it->due, clock_ms() + RETRY);
}

static int64_t
work(void *arg)
{
	struct watch *w = arg;

	for (int steps = 0; steps < COURIER_STEPS; steps++) {
		struct watched *it = (struct watched *)due_first(w->queue);
		if (it == NULL || it->due.at > clock_ms())
			return it != NULL ? it->due.at : DUE_NEVER;
		step(w, it);
	}
	return clock_ms();
}

const struct sender presence_watch = { "nodeservers", NULL, begin, see, hear, work, end };
