/* endpoints.h: the REST API of third parties: a request of a Web Services app, answered.
 *
 * Plain values in, plain values out: no HTTP but method, path and status. The order of checks is 401 (token), 403
 * (installation), 429 (rate), 404 (path), 405 (method), 400 (body), and then what the app's file says. */
#ifndef ENDPOINTS_ENDPOINTS_H
#define ENDPOINTS_ENDPOINTS_H

#include <stdbool.h>
#include <stddef.h>

#include "endpoints/rate.h"

struct arena;
struct catalogue;
struct config;
struct json;
struct keyring;
struct store;
struct webapps;

struct endpoints_context {
	const struct config	*config;
	struct store		*store;
	struct keyring		*keyring;
	const struct catalogue	*catalogue;
	const struct webapps	*apps;
	struct rate		*rate;
	struct arena		*arena;		/* the request's */
};

/* A request. */
struct endpoints_call {
	const char	*token;		/* NULL = none came */
	unsigned	 token_in;	/* where it stood (enum token_place); several: it came more than once */
	const char	*method;	/* "GET" ...; a HEAD is a GET */
	const char	*installation;	/* its id, as sent */
	const char	*path;		/* behind the installation, as sent, "" or "/..." */
	const struct json *query;	/* object: each parameter that came once */
	const char	*content_type;	/* without parameters; "" if there is none */
	const char	*body;
	size_t		 body_len;
};

struct endpoints_answer {
	int		 status;
	const char	*content_type;	/* NULL: there is no body, and no Content-Type */
	const char	*body;
	size_t		 len;
	const char	*allow;		/* of 405 and OPTIONS; NULL otherwise */
	const char	*authenticate;	/* of 401: for WWW-Authenticate; NULL otherwise */
	bool		 sandbox;	/* the body is a page of the app's */
	struct rate_verdict rate;	/* how far its installation is */
};

/* {installation}{path} */
void	 endpoints_call(const struct endpoints_context *, const struct endpoints_call *, struct endpoints_answer *);

/* The list of the token's installations. client: only if it is that client's; NULL = whoever's. */
void	 endpoints_list(const struct endpoints_context *, const struct endpoints_call *, const char *client,
	    struct endpoints_answer *);

/* An address that is none of ours, or a refusal of the server itself, in the same form. */
void	 endpoints_refuse(struct arena *, struct endpoints_answer *, int status, const char *message);

#endif
