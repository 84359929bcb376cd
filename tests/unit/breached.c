/* The list of breached passwords: every line found, nothing else; line ends, odd files, and one too large for the memory. */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/log.h"
#include "base/secret.h"
#include "oauth/breached.h"
#include "tests/unit/check.h"
#include "base/banned.h"

#define LINES 1000

static struct arena *a;
static char dir[] = "/tmp/gatehouse-breached-XXXXXX";
static const char *why;

static struct breached *
list_of(const char *text, size_t len)
{
	char *path = arena_printf(a, "%s/list", dir);
	FILE *f = fopen(path, "w");

	fwrite(text, 1, len, f);
	fclose(f);
	why = NULL;
	return breached_open(a, path, &why);
}

static const char *
hex(const char *password, bool small)
{
	unsigned char h[SECRET_SHA1];
	char *out = arena_alloc(a, 2 * SECRET_SHA1 + 1);

	secret_sha1(password, strlen(password), h);
	for (size_t i = 0; i < sizeof(h); i++)
		snprintf(out + 2 * i, 3, small ? "%02x" : "%02X", h[i]);
	return out;
}

static int
in_order(const void *x, const void *y)
{
	return strcmp(*(const char *const *)x, *(const char *const *)y);
}

/* n passwords "password 0", "password 1" ... as the file has them: with counts of many lengths, or none. */
static char *
lines_of(size_t n, const char *end, bool counts, bool last_end)
{
	const char *hashes[LINES];
	char *text = arena_alloc(a, n * 70 + 1), *to = text;

	for (size_t i = 0; i < n; i++)
		hashes[i] = hex(arena_printf(a, "password %zu", i), false);
	qsort(hashes, n, sizeof(hashes[0]), in_order);
	for (size_t i = 0; i < n; i++)
		to += snprintf(to, 70, "%s%s%s", hashes[i], counts ? arena_printf(a, ":%.*s", (int)(1 + i % 20), "98765432109876543210") : "",
		    i + 1 < n || last_end ? end : "");
	return text;
}

static void
test_found(void)
{
	static const struct { const char *name, *end; bool counts, last_end; } forms[] = {
		{ "as published", "\n", true, true }, { "CRLF", "\r\n", true, true }, { "no line end at the end", "\n", true, false },
		{ "CRLF, not at the end", "\r\n", true, false }, { "without counts", "\n", false, true } };
	static const size_t sizes[] = { 1, 2, 3, 7, 64, LINES };

	for (size_t f = 0; f < sizeof(forms) / sizeof(forms[0]); f++)
		for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
			const char *text = lines_of(sizes[s], forms[f].end, forms[f].counts, forms[f].last_end);
			struct breached *b = list_of(text, strlen(text));
			size_t found = 0, others = 0;
			for (size_t i = 0; b != NULL && i < sizes[s]; i++)	/* the first line and the last among them */
				found += breached_has(b, arena_printf(a, "password %zu", i)) == BREACHED_YES;
			for (size_t i = 0; b != NULL && i < 100; i++)
				others += breached_has(b, arena_printf(a, "other %zu", i)) != BREACHED_NO;
			CHECK_NAMED(found == sizes[s] && others == 0, arena_printf(a, "%s, %zu lines", forms[f].name, sizes[s]));
			breached_close(b);
		}
	const char *small = arena_printf(a, "%s:1\n", hex("one", true));
	struct breached *b = list_of(small, strlen(small));
	CHECK_NAMED(breached_has(b, "one") == BREACHED_YES, "small letters");
	breached_close(b);
	CHECK(breached_has(NULL, "password 1") == BREACHED_NO);
}

static void
test_refused(void)
{
	const char *one = hex("one", false), *ok = lines_of(200, "\n", true, true);
	static const struct { const char *name, *text; } files[] = {
		{ "a line end alone", "\n" }, { "text", "password\n123456\n" }, { "NTLM hashes", "00000000000000000000000000000000:5\n" },
		{ "spaces", " 0000000000000000000000000000000000000000:5\n" }, { "no count behind the colon", "0000000000000000000000000000000000000000:\n" },
		{ "a count of letters", "0000000000000000000000000000000000000000:5x\n" },
		{ "the same twice", "0000000000000000000000000000000000000000:5\n0000000000000000000000000000000000000000:5\n" },
		{ "by count, not by hash", "F000000000000000000000000000000000000000:9\n0000000000000000000000000000000000000000:5\n" },
		{ "an empty line at the end", "0000000000000000000000000000000000000000:5\n\n" },
		{ "one line for all", "0000000000000000000000000000000000000000:00000000000000000000000000000000000000000000000000000000000000000000000" } };

	CHECK(list_of("", 0) == NULL && why != NULL && strstr(why, "is empty") != NULL);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct breached *b = list_of(files[i].text, strlen(files[i].text));
		CHECK_NAMED(b == NULL && why != NULL && strstr(why, "is no list of SHA-1") != NULL, files[i].name);
		breached_close(b);
	}
	CHECK(list_of(one, 39) == NULL);
	CHECK(breached_open(a, arena_printf(a, "%s/none", dir), &why) == NULL && strstr(why, "No such file") != NULL);
	CHECK(breached_open(a, dir, &why) == NULL && strstr(why, "is no file") != NULL);
	/* Found out when it is asked: cut short, or with something else in its middle, after it was opened. */
	struct breached *b = list_of(ok, strlen(ok));
	char *path = arena_printf(a, "%s/list", dir);
	int fd = open(path, O_WRONLY);
	CHECK(b != NULL && pwrite(fd, "zzzzzzzzzzzz", 12, (off_t)strlen(ok) / 2 - 6) == 12);
	CHECK(breached_has(b, "password 5") == BREACHED_UNKNOWN);
	CHECK(ftruncate(fd, 10) == 0);
	CHECK(breached_has(b, "password 5") == BREACHED_UNKNOWN);
	close(fd);
	breached_close(b);
}

