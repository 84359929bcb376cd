/* told.h: what SmartThings was told of one link, for its owner to look at: the last TOLD_KEPT messages that arrived, without
 * secrets, for a day.
 *
 * Records "told/<user>/<grant>/<n>", a ring. A message about the same attributes of the same devices as the one before,
 * within TOLD_TOGETHER, takes its place and counts up: a meter that speaks each second fills one record a minute. */
#ifndef SCHEMA_TOLD_H
#define SCHEMA_TOLD_H

#include "db/store.h"

struct arena;
struct callback;
struct json;

#define TOLD_KEPT 60		/* messages of one link */
#define TOLD_TOGETHER 60000	/* ms */
#define TOLD_STATES 12		/* values of one message that are kept; the others are counted */
#define TOLD_DEVICES 8		/* the same of devices */

/* What of a message is kept: {event: "told_states" | "told_devices", devices: [{device, states: [{component?, attribute,
 * value, unit?}], error?}], more: how many devices, and values of those named, were left out}. Lists and objects are for
 * machines and left out. NULL if the message is neither a stateCallback nor a discoveryCallback about devices. */
struct json	*told_read(struct arena *, const struct json *message);

/* Note it as part of the transaction that ends the call; counts in the callback, which the caller puts back. Not for an account
 * that is disabled. */
enum store_result told_tx_note(struct store_tx *, struct callback *, const struct json *told);

/* Append what told_read says of each message that is kept, with time, first (ms), times (how often) and grant; in no order. */
enum store_result told_list(struct store *, struct arena *, const char *user, const char *grant, struct json *list);

/* Forget all about the links of a user whose account goes. */
enum store_result told_forget(struct store *, struct arena *, const char *user);

#endif
