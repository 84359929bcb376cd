/* app_back.h: OAUTH settings: a person logs in elsewhere, comes back to SmartThings, and the app is told (lifecycle protocol 1.8). */
#ifndef SIM_APP_BACK_H
#define SIM_APP_BACK_H

#include <stdbool.h>

struct app;
struct arena;
struct config;
struct request;
struct response;
struct sim;

/* Where they come back to. */
char	*app_back_url(struct arena *, const struct config *);

/* GET of that: the app is told, and asked for its page again, on which something may be otherwise now. */
void	 app_back(struct app *, const struct request *, struct response *);

/* Tell the app of a login that never was, in both spellings that there are. It may refuse: the state is made up. */
bool	 app_back_made_up(struct sim *);

#endif
