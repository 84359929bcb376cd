/* throttle.h: how often something may be tried: counted per account and per address, in the store, for all processes.
 *
 * A try is counted before it is made, so that many at once do not slip through. After a few free ones each costs a
 * wait that doubles, up to a quarter of an hour; nobody is locked out for good. */
#ifndef OAUTH_THROTTLE_H
#define OAUTH_THROTTLE_H

#include <stdint.h>

#include "db/store.h"

struct arena;

enum throttle_kind {
	THROTTLE_ACCOUNT,	/* passwords for one name, whoever tries: 5 free */
	THROTTLE_KNOWN,		/* ... from a browser that has signed in to it before: 5 free of its own */
	THROTTLE_ADDRESS,	/* passwords from one address (of IPv6: network), whatever name: 20 free */
	THROTTLE_REGISTER,	/* new accounts from one address: 20 free */
	THROTTLE_SECOND,	/* codes of a second factor of one account, whoever tries: 5 free */
	THROTTLE_USER_CODE,	/* codes of the device page, by one account: 5 free */
};

/* May one more try be made? *wait is 0 if so, and it is counted; else the seconds to wait. id: any text. */
enum store_result throttle_take(struct store *, struct arena *, enum throttle_kind, const char *id, int64_t *wait);

/* It went well: forget the tries. */
enum store_result throttle_clear(struct store *, struct arena *, enum throttle_kind, const char *id);

#endif
