/* subscribe.c: the kinds for subscriptions: subscribe, subscriptions, unsubscribe. */
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/text.h"
#include "courier/target.h"
#include "device/capability.h"
#include "device/definition.h"
#include "device/device.h"
#include "endpoints/handler.h"
#include "endpoints/subscription.h"
#include "endpoints/template.h"
#include "base/banned.h"

static void
check_subscribe(struct definition *d, const char *path, const struct webapp *app, const struct json *spec)
{
	(void)app;
	handler_check_member(d, path, spec, "device", false, ABOUT_REQUEST);
	handler_check_member(d, path, spec, "attribute", false, ABOUT_REQUEST);
	handler_check_member(d, path, spec, "callback", true, ABOUT_REQUEST);
}

/* Does the device have such an attribute, whether or not it has a value yet? */
static bool
has_attribute(const struct execution *x, const struct device *d, const char *text)
{
	const struct attribute_name n = attribute_name_read(x->arena, text);

	for (const struct json *c = json_first(json_get(d->components, n.component)); c != NULL; c = json_next(c))
		if ((n.capability == NULL || strcmp(n.capability, json_string(c)) == 0) &&
		    catalogue_has_attribute(x->context->catalogue, json_string(c), n.attribute))
			return true;
	return false;
}

/* The device and its attribute, if any are named, must be the installation's. */
static bool
check_device(struct execution *x, const struct subscription *s)
{
	struct device_view view;
	struct device d;

	if (s->device == NULL)
		return true;
	enum store_result r = handler_view(x, s->device, &d, &view);
	if (r != STORE_OK && r != STORE_ABSENT)
		return handler_fail(x, r), false;
	if (r == STORE_ABSENT)
		return handler_refuse(x, 404, "Device not found"), false;
	if (s->attribute != NULL && !has_attribute(x, &d, s->attribute))
		return handler_refuse(x, 400, "%.*s is not an attribute of the device", text_cut(s->attribute, 80), s->attribute), false;
	return true;
}

/* This machine by name: its address would be refused at each call, so say it now. */
static bool
is_localhost(const char *url)
{
	const char *host = strstr(url, "://");
	size_t len = host != NULL ? strcspn(host += 3, ":/?") : 0;

	return len >= 9 && strncasecmp(host + len - 9, "localhost", 9) == 0 && (len == 9 || host[len - 10] == '.');
}

/* A URL that we may post to: checked now by its name, and by its address at each call. */
static bool
check_callback(struct execution *x, const char *url)
{
	static const struct target_rule anybody = { .hosts = NULL, .any_port = true };
	bool loopback = false;
	const char *fault = strlen(url) <= SUBSCRIPTION_URL_MAX ? target_fault(x->context->config, &anybody, url, &loopback) :
	    "is too long";

	if (fault == NULL && !loopback && is_localhost(url))
		fault = "names this machine";
	if (fault != NULL)
		handler_refuse(x, 400, "The callback URL %s", fault);
	return fault == NULL;
}

static struct json *
show(struct arena *a, const struct subscription *s)
{
	struct json *v = json_object(a);

	json_set_string(a, v, "id", s->id);
	json_set_string(a, v, "deviceId", s->device);
	json_set_string(a, v, "attributeName", s->attribute);
	json_set_string(a, v, "callbackUrl", s->callback);
	return v;
}

static void
run_subscribe(struct execution *x, const struct json *spec)
{
	struct subscription s = { .grant = x->grant.id };
	bool refused;

	s.device = handler_text(x, spec, "device", json_get(spec, "device") != NULL, &refused);
	if (!refused)
		s.attribute = handler_text(x, spec, "attribute", false, &refused);
	if (!refused)
		s.callback = handler_text(x, spec, "callback", true, &refused);
	if (refused || !check_device(x, &s) || !check_callback(x, s.callback))
		return;
	enum store_result r = subscription_add(x->context->store, x->arena, x->grant.user, &s);
	if (r == STORE_LIMIT)
		handler_refuse(x, 409, "There are %d subscriptions already", SUBSCRIPTIONS_MAX);
	else if (r != STORE_OK)
		handler_fail(x, r);
	else {
		struct json *v = show(x->arena, &s);
		json_set_string(x->arena, v, "secret", subscription_secret(x->arena, x->context->keyring, s.id));
		handler_done(x, spec, v);
	}
}

struct listing {
	const struct execution	*x;
	struct json		*list;
};

static void
list_one(void *arg, const struct subscription *s)
{
	const struct listing *l = arg;

	if (strcmp(s->grant, l->x->grant.id) == 0 && (s->device == NULL || json_array_has(l->x->devices, s->device)))
		json_append(l->x->arena, l->list, show(l->x->arena, s));
}

static void
run_subscriptions(struct execution *x, const struct json *spec)
{
	struct listing l = { x, json_array(x->arena) };
	enum store_result r = subscription_each(x->context->store, x->arena, x->grant.user, list_one, &l);

	if (r == STORE_OK)
		handler_done(x, spec, l.list);
	else
		handler_fail(x, r);
}

static void
check_unsubscribe(struct definition *d, const char *path, const struct webapp *app, const struct json *spec)
{
	(void)app;
	handler_check_member(d, path, spec, "id", true, ABOUT_REQUEST);
}

static void
run_unsubscribe(struct execution *x, const struct json *spec)
{
	bool refused;
	const char *id = handler_text(x, spec, "id", true, &refused);

	if (refused)
		return;
	enum store_result r = subscription_remove(x->context->store, x->arena, x->grant.user, x->grant.id, id);
	if (r == STORE_ABSENT)
		handler_refuse(x, 404, "Subscription not found");
	else if (r != STORE_OK)
		handler_fail(x, r);
	else
		handler_done(x, spec, json_new_null(x->arena));
}

const struct handler handler_subscribe = {
	"subscribe", "device attribute callback", check_subscribe, run_subscribe, false, "Be told of changes",
};

const struct handler handler_subscriptions = {
	"subscriptions", "", NULL, run_subscriptions, false, "Who is told of changes",
};

const struct handler handler_unsubscribe = {
	"unsubscribe", "id", check_unsubscribe, run_unsubscribe, false, "Be told no more",
};
