/* store_dump.c: a head, a line a record, an end that counts them: what was cut off shows. */
#include "cli/store_dump.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "base/banned.h"

#define DUMP_NAME	"gatehouse store"
#define DUMP_VERSION	1
#define LINE_ARENA	(64u << 20)	/* memory for one line */
#define BATCH_KEYS	48		/* records put at a time; below the store's limits */
#define BATCH_BYTES	(512u << 10)

/* --- dump --- */

struct dumping {
	FILE		*out;
	struct arena	*arena;
	size_t		 n;
	bool		 not_text;
};

/* The value as JSON if that is what it is to the last byte; as text otherwise, so that nothing changes on the way. */
static void
print_value(struct dumping *d, const char *value)
{
	struct json *v = json_parse(d->arena, value, strlen(value), NULL);

	if (v != NULL && strcmp(json_print(d->arena, v), value) == 0)
		fprintf(d->out, "\"value\":%s}\n", value);
	else
		fprintf(d->out, "\"text\":%s}\n", json_print(d->arena, json_new_string(d->arena, value)));
}

static bool
dump_one(void *arg, const char *key, const char *value, int64_t expires)
{
	struct dumping *d = arg;

	d->not_text = !text_is_utf8(key, strlen(key)) || !text_is_utf8(value, strlen(value));
	if (d->not_text)
		return false;
	fprintf(d->out, "{\"key\":%s,", json_print(d->arena, json_new_string(d->arena, key)));
	if (expires != 0)
		fprintf(d->out, "\"expires\":%lld,", (long long)expires);
	print_value(d, value);
	arena_reset(d->arena);
	d->n++;
	return !ferror(d->out);
}

enum store_result
store_dump(struct store *s, FILE *out, size_t *n, const char **why)
{
	struct dumping d = { .out = out, .arena = arena_new(LINE_ARENA) };

	fprintf(out, "{\"dump\":\"" DUMP_NAME "\",\"v\":%d,\"made\":%lld}\n", DUMP_VERSION, (long long)clock_sec());
	enum store_result r = store_each(s, dump_one, &d);
	arena_free(d.arena);
	*n = d.n;
	*why = NULL;
	if (d.not_text)
		*why = "a record holds bytes that are no text";
	else if (r == STORE_OK && (fprintf(out, "{\"end\":%zu}\n", d.n) < 0 || fflush(out) != 0 || ferror(out)))
		*why = "the dump could not be written to its end";
	return *why != NULL ? STORE_FAILED : r;
}

/* --- reading lines --- */

struct record { const char *key, *value; int64_t expires; };

enum line { LINE_RECORD, LINE_HEAD, LINE_END, LINE_WRONG };

/* What a line says; n is the number that a head or an end has. */
static enum line
read_line(struct arena *a, const char *text, struct record *rec, long long *n)
{
	const struct json *v = json_parse(a, text, strlen(text), NULL), *value = json_get(v, "value");
	const char *dump = json_get_string(v, "dump");

	if (dump != NULL)
		return strcmp(dump, DUMP_NAME) == 0 && json_int(json_get(v, "v"), n) ? LINE_HEAD : LINE_WRONG;
	if (json_int(json_get(v, "end"), n))
		return LINE_END;
	rec->key = json_get_string(v, "key");
	rec->value = value != NULL ? json_print(a, value) : json_get_string(v, "text");
	long long expires = json_get_int(v, "expires", 0);
	rec->expires = expires;
	bool fits = rec->key != NULL && rec->value != NULL && expires >= 0 && *rec->key != '\0' &&
	    strlen(rec->key) <= STORE_KEY_MAX && strlen(rec->value) <= STORE_VALUE_MAX;
	return fits ? LINE_RECORD : LINE_WRONG;
}

struct reading {
	size_t		 line, records;
	bool		 ended;
};

static const char *
fault_of_line(struct arena *a, struct reading *r, const char *text)
{
	struct record rec;
	long long n = 0;
	enum line kind = read_line(a, text, &rec, &n);

	if (r->line == 1 ? kind != LINE_HEAD : kind == LINE_HEAD || r->ended)
		return r->line == 1 ? "this is no dump of a store" : "something stands behind the dump's end";
	if (kind == LINE_HEAD && (n < 1 || n > DUMP_VERSION))
		return "the dump is of a newer version than this program";
	if (kind == LINE_WRONG)
		return "this is no record";
	r->records += kind == LINE_RECORD;
	r->ended = kind == LINE_END;
	return r->ended && n != (long long)r->records ? "there are not as many records as its end says" : NULL;
}

const char *
store_dump_fault(struct arena *out, FILE *in, size_t *n)
{
	struct arena *a = arena_new(LINE_ARENA);
	struct reading r = { 0, 0, false };
	const char *fault = NULL;
	char *text = NULL;
	size_t size = 0;

	while (fault == NULL && getline(&text, &size, in) > 0) {
		r.line++;
		fault = fault_of_line(a, &r, text);
		arena_reset(a);
	}
	free(text);
	arena_free(a);
	*n = r.records;
	if (fault == NULL && !r.ended)
		fault = "it is cut off: its end is missing";
	return fault != NULL ? arena_printf(out, "line %zu: %s", r.line, fault) : NULL;
}

/* --- load --- */

struct batch {
	struct record	 rec[BATCH_KEYS];
	size_t		 n, bytes;
};

static enum store_result
put_batch(struct store_tx *tx, void *arg)
{
	const struct batch *b = arg;
	enum store_result r = STORE_OK;

	for (size_t i = 0; i < b->n && r == STORE_OK; i++)
		r = store_tx_put(tx, b->rec[i].key, b->rec[i].value, b->rec[i].expires);
	return r;
}

static enum store_result
flush(struct store *s, struct arena *a, struct batch *b)
{
	enum store_result r = b->n > 0 ? store_run(s, a, put_batch, b) : STORE_OK;

	b->n = b->bytes = 0;
	arena_reset(a);
	return r;
}

enum store_result
store_dump_load(struct store *s, FILE *in)
{
	struct arena *a = arena_new(LINE_ARENA);
	struct batch b = { .n = 0 };
	enum store_result r = STORE_OK;
	char *text = NULL;
	size_t size = 0;
	long long n;
	int64_t now = clock_sec();

	while (r == STORE_OK && getline(&text, &size, in) > 0) {
		struct record *rec = &b.rec[b.n];
		if (read_line(a, text, rec, &n) != LINE_RECORD || (rec->expires != 0 && rec->expires <= now))
			continue;
		b.n++;
		b.bytes += strlen(rec->key) + strlen(rec->value);
		if (b.n == BATCH_KEYS || b.bytes > BATCH_BYTES)
			r = flush(s, a, &b);
	}
	if (r == STORE_OK)
		r = flush(s, a, &b);
	free(text);
	arena_free(a);
	return r;
}
