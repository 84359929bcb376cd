/* The model of a SmartApp: every class, member and enumeration of docs/smartapp.md's table for people from the Python SDK is
 * there, and reads what SmartThings sends for it.
 * long because: it is a list of all of them. */
#include "base/arena.h"
#include "base/json.h"
#include "smartapp/definition.h"
#include "smartapp/handler.h"
#include "smartapp/incoming.h"
#include "smartapp/phases.h"
#include "smartapp/plan.h"
#include "tests/unit/fixture.h"
#include "tests/unit/check.h"
#include "base/banned.h"

static struct json *
parse(const char *text)
{
	struct json *v = json_parse(fx.arena, text, strlen(text), NULL);

	CHECK_NAMED(v != NULL, text);
	return v;
}

/* A request that must be one. */
static struct smartapp_request
request(const char *text)
{
	struct smartapp_request rq;

	CHECK_STR(smartapp_request_read(fx.arena, parse(text), 7000, &rq), NULL);
	return rq;
}

#define HEAD(phase) "{\"lifecycle\":\"" phase "\",\"executionId\":\"e-1\",\"locale\":\"en-US\",\"version\":\"0.1.0\"," \
	"\"settings\":{\"g\":\"1\"},\"appId\":\"app-1\","
#define CONFIG "{\"door\":[{\"valueType\":\"DEVICE\",\"deviceConfig\":{\"deviceId\":\"d-1\",\"componentId\":\"sub\"}}]," \
	"\"on\":[{\"valueType\":\"STRING\",\"stringConfig\":{\"value\":\"true\"}}],\"n\":[{\"valueType\":\"STRING\",\"stringConfig\":{\"value\":\"12\"}}]}"
#define INSTALLED "\"installedApp\":{\"installedAppId\":\"i-1\",\"locationId\":\"l-1\",\"config\":" CONFIG ",\"permissions\":[\"r:devices:*\"]}"

/* AbstractRequest, and LifecyclePhase by REQUEST_BY_PHASE. */
static void
check_head(const struct smartapp_request *rq, enum smartapp_phase phase, const char *name)
{
	CHECK_NAMED(rq->phase == phase, name);
	CHECK_STR(smartapp_phase_name(rq->phase), name);
	CHECK_STR(rq->execution_id, "e-1");
	CHECK_STR(rq->locale, "en-US");
	CHECK_STR(rq->version, "0.1.0");
	CHECK_STR(json_get_string(rq->settings, "g"), "1");
}

/* InstalledApp with its readers, and what the requests hand through: app_id, location_id. */
static void
check_installed(const struct smartapp_request *rq)
{
	const struct smartapp_installed_app *app = &rq->data.installed_app;
	const struct smartapp_value *v = NULL;
	const char *text = NULL;
	long long whole = 0;
	double decimal = 0;
	bool truth = false;
	size_t n = 0;

	CHECK_STR(app->installed_app_id, "i-1");
	CHECK_STR(app->location_id, "l-1");
	CHECK_STR(app->permissions[0], "r:devices:*");
	CHECK(app->permissions[1] == NULL);
	CHECK_STR(smartapp_app_id(rq), "i-1");
	CHECK_STR(smartapp_location_id(rq), "l-1");
	CHECK(smartapp_as_devices(app->config, "door", &v, &n) == SMARTAPP_READ_OK && n == 1 && v->type == SMARTAPP_VALUE_DEVICE);
	CHECK_STR(v->device.device_id, "d-1");
	CHECK_STR(v->device.component_id, "sub");
	CHECK(smartapp_as_bool(app->config, "on", &truth) == SMARTAPP_READ_OK && truth);
	CHECK(smartapp_as_str(app->config, "n", &text) == SMARTAPP_READ_OK);
	CHECK_STR(text, "12");
	CHECK(smartapp_as_int(app->config, "n", &whole) == SMARTAPP_READ_OK && whole == 12);
	CHECK(smartapp_as_float(app->config, "n", &decimal) == SMARTAPP_READ_OK && decimal == 12);
	CHECK(smartapp_find(app->config, "on")->values->type == SMARTAPP_VALUE_STRING);
}

