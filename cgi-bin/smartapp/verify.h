/* verify.h: does this call come from SmartThings, today, with this body? The rules in the order of their cost, the body unparsed.
 *
 * Nothing of the reason is for the sender: it goes to the log, with the signing string as we rebuilt it. */
#ifndef SMARTAPP_VERIFY_H
#define SMARTAPP_VERIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "smartapp/authorization.h"

struct arena;
struct incoming;
struct signature_key;

/* What holds for all calls. */
struct verifier {
	const char	*path;		/* of the target URL, as it was registered, without a query */
	const char	*key_prefix;	/* of key ids: "/pl/" */
	long long	 skew;		/* seconds that Date may be off; -1: it is not looked at */
	int64_t		 now;
	const struct signature_key *local;	/* for the older scheme's /SmartThings/...; NULL = not served */
	/* The key of an id that was seen to be one; NULL with *why. Lives until the next call. */
	const struct signature_key *(*key)(void *arg, struct arena *, const char *key_id, const char **why);
	void		*key_arg;
};

struct verification {
	const struct verifier *rules;
	const struct incoming *in;
	struct arena	*arena;
	struct authorization auth;
	int64_t		 date;		/* seconds; 0 if it is not looked at and cannot be read */
	const char	*string;	/* the signing string; NULL if it did not come to that */
	const struct signature_key *key;
	const char	*why;		/* of a refusal: one sentence; NULL if all is well */
};

/* Judge. True if the call is genuine. */
bool	 verify_call(struct verification *, const struct verifier *, struct arena *, const struct incoming *);

/* Judge all that can be judged, and tell each step: why is NULL where it is well, state "skipped" where an earlier fault
 * leaves nothing to look at. True if the call is genuine. */
typedef void (*verify_tell)(void *arg, const char *step, bool skipped, const char *why);
bool	 verify_explain(struct verification *, const struct verifier *, struct arena *, const struct incoming *,
	    verify_tell, void *arg);

/* The signing string on one line, for a log: line ends as " | ", values of headers that are nobody's business as "...". */
char	*verify_string_line(struct arena *, const struct verification *);

/* Is it a key id of the key server's, or of the older scheme? */
bool	 verify_key_id_is_remote(const char *key_id, const char *prefix);
bool	 verify_key_id_is_local(const char *key_id);

#endif
