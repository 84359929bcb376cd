/* sim_app.h: the SmartApp of the operator's simulated home, from a terminal. */
#ifndef CLI_SIM_APP_H
#define CLI_SIM_APP_H

#include <stdbool.h>

struct browser;
struct cli;

/* Show it: its devices, subscriptions and timers. */
int	 sim_app_show(struct cli *, struct browser *);

/* Is this message of sim trigger one of the SmartApp's ("app_install")? */
bool	 sim_app_is(const char *message);

/* Have it done, with the options that were given, and show the app afterwards. */
int	 sim_app_trigger(struct cli *, struct browser *, const char *message);

/* Do one thing after the other that is on the list of checks, waiting for what the app does by itself. */
void	 sim_app_checks(struct cli *, struct browser *);

#endif
