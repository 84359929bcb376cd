/* answers.h: the inputs of an app's pages: what a page shows of them, and what comes back. */
#ifndef ACCOUNT_ANSWERS_H
#define ACCOUNT_ANSWERS_H

#include <stdbool.h>
#include <stddef.h>

#include "db/store.h"

struct app;
struct arena;
struct json;
struct page;
struct request;
struct webapp;

/* What an owner has answered so far: {"inputs":{name:[ids]},"settings":{name:value}}, as a grant keeps it. */
struct answers {
	struct json		*kept;
	const struct json	*devices;	/* the owner's: array of {id,name,room,capabilities} */
	struct json		*faults;	/* input -> text key of what is wrong with its answer; NULL or empty: nothing */
};

/* Begin with what was kept (may be NULL) and the owner's devices. */
enum store_result answers_begin(struct app *, struct arena *, const char *user, const struct json *kept, struct answers *);

/* Take the answers to a page from a form. False if it names a device that is not the owner's or that the page did not offer
 * (noted): nothing of it may be believed. */
bool		 answers_take(struct answers *, const struct request *, const char *user, const struct page *);

/* The page as its template wants it: array of sections. */
struct json	*answers_show(const struct answers *, struct arena *, const struct page *);

/* All devices that were chosen, each once. */
struct json	*answers_devices(const struct answers *, struct arena *);

#endif
