/* ask.c: which request comes next. */
#include "link/ask.h"

#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/pause.h"
#include "base/secret.h"
#include "link/connector.h"
#include "link/fill.h"
#include "link/notice.h"
#include "link/vendor.h"
#include "base/banned.h"

struct json *
ask_values(struct arena *a, const struct link *l)
{
	return l->values != NULL ? json_copy(a, l->values) : json_object(a);
}

static enum ask_next
over(struct ask *c, enum ask_result result, const char *why)
{
	c->result = result;
	c->why = why;
	return ASK_OVER;
}

static enum ask_next
needs_login(struct ask *c)
{
	return over(c, ASK_LOGIN, "the vendor wants you to log in again");
}

/* --- the call itself --- */

static enum ask_next
send(struct ask *c)
{
	const char *why = fill_request(c->arena, c->rule, c->values, c->pair.access, &c->request);

	c->refreshing = false;
	if (c->url != NULL)
		c->request.url = c->url;
	if (why == NULL)
		why = vendor_target(c->links, c->connector, &c->request);
	c->request.answer_max = ASK_ANSWER_MAX;
	return why == NULL ? ASK_SEND : over(c, ASK_REFUSED, why);
}

static bool
has_ended(const struct ask *c, int64_t ahead)
{
	return c->pair.until != 0 && c->pair.until - ahead <= clock_sec();
}

/* Ask for a new pair, or see that somebody does. */
static enum ask_next
refresh(struct ask *c)
{
	enum token_claim claim;
	const char *why;

	if (c->owner == NULL)
		c->owner = secret_token(c->arena, 12);
	if (token_claim(c->links, c->arena, c->link, c->pair.number, c->owner, &claim) != STORE_OK)
		return over(c, ASK_TROUBLE, "the store cannot be written");
	switch (claim) {
	case TOKEN_NEWER:
		c->forced = false;
		return ask_begin(c);
	case TOKEN_BUSY:
		return c->forced || has_ended(c, 0) ? ASK_WAIT : send(c);
	case TOKEN_GONE:
		if (!c->forced && !has_ended(c, 0))
			return send(c);
		notice_login(c->links, c->arena, c->link);
		return needs_login(c);
	case TOKEN_MINE:
		break;
	}
	if ((why = vendor_refresh(c->links, c->arena, c->connector, c->pair.refresh, &c->request)) != NULL) {
		(void)!token_release(c->links, c->arena, c->link, c->owner);
		return over(c, ASK_TROUBLE, why);
	}
	c->refreshing = true;
	return ASK_SEND;
}

enum ask_next
ask_begin(struct ask *c)
{
	enum store_result r = token_find(c->links, c->arena, c->link, &c->pair);

	if (r != STORE_OK && r != STORE_ABSENT)
		return over(c, ASK_TROUBLE, "the store cannot be read");
	if (r == STORE_ABSENT || (c->pair.access == NULL && c->pair.refresh == NULL))
		return needs_login(c);
	if (c->forced || c->pair.access == NULL || (has_ended(c, c->ahead) && c->pair.refresh != NULL))
		return refresh(c);
	return send(c);
}

enum ask_next
ask_again(struct ask *c)
{
	return refresh(c);
}

/* --- answers --- */

static enum ask_next
refreshed(struct ask *c, const struct fetch_answer *answer)
{
	struct token_pair fresh = { 0 };
	enum vendor_refusal refusal;
	bool is_over;

	c->refreshing = false;
	if (vendor_read_pair(c->arena, answer, &fresh)) {
		fresh.number = c->pair.number;
		if (token_keep(c->links, c->arena, c->link, c->owner, &fresh) != STORE_OK)
			return over(c, ASK_TROUBLE, "new tokens cannot be stored");
		log_event(LOG_LEVEL_INFO, "link_tokens", "user=%s link=%s result=refreshed", c->link->user, c->link->id);
		c->forced = false;
		c->ahead = 0;	/* one that lives shorter than that is used all the same */
		return ask_begin(c);
	}
	refusal = vendor_refusal(c->arena, answer);
	log_event(LOG_LEVEL_WARN, "link_tokens", "user=%s link=%s result=%s status=%d", c->link->user, c->link->id,
	    refusal == VENDOR_TROUBLE ? "later" : "refused", answer->status);
	if (refusal == VENDOR_TROUBLE) {
		if (token_release(c->links, c->arena, c->link, c->owner) == STORE_OK && !c->forced && !has_ended(c, 0) &&
		    c->pair.access != NULL)
			return send(c);
		return over(c, ASK_TROUBLE, "the vendor does not renew our token just now");
	}
	if (token_refused(c->links, c->arena, c->link, c->owner, refusal == VENDOR_SURE, &is_over) != STORE_OK)
		return over(c, ASK_TROUBLE, "the store cannot be written");
	if (!is_over)
		return over(c, ASK_TROUBLE, "the vendor refuses to renew our token");
	notice_login(c->links, c->arena, c->link);
	return needs_login(c);
}

enum ask_next
ask_answer(struct ask *c, const struct fetch_answer *answer)
{
	if (c->refreshing)
		return refreshed(c, answer);
	c->status = answer->status;
	c->retry_after = answer->retry_after;
	if (vendor_says_expired(c->arena, c->connector, answer)) {
		if (c->replayed)
			return over(c, ASK_TROUBLE, "the vendor refuses a token that it has just given");
		c->replayed = c->forced = true;
		return refresh(c);
	}
	if (answer->status == 0)
		return over(c, ASK_TROUBLE, arena_strdup(c->arena, answer->error));
	c->body = json_parse(c->arena, answer->body, answer->len, NULL);
	if (answer->status / 100 == 2)
		return over(c, ASK_FINE, NULL);
	bool later = answer->status == 408 || answer->status == 425 || answer->status == 429 || answer->status >= 500;
	return over(c, later ? ASK_TROUBLE : ASK_REFUSED, arena_printf(c->arena, "HTTP %d", answer->status));
}

/* --- waiting for it --- */

void
ask_run(struct ask *c, int64_t deadline)
{
	enum ask_next next = ask_begin(c);

	while (next != ASK_OVER) {
		struct fetch_answer answer = { .body = "", .head = "", .error = "it took too long" };
		int64_t left = deadline - clock_ms();
		if (next == ASK_WAIT && left > ASK_WAIT_MS) {
			pause_ms(ASK_WAIT_MS);
			next = ask_again(c);
		} else if (next == ASK_WAIT) {
			next = over(c, ASK_TROUBLE, answer.error);
		} else {
			c->request.total_ms = left;
			if (left > 0)
				fetch_once(c->links->fetcher, c->arena, &c->request, &answer);
			next = ask_answer(c, &answer);
		}
	}
}
