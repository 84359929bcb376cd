/* store-disk.h: a file layer that notes every call, and disks made of the notes as a power cut might leave them.
 *
 * long because: the notes, the disk and what may become of it are one model. */
#ifndef STORE_DISK_H
#define STORE_DISK_H

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/file.h"

#define EVENTS	20000
#define FILES	2000

/* --- what was done: the notes --- */

enum kind { WRITE, SIZE, SYNC, CREATE, RENAME, UNLINK, SYNC_FOLDER, ACK, APPENDED };

struct event {
	enum kind	 kind;
	int		 file;
	off_t		 at;
	size_t		 len;
	char		*data;
	char		 name[40], to[40];
	long		 n;	/* ACK, APPENDED: the transaction */
};

static struct event first_events[EVENTS], second_events[EVENTS], *events = first_events;
static int event_count, file_count;
static ino_t folder_ino;
static bool noting;

/* The names as they are now, and which file an fd is. */
struct name { char name[40]; int file; };
static struct name names[200];
static int name_count, fd_file[1024];

static struct event *
note(enum kind kind, int file)
{
	static struct event none;

	if (!noting || event_count == EVENTS)
		return &none;
	events[event_count] = (struct event){ .kind = kind, .file = file };
	return &events[event_count++];
}

static struct name *
name_find(struct name *all, int n, const char *name)
{
	for (int i = 0; i < n; i++)
		if (strcmp(all[i].name, name) == 0)
			return &all[i];
	return NULL;
}

static void
name_set(struct name *all, int *n, const char *name, int file)
{
	struct name *have = name_find(all, *n, name);

	if (have == NULL)
		have = &all[(*n)++];
	snprintf(have->name, sizeof(have->name), "%s", name);
	have->file = file;
}

static void
name_drop(struct name *all, int *n, const char *name)
{
	struct name *have = name_find(all, *n, name);

	if (have != NULL)
		*have = all[--*n];
}

static bool
is_ours(int folder)
{
	struct stat st;

	return fstat(folder, &st) == 0 && st.st_ino == folder_ino;
}

static bool
is_kept(const char *name)
{
	return strncmp(name, "live", 4) != 0 && strstr(name, "lock") == NULL && strncmp(name, "index", 5) != 0;
}

/* GDBM writes past our table: what it wrote is noted when we look at the file, as if it had just been written. */
static void
note_whole(int fd, int file)
{
	static char block[4096];
	ssize_t n;

	for (off_t at = 0; (n = pread(fd, block, sizeof(block), at)) > 0; at += n) {
		struct event *e = note(WRITE, file);
		e->at = at;
		e->len = (size_t)n;
		e->data = noting ? memcpy(malloc((size_t)n), block, (size_t)n) : NULL;
	}
}

static int
rec_open(int folder, const char *name, int flags, mode_t mode)
{
	int fd = file_system.open(folder, name, flags, mode);

	if (fd < 0 || fd >= 1024)
		return fd;
	fd_file[fd] = 0;
	if (!is_ours(folder) || !is_kept(name))
		return fd;
	struct name *have = name_find(names, name_count, name);
	if (have == NULL || (flags & O_TRUNC) != 0) {
		name_set(names, &name_count, name, ++file_count);
		have = name_find(names, name_count, name);
		snprintf(note(CREATE, file_count)->name, 40, "%s", name);
	}
	fd_file[fd] = have->file;
	if (strcmp(name, "base.tmp") == 0 && (flags & O_ACCMODE) == O_RDONLY)
		note_whole(fd, have->file);
	return fd;
}

static ssize_t
rec_write(int fd, const void *data, size_t len, off_t at)
{
	ssize_t n = file_system.write(fd, data, len, at);

	if (n > 0 && fd_file[fd] != 0) {
		struct event *e = note(WRITE, fd_file[fd]);
		e->at = at;
		e->len = (size_t)n;
		e->data = noting ? memcpy(malloc((size_t)n), data, (size_t)n) : NULL;
	}
	return n;
}

static int
rec_truncate(int fd, off_t size)
{
	int r = file_system.truncate(fd, size);

	if (r == 0 && fd_file[fd] != 0)
		note(SIZE, fd_file[fd])->at = size;
	return r;
}

static int
rec_sync(int fd)
{
	int r = file_system.sync(fd);

	if (r == 0 && fd_file[fd] != 0)
		note(SYNC, fd_file[fd]);
	return r;
}

static int
rec_sync_folder(int fd)
{
	int r = file_system.sync_folder(fd);

	if (r == 0 && is_ours(fd))
		note(SYNC_FOLDER, 0);
	return r;
}

static int
rec_rename(int folder, const char *from, const char *to)
{
	int r = file_system.rename(folder, from, to);

	if (r != 0 || !is_ours(folder) || !is_kept(from))
		return r;
	struct event *e = note(RENAME, 0);
	snprintf(e->name, sizeof(e->name), "%s", from);
	snprintf(e->to, sizeof(e->to), "%s", to);
	struct name *have = name_find(names, name_count, from);
	int file = have != NULL ? have->file : 0;
	name_drop(names, &name_count, from);
	name_set(names, &name_count, to, file);
	return r;
}

