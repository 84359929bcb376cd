/* handshake.h: the steps by which a link comes to life, as the page of a link shows them: done, waiting or failed, when, what
 * to do, and the messages behind each. */
#ifndef ACCOUNT_HANDSHAKE_H
#define ACCOUNT_HANDSHAKE_H

#include <stdint.h>

#include "db/store.h"

struct app;
struct arena;
struct exchange_seen;
struct grant;
struct json;

/* seen: of exchange_read. Array of {name, state, done | waiting | failed, when, advice, error, messages: [...]}. */
enum store_result handshake_steps(struct app *, struct arena *, const struct grant *, const struct exchange_seen *seen,
		    struct json **steps);

/* When the client was last heard of: ms. To the hour, as messages are kept. */
int64_t		 handshake_last(const struct grant *, const struct exchange_seen *seen);

#endif
