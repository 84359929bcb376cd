/* door.h: where node servers send and fetch messages: /polyglot/ns/WORKER/messages. */
#ifndef POLYGLOT_DOOR_H
#define POLYGLOT_DOOR_H

struct app;
struct request;
struct response;

#define DOOR_WAIT_MAX 20	/* seconds that a GET may wait */

/* POST: a message, or a list of them. GET ?after=N&wait=S: what waits for it. By its token, as a Bearer. */
void	 door_messages(struct app *, const struct request *, struct response *);

#endif
