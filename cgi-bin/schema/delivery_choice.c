/* delivery_choice.c: the owner changed which devices a link has. What SmartThings knows stands in the link's record; the
 * grant says what it should know. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "schema/callback_message.h"
#include "schema/delivery_step.h"
#include "schema/news.h"
#include "base/banned.h"

bool
choice_is_told(const struct step *s)
{
	return json_equal(s->callback.chosen, callback_choice(s->arena, &s->grant));
}

static size_t
hash(const char *s)
{
	size_t h = 1469598103934665603u;

	for (; *s != '\0'; s++)
		h = (h ^ (unsigned char)*s) * 1099511628211u;
	return h;
}

/* First the devices that came in, then all the rest. */
static void
send(const struct step *s, const struct news *news, const char *text, bool whole)
{
	bool shown = json_first(news->devices) == NULL || s->link->choice_shown == hash(text);
	struct call *call = step_call(s, shown ? CALL_CHOICE_STATES : CALL_CHOICE_DEVICES);

	if (call == NULL || (call->chosen = strdup(text)) == NULL) {
		free(call);
		step_again(s, STEP_LATER);
		return;
	}
	call->chosen_hash = hash(text);
	call->whole = whole;
	call->last = json_first(news->states) == NULL;
	step_begin(s, call, s->callback.state_url, shown ? message_states(s->arena, &s->callback, news->states) :
	    message_devices(s->arena, &s->callback, news->devices));
}

enum store_result
choice_tell(const struct step *s)
{
	const struct news_context x = { s->courier->store, s->courier->catalogue, s->arena, &s->grant };
	const struct json *told = s->callback.chosen;
	struct json *now = callback_choice(s->arena, &s->grant);
	const struct grant was = { .user = s->grant.user, .devices = json_get(told, "devices"),
	    .include_new = json_get_bool(told, "include_new", false), .left_out = json_get(told, "left_out") };
	struct news news;
	bool many = false;
	enum store_result r = told != NULL ? news_choice(&x, &was, &news, &many) : STORE_OK;

	if (told != NULL && r == STORE_OK)
		r = news_gone(&x, &was, s->callback.cursor, &news);
	if (r != STORE_OK)
		return r;
	if (told == NULL || (json_first(news.devices) == NULL && json_first(news.states) == NULL))
		step_choose(s, now, many);
	else if (step_wait(s) > 0)
		step_again(s, step_wait(s));
	else if (step_may_call(s, s->callback.state_url))
		send(s, &news, json_print(s->arena, now), many);
	return STORE_OK;
}
