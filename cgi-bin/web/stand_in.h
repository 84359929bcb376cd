/* stand_in.h: another process of the same program, which serves at the same door while this one waits for somebody else.
 *
 * A handler that asks a vendor's cloud, or waits for a node server, keeps its process for seconds, and a program has but a few. So before it
 * waits a process sees that there is one more. That one leaves when it had nothing to do for a while, or when the process that it stands in
 * for does; it may have one itself, and so on, up to STAND_INS. */
#ifndef WEB_STAND_IN_H
#define WEB_STAND_IN_H

#define STAND_INS 3		/* in a row, behind each worker */
#define STAND_IN_REST 30000	/* ms without a request, after which it leaves */

/* Before the first request: find out whether this process is one. */
void	 stand_in_begin(void);

/* This process is about to wait: have one, if there is none. What it cannot have it does without. */
void	 stand_in_call(void);

/* This process leaves: so does who stands in for it. Returns when that one has answered what it has in hand and is gone, as the supervisor
 * knows this one alone, and systemd kills who is left when the supervisor ends. */
void	 stand_in_end(void);

/* ms without a request after which this process is to leave; -1: it stays. */
int	 stand_in_rest(void);

#endif
