/* profile.h: files that describe a node server's types (nodedef, editor, nls), as it uploads them; kept, not read.
 *
 * "nodeserver-profile/<user>/<n>/<type>/<file>" is one, "nodeserver-profiles/<user>/<n>" lists them. */
#ifndef NODESERVER_PROFILE_H
#define NODESERVER_PROFILE_H

#include "db/store.h"

struct json;
struct nodeserver;
struct nodeserver_context;

#define PROFILE_MAX	131072	/* bytes of a file: with base64 it fits into a record */
#define PROFILE_FILES	50

/* Keep {"type", "filename", "payload" (base64)}. What is wrong is in *status (HTTP) and *why. */
enum store_result profile_put(const struct nodeserver_context *, const struct nodeserver *, const struct json *, int *status,
		    const char **why);

/* Names as "type/file". */
enum store_result profile_list(const struct nodeserver_context *, const struct nodeserver *, struct json **names);

/* A file's bytes, by such a name. */
enum store_result profile_get(const struct nodeserver_context *, const struct nodeserver *, const char *name, const char **data,
		    size_t *len);

/* Forget all of them. */
enum store_result profile_forget(const struct nodeserver_context *, const struct nodeserver *);

#endif
