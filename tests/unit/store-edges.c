/* Callers' mistakes and odd circumstances: bad keys, folders that are none, links that lead astray, files of other sizes.
 *
 * long because: it is a list of such things. */
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/wait.h>

#include "tests/unit/check.h"
#include "tests/unit/store-put.h"
#include "db/control.h"
#include "db/crc32c.h"
#include "db/engine.h"
#include "db/fold.h"
#include "db/index.h"
#include "db/journal.h"
#include "db/live.h"
#include "db/shared.h"
#include "db/sum.h"
#include "base/banned.h"

/* --- mistakes --- */

static int told;

static void
tell(const char *arg)
{
	told += arg[0] - '0';
}

static void
tell_more(const char *arg)
{
	told += 100 * (arg[0] - '0');
}

static enum store_result
mistakes(struct store_tx *tx, void *arg)
{
	const char *v, *again;
	char *big = arg;
	char key[STORE_KEY_MAX + 2];

	memset(key, 'k', sizeof(key) - 1);
	key[sizeof(key) - 1] = '\0';
	CHECK(store_tx_get(tx, NULL, &v) == STORE_LIMIT && v == NULL && store_tx_get(tx, "", &v) == STORE_LIMIT);
	CHECK(store_tx_get(tx, key, &v) == STORE_LIMIT && store_tx_put(tx, key, "1", 0) == STORE_LIMIT);
	CHECK(store_tx_put(tx, "a", NULL, 0) == STORE_LIMIT && store_tx_put(tx, "a", "1", -1) == STORE_LIMIT);
	CHECK(store_tx_put(tx, "a", big, 0) == STORE_LIMIT && store_tx_delete(tx, "") == STORE_LIMIT);
	CHECK(store_tx_delete(tx, NULL) == STORE_LIMIT && store_tx_put(tx, NULL, "1", 0) == STORE_LIMIT);
	key[STORE_KEY_MAX] = '\0';
	CHECK(store_tx_put(tx, key, "longest", 0) == STORE_OK && store_tx_get(tx, key, &v) == STORE_OK);
	CHECK(store_tx_get(tx, "absent", &v) == STORE_ABSENT && store_tx_get(tx, "absent", &v) == STORE_ABSENT);
	CHECK(store_tx_put(tx, "a", "1", 0) == STORE_OK && store_tx_put(tx, "a", "2", 0) == STORE_OK);
	CHECK(store_tx_get(tx, "a", &v) == STORE_OK && store_tx_get(tx, "a", &again) == STORE_OK && strcmp(v, again) == 0);
	CHECK(store_tx_delete(tx, "a") == STORE_OK && store_tx_get(tx, "a", &v) == STORE_ABSENT && v == NULL);
	store_tx_then(tx, tell, "1");
	store_tx_then(tx, tell, "1");
	store_tx_then(tx, tell, "2");
	store_tx_then(tx, tell_more, "1");
	return STORE_OK;
}

/* Reads two and writes, and then does not want it. */
static enum store_result
refuse(struct store_tx *tx, void *arg)
{
	const char *v;

	store_tx_get(tx, "x", &v);
	store_tx_get(tx, "y", &v);
	store_tx_put(tx, "x", "never", 0);
	return *(enum store_result *)arg;
}

static void
test_mistakes(void)
{
	struct store *s = help_open(below("mistakes"), SEGMENT, true);
	char *big = arena_alloc(arena, STORE_VALUE_MAX + 2);
	const char *v;

	memset(big, 'b', STORE_VALUE_MAX + 1);
	big[STORE_VALUE_MAX + 1] = '\0';
	CHECK(store_run(s, arena, mistakes, big) == STORE_OK && told == 103);
	CHECK(store_get(s, arena, NULL, &v) == STORE_LIMIT && store_get(s, arena, "", &v) == STORE_LIMIT);
	big[SEGMENT] = '\0';	/* fits a value, but not this store's segments */
	CHECK(put(s, "big", big, 0) == STORE_LIMIT);
	for (enum store_result r = STORE_ABSENT; r <= STORE_LIMIT; r++)
		CHECK(store_run(s, arena, refuse, &r) == r);
	CHECK_STR(get(s, "x"), NULL);
	CHECK_STR(store_result_name((enum store_result)99), "unknown");
	store_close(s);
	store_close(NULL);
}

/* --- folders --- */

static enum store_result
try_open(const char *path, bool read_only)
{
	char why[300];
	struct store *s = NULL;
	enum store_result r = store_open(&s, &(struct store_options){ .path = path, .segment = SEGMENT, .read_only = read_only,
	    .no_fold = true }, why, sizeof(why));

	store_close(s);
	return r;
}

