/* link.h: what the courier remembers of a link between its calls; what counts stands in its record (schema/callback.h). */
#ifndef SCHEMA_LINK_H
#define SCHEMA_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "courier/hosts.h"
#include "courier/roster.h"

struct link {
	struct member	 is;		/* its user, and its grant as the name */
	struct host_waiter waiter;	/* it waits for room at its host */
	int64_t		 waits;		/* ms: ... since then */
	bool		 busy;		/* a call, or a write, is under way */
	bool		 again;		/* there was news meanwhile */
	int64_t		 called;	/* ms of the last event sent; 0 = none yet */
	long long	 cursor;	/* as it stood when we looked last */
	long long	 read;		/* seq of the newest change when news began to wait for the next event's time; 0 = none wait */
	int64_t		 refresh_at;	/* ms: when to refresh the token that ends at refresh_for */
	int64_t		 refresh_for;
	unsigned	 refresh_failures;
	unsigned	 naps;		/* looks in a row that found nothing */
	bool		 unauthorized;	/* the last event met 401 */
	int64_t		 noted;		/* ms of the last refusal that was put into the journal */
	/* Where we are in telling everything, or in telling news in two messages. */
	size_t		 page;
	bool		 page_shown;
	long long	 page_upto, shown;
	size_t		 choice_shown;	/* hash of the choice whose new devices were told */
};

#endif
