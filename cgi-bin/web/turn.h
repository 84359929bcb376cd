/* turn.h: one request from its coming to its answer, whatever it has to wait for in between. */
#ifndef WEB_TURN_H
#define WEB_TURN_H

#include <stdbool.h>
#include <stdint.h>

#include "web/request.h"
#include "web/response.h"
#include "web/serve.h"
#include "web/wire.h"

struct turn {
	struct wire	*wire;
	struct arena	*arena;		/* of this request alone */
	const struct program *program;
	struct app	*app;
	const struct route *route;
	struct request	 rq;
	struct response	 rs;
	int		 refused;	/* status that it is refused with; 0 = it is not */
	int64_t		 came;		/* us of the steady clock */
	int64_t		 asked;		/* ms of it: when its handler was called last */
	uint64_t	 owed;		/* what has to be on disk before it is answered (struct owing) */
	bool		 tried;		/* its handler was called already */
	struct turn	*next;		/* the caller's */
};

/* NULL: there is no memory. One serves many requests, one after the other. */
struct turn	*turn_new(const struct program *, struct app *);
void		 turn_free(struct turn *);

/* Read the request that its wire has. It must not wait if hurry. */
void		 turn_begin(struct turn *, bool hurry);

/* Call the handler. False: it has nothing to say yet (response_wait). */
bool		 turn_try(struct turn *);

/* What was done for it has been undone: it is answered with 503. */
void		 turn_undo(struct turn *);

/* Answer and hang up; it is then empty, for the next request. False if the answer did not all go out. */
bool		 turn_finish(struct turn *);

/* ms since it came. */
int64_t		 turn_age(const struct turn *);

/* ms until the handler wants to be called again. */
int64_t		 turn_left(const struct turn *);

#endif
