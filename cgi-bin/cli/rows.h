/* rows.h: put the rows of a list in order. */
#ifndef CLI_ROWS_H
#define CLI_ROWS_H

struct arena;
struct json;

/* A copy of an array of objects, in the order of one member: text by its bytes, numbers by size, false before true.
 * Rows that are equal in it keep their order. */
struct json	*rows_sorted(struct arena *, const struct json *rows, const char *member);

#endif
