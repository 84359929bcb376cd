/* lifecycle.h: one lifecycle request being answered: what it may look at, and what is to come of it, collected until the end.
 *
 * Handlers and the built-in rules only wish; lifecycle_commit writes all of it in one transaction, or nothing. */
#ifndef SMARTAPP_LIFECYCLE_H
#define SMARTAPP_LIFECYCLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/store.h"
#include "smartapp/handler.h"
#include "smartapp/seen.h"

struct arena;
struct catalogue;
struct config;
struct definition;
struct json;
struct keyring;

#define CALL_WISHES 200		/* calls of one request */
#define CALL_SETS 25		/* values here: of 64 records that a transaction may write, each can take two */

/* A call of SmartThings' API that the courier is to make. */
struct wish {
	const char	*method, *path;		/* below the API's URL: "/devices/<id>/commands" */
	const char	*url;			/* a web hook instead; path is NULL then */
	const char	*body;			/* JSON text, or NULL */
	bool		 setup;			/* of INSTALL or UPDATE: a later setup makes it moot */
	struct wish	*next;
};

/* A value of a device here. */
struct set_wish {
	const char		*user, *device, *attribute;	/* user: an id */
	const struct json	*value;
	const char		*origin;	/* see smartapp/here.h */
	struct set_wish		*next;
};

struct lifecycle {
	struct arena		*arena;
	const struct config	*config;
	struct store		*store;
	const struct keyring	*keyring;
	const struct catalogue	*catalogue;
	const struct definition	*definition;
	const struct smartapp_request *request;
	const char		*correlation_id;
	int64_t			 now;		/* ms */
	struct wish		*wishes, **last_wish;
	size_t			 wish_count, wish_bytes, set_count;
	struct set_wish		*sets, **last_set;
	struct json		*state;		/* changes of the app's state: name -> value, null = taken away; NULL = none */
	struct json		*answer;	/* of CONFIGURATION, if a handler gave one */
	bool			 gone;		/* the installed app was removed */
	bool			 subscribed, scheduled;	/* a handler has wished the first of these */
	struct seen		 seen;		/* the request by its signature, for the case that it comes again */
};

void	 lifecycle_begin(struct lifecycle *, struct arena *, const struct smartapp_request *);

/* Wish a call of the API. body is printed. False if there are too many, or path or method cannot be. */
bool	 lifecycle_wish(struct lifecycle *, const char *method, const char *path, const struct json *body);

/* The same for this installed app: "/subscriptions" and alike. */
bool	 lifecycle_wish_own(struct lifecycle *, const char *method, const char *below, const struct json *body);

/* Wish a POST to a web hook. */
bool	 lifecycle_post(struct lifecycle *, const char *url, const struct json *body);

/* Wish that a registration is confirmed: a GET. */
bool	 lifecycle_confirm(struct lifecycle *, const char *url);

/* Wish a command to a device. arguments: an array, or NULL. */
bool	 lifecycle_command(struct lifecycle *, const char *device, const char *component, const char *capability, const char *command,
	    const struct json *arguments);

/* Wish that a device here has a value: "switch.switch", "outlet2/switch.switch". */
bool	 lifecycle_set(struct lifecycle *, const char *user_name, const char *device, const char *attribute, const struct json *value);

/* The same for what a mirrored device of this installed app has said: it is not told back to it. */
bool	 lifecycle_mirror(struct lifecycle *, const char *user_name, const char *device, const char *attribute, const struct json *value);

/* Write down all that came of it, with the answer for the case that it comes again. STORE_ABSENT, and nothing written: another
 * process was first. */
enum store_result lifecycle_commit(struct lifecycle *, struct json *answer);

#endif
