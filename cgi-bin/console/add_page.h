/* add_page.h: the page on which a device is added: a type found by searching, or a profile of the owner's own. */
#ifndef CONSOLE_ADD_PAGE_H
#define CONSOLE_ADD_PAGE_H

#include "db/store.h"

struct app;
struct arena;
struct json;
struct request;
struct response;

/* Route handler: GET, POST /new-device. */
void	 add_page(struct app *, const struct request *, struct response *);

/* Give a definition without an id one, made from its name, that no device of the user has. */
enum store_result add_page_id(struct app *, struct arena *, const char *user, struct json *definition);

#endif
