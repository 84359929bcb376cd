/* json_value.h: what a JSON value is made of: for the files json*.c of this folder only; others see json.h. */
#ifndef BASE_JSON_VALUE_H
#define BASE_JSON_VALUE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/json.h"

struct json {
	enum json_type	 type;
	bool		 truth;		/* of a truth */
	const char	*name;		/* of a member of an object; NULL otherwise */
	struct json	*next;		/* beside it in the same array or object; NULL at the end */
	union {
		const char	*text;		/* of a string, or printed */
		double		 number;	/* of a number; infinite, where the text has a bigger one than there is */
		struct {
			struct json	*first, *last;	/* of an array or object; both NULL: it is empty */
		};
	};
};

/* Do two numbers mean the same? The last bit of a double is nobody's intention. */
bool		 json_same_number(double, double);

/* Add a value that stands nowhere yet at the end of an array or object; name: as a member; NULL in an array. */
void		 json_link(struct json *to, struct json *value, const char *name);

#endif
