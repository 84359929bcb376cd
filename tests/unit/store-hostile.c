/* Files that no store has made, or that somebody has changed: GDBM's layout, the short cut into a base, a base of others,
 * shared memory of another build. Whatever stands there, nothing outside is read and nothing wrong is served.
 *
 * long because: the files are made with the same few helpers. */
#include <errno.h>
#include <fcntl.h>
#include <gdbm.h>

#include "tests/unit/check.h"
#include "tests/unit/store-help.h"
#include "db/base.h"
#include "db/control.h"
#include "db/crc32c.h"
#include "db/index.h"
#include "db/journal.h"
#include "db/layout.h"
#include "db/lookup.h"
#include "db/sum.h"
#include "base/banned.h"

static struct arena *arena;
static struct folder folder;

/* All of a file, in memory that ends where it ends. */
static char *
slurp(const char *name, size_t *len)
{
	int fd = file_open(&folder, name, O_RDONLY);
	*len = (size_t)file_size(fd);
	char *data = malloc(*len);

	if (fd < 0 || !file_read(fd, data, *len, 0))
		abort();
	close(fd);
	return data;
}

static void
spit(const char *name, const void *data, size_t len)
{
	file_remove(&folder, name);
	int fd = file_open(&folder, name, O_RDWR | O_CREAT);
	if (fd < 0 || !file_write(fd, data, len, 0))
		abort();
	close(fd);
}

/* --- GDBM files made by GDBM, with keys as a base has them --- */

struct maker { GDBM_FILE file; uint64_t records; };

static struct maker
make_gdbm(const char *name)
{
	file_remove(&folder, name);
	return (struct maker){ gdbm_open(arena_printf(arena, "%s/%s", help_folder, name), 0, GDBM_NEWDB | GDBM_NOMMAP, 0600, NULL), 0 };
}

static void
store(struct maker *m, const void *key, size_t key_len, const void *value, size_t value_len)
{
	gdbm_store(m->file, (datum){ (char *)(uintptr_t)key, (int)key_len }, (datum){ (char *)(uintptr_t)value, (int)value_len },
	    GDBM_REPLACE);
	m->records++;
}

/* A record whose hash is said, not made. */
static void
store_hashed(struct maker *m, uint64_t hash, const char *key, const void *value, size_t len)
{
	char buf[3000];

	memcpy(buf, &hash, 8);
	memcpy(buf + 8, key, strlen(key));
	store(m, buf, 8 + strlen(key), value, len);
}

static struct sum
finish(struct maker *m, const char *name)
{
	struct sum sum = { .records = m->records };

	gdbm_sync(m->file);
	gdbm_close(m->file);
	if (!sum_of_file(&folder, name, false, &sum))
		abort();
	return sum;
}

/* --- layout --- */

struct tally { long calls, most; size_t size; int bad; };

static bool
see(void *arg, uint64_t place, uint32_t key_len, uint32_t value_len)
{
	struct tally *t = arg;

	t->bad += place + key_len + value_len > t->size;
	return ++t->calls < t->most;
}

static bool
walk(const char *data, size_t len, struct tally *t)
{
	*t = (struct tally){ .most = 100000, .size = len };
	return layout_each(data, len, see, t);
}

static void
test_layout(void)
{
	struct maker m = make_gdbm("layout");
	static const int32_t odd[] = { -1, 0, 1, 7, 12, 4096, 1 << 20, INT32_MAX, INT32_MIN };
	struct tally t;
	size_t len;

	for (uint64_t i = 0; i < 300; i++)
		store_hashed(&m, i * 0x9e3779b97f4a7c15ull, "some/key", "value", 5);
	finish(&m, "layout");
	char *data = slurp("layout", &len);
	CHECK(walk(data, len, &t) && t.calls == 300 && t.bad == 0);
	t = (struct tally){ .most = 10, .size = len };
	CHECK(!layout_each(data, len, see, &t) && t.calls == 10);
	CHECK(!walk(data, 0, &t) && !walk(data, 39, &t) && t.calls == 0);
	/* Cut off anywhere, and every number of the head, the directory and the buckets as odd as can be. */
	int bad = 0;
	for (size_t cut = 40; cut < len; cut += 509) {
		char *some = memcpy(malloc(cut), data, cut);
		walk(some, cut, &t);
		bad += t.bad;
		free(some);
	}
	for (size_t at = 0; at + 4 <= len; at += 4)
		for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
			int32_t was;
			memcpy(&was, data + at, 4);
			memcpy(data + at, &odd[i], 4);
			walk(data, len, &t);
			bad += t.bad;
			memcpy(data + at, &was, 4);
		}
	CHECK(bad == 0 && walk(data, len, &t) && t.calls == 300);
	free(data);
	CHECK(layout_order("", 0) < 1u << 31 && layout_order("a", 1) != layout_order("b", 1));
}

