/* plan.h: what the built-in handler does: subscriptions, schedules, rules and mirrors of a definition, checked.
 *
 * They stay JSON: the tables of plan.c say what may stand in them, docs/smartapp.md what it means. A text that begins with "$"
 * stands for the value of the setting behind it, "$value" for the event's value. */
#ifndef SMARTAPP_PLAN_H
#define SMARTAPP_PLAN_H

#include <stdbool.h>

struct definition;
struct json;
struct source_file;

struct plan {
	const struct json	*subscriptions, *schedules, *rules, *mirrors;	/* arrays, never NULL */
};

/* Check them. False with the source's why. */
bool	 plan_read(struct source_file *, const struct definition *, const struct plan **);

/* A member of a rule's "when" and the member of the event's data that it is compared with; NULL ends the table. */
struct plan_match {
	const char	*name, *data;
};

extern const struct plan_match plan_matches[];

/* The eight kinds of subscriptions, and what the API calls their members. */
struct plan_subscription {
	const char	*type, *member;
	bool		 devices;	/* takes a setting: one each, or deviceIds */
};

extern const struct plan_subscription plan_subscriptions[];

/* NULL if there is no such kind. */
const struct plan_subscription *plan_subscription(const char *type);

#endif
