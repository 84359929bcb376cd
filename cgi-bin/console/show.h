/* show.h: a device as pages and JSON show it. */
#ifndef CONSOLE_SHOW_H
#define CONSOLE_SHOW_H

struct app;
struct json;
struct list_item;
struct words;

/* For JSON: {id, name, room?, type, online, attention: ["battery"], values: {"main/switch.switch": {value, unit?, time, text}}};
 * text is the value in the reader's language. */
struct json	*show_device(const struct app *, const struct words *, const struct list_item *);

/* For templates: {id, path, name, room, type, is_offline, attention, warnings: [{name, text}]}: path is the id in a URL,
 * attention "offline battery". */
struct json	*show_frame(const struct app *, const struct words *, const struct list_item *);

/* What people call a type: a dictionary's word, else the catalogue's model, else itself. */
const char	*show_type(const struct app *, const struct words *, const char *type);

#endif
