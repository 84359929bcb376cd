/* judge.c: members, their types, and that what was asked for is what came. */
#include "sim/judge.h"

#include <ctype.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "sim/devices.h"
#include "base/banned.h"

#define FAULTS_MAX 20

struct judge {
	struct arena	*arena;
	struct json	*faults;
};

static void
fault(struct judge *j, const char *device, const char *error)
{
	if (json_count(j->faults) >= FAULTS_MAX)
		return;
	struct json *f = json_append(j->arena, j->faults, json_object(j->arena));
	json_set_string(j->arena, f, "device", device);
	json_set_string(j->arena, f, "error", error);
}

static bool
is_blank(const char *s)
{
	while (s != NULL && isspace((unsigned char)*s))
		s++;
	return s == NULL || *s == '\0';
}

const char *
judge_type(const struct json *m)
{
	const char *type = json_get_string(json_get(m, "headers"), "interactionType");

	return type != NULL ? type : "";
}

const char *
judge_global(const struct json *m)
{
	return json_get_string(json_get(m, "globalError"), "errorEnum");
}

/* --- lists --- */

static void
judge_error_list(struct judge *j, const char *id, const struct json *errors)
{
	if (json_type(errors) != JSON_ARRAY || json_first(errors) == NULL) {
		fault(j, id, "deviceError must be a list of {errorEnum, detail}");
		return;
	}
	for (const struct json *e = json_first(errors); e != NULL; e = json_next(e))
		if (is_blank(json_get_string(e, "errorEnum")))
			fault(j, id, "a deviceError without errorEnum");
}

static void
judge_state(struct judge *j, const char *id, const struct json *s)
{
	static const char *const texts[] = { "component", "capability", "attribute" };
	const struct json *stamp = json_get(s, "timestamp");
	long long ms;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (is_blank(json_get_string(s, texts[i])))
			fault(j, id, arena_printf(j->arena, "a state without %s", texts[i]));
	if (json_get(s, "value") == NULL)
		fault(j, id, arena_printf(j->arena, "%s has no value", json_get_string(s, "attribute") != NULL ?
		    json_get_string(s, "attribute") : "a state"));
	if (stamp != NULL && (!json_int(stamp, &ms) || ms < 1000000000000))
		fault(j, id, "a timestamp that is no number of milliseconds");
}

static void
judge_device_state(struct judge *j, const struct json *list)
{
	if (json_type(list) != JSON_ARRAY) {
		fault(j, NULL, "deviceState must be a list");
		return;
	}
	for (const struct json *e = json_first(list); e != NULL; e = json_next(e)) {
		const char *id = json_get_string(e, "externalDeviceId");
		const struct json *states = json_get(e, "states"), *error = json_get(e, "deviceError");
		if (is_blank(id))
			fault(j, NULL, "an entry of deviceState without externalDeviceId");
		if (error != NULL)
			judge_error_list(j, id, error);
		else if (json_type(states) != JSON_ARRAY)
			fault(j, id, "neither states nor deviceError");
		for (const struct json *s = json_first(states); s != NULL; s = json_next(s))
			judge_state(j, id, s);
	}
}

static void
judge_devices(struct judge *j, const struct json *list)
{
	static const char *const texts[] = { "friendlyName", "deviceHandlerType" };
	static const char *const maker[] = { "manufacturerName", "modelName" };
	struct json *seen = json_array(j->arena);

	if (json_type(list) != JSON_ARRAY) {
		fault(j, NULL, "devices must be a list");
		return;
	}
	for (const struct json *d = json_first(list); d != NULL; d = json_next(d)) {
		const char *id = json_get_string(d, "externalDeviceId");
		if (is_blank(id) || json_array_has(seen, id)) {
			fault(j, id, is_blank(id) ? "a device without externalDeviceId" : "this externalDeviceId stands twice");
			continue;
		}
		json_append_string(j->arena, seen, id);
		for (size_t i = 0; i < 2; i++) {
			if (is_blank(json_get_string(d, texts[i])))
				fault(j, id, arena_printf(j->arena, "%s must not be blank", texts[i]));
			if (is_blank(json_get_string(json_get(d, "manufacturerInfo"), maker[i])))
				fault(j, id, arena_printf(j->arena, "%s must not be blank", maker[i]));
		}
	}
}

