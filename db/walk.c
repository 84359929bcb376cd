/* walk.c: every record of a view once: the base without what is overridden, then each segment without what is newer; or
 * both merged, in an order that the base has anyhow. */
#include <stdlib.h>

#include "db/index.h"
#include "db/view.h"
#include "base/banned.h"

struct walk {
	struct view	*view;
	size_t		 n;
	base_fn		 fn;
	void		*arg;
	bool		 stopped, damaged;
	const struct journal_op *op;	/* in a segment: what fn is shown, and which segment's it is */
	size_t		 at;
};

/* Does one of the segments from..n-1 have a newer record of this key? */
static bool
is_overridden(struct walk *w, size_t from, const char *key, size_t len)
{
	if (from >= w->n)
		return false;
	uint64_t hash = index_hash(index_seed(w->view->segments[from].index), key, len);
	for (size_t i = from; i < w->n; i++)
		if (index_find(&w->view->segments[i], hash, key, len, &w->damaged) != NULL || w->damaged)
			return true;
	return false;
}

static bool
walk_base(void *arg, const struct base_record *rec)
{
	struct walk *w = arg;

	if (!is_overridden(w, 0, rec->key, rec->key_len) && !w->fn(w->arg, rec))
		w->stopped = true;
	return !w->stopped && !w->damaged;
}

static struct base_record
record_of(const struct segment *s, const struct journal_op *op)
{
	return (struct base_record){ .key = op_key(op), .key_len = op->key_len, .version = view_version(s, op),
	    .value = op->kind == JOURNAL_PUT ? op_value(op) : NULL, .value_len = op->value_len, .expires = op->expires };
}

static void
walk_segment(struct walk *w, size_t at)
{
	const struct segment *s = &w->view->segments[at];

	w->at = at;
	for (uint32_t i = 0; !w->stopped && !w->damaged && index_at(s, i, &w->op, &w->damaged); i++) {
		if (w->op == NULL || is_overridden(w, at + 1, op_key(w->op), w->op->key_len) || w->damaged)
			continue;
		struct base_record rec = record_of(s, w->op);
		w->stopped = !w->fn(w->arg, &rec);
	}
}

enum store_result
view_each(struct view *v, size_t n, base_fn fn, void *arg)
{
	struct walk w = { .view = v, .n = n, .fn = fn, .arg = arg };
	enum store_result r = v->base != NULL ? base_each(v->base, walk_base, &w) : STORE_OK;

	for (size_t i = 0; i < n && r == STORE_OK && !w.stopped; i++)
		walk_segment(&w, i);
	return w.damaged ? STORE_FAILED : r;
}

/* --- merged --- */

struct newer {
	const struct journal_op *op;
	uint32_t	 at, order;
};

struct merge {
	const struct walk *walk;
	struct newer	*newer;
	size_t		 count, size, next;
	view_order	 order;
	base_fn		 fn;
	void		*arg;
	bool		 no_memory;
};

static bool
note_newer(void *arg, const struct base_record *rec)
{
	struct merge *m = arg;

	if (m->count == m->size) {
		size_t size = m->size == 0 ? 1024 : m->size * 2;
		struct newer *bigger = realloc(m->newer, size * sizeof(*bigger));
		m->no_memory = bigger == NULL;
		if (m->no_memory)
			return false;
		m->newer = bigger;
		m->size = size;
	}
	m->newer[m->count++] = (struct newer){ m->walk->op, (uint32_t)m->walk->at, m->order(m->arg, rec) };
	return true;
}

static int
compare(const void *a, const void *b)
{
	uint32_t x = ((const struct newer *)a)->order, y = ((const struct newer *)b)->order;

	return (x > y) - (x < y);
}

/* Show fn the next of what is newer. */
static bool
show_newer(struct merge *m)
{
	const struct newer *n = &m->newer[m->next++];
	struct base_record rec = record_of(&m->walk->view->segments[n->at], n->op);

	return m->fn(m->arg, &rec);
}

static bool
merge_in(void *arg, const struct base_record *rec)
{
	struct merge *m = arg;
	uint32_t order = m->order(m->arg, rec);

	while (m->next < m->count && m->newer[m->next].order <= order)
		if (!show_newer(m))
			return false;
	return m->fn(m->arg, rec);
}

enum store_result
view_each_merged(struct view *v, size_t n, view_order order, base_fn fn, void *arg)
{
	struct merge m = { .order = order, .fn = fn, .arg = arg };
	struct walk w = { .view = v, .n = n, .fn = note_newer, .arg = &m };

	m.walk = &w;
	for (size_t i = 0; i < n && !w.stopped; i++)
		walk_segment(&w, i);
	bool good = !m.no_memory && !w.damaged;
	if (m.count > 0)
		qsort(m.newer, m.count, sizeof(*m.newer), compare);
	w.fn = merge_in;
	if (good && v->base != NULL)
		good = base_each(v->base, walk_base, &w) == STORE_OK;
	while (good && !w.stopped && !w.damaged && m.next < m.count)
		w.stopped = !show_newer(&m);
	free(m.newer);
	return good && !w.damaged ? STORE_OK : STORE_FAILED;
}
