/* one_page.h: the page of one device: its controls, all that it has, its last day; its name, room and end. */
#ifndef CONSOLE_ONE_PAGE_H
#define CONSOLE_ONE_PAGE_H

#include <stdbool.h>

struct app;
struct request;
struct response;

/* Route handler: GET /devices/ID, GET and POST /devices/ID/delete, POST /devices/ID/command, /set, /label, /online. */
void	 one_page(struct app *, const struct request *, struct response *);

/* Take a path below prefix apart: "lamp%231/command" is the id "lamp#1" and the rest "command", "" if there is none. False if
 * it is no such path. */
bool	 one_page_place(const struct request *, const char *prefix, const char **id, const char **rest);

#endif
