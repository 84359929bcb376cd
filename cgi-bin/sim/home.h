/* home.h: a simulated home: what SmartThings' cloud would keep about one linked account, for one visitor.
 *
 * Records "sim-home/<home>" and "sim-devices/<home>", listed in "sim-homes". A home belongs to whoever holds its cookie,
 * "<home>.<secret>": the record has a hash of the secret, and what we hold to call the server with (its tokens) stands in
 * it encrypted by a key made of the secret. Without the cookie a home can be told of events, but cannot speak. */
#ifndef SIM_HOME_H
#define SIM_HOME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/secret.h"
#include "db/store.h"

struct arena;
struct json;

#define HOME_KEPT (90 * 86400)	/* seconds after its last use */
#define HOMES_MAX 100

struct home {
	struct store	*store;
	struct arena	*arena;
	const char	*id;		/* NULL: no home */
	const char	*cookie;	/* NULL: we were not given it */
	unsigned char	 key[SECRET_HASH];	/* with the cookie */
	const struct json *record;	/* as it was read last; NULL: not made yet */
	const struct json *devices;	/* the same; see devices.h */
};

/* The home of a cookie's value. A fresh cookie, and no record yet, if that is NULL, not one of ours, or its home is gone. */
enum store_result home_open(struct store *, struct arena *, const char *cookie, struct home *);

/* The home with that id, without its cookie: for what comes from the server. STORE_ABSENT if there is none. */
enum store_result home_find(struct store *, struct arena *, const char *id, struct home *);

/* Make its record, if it has none. STORE_LIMIT: there are HOMES_MAX, all of them in use lately. */
enum store_result home_make(struct home *);

/* Change it in one transaction, and read it anew. fn gets copies of both records to change; it may run more than once. The
 * record's "version" grows. */
typedef void (*home_fn)(struct home *, struct json *record, struct json *devices, void *arg);
enum store_result home_change(struct home *, home_fn, void *arg);

/* The same within a transaction that writes more than that. */
enum store_result home_tx_change(struct store_tx *, struct home *, home_fn, void *arg);

/* Forget it with all that hangs on it. */
enum store_result home_forget(struct home *);

/* A secret that it keeps by a name ("access"); NULL if there is none, or without the cookie. */
const char	*home_secret(const struct home *, const char *name);

/* Inside a home_fn; value NULL takes it out. Needs the cookie. */
void		 home_set_secret(struct home *, struct json *record, const char *name, const char *value);

/* Inside a home_fn: the link is over, and all that was given for it counts no more. */
void		 home_end_link(struct home *, struct json *record, struct json *devices);

/* --- what the record says --- */

/* "none", "linked", "ended". */
const char	*home_link(const struct home *);
bool		 home_is_linked(const struct home *);
long long	 home_version(const struct home *);

#endif
