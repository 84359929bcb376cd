/* record.c: keys that nobody can forge with a slash, values that say which version they are. */
#include "db/record.h"

#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/text.h"
#include "db/recall.h"
#include "base/banned.h"

/* What a byte is to a part: keys are made all the time, so each byte is looked at once. */
enum { NEVER = 1, NOT_ASCII = 2 };
static const unsigned char kinds[256] = {
	[0x00 ... 0x1f] = NEVER, ['/'] = NEVER, [0x7f] = NEVER, [0x80 ... 0xff] = NOT_ASCII,
};

/* The length of a part; 0 if no key can hold it. */
static size_t
part_len(const char *part)
{
	const unsigned char *s = (const unsigned char *)part;
	unsigned seen = 0;

	for (; *s != '\0'; s++)
		seen |= kinds[*s];
	size_t len = (size_t)(s - (const unsigned char *)part);
	return seen == 0 || (seen == NOT_ASCII && text_is_utf8(part, len)) ? len : 0;
}

char *
record_key(struct arena *arena, const char *kind, ...)
{
	char key[STORE_KEY_MAX + 1];
	size_t len = 0;
	va_list ap;

	va_start(ap, kind);
	for (const char *part = kind; part != NULL; part = va_arg(ap, const char *)) {
		size_t n = part_len(part), more = n + (part != kind);
		if (n == 0 || more > STORE_KEY_MAX - len) {
			va_end(ap);
			return NULL;
		}
		if (part != kind)
			key[len++] = '/';
		memcpy(key + len, part, n);
		len += n;
	}
	va_end(ap);
	return arena_strndup(arena, key, len);
}

static bool
is_record(const struct json *v)
{
	long long version;

	return json_type(v) == JSON_OBJECT && json_int(json_get(v, "v"), &version) && version >= 1 && version <= RECORD_VERSION;
}

struct json *
record_parse(struct arena *arena, const char *value)
{
	struct json *v = json_parse(arena, value, strlen(value), NULL);

	return is_record(v) ? v : NULL;
}

struct json *
record_new(struct arena *arena)
{
	struct json *v = json_object(arena);

	json_set_int(arena, v, "v", RECORD_VERSION);
	return v;
}

/* What reading gave, as JSON. */
static enum store_result
parsed(struct arena *arena, enum store_result r, const char *value, struct json **out)
{
	*out = r == STORE_OK ? record_parse(arena, value) : NULL;
	return r == STORE_OK && *out == NULL ? STORE_FAILED : r;
}

enum store_result
record_get(struct store *s, struct arena *arena, const char *key, struct json **out)
{
	const char *value = NULL;
	enum store_result r = key != NULL ? store_get(s, arena, key, &value) : STORE_ABSENT;

	return parsed(arena, r, value, out);
}

/* What reading gave that is shared. */
static enum store_result
seen(enum store_result r, const struct json **out)
{
	if (r != STORE_OK || is_record(*out))
		return r;
	*out = NULL;
	return STORE_FAILED;
}

enum store_result
record_read(struct store *s, struct arena *arena, const char *key, const struct json **out, uint64_t *which)
{
	const char *text;
	size_t len;
	enum store_result r = key != NULL ? store_peek(s, key, &text, &len) : STORE_ABSENT;

	*out = r == STORE_OK ? recall_json(store_recall(s), arena, key, text, len, which) : NULL;
	return seen(r, out);
}

enum store_result
record_tx_get(struct store_tx *tx, const char *key, struct json **out)
{
	const char *value = NULL;
	enum store_result r = key != NULL ? store_tx_get(tx, key, &value) : STORE_ABSENT;

	return parsed(store_tx_arena(tx), r, value, out);
}

enum store_result
record_tx_read(struct store_tx *tx, const char *key, const struct json **out)
{
	const char *value = NULL;
	enum store_result r = key != NULL ? store_tx_get(tx, key, &value) : STORE_ABSENT;

	*out = r == STORE_OK ? recall_json(store_tx_recall(tx), store_tx_arena(tx), key, value, strlen(value), NULL) : NULL;
	return seen(r, out);
}

enum store_result
record_tx_put(struct store_tx *tx, const char *key, const struct json *value, int64_t expires)
{
	return store_tx_put(tx, key, json_print(store_tx_arena(tx), value), expires);
}

enum store_result
record_tx_delete(struct store_tx *tx, const char *key)
{
	return key != NULL ? store_tx_delete(tx, key) : STORE_OK;
}
