/* act.h: what a press of a button does: a table of actions, the same for pages, scripts and the command line. */
#ifndef SIM_ACT_H
#define SIM_ACT_H

struct app;
struct request;
struct response;

/* POST with "action" */
void	 act_do(struct app *, const struct request *, struct response *);

#endif
