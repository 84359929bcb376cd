/* outbox.h: calls that must be made whatever is killed meanwhile: written in the transaction of whoever wants them, made by
 * the courier.
 *
 * Calls stand in lanes, which have a name of their user's own. Those of one lane are made one after another, in their
 * order; one that must be tried again holds the lane up, and no other lane. A call may be made twice (an answer that got
 * lost), never not at all. Where it goes and what it says is encrypted in the store, for it may hold tokens. */
#ifndef COURIER_OUTBOX_H
#define COURIER_OUTBOX_H

#include <stdbool.h>
#include <stdint.h>

#include "courier/sender.h"
#include "db/store.h"

struct arena;
struct config;
struct fetch_answer;
struct json;
struct keyring;
struct target_rule;

struct outbox_call {
	const char	*user;		/* whose it is; NULL = nobody's */
	const char	*lane;
	const char	*kind;		/* a name of struct outbox_kind */
	const char	*method, *url;
	const char	*const *headers;	/* name, value, name, value, ... NULL; NULL = none */
	const char	*body;		/* text; NULL = none. JSON unless a Content-Type says otherwise */
	const struct json *about;	/* what the kind wants to know afterwards, in clear; NULL = nothing */
	int64_t		 created;	/* ms; filled in, as the rest */
	long long	 number;	/* its place in the lane, from 1 on */
	long long	 failures;	/* of the lane in a row until now */
};

#define OUTBOX_LANE_MAX 1000	/* calls that wait in one lane */
#define OUTBOX_BODY_MAX 131072	/* bytes */

/* Queue a call, to be made once the transaction is committed. STORE_LIMIT if it is too large, its lane is full, or its user
 * or lane are no part of a key (db/record.h). */
enum store_result outbox_tx_add(struct store_tx *, const struct keyring *, const struct outbox_call *);

/* Forget all that waits in a lane: whom it was for is gone. A call that is under way is not told to its kind any more. */
enum store_result outbox_tx_drop(struct store_tx *, const char *user, const char *lane);

/* --- kinds of calls: what the courier must know of each --- */

enum outbox_verdict {
	OUTBOX_DONE,		/* 2xx */
	OUTBOX_REFUSED,		/* it makes no sense to try again: another 3xx or 4xx, a URL that must not be called */
	OUTBOX_AGAIN,		/* no answer, 408, 425, 429, 5xx: later, with the lane waiting */
	OUTBOX_GIVEN_UP,	/* the same, after the kind's life: the next of the lane has its turn */
};

struct outbox_outcome {
	enum outbox_verdict verdict;	/* the kind may change it */
	const struct fetch_answer *answer;
	const char	*why;		/* a few words, for people: "HTTP 503", "Couldn't connect to server" */
	int64_t		 next;		/* ms; of OUTBOX_AGAIN: when. The kind may change it */
};

struct outbox_kind {
	const char	*name;		/* stands in records: it stays what it is */
	/* Who may be called; NULL: any public host, at any port. */
	void		(*rule)(const struct config *, struct target_rule *);
	/* It is about to be made: the place for what must be fresh, such as a token; call may be changed, in the arena. ms to
	 * wait and ask again; 0 = make it; below 0 = refuse it. May be NULL. */
	int64_t		(*prepare)(struct courier *, struct outbox_call *);
	/* What came of a try, in the transaction that ends the call or puts it off: effects through that alone, as it may run
	 * again. It may queue calls and drop lanes. May be NULL. */
	enum store_result (*outcome)(struct store_tx *, const struct courier *, const struct outbox_call *,
		    struct outbox_outcome *);
	int64_t		 life;		/* seconds after which it is given up, if it has failed OUTBOX_TRIES times; 0 = a day */
};

#define OUTBOX_TRIES 20		/* a machine that slept for a day has not tried for a day */

/* The sender for these kinds (up to NULL; they outlive it). */
struct sender	 outbox_sender(const struct outbox_kind *const *kinds);

/* --- for operators --- */

/* Array of lanes that have something waiting: user, lane, kind, host, waiting, oldest (ms), failures, since (s), next (ms),
 * why; those that failed longest first. By a walk over the whole store. */
enum store_result outbox_list(struct store *, struct arena *, struct json **list);

#endif
