/* event.c: the checks in their order, cheapest first; then states, a few devices in a transaction, or a look. */
#include "link/event.h"

#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/secret.h"
#include "base/text.h"
#include "device/device.h"
#include "device/state.h"
#include "link/connector.h"
#include "link/hook.h"
#include "link/link.h"
#include "link/pick.h"
#include "base/banned.h"

#define BATCH	8	/* devices in one transaction */
#define LATE	300	/* seconds that a signature's time may be off */

struct taking {
	const struct links	*links;
	struct arena		*arena;
	const struct event_post	*post;
	const char		*user;
	struct link		 link;
	struct hook		 hook;
	const struct connector	*connector;
	bool			 look;		/* something was said that only a look can tell */
};

/* --- is it the vendor? --- */

static enum event_verdict
find(struct taking *t)
{
	const struct event_post *p = t->post;

	t->user = p->token != NULL ? hook_user(t->arena, p->token) : NULL;
	if (t->user == NULL)
		return EVENT_STRANGER;
	enum store_result r = hook_find(t->links, t->arena, t->user, p->link, &t->hook);
	if (r == STORE_OK && (t->hook.token == NULL || !secret_text_equal(t->hook.token, p->token)))
		return EVENT_STRANGER;
	if (r == STORE_OK)
		r = link_find(t->links->store, t->arena, t->user, p->link, &t->link);
	if (r != STORE_OK)
		return r == STORE_ABSENT ? EVENT_STRANGER : EVENT_UNAVAILABLE;
	t->connector = connectors_find(t->links->connectors, t->link.connector);
	return t->connector != NULL && t->connector->hook != NULL ? EVENT_TAKEN : EVENT_STRANGER;
}

