/* hook.h: a vendor tells us of changes itself: where it does (an address with a token that is good for nothing else), how it is
 * asked to (subscribe, renew, unsubscribe), and what it says (link/event.h).
 *
 * Record "link-hook/<user>/<link>". The courier subscribes after a look that went well, and again when the vendor's patience is
 * over: some forget their subscriptions without a word. */
#ifndef LINK_HOOK_H
#define LINK_HOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "db/store.h"
#include "link/ask.h"
#include "link/link.h"

struct outbox_call;

struct hook {
	const char	*token;		/* in clear: it stands in our address */
	const char	*subscription;	/* the vendor's name of it; NULL = it told none */
	const char	*secret;	/* what its posts are signed with, if it told that; NULL */
	int64_t		 made;		/* seconds; 0 = there is none */
	int64_t		 next;		/* seconds: when it is to be made (again) */
	const char	*fault;		/* why it could not be made; NULL */
	int64_t		 heard;		/* ms: the last word of the vendor's */
};

enum store_result hook_find(const struct links *, struct arena *, const char *user, const char *link, struct hook *);

/* Whose token is it? The user's id, in the arena; NULL if it cannot be one. */
const char	*hook_user(struct arena *, const char *token);

/* Note that the vendor has said something. */
enum store_result hook_tx_heard(struct store_tx *, const char *user, const char *link);

/* The next look makes the subscription anew: after a login, as the old one may have gone with the old tokens. */
enum store_result hook_tx_renew(struct store_tx *, const char *user, const char *link);

enum store_result hook_tx_forget(struct store_tx *, const char *user, const char *link);

/* Our address for a link, with its token. */
char		*hook_url(struct arena *, const struct config *, const char *link, const char *token);

/* --- making it --- */

/* What is done about a link's subscription: a row of calls, each of which whoever drives it makes (see link/ask.h). */
struct hook_work {
	struct ask	 ask;
	struct hook	 hook;
	bool		 removing;
};

/* Is there anything to be done? True: ask is ready to begin. All of it lives as long as the arena and link. */
bool		 hook_begin(struct hook_work *, const struct links *, struct arena *, const struct connector *, const struct link *);

/* The ask is over: take what it brought. True: there is one more, and ask is ready to begin. */
bool		 hook_more(struct hook_work *);

/* The request that ends the subscription, for the outbox. False if there is none to end. */
bool		 hook_end(const struct links *, struct arena *, const struct connector *, const struct link *, const char *access,
		    struct outbox_call *);

#endif
