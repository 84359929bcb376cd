/* pause.c: one function and its argument. */
#include "base/pause.h"

#include <stddef.h>
#include <time.h>

#include "base/banned.h"

static void (*before)(void *);
static void *about;

void
pause_before(void (*fn)(void *arg), void *arg)
{
	before = fn;
	about = arg;
}

void
pause_begin(void)
{
	if (before != NULL)
		before(about);
}

void
pause_ms(long ms)
{
	pause_begin();
	nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000 }, NULL);
}
