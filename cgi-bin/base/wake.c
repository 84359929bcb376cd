/* wake.c: a pipe by its name in ROOT/sock. It holds thousands of words, where a datagram socket holds ten. Beside it, an
 * inotify; both behind one descriptor. */
#include "base/wake.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/banned.h"

#define NAME "courier.wake"
#define ROOM (1 << 20)	/* bytes of the pipe, if the system gives them */

struct wake {
	int	 all;		/* epoll of the other two */
	int	 fd;		/* of the pipe */
	int	 files;		/* of inotify; -1 = none is watched */
	size_t	 len;
	char	 text[8192];	/* what was read and not yet said */
};

static int folder = -1, mouth = -1;	/* where we write: kept open, so that a word is one write */

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
	struct stat st;

	if (folder < 0 || len > WAKE_WORD || len == 0 || memchr(word, '\n', len) != NULL)
		return;
	if (mouth >= 0 && (fstat(mouth, &st) != 0 || st.st_nlink == 0)) {	/* there is another now */
		close(mouth);
		mouth = -1;
	}
	if (mouth < 0 && (mouth = open_pipe(folder)) < 0)
		return;
	memcpy(line, word, len);
	line[len] = '\n';
	/* All or nothing, being so short. If it is full, it will be looked for. */
	(void)!write(mouth, line, len + 1);
}

/* The pipe in ROOT/sock, made if it is not there. -1 with errno. */
static int
make_pipe(const char *root)
{
	int dir = open_folder(root), fd = -1, why;

	if (dir >= 0 && (fd = open_pipe(dir)) < 0) {
		unlinkat(dir, NAME, 0);	/* of another kind */
		if (mkfifoat(dir, NAME, 0600) == 0 || errno == EEXIST)
			fd = open_pipe(dir);
	}
	why = errno;
	if (dir >= 0)
		close(dir);
	errno = why;
	return fd;
}

static bool
add(const struct wake *w, int fd)
{
	return epoll_ctl(w->all, EPOLL_CTL_ADD, fd, &(struct epoll_event){ .events = EPOLLIN }) == 0;
}

struct wake *
wake_listen(const char *root)
{
	struct wake *w = malloc(sizeof(*w));

	if (w == NULL)
		return NULL;
	*w = (struct wake){ .all = epoll_create1(EPOLL_CLOEXEC), .fd = make_pipe(root), .files = -1 };
	if (w->all < 0 || w->fd < 0 || !add(w, w->fd)) {
		int why = errno;
		wake_close(w);
		errno = why;
		return NULL;
	}
	fcntl(w->fd, F_SETPIPE_SZ, ROOM);
	return w;
}

bool
wake_by_file(struct wake *w, const char *path)
{
	if (w == NULL)
		return false;
	if (w->files < 0 && (w->files = inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) >= 0 && !add(w, w->files)) {
		close(w->files);
		w->files = -1;
	}
	return w->files >= 0 && inotify_add_watch(w->files, path, IN_MODIFY) >= 0;
}

void
wake_by_fd(struct wake *w, int fd)
{
	if (w != NULL && fd >= 0)
		(void)!add(w, fd);
}

void
wake_close(struct wake *w)
{
	if (w == NULL)
		return;
	const int fds[] = { w->files, w->fd, w->all };
	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		if (fds[i] >= 0)
			close(fds[i]);
	free(w);
}

int
wake_fd(const struct wake *w)
{
	return w != NULL ? w->all : -1;
}

/* That something was written is all there is to know of it. */
static void
forget_writes(const struct wake *w)
{
	char events[4096];

	while (w->files >= 0 && read(w->files, events, sizeof(events)) > 0)
		;
}

bool
wake_read(struct wake *w, char word[WAKE_WORD + 1])
{
	forget_writes(w);
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
