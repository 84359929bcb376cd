/* device_code.h: device authorization (RFC 8628): a thing without a keyboard shows a short code, its owner types it on a
 * page and decides there, and meanwhile the thing polls.
 *
 * Records "device-code/<hash>" (what was asked and decided) and "user-code/<hash>" (which of them a short code means). */
#ifndef OAUTH_DEVICE_CODE_H
#define OAUTH_DEVICE_CODE_H

#include <stdbool.h>

#include "db/store.h"
#include "oauth/error.h"

struct arena;
struct client;
struct config;
struct grant;
struct json;

#define DEVICE_CODE_TTL 600	/* seconds in which the owner must decide */
#define DEVICE_CODE_INTERVAL 5	/* seconds between two polls, at first */

/* What an owner who has typed the short code is asked. */
struct device_request {
	const char	*key;		/* names it in device_code_decide */
	const char	*client;	/* id */
	const char	*scope;
	const char	*user_code;	/* as it is shown: "BCDF-GHJK" */
};

/* What the owner says. */
struct device_decision {
	bool		 allow;
	const char	*user;		/* id */
	const struct json *devices, *left_out;	/* see struct grant */
	bool		 include_new;
};

/* Begin: a long code for the thing (32 random bytes), a short one for people (8 letters, 34 bits). */
enum store_result device_code_begin(struct store *, struct arena *, const struct client *, const char *scope,
		    const char **device_code, const char **user_code);

/* Which request does a typed code mean? Case, spaces and dashes do not matter. STORE_ABSENT: none, or too late. */
enum store_result device_code_find(struct store *, struct arena *, const char *typed, struct device_request *);

/* Write the decision. STORE_ABSENT: it was decided before, or is too late. */
enum store_result device_code_decide(struct store *, struct arena *, const char *key, const struct device_decision *);

/* A poll (RFC 8628 3.4). OAUTH_OK, once: a new grant whose refresh token has sequence 1. */
enum oauth_error device_code_redeem(struct store *, struct arena *, const struct config *, const struct client *,
		    const char *device_code, struct grant *);

#endif
