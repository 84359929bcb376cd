/* recall.h: records that are read again and again are parsed once: what a text means does not change. Nor does what is made of it.
 *
 * A memory of one process, of a bounded size. It is asked with the text as it was read just now: what it has of another text is
 * of no account, so that nothing in it can be out of date. */
#ifndef DB_RECALL_H
#define DB_RECALL_H

#include <stddef.h>
#include <stdint.h>

struct arena;
struct json;
struct recall;

struct recall	*recall_new(void);
void		 recall_free(struct recall *);	/* NULL is allowed */

/* The text as JSON; NULL if it is none. key: whose text it is. It is good until the arena's next reset, and may be others', too:
 * nobody may change it. *which (may be NULL): a number that no other key or text ever gets; 0: it is not remembered. */
const struct json *recall_json(struct recall *, struct arena *, const char *key, const char *text, size_t len, uint64_t *which);

/* What a text was made of: for what purpose (an address that stands for it), and of which values, by their numbers. Whoever
 * makes one names all that the text depends on. */
struct recall_recipe {
	const void	*purpose;
	uint64_t	 of[3];
};

/* The text that was made so; NULL: none is remembered. It lies where it lies, until the next recall_keep. */
const char	*recall_made(const struct recall *, const struct recall_recipe *, size_t *len);

/* Remember one: a copy; those that are too long are forgotten at once. */
void		 recall_keep(struct recall *, const struct recall_recipe *, const char *text, size_t len);

#endif
