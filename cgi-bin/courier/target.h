/* target.h: may this URL be called by us? Who names it is often a stranger. What its name stands for is checked once more
 * when the connection is made (web/fetch.h). */
#ifndef COURIER_TARGET_H
#define COURIER_TARGET_H

#include <stdbool.h>

struct config;
struct json;

struct target_rule {
	const struct json	*hosts;	/* array of texts: a host, or with a dot in front all below it; NULL = any public one */
	bool			 any_port;	/* else 443 alone */
	bool			 own;	/* this server too, by its public_url, where the simulator plays the other side */
};

/* NULL if it may: https, without userinfo, at a host and a port of the rule, and never, whatever the rule lists, by a name of
 * this machine or of the network around it ("localhost", "nas.local"). Where insecure_loopback is on, also http or https to
 * this machine, at any port: *loopback says whether it is that, which fetch wants to know. Else why not, as the end of a
 * sentence. url may be NULL. */
const char	*target_fault(const struct config *, const struct target_rule *, const char *url, bool *loopback);

#endif
