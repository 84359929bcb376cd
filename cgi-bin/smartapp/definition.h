/* definition.h: what the SmartApp is: its file, JSON or YAML, read and checked once at start. docs/smartapp.md has every member. */
#ifndef SMARTAPP_DEFINITION_H
#define SMARTAPP_DEFINITION_H

#include <stddef.h>

#include "smartapp/page.h"

struct arena;
struct json;
struct plan;
struct source_file;

struct definition_page {
	const char		*id;
	const struct json	*answer;	/* the page as the platform is told it */
};

struct definition {
	struct smartapp_definition app;		/* as handlers see it */
	const char		*path;		/* of app.target_url, without a query; "/" if it has none */
	const struct json	*permissions;	/* an array of texts */
	struct definition_page	*pages;		/* in their order; none if it has no configuration */
	size_t			 pages_count;
	const struct json	*settings;	/* object: setting id -> setting, over all pages */
	const char		*warning;	/* something odd that is no fault; NULL = nothing */
	const struct plan	*plan;		/* what the built-in handler does */
};

/* Read a file. NULL if it is not right; *why says file, line, key and what is wrong. It lives in the arena. */
const struct definition *definition_load(struct arena *, const char *file, const char **why);

/* NULL if there is no page of that id. */
const struct definition_page *definition_page(const struct definition *, const char *id);

#endif
