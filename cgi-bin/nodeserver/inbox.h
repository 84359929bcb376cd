/* inbox.h: messages that wait for a node server, until it says that it has them.
 *
 * Each has a number, which grows; "nodeserver-inbox/<worker>" in the store counts, "nodeserver-message/<worker>/<n>" is one. A node
 * server reads from a number on, and by asking for later ones says that it has the earlier: at least once, in order. Its
 * config is no message of its own: a number in the order stands for it, and it is told as it is when it is read; however often
 * it changes, only the newest place counts, and it moves on at most every INBOX_CONFIG_MS. */
#ifndef NODESERVER_INBOX_H
#define NODESERVER_INBOX_H

#include <stdbool.h>
#include <stdint.h>

#include "db/store.h"

struct arena;
struct json;
struct keyring;
struct nodeserver;
struct nodeserver_context;

#define INBOX_MAX	500	/* that wait: of more, the oldest go; who never reads must not fill the disk */
#define INBOX_READ	50	/* told at a time */
#define INBOX_CONFIG_MS	350	/* the original's Node client drops what comes more often than 30 times in 10 seconds */
#define INBOX_KEPT	(7 * 86400)	/* seconds */

/* Queue a message, rung once committed (base/bell.h, by the worker's name). ring not NULL: it is kept encrypted. */
enum store_result inbox_tx_add(struct store_tx *, const struct keyring *ring, const char *worker, const struct json *message);

/* The config has changed. */
enum store_result inbox_tx_config(struct store_tx *, const char *worker);

/* It begins anew: a "stop" that still waits was for the run before, and is not told any more. told: only one that was told
 * already, and not acknowledged. */
enum store_result inbox_tx_begin(struct store_tx *, const char *worker, bool told);
enum store_result inbox_begin(const struct nodeserver_context *, const char *worker);	/* all of them */

struct inbox_read {
	struct json	*messages;	/* array of {"seq", "msg"}; a config's msg is null, to be filled in */
	long long	 next;		/* what to ask for next */
	long long	 config;	/* its seq; 0 = it is not among them */
	int64_t		 wait_ms;	/* of an empty one: when a config may be told; 0 = nothing waits */
};

/* What comes after a number; below 0: what it has not acknowledged. */
enum store_result inbox_read(const struct nodeserver_context *, const char *worker, long long after, struct inbox_read *);

/* It has all up to there: they are dropped. A number that was never given changes nothing. */
enum store_result inbox_acknowledge(const struct nodeserver_context *, const char *worker, long long after);

/* How many messages wait, the config left out. */
enum store_result inbox_waiting(const struct nodeserver_context *, const char *worker, long long *n);

/* Drop all of it, its count too. */
enum store_result inbox_forget(const struct nodeserver_context *, const char *worker);

#endif
