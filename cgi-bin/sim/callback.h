/* callback.h: where the server calls SmartThings back: for tokens, and with events. */
#ifndef SIM_CALLBACK_H
#define SIM_CALLBACK_H

struct app;
struct request;
struct response;

/* accessTokenRequest, refreshAccessTokens */
void	 callback_token(struct app *, const struct request *, struct response *);

/* stateCallback, discoveryCallback */
void	 callback_event(struct app *, const struct request *, struct response *);

/* How callbacks can be answered, on wish; ended by one without a name. The first is the right way. */
struct callback_way {
	const char	*name, *text;	/* text: a key of html/text */
};
extern const struct callback_way callback_ways[];

#endif
