/* change.h: who is told of a change: every change of a user's devices passes here, inside its transaction.
 *
 * What is noted here is durable if and only if the change is. */
#ifndef DEVICE_CHANGE_H
#define DEVICE_CHANGE_H

#include "db/store.h"

struct json;

enum change_kind {
	CHANGE_STATE,	/* values: states says which */
	CHANGE_ONLINE,	/* it went offline or came back */
	CHANGE_ADDED,
	CHANGE_RENAMED,
	CHANGE_DELETED,
};

struct change {
	enum change_kind	 kind;
	const char		*user, *device;
	const struct json	*states;	/* array of state_show; NULL but for CHANGE_STATE */
	const char		*origin;	/* the grant whose client asked; NULL = the owner or the device itself */
};

/* Note a change in record "changes/<user>": {"v":1,"seq":<grows with each>,"kind":"state","device":<id>,"time":<ms>}:
 * who remembers seq knows whether there is news. */
enum store_result change_note(struct store_tx *, const struct change *);

#endif
