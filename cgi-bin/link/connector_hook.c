/* connector_hook.c: the hook of a connector's file, checked. */
#include <string.h>

#include "base/json.h"
#include "device/definition.h"
#include "link/connector_rules.h"
#include "base/banned.h"

#define RENEW_MIN	600	/* seconds */
#define RENEW_MAX	(31LL * 86400)

/* A text of a few, or none. */
static void
check_word(struct definition *d, const char *path, const struct json *object, const char *name, const char *one, const char *other)
{
	const char *s = definition_option(d, path, object, name);

	if (s != NULL && strcmp(s, one) != 0 && strcmp(s, other) != 0)
		definition_fault(d, definition_path(d, path, name), "is \"%s\"%s%s%s", one, *other != '\0' ? " or \"" : "", other,
		    *other != '\0' ? "\"" : "");
}

static void
check_hmac(struct definition *d, const struct json *v)
{
	definition_members(d, "hook.hmac", v, "header algo encoding prefix timeHeader secretFile secret");
	if (d->why != NULL)
		return;
	definition_string(d, "hook.hmac", v, "header");
	definition_option(d, "hook.hmac", v, "prefix");
	definition_option(d, "hook.hmac", v, "timeHeader");
	definition_option(d, "hook.hmac", v, "secretFile");
	rules_pointer(d, "hook.hmac", v, "secret");
	check_word(d, "hook.hmac", v, "algo", "sha256", "");
	check_word(d, "hook.hmac", v, "encoding", "hex", "base64");
	if (d->why == NULL && (json_get(v, "secretFile") == NULL) == (json_get(v, "secret") == NULL))
		definition_fault(d, "hook.hmac", "needs a secretFile, or a secret: a pointer into what answers subscribe; not both");
}

void
rules_hook(struct definition *d, const struct json *v)
{
	static const char *const pointers[] = { "items", "id", "state" };
	const struct json *renew = json_get(v, "renew"), *subscribe = json_get(v, "subscribe");
	long long seconds = RENEW_MIN;

	definition_members(d, "hook", v, "subscribe unsubscribe renew items id state challengeParam hmac");
	for (size_t i = 0; i < sizeof(pointers) / sizeof(pointers[0]); i++)
		rules_pointer(d, "hook", v, pointers[i]);
	if (d->why == NULL && json_get(v, "state") != NULL && json_get(v, "id") == NULL)
		definition_fault(d, "hook", "state needs id: a pointer to what the device is known by");
	if (renew != NULL && (!json_int(renew, &seconds) || seconds < RENEW_MIN || seconds > RENEW_MAX))
		definition_fault(d, "hook.renew", "must be a whole number of seconds from %d to %lld", RENEW_MIN, RENEW_MAX);
	definition_option(d, "hook", v, "challengeParam");
	if (d->why == NULL && subscribe == NULL)
		definition_fault(d, "hook", "subscribe is missing: the request that tells the vendor {hookUrl}");
	if (d->why == NULL) {
		rules_request(d, "hook.subscribe", subscribe, RULES_REQUEST "subscription");
		rules_pointer(d, "hook.subscribe", subscribe, "subscription");
	}
	if (d->why == NULL && json_get(v, "unsubscribe") != NULL)
		rules_request(d, "hook.unsubscribe", json_get(v, "unsubscribe"), RULES_REQUEST);
	if (d->why == NULL && json_get(v, "hmac") != NULL)
		check_hmac(d, json_get(v, "hmac"));
}
