/* The memory of parsed records: what it says is what the text says, whoever still holds what. */
#include <malloc.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/json.h"
#include "db/recall.h"
#include "tests/unit/check.h"
#include "base/banned.h"

static struct recall *recall;

static const struct json *
ask(struct arena *a, const char *key, const char *text)
{
	return recall_json(recall, a, key, text, strlen(text), NULL);
}

/* The text lies in somebody else's memory, which is something else by the next call. */
static const struct json *
ask_passing(struct arena *a, const char *key, const char *text)
{
	size_t len = strlen(text);
	char *passing = malloc(len);	/* no NUL */

	memcpy(passing, text, len);
	const struct json *v = recall_json(recall, a, key, passing, len, NULL);
	memset(passing, 'x', len);
	free(passing);
	return v;
}

static uint64_t
number_of(struct arena *a, const char *key, const char *text)
{
	uint64_t which = 99;

	recall_json(recall, a, key, text, strlen(text), &which);
	return which;
}

/* The third time is remembered, and has its number. */
static uint64_t
remembered(struct arena *a, const char *key, const char *text)
{
	number_of(a, key, text);
	number_of(a, key, text);
	return number_of(a, key, text);
}

/* A number stands for one key and one text, for good. */
static void
check_numbers(struct arena *a)
{
	recall = recall_new();
	CHECK(number_of(a, "n", "{}") == 0 && number_of(a, "n", "{}") == 0);
	uint64_t first = number_of(a, "n", "{}"), other = remembered(a, "m", "{}"), later = remembered(a, "n", "[]");
	CHECK(first != 0 && number_of(a, "n", "[]") == later);
	CHECK_NAMED(other != first && other != 0, "the same text of another key");
	CHECK_NAMED(later != first && later != other && later != 0, "another text of the same key");
	CHECK_NAMED(remembered(a, "n", "{}") != first, "the first text once more: nobody knows it to be the same");
	CHECK(number_of(a, "m", "{") == 0);
	recall_free(recall);
}

static bool
is_made(const struct recall_recipe *recipe, const char *text)
{
	size_t len = 0;
	const char *made = recall_made(recall, recipe, &len);

	return text == NULL ? made == NULL : made != NULL && len == strlen(text) && strcmp(made, text) == 0;
}

static void
check_made(void)
{
	static const char one, two;
	const struct recall_recipe a = { &one, { 1, 2, 3 } }, others[] = { { &two, { 1, 2, 3 } }, { &one, { 2, 2, 3 } },
	    { &one, { 1, 3, 3 } }, { &one, { 1, 2, 4 } } };
	char big[10001];
	size_t right = 0, wrong = 0, newest = 0;

	recall = recall_new();
	CHECK(is_made(&a, NULL));
	recall_keep(recall, &a, "text", 4);
	CHECK(is_made(&a, "text"));
	for (size_t i = 0; i < 4; i++)
		CHECK_NAMED(is_made(&others[i], NULL), "a recipe that differs in one thing");
	/* Long ones are not kept, and drive nobody out. */
	memset(big, 'x', sizeof(big));
	recall_keep(recall, &others[0], big, sizeof(big));
	CHECK(is_made(&others[0], NULL) && is_made(&a, "text"));
	/* More than there is room for: what is there is right, and the newest is there. */
	for (uint64_t i = 0; i < 20000; i++) {
		const struct recall_recipe r = { &two, { i, i, 0 } };
		char text[32];
		snprintf(text, sizeof(text), "text %llu", (unsigned long long)i);
		recall_keep(recall, &r, text, strlen(text));
		newest += is_made(&r, text);
	}
	for (uint64_t i = 0; i < 20000; i++) {
		const struct recall_recipe r = { &two, { i, i, 0 } };
		char text[32];
		snprintf(text, sizeof(text), "text %llu", (unsigned long long)i);
		right += is_made(&r, text);
		wrong += !is_made(&r, text) && !is_made(&r, NULL);
	}
	CHECK(newest == 20000 && right >= 3800 && right <= 4096 && wrong == 0);
	recall_free(recall);
}

