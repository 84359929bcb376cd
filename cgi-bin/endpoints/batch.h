/* batch.h: some changes of a user, as the posts that they mean for subscribers; for notify.c. */
#ifndef ENDPOINTS_BATCH_H
#define ENDPOINTS_BATCH_H

#include <stdbool.h>

#include "db/store.h"

struct courier;
struct json;
struct keyring;

struct batch {
	const char		*user;
	struct post		*posts;		/* in their order */
	const struct json	*dead;		/* ids of subscriptions that are over */
	long long		 upto;		/* changes up to here are dealt with when it is written */
	struct json		*told;		/* of the change after that: what is queued when it is written */
	bool			 gone;		/* the user is no more: all of it goes */
	bool			 more;		/* there are changes after it */
};

/* What follows from the changes after seen. In the courier's arena. STORE_ABSENT: the user has no subscriptions. */
enum store_result batch_read(struct courier *, const char *user, long long seen, struct batch *);

/* Nothing to write: nobody is interested in these changes. */
bool		 batch_is_empty(const struct batch *);

/* Queue its posts, and write down how far we are. */
enum store_result batch_tx_write(struct store_tx *, const struct keyring *, const struct batch *);

#endif
