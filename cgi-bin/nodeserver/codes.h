/* codes.h: a vendor's code is exchanged for tokens by us, where a node server's OAuth settings name a token endpoint: then the
 * client secret need not be in the program.
 *
 * Settings: {"token_endpoint", "client_id", "client_secret", "token_parameters"?: {...}, "addRedirect"?: false}. The call is the
 * courier's; what comes of it is the message {"oauth": {"state", ...}} with the vendor's answer, or {"state", "error", ...}. */
#ifndef NODESERVER_CODES_H
#define NODESERVER_CODES_H

#include <stdbool.h>

#include "courier/outbox.h"

struct json;
struct nodeserver;
struct nodeserver_context;

/* Is this answer (the callback's parameters) one to be exchanged? */
bool		 codes_wanted(const struct nodeserver_context *, const struct nodeserver *, const struct json *parameters);

/* Have it done. */
enum store_result codes_exchange(const struct nodeserver_context *, const struct nodeserver *, const struct json *parameters);

extern const struct outbox_kind nodeserver_exchange;

#endif
