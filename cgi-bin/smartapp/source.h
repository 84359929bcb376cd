/* source.h: a definition file while it is read: JSON or YAML by its ending, and how a fault in it is told. */
#ifndef SMARTAPP_SOURCE_H
#define SMARTAPP_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/document.h"

struct arena;
struct json;

struct source_file {
	struct arena	*arena;
	struct document	 document;
	const char	*why;		/* the first fault; NULL = none yet */
};

/* Read the file. False with why if it is not one object. */
bool	 source_read(struct source_file *, struct arena *, const char *file);

/* Note that what stands at path ("configPages.0.name"; "" = the whole) is wrong, unless something was before. Always false. */
bool	 source_fault(struct source_file *, const char *path, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4)));

/* "path.name", "path.3". */
const char *source_below(struct source_file *, const char *path, const char *name);
const char *source_place(struct source_file *, const char *path, size_t place);

/* What a member may be. */
enum source_kind {
	SOURCE_TEXT,	/* up to max bytes, not empty */
	SOURCE_ANY_TEXT,	/* may be empty, may have several lines */
	SOURCE_ID,	/* letters, digits, . - _ */
	SOURCE_BOOL,
	SOURCE_NUMBER,
	SOURCE_TEXTS,	/* a list of texts */
	SOURCE_LIST,	/* of objects, for others to look into */
	SOURCE_OBJECT,	/* for others to look into */
	SOURCE_VALUE,	/* anything */
	SOURCE_TRUTH,	/* "true" or "false", as text */
	SOURCE_IMAGE,	/* https URL or data URI */
	SOURCE_URL,	/* https */
};

struct source_member {
	const char	*name;		/* NULL ends a table */
	enum source_kind kind;
	size_t		 max;		/* bytes, or elements; 0 = no bound of its own */
	bool		 must;
	unsigned long	 where;		/* for who calls: bits; 0 = everywhere */
};

/* Is object one with members of this table alone (those with a bit of where, or none), each as it must be? */
bool	 source_check(struct source_file *, const struct json *object, const char *path, const struct source_member *,
	    unsigned long where);

#endif
