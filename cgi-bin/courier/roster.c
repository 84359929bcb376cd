/* roster.c: a hash by user, and a queue by time. */
#include "courier/roster.h"

#include <stdlib.h>
#include <string.h>

#include "base/banned.h"

#define USER_MAX 256	/* bytes of a user's id */

struct roster {
	size_t		 member;	/* bytes of one */
	struct member	**slots;
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

struct roster *
roster_new(size_t size)
{
	struct roster *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->member = size;
	r->size = 1024;
	r->slots = calloc(r->size, sizeof(*r->slots));
	r->queue = due_new();
	if (r->slots != NULL && r->queue != NULL)
		return r;
	roster_free(r);
	return NULL;
}

static void
drop(struct member *m)
{
	free(m->user);
	free(m->name);
	free(m);
}

/* The i-th of all, in no order. */
static struct member *
member_at(const struct roster *r, size_t i)
{
	return (struct member *)(void *)due_at(r->queue, i);
}

void
roster_free(struct roster *r)
{
	if (r == NULL)
		return;
	for (size_t i = 0; r->queue != NULL && i < roster_count(r); i++)
		drop(member_at(r, i));
	due_free(r->queue);
	free(r->slots);
	free(r);
}

size_t
roster_count(const struct roster *r)
{
	return due_count(r->queue);
}

static void
grow(struct roster *r)
{
	size_t size = r->size * 2;
	struct member **slots = roster_count(r) < r->size ? NULL : calloc(size, sizeof(*slots));

	if (slots == NULL)
		return;	/* without memory chains get longer, no more */
	for (size_t i = 0; i < roster_count(r); i++) {
		struct member *m = member_at(r, i), **slot = &slots[hash(m->user) & (size - 1)];
		m->next = *slot;
		*slot = m;
	}
	free(r->slots);
	r->slots = slots;
	r->size = size;
}

void *
roster_add(struct roster *r, const char *user, const char *name)
{
	struct member *m = r->slots[hash(user) & (r->size - 1)];

	while (m != NULL && (strcmp(m->user, user) != 0 || strcmp(m->name, name) != 0))
		m = m->next;
	if (m != NULL || (m = calloc(1, r->member)) == NULL)
		return m;
	grow(r);
	m->all = r;
	m->user = strdup(user);
	m->name = strdup(name);
	if (m->user == NULL || m->name == NULL || !due_add(r->queue, &m->due)) {
		drop(m);
		return NULL;
	}
	m->next = r->slots[hash(user) & (r->size - 1)];
	r->slots[hash(user) & (r->size - 1)] = m;
	return m;
}

void *
roster_add_path(struct roster *r, const char *path)
{
	const char *slash = strchr(path, '/');
	char user[USER_MAX];

	if (slash == NULL || slash[1] == '\0' || (size_t)(slash - path) >= sizeof(user))
		return NULL;
	memcpy(user, path, (size_t)(slash - path));
	user[slash - path] = '\0';
	return roster_add(r, user, slash + 1);
}

void
roster_remove(struct member *m)
{
	struct roster *r = m->all;
	struct member **p = &r->slots[hash(m->user) & (r->size - 1)];

	while (*p != m)
		p = &(*p)->next;
	*p = m->next;
	due_remove(r->queue, &m->due);
	drop(m);
}

void
roster_each(struct roster *r, void (*fn)(void *, struct member *), void *arg)
{
	for (size_t i = 0; i < r->size; i++)
		for (struct member *m = r->slots[i]; m != NULL; m = m->next)
			fn(arg, m);
}

void
roster_of_user(struct roster *r, const char *user, void (*fn)(void *, struct member *), void *arg)
{
	for (struct member *m = r->slots[hash(user) & (r->size - 1)]; m != NULL; m = m->next)
		if (strcmp(m->user, user) == 0)
			fn(arg, m);
}

void
roster_schedule(struct member *m, int64_t due)
{
	due_move(m->all->queue, &m->due, due);
}

void *
roster_first(const struct roster *r)
{
	return due_first(r->queue);
}
