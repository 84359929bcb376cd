/* json.h: JSON in and out, held in an arena.
 *
 * A value belongs to the arena that it was made in and is never freed. Readers take NULL for "absent" and
 * answer "no" to it, so that a path of lookups needs one check at its end. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct json;

enum json_type { JSON_NONE, JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT, JSON_PRINTED };

#define JSON_DEPTH 64	/* deepest nesting that is read */

struct json_error {
	const char	*what;	/* "not valid JSON", "a member stands twice: headers" ... */
	size_t		 line;	/* from 1 */
};

/* Read one JSON text (RFC 8259), strictly: UTF-8, nothing behind the value, no member name twice in one object, no
 * NUL in a string, nothing deeper than JSON_DEPTH. NULL if it is not that; err (may be NULL) then says why. */
struct json	*json_parse(struct arena *, const char *text, size_t len, struct json_error *err);

/* The line of text on which the member lies that path leads to ("oauth.code_ttl", names joined by dots,
 * array places by number). text is valid JSON. 0 if there is no such member. */
size_t		 json_line_of(const char *text, const char *path);

/* Compact text, NUL-terminated. */
char		*json_print(struct arena *, const struct json *);

/* --- reading --- */
enum json_type	 json_type(const struct json *);	/* JSON_NONE for NULL */
const struct json *json_get(const struct json *object, const char *name);	/* exact case; NULL if absent or no object */
const struct json *json_at(const struct json *array, size_t i);	/* NULL past the end or if no array */
const struct json *json_first(const struct json *);	/* first element or member, NULL if there is none */
const struct json *json_next(const struct json *);	/* the one after; NULL at the end */
const char	*json_name(const struct json *member);	/* of a member of an object; NULL otherwise */
size_t		 json_count(const struct json *);	/* elements or members */

const char	*json_string(const struct json *);	/* NULL if it is no string */
bool		 json_bool(const struct json *, bool otherwise);
bool		 json_number(const struct json *, double *out);	/* false if it is no finite number */
/* false if it is no whole number within +-2^53 */
bool		 json_int(const struct json *, long long *out);
bool		 json_equal(const struct json *, const struct json *);

/* json_get and one of the above in one step. */
const char	*json_get_string(const struct json *object, const char *name);
long long	 json_get_int(const struct json *object, const char *name, long long otherwise);
bool		 json_get_bool(const struct json *object, const char *name, bool otherwise);

/* --- making; a value may stand in one place only, json_copy makes another --- */
struct json	*json_object(struct arena *);
struct json	*json_array(struct arena *);
struct json	*json_new_string(struct arena *, const char *);
struct json	*json_new_number(struct arena *, double);
struct json	*json_new_bool(struct arena *, bool);
struct json	*json_new_null(struct arena *);
struct json	*json_copy(struct arena *, const struct json *);
size_t		 json_size(const struct json *);	/* of an arena's limit that a copy takes */

/* A text of json_print's, not copied: it is printed as it stands. To readers it says nothing but its type. */
struct json	*json_printed(struct arena *, const char *text);

/* A copy in which nothing is printed: readers find all of it. */
struct json	*json_read_again(struct arena *, const struct json *);

/* The same value once more, without copying what is in it: neither may be changed, and both last as long as the first. */
struct json	*json_share(struct arena *, const struct json *);

/* Put a member into an object, in place of one of the same name. value NULL takes it out. Returns value. */
struct json	*json_set(struct arena *, struct json *object, const char *name, struct json *value);
void		 json_set_string(struct arena *, struct json *object, const char *name, const char *value);
void		 json_set_int(struct arena *, struct json *object, const char *name, long long value);
void		 json_set_number(struct arena *, struct json *object, const char *name, double value);
void		 json_set_bool(struct arena *, struct json *object, const char *name, bool value);

/* Append to an array. Returns value. */
struct json	*json_append(struct arena *, struct json *array, struct json *value);
void		 json_append_string(struct arena *, struct json *array, const char *value);

/* Arrays of strings, as records have them for lists of ids. */
bool		 json_array_has(const struct json *array, const char *value);
void		 json_remove_first(struct json *array);	/* if there is one */
bool		 json_array_remove(struct json *array, const char *value);	/* true if it was there */

#endif
