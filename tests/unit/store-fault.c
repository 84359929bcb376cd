/* Every file call of the store fails, once and for ever, in every way. Nothing acknowledged may be lost, nothing half-written
 * may show, and when the fault is gone the work goes on without a restart. */
#include <fcntl.h>

#include "tests/unit/check.h"
#include "tests/unit/store-bad.h"
#include "base/banned.h"

/* --- the work --- */

static bool
count_records(void *arg, const char *key, const char *value, int64_t expires)
{
	(void)key, (void)value, (void)expires;
	++*(int *)arg;
	return true;
}

#define TOGETHER 4

/* Several transactions, for which the disk is then waited one after the other. How many of them failed. */
static int
commit_together(struct store *s, struct arena *a, struct progress *p)
{
	uint64_t owed[TOGETHER];
	long n[TOGETHER] = { 0 };
	int bad = 0;

	for (int i = 0; i < TOGETHER; i++) {
		bool seen = store_run(s, a, count_up, &n[i]) == STORE_OK;
		owed[i] = store_owed(s);
		if (n[i] > p->tried)
			p->tried = n[i];
		if (!seen || owed[i] == 0)
			n[i] = 0;
	}
	for (int i = 0; i < TOGETHER; i++)
		if (n[i] == 0 || store_await(s, owed[i]) != STORE_OK)
			bad++;
		else if (n[i] > p->acked)
			p->acked = n[i];
	return bad;
}

static bool deferred;	/* answers wait for the disk together */

/* Everything that a store does. How many of it failed. */
static int
work(struct store *s, struct arena *a, struct progress *p, const char *copy)
{
	int bad = 0, records = 0;
	char why[300];
	const char *v;
	FILE *out = fopen("/dev/null", "w");

	if (deferred) {
		store_defer(s);
		bad += commit_together(s, a, p);
	}
	for (int i = 0; i < 7; i++)
		bad += commit(s, a, p) != STORE_OK;
	bad += store_fold(s) != STORE_OK;
	for (int i = 0; i < 6; i++)
		bad += commit(s, a, p) != STORE_OK;
	if (deferred)
		bad += commit_together(s, a, p);
	enum store_result r = store_get(s, a, "n", &v);
	bad += r != STORE_OK && (r != STORE_ABSENT || p->acked > 0);
	bad += store_settle(s) != STORE_OK;
	bad += store_each(s, count_records, &records) != STORE_OK;
	bad += store_check(s, out) != STORE_OK;
	bad += store_backup(s, copy, why, sizeof(why)) != STORE_OK;
	fclose(out);
	return bad;
}

/* A machine that crashes now finds the files as they are, without what failed syncs have lost. */
static int
prove_crash(const char *path, struct arena *a, const struct progress *p, long k)
{
	char to[300], command[1200], file[700];
	struct progress after = *p;
	struct stat st;

	snprintf(to, sizeof(to), "%s/crashed", help_folder);
	snprintf(command, sizeof(command), "cp -r --sparse=always '%s' '%s' && rm -f '%s/live'", path, to, to);
	if (system(command) != 0)
		return 1;
	for (int seg = 1; seg < 40; seg++) {
		snprintf(file, sizeof(file), "%s/journal.%d", path, seg);
		if (stat(file, &st) != 0)
			continue;
		snprintf(file, sizeof(file), "%s/journal.%d", to, seg);
		int fd = open(file, O_RDWR);
		for (int i = 0; i < lost_count; i++)
			if (lost[i].file == st.st_ino)
				file_clear(fd, lost[i].at, lost[i].at + (off_t)lost[i].len);
		close(fd);
	}
	struct store *s = help_open(to, SEGMENT, true);
	int bad = prove(s, a, &after, k, "after a crash");
	store_close(s);
	help_remove(to);
	return bad;
}

/* One fault at call k. *reached: there was such a call. */
static int
try_fault(long k, struct arena *a, bool *reached)
{
	char path[300], copy[300];
	struct progress p = { 0, 0 };
	enum mode mode = plan.mode;

	snprintf(path, sizeof(path), "%s/store", help_folder);
	snprintf(copy, sizeof(copy), "%s/copy", help_folder);
	file_ops = &bad_files;
	calls = unsynced_count = lost_count = 0;
	hit = false;
	plan.at = k;
	FILE *out = stdout;
	struct store *s = NULL;
	char why[300];
	store_open(&s, &(struct store_options){ .path = path, .segment = SEGMENT, .no_fold = true }, why, sizeof(why));
	int failed = s != NULL ? work(s, a, &p, copy) : 1, bad = 0;
	bool harmless = hit && !plan.for_ever && (plan.error == EINTR || mode == SHORT);
	if (harmless && failed > 0)
		bad += fault("shows though it should not", k, failed, &p);
	plan.mode = NEVER;
	*reached = hit;
	if (s == NULL)
		s = help_open(path, SEGMENT, true);
	bad += prove(s, a, &p, k, "with the same handle");
	if (lost_count > 0)
		bad += prove_crash(path, a, &p, k);
	/* The same fault when everything is closed. */
	plan.mode = mode;
	calls = 0;
	plan.at = k % 7 + 1;
	store_close(s);
	plan.mode = NEVER;
	s = help_open(path, SEGMENT, true);
	bad += prove(s, a, &p, k, "opened again");
	if (s == NULL || store_check(s, out) != STORE_OK)
		bad += fault("check", k, 0, &p);
	store_close(s);
	file_ops = &file_system;
	plan.mode = mode;
	help_remove(path);
	help_remove(copy);
	arena_reset(a);
	return bad;
}

static long
try_faults(struct plan how, struct arena *a, int *bad)
{
	bool reached = true;
	long k;

	for (k = 1; reached && *bad == 0; k++) {
		plan = how;
		*bad += try_fault(k, a, &reached);
	}
	plan.mode = NEVER;
	return k - 2;
}

static void
test_faults(struct arena *a, bool together)
{
	static const struct { const char *name; struct plan plan; } all[] = {
		{ "EIO once", { .mode = FAIL, .error = EIO } },
		{ "EIO for ever", { .mode = FAIL, .error = EIO, .for_ever = true } },
		{ "no space once", { .mode = FAIL, .error = ENOSPC } },
		{ "no space for ever", { .mode = FAIL, .error = ENOSPC, .for_ever = true } },
		{ "interrupted once", { .mode = FAIL, .error = EINTR } },
		{ "interrupted for ever", { .mode = FAIL, .error = EINTR, .for_ever = true } },
		{ "short once", { .mode = SHORT } },
		{ "short for ever", { .mode = SHORT, .for_ever = true } },
		{ "EIO from one sync", { .mode = FAIL, .error = EIO, .syncs_only = true } },
		{ "EIO from all syncs", { .mode = FAIL, .error = EIO, .syncs_only = true, .for_ever = true } },
	};

	deferred = together;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		int bad = 0;
		long n = try_faults(all[i].plan, a, &bad);
		printf("# %s%s: %ld calls\n", all[i].name, deferred ? ", waited for together" : "", n);
		CHECK(bad == 0 && n > 10);
	}
}

int
main(void)
{
	struct arena *a = arena_new(64u << 20);

	help_begin();
	test_faults(a, false);
	test_faults(a, true);
	help_end();
	arena_free(a);
	return check_end();
}
