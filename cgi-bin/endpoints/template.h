/* template.h: values of app files with placeholders in them: "$params.id", "$label", "a text with $query.name in it".
 *
 * A text that is one placeholder becomes its value, with its type; among other words it becomes text. $$ is a dollar sign.
 * Nothing is ever executed: a placeholder names something that is there, or stands for null. */
#ifndef ENDPOINTS_TEMPLATE_H
#define ENDPOINTS_TEMPLATE_H

#include <stdbool.h>

struct arena;
struct definition;
struct device_view;
struct execution;
struct json;
struct state_value;

/* What a template may be about beside the request. */
enum template_about { ABOUT_REQUEST = 1, ABOUT_DEVICE = 2, ABOUT_VALUE = 4, ABOUT_RESULT = 8, ABOUT_PARTS_OF_RESULT = 16 };

struct template_scope {
	struct execution	*execution;
	const struct device_view *device;	/* NULL: of no device */
	const struct state_value *value;	/* NULL: of no value */
	const struct json	*result;	/* NULL: there is none */
};

enum template_escape { ESCAPE_NOTHING, ESCAPE_HTML };

/* Complain about placeholders that do not exist, or not there. about: of enum template_about. */
void		 template_check(struct definition *, const char *path, const struct json *, unsigned about);

/* All of v with its placeholders filled in. Never NULL. */
struct json	*template_expand(const struct template_scope *, const struct json *v);

/* A text with its placeholders filled in. */
char		*template_text(const struct template_scope *, const char *text, enum template_escape);

/* What the placeholders in v are about: of enum template_about. */
unsigned	 template_needs(struct arena *, const struct json *v);

/* Does v hold a placeholder at all? */
bool		 template_is_dynamic(const struct json *v);

#endif
