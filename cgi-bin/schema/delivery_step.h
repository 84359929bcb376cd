/* delivery_step.h: a link on its way through one step, and what can be done with it. For schema/delivery*.c. */
#ifndef SCHEMA_DELIVERY_STEP_H
#define SCHEMA_DELIVERY_STEP_H

#include <stdbool.h>
#include <stdint.h>

#include "courier/sender.h"
#include "oauth/grant.h"
#include "schema/callback.h"
#include "schema/delivery.h"
#include "schema/link.h"

#define STEP_LATER 5000		/* ms: after trouble of our own */

struct step {
	struct delivery	*d;
	struct courier	*courier;
	struct arena	*arena;
	struct link	*link;
	struct callback	 callback;
	struct grant	 grant;
	int64_t		 now;		/* ms */
};

/* There is something to do, after so many ms. */
void	 step_again(const struct step *, int64_t after);

/* ms until the link may be sent another event; 0 = now. */
int64_t	 step_wait(const struct step *);

/* A call to be filled in and begun. NULL without memory. */
struct call *step_call(const struct step *, enum call_kind);

/* Send it. What cannot even begin has failed like one that was not answered. */
void	 step_begin(const struct step *, struct call *, const char *url, const struct json *message);

/* False: its host has all the calls that it can take; the link waits for one to end, in the place that it had. */
bool	 step_may_call(const struct step *, const char *url);

/* Write down, at the end of the round, that nothing is left to tell up to this change; look again so many ms later. */
void	 step_advance(const struct step *, long long cursor, int64_t after);

/* ... that this choice of devices (callback_choice) is known to SmartThings; whole: or will be, when all is told anew. */
void	 step_choose(const struct step *, const struct json *chosen, bool whole);

/* ... that the link is no more. */
void	 step_forget(const struct step *);

/* --- delivery_choice.c --- */

/* Does SmartThings know which devices the link has, or is there nobody to tell? */
bool	 choice_is_told(const struct step *);

/* Tell it: devices that came in, states of those, and the end of those that went. */
enum store_result choice_tell(const struct step *);

#endif
