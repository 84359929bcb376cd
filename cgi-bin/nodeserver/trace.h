/* trace.h: the messages of a node server for its owner's eyes, while the owner has them noted: a line each, the last of them.
 *
 * "nodeserver-trace/<worker>" is there for TRACE_LIFE after the owner asked; without it, nothing is noted and nothing written.
 * Of what may hold secrets (customdata, customparams, oauth, webhooks, profiles) only the name and the size are noted. */
#ifndef NODESERVER_TRACE_H
#define NODESERVER_TRACE_H

#include <stdbool.h>

#include "db/store.h"

struct json;
struct nodeserver;
struct nodeserver_context;

#define TRACE_LIFE	900	/* seconds */
#define TRACE_LINES	60
#define TRACE_TEXT	200	/* bytes of a message that are noted */

/* Note from now on, for TRACE_LIFE. */
enum store_result trace_begin(const struct nodeserver_context *, const struct nodeserver *);

/* Is anything to be noted? */
bool		 trace_is_on(const struct nodeserver_context *, const char *worker);

/* A message to the node server; one from it, with what came of each member (as of messages.h). */
enum store_result trace_tx_out(struct store_tx *, const char *worker, const struct json *message);
enum store_result trace_in(const struct nodeserver_context *, const char *worker, const struct json *message, const struct json *results);

/* Array of {"at" (ms), "in" (from it), "text", "why"?}, the newest first; *until in seconds, 0 if nothing is noted now. */
enum store_result trace_list(const struct nodeserver_context *, const char *worker, struct json **lines, long long *until);

enum store_result trace_tx_forget(struct store_tx *, const char *worker);

#endif
