/* subscription.h: who wants to be told of changes: a URL of a third party's for a device and an attribute, or for all.
 *
 * One record a user, "subscriptions/<user>": those of all installations, and how far their changes have been queued
 * (endpoints/notify.h). A subscription goes with its device, with the device's place in the installation, and with that. */
#ifndef ENDPOINTS_SUBSCRIPTION_H
#define ENDPOINTS_SUBSCRIPTION_H

#include <stdbool.h>

#include "db/store.h"

struct arena;
struct json;
struct keyring;

#define SUBSCRIPTIONS_MAX	100	/* of one user */
#define SUBSCRIPTION_URL_MAX	1000	/* bytes */

struct subscription {
	const char	*id;
	const char	*grant;		/* the installation */
	const char	*device;	/* NULL = every one of the installation's */
	const char	*attribute;	/* as requests name it (handler.h); NULL = every one */
	const char	*callback;
	long long	 from;		/* seq of the newest change when it was made: later ones are told */
};

/* Add it: id and from are filled in. One that is there already is found again. STORE_LIMIT: the user has too many. */
enum store_result subscription_add(struct store *, struct arena *, const char *user, struct subscription *);

/* Take one out of an installation, and what waits to be sent for it. STORE_ABSENT if it has none of that id. */
enum store_result subscription_remove(struct store *, struct arena *, const char *user, const char *grant, const char *id);

/* All of them: fn is called with each. */
enum store_result subscription_each(struct store *, struct arena *, const char *user,
		    void (*fn)(void *arg, const struct subscription *), void *arg);

/* Take out what an installation's grant does not hold any more: call it when the owner has changed the choice. */
enum store_result subscription_prune(struct store *, struct arena *, const char *user, const char *grant);

/* What proves to a subscriber that a post is ours: base64url. */
char		*subscription_secret(struct arena *, const struct keyring *, const char *id);

/* --- for notify.c --- */

char		*subscription_key(struct arena *, const char *user);
void		 subscription_read(const struct json *item, struct subscription *);

/* Take it out of the record's list, and drop its lane. */
enum store_result subscription_tx_drop(struct store_tx *, const char *user, struct json *record, const char *id);

/* The name of its lane in the outbox. */
char		*subscription_lane(struct arena *, const char *id);

#endif
