/* links.c: a hash by user, and a queue by time. */
#include "schema/links.h"

#include <stdlib.h>
#include <string.h>

#include "base/banned.h"

struct links {
	struct link	**slots;
	size_t		 size;		/* of slots, a power of two */
	struct due_queue *queue;
};

static size_t
hash(const char *s)
{
	size_t h = 1469598103934665603u;

	for (; *s != '\0'; s++)
		h = (h ^ (unsigned char)*s) * 1099511628211u;
	return h ^ h >> 29;
}

struct links *
links_new(void)
{
	struct links *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return NULL;
	l->size = 1024;
	l->slots = calloc(l->size, sizeof(*l->slots));
	l->queue = due_new();
	if (l->slots != NULL && l->queue != NULL)
		return l;
	links_free(l);
	return NULL;
}

static void
drop(struct link *it)
{
	free(it->user);
	free(it->grant);
	free(it);
}

/* The i-th of all, in no order. */
static struct link *
link_at(const struct links *l, size_t i)
{
	return (struct link *)(void *)due_at(l->queue, i);
}

void
links_free(struct links *l)
{
	if (l == NULL)
		return;
	for (size_t i = 0; l->queue != NULL && i < links_count(l); i++)
		drop(link_at(l, i));
	due_free(l->queue);
	free(l->slots);
	free(l);
}

size_t
links_count(const struct links *l)
{
	return due_count(l->queue);
}

void
links_schedule(struct links *l, struct link *it, int64_t due)
{
	due_move(l->queue, &it->due, due);
}

struct link *
links_first(struct links *l)
{
	return (struct link *)(void *)due_first(l->queue);
}

/* --- the hash --- */

static void
grow(struct links *l)
{
	size_t size = l->size * 2;
	struct link **slots = links_count(l) < l->size ? NULL : calloc(size, sizeof(*slots));

	if (slots == NULL)
		return;	/* without memory chains get longer, no more */
	for (size_t i = 0; i < links_count(l); i++) {
		struct link *it = link_at(l, i), **slot = &slots[hash(it->user) & (size - 1)];
		it->next = *slot;
		*slot = it;
	}
	free(l->slots);
	l->slots = slots;
	l->size = size;
}

struct link *
links_add(struct links *l, const char *user, const char *grant)
{
	struct link *it = l->slots[hash(user) & (l->size - 1)];

	while (it != NULL && (strcmp(it->user, user) != 0 || strcmp(it->grant, grant) != 0))
		it = it->next;
	if (it != NULL || (it = calloc(1, sizeof(*it))) == NULL)
		return it;
	grow(l);
	it->all = l;
	it->user = strdup(user);
	it->grant = strdup(grant);
	if (it->user == NULL || it->grant == NULL || !due_add(l->queue, &it->due)) {
		drop(it);
		return NULL;
	}
	it->next = l->slots[hash(user) & (l->size - 1)];
	l->slots[hash(user) & (l->size - 1)] = it;
	return it;
}

void
links_remove(struct links *l, struct link *it)
{
	struct link **p = &l->slots[hash(it->user) & (l->size - 1)];

	while (*p != it)
		p = &(*p)->next;
	*p = it->next;
	due_remove(l->queue, &it->due);
	drop(it);
}

void
links_of_user(struct links *l, const char *user, void (*fn)(void *, struct link *), void *arg)
{
	for (struct link *it = l->slots[hash(user) & (l->size - 1)]; it != NULL; it = it->next)
		if (strcmp(it->user, user) == 0)
			fn(arg, it);
}
