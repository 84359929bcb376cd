/* list.h: an owner's devices, all of them, and which of them somebody asked for. */
#ifndef CONSOLE_LIST_H
#define CONSOLE_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "db/store.h"
#include "device/device.h"

struct app;
struct arena;
struct json;
struct pair;

#define LIST_PAGE 48	/* devices on one page */

struct list_item {
	struct device		 device;
	const struct json	*state;
	unsigned		 attention;	/* of console/attention.h */
};

struct list {
	struct list_item	*items;		/* by room, then name; devices without a room last */
	size_t			 n;
};

/* What a page was asked for. */
struct list_query {
	const char	*q;		/* in name, room, type or id, whatever the letters' case; NULL = anything */
	const char	*filter;	/* "attention", or one of its kinds; NULL = all */
	const char	*room, *type;	/* NULL = any */
	size_t		 page;		/* from 1 */
};

/* Read one device. STORE_ABSENT if the user has none of that id. */
enum store_result list_read_one(struct app *, struct arena *, const char *user, const char *id, struct list_item *);

enum store_result list_read(struct app *, struct arena *, const char *user, struct list *);

/* From a decoded query; what is not understood counts as not said. */
struct list_query list_query_from(const struct pair *);

/* The same as text: "filter=attention&q=lamp&page=2". page 0: without one. */
char	*list_query_text(struct arena *, const struct list_query *, size_t page);

/* Is it asked for? */
bool	 list_has(const struct list_query *, const struct list_item *);

#endif
