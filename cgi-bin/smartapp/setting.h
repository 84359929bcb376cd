/* setting.h: the settings of a configuration page: every type that the platform knows, each with its members. */
#ifndef SMARTAPP_SETTING_H
#define SMARTAPP_SETTING_H

#include <stdbool.h>

struct json;
struct source_file;

/* Is it a setting as its type wants it? Pages that it names are the caller's to look for. */
bool		 setting_check(struct source_file *, const struct json *setting, const char *path);

/* The setting as it is told to the platform: what was written, and what is usual where nothing was. */
struct json	*setting_show(struct source_file *, const struct json *setting);

/* Does a setting of this type come back with a value: DEVICE, or a text (STRING, MODE, SCENE)? */
bool		 setting_has_value(const char *type);

#endif
