/* backoff.h: when to try again what has failed: later and later, and never all at the same moment. */
#ifndef COURIER_BACKOFF_H
#define COURIER_BACKOFF_H

#include <stdint.h>

#define BACKOFF_MAX 3600000	/* ms */

/* ms to wait after so many failures in a row (1 and more): 1 s, 2 s ... an hour, a quarter more or less. */
int64_t	 backoff_wait(long long failures);

/* The same where the other side may have asked for so many seconds (0: it has not): the longer of the two counts. */
int64_t	 backoff_asked(long long failures, long retry_after);

#endif
