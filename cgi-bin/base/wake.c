/* wake.c: a pipe by its name in ROOT/sock. It holds thousands of words, where a datagram socket holds ten. */
#include "base/wake.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/banned.h"

#define NAME "courier.wake"
#define ROOM (1 << 20)	/* bytes of the pipe, if the system gives them */

struct wake {
	int	 fd;
	size_t	 len;
	char	 text[8192];	/* what was read and not yet said */
};

static int folder = -1;

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

/* For reading too: then neither end can be missing, and nobody gets a SIGPIPE. */
static int
open_pipe(int dir)
{
	int fd = openat(dir, NAME, O_RDWR | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || (fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode)))
		return fd;
	close(fd);
	errno = EEXIST;
	return -1;
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
	char line[WAKE_WORD + 1];

	if (folder < 0 || len > WAKE_WORD || len == 0 || memchr(word, '\n', len) != NULL)
		return;
	int fd = open_pipe(folder);
	if (fd < 0)
		return;
	memcpy(line, word, len);
	line[len] = '\n';
	/* All or nothing, being so short. If it is full, it will be looked for; if nobody listens, it is gone by the close. */
	(void)!write(fd, line, len + 1);
	close(fd);
}

struct wake *
wake_listen(const char *root)
{
	struct wake *w = malloc(sizeof(*w));
	int dir = open_folder(root), fd = -1, why;

	if (dir >= 0 && w != NULL && (fd = open_pipe(dir)) < 0) {
		unlinkat(dir, NAME, 0);	/* of another kind */
		if (mkfifoat(dir, NAME, 0600) == 0 || errno == EEXIST)
			fd = open_pipe(dir);
	}
	why = errno;
	if (dir >= 0)
		close(dir);
	if (fd < 0) {
		free(w);
		errno = why;
		return NULL;
	}
	fcntl(fd, F_SETPIPE_SZ, ROOM);
	w->fd = fd;
	w->len = 0;
	return w;
}

void
wake_close(struct wake *w)
{
	if (w != NULL)
		close(w->fd);
	free(w);
}

int
wake_fd(const struct wake *w)
{
	return w != NULL ? w->fd : -1;
}

bool
wake_read(struct wake *w, char word[WAKE_WORD + 1])
{
	for (;;) {
		char *end = memchr(w->text, '\n', w->len);
		if (end == NULL && w->len < sizeof(w->text)) {
			ssize_t n = read(w->fd, w->text + w->len, sizeof(w->text) - w->len);
			if (n <= 0)
				return false;
			w->len += (size_t)n;
			continue;
		}
		size_t len = end != NULL ? (size_t)(end - w->text) : w->len, used = len + (end != NULL);
		if (len <= WAKE_WORD)
			memcpy(word, w->text, len);
		word[len <= WAKE_WORD ? len : 0] = '\0';
		w->len -= used;
		memmove(w->text, w->text + used, w->len);
		if (len > 0 && len <= WAKE_WORD)	/* others are no words of ours */
			return true;
	}
}
