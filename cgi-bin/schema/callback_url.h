/* callback_url.h: may our secrets be sent to this URL? */
#ifndef SCHEMA_CALLBACK_URL_H
#define SCHEMA_CALLBACK_URL_H

#include <stdbool.h>

struct config;

/* NULL if it may: a host of smartthings.callback_hosts at port 443, or what target_fault (courier/target.h) allows for this
 * machine: *loopback. Else why not. NULL url is allowed. */
const char	*callback_url_fault(const struct config *, const char *url, bool *loopback);

#endif
