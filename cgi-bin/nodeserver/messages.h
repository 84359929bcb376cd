/* messages.h: what a node server says: each member of a message is something to be done, in the words of the original
 * (docs/polyglot.md). One that is wrong spoils no other. */
#ifndef NODESERVER_MESSAGES_H
#define NODESERVER_MESSAGES_H

#include "db/store.h"

struct json;
struct nodeserver;
struct nodeserver_context;

#define MESSAGES_BATCH 20	/* items of a list in "batch" */

/* Do what one message asks for. results (array) gets an object for each of its members: {"addnode": {"success", "statusCode",
 * "error"?, ...}}. Durable when it returns STORE_OK; else the store failed, and some may have been done. */
enum store_result messages_take(const struct nodeserver_context *, struct nodeserver *, const struct json *message,
		    struct json *results);

/* The same of a message that the node server itself has sent: a sign that it is there, unless it says that by "connected". */
enum store_result messages_hear(const struct nodeserver_context *, struct nodeserver *, const struct json *message,
		    struct json *results);

#endif
