/* file.c: the real file functions, and the loops that every caller of them would need. */
#include "db/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/banned.h"

#define INTERRUPTS 1000	/* so many EINTR in a row are not signals any more */

static int
system_open(int folder, const char *name, int flags, mode_t mode)
{
	return openat(folder, name, flags, mode);
}

static int
system_reserve(int fd, off_t from, off_t len)
{
	return fallocate(fd, 0, from, len);
}

/* And wait for it: who makes a big file must not pile up what a sync of others would have to wait for. */
static int
system_flush(int fd, off_t from, off_t len)
{
	return sync_file_range(fd, from, len,
	    SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER);
}

static int
system_rename(int folder, const char *from, const char *to)
{
	return renameat(folder, from, folder, to);
}

static int
system_unlink(int folder, const char *name)
{
	return unlinkat(folder, name, 0);
}

static void *
system_map(int fd, size_t len, bool writable)
{
	void *p = mmap(NULL, len, PROT_READ | (writable ? PROT_WRITE : 0), MAP_SHARED, fd, 0);

	return p != MAP_FAILED ? p : NULL;
}

const struct file_ops file_system = {
	.open = system_open, .close = close, .read = pread, .write = pwrite, .sync = fdatasync, .sync_folder = fsync,
	.truncate = ftruncate, .reserve = system_reserve, .rename = system_rename, .unlink = system_unlink,
	.flush = system_flush, .map = system_map,
};

const struct file_ops *file_ops = &file_system;

enum store_result
result_of_errno(int why)
{
	return why == ENOSPC || why == EDQUOT ? STORE_FULL : STORE_FAILED;
}

/* --- folders --- */

bool
folder_open(struct folder *f, const char *path)
{
	struct stat st;

	f->path = strdup(path);
	f->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (f->path == NULL || f->fd < 0 || fstat(f->fd, &st) != 0) {
		int why = errno;
		folder_close(f);
		errno = why;
		return false;
	}
	f->device = st.st_dev;
	f->number = st.st_ino;
	f->uid = st.st_uid;
	f->gid = st.st_gid;
	return true;
}

void
folder_close(struct folder *f)
{
	if (f->fd >= 0)
		close(f->fd);
	free(f->path);
	*f = (struct folder){ .fd = -1 };
}

static bool
until_not_interrupted(int (*call)(int), int fd)
{
	for (int i = 0; i < INTERRUPTS; i++) {
		if (call(fd) == 0)
			return true;
		if (errno != EINTR)
			return false;
	}
	errno = EIO;
	return false;
}

bool
folder_sync(const struct folder *f)
{
	return until_not_interrupted(file_ops->sync_folder, f->fd);
}

bool
folder_each(const struct folder *f, void (*fn)(const struct folder *, const char *, void *), void *arg)
{
	DIR *d = opendir(f->path);

	if (d == NULL)
		return false;
	for (struct dirent *e; (e = readdir(d)) != NULL;)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			fn(f, e->d_name, arg);
	closedir(d);
	return true;
}

/* --- files --- */

int
file_open(const struct folder *f, const char *name, int flags)
{
	int fd = file_ops->open(f->fd, name, flags | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd >= 0 && (flags & O_CREAT) != 0 && geteuid() == 0 && f->uid != 0 && fchown(fd, f->uid, f->gid) != 0) {
		file_ops->close(fd);
		return -1;
	}
	return fd;
}

/* After a call that moved n bytes or failed: shall the loop go on? */
static bool
goes_on(ssize_t n, int *interrupts)
{
	if (n > 0)
		return true;
	if (n == 0)
		errno = EIO;
	return n < 0 && errno == EINTR && ++*interrupts < INTERRUPTS;
}

bool
file_read(int fd, void *data, size_t len, off_t at)
{
	int interrupts = 0;

	for (size_t done = 0; done < len;) {
		ssize_t n = file_ops->read(fd, (char *)data + done, len - done, at + (off_t)done);
		if (!goes_on(n, &interrupts))
			return false;
		done += n > 0 ? (size_t)n : 0;
	}
	return true;
}

bool
file_write(int fd, const void *data, size_t len, off_t at)
{
	int interrupts = 0;

	for (size_t done = 0; done < len;) {
		ssize_t n = file_ops->write(fd, (const char *)data + done, len - done, at + (off_t)done);
		if (!goes_on(n, &interrupts))
			return false;
		done += n > 0 ? (size_t)n : 0;
	}
	return true;
}

bool
file_sync(int fd)
{
	return until_not_interrupted(file_ops->sync, fd);
}

bool
file_clear(int fd, off_t from, off_t to)
{
	static const char zeros[65536];

	while (from < to) {
		size_t n = to - from < (off_t)sizeof(zeros) ? (size_t)(to - from) : sizeof(zeros);
		if (!file_write(fd, zeros, n, from))
			return false;
		from += (off_t)n;
	}
	return true;
}

bool
file_rename(const struct folder *f, const char *from, const char *to)
{
	return file_ops->rename(f->fd, from, to) == 0;
}

void
file_remove(const struct folder *f, const char *name)
{
	file_ops->unlink(f->fd, name);
}

bool
file_exists(const struct folder *f, const char *name)
{
	struct stat st;

	return fstatat(f->fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

int64_t
file_size(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 ? (int64_t)st.st_size : -1;
}
