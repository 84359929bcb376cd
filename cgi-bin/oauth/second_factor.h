/* second_factor.h: what an account asks for beside the password: a code of an authenticator app, or one of ten recovery codes.
 *
 * Record "second-factor/<user>": the app's secret, encrypted for this record alone, the newest step whose code was used, and
 * hashes of the recovery codes that are left. The account's own record says that there is one. Each code counts once, whatever
 * races: it is looked at and used up in one transaction. */
#ifndef OAUTH_SECOND_FACTOR_H
#define OAUTH_SECOND_FACTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "db/store.h"

struct activity;
struct arena;
struct config;
struct json;
struct keyring;
struct user;

#define SECOND_FACTOR_RECOVERY 10	/* recovery codes, of 120 bits each */

enum second_factor_found { SECOND_FACTOR_WRONG, SECOND_FACTOR_BY_APP, SECOND_FACTOR_BY_RECOVERY };

struct second_factor {
	int64_t		 since;		/* seconds */
	long long	 recovery;	/* codes that are left */
};

/* Does the configuration demand one of everybody? */
bool			 second_factor_required(const struct config *);

/* Switch it on, if code is one of secret's (of totp_secret); else *ok is false. All sessions of the account end. recovery: array
 * of the recovery codes, which nobody can read again. STORE_ABSENT if the account is not as u says: it has one already, or its
 * sessions were ended meanwhile. */
enum store_result	 second_factor_on(struct store *, struct arena *, const struct keyring *, const struct user *u,
			    const char *secret, const char *code, struct json **recovery, bool *ok);

/* Take a code as it was typed, and use it up if it is right. STORE_ABSENT if the account has no second factor. */
enum store_result	 second_factor_use(struct store *, struct arena *, const struct keyring *, const char *user,
			    const char *code, enum second_factor_found *);

/* Ten new recovery codes in place of those that are left. */
enum store_result	 second_factor_renew(struct store *, struct arena *, const char *user, struct json **recovery);

/* Switch it off. OK if there is none. STORE_ABSENT: there is no such account. note (may be NULL) is noted with it. */
enum store_result	 second_factor_off(struct store *, struct arena *, const char *user, const struct activity *note);

/* How it is. STORE_ABSENT if there is none. */
enum store_result	 second_factor_look(struct store *, struct arena *, const char *user, struct second_factor *);

#endif
