/* placeholder.h: what the words behind a dollar sign stand for; for template.c alone. */
#ifndef ENDPOINTS_PLACEHOLDER_H
#define ENDPOINTS_PLACEHOLDER_H

#include <stdbool.h>
#include <stddef.h>

#include "endpoints/template.h"

enum placeholder_path { PATH_NONE, PATH_MAY, PATH_MUST };

struct placeholder {
	const char	*name;
	unsigned	 about;		/* of enum template_about: what there must be */
	enum placeholder_path path;	/* does something stand behind it: $params.id? */
	bool		 slash;		/* a component may stand there: $attr.outlet2/switch.switch */
	/* NULL: there is none. path as it stands behind the first dot; NULL if nothing does. */
	const struct json *(*value)(const struct template_scope *, const struct placeholder *, const char *path);
	size_t		 at;		/* for value: which member of a struct */
};

/* The one whose name is the first len bytes of name; NULL if there is none. */
const struct placeholder *placeholder_find(const char *name, size_t len);

#endif
