/* notify.h: changes to subscribers: what the courier does for the REST API.
 *
 * The sender turns changes into posts of the outbox: each change of a user is looked at once, and that it was stands in the
 * same transaction as the posts. The outbox makes the posts, in order for each subscription, until they arrive. */
#ifndef ENDPOINTS_NOTIFY_H
#define ENDPOINTS_NOTIFY_H

#include "courier/outbox.h"
#include "courier/sender.h"

/* Rows for cgi-bin/courier.c. */
extern const struct sender endpoints_notify;
extern const struct outbox_kind endpoints_post;

#endif
