/* callbacks.c: which links there are, and whose turn it is. */
#include "schema/callbacks.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "courier/sender.h"
#include "schema/delivery.h"
#include "schema/link.h"
#include "base/banned.h"

static void *
begin(struct courier *c, const void *about)
{
	struct delivery *d = calloc(1, sizeof(*d));
	struct roster *links = d != NULL ? roster_new(sizeof(struct link)) : NULL;

	(void)about;
	if (links == NULL) {
		free(d);
		return NULL;
	}
	*d = (struct delivery){ .courier = c, .links = links };
	return d;
}

static void
end(void *arg)
{
	struct delivery *d = arg;

	roster_free(d->links);
	free(d);
}

static void
see(void *arg, const char *key, const char *value)
{
	const struct delivery *d = arg;

	(void)value;
	if (strncmp(key, "callback/", 9) == 0)
		roster_add_path(d->links, key + 9);
}

static void
rouse(void *arg, struct member *m)
{
	struct link *link = (struct link *)(void *)m;
	int64_t now = clock_ms();

	(void)arg;
	if (link->busy || link->waiter.host != NULL)
		return;	/* it looks again when the answer comes, or there is room */
	link->again = true;
	if (m->due.at > now)
		roster_schedule(m, now);
}

static void
hear(void *arg, const char *word)
{
	const struct delivery *d = arg;
	struct link *link = strchr(word, ' ') == NULL ? roster_add_path(d->links, word) : NULL;

	if (link != NULL)
		rouse(NULL, &link->is);
	else
		roster_of_user(d->links, word, rouse, NULL);
}

/* As if each were new here: the next look is a close one, and naps are spread over the time again. */
static void
begin_anew(void *arg, struct member *m)
{
	struct link *link = (struct link *)(void *)m;
	int64_t now = clock_ms();

	(void)arg;
	link->naps = 0;
	if (m->due.at > now && !link->busy && link->waiter.host == NULL)
		roster_schedule(m, now);
}

static void
missed(void *arg)
{
	const struct delivery *d = arg;

	roster_each(d->links, begin_anew, NULL);
}

static int64_t
work(void *arg)
{
	struct delivery *d = arg;
	int64_t now = clock_ms();
	size_t steps = roster_count(d->links) < COURIER_STEPS ? roster_count(d->links) : COURIER_STEPS;
	struct link *link;

	/* Each link at most once a round: one that is due again at once must not keep answers waiting. */
	for (; steps > 0 && courier_has_room(d->courier); steps--) {
		link = roster_first(d->links);
		if (link == NULL || link->is.due.at > now)
			break;
		delivery_step(d, link);
	}
	link = roster_first(d->links);
	return link != NULL && courier_has_room(d->courier) ? link->is.due.at : DUE_NEVER;
}

const struct sender schema_callbacks = { "callbacks", NULL, begin, see, hear, missed, work, end };