static int
rec_unlink(int folder, const char *name)
{
	int r = file_system.unlink(folder, name);

	if (r == 0 && is_ours(folder) && is_kept(name)) {
		snprintf(note(UNLINK, 0)->name, 40, "%s", name);
		name_drop(names, &name_count, name);
	}
	return r;
}

static struct file_ops recorder;

/* --- a disk: what a machine would find after the cut --- */

struct content { char *data; size_t len, size; };

struct disk {
	struct content	 files[FILES];
	struct name	 names[200];
	int		 name_count;
};

static struct disk disk;		/* what is certain at the place of the cut */
static int pending[EVENTS], pending_count;	/* events that are not */

static void
content_put(struct content *c, const char *data, size_t len, size_t at)
{
	if (at + len > c->size) {
		size_t size = (at + len) * 2;
		c->data = realloc(c->data, size);
		memset(c->data + c->size, 0, size - c->size);
		c->size = size;
	}
	memcpy(c->data + at, data, len);
	if (at + len > c->len)
		c->len = at + len;
}

static void
content_size(struct content *c, size_t size)
{
	if (size > c->size) {
		c->data = realloc(c->data, size);
		memset(c->data + c->size, 0, size - c->size);
		c->size = size;
	}
	if (size < c->len)
		memset(c->data + size, 0, c->len - size);
	c->len = size;
}

/* Let the event take place, as far as len bytes from from on. */
static void
happen(struct disk *d, const struct event *e, size_t from, size_t len)
{
	struct name *have;

	switch (e->kind) {
	case WRITE:
		content_put(&d->files[e->file], e->data + from, len, (size_t)e->at + from);
		break;
	case SIZE:
		content_size(&d->files[e->file], (size_t)e->at);
		break;
	case CREATE:
		name_set(d->names, &d->name_count, e->name, e->file);
		break;
	case RENAME:
		if ((have = name_find(d->names, d->name_count, e->name)) != NULL) {
			int file = have->file;
			name_drop(d->names, &d->name_count, e->name);
			name_set(d->names, &d->name_count, e->to, file);
		}
		break;
	case UNLINK:
		name_drop(d->names, &d->name_count, e->name);
		break;
	default:
		break;
	}
}

static bool
is_name_event(enum kind k)
{
	return k == CREATE || k == RENAME || k == UNLINK;
}

/* A sync: what it covers is certain now. */
static void
make_certain(bool folder, int file)
{
	int left = 0;

	for (int i = 0; i < pending_count; i++) {
		const struct event *e = &events[pending[i]];
		if (folder ? is_name_event(e->kind) : !is_name_event(e->kind) && e->file == file)
			happen(&disk, e, 0, e->len);
		else
			pending[left++] = pending[i];
	}
	pending_count = left;
}

static void
advance(const struct event *e, int i)
{
	if (e->kind == SYNC)
		make_certain(false, e->file);
	else if (e->kind == SYNC_FOLDER)
		make_certain(true, 0);
	else if (e->kind != ACK && e->kind != APPENDED)
		pending[pending_count++] = i;
}

static void
disk_clear(struct disk *d)
{
	for (int i = 0; i < FILES; i++)
		free(d->files[i].data);
	memset(d, 0, sizeof(*d));
}

static void
disk_copy(struct disk *to, const struct disk *from)
{
	for (int i = 0; i <= file_count; i++) {
		free(to->files[i].data);
		to->files[i] = from->files[i];
		if (from->files[i].data != NULL)
			to->files[i].data = memcpy(malloc(from->files[i].size), from->files[i].data, from->files[i].size);
	}
	memcpy(to->names, from->names, sizeof(to->names));
	to->name_count = from->name_count;
}

/* Real files, for the store to open. */
static void
disk_make(const struct disk *d, const char *path)
{
	char file[400];

	mkdir(path, 0700);
	for (int i = 0; i < d->name_count; i++) {
		const struct content *c = &d->files[d->names[i].file];
		snprintf(file, sizeof(file), "%s/%s", path, d->names[i].name);
		int fd = open(file, O_RDWR | O_CREAT | O_TRUNC, 0600);
		if (fd < 0 || (c->len > 0 && pwrite(fd, c->data, c->len, 0) != (ssize_t)c->len))
			abort();
		close(fd);
	}
}

static void
recorder_make(void)
{
	recorder = file_system;
	recorder.open = rec_open;
	recorder.write = rec_write;
	recorder.truncate = rec_truncate;
	recorder.sync = rec_sync;
	recorder.sync_folder = rec_sync_folder;
	recorder.rename = rec_rename;
	recorder.unlink = rec_unlink;
}

#endif
