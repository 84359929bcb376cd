/* Simulated power cuts. A workload runs over a file layer that notes every call. Then, for every place in the notes,
 * disks are made as the power might have left them: what was synced is there; of what was not, any subset, and one of
 * it torn inside at a multiple of 512 or 4,096 bytes; of unsynced names, any first few. From each disk the store is
 * opened: it must hold a state that once was, no older than what had been acknowledged, and must go on working.
 *
 * long because: work, meaning, cuts and second cuts share one set of notes. */
#include "tests/unit/check.h"
#include "tests/unit/store-disk.h"
#include "tests/unit/store-help.h"
#include "db/broken.h"
#include "db/commit.h"
#include "db/control.h"
#include "db/engine.h"
#include "db/file.h"
#include "db/live.h"
#include "base/banned.h"

#define SEGMENT	(16u << 10)
#define KEYS	12
#define CUTS	2000	/* times STORE_SOAK */
#define AGAIN	30	/* of them after which the power fails a second time, during the start or soon after */

/* --- the work and its meaning --- */

/* Transaction n writes n into "last" and some of the keys, so every state is known by "last" alone. */
static void
value_of(long n, char *out, size_t size)
{
	snprintf(out, size, "%ld %0*d", n, (int)(n * 37 % 400), 0);
}

static int
writes_of(long n, struct engine_write *w, char value[2000], char keys[3][20])
{
	int a = (int)(n * 7 % KEYS), b = (int)((n * 5 + 3) % KEYS), count = 0;

	value_of(n, value, 2000);
	snprintf(keys[0], 20, "k/%d", a);
	snprintf(keys[1], 20, "k/%d", b);
	w[count++] = (struct engine_write){ "last", value, 0 };
	w[count++] = (struct engine_write){ keys[0], n % 5 == 0 ? NULL : value, 0 };
	if (a != b)
		w[count++] = (struct engine_write){ keys[1], value, n % 3 == 0 ? 4000000000 : 0 };
	return count;
}

/* What key i holds after transaction n: the number in it, 0 for nothing. */
static long
meaning(long n, int i)
{
	for (; n > 0; n--) {
		int a = (int)(n * 7 % KEYS), b = (int)((n * 5 + 3) % KEYS);
		if (b == i && a != b)
			return n;
		if (a == i)
			return n % 5 == 0 ? 0 : n;
	}
	return 0;
}

static struct engine *
open_engine(const char *path)
{
	struct engine *e = NULL;
	char why[300] = "";

	if (engine_gdbm.open(&e, &(struct store_options){ .path = path, .segment = SEGMENT, .no_fold = true }, why,
	    sizeof(why)) != STORE_OK)
		printf("# %s\n", why);
	return e;
}

static bool
append(struct engine *e, long n, uint64_t *end)
{
	struct engine_write w[3];
	char value[2000], keys[3][20];
	int count = writes_of(n, w, value, keys);
	enum store_result r = commit_append(e, NULL, 0, w, (size_t)count, end);

	note(APPENDED, 0)->n = n;
	return r == STORE_OK;
}

static bool
acknowledge(struct engine *e, long n, uint64_t end)
{
	if (commit_wait(e, end) != STORE_OK)
		return false;
	note(ACK, 0)->n = n;
	return true;
}

/* Three at once, acknowledged in one go, then one alone; a fold, a clean end, a new start on the way. */
static bool
work(const char *path, long from, long to)
{
	struct engine *e = open_engine(path);
	uint64_t end;
	bool good = e != NULL;

	for (long n = from; good && n <= to; n++) {
		good = append(e, n, &end);
		if (good && (n % 4 == 0 || n == to))
			good = acknowledge(e, n, end);
		if (good && n % 61 == 0)
			good = engine_gdbm.fold(e) == STORE_OK;
		if (good && n % 47 == 0) {
			engine_gdbm.close(e);
			good = (e = open_engine(path)) != NULL;
		}
	}
	if (e != NULL)
		engine_gdbm.close(e);
	return good;
}

/* --- the proof of one disk --- */

static long acked, appended;	/* at the place of the cut */

