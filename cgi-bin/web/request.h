/* request.h: what one HTTP request says.
 *
 * Every pointer lives in the request's arena: a handler keeps none of them past its return, and frees none. */
#ifndef WEB_REQUEST_H
#define WEB_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct pair;

struct request {
	struct arena	*arena;
	const char	*id;		/* from the web server, or random: stands in every log line */
	bool		 id_is_ours;	/* random: the web server has none, and is told it in the answer */
	const char	*method;	/* "GET", "POST" ...; a HEAD arrives as GET */
	const char	*path;		/* of the URL, as sent, without the query */
	const char	*query_text;	/* the query as sent, without the "?"; "" if there is none */
	const char	*content_type;	/* without parameters, lower case; "" if there is none */
	const char	*remote;	/* the client's address, as the web server knows it */
	const char	*const *env;	/* "NAME=value", NULL at the end */
	struct pair	*query, *form;	/* decoded; form only for application/x-www-form-urlencoded bodies */
	const char	*body;		/* NUL-terminated, may hold NULs */
	size_t		 body_len;
	int64_t		 waited;	/* ms since it came, if its answer had to wait (response_wait) */
	bool		 hurry;		/* it may not wait any longer */
};

#define REQUEST_URI_MAX 16384	/* bytes of path and query; web servers refuse earlier */
#define REQUEST_QUERY_PAIRS 100	/* parameters of a query; forms may hold more: a choice of many devices */

/* Fill r from a CGI environment and a body already read. 0, or the HTTP status to refuse with: 400, 414. */
int		 request_parse(struct request *, struct arena *, const char *const *env,
		    const char *body, size_t len);

/* A variable of the CGI environment; NULL if it is not there. Of one that stands twice: NULL. */
const char	*request_env(const struct request *, const char *name);

/* A header by its HTTP name ("Accept-Language"); NULL if absent or sent twice. (lighttpd joins repeated headers
 * with ", ": who reads one that has no commas of its own must refuse those.) */
const char	*request_header(const struct request *, const char *name);

/* Whose tries are counted together: the client's address; of IPv6 the network of 64 bits, all of whose addresses one
 * household has ("2001:db8:1:2::/64"). What is no address is given back as it is. */
const char	*request_network(const struct request *);

/* The only value of a query or form parameter; NULL if absent, empty or given twice (RFC 6749 3.1). */
const char	*request_query(const struct request *, const char *name);
const char	*request_form(const struct request *, const char *name);

#endif
