/* address.h: which addresses of the network may be called: never one inside our own networks. */
#ifndef WEB_ADDRESS_H
#define WEB_ADDRESS_H

#include <stdbool.h>

struct sockaddr;

/* Is this text an IPv4 or IPv6 address of global unicast: nothing private, link-local, loopback, multicast, documentation,
 * nor an IPv6 form of one of these? */
bool	 address_is_public(const char *text);

/* May this be connected to: a public address, or, where loopback is meant, this machine and nothing else? */
bool	 address_may_be_called(const struct sockaddr *, bool loopback);

#endif
