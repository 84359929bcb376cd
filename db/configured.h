/* configured.h: the store of an instance, as its config says. */
#ifndef DB_CONFIGURED_H
#define DB_CONFIGURED_H

#include <stdbool.h>
#include <stddef.h>

#include "db/store.h"

struct arena;
struct config;

/* Open it; read_only: only to look. What the options point at lives in arena, no longer than this call needs it. As store_open. */
enum store_result store_open_configured(struct store **, struct arena *, const struct config *, bool read_only, char *why, size_t why_size);

#endif
