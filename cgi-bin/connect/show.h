/* show.h: links as pages and JSON show them. */
#ifndef CONNECT_SHOW_H
#define CONNECT_SHOW_H

#include "db/store.h"

struct app;
struct arena;
struct json;
struct link;

/* A link: id, name, connector, status, state (a text's key), devices, since, looked, fault. */
enum store_result show_link(struct app *, struct arena *, const struct link *, struct json **out);

/* All links of a user: an array. */
enum store_result show_links(struct app *, struct arena *, const char *user, struct json **out);

/* All connectors: array of {id, name, about}. */
struct json	*show_connectors(struct app *, struct arena *);

/* The devices that the vendor has for a link: array of {id, name, room, type (of ours, or absent), chosen}, those that it does not
 * tell of any more but are chosen at the end. NULL if it cannot be asked; *why says so in a few words. items: as the vendor has
 * them, for mirror_choose. */
struct json	*show_devices(struct app *, struct arena *, const struct link *, struct json **items, const char **why);

#endif