/* Each device that was asked for is answered, in its place, and no other is. */
static void
judge_as_asked(struct judge *j, const struct json *asked, const struct json *got)
{
	const struct json *q = json_first(asked), *e = json_first(got);

	for (; q != NULL && e != NULL; q = json_next(q), e = json_next(e)) {
		const char *id = json_get_string(e, "externalDeviceId"), *wanted = json_get_string(q, "externalDeviceId");
		if (id == NULL || wanted == NULL || strcmp(id, wanted) != 0)
			fault(j, wanted, "another device was answered than was asked for");
	}
	for (; q != NULL; q = json_next(q))
		fault(j, json_get_string(q, "externalDeviceId"), "this device was asked for and not answered");
	for (; e != NULL; e = json_next(e))
		fault(j, json_get_string(e, "externalDeviceId"), "this device was answered and not asked for");
}

/* --- envelopes --- */

static void
judge_headers(struct judge *j, const struct json *m, const char *type, const char *id)
{
	const struct json *headers = json_get(m, "headers");
	const struct { const char *name, *value; } wanted[] = {
		{ "schema", "st-schema" }, { "version", "1.0" }, { "interactionType", type }, { "requestId", id },
	};

	if (json_type(headers) != JSON_OBJECT) {
		fault(j, NULL, "headers must be an object");
		return;
	}
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		const char *v = json_get_string(headers, wanted[i].name);
		if (is_blank(v) || (wanted[i].value != NULL && strcmp(v, wanted[i].value) != 0))
			fault(j, NULL, arena_printf(j->arena, "headers.%s is %.60s%s%.60s", wanted[i].name, v != NULL ? v : "missing",
			    wanted[i].value != NULL ? ", not " : "", wanted[i].value != NULL ? wanted[i].value : ""));
	}
}

static const struct answer {
	const char	*request, *response;
} answers[] = {
	{ "discoveryRequest", "discoveryResponse" },
	{ "stateRefreshRequest", "stateRefreshResponse" },
	{ "commandRequest", "commandResponse" },
};

struct json *
judge_answer(struct arena *a, const struct json *request, int status, const struct json *answer)
{
	struct judge j = { a, json_array(a) };
	const char *asked = judge_type(request), *type = asked;

	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
		if (strcmp(answers[i].request, asked) == 0)
			type = answers[i].response;
	if (status != 200)
		fault(&j, NULL, arena_printf(a, "HTTP status %d, not 200", status));
	if (json_type(answer) != JSON_OBJECT) {
		fault(&j, NULL, "the answer is no JSON object");
		return j.faults;
	}
	judge_headers(&j, answer, type, json_get_string(json_get(request, "headers"), "requestId"));
	if (json_get(answer, "globalError") != NULL) {
		if (is_blank(judge_global(answer)))
			fault(&j, NULL, "a globalError without errorEnum");
	} else if (strcmp(type, "discoveryResponse") == 0)
		judge_devices(&j, json_get(answer, "devices"));
	else if (strcmp(type, "stateRefreshResponse") == 0 || strcmp(type, "commandResponse") == 0) {
		judge_device_state(&j, json_get(answer, "deviceState"));
		judge_as_asked(&j, json_get(request, "devices"), json_get(answer, "deviceState"));
	}
	return j.faults;
}

struct json *
judge_callback(struct arena *a, const struct json *m)
{
	struct judge j = { a, json_array(a) };
	const char *type = judge_type(m);

	judge_headers(&j, m, NULL, NULL);
	if (strcmp(type, "stateCallback") == 0)
		judge_device_state(&j, json_get(m, "deviceState"));
	else if (strcmp(type, "discoveryCallback") != 0)
		fault(&j, NULL, "headers.interactionType is neither stateCallback nor discoveryCallback");
	else if (json_get(m, "globalError") == NULL)
		judge_devices(&j, json_get(m, "devices"));
	else if (is_blank(judge_global(m)))
		fault(&j, NULL, "a globalError without errorEnum");
	return j.faults;
}
