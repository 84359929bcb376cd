/* activity.h: what happened to accounts and links, in words of the OWASP logging vocabulary: the last 200 events a user.
 *
 * Each event is also a line of the log. Never a secret: ids, names of clients, reasons. Records "activity/<user>/<n>" in a
 * ring, "activity-seq/<user>" counts; user "-" stands for nobody. Record "results/<user>": see activity_tx_result. */
#ifndef OAUTH_ACTIVITY_H
#define OAUTH_ACTIVITY_H

#include <stdbool.h>
#include <stdint.h>

#include "db/store.h"

struct arena;
struct json;

#define ACTIVITY_KEPT 200
#define ACTIVITY_RESULTS 20		/* of one link, or of nobody's */
#define ACTIVITY_RESULTS_MINUTE 10

struct activity {
	const char	*event;		/* "authn_login_success" ... */
	const char	*user;		/* id; NULL = nobody's */
	const char	*client;	/* id; NULL if there is none to the matter, as with the rest */
	const char	*grant;
	const char	*detail;	/* a few words */
	const char	*device;	/* id, as whoever told us has it */
	const char	*error;		/* a word of the protocol, "BAD-RESPONSE", "HTTP 404": there is advice for some */
	const char	*remote;	/* address */
	const char	*request;	/* id */
	int64_t		 time;		/* ms; filled in */
};

/* Note it as part of a transaction that does more: durable with it. */
enum store_result activity_tx_note(struct store_tx *, const struct activity *);

/* Note what a link's client disliked in an answer of ours. It may say so as often as it likes, and even without saying who it
 * is: so these stand apart, where they push out nothing else, the last ACTIVITY_RESULTS of each link. *kept: false if there
 * were ACTIVITY_RESULTS_MINUTE in the last minute already; then nothing is written. *last: the next would be one too many. */
enum store_result activity_tx_result(struct store_tx *, const struct activity *, bool *kept, bool *last);

/* Note it by itself, and log it. If the store cannot take it, the log still has it: nobody is refused for that. */
void		 activity_note(struct store *, struct arena *, const struct activity *);

/* Only the log line, for events that come in floods. */
void		 activity_log(const struct activity *);

/* Events of a user (NULL: of everybody, by a walk), newest first, at most max, younger than after (ms). */
enum store_result activity_list(struct store *, struct arena *, const char *user, size_t max, int64_t after,
		    struct json **list);

/* Forget all about a user whose account goes. */
enum store_result activity_forget(struct store *, struct arena *, const char *user);

#endif
