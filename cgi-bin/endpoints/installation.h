/* installation.h: an app that an owner has let in: a grant, and what its pages were answered with.
 *
 * A grant's preferences are {"inputs":{"switches":["a","b"]},"settings":{"nickname":"Kim"}}; a grant that the tool made
 * has none. */
#ifndef ENDPOINTS_INSTALLATION_H
#define ENDPOINTS_INSTALLATION_H

#include "db/store.h"

struct arena;
struct catalogue;
struct config;
struct grant;
struct input;
struct json;

/* The devices that were chosen for an input, of all (ids of the installation's devices), in the order of all. Where no page
 * asked: all that have the input's capability. */
enum store_result installation_input(struct store *, struct arena *, const struct grant *, const struct input *,
		    const struct json *all, struct json **ids);

/* What was answered to the inputs that are no devices; NULL if nothing was. */
const struct json *installation_settings(const struct grant *);

/* {"id","name"}: there is one location here, the owner's home. */
struct json	*installation_location(struct arena *, const struct grant *);

/* The address that its app's paths begin at, and what comes before its id. */
#define INSTALLATION_PATH "/api/smartapps/installations/"
char		*installation_uri(struct arena *, const struct config *, const char *id);

#endif
