/* base32.h: bytes as letters and figures that people can read out and type (RFC 4648 6), without padding. */
#ifndef BASE_BASE32_H
#define BASE_BASE32_H

#include <stddef.h>

struct arena;

/* len bytes as [A-Z2-7]: 5 bytes give 8 characters. */
char		*base32_text(struct arena *, const void *data, size_t len);

/* Decode what somebody typed: small letters, spaces and hyphens are fine. NULL if anything else stands in it, or if it is not
 * exactly what base32_text makes. The length in *out_len. */
unsigned char	*base32_bytes(struct arena *, const char *text, size_t *out_len);

/* What somebody typed as base32_text would write it: large letters, no spaces, no hyphens. */
char		*base32_tidy(struct arena *, const char *text);

#endif
