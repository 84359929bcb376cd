/* store-engine.h: the engine that a test of the store's interface is for: gdbm, or what STORE_ENGINE and STORE_URL say.
 *
 * A path is a store of its own on either: on PostgreSQL, a schema of the database. */
#ifndef STORE_ENGINE_H
#define STORE_ENGINE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/store.h"

static inline bool
engine_is_remote(void)
{
	const char *name = getenv("STORE_ENGINE");

	return name != NULL && strcmp(name, "postgresql") == 0;
}

/* Options for the store of path. The url lies in memory that the next call overwrites. */
static inline struct store_options
engine_options(const char *path)
{
	static char url[1000];
	struct store_options o = { .engine = getenv("STORE_ENGINE"), .path = path };
	const char *base = getenv("STORE_URL"), *isolation = getenv("STORE_ISOLATION");
	uint64_t h = 14695981039346656037u;

	if (!engine_is_remote() || base == NULL)
		return o;
	for (; *path != '\0'; path++)
		h = (h ^ (unsigned char)*path) * 1099511628211u;
	o.url = base;
	o.serializable = isolation != NULL && strcmp(isolation, "serializable") == 0;
	if (getenv("STORE_PLAIN") != NULL)	/* the database itself, as a test has prepared it */
		return o;
	snprintf(url, sizeof(url), "%s%coptions=-csearch_path%%3Dt%016llx", base, strchr(base, '?') != NULL ? '&' : '?',
	    (unsigned long long)h);
	o.url = url;
	return o;
}

#endif
