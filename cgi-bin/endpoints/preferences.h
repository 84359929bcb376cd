/* preferences.h: what an app asks the owner: pages of sections of inputs, as its file has them. */
#ifndef ENDPOINTS_PREFERENCES_H
#define ENDPOINTS_PREFERENCES_H

#include <stdbool.h>

struct arena;
struct catalogue;
struct definition;
struct input;
struct json;
struct webapp;

/* Read the member "preferences" of an app's file into app->pages. */
void		 preferences_read(struct definition *, const char *path, const struct json *, const struct catalogue *,
		    struct webapp *);

/* What an owner typed for an input that is no device, as the value that is kept; NULL with *why, a text key of html/text, if
 * it cannot be that. An empty text is "not given": NULL, and *why is NULL where that is allowed. */
struct json	*preferences_value(struct arena *, const struct input *, const char *typed, const char **why);

/* The word for a kind of input in app files. */
const char	*preferences_kind(const struct input *);

#endif
