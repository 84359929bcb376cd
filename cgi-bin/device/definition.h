/* definition.h: reads a definition file, JSON or YAML, and says, where it is wrong, in which line.
 *
 * For the catalogue's files and those of apps. The first complaint is kept, later ones are dropped, so that a reader may
 * go on with what it has and the caller asks once. */
#ifndef DEVICE_DEFINITION_H
#define DEVICE_DEFINITION_H

#include <stddef.h>

#include "base/document.h"

struct arena;
struct json;

struct definition {
	struct arena	*arena;		/* for what is kept */
	struct arena	*scratch;	/* gone when the file is read */
	struct document	 document;
	const char	*why;		/* the first complaint; NULL so far */
};

/* Read folder/name. Its root, or NULL with d->why set. */
const struct json *definition_open(struct definition *, struct arena *, struct arena *scratch, const char *folder,
		    const char *name);

/* Complain about what lies at path ("capabilities.switch.attributes"). */
void		 definition_fault(struct definition *, const char *path, const char *fmt, ...)
		    __attribute__((format(printf, 3, 4)));

/* path.name, in the scratch arena. */
const char	*definition_path(const struct definition *, const char *path, const char *name);

/* A complaint if v is no object, or has a member that is not in names (separated by spaces). */
void		 definition_members(struct definition *, const char *path, const struct json *v, const char *names);

/* A member that must be a non-empty string; kept in the arena. "" after a complaint. */
const char	*definition_string(struct definition *, const char *path, const struct json *object, const char *name);

/* The same, where it may be absent: NULL. */
const char	*definition_option(struct definition *, const char *path, const struct json *object, const char *name);

/* An array of non-empty strings, NULL at its end. After a complaint it is empty. */
const char	*const *definition_strings(struct definition *, const char *path, const struct json *array);

#endif
