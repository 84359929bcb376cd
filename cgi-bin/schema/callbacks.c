/* callbacks.c: which links there are, and whose turn it is. */
#include "schema/callbacks.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "courier/sender.h"
#include "schema/delivery.h"
#include "schema/links.h"
#include "base/banned.h"

#define NAME_MAX_LEN 200

static void *
begin(struct courier *c, const void *about)
{
	struct delivery *d = calloc(1, sizeof(*d));
	struct links *links = d != NULL ? links_new() : NULL;

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

	links_free(d->links);
	free(d);
}

/* The link of "user/grant"; NULL if it is not that, or without memory. */
static struct link *
add(struct delivery *d, const char *name)
{
	const char *slash = strchr(name, '/');
	char user[NAME_MAX_LEN];

	if (slash == NULL || (size_t)(slash - name) >= sizeof(user))
		return NULL;
	memcpy(user, name, (size_t)(slash - name));
	user[slash - name] = '\0';
	return links_add(d->links, user, slash + 1);
}

static void
see(void *arg, const char *key, const char *value)
{
	(void)value;
	if (strncmp(key, "callback/", 9) == 0)
		add(arg, key + 9);
}

static void
rouse(void *arg, struct link *link)
{
	struct delivery *d = arg;
	int64_t now = clock_ms();

	if (link->busy || link->waiter.host != NULL)
		return;	/* it looks again when the answer comes, or there is room */
	link->again = true;
	if (link->due.at > now)
		links_schedule(d->links, link, now);
}

static void
hear(void *arg, const char *word)
{
	struct delivery *d = arg;
	struct link *link = strchr(word, ' ') == NULL ? add(d, word) : NULL;

	if (link != NULL)
		rouse(d, link);
	else
		links_of_user(d->links, word, rouse, d);
}

static int64_t
work(void *arg)
{
	struct delivery *d = arg;
	int64_t now = clock_ms();
	size_t steps = links_count(d->links) < COURIER_STEPS ? links_count(d->links) : COURIER_STEPS;
	struct link *link;

	/* Each link at most once a round: one that is due again at once must not keep answers waiting. */
	for (; steps > 0 && courier_has_room(d->courier); steps--) {
		link = links_first(d->links);
		if (link == NULL || link->due.at > now)
			break;
		delivery_step(d, link);
	}
	link = links_first(d->links);
	return link != NULL && courier_has_room(d->courier) ? link->due.at : DUE_NEVER;
}

const struct sender schema_callbacks = { "callbacks", NULL, begin, see, hear, work, end };
