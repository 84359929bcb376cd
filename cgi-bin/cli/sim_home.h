/* sim_home.h: the operator's own simulated home: asked, pressed and linked by HTTP, like a visitor's. */
#ifndef CLI_SIM_HOME_H
#define CLI_SIM_HOME_H

#include <stdbool.h>

#include "cli/browser.h"

struct arena;
struct cli;
struct json;

/* Open it: its key lies in ROOT/secret/simulator-home, and is made where there is none. CLI_DONE, or it was said. */
int	 sim_home_open(struct cli *, struct browser *);

/* GET or POST an address of the simulator's API. CLI_DONE, or what it answered was said. */
int	 sim_home_ask(struct browser *, const char *path, const char *form);

/* Link it to an account as its owner would: sign in by a one-time link, tick devices (array of ids; NULL = all), Allow. */
int	 sim_home_link(struct cli *, struct browser *, const char *user, const struct json *devices, bool include_new);

/* "switch on, level 40 %": what a device is, from an array of {NAME, value, unit}; name is what the API calls NAME. In the arena. */
char	*sim_home_values(struct arena *, const struct json *values, const char *name);

#endif
