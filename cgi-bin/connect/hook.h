/* hook.h: what a vendor's cloud posts to us: changes of a link's devices. */
#ifndef CONNECT_HOOK_H
#define CONNECT_HOOK_H

#include <stdbool.h>

struct app;
struct request;
struct response;

/* Is rest, which stands behind an address's "installations/", a link's? token: as the path has it, or NULL: the query does, or
 * an Authorization. False: nothing was done. */
bool	 hook_receive(struct app *, const struct request *, struct response *, const char *rest, const char *token);

#endif
