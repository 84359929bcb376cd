/* preferences_value.c: what an owner typed, as the value that it is. */
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/text.h"
#include "endpoints/preferences.h"
#include "endpoints/webapp.h"
#include "base/banned.h"

#define TEXT_MAX_BYTES 500	/* that an owner may type */

/* "HH:MM", as browsers send it. */
static bool
is_time(const char *s)
{
	long long h, m;
	char hour[3] = { 0 }, minute[3] = { 0 };

	if (strlen(s) != 5 || s[2] != ':')
		return false;
	memcpy(hour, s, 2);
	memcpy(minute, s + 3, 2);
	return strspn(hour, "0123456789") == 2 && strspn(minute, "0123456789") == 2 && text_to_int(hour, 0, 99, &h) &&
	    text_to_int(minute, 0, 99, &m) && h < 24 && m < 60;
}

static bool
is_email(const char *s)
{
	const char *at = strchr(s, '@');

	return at != NULL && at != s && at[1] != '\0' && strchr(at + 1, '@') == NULL && strcspn(s, " \t,;<>\"") == strlen(s);
}

static struct json *
number(struct arena *a, const struct input *in, const char *typed)
{
	struct json *v = json_parse(a, typed, strlen(typed), NULL);
	double n;
	long long whole;

	if (!json_number(v, &n) || n < in->min || n > in->max || (in->kind == INPUT_NUMBER && !json_int(v, &whole)))
		return NULL;
	return v;
}

struct json *
preferences_value(struct arena *a, const struct input *in, const char *typed, const char **why)
{
	bool fine = text_is_name(typed, TEXT_MAX_BYTES);

	*why = NULL;
	if (in->kind == INPUT_BOOL)	/* a box: ticked or not */
		return json_new_bool(a, strcmp(typed, "true") == 0);
	if (*typed == '\0') {
		*why = in->required ? "preferences_required" : NULL;
		return NULL;
	}
	if (in->kind == INPUT_NUMBER || in->kind == INPUT_DECIMAL) {
		struct json *v = number(a, in, typed);
		*why = v == NULL ? "preferences_wrong" : NULL;
		return v;
	}
	if (in->kind == INPUT_ENUM)
		fine = json_array_has(in->options, typed);
	else if (in->kind == INPUT_TIME)
		fine = is_time(typed);
	else if (in->kind == INPUT_EMAIL)
		fine = fine && is_email(typed);
	*why = fine ? NULL : "preferences_wrong";
	return fine ? json_new_string(a, typed) : NULL;
}
