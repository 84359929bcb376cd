/* wake.h: tells the courier that there is news, so that it need not look all the time.
 *
 * A line in the pipe ROOT/sock/courier.wake, best effort: who gets none finds the news at its next round. */
#ifndef BASE_WAKE_H
#define BASE_WAKE_H

#include <stdbool.h>

#define WAKE_WORD 200		/* bytes of a word; a longer one is not sent */
#define WAKE_MISSED "missed"	/* a word for all: others may have got lost on their way, look for what they would have said */

struct wake;

/* Name the instance's folder, for the process's life. Until then wake_send does nothing. */
void	 wake_open(const char *root);

/* Whose news it is: a user's id. Never waits, never fails: nobody may be there to hear it. */
void	 wake_send(const char *word);

/* The hearing end. NULL with errno. */
struct wake *wake_listen(const char *root);
void	 wake_close(struct wake *);	/* NULL is allowed */

/* Be woken too when this file is written into, without a word: a clock that is moved. False with errno; NULL is allowed. */
bool	 wake_by_file(struct wake *, const char *path);

/* Be woken too when fd can be read, without a word, until it is closed. The same twice does no harm; -1 and NULL are allowed. */
void	 wake_by_fd(struct wake *, int fd);

/* To poll; -1 of NULL. */
int	 wake_fd(const struct wake *);

/* The next word that came. False if there is none. */
bool	 wake_read(struct wake *, char word[WAKE_WORD + 1]);

#endif
