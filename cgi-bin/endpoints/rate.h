/* rate.h: how often each installation has asked within a minute, counted exactly across all processes of an instance.
 *
 * The counters are a small file that all processes map, ROOT/rate: a table of sets, each under a lock of its own that the
 * system takes back when its holder dies. A process killed anywhere leaves nothing locked and no half-made counter: at worst
 * the one call that it was in goes uncounted. Nothing of it needs to survive a start, and nothing is synced. */
#ifndef ENDPOINTS_RATE_H
#define ENDPOINTS_RATE_H

#include <stdbool.h>

struct arena;
struct rate;

#define RATE_LIMIT	250	/* calls ... */
#define RATE_WINDOW	60	/* ... in so many seconds, from the first call on */

struct rate_verdict {
	bool	 allowed;
	int	 current;	/* calls that were counted in this window before this one */
	int	 ttl;		/* seconds until the window ends */
};

/* Map the counters of the instance in root, for the process's life. NULL with *why if that cannot be. */
struct rate	*rate_open(struct arena *, const char *root, const char **why);

/* Unmap. NULL is allowed. */
void		 rate_close(struct rate *);

/* Count a call of an installation, if it may be made. */
struct rate_verdict rate_take(struct rate *, const char *user, const char *installation);

/* What is said where nothing is counted: the beginning of a window. */
extern const struct rate_verdict rate_fresh;

#endif
