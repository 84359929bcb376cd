/* Every byte of a small store changed, one at a time: it is found out or it does not matter, but never is anything
 * served that was not stored, nor anything kept from view. The same while the store is open. */
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "tests/unit/check.h"
#include "tests/unit/store-help.h"
#include "db/engine.h"
#include "base/banned.h"

#define SEGMENT	(4u << 10)
#define KEYS	9

static const char *wanted[KEYS];	/* NULL: absent */

static enum store_result
put(struct store_tx *tx, void *arg)
{
	int i = *(int *)arg;
	char key[20];

	snprintf(key, sizeof(key), "key/%d", i);
	return wanted[i] != NULL ? store_tx_put(tx, key, wanted[i], i % 3 == 0 ? 4000000000 : 0) : store_tx_delete(tx, key);
}

static void
set(struct store *s, struct arena *a, int i, const char *value)
{
	wanted[i] = value;
	CHECK(store_run(s, a, put, &i) == STORE_OK);
}

/* Some in the base, some above it in a sealed segment and in the last one; some of the base's are overridden. */
static void
fill(const char *path, struct arena *a)
{
	struct store *s = help_open(path, SEGMENT, true);

	for (int i = 0; i < KEYS; i++)
		set(s, a, i, arena_printf(a, "in the base %d %0*d", i, i * 20, 0));
	CHECK(store_fold(s) == STORE_OK);
	set(s, a, 1, "newer");
	set(s, a, 2, NULL);
	set(s, a, 3, arena_printf(a, "%02800d", 3));
	set(s, a, 4, arena_printf(a, "%01500d", 4));
	set(s, a, 5, "last");
	set(s, a, 6, NULL);
	store_close(s);
}

/* Nothing but the truth, or an error? */
static bool
is_honest(struct store *s, struct arena *a)
{
	char key[20];

	for (int i = 0; i < KEYS; i++) {
		const char *v;
		snprintf(key, sizeof(key), "key/%d", i);
		enum store_result r = store_get(s, a, key, &v);
		bool right = wanted[i] != NULL ? r == STORE_OK && strcmp(v, wanted[i]) == 0 : r == STORE_ABSENT;
		if (!right && r != STORE_FAILED) {
			printf("# key/%d: %s %.20s\n", i, store_result_name(r), v != NULL ? v : "");
			return false;
		}
	}
	return true;
}

static bool
flip(int fd, off_t at, unsigned char mask)
{
	unsigned char c;

	if (pread(fd, &c, 1, at) != 1)
		return false;
	c ^= mask;
	return pwrite(fd, &c, 1, at) == 1;
}

struct tally { long bytes, refused, bad; };

/* The store as it lies there: only looked at, or started with company in mind (on a copy then). */
static void
try_closed(const char *path, const char *file, off_t at, bool start, struct tally *t)
{
	struct arena *a = arena_new(1u << 20);
	char why[400], copy[300], command[900];
	struct store *s = NULL;
	struct store_options options = { .path = path, .segment = SEGMENT, .no_fold = true, .read_only = !start };

	if (start) {
		snprintf(copy, sizeof(copy), "%s/copy", help_folder);
		snprintf(command, sizeof(command), "cp -r --sparse=always '%s' '%s'", path, copy);
		if (system(command) != 0)
			abort();
		options.path = copy;
	}
	t->bytes++;
	if (store_open(&s, &options, why, sizeof(why)) != STORE_OK)
		t->refused++;
	else if (!is_honest(s, a)) {
		printf("# %s, byte %ld\n", file, (long)at);
		t->bad++;
	}
	store_close(s);
	if (start)
		help_remove(copy);
	arena_free(a);
}

static void
flip_file(const char *path, const char *name, struct tally *t, bool start, long step)
{
	char file[700];

	snprintf(file, sizeof(file), "%s/%s", path, name);
	int fd = open(file, O_RDWR);
	off_t size = lseek(fd, 0, SEEK_END);
	for (off_t at = step > 1 ? size % step : 0; at < size && t->bad == 0; at += step) {
		unsigned char mask = (unsigned char)(1u << at % 8);
		flip(fd, at, mask);
		try_closed(path, name, at, start, t);
		flip(fd, at, mask);
	}
	close(fd);
}

