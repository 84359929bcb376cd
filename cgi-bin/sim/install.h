/* install.h: a SmartApp in a home, as SmartThings' cloud keeps it: tokens, settings, subscriptions, schedules, and what it is
 * to be told yet.
 *
 * In the home's record, "app": {"name", "description", "scopes", "first", "location", "id" (while it is installed), "config",
 * "access", "access_until", "refresh", "tokens" (of events), "subscriptions", "schedules", "states" (thing.h), "pending" (events),
 * "draft" (wizard.h), "confirmed"}. Tokens are hashes, as those of callbacks are. */
#ifndef SIM_INSTALL_H
#define SIM_INSTALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct config;
struct home;
struct json;
struct thing;
struct thing_attribute;

/* What is known of it; NULL = nothing yet. */
const struct json *install_of(const struct home *);

/* What is being installed or changed, page by page (wizard.h); NULL: nothing. */
const struct json *install_draft(const struct home *);

/* Inside a home_fn: the same to change. */
struct json	*install_edit(struct arena *, struct json *record);

/* The id of the installed app; NULL if none is installed. */
const char	*install_id(const struct json *app);

/* Is there a SmartApp on this server, and does it believe our key and call our API? */
bool		 install_configured(const struct config *);
bool		 install_reachable(const struct config *);

/* Where this server must look for SmartThings: the base of key server and API. */
char		*install_base(struct arena *, const struct config *);

/* --- tokens: inside a home_fn --- */
struct tokens_pair {
	const char	*access, *refresh;
};

/* A new pair: the one before counts no more. */
struct tokens_pair install_mint(const struct home *, struct json *app);

/* One for an event: five minutes. */
const char	*install_mint_event(const struct home *, struct json *app);

/* May who has this call the API? */
bool		 install_token_ok(const struct json *app, const char *digest);

/* --- what happens --- */

/* A thing is so now: those who subscribed will be told, all the same or only if it was otherwise before. The number of them. */
size_t		 install_happens(struct arena *, struct json *app, const struct thing *, const struct thing_attribute *,
		    struct json *value);

/* One event more to tell. */
void		 install_pend(struct arena *, struct json *app, struct json *event);

/* An event of that type: {"eventTime", "eventType", member: data}; data gets eventId and locationId. */
struct json	*install_event(struct arena *, const struct json *app, const char *type, struct json *data);

/* Schedules whose time has come turn into pending events, and are over or planned anew. */
void		 install_wake(struct arena *, struct json *app);

/* Is there something to tell now? */
bool		 install_is_due(const struct json *app);

#endif
