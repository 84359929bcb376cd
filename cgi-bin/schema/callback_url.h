/* callback_url.h: may our secrets be sent to this URL? */
#ifndef SCHEMA_CALLBACK_URL_H
#define SCHEMA_CALLBACK_URL_H

struct config;

/* NULL if it may: https, without userinfo, at port 443, and the host is one of smartthings.callback_hosts. Where
 * insecure_loopback is on, also http or https to this machine, at any port. Else why not. NULL url is allowed. */
const char	*callback_url_fault(const struct config *, const char *url);

#endif
