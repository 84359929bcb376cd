/* grant.h: what a user allowed a client: scope and devices; the family of one refresh token.
 *
 * One record, "grant/<user>/<id>", whatever is refreshed how often. Its id is sid of access tokens; a change of the
 * devices or a revocation works at once, because every consumer reads the record. */
#ifndef OAUTH_GRANT_H
#define OAUTH_GRANT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/store.h"

struct arena;
struct json;

#define GRANT_APP_GONE "app gone"

struct grant {
	const char	*id;		/* 22 characters of base64url */
	const char	*user, *client;	/* their ids */
	const char	*scope;		/* space separated */
	const struct json *devices;	/* array of device ids */
	bool		 include_new;	/* devices that the user adds later belong to it too ... */
	const struct json *left_out;	/* ... but not these ids, which were there and not chosen; NULL = none */
	const struct json *preferences;	/* what the pages of an app asked for (endpoints/installation.h); NULL = it had none */
	int64_t		 created, last_used;	/* seconds; last_used at each issue of tokens */
	int64_t		 expires;	/* seconds: the end whatever happens (refresh_max_ttl) */
	int64_t		 idle;		/* seconds after last_used at which it ends unless used */
	uint32_t	 sequence;	/* of the current refresh token; 0 = none was made */
	int64_t		 rotated;	/* ms when sequence became current */
	const char	*revoked;	/* why: "user", "client", "reuse", "code_replay", "operator"; NULL while alive. Of token_verify
					 * also GRANT_APP_GONE, which stands in no record */
};

/* STORE_ABSENT if there is none. A revoked one is found, so that it can be told apart, until it expires. */
enum store_result grant_find(struct store *, struct arena *, const char *user, const char *id, struct grant *);

/* The key of its record, for store_expect. */
char		*grant_key(struct arena *, const char *user, const char *id);

/* Find by id alone, by a walk over the whole store: for the tool. */
enum store_result grant_search(struct store *, struct arena *, const char *id, struct grant *);

/* Make a grant as if consented. g needs user, client, scope, devices; the rest is filled in. idle, max: seconds. */
enum store_result grant_create(struct store *, struct arena *, struct grant *, int64_t idle, int64_t max);

/* Fill in what a new grant begins with: id, times, no refresh token yet. */
void		 grant_begin(struct arena *, struct grant *, int64_t max);

/* STORE_ABSENT if there is none; revoking twice is fine. why: see above. */
enum store_result grant_revoke(struct store *, struct arena *, const char *user, const char *id, const char *why);

/* Calls fn for each grant of a user (user NULL: of all, by a walk), oldest first; they live in arena. */
enum store_result grant_each(struct store *, struct arena *, const char *user,
		    void (*fn)(void *arg, const struct grant *), void *arg);

/* What a record of a grant says. */
void		 grant_read(const struct json *record, struct grant *);

/* Inside a transaction: read one; write one back, to live until it is idle for idle seconds or its own end comes; add a
 * new one, to the list "grants/<user>" too. */
enum store_result grant_tx_get(struct store_tx *, const char *user, const char *id, struct grant *);
enum store_result grant_tx_put(struct store_tx *, const struct grant *, int64_t idle);
enum store_result grant_tx_keep(struct store_tx *, const struct grant *);	/* as grant_tx_put, idle as it was */
enum store_result grant_tx_add(struct store_tx *, const struct grant *, int64_t idle);

/* Change which devices it holds. STORE_ABSENT if it is gone or revoked. */
enum store_result grant_choose(struct store *, struct arena *, const char *user, const char *id,
		    const struct json *devices, bool include_new, const struct json *left_out);

/* The same for a grant whose client's own pages asked: they name each device, there are no others. */
enum store_result grant_prefer(struct store *, struct arena *, const char *user, const char *id,
		    const struct json *devices, const struct json *preferences);

/* When it ends if it is not used any more: seconds since 1970. */
int64_t		 grant_ends(const struct grant *);

/* Is this device part of it? Says nothing about whether there is such a device. */
bool		 grant_has_device(const struct grant *, const char *device);

/* Which of all (a user's device ids) are part of it, in the order of all. */
struct json	*grant_devices(struct arena *, const struct grant *, const struct json *all);
bool		 grant_has_scope(const struct grant *, const char *scope);

#endif
