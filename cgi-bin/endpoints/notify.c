/* notify.c: whose turn it is: the users that have subscriptions, and a look at each when there may be news. */
#include "endpoints/notify.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "courier/due.h"
#include "db/record.h"
#include "endpoints/batch.h"
#include "endpoints/subscription.h"
#include "base/banned.h"

#define PREFIX	"subscriptions/"
#define LOOK	60000	/* ms: a word of news may have got lost */
#define RETRY	1000	/* ms after the store failed */
#define USER_MAX 64

struct watched {
	struct due	 due;
	char		 user[USER_MAX];
	long long	 seen;		/* changes up to here are of no interest to anybody */
	bool		 busy;		/* what came of it is being written */
	bool		 again;		/* there was a word meanwhile */
};

struct notify {
	struct courier		*courier;
	struct due_queue	*queue;
};

static void *
begin(struct courier *c, const void *about)
{
	struct notify *n = calloc(1, sizeof(*n));

	(void)about;
	if (n == NULL || (n->queue = due_new()) == NULL) {
		free(n);
		return NULL;
	}
	n->courier = c;
	return n;
}

static void
end(void *arg)
{
	struct notify *n = arg;

	while (due_first(n->queue) != NULL) {
		struct watched *w = (struct watched *)due_first(n->queue);
		due_remove(n->queue, &w->due);
		free(w);
	}
	due_free(n->queue);
	free(n);
}

static struct watched *
find(const struct notify *n, const char *user)
{
	for (size_t i = 0; i < due_count(n->queue); i++) {
		struct watched *w = (struct watched *)due_at(n->queue, i);
		if (strcmp(w->user, user) == 0)
			return w;
	}
	return NULL;
}

/* Look at this user now; it is learned if it was not known. */
static void
rouse(struct notify *n, const char *user)
{
	struct watched *w = find(n, user);

	if (w == NULL && strlen(user) < USER_MAX && (w = calloc(1, sizeof(*w))) != NULL) {
		memcpy(w->user, user, strlen(user) + 1);
		w->due.at = clock_ms();
		if (!due_add(n->queue, &w->due))
			free(w);
	} else if (w != NULL && w->busy)
		w->again = true;
	else if (w != NULL && w->due.at > clock_ms())
		due_move(n->queue, &w->due, clock_ms());
}

static void
see(void *arg, const char *key, const char *value)
{
	(void)value;
	if (strncmp(key, PREFIX, sizeof(PREFIX) - 1) == 0)
		rouse(arg, key + sizeof(PREFIX) - 1);
}

/* A user's id, of anybody's: whether there are subscriptions is seen when it is looked at. Other words are others'. */
static void
hear(void *arg, const char *word)
{
	if (strpbrk(word, " /") == NULL)
		rouse(arg, word);
}

/* --- one user --- */

struct writing {
	struct notify	*notify;
	struct watched	*watched;
	struct batch	 batch;
};

static enum store_result
write_batch(struct store_tx *tx, void *arg)
{
	const struct writing *w = arg;

	return batch_tx_write(tx, w->notify->courier->keyring, &w->batch);
}

static void
written(void *arg, enum store_result r)
{
	const struct writing *w = arg;

	w->watched->busy = false;
	if (r == STORE_OK)
		w->watched->seen = w->batch.upto;
	due_move(w->notify->queue, &w->watched->due,
	    clock_ms() + (r != STORE_OK ? RETRY : w->batch.more || w->watched->again ? 0 : LOOK));
	w->watched->again = false;
}

static void
step(struct notify *n, struct watched *w)
{
	struct courier *c = n->courier;
	struct writing *job = arena_alloc(c->arena, sizeof(*job));
	enum store_result r = batch_read(c, w->user, w->seen, &job->batch);

	job->notify = n;
	job->watched = w;
	if (r == STORE_ABSENT) {	/* nobody subscribes any more */
		due_remove(n->queue, &w->due);
		free(w);
	} else if (r != STORE_OK)
		due_move(n->queue, &w->due, clock_ms() + RETRY);
	else if (batch_is_empty(&job->batch)) {
		w->seen = job->batch.upto;
		due_move(n->queue, &w->due, clock_ms() + (job->batch.more ? 0 : LOOK));
	} else {
		w->busy = true;
		due_move(n->queue, &w->due, DUE_NEVER);
		courier_write(c, write_batch, written, job);
	}
}

static int64_t
work(void *arg)
{
	struct notify *n = arg;

	for (int steps = 0; steps < COURIER_STEPS; steps++) {
		struct watched *w = (struct watched *)due_first(n->queue);
		if (w == NULL || w->due.at > clock_ms())
			return w != NULL ? w->due.at : DUE_NEVER;
		step(n, w);
	}
	return clock_ms();
}

const struct sender endpoints_notify = { "subscriptions", NULL, begin, see, hear, work, end };
