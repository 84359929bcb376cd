/* ask.h: one call to a vendor for a link: with its token, refreshed before its end and once if the vendor says that it is
 * over; the call is then made once more.
 *
 * A call is a row of requests that whoever drives it makes: ask_run waits for each, link/poll.c has the courier make them. */
#ifndef LINK_ASK_H
#define LINK_ASK_H

#include <stdbool.h>
#include <stdint.h>

#include "link/link.h"
#include "link/token.h"
#include "web/fetch.h"

struct json;

enum ask_next {
	ASK_SEND,	/* make request, and give ask_answer what comes */
	ASK_WAIT,	/* another process is refreshing: ask_again in ASK_WAIT_MS */
	ASK_OVER,	/* result says how it went */
};

#define ASK_WAIT_MS	50
#define ASK_ANSWER_MAX	((size_t)1 << 20)	/* bytes of an answer */

enum ask_result {
	ASK_FINE,	/* 2xx; body is its JSON, or NULL */
	ASK_REFUSED,	/* another 4xx or 3xx: it makes no sense to try again */
	ASK_TROUBLE,	/* no answer, nonsense, 5xx, 429: later, perhaps */
	ASK_LOGIN,	/* the vendor wants the owner to log in again */
};

struct ask {
	/* To be set by who begins it. */
	const struct links	*links;
	struct arena		*arena;		/* lives as long as the call */
	const struct link	*link;
	const struct connector	*connector;
	const struct json	*rule, *values;	/* the request; values to put into it */
	const char		*url;		/* in place of the rule's, complete; NULL = the rule's */
	int64_t			 ahead;		/* seconds before a token's end that it is refreshed */
	/* What is to be sent. */
	struct fetch_request	 request;
	/* What came of it. */
	enum ask_result	 result;
	const char		*why;		/* a few words for people; NULL: it is fine */
	int			 status;
	long			 retry_after;
	const struct json	*body;
	/* Its own. */
	struct token_pair	 pair;
	const char		*owner;		/* of our lease */
	bool			 refreshing, forced, replayed;
};

enum ask_next	 ask_begin(struct ask *);
enum ask_next	 ask_answer(struct ask *, const struct fetch_answer *);
enum ask_next	 ask_again(struct ask *);

/* Make the call and wait for its end, until deadline (ms). */
void		 ask_run(struct ask *, int64_t deadline);

/* Values that every request of a link may use: those of its account. */
struct json	*ask_values(struct arena *, const struct link *);

#endif
