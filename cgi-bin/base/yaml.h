/* yaml.h: files that people write in YAML, read as the JSON values that they stand for; the only door to libyaml.
 *
 * Mappings, sequences and scalars of one document. Plain true, false, null (or nothing) and JSON numbers are those; all else
 * is text: off, yes and 1:30 too. Anchors, aliases, tags, merge keys and members that stand twice are refused. */
#ifndef BASE_YAML_H
#define BASE_YAML_H

#include <stddef.h>

struct arena;
struct json;
struct json_error;
struct yaml_lines;

/* NULL if it is not that; err says why and where. *lines (may be NULL) is for yaml_line_of. */
struct json	*yaml_parse(struct arena *, const char *text, size_t len, struct yaml_lines **lines, struct json_error *err);

/* The line of the value that path leads to ("pages.0.name"); 0 if there is none. Compare json_line_of. */
size_t		 yaml_line_of(const struct yaml_lines *, const char *path);

#endif
