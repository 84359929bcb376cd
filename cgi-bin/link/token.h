/* token.h: the tokens that a vendor gave us for a link, and who may ask for new ones.
 *
 * Record "link-token/<user>/<id>", tokens encrypted. A refresh token is often good for one use: so one process at a time may
 * use it (a lease in the same record), and what came of it is on disk before anybody uses it. */
#ifndef LINK_TOKEN_H
#define LINK_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include "db/store.h"

struct arena;
struct keyring;
struct link;
struct links;

#define TOKEN_LEASE	20	/* seconds that a process may take to refresh */
#define TOKEN_AHEAD	60	/* seconds before its end that a token is refreshed */
#define TOKEN_REFUSALS	3	/* vague refusals in a row that are borne: ecobee's "more than three" */

struct token_pair {
	const char	*access;	/* NULL if there is none */
	const char	*refresh;	/* NULL: it cannot be refreshed */
	int64_t		 until;		/* seconds; 0 = for ever, as far as we know */
	long long	 number;	/* grows with each pair */
};

/* The pair as it is on disk. STORE_ABSENT if there is none. */
enum store_result token_find(const struct links *, struct arena *, const struct link *, struct token_pair *);

/* A first pair, or one after a new login: in a transaction, as it makes the link a linked one. refresh NULL: there is none. */
enum store_result token_tx_begin(struct store_tx *, const struct keyring *, const char *user, const char *id,
		    const struct token_pair *);

enum token_claim {
	TOKEN_MINE,	/* refresh now; then token_keep, token_refused or token_release */
	TOKEN_NEWER,	/* somebody has done so since the pair of that number: find it */
	TOKEN_BUSY,	/* somebody is doing so */
	TOKEN_GONE,	/* there is nothing to refresh */
};

/* May we refresh the pair of that number? owner: a text that stands for this try. */
enum store_result token_claim(const struct links *, struct arena *, const struct link *, long long number, const char *owner,
		    enum token_claim *);

/* The vendor gave a new pair for the one of its number: on disk when it returns STORE_OK. refresh NULL: the old one stays. */
enum store_result token_keep(const struct links *, struct arena *, const struct link *, const char *owner,
		    const struct token_pair *);

/* It refused. sure: it said that the refresh token is over; else only many refusals in a row count. *over: the link needs a
 * new login, and its owner may be told. */
enum store_result token_refused(const struct links *, struct arena *, const struct link *, const char *owner, bool sure,
		    bool *over);

/* It did not answer, or had trouble of its own: nothing is lost. */
enum store_result token_release(const struct links *, struct arena *, const struct link *, const char *owner);

enum store_result token_tx_forget(struct store_tx *, const char *user, const char *id);

#endif
