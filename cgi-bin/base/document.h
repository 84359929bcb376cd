/* document.h: a file that people write, in JSON or in YAML as its name ends, and where in it a value stands. */
#ifndef BASE_DOCUMENT_H
#define BASE_DOCUMENT_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct json;
struct yaml_lines;

struct document {
	struct arena		*arena;		/* root lives in it */
	const char		*file;
	const char		*text;
	const struct yaml_lines	*lines;		/* NULL: it is JSON */
	const struct json	*root;		/* NULL: it could not be read */
};

/* Does the file's name end in .yaml or .yml? */
bool	 document_is_yaml(const char *file);

/* Read a file of at most max bytes. NULL if it is all right, else what is not, with file and line, in the arena. */
const char *document_read(struct document *, struct arena *, const char *file, size_t max);

/* The line of what lies at path ("pages.0.name"); of what is missing, or has a dot in its name, that of the nearest above it. */
size_t	 document_line_of(const struct document *, const char *path);

/* "file:line: path: what", as all complaints about files read; in the arena that is given. */
char	*document_fault(const struct document *, struct arena *, const char *path, const char *what);

#endif
