/* seen.h: signed requests that came before, and what they were answered: record "smartapp-seen/<hash of the signature>".
 *
 * A record without an answer is a claim: a process has given the request to a handler whose doings nobody can take back, so
 * nobody else may, also if that process dies over it. */
#ifndef SMARTAPP_SEEN_H
#define SMARTAPP_SEEN_H

#include <stdbool.h>
#include <stdint.h>

#include "db/store.h"
#include "smartapp/request.h"

struct arena;
struct json;

#define SEEN_WAIT_MS 3000	/* how long a request waits for the answer of its twin */

struct seen {
	const char	*hash;		/* of the signature; NULL: the request was not signed, and nothing is remembered */
	int64_t		 until;		/* seconds: when its date is too old to be believed */
	bool		 claimed;	/* by this process */
};

/* What came of it. */
struct seen_outcome {
	enum smartapp_error	 error;
	struct json		*answer;	/* with SMARTAPP_OK */
};

/* Was the request answered before? STORE_OK: as *out says; STORE_ABSENT: it is new; STORE_CONFLICT: a handler was given it, and
 * within SEEN_WAIT_MS no answer was written. */
enum store_result seen_find(struct store *, struct arena *, const struct seen *, struct seen_outcome *out);

/* The same, and a new one is claimed: of several at the same moment one gets STORE_ABSENT. */
enum store_result seen_claim(struct store *, struct arena *, struct seen *, struct seen_outcome *out);

/* Remember the outcome, with what else the transaction writes. STORE_ABSENT, and nothing written: another process was first. */
enum store_result seen_tx_put(struct store_tx *, const struct seen *, const struct seen_outcome *);

/* The same by itself, for a claimed request that failed. */
enum store_result seen_put(struct store *, struct arena *, const struct seen *, const struct seen_outcome *);

#endif
