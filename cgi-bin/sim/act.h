/* act.h: what a press of a button does: a table of actions, the same for pages, scripts and the command line. */
#ifndef SIM_ACT_H
#define SIM_ACT_H

#include <stdbool.h>

struct app;
struct request;
struct response;
struct sim;

/* POST with "action" */
void	 act_do(struct app *, const struct request *, struct response *);

/* Keep what was done last, for the page to say: a key of html/text, and whether it went as it should; NULL =
 * the page says it otherwise. */
bool	 act_note(struct sim *, const char *text, bool ok);

#endif
