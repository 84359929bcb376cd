/* interaction_result.c: interactionResult (schema protocol 1.11): what SmartThings disliked in an answer of ours. */
#include "base/arena.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mask.h"
#include "base/text.h"
#include "oauth/activity.h"
#include "schema/dispatch.h"
#include "schema/interactions.h"
#include "base/banned.h"

#define LINES_MAX 20	/* of one message: anybody may send it, it must not fill the log */
#define TEXT_MAX 200

/* A text of the message for a quoted place in a log line: cut, without quotes of its own, and without the token that it may
 * repeat. */
static const char *
quoted(const struct schema_message *m, const struct json *object, const char *name)
{
	struct mask mask = { 0 };
	const char *s = json_get_string(object, name);

	mask_learn(&mask, json_get(m->root, "authentication"));
	s = s != NULL ? mask_text(m->arena, &mask, s) : NULL;
	char *copy = arena_strndup(m->arena, s != NULL ? s : "", s != NULL ? (size_t)text_cut(s, TEXT_MAX) : 0);

	for (char *c = copy; *c != '\0'; c++)
		if (*c == '"')
			*c = '\'';
	return copy;
}

/* One line for an error, of a device or (device NULL) of all. */
static void
tell(const struct schema_message *m, const struct json *device, const struct json *error)
{
	bool known = m->verdict != TOKEN_INVALID && m->verdict != TOKEN_UNAVAILABLE;

	log_event(LOG_LEVEL_ERROR, "interaction_result", "user=%s of=\"%s\" device=\"%s\" error=\"%s\" detail=\"%s\"",
	    known ? m->grant.user : "-", quoted(m, m->root, "originatingInteractionType"),
	    quoted(m, device, "externalDeviceId"), quoted(m, error, "errorEnum"), quoted(m, error, "detail"));
}

struct keeping {
	struct activity	 event;
	bool		 kept, last;
};

static enum store_result
note(struct store_tx *tx, void *arg)
{
	struct keeping *k = arg;

	return activity_tx_result(tx, &k->event, &k->kept, &k->last);
}

/* What the owner and the operator find in the journal: one event a message, its first error in words. False: there were too
 * many in this minute, and nobody shall hear of this one. */
static bool
keep(struct schema_message *m, const struct json *device, const struct json *error, size_t errors)
{
	bool known = m->verdict != TOKEN_INVALID && m->verdict != TOKEN_UNAVAILABLE;
	const char *more = errors > 1 ? arena_printf(m->arena, " and %zu more", errors - 1) : "";
	const char *id = quoted(m, device, "externalDeviceId");
	struct keeping k = { .kept = true, .event = { .event = "interaction_result", .device = *id != '\0' ? id : NULL,
	    .error = json_get(error, "errorEnum") != NULL ? quoted(m, error, "errorEnum") : NULL,
	    .user = known ? m->grant.user : NULL, .client = known ? m->grant.client : NULL,
	    .grant = known ? m->grant.id : NULL, .detail = arena_printf(m->arena, "%s%s%s: %s %s%s",
	    quoted(m, m->root, "originatingInteractionType"), *id != '\0' ? " " : "", id, quoted(m, error, "errorEnum"),
	    quoted(m, error, "detail"), more) } };
	enum store_result r = store_run(m->context->store, m->arena, note, &k);

	if (r != STORE_OK)	/* the log has it */
		log_event(LOG_LEVEL_ERROR, "activity_lost", "event=%s store=%s", k.event.event, store_result_name(r));
	if (k.kept && k.last)
		log_event(LOG_LEVEL_WARN, "interaction_results", "user=%s why=\"more in this minute are not kept\"",
		    known ? m->grant.user : "-");
	return k.kept;
}

/* Count the errors of devices. *of, *first: the first one's device and itself. */
static size_t
count(const struct json *devices, const struct json **of, const struct json **first)
{
	size_t n = 0;

	for (const struct json *d = json_first(devices); d != NULL; d = json_next(d))
		for (const struct json *e = json_first(json_get(d, "deviceError")); e != NULL; e = json_next(e))
			if (n++ == 0) {
				*of = d;
				*first = e;
			}
	return n;
}

/* A line for each error, up to LINES_MAX. */
static void
tell_all(const struct schema_message *m, const struct json *global, const struct json *devices)
{
	size_t lines = 0;

	if (global != NULL || json_count(devices) == 0)
		tell(m, NULL, global);
	for (const struct json *d = json_first(devices); d != NULL; d = json_next(d))
		for (const struct json *e = json_first(json_get(d, "deviceError")); e != NULL; e = json_next(e))
			if (lines++ < LINES_MAX)
				tell(m, d, e);
	if (lines > LINES_MAX)
		log_event(LOG_LEVEL_ERROR, "interaction_result", "and %zu more", lines - LINES_MAX);
}

enum schema_error
schema_interaction_result(struct schema_message *m, struct json *answer)
{
	const struct json *global = json_get(m->root, "globalError"), *devices = json_get(m->root, "deviceState");
	const struct json *first = NULL, *of = NULL;
	size_t errors = count(devices, &of, &first);

	(void)answer;
	/* It may come without a token, or with a bad one: then nobody can be named, and it is logged all the same. */
	m->verdict = TOKEN_INVALID;
	if (schema_authenticate(m, true) != SCHEMA_OK)
		m->detail = NULL;
	if (global != NULL ? keep(m, NULL, global, errors + 1) : keep(m, of, first, errors))
		tell_all(m, global, devices);
	return SCHEMA_OK;
}