/* --- lookup --- */

/* How many places the table names for a hash; -1: damaged. */
static long
found(struct lookup *l, uint64_t hash, size_t key_len)
{
	struct lookup_step step;
	enum lookup_result r;
	long n = 0;

	lookup_start(l, &step, hash, key_len);
	while ((r = lookup_next(l, &step)) == LOOKUP_FOUND)
		n++;
	return r == LOOKUP_NO_MORE ? n : -1;
}

static void
test_lookup(void)
{
	struct maker m = make_gdbm("crowd");
	uint64_t last = UINT64_MAX - 5;
	char key[20];

	/* Twelve that all want the last line: it overflows into the first ones. */
	for (int i = 0; i < 12; i++) {
		snprintf(key, sizeof(key), "key/%02d", i);
		store_hashed(&m, last, key, "value", 5);
	}
	store_hashed(&m, 1, "low", "value", 5);
	struct sum sum = finish(&m, "crowd"), other = sum;
	CHECK(lookup_make(&folder, "crowd", 3, &sum, 77));
	struct lookup *l = lookup_open(&folder, 3, &sum);
	CHECK(l != NULL && lookup_seed(l) == 77 && lookup_is_sound(l));
	CHECK(found(l, last, 8 + 6) == 12 && found(l, 1, 8 + 3) == 1);
	CHECK(found(l, last, 8 + 7) == 0 && found(l, last - 1, 8 + 6) == 0 && found(l, 1ull << 63, 8 + 6) == 0);
	lookup_close(l);
	/* Of another base, or none. */
	other.crc++;
	CHECK(lookup_open(&folder, 3, &other) == NULL);
	other = sum;
	other.bytes++;
	CHECK(lookup_open(&folder, 3, &other) == NULL && !lookup_make(&folder, "crowd", 3, &other, 77));
	other = sum;
	other.records++;
	CHECK(!lookup_make(&folder, "crowd", 3, &other, 77));
	other.records = 0;	/* more records than there are lines for */
	CHECK(!lookup_make(&folder, "crowd", 3, &other, 77));
	CHECK(lookup_open(&folder, 4, &sum) == NULL && !lookup_make(&folder, "none", 4, &sum, 77));
}

/* Each number of its head wrong, with a checksum that is right: another version, or a mistake. */
static void
test_lookup_heads(void)
{
	struct maker m = make_gdbm("heads");
	size_t len;

	store_hashed(&m, 5, "key", "value", 5);
	struct sum sum = finish(&m, "heads");
	CHECK(lookup_make(&folder, "heads", 3, &sum, 77));
	char *data = slurp("base.3.hash", &len);
	for (size_t at = 0; at < 32; at += 4) {
		uint32_t crc;
		data[at]++;
		crc = crc32c(0, data, 60);
		memcpy(data + 60, &crc, 4);
		spit("base.3.hash", data, len);
		CHECK(at == 16 || lookup_open(&folder, 3, &sum) == NULL);
		data[at]--;
	}
	uint32_t crc = crc32c(0, data, 60);
	memcpy(data + 60, &crc, 4);
	data[70]++;	/* in the first line */
	spit("base.3.hash", data, len);
	struct lookup *l = lookup_open(&folder, 3, &sum);
	CHECK(l != NULL && !lookup_is_sound(l) && found(l, 5, 11) == -1);
	if (l != NULL)
		lookup_close(l);
	spit("base.3.hash", data, 64);
	CHECK(lookup_open(&folder, 3, &sum) == NULL);
	spit("base.3.hash", data, 10);
	CHECK(lookup_open(&folder, 3, &sum) == NULL);
	free(data);
}

/* Keys and values that no base has. */
static void
test_lookup_sizes(void)
{
	char *big = malloc(600000), key[1500];

	memset(big, 'b', 600000);
	memset(key, 'k', sizeof(key));
	for (int i = 0; i < 2; i++) {
		struct maker m = make_gdbm("sizes");
		store(&m, key, i == 0 ? sizeof(key) : 100, big, i == 0 ? 10 : 600000);
		struct sum sum = finish(&m, "sizes");
		CHECK(!lookup_make(&folder, "sizes", 3, &sum, 77));
	}
	free(big);
}

/* --- a base --- */

struct meta { uint32_t format, zero; uint64_t seed; };

