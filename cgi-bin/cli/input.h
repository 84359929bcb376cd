/* input.h: passwords and secrets, which come in by stdin and never by the command line. */
#ifndef CLI_INPUT_H
#define CLI_INPUT_H

#include <stddef.h>

struct cli;

#define INPUT_MAX 4096	/* bytes of a secret, before anybody judges it */

/* The first line of stdin without its end; a terminal is asked for it and shows nothing. NULL if there is none, or it
 * is not one line of text; that was said, as something that stands behind --option (what: "password"). */
const char	*input_secret(const struct cli *, const char *what);

#endif