static void
test_requests(void)
{
	struct smartapp_request rq;

	rq = request(HEAD("CONFIRMATION") "\"confirmationData\":{\"appId\":\"app-1\",\"confirmationUrl\":\"https://x/c\"}}");
	check_head(&rq, SMARTAPP_CONFIRMATION, "CONFIRMATION");
	CHECK_STR(rq.app_id, "app-1");
	CHECK_STR(rq.confirmation.app_id, "app-1");
	CHECK_STR(rq.confirmation.confirmation_url, "https://x/c");

	rq = request(HEAD("CONFIGURATION") "\"configurationData\":{\"installedAppId\":\"i-1\",\"phase\":\"INITIALIZE\",\"pageId\":\"\",\"previousPageId\":\"\",\"config\":{}}}");
	check_head(&rq, SMARTAPP_CONFIGURATION, "CONFIGURATION");
	CHECK(rq.configuration.phase == SMARTAPP_INITIALIZE);
	rq = request(HEAD("CONFIGURATION") "\"configurationData\":{\"installedAppId\":\"i-1\",\"phase\":\"PAGE\",\"pageId\":\"2\",\"previousPageId\":\"1\",\"config\":" CONFIG "}}");
	CHECK(rq.configuration.phase == SMARTAPP_PAGE && smartapp_find(rq.configuration.config, "door") != NULL);
	CHECK_STR(rq.configuration.installed_app_id, "i-1");
	CHECK_STR(rq.configuration.page_id, "2");
	CHECK_STR(rq.configuration.previous_page_id, "1");

	rq = request(HEAD("INSTALL") "\"installData\":{\"authToken\":\"at\",\"refreshToken\":\"rt\"," INSTALLED "}}");
	check_head(&rq, SMARTAPP_INSTALL, "INSTALL");
	check_installed(&rq);
	CHECK_STR(smartapp_token(&rq), "at");
	CHECK_STR(rq.data.refresh_token, "rt");

	rq = request(HEAD("UPDATE") "\"updateData\":{\"authToken\":\"at\",\"refreshToken\":\"rt\",\"previousConfig\":" CONFIG
	    ",\"previousPermissions\":[\"x:devices:*\"]," INSTALLED "}}");
	check_head(&rq, SMARTAPP_UPDATE, "UPDATE");
	check_installed(&rq);
	CHECK_STR(smartapp_token(&rq), "at");
	CHECK_STR(rq.data.refresh_token, "rt");
	CHECK(smartapp_find(rq.data.previous_config, "n") != NULL);
	CHECK_STR(rq.data.previous_permissions[0], "x:devices:*");

	rq = request(HEAD("UNINSTALL") "\"uninstallData\":{" INSTALLED "}}");
	check_head(&rq, SMARTAPP_UNINSTALL, "UNINSTALL");
	check_installed(&rq);
	CHECK_STR(smartapp_token(&rq), NULL);

	rq = request(HEAD("OAUTH_CALLBACK") "\"oAuthCallbackData\":{\"installedAppId\":\"i-1\",\"urlPath\":\"/p?c=1\"}}");
	check_head(&rq, SMARTAPP_OAUTH_CALLBACK, "OAUTH_CALLBACK");
	CHECK_STR(rq.oauth_callback.installed_app_id, "i-1");
	CHECK_STR(rq.oauth_callback.url_path, "/p?c=1");

	rq = request(HEAD("EVENT") "\"eventData\":{\"authToken\":\"et\",\"events\":[]," INSTALLED "}}");
	check_head(&rq, SMARTAPP_EVENT, "EVENT");
	check_installed(&rq);
	CHECK_STR(smartapp_token(&rq), "et");
	CHECK(rq.data.event_count == 0 && rq.data.events == NULL);
}