static void
flip_all(const char *path, struct tally *t, bool start, long step)
{
	DIR *d = opendir(path);

	for (struct dirent *e; (e = readdir(d)) != NULL && t->bad == 0;)
		if (strncmp(e->d_name, "base.", 5) == 0 || strncmp(e->d_name, "journal.", 8) == 0)
			flip_file(path, e->d_name, t, start, step);
	closedir(d);
}

/* In use: what a process reads through its mappings changes under it. */
static void
flip_live(const char *path, struct tally *t)
{
	DIR *d = opendir(path);
	struct store *s = help_open(path, SEGMENT, true);
	struct arena *a = arena_new(1u << 20);
	char file[700];

	CHECK(s != NULL && is_honest(s, a));
	for (struct dirent *e; (e = readdir(d)) != NULL;) {
		if (strncmp(e->d_name, "journal.", 8) != 0 && strncmp(e->d_name, "base.", 5) != 0)
			continue;
		snprintf(file, sizeof(file), "%s/%s", path, e->d_name);
		int fd = open(file, O_RDWR);
		off_t size = lseek(fd, 0, SEEK_END);
		for (off_t at = 0; at < size && t->bad == 0; at += size > SEGMENT ? 3 : 1, t->bytes++) {
			flip(fd, at, 0x10);
			/* A key's own bytes are how its record is found: they make another record of it, or none. */
			if (!is_honest(s, a)) {
				t->bad++;
				printf("# live: %s, byte %ld\n", e->d_name, (long)at);
			}
			flip(fd, at, 0x10);
			arena_reset(a);
		}
		close(fd);
	}
	closedir(d);
	store_close(s);
	arena_free(a);
}

/* A function that overlooks that it could not read. */
static enum store_result
overlook(struct store_tx *tx, void *arg)
{
	const char *v;

	*(enum store_result *)arg = store_tx_get(tx, "key/5", &v);
	return store_tx_put(tx, "key/8", "from what could not be read", 0);
}

/* What rests on a read that failed is not committed. */
static void
spoil(const char *path, struct arena *a)
{
	struct store *s = help_open(path, SEGMENT, true);
	char file[700];
	static char text[SEGMENT];
	enum store_result read = STORE_OK;
	int fd = -1;
	const char *at = NULL;
	struct stat st;

	/* key/5 holds "last", and stands in the last segment that is not empty. */
	for (int number = 1; number < 100 && at == NULL; number++) {
		snprintf(file, sizeof(file), "%s/journal.%d", path, number);
		if (stat(file, &st) != 0)
			continue;
		fd = open(file, O_RDWR);
		ssize_t n = pread(fd, text, sizeof(text), 0);
		at = n > 0 ? memmem(text, (size_t)n, "key/5last", 9) : NULL;
		if (at == NULL)
			close(fd);
	}
	CHECK(s != NULL && at != NULL);
	flip(fd, at - text + 6, 0x10);
	CHECK(store_run(s, a, overlook, &read) == STORE_FAILED && read == STORE_FAILED);
	flip(fd, at - text + 6, 0x10);
	CHECK(is_honest(s, a));
	CHECK(store_run(s, a, overlook, &read) == STORE_OK && read == STORE_OK);
	close(fd);
	store_close(s);
}

int
main(void)
{
	struct arena *a = arena_new(16u << 20);
	struct tally looked = { 0, 0, 0 }, started = { 0, 0, 0 }, live = { 0, 0, 0 };
	char path[300];

	help_begin();
	snprintf(path, sizeof(path), "%s/store", help_folder);
	fill(path, a);
	flip_all(path, &looked, false, 1);
	printf("# looked at: %ld bytes, %ld refused\n", looked.bytes, looked.refused);
	CHECK(looked.bad == 0 && looked.refused > 1000);
	flip_all(path, &started, true, help_soak() > 1 ? 3 : 37);
	printf("# started: %ld bytes, %ld refused\n", started.bytes, started.refused);
	CHECK(started.bad == 0 && started.refused > 10);
	flip_live(path, &live);
	printf("# in use: %ld bytes\n", live.bytes);
	CHECK(live.bad == 0);
	spoil(path, a);
	help_end();
	arena_free(a);
	return check_end();
}
