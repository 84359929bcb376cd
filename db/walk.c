/* walk.c: every record of a view once: the base without what is overridden, then each segment without what is newer. */
#include "db/index.h"
#include "db/view.h"
#include "base/banned.h"

struct walk {
	struct view	*view;
	size_t		 n;
	base_fn		 fn;
	void		*arg;
	bool		 stopped, damaged;
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

static void
walk_segment(struct walk *w, size_t at)
{
	const struct segment *s = &w->view->segments[at];
	const struct journal_op *op;

	for (uint32_t i = 0; !w->stopped && !w->damaged && index_at(s, i, &op, &w->damaged); i++) {
		if (op == NULL || is_overridden(w, at + 1, op_key(op), op->key_len) || w->damaged)
			continue;
		struct base_record rec = { .key = op_key(op), .key_len = op->key_len, .version = view_version(s, op),
		    .value = op->kind == JOURNAL_PUT ? op_value(op) : NULL, .value_len = op->value_len,
		    .expires = op->expires };
		w->stopped = !w->fn(w->arg, &rec);
	}
}

enum store_result
view_each(struct view *v, size_t n, base_fn fn, void *arg)
{
	struct walk w = { v, n, fn, arg, false, false };
	enum store_result r = v->base != NULL ? base_each(v->base, walk_base, &w) : STORE_OK;

	for (size_t i = 0; i < n && r == STORE_OK && !w.stopped; i++)
		walk_segment(&w, i);
	return w.damaged ? STORE_FAILED : r;
}