/* EventType, and Event's attribute for each of them. */
static void
test_events(void)
{
	static const struct { const char *name, *member; enum smartapp_event_type type; } types[] = {
		{ "DEVICE_COMMANDS_EVENT", "deviceCommandsEvent", SMARTAPP_DEVICE_COMMANDS_EVENT },
		{ "DEVICE_EVENT", "deviceEvent", SMARTAPP_DEVICE_EVENT },
		{ "DEVICE_HEALTH_EVENT", "deviceHealthEvent", SMARTAPP_DEVICE_HEALTH_EVENT },
		{ "DEVICE_LIFECYCLE_EVENT", "deviceLifecycleEvent", SMARTAPP_DEVICE_LIFECYCLE_EVENT },
		{ "HUB_HEALTH_EVENT", "hubHealthEvent", SMARTAPP_HUB_HEALTH_EVENT },
		{ "INSTALLED_APP_LIFECYCLE_EVENT", "installedAppLifecycleEvent", SMARTAPP_INSTALLED_APP_LIFECYCLE_EVENT },
		{ "MODE_EVENT", "modeEvent", SMARTAPP_MODE_EVENT },
		{ "SCENE_LIFECYCLE_EVENT", "sceneLifecycleEvent", SMARTAPP_SCENE_LIFECYCLE_EVENT },
		{ "SECURITY_ARM_STATE_EVENT", "securityArmStateEvent", SMARTAPP_SECURITY_ARM_STATE_EVENT },
		{ "TIMER_EVENT", "timerEvent", SMARTAPP_TIMER_EVENT },
		{ "WEATHER_EVENT", "weatherEvent", SMARTAPP_WEATHER_EVENT },
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		struct smartapp_request rq = request(arena_printf(fx.arena, HEAD("EVENT") "\"eventData\":{\"authToken\":\"et\"," INSTALLED
		    ",\"events\":[{\"eventTime\":\"2020-03-24T13:23:37Z\",\"eventType\":\"%s\",\"%s\":{\"it\":\"%zu\"},\"weatherData\":{\"w\":\"1\"},"
		    "\"airQualityData\":{\"a\":\"1\"}}]}}", types[i].name, types[i].member, i));
		const struct smartapp_event *e = rq.data.events;
		CHECK_NAMED(rq.data.event_count == 1 && e->type == types[i].type, types[i].name);
		CHECK_STR(smartapp_event_name(e->type), types[i].name);
		CHECK(smartapp_event_type(types[i].name) == types[i].type && e->time == 1585056217000);
		CHECK_STR(json_get_string(smartapp_for_type(e, types[i].type), "it"), arena_printf(fx.arena, "%zu", i));
		CHECK(smartapp_filter(e, types[i].type, NULL, NULL) == e);
		CHECK_STR(json_get_string(e->weather_data, "w"), "1");
		CHECK_STR(json_get_string(e->air_quality_data, "a"), "1");
	}
	CHECK(smartapp_event_type("DEVICE_JOIN_EVENT") == SMARTAPP_OTHER_EVENT);
}

static const char definition_text[] =
    "id: app\nname: App\ndescription: An app\ntargetUrl: https://x.example/s\npermissions: [\"r:devices:*\", \"x:devices:*\"]\n"
    "configPages:\n"
    "- pageName: One\n"
    "  sections:\n"
    "  - name: S\n    hideable: true\n    hidden: true\n    settings:\n"
    "    - {type: DEVICE, id: s0, name: N0, description: D0, required: true, multiple: true, capabilities: [switch, lock], permissions: [r, x]}\n"
    "    - {type: TEXT, id: s1, name: N1, defaultValue: hello}\n"
    "    - {type: BOOLEAN, id: s2, name: N2, defaultValue: \"true\"}\n"
    "    - {type: ENUM, id: s3, name: N3, multiple: true, options: [{id: a, name: A}], groupedOptions: [{name: G, options: [{id: b, name: B}, {id: c, name: C}]}]}\n"
    "    - {type: LINK, id: s4, name: N4, url: \"https://x.example/l\", image: \"https://x.example/i.png\"}\n"
    "    - {type: PAGE, id: s5, name: N5, page: \"2\", image: \"https://x.example/p.png\"}\n"
    "    - {type: IMAGE, id: s6, name: N6, image: \"https://x.example/j.png\"}\n"
    "    - {type: ICON, id: s7, name: N7, image: \"https://x.example/k.png\"}\n"
    "    - {type: TIME, id: s8, name: N8}\n"
    "    - {type: PARAGRAPH, id: s9, name: N9, defaultValue: words}\n"
    "    - {type: EMAIL, id: s10, name: N10}\n"
    "    - {type: DECIMAL, id: s11, name: N11}\n"
    "    - {type: NUMBER, id: s12, name: N12}\n"
    "    - {type: PHONE, id: s13, name: N13}\n"
    "    - {type: OAUTH, id: s14, name: N14, browser: true, urlTemplate: \"https://x.example/o\"}\n"
    "    - {type: MODE, id: s15, name: N15}\n"
    "- pageName: Two\n  sections: []\n";

