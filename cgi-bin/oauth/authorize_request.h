/* authorize_request.h: the authorization request (RFC 6749 4.1.1), checked, and the addresses that answer it.
 *
 * It takes parameters as a function from name to value and count, so that it knows no HTTP. */
#ifndef OAUTH_AUTHORIZE_REQUEST_H
#define OAUTH_AUTHORIZE_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "db/store.h"
#include "oauth/client.h"
#include "oauth/error.h"

struct arena;
struct json;

/* The value of a parameter that stands once and is not empty (NULL otherwise); *count: how often it stands. */
typedef const char *(*authorize_parameter)(const void *from, const char *name, size_t *count);

struct authorize_request {
	struct client	 client;
	const char	*redirect_uri;	/* proven to be the client's */
	const char	*state;		/* byte for byte, NULL if none came */
	const char	*scope;		/* ours */
	const char	*challenge;	/* S256; NULL if none came */
};

enum authorize_verdict {
	AUTHORIZE_OK,
	AUTHORIZE_STAY,		/* tell the person here: nothing says that the redirect URI is safe */
	AUTHORIZE_BACK,		/* tell the client, by redirect */
	AUTHORIZE_UNAVAILABLE,	/* the store cannot be read now */
};

struct authorize_outcome {
	enum authorize_verdict	 verdict;
	const char		*text;		/* STAY: a text key of html/text */
	const char		*refused;	/* STAY: the value that was not accepted; NULL = none to show */
	enum oauth_error	 error;		/* BACK */
	const char		*description;	/* BACK: one ASCII sentence */
};

/* Check in the order that RFC 9700 wants: client and redirect URI first, all else after. */
struct authorize_outcome authorize_check(struct store *, struct arena *, authorize_parameter, const void *from,
		    struct authorize_request *);

/* To travel in a sealed form and back. authorize_from_json reads the client anew: NULL-safe, false if it is gone. */
struct json	*authorize_to_json(struct arena *, const struct authorize_request *);
bool		 authorize_from_json(struct store *, struct arena *, const struct json *, struct authorize_request *);

/* Where to send the browser: redirect_uri with code, state and iss (RFC 9207) ... */
char		*authorize_answer(struct arena *, const struct authorize_request *, const char *issuer, const char *code);

/* ... or with error, error_description (may be NULL), state and iss. */
char		*authorize_refusal(struct arena *, const struct authorize_request *, const char *issuer,
		    enum oauth_error, const char *description);

/* The query of /authorize that leads to this request again. */
char		*authorize_query(struct arena *, const struct authorize_request *);

/* Scheme and host of the redirect URI, as a CSP source; "scheme:" for one without a host. */
char		*authorize_origin(struct arena *, const struct authorize_request *);

#endif
