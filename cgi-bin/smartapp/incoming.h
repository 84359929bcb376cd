/* incoming.h: one call to the SmartApp endpoint as it came: bytes and headers, nothing parsed. */
#ifndef SMARTAPP_INCOMING_H
#define SMARTAPP_INCOMING_H

#include <stddef.h>

struct arena;

struct incoming {
	const char	*method;	/* "POST" */
	const char	*body;		/* NUL-terminated, may hold NULs */
	size_t		 len;
	/* The value of a header by its name in small letters; NULL if it is absent or came twice. */
	const char	*(*header)(const void *arg, const char *name);
	const void	*arg;
};

/* Its id for asking SmartThings' support, X-ST-Correlation, fit for a log line and an answer; "-" if there is none. */
const char	*incoming_correlation(struct arena *, const struct incoming *);

#endif
