/* run.h: mistakes made on purpose, and the whole list of checks in one go. */
#ifndef SIM_RUN_H
#define SIM_RUN_H

#include <stdbool.h>

struct sim;

/* A command that no device has, an argument out of range, a device that is not there, a token that nobody gave: false if the
 * server does not refuse it as it should. */
bool		 run_mistake(struct sim *, const char *which);

/* The refresh token before the newest, once more: the answer may have been lost. */
bool		 run_replay(struct sim *);

/* The clock goes past the end of the token; then states are asked for with it. The clock comes back. */
bool		 run_expire(struct sim *);

/* An interactionResult about the first device. */
bool		 run_result(struct sim *);

/* All that SmartThings can do by itself. As an action (act.c): NULL. */
const char	*run_all(struct sim *, bool *ok);

#endif
