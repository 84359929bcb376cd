/* tokens.h: the OAuth client's part: an authorization code for tokens, tokens for newer ones. */
#ifndef SIM_TOKENS_H
#define SIM_TOKENS_H

#include <stdbool.h>
#include <stdint.h>

struct home;
struct sim;

/* The client that a demo instance registers for SmartThings, and its secret, from ROOT/demo.env, where scripts find them,
 * too. NULL if there is none. */
const char	*tokens_client(const struct sim *);

/* Begin a link: the URL of the authorization page. NULL if the store does not take it. */
char		*tokens_authorize(struct sim *);

/* Is this the answer that we wait for? A state is good once, and for the home that began alone. */
bool		 tokens_state_ok(struct sim *, const char *state);

/* Redeem the code: the home is linked. False: the wire says why. */
bool		 tokens_exchange(struct sim *, const char *code);

/* Refresh. replay: with the token before the newest. False if it was refused; the link is over then, unless there was no
 * answer or it was a replay. */
bool		 tokens_renew(struct sim *, bool replay);

/* Send a form again that was sent before, its secrets in place. The new seq on the wire; 0 if it could not be kept. */
long long	 tokens_replay(struct sim *, const char *kind, const char *form, long long replay_of);

/* Have they ended, or are they about to? */
bool		 tokens_are_due(const struct home *);

/* Renew them if they are about to end. */
bool		 tokens_ready(struct sim *);

/* What a message can hide, with the client's secret. */
struct mask;
void		 tokens_mask(const struct sim *, struct mask *);

#endif
