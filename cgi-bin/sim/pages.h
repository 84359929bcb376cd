/* pages.h: what can be looked at: the phone, the wire, one exchange, the checks; and the same as JSON under /sim/api/. */
#ifndef SIM_PAGES_H
#define SIM_PAGES_H

#include <stdbool.h>

struct app;
struct request;
struct response;
struct sim;

void	 pages_phone(struct app *, const struct request *, struct response *);
void	 pages_checks(struct app *, const struct request *, struct response *);

/* The list; ?kind= and ?status= filter it, ?after= leaves out what was seen. */
void	 pages_wire(struct app *, const struct request *, struct response *);

/* One of it, by its number at the path's end. POST sends it again: as it was, or with the body that is given. */
void	 pages_exchange(struct app *, const struct request *, struct response *);

/* Has the one who asks the API it already (ETag)? Answered with 304 then. The tag ends in "-due" while there is something that
 * SmartThings would do by itself now ("due" of act.c). */
bool	 pages_is_old(struct sim *);

#endif
