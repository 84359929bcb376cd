/* callbacks.h: calls SmartThings back: tokens for new links, fresh tokens in time, and every change to every link.
 *
 * What is to be sent follows from records alone: the log of changes (device/change.h) and each link's cursor
 * (schema/callback.h). */
#ifndef SCHEMA_CALLBACKS_H
#define SCHEMA_CALLBACKS_H

struct sender;

extern const struct sender schema_callbacks;	/* for the courier (courier/sender.h) */

#endif
