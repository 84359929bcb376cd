/* wake.h: tells the courier that there is news, so that it need not look all the time.
 *
 * A datagram to ROOT/sock/courier.wake, best effort: who gets none finds the news at its next round. */
#ifndef BASE_WAKE_H
#define BASE_WAKE_H

#include <stddef.h>

#define WAKE_WORD 200	/* bytes of a word; a longer one is not sent */

/* Name the instance's folder, for the process's life. Until then wake_send does nothing. */
void	 wake_open(const char *root);

/* Whose news it is: a user's id. Never waits, never fails: nobody may be there to hear it. */
void	 wake_send(const char *word);

/* The hearing end: a socket to poll, which takes the place of one that a dead process left. -1 with errno. */
int	 wake_listen(const char *root);

/* The next word that came, NUL-terminated; 0 if there is none, else its length. */
size_t	 wake_read(int fd, char word[WAKE_WORD + 1]);

#endif
