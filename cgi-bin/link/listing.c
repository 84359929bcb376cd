/* listing.c: page after page, each by the URL that the one before it names. */
#include "link/listing.h"

#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "link/connector.h"
#include "link/pick.h"
#include "base/banned.h"

void
listing_begin(struct listing *l, const struct links *x, struct arena *a, const struct connector *c, const struct link *link)
{
	*l = (struct listing){ .items = json_array(a), .ask = { .links = x, .arena = a, .link = link, .connector = c,
	    .rule = c->list, .values = ask_values(a, link), .ahead = TOKEN_AHEAD } };
}

/* The next page's address: whole, or below the host of this one. NULL if this was the last. */
static const char *
next_url(struct arena *a, const struct ask *ask)
{
	const char *next = json_string(pick_by(a, ask->body, ask->rule, "next")), *url = ask->request.url, *host;

	if (next == NULL || *next == '\0')
		return NULL;
	if (*next != '/' || (host = strstr(url, "://")) == NULL)
		return next;
	return arena_printf(a, "%.*s%s", (int)(host + 3 + strcspn(host + 3, "/?") - url), url, next);
}

static bool
fail(struct listing *l, const char *why)
{
	l->ask.result = ASK_TROUBLE;
	l->ask.why = why;
	return false;
}

bool
listing_more(struct listing *l)
{
	struct arena *a = l->ask.arena;
	const char *pointer = json_get_string(l->ask.rule, "items"), *next;
	const struct json *page;

	if (l->ask.result != ASK_FINE)
		return false;
	page = pick(a, l->ask.body, pointer != NULL ? pointer : "");
	if (json_type(page) != JSON_ARRAY)
		return fail(l, l->ask.body == NULL ? "its answer is not JSON" : "its answer has no list of devices where one was expected");
	for (const struct json *item = json_first(page); item != NULL; item = json_next(item)) {
		if (json_count(l->items) == LISTING_ITEMS)
			return fail(l, "it has more devices than we read");
		json_append(a, l->items, json_copy(a, item));
	}
	if ((next = next_url(a, &l->ask)) == NULL)
		return false;
	if (++l->pages == LISTING_PAGES)
		return fail(l, "its list of devices has no end");
	l->ask.url = next;
	l->ask.forced = l->ask.replayed = false;
	return true;
}

void
listing_run(struct listing *l, int64_t deadline)
{
	do
		ask_run(&l->ask, deadline);
	while (listing_more(l));
}
