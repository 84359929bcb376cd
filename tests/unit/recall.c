/* The memory of parsed records: what it says is what the text says, whoever still holds what. */
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
	return recall_json(recall, a, key, text, strlen(text));
}

/* The text lies in somebody else's memory, which is something else by the next call. */
static const struct json *
ask_passing(struct arena *a, const char *key, const char *text)
{
	size_t len = strlen(text);
	char *passing = malloc(len);	/* no NUL */

	memcpy(passing, text, len);
	const struct json *v = recall_json(recall, a, key, passing, len);
	memset(passing, 'x', len);
	free(passing);
	return v;
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
		for (int i = 0; i < 3000; i++) {
			char text[32];
			snprintf(key, sizeof(key), "key/%d", i);
			snprintf(text, sizeof(text), "[%d]", i);
			long long n = -1;
			same += json_int(json_at(ask_passing(two, key, text), 0), &n) && n == i;
			if (i % 100 == 0)
				arena_reset(two);
		}
	CHECK(same == 4 * 3000);
	/* Whoever holds something holds it longer than the memory lasts. */
	for (int i = 0; i < 3; i++)
		v = ask(one, "last", "{\"b\":[true]}");
	recall_free(recall);
	CHECK(json_bool(json_at(json_get(v, "b"), 0), false));
	arena_free(one);
	arena_free(two);
	recall_free(NULL);
	return check_end();
}
