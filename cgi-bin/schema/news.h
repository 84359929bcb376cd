/* news.h: what a link has not been told yet: changes since its cursor, put together device by device. */
#ifndef SCHEMA_NEWS_H
#define SCHEMA_NEWS_H

#include <stdbool.h>

#include "db/store.h"

struct arena;
struct catalogue;
struct grant;
struct json;

struct news_context {
	struct store		*store;
	const struct catalogue	*catalogue;
	struct arena		*arena;
	const struct grant	*grant;
};

struct news {
	struct json	*devices;	/* for discoveryCallback: added and renamed ones; may be empty */
	struct json	*states;	/* for stateCallback; may be empty */
	long long	 upto;		/* seq up to which all is told when these are */
	bool		 urgent;	/* there is a button among them: it must not wait */
	bool		 lost;		/* a change is gone: everything must be told anew */
};

/* Read the changes from cursor + 1 to newest, or as many as fit into a message. Of an attribute only the newest value
 * counts, but for events such as a button's, which are all told in their order. What the link itself asked for is left out,
 * and what it may not see. Added and renamed devices count from behind shown on. */
enum store_result news_read(const struct news_context *, long long cursor, long long newest, long long shown, struct news *);

/* What the owner's choice changed: devices of the grant that was had not, some NEWS_PAGE at most, with their states, and the
 * end of those that it has no more. *many: there are more, and none is told here. */
enum store_result news_choice(const struct news_context *, const struct grant *was, struct news *, bool *many);

/* ... and, appended to that, the end of devices that it had and that have been deleted since cursor: the log knows of those. Of a
 * log that does not reach back so far, the end of all that it had by name and that are not there. */
enum store_result news_gone(const struct news_context *, const struct grant *was, long long cursor, struct news *);

/* The end of each of these ids that is not one of all. */
void		 news_add_gone(const struct news_context *, const struct json *ids, const struct json *all, struct news *);

/* From so many changes on it is quicker to tell everything. */
#define NEWS_BEHIND 20000

/* Everything about the devices of the link, some at a time: from the page-th NEWS_PAGE on; with the first, the end of those that
 * it has by name and that are not there. *more: there are others. */
#define NEWS_PAGE 40
enum store_result news_whole(const struct news_context *, size_t page, struct news *, bool *more);

#endif