static long
number_at(struct engine *e, struct arena *a, const char *key, bool *bad)
{
	struct engine_record rec = { .value = NULL };
	char want[2000];
	enum store_result r = engine_gdbm.get(e, a, key, &rec);

	if (r != STORE_OK) {
		*bad = *bad || r != STORE_ABSENT;
		return 0;
	}
	long n = strtol(rec.value, NULL, 10);
	value_of(n, want, sizeof(want));
	*bad = *bad || strcmp(want, rec.value) != 0;
	return n;
}

/* The transaction whose state the store is in; -1: none. */
static long
state_of(struct engine *e, struct arena *a)
{
	bool bad = false;
	char key[20];
	long n = number_at(e, a, "last", &bad);

	for (int i = 0; i < KEYS; i++) {
		snprintf(key, sizeof(key), "k/%d", i);
		long got = number_at(e, a, key, &bad);
		if (got != meaning(n, i)) {
			printf("# after %ld, %s holds %ld, not %ld\n", n, key, got, meaning(n, i));
			bad = true;
		}
	}
	return bad ? -1 : n;
}

/* Open, look, go on, look again. Gives back the state found, -1 if anything is wrong. */
static long
prove(const char *path, struct arena *a)
{
	struct engine *e = open_engine(path);
	uint64_t end;

	if (e == NULL)
		return -1;
	long n = state_of(e, a);
	bool good = n >= acked && n <= appended && engine_gdbm.check(e, stdout) == STORE_OK;
	if (!good)
		printf("# state %ld, acknowledged %ld, appended %ld\n", n, acked, appended);
	good = good && append(e, n + 1, &end) && commit_wait(e, end) == STORE_OK && state_of(e, a) == n + 1;
	engine_gdbm.close(e);
	return good ? n : -1;
}

/* --- making the cuts --- */

static long cuts, bad_cuts;
static struct disk trial;

static void
try_disk(const char *why, int at, struct arena *a)
{
	static char path[300];

	snprintf(path, sizeof(path), "%s/trial", help_folder);
	disk_make(&trial, path);
	file_ops = &file_system;
	if (prove(path, a) < 0 && bad_cuts++ < 5)
		printf("# bad: cut at event %d of %d, %s\n", at, event_count, why);
	cuts++;
	help_remove(path);
	arena_reset(a);
}

/* Of the pending events those whose bit is set; of names none after the first that is not. torn: this one in part. */
static void
trial_make(const bool *take, int torn, size_t from, size_t len)
{
	bool names_go_on = true;

	disk_copy(&trial, &disk);
	for (int i = 0; i < pending_count; i++) {
		const struct event *e = &events[pending[i]];
		if (is_name_event(e->kind))
			names_go_on = names_go_on && take[i];
		if (is_name_event(e->kind) ? !names_go_on : !take[i])
			continue;
		if (i == torn)
			happen(&trial, e, from, len);
		else
			happen(&trial, e, 0, e->len);
	}
}

/* One of the pending writes, all others there or not by chance, torn at a sector's or a page's edge. */
static void
try_torn(int at, uint64_t *random, struct arena *a)
{
	bool take[EVENTS];
	int torn = (int)(help_random(random) % (uint64_t)pending_count);
	const struct event *e = &events[pending[torn]];
	size_t unit = help_random(random) % 2 == 0 ? 512 : 4096;

	for (int i = 0; i < pending_count; i++)
		take[i] = i == torn || help_random(random) % 2 == 0;
	if (e->kind != WRITE)
		return;
	/* The edges are those of the disk, not of the write. */
	size_t first = unit - (size_t)e->at % unit;
	if (first >= e->len)
		return;
	size_t edges = (e->len - first - 1) / unit + 1;
	size_t edge = first + help_random(random) % edges * unit;
	if (help_random(random) % 2 == 0)
		trial_make(take, torn, 0, edge);
	else
		trial_make(take, torn, edge, e->len - edge);
	try_disk("torn", at, a);
}

static void
try_subsets(int at, uint64_t *random, long chance, struct arena *a)
{
	bool take[EVENTS];
	bool all = pending_count <= 8;
	long n = all ? 1L << pending_count : 40;

	for (long s = 0; s < n; s++) {
		if (chance > 1 && help_random(random) % (uint64_t)chance != 0)
			continue;
		for (int i = 0; i < pending_count; i++)
			take[i] = all ? s >> i & 1 : help_random(random) % 4 != 0;
		trial_make(take, -1, 0, 0);
		try_disk("subset", at, a);
		if (pending_count > 0)
			try_torn(at, random, a);
	}
}

