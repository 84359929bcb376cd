/* installed.h: what is kept of each installed app: record "smartapp/<installed app>"; tokens are encrypted. */
#ifndef SMARTAPP_INSTALLED_H
#define SMARTAPP_INSTALLED_H

#include <stdint.h>

#include "db/store.h"

struct arena;
struct json;
struct keyring;

#define INSTALLED_ACCESS_LIFE	(23 * 3600)		/* seconds that the token of an INSTALL is good for: about a day */
#define INSTALLED_EVENT_LIFE	(4 * 60)		/* ... of an EVENT: about five minutes */

struct installed {
	const char		*id, *location;
	const struct json	*config;	/* a map, or NULL */
	const struct json	*permissions;	/* an array, or NULL */
	const struct json	*state;		/* names to values, or NULL */
	const char		*locale;
	const char		*access, *refresh;	/* NULL if there is none */
	int64_t			 access_until, refreshed;	/* seconds; refreshed: when the refresh token came */
	int64_t			 asked;		/* seconds: when the refresh token was given away; 0 = what came of it is known */
	int64_t			 lost;		/* seconds: since when there is no refresh token any more; 0 = there is, or never was */
	const char		*event_access;	/* the token of the last event, where there is no other */
	int64_t			 event_until;
	int64_t			 installed, updated;	/* seconds */
};

char		*installed_key(struct arena *, const char *id);

/* STORE_ABSENT if there is none. */
enum store_result installed_find(struct store *, struct arena *, const struct keyring *, const char *id, struct installed *);
enum store_result installed_tx_find(struct store_tx *, const struct keyring *, const char *id, struct installed *);
enum store_result installed_tx_put(struct store_tx *, const struct keyring *, const struct installed *);

/* The record and the calls that wait for it. */
enum store_result installed_tx_delete(struct store_tx *, const char *id);

/* For people: no tokens, but whether there are some, until when, and what is to be done ("needs") where they were lost. */
struct json	*installed_show(struct arena *, const struct installed *);

/* The same out of a record as the store has it. */
void		 installed_read(struct arena *, const struct keyring *, const char *key, const struct json *record,
		    struct installed *);

#endif