static const struct definition *
load(void)
{
	const char *why;

	fixture_write("model.yaml", definition_text);
	const struct definition *d = definition_load(fx.arena, arena_printf(fx.arena, "%s/model.yaml", fx.root), &why);
	CHECK_STR(why, NULL);
	return d;
}

/* SmartAppDefinition, SmartAppConfigPage, ConfigPage, ConfigSection; ConfigInit and the answers. */
static void
test_definition(const struct definition *d)
{
	const struct smartapp_config_page *one = d->app.config_pages, *two = one->next;
	const struct smartapp_config_section *s = one->sections;
	const struct json *init = json_get(json_get(phases_initialize(fx.arena, d), "configurationData"), "initialize");

	CHECK_STR(d->app.id, "app");
	CHECK_STR(d->app.name, "App");
	CHECK_STR(d->app.description, "An app");
	CHECK_STR(d->app.target_url, "https://x.example/s");
	CHECK_STR(d->app.permissions[1], "x:devices:*");
	CHECK(d->app.permissions[2] == NULL && two->next == NULL && smartapp_find_page(&d->app, "2") == two);
	CHECK(smartapp_find_page(&d->app, "3") == NULL);
	CHECK_STR(one->page_id, "1");
	CHECK_STR(one->name, "One");
	CHECK_STR(one->previous_page_id, NULL);
	CHECK_STR(one->next_page_id, "2");
	CHECK_STR(two->previous_page_id, "1");
	CHECK_STR(two->next_page_id, NULL);
	CHECK(!one->complete && two->complete && two->sections == NULL);
	CHECK_STR(s->name, "S");
	CHECK(s->hideable && s->hidden && s->next == NULL);
	CHECK_STR(json_print(fx.arena, init), "{\"id\":\"app\",\"name\":\"App\",\"description\":\"An app\","
	    "\"permissions\":[\"r:devices:*\",\"x:devices:*\"],\"firstPageId\":\"1\"}");
	CHECK(json_equal(json_get(json_get(phases_page(fx.arena, d, "2"), "configurationData"), "page"), two->json));
	CHECK(phases_page(fx.arena, d, "3") == NULL);
}