static struct base *
open_base(struct maker *m, bool short_cut)
{
	struct sum sum = finish(m, "base.9.gdbm");

	sum.records--;	/* without the one about the file */
	file_remove(&folder, "base.9.hash");
	if (!sum_write(&folder, 9, &sum))
		abort();
	if (short_cut)
		CHECK(lookup_make(&folder, "base.9.gdbm", 9, &sum, 7));
	return base_open(&folder, 9);
}

static struct maker
begin_base(uint32_t format, size_t meta_len)
{
	struct maker m = make_gdbm("base.9.gdbm");
	struct meta meta = { format, 0, 7 };

	store(&m, "", 1, &meta, meta_len);
	return m;
}

static bool
count(void *arg, const struct base_record *rec)
{
	(void)rec;
	++*(int *)arg;
	return true;
}

static enum store_result
look(struct base *b, const char *key)
{
	struct base_record rec;
	void *memory;
	enum store_result r = base_get(b, key, strlen(key), &rec, &memory);

	free(memory);
	return r;
}

/* A base whose own record is missing, of another size, or of another version is none. */
static void
test_base_meta(void)
{
	for (int i = 0; i < 3; i++) {
		struct maker m = i == 0 ? make_gdbm("base.9.gdbm") : begin_base(i == 1 ? 2 : 1, i == 1 ? 16 : 12);
		store(&m, "other", 5, "", 0);
		struct base *b = open_base(&m, false);
		CHECK(b == NULL && errno == EBADMSG);
	}
	spit("base.9.gdbm", "no such file", 12);
	CHECK(base_open(&folder, 9) == NULL);
	file_remove(&folder, "base.9.gdbm");
	CHECK(base_open(&folder, 9) == NULL && errno == ENOENT);
	/* The short cut says another secret than the base. */
	struct maker m = begin_base(1, 16);
	struct sum sum = finish(&m, "base.9.gdbm");
	sum.records = 0;
	CHECK(sum_write(&folder, 9, &sum) && lookup_make(&folder, "base.9.gdbm", 9, &sum, 8));
	struct base *b = base_open(&folder, 9);
	int n = 0;
	CHECK(b != NULL && look(b, "a") == STORE_ABSENT && base_each(b, count, &n) == STORE_FAILED && n == 0);
	base_close(b);
	/* And if that short cut is damaged too, there is nobody left to ask. */
	size_t len;
	char *data = slurp("base.9.hash", &len);
	data[64]++;
	spit("base.9.hash", data, len);
	b = base_open(&folder, 9);
	CHECK(b != NULL && look(b, "a") == STORE_FAILED);
	base_close(b);
	free(data);
}

/* A line that is sound but leads behind the end. */
static void
test_base_places(void)
{
	struct maker m = begin_base(1, 16);
	size_t len;

	store_hashed(&m, index_hash(7, "a", 1), "a", "0123456701234567012345670", 25);
	struct base *b = open_base(&m, true);
	CHECK(b != NULL);
	base_close(b);
	char *data = slurp("base.9.hash", &len);
	struct sum sum;
	CHECK(len == 128 && sum_read(&folder, 9, &sum));
	for (int i = 0; i < 2; i++) {
		uint64_t place = (i == 0 ? sum.bytes - 20 : sum.bytes + 20) << 19 | 25;
		memcpy(data + 64, &place, 8);
		uint32_t crc = crc32c(sum.crc ^ 0x5bd1e995u, data + 64, 60);
		memcpy(data + 124, &crc, 4);
		spit("base.9.hash", data, len);
		b = base_open(&folder, 9);
		CHECK(b != NULL && base_lookup_is_sound(b) && look(b, "a") == STORE_FAILED);
		base_close(b);
	}
	free(data);
}

/* Records that are too short, or whose checksum is wrong, are never served: by the short cut, by GDBM, in a walk. */
static void
test_base_records(void)
{
	static const struct { const char *value; size_t len; } wrong[] = { { "short", 5 }, { "", 0 },
	    { "0123456701234567012345670123456701234567", 40 } };

	for (int way = 0; way < 2; way++)
		for (size_t i = 0; i < 3; i++) {
			struct maker m = begin_base(1, 16);
			int n = 0;
			store_hashed(&m, index_hash(7, "a", 1), "a", wrong[i].value, wrong[i].len);
			struct base *b = open_base(&m, way == 0);
			CHECK(b != NULL && look(b, "a") == STORE_FAILED && look(b, "b") == STORE_ABSENT);
			CHECK(base_each(b, count, &n) == STORE_FAILED && n == 0);
			CHECK(base_lookup_is_sound(b));
			base_close(b);
		}
	struct maker m = begin_base(1, 16);	/* a key without a hash */
	int n = 0;
	store(&m, "12345678", 8, "", 0);
	struct base *b = open_base(&m, false);
	CHECK(b != NULL && base_each(b, count, &n) == STORE_FAILED);
	base_close(b);
	m = begin_base(1, 16);
	store(&m, "x", 1, "", 0);
	b = open_base(&m, false);
	CHECK(b != NULL && base_each(b, count, &n) == STORE_FAILED);
	base_close(b);
}

