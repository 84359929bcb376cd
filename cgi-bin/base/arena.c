/* arena.c: a chain of blocks; bump the pointer, wipe and drop the chain at the end. */
#include "base/arena.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/banned.h"

#define BLOCK 16384
#define ALIGN 16

struct block {
	struct block	*next;
	size_t		 used, size;
	_Alignas(ALIGN) char mem[];
};

struct arena {
	struct block	*last, *first;
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
	struct block *b = malloc(sizeof(*b) + size);
	if (b == NULL)
		die("out of memory");
	b->next = NULL;
	b->used = 0;
	b->size = size;
	return b;
}

struct arena *
arena_new(size_t limit)
{
	struct arena *a = calloc(1, sizeof(*a));
	if (a == NULL)
		die("out of memory");
	a->first = a->last = block_new(BLOCK);
	a->limit = limit;
	return a;
}

void
arena_reset(struct arena *a)
{
	for (struct block *b = a->first->next, *next; b != NULL; b = next) {
		next = b->next;
		explicit_bzero(b->mem, b->used);
		free(b);
	}
	a->last = a->first;
	a->first->next = NULL;
	explicit_bzero(a->first->mem, a->first->used);
	a->first->used = 0;
	a->taken = 0;
}

void
arena_free(struct arena *a)
{
	if (a == NULL)
		return;
	arena_reset(a);
	free(a->first);
	free(a);
}

/* The block that n more bytes go into. For sanitizers every piece is a malloc of its own. */
static struct block *
block_for(struct arena *a, size_t n)
{
#ifdef ARENA_EACH_MALLOC
	size_t size = n;
#else
	if (n <= a->last->size - a->last->used)
		return a->last;
	size_t size = n > BLOCK ? n : BLOCK;
#endif
	struct block *b = block_new(size);
	a->last->next = b;
	a->last = b;
	return b;
}

void *
arena_alloc(struct arena *a, size_t n)
{
	if (n > SIZE_MAX - ALIGN)
		die("absurd size");
	n = (n + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	if (n > a->limit - a->taken)
		die("request over its memory limit");
	a->taken += n;
	struct block *b = block_for(a, n);
	void *p = b->mem + b->used;
	b->used += n;
	return memset(p, 0, n);
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
	va_list again;
	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, fmt, ap);
	if (n < 0)
		die("bad format");
	char *s = arena_alloc(a, (size_t)n + 1);
	vsnprintf(s, (size_t)n + 1, fmt, again);
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
