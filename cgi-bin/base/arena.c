/* arena.c: a chain of blocks; bump the pointer, wipe and drop the chain at the end. */
#include "base/arena.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/banned.h"

#define BLOCK 16384
#define SPARE 32	/* blocks kept for the next request: most need fewer */
#define ALIGN 16

/* What is not used yet is zero: fresh from the system, or wiped. */
struct block {
	struct block	*next;
	size_t		 used, size;
	_Alignas(ALIGN) char mem[];
};

/* What is to be done at the next reset. */
struct after {
	void		(*fn)(void *);
	void		*arg;
	struct after	*next;
};

struct arena {
	struct after	*after;
	struct block	*last, *first;
	struct block	*spare;		/* of BLOCK bytes each */
	size_t		 n_spare;
	size_t		 taken, limit;
};

static _Noreturn void
die(const char *why)
{
	fprintf(stderr, "arena: %s\n", why);
	abort();
}

static struct block *
block_new(size_t size)
{
	struct block *b = calloc(1, sizeof(*b) + size);
	if (b == NULL)
		die("out of memory");
	b->size = size;
	return b;
}

struct arena *
arena_new(size_t limit)
{
	struct arena *a = calloc(1, sizeof(*a));
	if (a == NULL)
		die("out of memory");
	a->first = a->last = block_new(limit < BLOCK ? limit : BLOCK);
	a->limit = limit;
	return a;
}

static void
wipe(struct block *b)
{
	explicit_bzero(b->mem, b->used);
	b->used = 0;
}

/* A wiped block, for later or back to the system. For sanitizers always that: who still uses it is found out. */
static void
put_aside(struct arena *a, struct block *b)
{
#ifndef ARENA_EACH_MALLOC
	if (b->size == BLOCK && a->n_spare < SPARE) {
		b->next = a->spare;
		a->spare = b;
		a->n_spare++;
		return;
	}
#endif
	(void)a;
	free(b);
}

void
arena_then(struct arena *a, void (*fn)(void *), void *arg)
{
	struct after *then = arena_alloc(a, sizeof(*then));

	*then = (struct after){ fn, arg, a->after };
	a->after = then;
}

void
arena_reset(struct arena *a)
{
	for (const struct after *then = a->after; then != NULL; then = then->next)
		then->fn(then->arg);
	a->after = NULL;
	for (struct block *b = a->first->next, *next; b != NULL; b = next) {
		next = b->next;
		wipe(b);
		put_aside(a, b);
	}
	a->last = a->first;
	a->first->next = NULL;
	wipe(a->first);
	a->taken = 0;
}

void
arena_free(struct arena *a)
{
	if (a == NULL)
		return;
	arena_reset(a);
	for (struct block *b = a->spare, *next; b != NULL; b = next) {
		next = b->next;
		free(b);
	}
	free(a->first);
	free(a);
}

/* The block that n more bytes go into. For sanitizers every piece is a malloc of its own. */
static struct block *
block_for(struct arena *a, size_t n)
{
	struct block *b = a->spare;
#ifdef ARENA_EACH_MALLOC
	size_t size = n;
#else
	if (n <= a->last->size - a->last->used)
		return a->last;
	size_t size = n > BLOCK ? n : BLOCK;
#endif
	if (b != NULL && size == BLOCK) {
		a->spare = b->next;
		a->n_spare--;
		b->next = NULL;
	} else
		b = block_new(size);
	a->last->next = b;
	a->last = b;
	return b;
}

size_t
arena_size(size_t n)
{
	if (n > SIZE_MAX - ALIGN)
		die("absurd size");
	return (n + ALIGN - 1) & ~(size_t)(ALIGN - 1);
}

void *
arena_alloc(struct arena *a, size_t n)
{
	n = arena_size(n);
	if (n > a->limit - a->taken)
		die("request over its memory limit");
	a->taken += n;
	struct block *b = block_for(a, n);
	void *p = b->mem + b->used;
	b->used += n;
	return p;
}

char *
arena_strndup(struct arena *a, const char *s, size_t n)
{
	return memcpy(arena_alloc(a, n + 1), s, n);
}

char *
arena_strdup(struct arena *a, const char *s)
{
	return arena_strndup(a, s, strlen(s));
}

char *
arena_vprintf(struct arena *a, const char *fmt, va_list ap)
{
	char small[256], *s;	/* most are: they need not be formatted twice */
	va_list again;
	va_copy(again, ap);
	int n = vsnprintf(small, sizeof(small), fmt, ap);
	if (n < 0)
		die("bad format");
	if ((size_t)n < sizeof(small))
		s = arena_strndup(a, small, (size_t)n);
	else
		vsnprintf(s = arena_alloc(a, (size_t)n + 1), (size_t)n + 1, fmt, again);
	va_end(again);
	return s;
}

char *
arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	char *s = arena_vprintf(a, fmt, ap);
	va_end(ap);
	return s;
}
