/* pause.h: what a process does before it waits for somebody else in the middle of a request: pay what it owes to others. */
#ifndef BASE_PAUSE_H
#define BASE_PAUSE_H

/* From here on fn is called with arg before each pause; NULL: nothing is. */
void	 pause_before(void (*fn)(void *arg), void *arg);

/* This process is about to wait for a call's answer, a bell, a time. */
void	 pause_begin(void);

/* Wait so many ms, to look again for what somebody else is about to do. */
void	 pause_ms(long ms);

#endif
