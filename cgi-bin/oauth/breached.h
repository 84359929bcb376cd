/* breached.h: is a password in a list of those that were in other people's breaches?
 *
 * The list is a file as haveibeenpwned.com publishes it: a line a password, its SHA-1 as 40 hexadecimal figures, a colon and how
 * often it was seen; sorted by the hash. It is searched by halving, some 30 small reads in 40 GB, and never held in memory. */
#ifndef OAUTH_BREACHED_H
#define OAUTH_BREACHED_H

struct arena;
struct breached;
struct config;

enum breached_found { BREACHED_NO, BREACHED_YES, BREACHED_UNKNOWN };

/* Open it, for the process's life. Its first and last lines, and some between, are looked at. NULL if it cannot be read or is not
 * such a list; *why then says what is wrong, for a person. */
struct breached		*breached_open(struct arena *, const char *path, const char **why);

/* The list that the configuration names, which was read from file; NULL with *why NULL if it names none, with *why if what it names
 * is none. */
struct breached		*breached_configured(struct arena *, const struct config *, const char *file, const char **why);

void			 breached_close(struct breached *);	/* NULL is allowed */

/* NULL: there is no list, and nothing is in it. UNKNOWN (logged) if it cannot be read, or has lines that are none of its kind. */
enum breached_found	 breached_has(const struct breached *, const char *password);

#endif
