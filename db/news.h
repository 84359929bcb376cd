/* news.h: what a transaction tells after its commit (store_tx_then), carried to the other machines that share its store.
 *
 * A text of lines: whose bells it rang already (base/bell.h), then "bell NAME" or "wake WORD" each. */
#ifndef DB_NEWS_H
#define DB_NEWS_H

#include <stdbool.h>

struct buf;

#define NEWS_MAX	7900		/* bytes: a notification of PostgreSQL takes 7999 */
#define NEWS_MISSED	"missed"	/* some may not have been heard: all shall look */

/* Begin a text; add what fn(arg) does, if it is of concern to others. */
void	 news_begin(struct buf *);
void	 news_add(struct buf *, void (*fn)(const char *), const char *arg);

/* Does it say anything? */
bool	 news_is_some(const struct buf *);

/* Do what a text says, unless it comes from this machine, where it has been done. */
void	 news_do(const char *text);

#endif
