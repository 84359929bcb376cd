/* configured.c: options from the config; the address of a database may stand in a file that nobody else can read. */
#include "db/configured.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/banned.h"

#define URL_MAX 4096	/* bytes of the file */

/* The address; NULL with why. */
static const char *
read_url(struct arena *a, const struct config *c, char *why, size_t why_size)
{
	const char *file = config_path(a, c, c->store.url_file);
	size_t len;
	char *url;

	if (*c->store.url_file == '\0')
		return c->store.url;
	if ((url = config_read_file(a, file, URL_MAX, &len)) == NULL) {
		snprintf(why, why_size, "store.url_file: %.300s: %s", file, strerror(errno));
		return NULL;
	}
	url[strcspn(url, "\r\n")] = '\0';
	const char *fault = config_database_fault(url);
	if (fault == NULL)
		return url;
	snprintf(why, why_size, "store.url_file: %.300s: its first line %s", file, fault);
	return NULL;
}

enum store_result
store_open_configured(struct store **out, struct arena *a, const struct config *c, bool read_only, char *why, size_t why_size)
{
	struct store_options options = { .engine = c->store.engine, .path = config_path(a, c, c->store.path),
	    .serializable = strcmp(c->store.isolation, "serializable") == 0, .read_only = read_only };

	*out = NULL;
	if ((options.url = read_url(a, c, why, why_size)) == NULL)
		return STORE_FAILED;
	return store_open(out, &options, why, why_size);
}
