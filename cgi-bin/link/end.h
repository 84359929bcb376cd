/* end.h: how a link ends. */
#ifndef LINK_END_H
#define LINK_END_H

#include "courier/outbox.h"
#include "link/link.h"

/* End a link: its devices go, the vendor is told by the courier, whenever it can be reached, and nothing is left. */
enum store_result link_end(const struct links *, struct arena *, const struct link *);

/* All links of a user: before an account goes. */
enum store_result link_end_all(const struct links *, struct arena *, const char *user);

/* For the courier: a subscription is ended; a token is taken back. */
extern const struct outbox_kind link_unsubscribe, link_revoke;

#endif
