/* operator_walk.h: one look through the whole store for the operator's page: who is there, and which links are in trouble.
 *
 * It ends after WALK_MS, whatever is left: then the lists are not whole, and the page says so. */
#ifndef ACCOUNT_OPERATOR_WALK_H
#define ACCOUNT_OPERATOR_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/store.h"

struct arena;
struct json;
struct user;

#define WALK_MS 300
#define WALK_USERS 100	/* that are listed */
#define WALK_CLIENTS 100
#define WALK_FAILING 20

struct operator_walk {
	bool		 cut;			/* there was no time for all */
	size_t		 users, links, callbacks, failing;	/* how many there are, as far as it came */
	int64_t		 since;			/* ms: of the link that fails longest; 0 = none does */
	struct user	*listed;		/* WALK_USERS at most */
	size_t		 listed_count;
	struct json	*clients;		/* array of {id, name, disabled, links} */
	struct json	*troubles;		/* array of {user, grant, failures, since (ms), lost} */
	size_t		 waiting;		/* calls in the outbox */
	struct json	*lanes;			/* array of {lane, waiting, failures, since (ms), why}: those that fail */
};

enum store_result operator_walk(struct store *, struct arena *, struct operator_walk *);

#endif
