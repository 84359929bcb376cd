/* client_options.h: the options of "client add" as a client. */
#ifndef CLI_CLIENT_OPTIONS_H
#define CLI_CLIENT_OPTIONS_H

#include <stdbool.h>

struct cli;
struct client;

/* Everything but the secret and the key. False if an option is not right; that was said, with the usage line. */
bool	 client_options_read(const struct cli *, struct client *);

/* The public key of --jwk FILE, where that was given. False if it is not one; that was said. */
bool	 client_options_key(const struct cli *, struct client *);

#endif
