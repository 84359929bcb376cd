/* exchange.h: the handshake of a link, step by step, for its owner: when each step last went well or wrong, and the
 * messages themselves, without secrets.
 *
 * Record "exchanges/<user>/<grant>" has the times; "exchange/<user>/<grant>/<step>" the messages of the last one kept,
 * "...-failed" those of the last failure. A message in a thousand is kept: the first, one an hour, and each turn between
 * well and wrong; the others cost one small read. */
#ifndef OAUTH_EXCHANGE_H
#define OAUTH_EXCHANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "db/store.h"

struct arena;
struct grant;
struct json;

enum exchange_step {
	EXCHANGE_ALLOWED,	/* the owner said yes */
	EXCHANGE_CODE,		/* the code was exchanged for tokens */
	EXCHANGE_GRANT,		/* SmartThings said where it can be called */
	EXCHANGE_TOKENS,	/* we got tokens for that */
	EXCHANGE_DISCOVERY,
	EXCHANGE_REFRESH,
	EXCHANGE_COMMAND,
	EXCHANGE_EVENT,		/* a change was told */
	EXCHANGE_RESULT,	/* SmartThings disliked something: no step, but kept beside them */
	EXCHANGE_STEPS,
};

/* One exchange. What is NULL is left out. */
struct exchange {
	const struct grant	*grant;		/* user, id and expires count */
	enum exchange_step	 step;
	const char		*error;		/* a word; NULL: it went well */
	const char		*line;		/* "POST /schema" */
	const struct json	*headers;	/* of the request: those that matter */
	const struct json	*request, *answer;	/* as they were; masked here */
	int			 status;	/* of HTTP; 0 = none came */
	int64_t			 time;		/* ms; 0 = now */
};

/* Keep it, if it is due: by itself, and logged if that fails; as part of a transaction. The arena is only worked in. */
void		 exchange_keep(struct store *, struct arena *, const struct exchange *);
enum store_result exchange_tx_keep(struct store_tx *, const struct exchange *);

/* Would it be kept? For those who have work with making the messages. */
bool		 exchange_tx_due(struct store_tx *, const struct exchange *);

/* Of each step: ms; 0 = never. It failed last if failed is younger than done. */
struct exchange_seen {
	int64_t		 first, done, failed;	/* first: when it first went well */
	const char	*error;			/* of the last failure */
};

/* All steps of a link: nothing but 0 if there is none kept. */
enum store_result exchange_read(struct store *, struct arena *, const char *user, const char *grant,
		    struct exchange_seen out[EXCHANGE_STEPS]);

/* The messages: {time, line, headers, request, status, answer}, texts. STORE_ABSENT if they are not kept any more. */
enum store_result exchange_find(struct store *, struct arena *, const char *user, const char *grant,
		    enum exchange_step, bool failed, struct json **record);

/* Forget all about the links of a user whose account goes. */
enum store_result exchange_forget(struct store *, struct arena *, const char *user);

#endif
