/* backoff.c: doubling with jitter. */
#include "courier/backoff.h"

#include "base/secret.h"
#include "base/banned.h"

#define FIRST_WAIT 1000		/* ms after the first failure; doubles with each */

int64_t
backoff_wait(long long failures)
{
	int64_t wait = FIRST_WAIT << (failures < 1 ? 0 : failures < 13 ? failures - 1 : 12);
	uint16_t random;

	secret_random(&random, sizeof(random));
	wait = wait < BACKOFF_MAX ? wait : BACKOFF_MAX;
	return wait * 3 / 4 + wait / 2 * random / 65536;
}

int64_t
backoff_asked(long long failures, long retry_after)
{
	int64_t ours = backoff_wait(failures), asked = retry_after > 0 ? (int64_t)retry_after * 1000 : 0;

	return asked > ours ? asked < BACKOFF_MAX ? asked : BACKOFF_MAX : ours;
}
