/* buf.h: text that grows, up to a maximum that it is born with.
 *
 * The memory is the arena's. Past the maximum nothing more is added and the
 * buffer says so at the end: a caller appends without checks and asks once. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>

struct arena;

struct buf {
	struct arena	*arena;
	char		*data;	/* NUL-terminated once anything was added; never NULL */
	size_t		 len, size, max;
	bool		 over;	/* something did not fit */
};

/* An empty buffer that takes at most max bytes. */
struct buf buf_new(struct arena *, size_t max);

void	 buf_add(struct buf *, const char *data, size_t len);
void	 buf_text(struct buf *, const char *text);
void	 buf_char(struct buf *, char c);
void	 buf_printf(struct buf *, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));

/* text with & < > " ' made harmless: right inside HTML elements and quoted attributes. */
void	 buf_html(struct buf *, const char *text);

/* text percent-encoded but for the unreserved characters (RFC 3986 2.3). */
void	 buf_url(struct buf *, const char *text);

/* "name=value" of a form or a query, both percent-encoded, with a & before it where something stands already. Nothing if value
 * is NULL. */
void	 buf_pair(struct buf *, const char *name, const char *value);

#endif
