/* api.h: the owner's node servers in JSON: /polyglot/api/nodeservers. Needs a session and, to change something, a page's form
 * token in the header X-CSRF-Token. */
#ifndef POLYGLOT_API_H
#define POLYGLOT_API_H

struct app;
struct json;
struct nodeserver;
struct nodeserver_context;
struct request;
struct response;

void	 api_nodeservers(struct app *, const struct request *, struct response *);
void	 api_nodeserver(struct app *, const struct request *, struct response *);

/* What its owner is told of one: no secrets. */
struct json *api_show(const struct nodeserver_context *, const struct nodeserver *);

#endif
