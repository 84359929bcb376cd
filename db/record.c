/* record.c: keys that nobody can forge with a slash, values that say which version they are. */
#include "db/record.h"

#include <stdarg.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/text.h"
#include "base/banned.h"

static bool
part_is_sound(const char *part)
{
	if (*part == '\0' || !text_is_utf8(part, strlen(part)))
		return false;
	for (; *part != '\0'; part++)
		if ((unsigned char)*part < 0x20 || *part == 0x7f || *part == '/')
			return false;
	return true;
}

char *
record_key(struct arena *arena, const char *kind, ...)
{
	struct buf key = buf_new(arena, STORE_KEY_MAX);
	bool sound = true;
	va_list ap;

	va_start(ap, kind);
	for (const char *part = kind; part != NULL; part = va_arg(ap, const char *)) {
		sound = sound && part_is_sound(part);
		if (part != kind)
			buf_char(&key, '/');
		buf_text(&key, part);
	}
	va_end(ap);
	return sound && !key.over ? key.data : NULL;
}

struct json *
record_parse(struct arena *arena, const char *value)
{
	struct json *v = json_parse(arena, value, strlen(value), NULL);
	long long version;

	if (json_type(v) != JSON_OBJECT || !json_int(json_get(v, "v"), &version))
		return NULL;
	return version >= 1 && version <= RECORD_VERSION ? v : NULL;
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

enum store_result
record_tx_get(struct store_tx *tx, const char *key, struct json **out)
{
	const char *value = NULL;
	enum store_result r = key != NULL ? store_tx_get(tx, key, &value) : STORE_ABSENT;

	return parsed(store_tx_arena(tx), r, value, out);
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
