/* ask.h: what the addresses of node servers have in common: the room's context, and answers in JSON. */
#ifndef POLYGLOT_ASK_H
#define POLYGLOT_ASK_H

#include "db/store.h"
#include "nodeserver/registry.h"

struct app;
struct json;
struct request;
struct response;

/* For nodeserver/: of the program and this request. */
struct nodeserver_context ask_context(const struct app *, const struct request *);

/* {"error", "error_description"} with this status. */
void	 ask_refuse(struct response *, int status, const char *error, const char *why);

/* The store did not do it: 503, or 404 for STORE_ABSENT. */
void	 ask_stored(struct response *, enum store_result);

/* A path's part: the text up to the next slash; *path is moved behind the slash, or to the end. NULL if it is empty. */
const char *ask_part(const struct request *, const char **path);

#endif
