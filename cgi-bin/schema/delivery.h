/* delivery.h: one link's next call: what it is, and what came of it. For schema/callbacks.c. */
#ifndef SCHEMA_DELIVERY_H
#define SCHEMA_DELIVERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdint.h>

struct courier;
struct fetch_answer;
struct json;
struct link;
struct roster;

struct delivery {
	struct courier	*courier;
	struct roster	*links;
};

enum call_kind {
	CALL_REDEEM,		/* the code for tokens */
	CALL_REFRESH,
	CALL_DEVICES,		/* news: added and renamed devices */
	CALL_STATES,		/* news: states, and the end of devices */
	CALL_PAGE_DEVICES,	/* everything anew, some devices at a time */
	CALL_PAGE_STATES,
	CALL_CHOICE_DEVICES,	/* the owner chose others: those that came in */
	CALL_CHOICE_STATES,	/* ... their states, and the end of those that went */
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
	char		*chosen;	/* of a choice that is told: struct callback's, as text */
	size_t		 chosen_hash;
	bool		 whole;		/* ... after which all is to be told */
	char		 code_hash[64];	/* of the code that is redeemed */
	char		*message;	/* as it was sent; NULL without memory */
	int64_t		 expires;	/* seconds: the link's own end */
};

/* A link is due: begin the call that it needs, or say when to look again. It may be gone afterwards. */
void	 delivery_step(struct delivery *, struct link *);

/* A call has ended: write down what came of it. Frees the call once it is; the link may be gone then. */
void	 delivery_end(void *call, const struct fetch_answer *);

#endif
