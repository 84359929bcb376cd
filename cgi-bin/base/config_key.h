/* config_key.h: the keys of gatehouse.json as one table: type, range, default, place; for base/config.c alone. */
#ifndef BASE_CONFIG_KEY_H
#define BASE_CONFIG_KEY_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct config_key;
struct json;

/* How a kind of value is read into its place in struct config (NULL, or a sentence that says what it must be), and
 * made JSON again. */
struct config_type {
	const char	*(*read)(struct arena *, const struct config_key *, const struct json *, void *slot);
	struct json	*(*show)(struct arena *, const void *slot);
};

struct config_key {
	const char		*path;		/* "oauth.code_ttl": at most one dot */
	const struct config_type *type;
	size_t			 at;		/* in struct config */
	const char		*otherwise;	/* the default, as JSON */
	long long		 min, max;	/* of a number */
	const char		*(*fault)(const char *);	/* of text, or of each element of an array */
};

/* The whole table; keys of one section stand together. */
extern const struct config_key config_keys[];
extern const size_t config_keys_count;

/* "code_ttl" of "oauth.code_ttl". */
const char	*config_key_leaf(const char *path);

/* The length of the section's name that a path begins with; 0 at the top. */
size_t		 config_key_section(const char *path);

/* Does the key stand in section ("" for the top)? */
bool		 config_key_in(const struct config_key *, const char *section);

/* Why section has no key name, with the name that was probably meant. */
const char	*config_key_unknown(struct arena *, const char *section, const char *name);

#endif
