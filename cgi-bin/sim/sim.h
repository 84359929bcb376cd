/* sim.h: one request to the simulator: who asks, which home is theirs, and how it is answered.
 *
 * This room plays SmartThings. It is a client of the server that it is built into: all that it knows of it, it knows by
 * HTTP at the public URL. It has records of its own, and includes nothing that means anything to the server. */
#ifndef SIM_SIM_H
#define SIM_SIM_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/home.h"

struct app;
struct fetcher;
struct json;
struct request;
struct response;

struct sim {
	struct app	*app;
	const struct request *rq;
	struct response	*rs;
	struct arena	*arena;
	struct home	 home;
	bool		 api;		/* under /sim/api/: answers are JSON */
	bool		 bearer;	/* the home came in an Authorization header: no browser does that by itself */
	struct fetcher	*fetcher;	/* made by the first call */
	int64_t		 began;		/* ms on a clock that nobody moves */
};

/* Begin. False if the answer is made already: the simulator is off, the store cannot be read, or, of a POST, the form is
 * not believed. */
bool		 sim_open(struct sim *, struct app *, const struct request *, struct response *);
void		 sim_close(struct sim *);

/* Answer with a page of html/, or with the same data as JSON if the API was asked. The data gets "csrf", "base" ... */
void		 sim_page(struct sim *, const char *name, struct json *data);

/* After a POST: on to a page, or the home as JSON if the API was asked. */
void		 sim_done(struct sim *, const char *path);

/* To another address. */
void		 sim_leave(struct sim *, const char *url);

/* Answer with the error page, or with JSON. text is a key of html/text, why an English sentence. */
void		 sim_error(struct sim *, int status, const char *text, const char *why);
void		 sim_unavailable(struct sim *);

/* A route_refusal for all pages of this room; for the API it is serve_refuse_json. */
void		 sim_refuse(struct app *, const struct request *, struct response *, int status, const char *why);

/* "2026-11-21 21:15:07 UTC" */
char		*sim_moment(struct arena *, int64_t ms);

/* ms since this request began. */
int64_t		 sim_elapsed(const struct sim *);

#endif