static void
test_folders(void)
{
	char why[300];
	struct store *s = NULL;

	CHECK(try_open(below("no/such/place"), false) == STORE_FAILED && try_open(below("absent"), true) == STORE_FAILED);
	CHECK(close(open(below("file"), O_CREAT | O_RDWR, 0600)) == 0 && try_open(below("file"), false) == STORE_FAILED);
	CHECK(mkdir(below("empty"), 0700) == 0 && try_open(below("empty"), true) == STORE_FAILED);
	CHECK(store_open(&s, &(struct store_options){ .engine = "none", .path = below("x") }, why, sizeof(why)) == STORE_FAILED);
	CHECK(strstr(why, "no engine called none") != NULL);
	CHECK(store_open(&s, &(struct store_options){ .engine = "gdbm", .path = below("x") }, why, sizeof(why)) == STORE_OK);
	store_close(s);
}

/* A link "live" that leads elsewhere is not followed; the store starts as if it were not there. */
static void
test_links(void)
{
	static const char *const astray[] = { "/tmp", "/dev/shm/evil", "live.d", "/dev/shm/gatehouse.0.0.0.x", "" };

	for (size_t i = 0; i < sizeof(astray) / sizeof(astray[0]); i++) {
		const char *path = below("astray");
		struct store *s = help_open(path, SEGMENT, true);
		CHECK(put(s, "a", "1", 0) == STORE_OK);
		store_close(s);
		if (astray[i][0] != '\0')
			CHECK(symlink(astray[i], arena_printf(arena, "%s/live", path)) == 0);
		else
			CHECK(mkdir(arena_printf(arena, "%s/live", path), 0700) == 0);
		struct folder f, shared = { .fd = -1 };
		CHECK(folder_open(&f, path) && (strcmp(astray[i], "live.d") == 0 || !shared_find(&f, &shared)));
		folder_close(&f);
		folder_close(&shared);
		s = help_open(path, SEGMENT, true);
		CHECK(s == NULL || get(s, "a") != NULL);
		store_close(s);
		help_remove(path);
	}
}

/* Stores of others, opened by root: of a service, in memory; of a person, beside; and where that place is taken. */
static void
test_owners(void)
{
	const char *path = below("service"), *taken = below("taken");
	struct stat st;

	if (geteuid() != 0) {
		printf("# not root: skipped\n");
		return;
	}
	CHECK(mkdir(path, 0700) == 0 && chown(path, 33, 33) == 0);
	struct store *s = help_open(path, SEGMENT, true);
	CHECK(put(s, "a", "1", 0) == STORE_OK && stat_of(s, "in_memory") == 1);
	CHECK(stat(arena_printf(arena, "%s/journal.1", path), &st) == 0 && st.st_uid == 33);
	CHECK(stat(arena_printf(arena, "%s/live/control", path), &st) == 0 && st.st_uid == 33);
	store_close(s);
	CHECK(mkdir(taken, 0700) == 0 && chown(taken, 4321, 4321) == 0);
	CHECK(close(open(arena_printf(arena, "%s/live.d", taken), O_CREAT | O_RDWR, 0600)) == 0);
	CHECK(try_open(taken, false) == STORE_FAILED);
}

/* --- files of other sizes --- */

static void
spit(const char *path, const char *text, size_t len)
{
	int fd = open(path, O_CREAT | O_TRUNC | O_RDWR, 0600);

	CHECK(write(fd, text, len) == (ssize_t)len);
	close(fd);
}

static void
test_sums(void)
{
	const char *path = below("sums"), *sum;
	char *long_one = arena_alloc(arena, 300);

	memset(long_one, 's', 300);
	struct store *s = help_open(path, SEGMENT, true);
	CHECK(put(s, "a", "1", 0) == STORE_OK && store_fold(s) == STORE_OK);
	store_close(s);
	sum = arena_printf(arena, "%s/base.2.sum", path);
	spit(sum, "", 0);
	CHECK(try_open(path, false) == STORE_FAILED);
	spit(sum, long_one, 300);
	CHECK(try_open(path, false) == STORE_FAILED && try_open(path, true) == STORE_FAILED);
}

