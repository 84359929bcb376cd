/* rules.h: the handler that needs no code: it does what the definition's subscriptions, schedules, rules and mirrors say. */
#ifndef SMARTAPP_RULES_H
#define SMARTAPP_RULES_H

#include "smartapp/handler.h"

struct lifecycle;
struct json;
struct smartapp_event;

extern const struct smartapp_handler rules_handler;

/* --- for the files of it --- */

/* INSTALL and UPDATE: wish the subscriptions and schedules of the plan. */
enum smartapp_error rules_set_up(struct smartapp_call *);

/* v with "$value" and "$setting" in it replaced, at any depth; numbers and truths by the setting's type. NULL if one of
 * them is not there. e may be NULL: there is no $value then. */
const struct json *rules_resolve(struct lifecycle *, const struct smartapp_event *e, const struct json *v);

/* Does the event fit a rule's when? Do its conditions hold? */
bool		 rules_fits(struct lifecycle *, const struct smartapp_event *, const struct json *when);
bool		 rules_holds(struct lifecycle *, const struct smartapp_event *, const struct json *condition);

/* Is this device among those of a setting? */
bool		 rules_setting_has(struct lifecycle *, const char *setting, const char *device);

#endif
