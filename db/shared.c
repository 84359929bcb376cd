/* shared.c: a folder of one's own in /dev/shm, or a fallback beside the files. */
#include "db/shared.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/banned.h"

#define MEMORY		"/dev/shm"
#define LINK		"live"
#define FALLBACK	"live.d"
#define PERSON		1000	/* from this uid on logind may remove a user's files from /dev/shm when they log out */

/* "gatehouse.UID.DEVICE.FILE.", which all of this store's have in front. */
static void
prefix(const struct folder *store, char *out, size_t size)
{
	snprintf(out, size, "gatehouse.%u.%llx.%llx.", (unsigned)store->uid, (unsigned long long)store->device,
	    (unsigned long long)store->number);
}

/* Is there really so much room? A container's /dev/shm may be tiny. */
static bool
has_room(const struct folder *f, off_t least)
{
	int fd = file_open(f, "room", O_RDWR | O_CREAT | O_TRUNC);
	bool good = fd >= 0 && file_ops->reserve(fd, 0, least) == 0;

	if (fd >= 0)
		file_ops->close(fd);
	file_remove(f, "room");
	return good;
}

static bool
give_to_owner(const struct folder *store, const char *path)
{
	return geteuid() != 0 || store->uid == 0 || lchown(path, store->uid, store->gid) == 0;
}

static bool
create_in_memory(const struct folder *store, struct folder *out, off_t least)
{
	char name[100], path[200];

	if (store->uid >= PERSON)
		return false;
	prefix(store, name, sizeof(name));
	snprintf(path, sizeof(path), "%s/%sXXXXXX", MEMORY, name);
	if (mkdtemp(path) == NULL)
		return false;
	if (give_to_owner(store, path) && folder_open(out, path)) {
		if (has_room(out, least))
			return true;
		folder_close(out);
	}
	rmdir(path);
	return false;
}

static bool
create_beside(const struct folder *store, struct folder *out)
{
	char *path = NULL;

	if (asprintf(&path, "%s/%s", store->path, FALLBACK) < 0)
		return false;
	bool good = (mkdir(path, 0700) == 0 || errno == EEXIST) && give_to_owner(store, path) && folder_open(out, path);
	int why = errno;
	free(path);
	errno = why;
	return good;
}

bool
shared_create(const struct folder *store, struct folder *out, off_t least)
{
	return create_in_memory(store, out, least) || create_beside(store, out);
}

bool
shared_is_beside(const struct folder *shared)
{
	return strcmp(strrchr(shared->path, '/') + 1, FALLBACK) == 0;	/* both kinds have a slash */
}

bool
shared_publish(const struct folder *store, const struct folder *shared)
{
	file_remove(store, LINK ".tmp");
	return symlinkat(shared_is_beside(shared) ? FALLBACK : shared->path, store->fd, LINK ".tmp") == 0 &&
	    file_rename(store, LINK ".tmp", LINK);
}

bool
shared_find(const struct folder *store, struct folder *out)
{
	char *path = NULL, name[100], to[200];
	ssize_t n = readlinkat(store->fd, LINK, to, sizeof(to) - 1);

	if (n <= 0)
		return false;
	to[n] = '\0';
	prefix(store, name, sizeof(name));
	/* A copy of a store's folder leads to the memory of the original: its name tells. */
	bool beside = strcmp(to, FALLBACK) == 0;
	if (!beside && (strncmp(to, MEMORY "/", sizeof(MEMORY)) != 0 ||
	    strncmp(to + sizeof(MEMORY), name, strlen(name)) != 0))
		return false;
	if (asprintf(&path, "%s%s%s", beside ? store->path : "", beside ? "/" : "", to) < 0)
		return false;
	bool good = folder_open(out, path);
	free(path);
	return good;
}

/* --- removing --- */

static void
remove_one(const struct folder *f, const char *name, void *arg)
{
	(void)arg;
	file_remove(f, name);
}

static void
remove_folder(const char *path)
{
	struct folder f;

	if (folder_open(&f, path)) {
		folder_each(&f, remove_one, NULL);
		folder_close(&f);
	}
	rmdir(path);
}

static void
remove_if_ours(const struct folder *memory, const char *name, void *arg)
{
	const char *ours = arg;
	char path[PATH_MAX];

	if (strncmp(name, ours, strlen(ours)) != 0)
		return;
	snprintf(path, sizeof(path), "%s/%s", memory->path, name);
	remove_folder(path);
}

void
shared_remove(const struct folder *store)
{
	char name[100], path[PATH_MAX];
	struct folder memory;

	file_remove(store, LINK);
	snprintf(path, sizeof(path), "%s/%s", store->path, FALLBACK);
	remove_folder(path);
	prefix(store, name, sizeof(name));
	if (folder_open(&memory, MEMORY)) {
		folder_each(&memory, remove_if_ours, name);
		folder_close(&memory);
	}
}
