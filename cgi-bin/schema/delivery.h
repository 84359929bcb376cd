/* delivery.h: one link's next call: what it is, and what came of it. For schema/courier.c. */
#ifndef SCHEMA_DELIVERY_H
#define SCHEMA_DELIVERY_H

#include <stdbool.h>

#include "schema/lease.h"

struct arena;
struct catalogue;
struct config;
struct fetch_answer;
struct fetcher;
struct json;
struct keyring;
struct link;
struct links;
struct store;

#define DELIVERY_HOSTS 256

struct delivery {
	const struct config	*config;
	struct store		*store;
	const struct keyring	*keyring;
	const struct catalogue	*catalogue;
	struct arena		*arena;		/* for one step, or one answer */
	struct fetcher		*fetcher;
	struct links		*links;
	struct lease		 lease;
	unsigned		 busy[DELIVERY_HOSTS];	/* calls in flight by host */
};

enum call_kind {
	CALL_REDEEM,		/* the code for tokens */
	CALL_REFRESH,
	CALL_DEVICES,		/* news: added and renamed devices */
	CALL_STATES,		/* news: states, and the end of devices */
	CALL_PAGE_DEVICES,	/* everything anew, some devices at a time */
	CALL_PAGE_STATES,
	CALL_UNLINKED,
};

/* A call in flight. */
struct call {
	struct delivery	*delivery;
	struct link	*link;
	enum call_kind	 kind;
	long long	 upto;		/* of news */
	bool		 last;		/* nothing of this batch or page is left */
	bool		 final;		/* of pages: it was the last one */
	unsigned	 host;
	char		 code_hash[64];	/* of the code that is redeemed */
};

/* A link is due: begin the call that it needs, or say when to look again. It may be gone afterwards. */
void	 delivery_step(struct delivery *, struct link *);

/* A call has ended: write down what came of it. Frees the call; the link may be gone afterwards. */
void	 delivery_end(void *call, const struct fetch_answer *);

#endif
