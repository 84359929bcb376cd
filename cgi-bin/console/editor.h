/* editor.h: the fields in which somebody types or chooses a value, made from its type. */
#ifndef CONSOLE_EDITOR_H
#define CONSOLE_EDITOR_H

#include <stdbool.h>

struct arena;
struct attribute;
struct json;
struct value_type;
struct words;

/* The fields in which somebody types a value of an attribute: {choice: {options: [{value, label, chosen}]}}, {number:
 * {min, max, step}, units: {list}}, {is_json}, or {is_text}; field (its name), kind (how a script reads it), must, now. slot: what is there (see state_slot), or NULL. */
struct json	*editor_make(const struct words *, const struct attribute *, const struct json *capability_state,
		    const struct json *slot);

/* Add {value, label, chosen} to a list of options. */
struct json	*editor_option(const struct words *, struct json *list, const char *value, const char *label, bool chosen);

/* An option for each value of an enum that the device supports, and for what it has now (may be NULL). */
struct json	*editor_options(const struct words *, const struct value_type *, const struct json *capability_state,
		    const char *now);

/* Is word left out by one of the lists (supportedThermostatModes ...) in which a device says what it supports? Lists that
 * name none of its kind do not count. */
bool		 editor_unsupported(const struct json *capability_state, const char *word, bool (*kin)(const void *, const char *),
		    const void *arg);

/* Set min, max and step. Infinite bounds are left out. */
void		 editor_range(struct arena *, struct json *to, double min, double max, bool whole);

#endif
