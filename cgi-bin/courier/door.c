/* door.c: what a sender may ask the courier for. */
#include <stdlib.h>

#include "courier/loop.h"
#include "web/fetch.h"
#include "base/banned.h"

bool
courier_has_room(const struct courier *c)
{
	return c->calls < COURIER_CALLS && fetch_has_room(c->loop->fetcher);
}

bool
courier_may_call(const struct courier *c, const char *url)
{
	return courier_has_room(c) && hosts_has_room(c->loop->hosts, url);
}

bool
courier_wait(struct courier *c, const char *url, struct host_waiter *w)
{
	return hosts_wait(c->loop->hosts, url, w);
}

void
courier_write(struct courier *c, store_fn fn, void (*then)(void *, enum store_result), void *arg)
{
	round_add(&c->loop->round, c->arena, fn, then, arg);
}

struct calling {
	struct courier	*courier;
	struct host	*host;
	void		(*done)(void *, const struct fetch_answer *);
	void		*arg;
};

static void
answered(void *arg, const struct fetch_answer *answer)
{
	struct calling *call = arg;

	call->courier->calls--;
	hosts_end(call->courier->loop->hosts, call->host, answer->status != 0);
	call->done(call->arg, answer);
	free(call);
}

bool
courier_call(struct courier *c, const struct fetch_request *request, void (*done)(void *, const struct fetch_answer *),
    void *arg)
{
	struct calling *call = calloc(1, sizeof(*call));
	struct host *host = call != NULL ? hosts_begin(c->loop->hosts, request->url) : NULL;

	if (host == NULL) {
		free(call);
		return false;
	}
	*call = (struct calling){ c, host, done, arg };
	if (fetch_begin(c->loop->fetcher, request, answered, call)) {
		c->calls++;
		return true;
	}
	hosts_end(c->loop->hosts, host, true);
	free(call);
	return false;
}
