/* clock.h: what time it is, which a test or a demo may move. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* Let the time follow a file that holds one int64 of milliseconds to add, in this machine's byte order.
 * It is mapped, so that a change is seen at once by every process. A file that is absent or too short
 * leaves the real time. Only a demo or test instance calls this. */
void	 clock_follow(const char *path);

/* How far it is moved, in milliseconds; 0 = not at all. */
int64_t	 clock_offset(void);

/* Move it for everybody who follows that file: set the offset, of ten years at most. False if that cannot be done. */
bool	 clock_move(const char *path, int64_t ms);

/* The offset that a step leads to: "hour", "day", "month" (30 days) on from here, or "now", none. False if it is none of these. */
bool	 clock_step(const char *step, int64_t *ms);

int64_t	 clock_ms(void);	/* milliseconds since 1970, UTC */
int64_t	 clock_sec(void);	/* seconds since 1970, UTC */

/* The same by the real time where the clock is moved ahead: a record that is removed for its age must stay so when it goes back. */
int64_t	 clock_sec_least(void);

/* Since some moment, by a clock that nobody sets or moves: how long something takes, and until when to wait. */
int64_t	 clock_steady_us(void);
int64_t	 clock_steady_ms(void);

#endif
