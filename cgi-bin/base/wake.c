/* wake.c: a datagram socket by its name in ROOT/sock. */
#include "base/wake.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/banned.h"

#define NAME "courier.wake"

static int folder = -1, out = -1;

/* ROOT/sock, opened; -1 if there is none. */
static int
open_folder(const char *root)
{
	int top = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC), fd = -1;

	if (top >= 0) {
		fd = openat(top, "sock", O_PATH | O_DIRECTORY | O_CLOEXEC);
		close(top);
	}
	return fd;
}

/* The socket's address by way of the opened folder: an instance's path may be longer than an address takes. */
static struct sockaddr_un
address(int fd)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	snprintf(a.sun_path, sizeof(a.sun_path), "/proc/self/fd/%d/" NAME, fd);
	return a;
}

void
wake_open(const char *root)
{
	if (folder < 0)
		folder = open_folder(root);
}

void
wake_send(const char *word)
{
	size_t len = strnlen(word, WAKE_WORD + 1);

	if (folder < 0 || len > WAKE_WORD)
		return;
	if (out < 0 && (out = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) < 0)
		return;
	struct sockaddr_un to = address(folder);
	/* A full queue means that it is awake anyway; no listener, that it looks for itself when it starts. */
	(void)!sendto(out, word, len, MSG_DONTWAIT | MSG_NOSIGNAL, (struct sockaddr *)&to, sizeof(to));
}

int
wake_listen(const char *root)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), dir = open_folder(root);
	struct sockaddr_un at = address(dir);

	if (fd < 0 || dir < 0)
		goto out;
	unlinkat(dir, NAME, 0);
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0 && fchmodat(dir, NAME, 0600, 0) == 0) {
		close(dir);
		return fd;
	}
out:;
	int why = errno;
	if (fd >= 0)
		close(fd);
	if (dir >= 0)
		close(dir);
	errno = why;
	return -1;
}

size_t
wake_read(int fd, char word[WAKE_WORD + 1])
{
	ssize_t n = recv(fd, word, WAKE_WORD, MSG_DONTWAIT);

	word[n > 0 ? n : 0] = '\0';
	return n > 0 ? (size_t)n : 0;
}
