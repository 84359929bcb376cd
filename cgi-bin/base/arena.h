/* arena.h: memory that lives exactly as long as one request.
 *
 * Nothing in an arena is freed piecemeal, and no function here returns NULL:
 * out of memory ends the process (its supervisor starts a fresh one). The
 * limit therefore stands above anything that a client can cause. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct arena;

/* A new arena that hands out at most limit bytes between two resets. */
struct arena *arena_new(size_t limit);

/* Wipe and forget everything handed out (tokens lived here); some of the memory is kept for the next request. */
void	 arena_reset(struct arena *);

/* Wipe and give back everything, the arena itself too. NULL is allowed. */
void	 arena_free(struct arena *);

/* Have fn called with arg at the next reset, before anything is wiped: for what was lent as long as the arena lasts. */
void	 arena_then(struct arena *, void (*fn)(void *arg), void *arg);

/* n zeroed bytes, aligned for any type. */
void	*arena_alloc(struct arena *, size_t n);

/* How much of an arena's limit n bytes take. */
size_t	 arena_size(size_t n);

/* A copy of a NUL-terminated text; of the first n bytes of s, NUL-terminated. */
char	*arena_strdup(struct arena *, const char *s);
char	*arena_strndup(struct arena *, const char *s, size_t n);

/* printf into fresh memory. */
char	*arena_printf(struct arena *, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
char	*arena_vprintf(struct arena *, const char *fmt, va_list)
	    __attribute__((format(printf, 2, 0)));

#endif
