/* recall.h: records that are read again and again are parsed once: what a text means does not change.
 *
 * A memory of one process, of a bounded size. It is asked with the text as it was read just now: what it has of another text is
 * of no account, so that nothing in it can be out of date. */
#ifndef DB_RECALL_H
#define DB_RECALL_H

#include <stddef.h>

struct arena;
struct json;
struct recall;

struct recall	*recall_new(void);
void		 recall_free(struct recall *);	/* NULL is allowed */

/* The text as JSON; NULL if it is none. key: whose text it is. It is good until the arena's next reset, and may be others', too:
 * nobody may change it. */
const struct json *recall_json(struct recall *, struct arena *, const char *key, const char *text, size_t len);

#endif
