/* full-disk.c: to be preloaded: whatever must be on disk does not get there, as when it is full; where FULL_DISK_WHILE is set, as
 * long as the file of that name is there. */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/banned.h"

int	 fsync(int);
int	 fdatasync(int);
int	 msync(void *, size_t, int);

static int
full(long number, long a, long b, long c)
{
	const char *while_there = getenv("FULL_DISK_WHILE");

	if (while_there != NULL && access(while_there, F_OK) != 0)
		return (int)syscall(number, a, b, c);
	errno = ENOSPC;
	return -1;
}

int
fsync(int fd)
{
	return full(SYS_fsync, fd, 0, 0);
}

int
fdatasync(int fd)
{
	return full(SYS_fdatasync, fd, 0, 0);
}

int
msync(void *start, size_t len, int flags)
{
	return full(SYS_msync, (long)start, (long)len, flags);
}
