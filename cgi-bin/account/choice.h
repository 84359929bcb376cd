/* choice.h: choosing devices by ticks: the list for a page, and what came back. */
#ifndef ACCOUNT_CHOICE_H
#define ACCOUNT_CHOICE_H

#include "db/store.h"

struct app;
struct arena;
struct json;
struct request;

/* The user's devices as a page shows them: array of {id, name, room, ticked}. ticked: array of ids; NULL = all. */
enum store_result choice_list(struct app *, struct arena *, const char *user, const struct json *ticked,
		    struct json **list);

/* The devices ticked in the form, each once. all: the user's ids. NULL if one of them is not the user's (noted). */
struct json	*choice_made(const struct request *, const char *user, const struct json *all);

/* What was there and was not ticked. */
struct json	*choice_not_made(struct arena *, const struct json *all, const struct json *made);

#endif
