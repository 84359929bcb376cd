/* incoming.h: one call to the SmartApp endpoint as it came: bytes and headers, nothing parsed. */
#ifndef SMARTAPP_INCOMING_H
#define SMARTAPP_INCOMING_H

#include <stddef.h>

struct arena;

/* Headers with a meaning here, as names for incoming.header. */
#define INCOMING_AUTHORIZATION	"authorization"
#define INCOMING_DATE		"date"
#define INCOMING_DIGEST		"digest"
#define INCOMING_CORRELATION	"x-st-correlation"

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
