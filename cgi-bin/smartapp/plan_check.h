/* plan_check.h: what plan.c and plan_rule.c share of checking a plan. Each check is true, or has left its complaint with the
 * source. */
#ifndef SMARTAPP_PLAN_CHECK_H
#define SMARTAPP_PLAN_CHECK_H

#include <stdbool.h>

struct definition;
struct json;
struct source_file;

#define PLAN_NAME_MAX 36	/* of subscriptions and schedules, on the platform */

struct plan_checking {
	struct source_file	*source;
	const struct definition	*definition;
};

typedef bool (*plan_check)(struct plan_checking *, const struct json *, const char *path);

/* Each element of a list, and names only once; list may be NULL. */
bool	 plan_check_each(struct plan_checking *, const struct json *list, const char *path, plan_check);

/* Is there a setting of that name, of that type (NULL = any that has a value)? */
bool	 plan_setting_is(struct plan_checking *, const char *path, const char *id, const char *type);

/* Every text "$name" below v must be a setting or $value. */
bool	 plan_check_dollars(struct plan_checking *, const struct json *v, const char *path);

/* Is it one of the list, which NULL ends? NULL is. */
bool	 plan_is_among(const char *, const char *const *list);

/* plan_rule.c: one rule. */
bool	 plan_check_rule(struct plan_checking *, const struct json *, const char *path);

#endif
