/* password.h: password hashes: argon2id (RFC 9106), at OWASP's minimum or more. */
#ifndef OAUTH_PASSWORD_H
#define OAUTH_PASSWORD_H

#include <stdbool.h>

struct arena;

/* Hash a password (at most PASSWORD_MAX bytes, see user.h) with a fresh salt, as "$argon2id$...". About 25 ms and 19 MiB.
 * NULL if there is no memory for it. */
char	*password_hash(struct arena *, const char *password);

/* Is it the right one? hash NULL: works as long and says no, so that nobody learns which names exist. */
bool	 password_ok(const char *hash, const char *password);

/* Was it made with weaker parameters than today's? */
bool	 password_is_weak_hash(const char *hash);

/* Is it among the first thousands that a guessing program tries? Known words with figures and signs around them or in
 * place of letters, runs, repetitions, figures alone, keyboard walks. Compared without case. */
bool	 password_is_common(const char *password);

#endif
