/* notify.c: whose turn it is: the users that have subscriptions, and a look at each when there may be news. */
#include "endpoints/notify.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "courier/roster.h"
#include "db/record.h"
#include "endpoints/batch.h"
#include "endpoints/subscription.h"
#include "base/banned.h"

#define PREFIX	"subscriptions/"
#define LOOK	60000	/* ms: a word of news may have got lost */
#define RETRY	1000	/* ms after the store failed */

struct watched {
	struct member	 is;		/* its user; that is all its name */
	long long	 seen;		/* changes up to here are of no interest to anybody */
	bool		 busy;		/* what came of it is being written */
	bool		 again;		/* there was a word meanwhile */
};

struct notify {
	struct courier		*courier;
	struct roster		*users;
};

static void *
begin(struct courier *c, const void *about)
{
	struct notify *n = calloc(1, sizeof(*n));

	(void)about;
	if (n == NULL || (n->users = roster_new(sizeof(struct watched))) == NULL) {
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

	roster_free(n->users);
	free(n);
}

static void
rouse(void *arg, struct member *m)
{
	struct watched *w = (struct watched *)m;

	(void)arg;
	if (w->busy)
		w->again = true;
	else if (m->due.at > clock_ms())
		roster_schedule(m, clock_ms());
}

/* Look at this user now; it is learned if it was not known. */
static void
look_at(const struct notify *n, const char *user)
{
	struct watched *w = roster_add(n->users, user, "");

	if (w != NULL)
		rouse(NULL, &w->is);
}

static void
see(void *arg, const char *key, const char *value)
{
	(void)value;
	if (strncmp(key, PREFIX, sizeof(PREFIX) - 1) == 0)
		look_at(arg, key + sizeof(PREFIX) - 1);
}

/* A user's id, of anybody's: whether there are subscriptions is seen when it is looked at. Other words are others'. */
static void
hear(void *arg, const char *word)
{
	if (strpbrk(word, " /") == NULL)
		look_at(arg, word);
}

static void
missed(void *arg)
{
	const struct notify *n = arg;

	roster_each(n->users, rouse, NULL);
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
	roster_schedule(&w->watched->is,
	    clock_ms() + (r != STORE_OK ? RETRY : w->batch.more || w->watched->again ? 0 : LOOK));
	w->watched->again = false;
}

static void
step(struct notify *n, struct watched *w)
{
	struct courier *c = n->courier;
	struct writing *job = arena_alloc(c->arena, sizeof(*job));
	enum store_result r = batch_read(c, w->is.user, w->seen, &job->batch);

	job->notify = n;
	job->watched = w;
	if (r == STORE_ABSENT)	/* nobody subscribes any more */
		roster_remove(&w->is);
	else if (r != STORE_OK)
		roster_schedule(&w->is, clock_ms() + RETRY);
	else if (batch_is_empty(&job->batch)) {
		w->seen = job->batch.upto;
		roster_schedule(&w->is, clock_ms() + (job->batch.more ? 0 : LOOK));
	} else {
		w->busy = true;
		roster_schedule(&w->is, DUE_NEVER);
		courier_write(c, write_batch, written, job);
	}
}

static int64_t
work(void *arg)
{
	struct notify *n = arg;

	for (int steps = 0; steps < COURIER_STEPS; steps++) {
		struct watched *w = roster_first(n->users);
		if (w == NULL || w->is.due.at > clock_ms())
			return w != NULL ? w->is.due.at : DUE_NEVER;
		step(n, w);
	}
	return clock_ms();
}

const struct sender endpoints_notify = { "subscriptions", NULL, begin, see, hear, missed, work, end };
