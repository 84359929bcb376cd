/* links.c: a hash by user, and a binary heap by time. */
#include "schema/links.h"

#include <stdlib.h>
#include <string.h>

#include "base/banned.h"

struct links {
	struct link	**slots;
	size_t		 size;		/* of slots, a power of two */
	struct link	**heap;
	size_t		 count, room;
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

	if (l != NULL && (l->slots = calloc(1024, sizeof(*l->slots))) == NULL) {
		free(l);
		return NULL;
	}
	if (l != NULL)
		l->size = 1024;
	return l;
}

static void
drop(struct link *it)
{
	free(it->user);
	free(it->grant);
	free(it);
}

void
links_free(struct links *l)
{
	if (l == NULL)
		return;
	for (size_t i = 0; i < l->count; i++)
		drop(l->heap[i]);
	free(l->heap);
	free(l->slots);
	free(l);
}

size_t
links_count(const struct links *l)
{
	return l->count;
}

/* --- the heap --- */

static void
place(struct links *l, struct link *it, size_t at)
{
	l->heap[at] = it;
	it->place = at;
}

static void
sift(struct links *l, struct link *it)
{
	size_t at = it->place;

	for (; at > 0 && it->due < l->heap[(at - 1) / 2]->due; at = (at - 1) / 2)
		place(l, l->heap[(at - 1) / 2], at);
	for (size_t child; (child = 2 * at + 1) < l->count; at = child) {
		if (child + 1 < l->count && l->heap[child + 1]->due < l->heap[child]->due)
			child++;
		if (l->heap[child]->due >= it->due)
			break;
		place(l, l->heap[child], at);
	}
	place(l, it, at);
}

void
links_schedule(struct links *l, struct link *it, int64_t due)
{
	it->due = due;
	sift(l, it);
}

struct link *
links_first(struct links *l)
{
	return l->count > 0 ? l->heap[0] : NULL;
}

/* --- the hash --- */

static bool
grow(struct links *l)
{
	if (l->count == l->room) {
		struct link **heap = realloc(l->heap, (l->room * 2 + 64) * sizeof(*heap));
		if (heap == NULL)
			return false;
		l->heap = heap;
		l->room = l->room * 2 + 64;
	}
	if (l->count < l->size)
		return true;
	struct link **slots = calloc(l->size * 2, sizeof(*slots));
	if (slots == NULL)
		return true;	/* longer chains, no more */
	for (size_t i = 0; i < l->count; i++) {
		struct link **slot = &slots[hash(l->heap[i]->user) & (l->size * 2 - 1)];
		l->heap[i]->next = *slot;
		*slot = l->heap[i];
	}
	free(l->slots);
	l->slots = slots;
	l->size *= 2;
	return true;
}

struct link *
links_add(struct links *l, const char *user, const char *grant)
{
	struct link *it = l->slots[hash(user) & (l->size - 1)];

	while (it != NULL && (strcmp(it->user, user) != 0 || strcmp(it->grant, grant) != 0))
		it = it->next;
	if (it != NULL || !grow(l) || (it = calloc(1, sizeof(*it))) == NULL)
		return it;
	it->user = strdup(user);
	it->grant = strdup(grant);
	if (it->user == NULL || it->grant == NULL) {
		drop(it);
		return NULL;
	}
	it->next = l->slots[hash(user) & (l->size - 1)];
	l->slots[hash(user) & (l->size - 1)] = it;
	it->place = l->count++;
	sift(l, it);
	return it;
}

void
links_remove(struct links *l, struct link *it)
{
	struct link **p = &l->slots[hash(it->user) & (l->size - 1)];

	while (*p != it)
		p = &(*p)->next;
	*p = it->next;
	struct link *last = l->heap[--l->count];
	if (last != it) {
		last->place = it->place;
		sift(l, last);
	}
	drop(it);
}

void
links_of_user(struct links *l, const char *user, void (*fn)(void *, struct link *), void *arg)
{
	for (struct link *it = l->slots[hash(user) & (l->size - 1)]; it != NULL; it = it->next)
		if (strcmp(it->user, user) == 0)
			fn(arg, it);
}
