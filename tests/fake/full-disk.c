/* full-disk.c: to be preloaded: whatever must be on disk does not get there, as when it is full. */
#include <errno.h>
#include <stddef.h>

#include "base/banned.h"

int	 fsync(int);
int	 fdatasync(int);
int	 msync(void *, size_t, int);

static int
full(void)
{
	errno = ENOSPC;
	return -1;
}

int
fsync(int fd)
{
	(void)fd;
	return full();
}

int
fdatasync(int fd)
{
	(void)fd;
	return full();
}

int
msync(void *start, size_t len, int flags)
{
	(void)start, (void)len, (void)flags;
	return full();
}
