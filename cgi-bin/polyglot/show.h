/* show.h: a node server as its pages show it. */
#ifndef POLYGLOT_SHOW_H
#define POLYGLOT_SHOW_H

#include "db/store.h"

struct arena;
struct json;
struct nodeserver;
struct nodeserver_context;

/* Name, slot, whether it is there, since when. */
struct json	*show_row(const struct nodeserver_context *, const struct nodeserver *);

/* What it wants its owner to know: array of {"text", "links"}. Such texts come with HTML by custom, and from a program that
 * nobody here knows: tags are taken out, addresses of the web are shown as links of their own. */
struct json	*show_notices(struct arena *, const struct json *notices);

/* Parameters as lines "name = value"; and back, each value that was not edited as it was. NULL: a line has no "=". */
char		*show_params(struct arena *, const struct json *params);
struct json	*show_read_params(struct arena *, const char *lines, const struct json *before);

/* Its messages, while they are noted: {"until" (moment), "lines": [{"at", "in", "text", "why"?}]}; NULL if they are not. */
enum store_result show_trace(const struct nodeserver_context *, const struct nodeserver *, struct json **);

/* Its nodes: array of {"address", "name", "device" (id, if it is one), "drivers"}. */
enum store_result show_nodes(const struct nodeserver_context *, const struct nodeserver *, struct json **list);

#endif
