/* json_text.h: what json.c asks of a JSON text before and beside parsing it. */
#ifndef BASE_JSON_TEXT_H
#define BASE_JSON_TEXT_H

#include <stddef.h>

/* What cJSON would let pass: numbers such as 01 and 1., odd white space, control characters and NULs in strings, depth
 * over JSON_DEPTH. NULL if there is none of it: whether it is JSON is then cJSON's to judge. *where: at the fault. */
const char	*json_text_fault(const char *text, size_t len, const char **where);

/* The line, from 1, on which the place where lies. */
size_t		 json_text_line(const char *text, const char *where);

#endif
