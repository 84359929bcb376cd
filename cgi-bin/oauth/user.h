/* user.h: accounts: a name to log in with, a password, and an id that never changes. */
#ifndef OAUTH_USER_H
#define OAUTH_USER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/store.h"

struct arena;
struct breached;
struct json;
struct keyring;

#define USER_NAME_MAX 100	/* bytes */
#define PASSWORD_MIN 8		/* characters */
#define PASSWORD_MAX 1024	/* bytes; longer ones are refused before they are hashed */

struct user {
	const char	*id;		/* 22 characters of base64url; sub of tokens, part of keys */
	const char	*name;		/* as it was given */
	const char	*password;	/* argon2id, encoded; NULL = cannot log in by password */
	int64_t		 created;
	bool		 disabled;
	bool		 is_operator;	/* sees the operator's page */
	bool		 second_factor;	/* a password is not enough: oauth/second_factor.h */
	const char	*language;	/* of the pages, "ko"; NULL = what the browser asks for */
	long long	 generation;	/* of its sessions: those that began under an older one are over */
};

/* Names are compared trimmed and without case (ASCII). NULL if it can be no name. */
char		*user_fold(struct arena *, const char *name);

/* Why this name or password cannot be taken, as a text key of html/text ("password_short"); NULL if it can. The list of breached
 * passwords may be NULL: there is none. */
const char	*user_name_fault(struct arena *, const char *name);
const char	*user_password_fault(const struct breached *, const char *name, const char *password);

/* Add an account. STORE_OK with *taken if the name exists already. password NULL: none yet. */
enum store_result user_add(struct store *, struct arena *, const char *name, const char *password, struct user *,
		    bool *taken);

/* What a record of an account says. */
void		 user_read(const struct json *record, struct user *);

enum store_result user_by_id(struct store *, struct arena *, const char *id, struct user *);

/* The key of its record, for store_expect. */
char		*user_key(struct arena *, const char *id);
enum store_result user_by_name(struct store *, struct arena *, const char *name, struct user *);

/* Inside a transaction: is there such an account, and not disabled? */
enum store_result user_tx_active(struct store_tx *, const char *id, bool *active);

/* Inside a transaction: mark the account as one with a second factor, and end its sessions; STORE_ABSENT if it has one, is
 * disabled, or its sessions' generation is not that one. generation NULL: take the mark away. */
enum store_result user_tx_second_factor(struct store_tx *, const char *id, const long long *generation);

/* Log in. *ok is false for an unknown name, a wrong password and a disabled account alike, after the same time. */
enum store_result user_login(struct store *, struct arena *, const char *name, const char *password, struct user *,
		    bool *ok);

/* Also ends all sessions, and whatever login is under way with the old password. */
enum store_result user_set_password(struct store *, struct arena *, const char *id, const char *password);
enum store_result user_set_disabled(struct store *, struct arena *, const char *id, bool disabled);
enum store_result user_set_operator(struct store *, struct arena *, const char *id, bool is_operator);
enum store_result user_set_language(struct store *, struct arena *, const char *id, const char *language);	/* NULL: none */

/* End all sessions of an account. */
enum store_result user_end_sessions(struct store *, struct arena *, const char *id);

/* Takes the account and its name; sessions and grants die with it, as they look the account up. The caller
 * deletes the devices first. */
enum store_result user_delete(struct store *, struct arena *, const char *id);

/* All of them, for the tool. */
enum store_result user_each(struct store *, struct arena *, void (*fn)(void *arg, const struct user *), void *arg);

/* A one-time sign-in: 30 minutes, once. make: the token that goes into a link. use: who it was for;
 * STORE_ABSENT if late, used or never made. peek: the same without using it. */
enum store_result user_link_make(struct store *, struct arena *, const char *id, const char **token);
enum store_result user_link_peek(struct store *, struct arena *, const char *token, struct user *);
enum store_result user_link_use(struct store *, struct arena *, const char *token, struct user *);

#endif
