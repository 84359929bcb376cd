/* sim_checks.h: the whole list of the simulator's checks in one go, the owner's part included. */
#ifndef CLI_SIM_CHECKS_H
#define CLI_SIM_CHECKS_H

#include <stdbool.h>

struct browser;
struct cli;

/* Link the home anew to user's account, do all that is on the list, and end the link. A device of its own is added for it,
 * and gone afterwards. CLI_DONE if every check is green. */
int	 sim_checks_run(struct cli *, struct browser *, const char *user);

/* Look at the home until a check is ticked, or it has something of that name; false if that takes too long. */
bool	 sim_checks_wait(struct browser *, const char *what);

#endif
