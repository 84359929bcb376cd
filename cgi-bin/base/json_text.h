/* json_text.h: where in a JSON text something stands. */
#ifndef BASE_JSON_TEXT_H
#define BASE_JSON_TEXT_H

#include <stddef.h>

/* The line, from 1, on which the place where lies. */
size_t		 json_text_line(const char *text, const char *where);

#endif
