/* change.h: who is told of a change: every change of a user's devices passes here, inside its transaction.
 *
 * What is noted here is durable if and only if the change is. */
#ifndef DEVICE_CHANGE_H
#define DEVICE_CHANGE_H

#include <stdbool.h>
#include <stdint.h>

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
	const struct json	*states;	/* array of state_show_change; NULL but for CHANGE_STATE and CHANGE_ONLINE */
	const char		*origin;	/* the grant whose client asked; NULL = the owner or the device itself */
	long long		 previous;	/* seq of the device's change before this one; 0 = there was none */
	bool			 event;		/* among states is an event (state_is_event); not read by change_find */
	int64_t			 time;		/* ms; filled in */
};

#define CHANGE_KEPT 86400	/* seconds that a change can be read */

/* Note a change in record "changes/<user>": {"v":1,"seq":<grows with each>,"kind":"state","device":<id>,"time":<ms>,
 * "event":<seq of the newest with an event>}: who remembers seq knows whether there is news, and whether it may wait. What it
 * was stands in "change/<user>/<seq>" for CHANGE_KEPT. Once it is committed, the courier is woken. seq (may be NULL) is what
 * it is counted as. */
enum store_result change_note(struct store_tx *, const struct change *, long long *seq);

/* The seq of the newest change of a user's devices; 0 if there was none yet. */
enum store_result change_newest(struct store *, struct arena *, const char *user, long long *seq);
enum store_result change_tx_newest(struct store_tx *, const char *user, long long *seq);

/* ... and of the newest one with an event, which must not wait; 0 if there was none. */
enum store_result change_newest_event(struct store *, struct arena *, const char *user, long long *seq, long long *event);

/* The key of that record, which each new change reads: for store_expect. */
char		*change_key(struct arena *, const char *user);

/* One change by its seq. STORE_ABSENT if it is too old or was never. CHANGE_STATE without states: too many to be kept,
 * the device's whole state is meant. */
enum store_result change_find(struct store *, struct arena *, const char *user, long long seq, struct change *);

/* Forget all changes of a user whose account goes. */
enum store_result change_forget(struct store *, struct arena *, const char *user);

#endif