/* Cut at every event, from disk as it is; about most cuts of all that there could be. state: what holds at first. */
static void
try_events(long state, long most, uint64_t *random, struct arena *a)
{
	static struct disk start;
	long chance = 1;

	disk_copy(&start, &disk);
	/* The first pass counts what there would be, the second does that much of it. */
	for (int pass = 0; pass < 2; pass++) {
		long total = 0;
		disk_copy(&disk, &start);
		pending_count = 0;
		acked = appended = state;
		for (int i = 0; i < event_count && bad_cuts < 5; i++) {
			advance(&events[i], i);
			acked = events[i].kind == ACK ? events[i].n : acked;
			/* The cut may come before the append has said that it is done. */
			for (int j = i; j < event_count; j++)
				if (events[j].kind == APPENDED) {
					appended = events[j].n;
					break;
				}
			total += pending_count <= 8 ? 2L << pending_count : 80;
			if (pass == 1)
				try_subsets(i, random, chance, a);
		}
		chance = total / most + 1;
	}
}

/* --- and once more --- */

static void
forget_events(void)
{
	for (int i = 0; i < event_count; i++)
		free(events[i].data);
	event_count = 0;
}

/* One disk of the first cut, chosen by chance, is what certain is now; from it the work goes on, and is cut again. */
static void
try_again(uint64_t *random, struct arena *a)
{
	int count = event_count, files = file_count, at = (int)(help_random(random) % (uint64_t)count);
	bool take[EVENTS];
	char path[300];
	struct stat st;

	disk_clear(&disk);
	pending_count = 0;
	acked = 0;
	for (int i = 0; i <= at; i++) {
		advance(&events[i], i);
		acked = events[i].kind == ACK ? events[i].n : acked;
	}
	for (int i = 0; i < pending_count; i++)
		take[i] = help_random(random) % 3 != 0;
	trial_make(take, -1, 0, 0);
	disk_copy(&disk, &trial);
	pending_count = 0;
	snprintf(path, sizeof(path), "%s/again", help_folder);
	disk_make(&disk, path);
	struct engine *e = NULL;
	char why[300];
	bool there = engine_gdbm.open(&e, &(struct store_options){ .path = path, .read_only = true }, why, sizeof(why)) ==
	    STORE_OK;
	long n = there ? state_of(e, a) : 0;
	if (n < acked)
		printf("# looked at, cut at %d: state %ld, acknowledged %ld%s%s\n", at, n, acked, there ? "" : ": ",
		    there ? "" : why);
	if (there)
		engine_gdbm.close(e);
	events = second_events;
	event_count = 0;
	memcpy(names, disk.names, sizeof(names));
	name_count = disk.name_count;
	if (stat(path, &st) == 0)
		folder_ino = st.st_ino;
	file_ops = &recorder;
	noting = true;
	bool good = work(path, n + 1, n + 6);
	noting = false;
	file_ops = &file_system;
	bad_cuts += !good || n < acked;
	help_remove(path);
	try_events(n > acked ? n : acked, 150, random, a);
	forget_events();
	events = first_events;
	event_count = count;
	file_count = files;
}

int
main(void)
{
	uint64_t random = help_seed();
	struct arena *a = arena_new(16u << 20);
	struct stat st;
	char path[300];

	recorder_make();
	help_begin();
	snprintf(path, sizeof(path), "%s/work", help_folder);
	CHECK(mkdir(path, 0700) == 0 && stat(path, &st) == 0);
	folder_ino = st.st_ino;
	file_ops = &recorder;
	noting = true;
	CHECK(work(path, 1, 200));
	noting = false;
	file_ops = &file_system;
	CHECK(event_count < EVENTS && file_count < FILES);
	try_events(0, CUTS * help_soak(), &random, a);
	long once = cuts;
	for (long i = 0; i < AGAIN * help_soak() && bad_cuts == 0; i++)
		try_again(&random, a);
	CHECK(bad_cuts == 0);
	printf("# %ld power cuts in %d events, %ld of them second ones\n", cuts, event_count, cuts - once);
	help_end();
	arena_free(a);
	return check_end();
}
