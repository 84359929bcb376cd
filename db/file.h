/* file.h: every file call that the store makes goes through this table, so that tests can fail, tear and forget.
 *
 * Names are relative to a folder; the store has two, its own and one for shared memory. Functions answer like the
 * system calls: -1 (or NULL) with errno. The helpers below the table go on after EINTR, but not for ever. */
#ifndef DB_FILE_H
#define DB_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "db/store.h"

struct file_ops {
	int	 (*open)(int folder, const char *name, int flags, mode_t mode);
	int	 (*close)(int fd);
	ssize_t	 (*read)(int fd, void *, size_t, off_t);
	ssize_t	 (*write)(int fd, const void *, size_t, off_t);
	int	 (*sync)(int fd);		/* contents and size are on disk (fdatasync) */
	int	 (*sync_folder)(int fd);	/* names are on disk (fsync) */
	int	 (*truncate)(int fd, off_t);
	int	 (*reserve)(int fd, off_t from, off_t len);	/* room for certain, as zeros (fallocate) */
	int	 (*rename)(int folder, const char *from, const char *to);
	int	 (*unlink)(int folder, const char *name);
	int	 (*flush)(int fd, off_t from, off_t len);	/* get it written, of which nothing is promised */
	void	*(*map)(int fd, size_t len, bool writable);	/* shared; NULL if it fails */
};

/* STORE_FULL or STORE_FAILED, by what the system said. */
enum store_result result_of_errno(int why);

extern const struct file_ops file_system;	/* the real one */
extern const struct file_ops *file_ops;		/* the one in use; only tests change it */

struct folder {
	int	 fd;	/* -1: not open */
	char	*path;
	dev_t	 device;	/* with number: which folder it is, whatever its name */
	ino_t	 number;
	uid_t	 uid;	/* its owner: what root makes in it is given to them */
	gid_t	 gid;
};

bool	 folder_open(struct folder *, const char *path);
void	 folder_close(struct folder *);
bool	 folder_sync(const struct folder *);

/* Call fn for every name in it. fn may unlink. False if it cannot be read. */
bool	 folder_each(const struct folder *, void (*fn)(const struct folder *, const char *name, void *arg), void *arg);

/* open(2) with O_CLOEXEC; a file that is made has mode 0600 and the folder's owner. */
int	 file_open(const struct folder *, const char *name, int flags);

/* All of it, or false. A file that ends early is EIO. */
bool	 file_read(int fd, void *, size_t, off_t);
bool	 file_write(int fd, const void *, size_t, off_t);
bool	 file_sync(int fd);

/* Write zeros. */
bool	 file_clear(int fd, off_t from, off_t to);

bool	 file_rename(const struct folder *, const char *from, const char *to);
void	 file_remove(const struct folder *, const char *name);	/* if it is there */
bool	 file_exists(const struct folder *, const char *name);
int64_t	 file_size(int fd);	/* -1 if it cannot be told */

#endif
