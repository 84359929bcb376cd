/* bell.h: tells processes of this machine that something has happened, so that they need not look all the time.
 *
 * Bells have names; many share one of BELL_CELLS counters, so a bell may seem to ring when another did: who hears it looks
 * whether it is true. Take a reading, look, then wait on the reading: what happens in between is not missed. A ring is a
 * number in the mapped file ROOT/sock/bells and a byte written to it, which inotify tells to whoever waits. */
#ifndef BASE_BELL_H
#define BASE_BELL_H

#include <stdbool.h>
#include <stdint.h>

#define BELL_CELLS 1024

/* Name the instance's folder, for the process's life. Without ROOT/sock, waiting means to look often. */
void	 bell_open(const char *root);

/* Ring. Never waits, never fails. */
void	 bell_ring(const char *name);

/* All of them: something may have happened that nobody heard of. */
void	 bell_ring_all(void);

/* A number that no other machine's bells have, nor another instance's; 0 where there are no bells. */
uint64_t bell_place(void);

/* The reading of a bell: another one than before means that it has rung. */
unsigned bell_reading(const char *name);

/* To poll beside other things: readable once any bell has rung; bell_hush makes it wait for the next. -1 if there is none. */
int	 bell_fd(void);
void	 bell_hush(void);

/* Wait until the bell's reading is another, for ms at most. False if the time is over. */
bool	 bell_wait(const char *name, unsigned reading, int64_t ms);

#endif