/* Two keys with one hash: each is found, and only what is sound is taken for another's. */
static void
test_base_collision(void)
{
	enum store_result r;
	struct base_builder *w = base_begin(&folder, NULL, &r);
	struct base_record rec = { .key = "one", .key_len = 3, .value = "1", .value_len = 1, .version = 64 };

	CHECK(w != NULL && base_add(w, &rec) == STORE_OK && base_finish(w, 9) == STORE_OK);
	size_t len;
	char *data = slurp("base.9.gdbm", &len);
	struct base *b = base_open(&folder, 9);
	CHECK(b != NULL && look(b, "one") == STORE_OK && look(b, "two") == STORE_ABSENT);
	base_close(b);
	/* Now "one" bears the hash of "two", in the file and in the short cut. */
	struct sum sum;
	struct lookup *l = sum_read(&folder, 9, &sum) ? lookup_open(&folder, 9, &sum) : NULL;
	CHECK(l != NULL);
	uint64_t seed = lookup_seed(l), old = index_hash(seed, "one", 3), new = index_hash(seed, "two", 3);
	lookup_close(l);
	for (size_t at = 0; at + 8 <= len; at++)
		if (memcmp(data + at, &old, 8) == 0)
			memcpy(data + at, &new, 8);
	spit("base.9.gdbm", data, len);
	CHECK(sum_of_file(&folder, "base.9.gdbm", false, &sum) && sum_write(&folder, 9, &sum));
	CHECK(lookup_make(&folder, "base.9.gdbm", 9, &sum, seed));
	b = base_open(&folder, 9);
	CHECK(b != NULL && look(b, "two") == STORE_ABSENT && look(b, "one") == STORE_ABSENT);
	base_close(b);
	free(data);
}

/* --- shared memory --- */

static void
test_control(void)
{
	struct control *c = control_create(&folder, "control");
	size_t len;

	CHECK(c != NULL);
	control_close(c);
	c = control_open(&folder, "control", true);
	CHECK(c != NULL);
	control_close(c);
	char *data = slurp("control", &len);
	data[0]++;	/* the magic */
	spit("control", data, len);
	CHECK(control_open(&folder, "control", true) == NULL);
	data[0]--;
	data[8]++;	/* of another boot: memory beside the files may be; in /dev/shm, a container tells its services another one */
	spit("control", data, len);
	struct folder beside = folder;
	beside.path = "/store/live.d";
	CHECK(control_open(&beside, "control", false) == NULL);
	c = control_open(&folder, "control", false);
	CHECK(c != NULL);
	control_close(c);
	spit("control", data, len - 1);
	CHECK(control_open(&folder, "control", false) == NULL && control_open(&folder, "absent", false) == NULL);
	free(data);
	CHECK(control_create(&folder, "no/such/folder") == NULL);
}

static void
test_index_files(void)
{
	struct index *x = index_create(&folder, "index.1", 64u << 10, 9);
	size_t len;

	CHECK(x != NULL && index_seed(x) == 9);
	index_close(x);
	x = index_open(&folder, "index.1", true);
	CHECK(x != NULL && index_seed(x) == 9);
	index_close(x);
	char *data = slurp("index.1", &len);
	data[0]++;
	spit("index.1", data, len);
	CHECK(index_open(&folder, "index.1", true) == NULL);
	data[0]--;
	spit("index.1", data, len - 8);
	CHECK(index_open(&folder, "index.1", false) == NULL);
	spit("index.1", data, 10);
	CHECK(index_open(&folder, "index.1", false) == NULL && index_open(&folder, "index.2", false) == NULL);
	free(data);
	CHECK(index_create(&folder, "no/such/folder", 64u << 10, 9) == NULL);
}

int
main(void)
{
	arena = arena_new(64u << 20);
	help_begin();
	CHECK(folder_open(&folder, help_folder));
	test_layout();
	test_lookup();
	test_lookup_heads();
	test_lookup_sizes();
	test_base_meta();
	test_base_places();
	test_base_records();
	test_base_collision();
	test_control();
	test_index_files();
	folder_close(&folder);
	help_end();
	arena_free(arena);
	return check_end();
}
