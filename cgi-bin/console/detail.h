/* detail.h: everything that a device has, part by part: every attribute with a field to set it, every command with fields
 * for its arguments. Works for whatever the catalogue or custom-capabilities.json describes. */
#ifndef CONSOLE_DETAIL_H
#define CONSOLE_DETAIL_H

struct catalogue;
struct json;
struct list_item;
struct words;

/* Array of {component, capabilities: [{id, label, attributes: [{key, name, label, text, when, editor}],
 * commands: [{do, name, label, fields: [...]}]}]} for html/detail.html. */
struct json	*detail_list(const struct words *, const struct catalogue *, const struct list_item *);

#endif
