/* app_act.h: what a press of a button does on the page of the SmartApp. */
#ifndef SIM_APP_ACT_H
#define SIM_APP_ACT_H

#include <stdbool.h>

struct app;
struct request;
struct response;
struct sim;

/* GET the page, or the same as JSON; POST with "action". */
void	 app_act_page(struct app *, const struct request *, struct response *);

/* Tell the app what it is to be told by now: events that wait, timers whose time has come. True if there was nothing, or all was
 * taken. */
bool	 app_act_deliver(struct sim *);

#endif