static int
nibble(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The bytes of a signature; false if it is not one. */
static bool
decode(struct arena *a, const char *text, bool base64, unsigned char out[SECRET_HASH])
{
	size_t len;

	if (base64) {
		const unsigned char *bytes = secret_from_base64(a, text, strlen(text), &len);
		if (bytes == NULL || len != SECRET_HASH)
			return false;
		memcpy(out, bytes, SECRET_HASH);
		return true;
	}
	if (strlen(text) != 2 * SECRET_HASH)
		return false;
	for (size_t i = 0; i < SECRET_HASH; i++) {
		int high = nibble(text[2 * i]), low = nibble(text[2 * i + 1]);
		if (high < 0 || low < 0)
			return false;
		out[i] = (unsigned char)(high << 4 | low);
	}
	return true;
}

/* The text that was signed: the body, behind the time and a dot where there is a header for that. NULL if the time is not now. */
static const char *
signed_text(const struct taking *t, const struct json *rule, size_t *len)
{
	const struct event_post *p = t->post;
	const char *name = json_get_string(rule, "timeHeader"), *moment = name != NULL ? p->header(p->arg, name) : NULL;
	int64_t now = clock_sec();
	long long then;

	*len = p->len;
	if (name == NULL)
		return p->body;
	if (moment == NULL || !text_to_int(moment, 0, INT64_MAX / 2, &then) || then < now - LATE || then > now + LATE)
		return NULL;
	size_t before = strlen(moment) + 1;
	char *text = arena_alloc(t->arena, before + p->len + 1);
	memcpy(text, moment, before - 1);
	text[before - 1] = '.';
	memcpy(text + before, p->body, p->len);
	text[before + p->len] = '\0';
	*len += before;
	return text;
}

static bool
is_signed(const struct taking *t)
{
	const struct json *rule = json_get(t->connector->hook, "hmac");
	const char *prefix = json_get_string(rule, "prefix"), *encoding = json_get_string(rule, "encoding"), *secret = t->hook.secret, *why;
	unsigned char theirs[SECRET_HASH], ours[SECRET_HASH];
	size_t len, skip = prefix != NULL ? strlen(prefix) : 0;

	if (rule == NULL)
		return true;
	const char *value = t->post->header(t->post->arg, json_get_string(rule, "header"));
	const char *text = signed_text(t, rule, &len);
	if (json_get(rule, "secretFile") != NULL)
		secret = connector_secret_file(t->arena, t->links->config, json_get_string(rule, "secretFile"), &why);
	if (value == NULL || text == NULL || secret == NULL || strncmp(value, prefix != NULL ? prefix : "", skip) != 0 ||
	    !decode(t->arena, value + skip, encoding != NULL && strcmp(encoding, "base64") == 0, theirs))
		return false;
	secret_hmac(secret, strlen(secret), text, len, ours);
	return secret_equal(theirs, ours, SECRET_HASH);
}

/* --- what it says --- */

/* One device of ours, and what is said of it. */
struct said {
	const char	*device;
	const struct json *item;
};

struct telling {
	const struct taking	*taking;
	const struct said	*said;
	size_t			 n;
};

static enum store_result
tell(struct store_tx *tx, void *arg)
{
	const struct telling *x = arg;
	const struct taking *t = x->taking;
	struct arena *a = store_tx_arena(tx);
	enum store_result r = hook_tx_heard(tx, t->user, t->link.id);

	for (size_t i = 0; i < x->n && r == STORE_OK; i++) {
		struct device d;
		if ((r = device_tx_find(tx, t->user, x->said[i].device, &d)) == STORE_OK) {
			struct state_report report = { .online = true, .values = pick_values(a, t->connector, d.type, x->said[i].item) };
			if (pick_by(a, x->said[i].item, t->connector->list, "online") != NULL)
				report.online = pick_online(a, t->connector, x->said[i].item);
			r = state_tx_report(tx, t->links->catalogue, t->user, x->said[i].device, &report, NULL);
		}
		if (r == STORE_ABSENT || r == STORE_LIMIT)	/* its owner has just deleted it; one too many values */
			r = STORE_OK;
	}
	return r;
}

/* What one event is about: false if about nothing that we show. */
static bool
understand(struct taking *t, const struct json *event, struct said *s)
{
	const struct json *hook = t->connector->hook;
	const char *id = pick_text(t->arena, pick_by(t->arena, event, hook, "id"), PICK_ID_MAX);

	if (json_get(hook, "id") == NULL || json_get(hook, "state") == NULL) {
		t->look = t->look || id == NULL || json_get(t->link.chosen, id) != NULL;
		return false;
	}
	*s = (struct said){ id != NULL ? json_string(json_get(t->link.chosen, id)) : NULL, pick_by(t->arena, event, hook, "state") };
	return s->device != NULL && s->item != NULL;
}

static enum event_verdict
take(struct taking *t, const struct json *body)
{
	struct said *all = arena_alloc(t->arena, EVENTS_MAX * sizeof(*all));
	const struct json *items = json_get(t->connector->hook, "items") != NULL ? pick_by(t->arena, body, t->connector->hook, "items") : body;
	bool several = json_type(items) == JSON_ARRAY;
	size_t n = 0;
	enum store_result r = STORE_OK;

	for (const struct json *e = several ? json_first(items) : items; e != NULL; e = several ? json_next(e) : NULL) {
		if (n == EVENTS_MAX) {
			t->look = true;
			break;
		}
		n += understand(t, e, &all[n]) ? 1 : 0;
	}
	for (size_t i = 0; i < n && r == STORE_OK; i += BATCH) {
		struct telling x = { t, all + i, n - i < BATCH ? n - i : BATCH };
		r = store_run(t->links->store, t->arena, tell, &x);
	}
	if (r == STORE_OK && t->look)
		r = link_wake(t->links->store, t->arena, t->user, t->link.id);
	return r == STORE_OK ? EVENT_TAKEN : EVENT_UNAVAILABLE;
}

/* A challenge is short, and fit to stand in a line of text. */
static bool
is_challenge(struct taking *t, const char **echo)
{
	const char *name = json_get_string(t->connector->hook, "challengeParam"), *value;

	value = name != NULL ? json_get_string(t->post->query, name) : NULL;
	if (value == NULL || !text_is_name(value, EVENT_ECHO_MAX))
		return false;
	*echo = value;
	return true;
}

enum event_verdict
event_take(const struct links *links, struct arena *a, const struct event_post *post, const char **echo)
{
	struct taking t = { .links = links, .arena = a, .post = post };
	const struct json *body = post->form;
	enum event_verdict v = find(&t);

	if (v != EVENT_TAKEN)
		return v;
	if (is_challenge(&t, echo))
		return EVENT_CHALLENGE;
	if (!is_signed(&t))
		return EVENT_STRANGER;
	if (post->len == 0)
		body = post->query;
	else if (body == NULL && (body = json_parse(a, post->body, post->len, NULL)) == NULL)
		return EVENT_MALFORMED;
	/* Who must log in again sees nothing of that vendor until then. */
	return t.link.status == LINK_LINKED ? take(&t, body) : EVENT_TAKEN;
}
