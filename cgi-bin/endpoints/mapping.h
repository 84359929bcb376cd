/* mapping.h: which address of an app is meant: paths of at most four levels, with variables. */
#ifndef ENDPOINTS_MAPPING_H
#define ENDPOINTS_MAPPING_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct definition;
struct handler;
struct json;
struct webapp;

#define MAPPING_LEVELS	4
#define MAPPING_METHODS	4

extern const char *const mapping_methods[MAPPING_METHODS];	/* "GET", "PUT", "POST", "DELETE" */

struct level {
	const char	*name;
	bool		 variable;	/* ":name": whatever stands there */
};

/* What is done for a method; handler NULL: nothing, it is not allowed here. */
struct action {
	const struct handler	*handler;
	const struct json	*spec;		/* the action as the file has it */
};

struct mapping {
	const char	*path;		/* as the file has it */
	struct level	 levels[MAPPING_LEVELS];
	size_t		 n_levels;
	struct action	 actions[MAPPING_METHODS];
};

/* Read the member "mappings" of an app's file, whose inputs are known, into app->mappings. */
void		 mappings_read(struct definition *, const char *path, const struct json *, struct webapp *);

/* The mapping of a request's path ("/switches/on", as sent: percent-encoded), and the values of its variables as an object.
 * A literal beats a variable, whatever the order in the file. NULL if there is none: also for a path that is malformed, has
 * an empty level, a "." or "..", or a NUL in it. An encoded slash is part of its level. */
const struct mapping *mapping_find(struct arena *, const struct webapp *, const char *path, struct json **variables);

/* The methods of a mapping as an Allow header has them. */
char		*mapping_allow(struct arena *, const struct mapping *);

#endif
