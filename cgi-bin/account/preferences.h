/* preferences.h: the pages of an app of third parties: which devices for what, and whatever else it asks for.
 *
 * They take the place of the plain consent page where the client is an app's (endpoints/webapp.h), and of the plain list of
 * devices on its link's page. */
#ifndef ACCOUNT_PREFERENCES_H
#define ACCOUNT_PREFERENCES_H

#include <stdbool.h>

struct app;
struct authorize_request;
struct grant;
struct request;
struct response;
struct visitor;

/* Show the first page of an authorization request of an app's client. */
void	 preferences_ask(struct app *, const struct request *, struct response *, const struct visitor *,
	    const struct authorize_request *);

/* A form came whose token is right. False: it is none of these pages' forms, and nothing was done. */
bool	 preferences_answer(struct app *, const struct request *, struct response *, const struct visitor *);

/* The redirect URI is not one of the app's: the page that says so in the words that developers know. */
void	 preferences_refuse_redirect(struct app *, const struct request *, struct response *,
	    const struct authorize_request *);

/* Is the link an app's? Then show what it was given (post false), or save what is ticked now (post true: false is returned
 * and the page shown again if something is missing). */
bool	 preferences_of(const struct app *, const struct grant *);
void	 preferences_show_link(struct app *, const struct request *, struct response *, const struct visitor *,
	    const struct grant *);
bool	 preferences_save_link(struct app *, const struct request *, struct response *, const struct visitor *,
	    const struct grant *);

#endif
