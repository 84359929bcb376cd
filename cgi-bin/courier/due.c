/* due.c: a binary heap, moved as a whole when the clock is set back. */
#include "courier/due.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/banned.h"

#define SET_BACK 1000	/* ms that a clock may be put right without a word */

struct due_queue {
	struct due	**heap;
	size_t		 count, room;
	int64_t		 seen;	/* ms: the clock, when it was last asked who is first */
};

struct due_queue *
due_new(void)
{
	return calloc(1, sizeof(struct due_queue));
}

void
due_free(struct due_queue *q)
{
	if (q != NULL)
		free(q->heap);
	free(q);
}

size_t
due_count(const struct due_queue *q)
{
	return q->count;
}

static void
place(struct due_queue *q, struct due *it, size_t at)
{
	q->heap[at] = it;
	it->place = at;
}

static void
sift(struct due_queue *q, struct due *it)
{
	size_t at = it->place;

	for (; at > 0 && it->at < q->heap[(at - 1) / 2]->at; at = (at - 1) / 2)
		place(q, q->heap[(at - 1) / 2], at);
	for (size_t child; (child = 2 * at + 1) < q->count; at = child) {
		if (child + 1 < q->count && q->heap[child + 1]->at < q->heap[child]->at)
			child++;
		if (q->heap[child]->at >= it->at)
			break;
		place(q, q->heap[child], at);
	}
	place(q, it, at);
}

bool
due_add(struct due_queue *q, struct due *it)
{
	if (q->count == q->room) {
		struct due **heap = realloc(q->heap, (q->room * 2 + 64) * sizeof(*heap));
		if (heap == NULL)
			return false;
		q->heap = heap;
		q->room = q->room * 2 + 64;
	}
	it->place = q->count++;
	sift(q, it);
	return true;
}

void
due_remove(struct due_queue *q, struct due *it)
{
	struct due *last = q->heap[--q->count];

	if (last == it)
		return;
	last->place = it->place;
	sift(q, last);
}

void
due_move(struct due_queue *q, struct due *it, int64_t at)
{
	it->at = at;
	sift(q, it);
}

/* All by the same time: the heap's order stays. */
static void
follow_clock(struct due_queue *q)
{
	int64_t now = clock_ms(), back = q->seen - now;

	q->seen = now;
	for (size_t i = 0; back > SET_BACK && i < q->count; i++)
		if (q->heap[i]->at != DUE_NEVER)
			q->heap[i]->at -= back;
}

struct due *
due_first(struct due_queue *q)
{
	follow_clock(q);
	return q->count > 0 ? q->heap[0] : NULL;
}

struct due *
due_at(const struct due_queue *q, size_t i)
{
	return q->heap[i];
}
