/* link.h: a user's link with a vendor's cloud: which devices were chosen there, and whether it works.
 *
 * Records "link/<user>/<id>" (what it is), "link-poll/<user>/<id>" (how the last look went), listed in "links/<user>"; its
 * tokens are link/token.h's. */
#ifndef LINK_LINK_H
#define LINK_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "db/store.h"

struct arena;
struct catalogue;
struct config;
struct connector;
struct connectors;
struct fetcher;
struct json;
struct keyring;

#define LINKS_MAX	20	/* of one user */
#define LINK_WORD	"link "	/* stands before "user/link" where the courier is told of one */

/* What links need, for a program's life. */
struct links {
	const struct config	*config;
	struct store		*store;
	const struct keyring	*keyring;
	const struct catalogue	*catalogue;
	const struct connectors	*connectors;
	struct fetcher		*fetcher;	/* for calls that a request waits for */
};

/* Read the connectors, and make the devices of links known as a source (device/source.h). NULL if a connector is not right;
 * *why says what is. With links_close the source is closed, too. */
struct links	*links_open(struct arena *, const struct config *, struct store *, const struct keyring *,
		    const struct catalogue *, const char **why);
void		 links_close(struct links *);	/* NULL is allowed */

enum link_status {
	LINK_NEW,		/* nobody has logged in at the vendor yet */
	LINK_LINKED,
	LINK_NEEDS_LOGIN,	/* the vendor has refused our tokens: its owner must log in there again */
};

struct link {
	const char		*user, *id;
	const char		*connector;	/* id; the file may be gone */
	const char		*place;		/* of its devices' ids: the connector's id, "-2" behind a second link */
	enum link_status	 status;
	int64_t			 created, since;	/* seconds; since: of this status */
	int64_t			 told;		/* seconds: when its owner was last told to log in */
	const struct json	*chosen;	/* object: the vendor's id of a device -> ours */
	const struct json	*values;	/* object: what the vendor said of the account, for requests */
	const char		*through;	/* the installed SmartApp that somebody logged in through; NULL: its owner did, or nobody */
	bool			 all;		/* whatever the next look finds there is to be chosen */
};

/* A word for records, pages and JSON: "new", "linked", "needs_login". */
const char	*link_status_name(enum link_status);

/* How the last look at the vendor went. */
struct link_look {
	int64_t		 time;		/* ms; 0 = there was none */
	const char	*fault;		/* a few words; NULL: it went well */
	long long	 failures;	/* in a row */
};

enum store_result link_find(struct store *, struct arena *, const char *user, const char *id, struct link *);
enum store_result link_tx_find(struct store_tx *, const char *user, const char *id, struct link *);
enum store_result link_tx_put(struct store_tx *, const struct link *);

/* A new link; where the connector has one a user, the one that is there already. STORE_LIMIT: LINKS_MAX. */
enum store_result link_make(struct store *, struct arena *, const char *user, const struct connector *, struct link *);

/* The id of a link that is made later. */
char		*link_new_id(struct arena *);

/* The same in a transaction, with id if it is new. through: an installed app, whose own link of this connector it is if it has
 * one; NULL = none's. */
enum store_result link_tx_make(struct store_tx *, const char *user, const struct connector *, const char *id,
		    const char *through, struct link *);

/* The link that link_tx_make would find there. STORE_ABSENT: it would make one. */
enum store_result link_tx_find_for(struct store_tx *, const char *user, const struct connector *, const char *through,
		    struct link *);

/* Ids of a user's links, oldest first; an empty array if there are none. */
enum store_result link_ids(struct store *, struct arena *, const char *user, struct json **ids);

/* Set the status, and tell the courier. */
enum store_result link_tx_status(struct store_tx *, const char *user, const char *id, enum link_status);

enum store_result link_look_get(struct store *, struct arena *, const char *user, const char *id, struct link_look *);
enum store_result link_look_put(struct store *, struct arena *, const char *user, const char *id, const struct link_look *);

/* Everything about it but its devices. */
enum store_result link_tx_forget(struct store_tx *, const char *user, const char *id);

/* The same of all links of a user, without a word to the vendors. */
enum store_result link_forget_all(struct store *, struct arena *, const char *user);

/* Have the courier look at it soon, once the transaction is committed. */
enum store_result link_tx_wake(struct store_tx *, const char *user, const char *id);
enum store_result link_wake(struct store *, struct arena *, const char *user, const char *id);

#endif