#define WIDTH 44	/* bytes of each line of the huge file: 40 figures, ":1", CR, LF */

/* Line n of the huge file and its neighbours, which hold their own numbers for a hash, twice as far apart as their order. */
static void
fill(int fd, off_t n, off_t lines)
{
	for (off_t i = n > 2 ? n - 2 : 0; i < n + 3 && i < lines; i++) {
		const char *line = arena_printf(a, "%040llX:1\r\n", (unsigned long long)i * 2);
		CHECK(pwrite(fd, line, WIDTH, i * WIDTH) == WIDTH);
	}
}

/* 44 GB, of which the disk holds the places alone that are looked at: when it is opened, and on the way to one hash, which is
 * not there. It lies between the last two lines, so that the way is the longest. */
static void
test_huge(void)
{
	char *path = arena_printf(a, "%s/huge", dir);
	off_t lines = 1000000000, size = lines * WIDTH, low = 0, high = lines;
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600), steps = 0;

	CHECK(fd >= 0 && ftruncate(fd, size) == 0);
	CHECK_NAMED(breached_open(a, path, &why) == NULL && strstr(why, "is no list") != NULL, "nothing but a hole is no list");
	fill(fd, 0, lines);
	for (off_t i = 1; i <= 64; i++)
		fill(fd, i == 64 ? lines - 1 : size / 64 * i / WIDTH, lines);
	unsigned char h[SECRET_SHA1];
	secret_sha1("any", 3, h);	/* greater than all of them */
	for (; low < high; steps++) {
		off_t middle = (low * WIDTH + (high - low) * WIDTH / 2) / WIDTH;
		fill(fd, middle, lines);
		low = middle + 1;
	}
	struct breached *b = breached_open(a, path, &why);
	CHECK(b != NULL && steps >= 28 && steps <= 31);
	CHECK_NAMED(breached_has(b, "any") == BREACHED_NO, "searched to the end of 44 GB");
	/* and found in its last line */
	const char *last = arena_printf(a, "%s:1\r\n", hex("any", false));
	CHECK(pwrite(fd, last, WIDTH, size - WIDTH) == WIDTH);
	CHECK_NAMED(breached_has(b, "any") == BREACHED_YES, "found at the end of 44 GB");
	breached_close(b);
	close(fd);
	unlink(path);
}

static void
test_configured(void)
{
	const char *file = arena_printf(a, "%s/gatehouse.json", dir);
	FILE *f = fopen(file, "w");

	fputs("{\n \"login\": {\n  \"breached_passwords\": \"list\"}}", f);
	fclose(f);
	const struct config *c = config_load(a, dir, &why);
	CHECK(c != NULL);
	const char *text = lines_of(3, "\n", true, true);
	breached_close(list_of(text, strlen(text)));
	struct breached *b = c != NULL ? breached_configured(a, c, file, &why) : NULL;
	CHECK(b != NULL && why == NULL && breached_has(b, "password 2") == BREACHED_YES);
	breached_close(b);
	list_of("", 0);
	b = c != NULL ? breached_configured(a, c, file, &why) : NULL;
	CHECK_STR(why, arena_printf(a, "%s:3: login.breached_passwords: %s/list: is empty", file, dir));
	CHECK(b == NULL);
	unlink(file);
}

int
main(void)
{
	log_open("breached", LOG_LEVEL_ERROR);
	a = arena_new((size_t)64 << 20);
	if (mkdtemp(dir) == NULL)
		return 1;
	test_found();
	test_refused();
	test_huge();
	test_configured();
	unlink(arena_printf(a, "%s/list", dir));
	rmdir(dir);
	arena_free(a);
	return check_end();
}
