/* callback.h: what we hold to call SmartThings back about one link: where, with which tokens, and how far we are.
 *
 * Record "callback/<user>/<grant>". Code and tokens stand in it encrypted (oauth/seal.h). Keyed by the link, never by an
 * access token: it outlives every refresh on either side. */
#ifndef SCHEMA_CALLBACK_H
#define SCHEMA_CALLBACK_H

#include <stdbool.h>
#include <stdint.h>

#include "db/store.h"

struct arena;
struct grant;
struct json;
struct keyring;

struct callback {
	const char	*user, *grant;
	const char	*token_url, *state_url;
	const char	*code;		/* to be redeemed; NULL = none */
	const char	*code_hash;	/* of the last code that came, so that a message that comes twice is known */
	const char	*access, *refresh;	/* their tokens; NULL = none */
	int64_t		 obtained, expires;	/* seconds, of access */
	long long	 cursor;	/* seq of the last change that was told, or that nobody need tell */
	const struct json *chosen;	/* callback_choice as SmartThings knows it; NULL = that was not kept yet */
	bool		 whole;		/* changes were lost: every device must be told anew */
	struct callback_trouble {
		long long	 failures;	/* in a row */
		int64_t		 since;		/* seconds; 0 = all is well */
	} tokens, events;	/* apart: a token that is refreshed says nothing about events */
	int64_t		 next;		/* ms: not before */
	int64_t		 delivered;	/* seconds: when an event last arrived; 0 = never */
	long long	 told;		/* number of the newest record of schema/told.h */
};

/* Nothing to call with, and nothing to redeem: SmartThings must be asked for a new grant. */
bool		 callback_is_lost(const struct callback *);

/* Which devices a link has, by its owner's choice: to be compared. */
struct json	*callback_choice(struct arena *, const struct grant *);

/* STORE_ABSENT if the link has none. Tokens that do not open (another server key) count as none. */
enum store_result callback_find(struct store *, struct arena *, const struct keyring *, const char *user,
		    const char *grant, struct callback *);
enum store_result callback_tx_find(struct store_tx *, const struct keyring *, const char *user, const char *grant,
		    struct callback *);
enum store_result callback_tx_put(struct store_tx *, const struct keyring *, const struct callback *);
enum store_result callback_tx_delete(struct store_tx *, const char *user, const char *grant);

#endif
