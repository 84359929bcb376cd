/* pause.c: one function and its argument. */
#include "base/pause.h"

#include <stddef.h>

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