/* ConfigSettingType, and each setting's members. */
static void
test_settings(const struct definition *d)
{
	static const char *const names[] = { "DEVICE", "TEXT", "BOOLEAN", "ENUM", "LINK", "PAGE", "IMAGE", "ICON", "TIME", "PARAGRAPH",
		"EMAIL", "DECIMAL", "NUMBER", "PHONE", "OAUTH" };
	const struct smartapp_config_setting *s[16];

	for (size_t i = 0; i < 16; i++) {
		s[i] = smartapp_find_setting(&d->app, arena_printf(fx.arena, "s%zu", i));
		CHECK_STR(s[i] != NULL ? s[i]->name : NULL, arena_printf(fx.arena, "N%zu", i));
		if (i < SMARTAPP_SETTING_OTHER) {
			CHECK_STR(smartapp_setting_type_name(s[i]->type), names[i]);
			CHECK(s[i]->type == (enum smartapp_setting_type)i && smartapp_setting_type(names[i]) == s[i]->type);
		}
	}
	CHECK(smartapp_find_setting(&d->app, "s16") == NULL && s[15]->type == SMARTAPP_SETTING_OTHER);
	CHECK_STR(s[15]->type_name, "MODE");
	CHECK_STR(s[0]->description, "D0");
	CHECK(s[0]->required && s[0]->multiple && !s[1]->required && !s[1]->multiple);
	CHECK_STR(s[0]->capabilities[1], "lock");
	CHECK_STR(s[0]->permissions[1], "x");
	CHECK(s[0]->capabilities[2] == NULL && s[0]->permissions[2] == NULL);
	CHECK_STR(s[1]->default_value, "hello");
	CHECK_STR(s[2]->default_value, SMARTAPP_TRUE);
	CHECK(s[3]->multiple && s[3]->options->next == NULL && s[3]->grouped_options->next == NULL);
	CHECK_STR(s[3]->options->id, "a");
	CHECK_STR(s[3]->options->name, "A");
	CHECK_STR(s[3]->grouped_options->name, "G");
	CHECK_STR(s[3]->grouped_options->options->next->id, "c");
	CHECK_STR(s[4]->url, "https://x.example/l");
	CHECK_STR(s[4]->image, "https://x.example/i.png");
	CHECK_STR(s[5]->page, "2");
	CHECK_STR(s[5]->image, "https://x.example/p.png");
	CHECK_STR(s[6]->image, "https://x.example/j.png");
	CHECK_STR(s[7]->image, "https://x.example/k.png");
	CHECK_STR(s[9]->default_value, "words");
	CHECK_STR(s[14]->url_template, "https://x.example/o");
	CHECK(s[14]->browser && json_get_bool(s[14]->json, "browser", false));
}

/* SubscriptionType, ConfigValueType, the errors, the request context. */
static const char *
header(const void *arg, const char *name)
{
	(void)arg;
	return strcmp(name, "x-st-correlation") == 0 ? "c-1" : NULL;
}

static void
test_names(void)
{
	static const char *const subscriptions[] = { "DEVICE", "CAPABILITY", "MODE", "DEVICE_LIFECYCLE", "DEVICE_HEALTH",
		"SECURITY_ARM_STATE", "HUB_HEALTH", "SCENE_LIFECYCLE" };
	const struct incoming in = { .method = "POST", .body = "", .header = header };
	size_t kinds = 0;

	for (const struct plan_subscription *k = plan_subscriptions; k->type != NULL; k++)
		kinds++;
	CHECK(kinds == sizeof(subscriptions) / sizeof(subscriptions[0]));
	for (size_t i = 0; i < kinds; i++)
		CHECK_NAMED(plan_subscription(subscriptions[i]) != NULL, subscriptions[i]);
	CHECK(smartapp_value_type("DEVICE") == SMARTAPP_VALUE_DEVICE && smartapp_value_type("STRING") == SMARTAPP_VALUE_STRING);
	CHECK(smartapp_value_type("MODE") == SMARTAPP_VALUE_MODE && smartapp_value_type("SCENE") == SMARTAPP_VALUE_SCENE);
	CHECK(smartapp_value_type("PERMISSION") == SMARTAPP_VALUE_PERMISSION && smartapp_value_type("x") == SMARTAPP_VALUE_OTHER);
	CHECK(smartapp_value_type("MESSAGE") == SMARTAPP_VALUE_MESSAGE);
	CHECK_STR(smartapp_error_name(SMARTAPP_INTERNAL_ERROR), "InternalError");
	CHECK_STR(smartapp_error_name(SMARTAPP_BAD_REQUEST_ERROR), "BadRequestError");
	CHECK_STR(smartapp_error_name(SMARTAPP_SIGNATURE_ERROR), "SignatureError");
	CHECK_STR(incoming_correlation(fx.arena, &in), "c-1");
	CHECK_STR(SMARTAPP_TRUE "/" SMARTAPP_FALSE, "true/false");
	CHECK_STR(INCOMING_AUTHORIZATION " " INCOMING_CORRELATION " " INCOMING_DATE, "authorization x-st-correlation date");
}

int
main(void)
{
	fixture_begin();
	test_requests();
	test_events();
	const struct definition *d = load();
	test_definition(d);
	test_settings(d);
	test_names();
	fixture_end();
	return check_end();
}