#ifdef __SANITIZE_ADDRESS__
size_t	__sanitizer_get_current_allocated_bytes(void);
#endif

/* Bytes that are allocated. */
static size_t
heap(void)
{
#ifdef __SANITIZE_ADDRESS__
	return __sanitizer_get_current_allocated_bytes();
#else
	return mallinfo2().uordblks + mallinfo2().hblkhd;
#endif
}

/* Of the longest that are remembered there may be as many as there is room for, and no more. */
static void
check_room(struct arena *a)
{
	char text[3001], key[16];
	size_t before;

	recall = recall_new();
	before = heap();
	memset(text, ' ', sizeof(text) - 1);
	text[0] = '[';
	text[sizeof(text) - 2] = ']';
	text[sizeof(text) - 1] = '\0';
	for (uint64_t i = 0; i < 12000; i++) {
		const struct recall_recipe r = { &recall, { i, 0, 0 } };
		snprintf(key, sizeof(key), "key/%d", (int)(i / 3));
		ask(a, key, text);
		recall_keep(recall, &r, text, sizeof(text) - 1);
		arena_reset(a);
		if (heap() > before + (6u << 20))
			break;
	}
	CHECK_NAMED(heap() <= before + (6u << 20), "12,000 texts of 3,000 bytes each");
	CHECK_NAMED(number_of(a, key, text) != 0, "the newest is there");
	arena_reset(a);
	recall_free(recall);
	CHECK_NAMED(heap() < before + (1u << 20), "all of it is given back");
}

int
main(void)
{
	struct arena *one = arena_new(1 << 20), *two = arena_new(1 << 20);
	char big[10001] = "", key[16];
	int same = 0;

	recall = recall_new();
	/* Twice the same, and it is remembered: the third is the fourth. */
	for (int i = 0; i < 2; i++)
		CHECK(json_get_int(ask_passing(one, "k", "{\"a\":1}"), "a", 0) == 1);
	const struct json *v = ask_passing(one, "k", "{\"a\":1}");
	CHECK(json_get_int(v, "a", 0) == 1 && ask_passing(two, "k", "{\"a\":1}") == v);
	/* Another text is another value at once, of the same length, too; and the old one is there while it is held. */
	CHECK(json_get_int(ask_passing(one, "k", "{\"a\":2}"), "a", 0) == 2);
	CHECK(json_get_int(ask_passing(one, "k", "{\"a\":2}"), "a", 0) == 2);
	CHECK(json_get_int(ask_passing(one, "k", "{\"a\":2}"), "a", 0) == 2);
	arena_reset(one);
	CHECK_NAMED(json_get_int(v, "a", 0) == 1, "one has let go, two has not");
	CHECK(ask(two, "k", "{\"a\":2}") != v);
	arena_reset(two);
	/* No JSON, and what is too big to be kept. */
	CHECK(ask(one, "k", "{\"a\":") == NULL && ask(one, "k", "{\"a\":") == NULL && ask(one, "k", "") == NULL);
	memset(big, ' ', sizeof(big) - 1);
	big[0] = '[';
	big[sizeof(big) - 2] = ']';
	for (int i = 0; i < 3; i++)
		CHECK(json_type(ask(one, "big", big)) == JSON_ARRAY);
	/* More keys than places. */
	for (int round = 0; round < 4; round++)
		for (int i = 0; i < 12000; i++) {
			char text[32];
			snprintf(key, sizeof(key), "key/%d", i);
			snprintf(text, sizeof(text), "[%d]", i);
			long long n = -1;
			same += json_int(json_at(ask_passing(two, key, text), 0), &n) && n == i;
			if (i % 100 == 0)
				arena_reset(two);
		}
	CHECK(same == 4 * 12000);
	/* Whoever holds something holds it longer than the memory lasts. */
	for (int i = 0; i < 3; i++)
		v = ask(one, "last", "{\"b\":[true]}");
	recall_free(recall);
	CHECK(json_bool(json_at(json_get(v, "b"), 0), false));
	arena_reset(two);
	check_numbers(two);
	arena_reset(two);
	check_made();
	check_room(two);
	arena_free(one);
	arena_free(two);
	recall_free(NULL);
	return check_end();
}