/* Heads and transactions that are sound, but say what cannot be. */
static void
test_heads(void)
{
	const char *path = below("heads");
	struct journal_head head, odd;
	struct store *s = help_open(path, SEGMENT, true);

	CHECK(put(s, "a", "1", 0) == STORE_OK);
	store_close(s);
	int fd = open(arena_printf(arena, "%s/journal.1", path), O_RDWR);
	CHECK(pread(fd, &head, sizeof(head), 0) == sizeof(head));
	for (int i = 0; i < 4; i++) {
		odd = head;
		odd.number += i == 0;
		odd.size = i == 1 ? 64 : i == 2 ? 1ull << 32 : i == 3 ? SEGMENT * 2 : odd.size;
		odd.crc = crc32c(0, &odd, sizeof(odd) - sizeof(odd.crc));
		CHECK(pwrite(fd, &odd, sizeof(odd), 0) == sizeof(odd));
		CHECK(try_open(path, false) == STORE_FAILED);
	}
	CHECK(pwrite(fd, &head, sizeof(head), 0) == sizeof(head));
	/* A successor that does not fit. */
	odd = head;
	odd.number = 2;
	for (int i = 0; i < 3; i++) {
		odd.before = i == 0 ? pos_of(9, 64) : i == 1 ? pos_of(1, 8) : pos_of(1, 72);
		odd.crc = crc32c(0, &odd, sizeof(odd) - sizeof(odd.crc));
		char *file = arena_alloc(arena, SEGMENT);
		memset(file, 0, SEGMENT);
		memcpy(file, &odd, sizeof(odd));
		spit(arena_printf(arena, "%s/journal.2", path), file, SEGMENT);
		CHECK(try_open(path, false) == STORE_FAILED);
	}
	CHECK(unlink(arena_printf(arena, "%s/journal.2", path)) == 0 && try_open(path, false) == STORE_OK);
	/* A transaction whose length is odd, or too short. */
	struct segment seg;
	struct folder f;
	CHECK(folder_open(&f, path) && segment_open(&seg, &f, 1, true));
	bool clean;
	CHECK(segment_scan(&seg, SEGMENT, NULL, NULL, &clean) > 128 && clean);
	CHECK(segment_scan(&seg, 100, NULL, NULL, &clean) == 64 && !clean);
	for (uint32_t len = 0; len < 100; len += 1 + (len == 63)) {	/* 64 is what it is */
		CHECK(pwrite(fd, &len, sizeof(len), 64 + 4) == sizeof(len));
		bool marked;
		CHECK(segment_tx(&seg, 64) == NULL && segment_scan(&seg, SEGMENT, NULL, NULL, &marked) == 64);
	}
	segment_close(&seg);
	folder_close(&f);
	close(fd);
}

/* A base that its sum proves, but that is none. */
static void
test_no_base(void)
{
	const char *path = below("no-base");
	struct store *s = help_open(path, SEGMENT, true);
	struct folder f;
	struct sum sum = { .records = 1 };

	CHECK(put(s, "a", "1", 0) == STORE_OK && store_fold(s) == STORE_OK);
	store_close(s);
	spit(arena_printf(arena, "%s/base.2.gdbm", path), "nothing at all", 14);
	CHECK(folder_open(&f, path) && sum_of_file(&f, "base.2.gdbm", false, &sum) && sum_write(&f, 2, &sum));
	folder_close(&f);
	CHECK(try_open(path, true) == STORE_FAILED && try_open(path, false) == STORE_FAILED);
}

/* --- small things --- */

static void
test_files(void)
{
	struct folder f;
	char data[10];

	CHECK(result_of_errno(ENOSPC) == STORE_FULL && result_of_errno(EDQUOT) == STORE_FULL);
	CHECK(result_of_errno(EIO) == STORE_FAILED && file_size(-1) == -1 && file_system.map(-1, 10, false) == NULL);
	CHECK(folder_open(&f, help_folder));
	spit(below("short"), "123", 3);
	int fd = file_open(&f, "short", O_RDONLY);
	CHECK(!file_read(fd, data, sizeof(data), 0) && errno == EIO && file_read(fd, data, 3, 0));
	close(fd);
	folder_close(&f);
	CHECK(!folder_open(&f, below("nowhere")) && f.fd == -1 && f.path == NULL);
	struct index *x = index_create_private(8ull << 30, 1);	/* more nodes than a head can name */
	CHECK(x != NULL && index_has_room(x, 1000) && !index_has_room(x, 1u << 24));
	index_close(x);
}

static enum store_result
commit_one(struct engine *e)
{
	return engine_gdbm.commit(e, NULL, 0, &(struct engine_write){ "a", "1", 0 }, 1, false);
}

/* Somebody else folds: then we do not, and say that all is well; or wait for it. */
static void
test_fold_lock(void)
{
	struct engine *e = NULL;
	char why[300];

	CHECK(engine_gdbm.open(&e, &(struct store_options){ .path = below("folds"), .segment = SEGMENT, .no_fold = true }, why,
	    sizeof(why)) == STORE_OK);
	CHECK(commit_one(e) == STORE_OK);
	int lock = fold_lock(e, true);
	CHECK(lock >= 0 && fold_lock(e, false) == -1 && errno == EWOULDBLOCK && fold_run(e, true, false) == STORE_OK);
	CHECK(atomic_load(&e->control->folds) == 0);
	fold_unlock(lock);
	CHECK(fold_run(e, true, false) == STORE_OK && atomic_load(&e->control->folds) == 1);
	/* Due, but nothing is sealed: the process that is started finds nothing to do. */
	e->tends = true;
	atomic_store(&e->control->fold_due, 1);
	fold_if_due(e);
	CHECK(atomic_load(&e->control->fold_due) == 0);
	struct view empty = { .folder = &e->folder };
	struct found f;
	CHECK(view_find(&empty, "a", &f) == STORE_FAILED);
	engine_gdbm.close(e);
}

int
main(void)
{
	arena = arena_new(64u << 20);
	help_begin();
	test_mistakes();
	test_folders();
	test_links();
	test_owners();
	test_sums();
	test_heads();
	test_no_base();
	test_files();
	test_fold_lock();
	help_end();
	arena_free(arena);
	return check_end();
}
