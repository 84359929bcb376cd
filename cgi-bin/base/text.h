/* text.h: questions about text from outside: is it UTF-8, is it a number, is it close to another word. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct arena;

/* Is this well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates, nothing past U+10FFFF)? */
bool	 text_is_utf8(const char *s, size_t len);

/* The length of the longest beginning of s, at most max bytes, that does not end inside a UTF-8 character: for
 * printf's "%.*s", so that what is cut stays UTF-8. */
int	 text_cut(const char *s, int max);

/* Can a person be shown this name: 1 to max bytes of UTF-8, no control characters, not only white space? */
bool	 text_is_name(const char *s, size_t max);

/* len bytes percent-decoded (RFC 3986 2.1); plus: a + is a space, as in forms. NULL if malformed, not UTF-8, or if it would
 * hold a NUL. */
char	*text_url_decode(struct arena *, const char *s, size_t len, bool plus);

/* A whole decimal number with optional minus and nothing around it, between min and max. False leaves *out alone. */
bool	 text_to_int(const char *s, long long min, long long max, long long *out);

/* The edit distance of two words, for "did you mean": 0 is the same word. Words over 63 bytes count as far apart. */
size_t	 text_distance(const char *a, const char *b);

/* Does list hold word as one of its items? Items are separated by any of the characters in separators. */
bool	 text_list_has(const char *list, const char *separators, const char *word);

#endif
