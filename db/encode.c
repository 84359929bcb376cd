/* encode.c: a transaction's bytes, in a buffer that the process keeps. */
#include "db/encode.h"

#include <stdlib.h>
#include <string.h>

#include "db/engine.h"
#include "db/live.h"
#include "base/banned.h"

static bool
need(struct engine *e, size_t size)
{
	if (size <= e->buf_size)
		return true;
	char *bigger = realloc(e->buf, size);
	if (bigger == NULL)
		return false;
	e->buf = bigger;
	e->buf_size = size;
	return true;
}

static size_t
write_size(const struct engine_write *w)
{
	return op_size(strlen(w->key), w->value != NULL ? strlen(w->value) : 0);
}

static void
encode_op(char *at, const struct engine_write *w)
{
	size_t key_len = strlen(w->key), value_len = w->value != NULL ? strlen(w->value) : 0;
	struct journal_op *op = (void *)at;

	memset(at + op_size(key_len, value_len) - 8, 0, 8);
	*op = (struct journal_op){ .key_len = (uint16_t)key_len, .kind = w->value != NULL ? JOURNAL_PUT : JOURNAL_DELETE,
	    .value_len = (uint32_t)value_len, .expires = w->expires };
	memcpy(at + sizeof(*op), w->key, key_len);
	if (value_len > 0)
		memcpy(at + sizeof(*op) + key_len, w->value, value_len);
}

bool
encode_tx(struct engine *e, const struct engine_write *writes, size_t n)
{
	size_t len = sizeof(struct journal_tx);

	for (size_t i = 0; i < n; i++)
		len += write_size(&writes[i]);
	if (!need(e, len))
		return false;
	struct journal_tx *tx = (void *)e->buf;
	*tx = (struct journal_tx){ .len = (uint32_t)len, .count = (uint32_t)n };
	e->buf_len = sizeof(*tx);
	for (size_t i = 0; i < n; i++) {
		encode_op(e->buf + e->buf_len, &writes[i]);
		e->buf_len += write_size(&writes[i]);
	}
	e->buf_salt = 0;
	return true;
}

void
encode_sums(struct engine *e, uint64_t salt)
{
	const struct journal_tx *tx = (void *)e->buf;

	if (e->buf_salt == salt)
		return;
	for (const struct journal_op *op = NULL; (op = tx_next(tx, op)) != NULL;)
		((struct journal_op *)(uintptr_t)op)->crc = journal_op_crc(salt, op);
	e->buf_salt = salt;
}
