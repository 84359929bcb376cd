/* round.c: pieces of work in a list; a transaction that is too large, or fails, is cut in halves. */
#include "courier/round.h"

#include "base/arena.h"
#include "courier/lease.h"
#include "base/banned.h"

#define TOGETHER 32	/* pieces of one transaction */

struct piece {
	store_fn	 fn;
	void		(*then)(void *, enum store_result);
	void		*arg;
	struct piece	*next;
};

void
round_begin(struct round *r)
{
	*r = (struct round){ NULL, &r->first };
}

void
round_add(struct round *r, struct arena *a, store_fn fn, void (*then)(void *, enum store_result), void *arg)
{
	struct piece *p = arena_alloc(a, sizeof(*p));

	*p = (struct piece){ fn, then, arg, NULL };
	*r->last = p;
	r->last = &p->next;
}

struct writing {
	const struct lease	*lease;
	const struct piece	*from;
	size_t			 n;
};

static enum store_result
write_some(struct store_tx *tx, void *arg)
{
	const struct writing *w = arg;
	enum store_result r = lease_tx_holds(tx, w->lease);
	const struct piece *p = w->from;

	for (size_t i = 0; r == STORE_OK && i < w->n; i++, p = p->next)
		r = p->fn(tx, p->arg);
	return r;
}

/* One that cannot be written must not hold the others back. */
static void
write_halves(struct store *store, struct arena *a, const struct lease *l, const struct piece *from, size_t n)
{
	struct writing w = { l, from, n };
	enum store_result r = store_run(store, a, write_some, &w);

	if (r == STORE_OK || n == 1) {
		for (size_t i = 0; i < n; i++, from = from->next)
			if (from->then != NULL)
				from->then(from->arg, r);
		return;
	}
	write_halves(store, a, l, from, n / 2);
	for (size_t i = 0; i < n / 2; i++)
		from = from->next;
	write_halves(store, a, l, from, n - n / 2);
}

bool
round_end(struct round *r, struct store *store, struct arena *a, const struct lease *l)
{
	bool some = r->first != NULL;

	while (r->first != NULL) {
		struct piece *from = r->first, *last = from;
		size_t n = 1;
		for (; n < TOGETHER && last->next != NULL; n++)
			last = last->next;
		/* What follows goes on by itself: the pieces at hand may add to it. */
		r->first = last->next;
		if (r->first == NULL)
			r->last = &r->first;
		last->next = NULL;
		write_halves(store, a, l, from, n);
	}
	return some;
}

void
round_drop(struct round *r)
{
	for (struct piece *p = r->first; p != NULL; p = p->next)
		if (p->then != NULL)
			p->then(p->arg, STORE_UNKNOWN);
	round_begin(r);
}
