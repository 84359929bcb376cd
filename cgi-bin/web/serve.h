/* serve.h: run a program's handlers for every request: as FastCGI, or once as plain CGI from a shell. */
#ifndef WEB_SERVE_H
#define WEB_SERVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct app;
struct request;
struct response;

typedef void (*route_handler)(struct app *, const struct request *, struct response *);

/* Writes the answer to a request that no handler sees (404, 405, 413, 400, 500), in the endpoint's own form. why is
 * one plain English sentence. The status is set and, for 405, the Allow header is there already. rq->path may be "". */
typedef void (*route_refusal)(struct app *, const struct request *, struct response *, int status, const char *why);

struct route {
	const char	*path;		/* compared whole; one that ends in "/" also takes everything below it */
	const char	*methods;	/* "GET POST"; HEAD comes with GET */
	route_handler	 handler;
	route_refusal	 refuse;	/* how this path says no */
};

/* How the answers of several requests wait for the disk together. */
struct owing {
	/* From here on what an answer rests on may not be on disk yet when its handler returns. */
	void		 (*defer)(struct app *);
	/* What has to be waited for since the last call; 0: nothing. */
	uint64_t	 (*owed)(struct app *);
	/* Wait for it. False: what the handlers did has been undone; 503 is answered. */
	bool		 (*pay)(struct app *, uint64_t owed);
	/* ms that the first of them may be kept back by the others' work. */
	int64_t		 hold_ms;
};

struct program {
	const char	*name;
	const struct route *routes;	/* ends with path NULL, whose refuse is for unknown paths */
	size_t		 max_body;	/* bytes */
	/* Answers that may wait (response_wait): a process keeps so many of them open and goes on serving others meanwhile. */
	size_t		 waiting;
	const struct owing *owing;	/* NULL: an answer goes out when its handler returns */
};

/* Serve until SIGTERM or SIGUSR1 (what is in hand is answered first, with what there is), or one request if started as CGI.
 * The exit status. */
int	 serve(const struct program *, struct app *);

/* A refusal as {"error":"...","error_description":"..."}: for JSON endpoints that have no form of their own. */
void	 serve_refuse_json(struct app *, const struct request *, struct response *, int status, const char *why);

#endif
