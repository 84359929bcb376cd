/* wizard_setting.h: one setting: how a phone shows it, what it takes, and as what it comes back. */
#ifndef SIM_WIZARD_SETTING_H
#define SIM_WIZARD_SETTING_H

#include <stdbool.h>

struct arena;
struct json;
struct pair;

/* Put what the form says of it into config, as the platform does: a list of entries with valueType; nothing entered takes it out.
 * False: it says something that the setting does not take. */
bool		 wizard_setting_read(struct arena *, const struct json *setting, const struct pair *form, struct json *config);

/* Put its default value there, or the first that fits where it is required; what is there already stays. False: nothing fits. */
bool		 wizard_setting_fill(struct arena *, const struct json *setting, struct json *config);

/* Is it required, and not there? */
bool		 wizard_setting_missing(const struct json *setting, const struct json *config);

/* For the template: {"id", "name", "description", a member of its kind, ...}. back: where a login comes back to. */
struct json	*wizard_setting_show(struct arena *, const struct json *setting, const struct json *config, const char *back);

#endif
