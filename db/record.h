/* record.h: how records look: keys "kind/part/part", values JSON objects with a version in "v". */
#ifndef DB_RECORD_H
#define DB_RECORD_H

#include <stdint.h>

#include "db/store.h"

struct arena;
struct json;

#define RECORD_VERSION 1	/* the newest "v" that this build writes and reads */

/* kind and the parts up to NULL, joined by slashes: record_key(arena, "device", user, id, NULL).
 * NULL if a part is empty, holds a slash or a control character or is not UTF-8, or if the key gets too long:
 * no such record can exist, and the functions below answer a NULL key so. */
char		*record_key(struct arena *, const char *kind, ...) __attribute__((sentinel));

/* A value as JSON. NULL if it is not an object with a version that this build knows. */
struct json	*record_parse(struct arena *, const char *value);

/* A fresh object with "v" in it. */
struct json	*record_new(struct arena *);

/* store_get and record_parse. *out is NULL unless STORE_OK. A key of NULL is STORE_ABSENT; a value that does not parse
 * is STORE_FAILED. */
enum store_result record_get(struct store *, struct arena *, const char *key, struct json **out);

/* The same to look at alone: it may be shared with others who read the same record, and is good until the arena's reset.
 * which (may be NULL): as recall_json says it (db/recall.h). */
enum store_result record_read(struct store *, struct arena *, const char *key, const struct json **out, uint64_t *which);

/* The same inside a transaction, in its arena. */
enum store_result record_tx_get(struct store_tx *, const char *key, struct json **out);

/* ... to look at alone, as record_read. */
enum store_result record_tx_read(struct store_tx *, const char *key, const struct json **out);

/* Print and put; expires as for store_tx_put. A key of NULL is STORE_LIMIT. */
enum store_result record_tx_put(struct store_tx *, const char *key, const struct json *, int64_t expires);

/* Delete. A key of NULL is STORE_OK: there is none. */
enum store_result record_tx_delete(struct store_tx *, const char *key);

#endif
