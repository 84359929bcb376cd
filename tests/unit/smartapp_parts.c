/* The small parts of the SmartApp: dates, the Authorization header, YAML, definitions and what is wrong with them, commands
 * read backwards.
 * long because: most of it is tables. */
#include "base/arena.h"
#include "base/json.h"
#include "base/yaml.h"
#include "device/capability.h"
#include "device/command.h"
#include "smartapp/authorization.h"
#include "smartapp/definition.h"
#include "smartapp/lane.h"
#include "smartapp/lifecycle.h"
#include "smartapp/verify.h"
#include "smartapp/when.h"
#include "tests/unit/fixture.h"
#include "tests/unit/check.h"
#include "base/banned.h"

static void
test_when(void)
{
	static const char *const bad[] = { "", "Tue, 24 Mar 2020 13:23:37", "Tue, 24 Mar 2020 13:23:37 CET", "Tue, 31 Feb 2020 13:23:37 GMT",
		"Tue, 24 Mar 2020 24:00:00 GMT", "Tue 24 Mar 2020 13:23:37 GMT", "Tue, 24 mar 2020 13:23:37 GMT", "Tue, 4 Mar 2020 13:23:37 GMT",
		"Tue, 24 Mar 2020 13:23:37 GMT ", " Tue, 24 Mar 2020 13:23:37 GMT", "Tue, 24 Mar 2020 13-23-37 GMT", "Tue, 29 Feb 2021 00:00:00 GMT" };
	static const char *const bad_iso[] = { "", "2020", "2020-03-24", "2020-03-24T13:23:37", "2020-03-24T13:23:37.Z", "2020-03-24 13:23:37Z",
		"2020-3-24T13:23:37Z", "2020-02-30T13:23:37Z", "2020-03-24T13:23:37+25:00", "2020-03-24T13:23:37Zx", "0000-01-01T00:00:00Z" };
	static const struct { const char *text; long long ms; } isos[] = {
		{ "2020-03-24T13:23:37Z", 1585056217000 }, { "2020-03-24T13:23:37.5Z", 1585056217500 },
		{ "2020-03-24T13:23:37.123456789Z", 1585056217123 }, { "2020-03-24T15:23:37+02:00", 1585056217000 },
		{ "2020-03-24T08:53:37-0430", 1585056217000 }, { "1970-01-01T00:00:00.000Z", 0 }, { "1969-12-31T23:59:59Z", -1000 },
	};
	int64_t t;
	int minute;

	CHECK(when_http("Tue, 24 Mar 2020 13:23:37 UTC", &t) && t == 1585056217);
	CHECK(when_http("Xyz, 29 Feb 2000 00:00:00 GMT", &t) && t == 951782400);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK_NAMED(!when_http(bad[i], &t), bad[i]);
	for (size_t i = 0; i < sizeof(isos) / sizeof(isos[0]); i++)
		CHECK_NAMED(when_iso(isos[i].text, &t) && t == isos[i].ms, isos[i].text);
	for (size_t i = 0; i < sizeof(bad_iso) / sizeof(bad_iso[0]); i++)
		CHECK_NAMED(!when_iso(bad_iso[i], &t), bad_iso[i]);
	CHECK(when_minute("07:30", &minute) && minute == 450);
	CHECK(when_minute("2020-03-24T23:59:00.000-0400", &minute) && minute == 1439);
	CHECK(!when_minute("24:00", &minute) && !when_minute("7:30", &minute) && !when_minute("07:30:00", &minute));
	CHECK(when_offset("2020-03-24T23:59:00.000-0430", &minute) && minute == -270);
	CHECK(when_offset("+02:00", &minute) && minute == 120);
	CHECK(!when_offset("07:30", &minute));
}

static void
test_key_ids(void)
{
	CHECK(verify_key_id_is_remote("/pl/useast1/11-c8-0f", "/pl/"));
	CHECK(verify_key_id_is_remote("/abc/x/1", "/abc/"));
	const char *region = arena_printf(fx.arena, "%032d", 0), *serial = arena_printf(fx.arena, "%0128d", 0);
	CHECK(verify_key_id_is_remote(arena_printf(fx.arena, "/pl/%s/%s", region, serial), "/pl/"));
	CHECK(!verify_key_id_is_remote(arena_printf(fx.arena, "/pl/%s0/%s", region, serial), "/pl/"));
	CHECK(!verify_key_id_is_remote(arena_printf(fx.arena, "/pl/%s/%s0", region, serial), "/pl/"));
	CHECK(!verify_key_id_is_remote("/pl/useast1/", "/pl/") && !verify_key_id_is_remote("/pl/us.east/1", "/pl/"));
	CHECK(!verify_key_id_is_remote("/pl/useast1/..", "/pl/") && !verify_key_id_is_remote("", "/pl/"));
	CHECK(verify_key_id_is_local("/SmartThings/d4:a3:58:b2:99:0d:d5:3d:a4:61:c9:a4:52:4a:66:a4"));
	CHECK(!verify_key_id_is_local("/SmartThings/d4"));
}

static void
test_yaml(void)
{
	static const char *const bad[] = { "", "a: [", "a: &x 1\nb: *x", "a: !!int 1", "a: 1\na: 2", "<<: {a: 1}", "--- a\n--- b", "a:\n\t- b",
		"? [a]\n: b", "\xff\xfe", "a: \"\\0\"" };
	struct yaml_lines *lines;
	struct json_error err;
	const char *text = "id: off\nlist:\n  - 1\n  - \"1\"\n  - yes\n  - true\n  - ~\n  - 1:30\n  - 0x10\n  - 1.5\nempty:\n";
	struct json *v = yaml_parse(fx.arena, text, strlen(text), &lines, &err);

	CHECK_STR(v != NULL ? json_print(fx.arena, v) : err.what,
	    "{\"id\":\"off\",\"list\":[1,\"1\",\"yes\",true,null,\"1:30\",\"0x10\",1.5],\"empty\":null}");
	CHECK(yaml_line_of(lines, "list.2") == 5 && yaml_line_of(lines, "empty") == 11 && yaml_line_of(lines, "none") == 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK_NAMED(yaml_parse(fx.arena, bad[i], strlen(bad[i]), NULL, &err) == NULL && err.line > 0, bad[i]);
}

/* A definition with one member put in; why it is refused, without the folder. NULL if it is fine. */
static const char *
fault_of(const char *more, const char *setting)
{
	const char *why = NULL;
	char *file = arena_printf(fx.arena, "%s/d.json", fx.root);

	fixture_write("d.json", arena_printf(fx.arena, "{\"id\":\"a\",\"name\":\"A\",\"description\":\"\",\n\"targetUrl\":\"https://x.example/s\",\n"
	    "\"permissions\":[],\n\"configPages\":[{\"pageName\":\"P\",\"sections\":[{\"settings\":[\n%s]}]}]%s}", setting, more));
	const struct definition *d = definition_load(fx.arena, file, &why);
	return d != NULL ? NULL : why + strlen(file) + 1;
}

#define TEXT_SETTING "{\"type\":\"TEXT\",\"id\":\"t\",\"name\":\"T\"}"
#define DEVICE_SETTING "{\"type\":\"DEVICE\",\"id\":\"d\",\"name\":\"D\",\"capabilities\":[\"switch\"],\"permissions\":[\"r\"]}"

static void
test_settings(void)
{
	static const char *const good[] = {
		TEXT_SETTING, DEVICE_SETTING,
		"{\"type\":\"BOOLEAN\",\"id\":\"b\",\"name\":\"B\",\"defaultValue\":\"true\"}",
		"{\"type\":\"ENUM\",\"id\":\"e\",\"name\":\"E\",\"options\":[{\"id\":\"1\",\"name\":\"One\"}],\"defaultValue\":\"1\"}",
		"{\"type\":\"ENUM\",\"id\":\"e\",\"name\":\"E\",\"multiple\":true,\"groupedOptions\":[{\"name\":\"G\",\"options\":[{\"id\":\"1\",\"name\":\"One\"}]}]}",
		"{\"type\":\"LINK\",\"id\":\"l\",\"name\":\"L\",\"url\":\"https://x.example/\",\"image\":\"https://x.example/i.png\"}",
		"{\"type\":\"PAGE\",\"id\":\"p\",\"name\":\"P\",\"page\":\"1\"}",
		"{\"type\":\"IMAGE\",\"id\":\"i\",\"name\":\"I\",\"image\":\"data:image/png;base64,AA==\"}",
		"{\"type\":\"ICON\",\"id\":\"i\",\"name\":\"I\",\"image\":\"https://x.example/i.png\"}",
		"{\"type\":\"TIME\",\"id\":\"t\",\"name\":\"T\"}",
		"{\"type\":\"PARAGRAPH\",\"id\":\"p\",\"name\":\"P\",\"defaultValue\":\"Text\\nof two lines\"}",
		"{\"type\":\"EMAIL\",\"id\":\"e\",\"name\":\"E\"}",
		"{\"type\":\"DECIMAL\",\"id\":\"d\",\"name\":\"D\",\"min\":0,\"max\":0.5}",
		"{\"type\":\"NUMBER\",\"id\":\"n\",\"name\":\"N\",\"min\":0,\"max\":0,\"step\":1}",
		"{\"type\":\"PHONE\",\"id\":\"p\",\"name\":\"P\"}",
		"{\"type\":\"OAUTH\",\"id\":\"o\",\"name\":\"O\",\"browser\":true,\"urlTemplate\":\"https://x.example/a?r=__SmartThingsOAuthCallback__\"}",
		"{\"type\":\"PASSWORD\",\"id\":\"p\",\"name\":\"P\",\"maxLength\":20}", "{\"type\":\"MODE\",\"id\":\"m\",\"name\":\"M\"}",
		"{\"type\":\"SCENE\",\"id\":\"s\",\"name\":\"S\",\"multiple\":true}", "{\"type\":\"IMAGES\",\"id\":\"i\",\"name\":\"I\",\"images\":[\"https://x.example/\"]}",
		"{\"type\":\"VIDEO\",\"id\":\"v\",\"name\":\"V\",\"video\":\"https://x.example/v\"}", "{\"type\":\"SOUND\",\"id\":\"s\",\"name\":\"S\"}",
		"{\"type\":\"MESSAGE_GROUP\",\"id\":\"m\",\"name\":\"M\"}", "{\"type\":\"SECURITY\",\"id\":\"s\",\"name\":\"S\"}",
	};
	static const struct { const char *setting, *why; } bad[] = {
		{ "7", "5: configPages.0.sections.0.settings.0: must be an object" },
		{ "{}", "5: configPages.0.sections.0.settings.0.type: is no type of setting" },
		{ "{\"type\":\"DEVICES\"}", "5: configPages.0.sections.0.settings.0.type: is no type of setting; did you mean DEVICE?" },
		{ "{\"type\":\"TEXT\",\"id\":\"t\"}", "5: configPages.0.sections.0.settings.0: lacks name" },
		{ "{\"type\":\"TEXT\",\"id\":\"a b\",\"name\":\"T\"}", "5: configPages.0.sections.0.settings.0.id: may hold letters, digits, dots, hyphens and underscores only" },
		{ "{\"type\":\"TEXT\",\"id\":\"t\",\"nmae\":\"T\"}", "5: configPages.0.sections.0.settings.0.nmae: there is no such member here; did you mean name?" },
		{ "{\"type\":\"TEXT\",\"id\":\"t\",\"name\":7}", "5: configPages.0.sections.0.settings.0.name: must be text: put it in quotes" },
		{ "{\"type\":\"BOOLEAN\",\"id\":\"t\",\"name\":\"T\",\"defaultValue\":true}", "5: configPages.0.sections.0.settings.0.defaultValue: must be text: put it in quotes" },
		{ "{\"type\":\"BOOLEAN\",\"id\":\"t\",\"name\":\"T\",\"defaultValue\":\"yes\"}", "5: configPages.0.sections.0.settings.0.defaultValue: must be \"true\" or \"false\", in quotes" },
		{ "{\"type\":\"ENUM\",\"id\":\"t\",\"name\":\"T\"}", "5: configPages.0.sections.0.settings.0: lacks options or groupedOptions" },
		{ "{\"type\":\"ENUM\",\"id\":\"t\",\"name\":\"T\",\"options\":[{\"id\":\"1\",\"name\":\"x\"},{\"id\":\"1\",\"name\":\"y\"}]}", "5: configPages.0.sections.0.settings.0.options.1.id: stands twice among the options" },
		{ "{\"type\":\"ENUM\",\"id\":\"t\",\"name\":\"T\",\"options\":[{\"id\":\"1\",\"name\":\"x\"}],\"defaultValue\":\"2\"}", "5: configPages.0.sections.0.settings.0.defaultValue: is none of the options" },
		{ "{\"type\":\"DEVICE\",\"id\":\"t\",\"name\":\"T\"}", "5: configPages.0.sections.0.settings.0: lacks capabilities" },
		{ "{\"type\":\"DEVICE\",\"id\":\"t\",\"name\":\"T\",\"capabilities\":[\"switch\"],\"permissions\":[\"read\"]}", "5: configPages.0.sections.0.settings.0.permissions.0: must be \"r\", \"w\" or \"x\"" },
		{ "{\"type\":\"NUMBER\",\"id\":\"t\",\"name\":\"T\",\"min\":2,\"max\":1}", "5: configPages.0.sections.0.settings.0.min: is greater than max" },
		{ "{\"type\":\"LINK\",\"id\":\"t\",\"name\":\"T\",\"url\":\"javascript:x\"}", "5: configPages.0.sections.0.settings.0.url: must be an https URL" },
		{ "{\"type\":\"PAGE\",\"id\":\"t\",\"name\":\"T\",\"page\":\"9\"}", "4: configPages: the setting t leads to a page that there is not: 9" },
		{ TEXT_SETTING ",\n" TEXT_SETTING, "6: configPages.0.sections.0.settings.1.id: stands twice: ids are unique over all pages" },
	};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		CHECK_STR(fault_of("", good[i]), NULL);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK_STR(fault_of("", bad[i].setting), bad[i].why);
}

/* Which path is signed; NULL if the URL cannot be one. */
static const char *
path_of(const char *target)
{
	const char *why;

	fixture_write("d.json", arena_printf(fx.arena, "{\"id\":\"a\",\"name\":\"A\",\"description\":\"\",\"targetUrl\":\"%s\",\"permissions\":[]}", target));
	const struct definition *d = definition_load(fx.arena, arena_printf(fx.arena, "%s/d.json", fx.root), &why);
	return d != NULL ? arena_printf(fx.arena, "%s%s", d->path, d->warning != NULL ? " !" : "") : NULL;
}

static void
test_targets(void)
{
	static const struct { const char *target, *path; } targets[] = {
		{ "https://x.example/s", "/s" }, { "https://x.example", "/" }, { "https://x.example/", "/" }, { "https://x.example?q=1", "/ !" },
		{ "https://x.example/a/b?q=1", "/a/b !" }, { "https://x.example/a#f", "/a !" }, { "http://127.0.0.1:8080/s", "/s" },
		{ "http://localhost/s", "/s" }, { "http://[::1]/s", "/s" }, { "http://127.evil.example/s", NULL }, { "http://localhost.evil.example/s", NULL },
		{ "http://x.example/s", NULL }, { "https://", NULL }, { "https:///s", NULL }, { "https://?x", NULL }, { "https://x.example/a b", NULL },
		{ "ftp://x.example/s", NULL }, { "x.example/s", NULL }, { "https://x.example/\u00e4", NULL },
	};

	for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++)
		CHECK_STR(path_of(targets[i].target), targets[i].path);
}

static void
test_pages(void)
{
	static const char text[] = "{\"id\":\"a\",\"name\":\"A\",\"description\":\"\",\"targetUrl\":\"https://x.example\",\"permissions\":[],\n"
	    "\"configPages\":[{\"pageId\":\"a\",\"pageName\":\"A\",\"sections\":[]},\n{\"pageId\":\"%s\",\"pageName\":\"B\",\"sections\":[]}]}";
	const char *why, *file = arena_printf(fx.arena, "%s/d.json", fx.root);

	fixture_write("d.json", arena_printf(fx.arena, text, "b"));
	CHECK(definition_load(fx.arena, file, &why) != NULL);
	fixture_write("d.json", arena_printf(fx.arena, text, "a"));
	CHECK(definition_load(fx.arena, file, &why) == NULL);
	CHECK_STR(why, arena_printf(fx.arena, "%s:3: configPages.1.pageId: stands twice", file));
}

static void
test_plans(void)
{
	static const struct { const char *more, *why; } bad[] = {
		{ ",\"rule\":[]", "5: rule: there is no such member here; did you mean rules?" },
		{ ",\"subscriptions\":[{\"name\":\"a\",\"type\":\"DEVICE\"}]", "5: subscriptions.0: lacks setting: which devices?" },
		{ ",\"subscriptions\":[{\"name\":\"a\",\"type\":\"DEVICE\",\"setting\":\"x\"}]", "5: subscriptions.0.setting: there is no setting x" },
		{ ",\"subscriptions\":[{\"name\":\"a\",\"type\":\"WEATHER\"}]", "5: subscriptions.0.type: is no kind of subscription" },
		{ ",\"subscriptions\":[{\"name\":\"a\",\"type\":\"MODE\",\"setting\":\"d\"}]", "5: subscriptions.0.setting: MODE takes no devices" },
		{ ",\"subscriptions\":[{\"name\":\"a\",\"type\":\"MODE\"},{\"name\":\"a\",\"type\":\"MODE\"}]", "5: subscriptions.1.name: stands twice" },
		{ ",\"subscriptions\":[{\"name\":\"123456789-123456789-123456789-123\",\"type\":\"MODE\"}]", "5: subscriptions.0.name: is longer than 32 bytes" },
		{ ",\"schedules\":[{},{},{},{},{},{},{}]", "5: schedules: has more than 6 elements" },
		{ ",\"schedules\":[{\"name\":\"a\",\"daily\":\"07:00\",\"after\":5}]", "5: schedules.0: needs one of cron, daily, once and after" },
		{ ",\"rules\":[{\"when\":{\"event\":\"MODE_EVENT\"},\"then\":[{\"unschedule\":\"a\",\"post\":{\"url\":\"https://x\"}}]}]", "5: rules.0.then.0: needs one of command, schedule, unschedule, set and post" },
		{ ",\"rules\":[{\"when\":{\"event\":\"MODE_EVENT\"},\"and\":[{\"setting\":\"d\",\"from\":\"08:00\",\"to\":\"09:00\"}],\"then\":[]}]", "5: rules.0.and.0: needs setting, or device, or from and to" },
		{ ",\"rules\":[{\"when\":{\"event\":\"MODE_EVENT\"},\"then\":[{\"command\":{\"setting\":\"d\",\"device\":\"x\",\"capability\":\"switch\",\"command\":\"on\"}}]}]", "5: rules.0.then.0.command: needs setting or device" },
		{ ",\"schedules\":[{\"name\":\"a\"}]", "5: schedules.0: needs one of cron, daily, once and after" },
		{ ",\"schedules\":[{\"name\":\"a\",\"daily\":\"25:00\"}]", "5: schedules.0.daily: must be as 07:30, or $ with a TIME setting" },
		{ ",\"schedules\":[{\"name\":\"a\",\"daily\":\"$d\"}]", "5: schedules.0.daily: the setting d is DEVICE, not TIME" },
		{ ",\"rules\":[{\"when\":{\"event\":\"X\"},\"then\":[]}]", "5: rules.0.when.event: is no type of event" },
		{ ",\"rules\":[{\"when\":{\"event\":\"MODE_EVENT\"},\"then\":[{}]}]", "5: rules.0.then.0: needs one of command, schedule, unschedule, set and post" },
		{ ",\"rules\":[{\"when\":{\"event\":\"MODE_EVENT\"},\"then\":[{\"command\":{\"capability\":\"switch\",\"command\":\"on\"}}]}]", "5: rules.0.then.0.command: needs setting or device" },
		{ ",\"rules\":[{\"when\":{\"event\":\"MODE_EVENT\"},\"then\":[{\"schedule\":{\"name\":\"a\",\"after\":\"$no\"}}]}]", "5: rules.0.then.0.schedule.after: there is no setting no of type NUMBER or DECIMAL" },
		{ ",\"rules\":[{\"when\":{\"event\":\"MODE_EVENT\"},\"then\":[{\"schedule\":{\"name\":\"a\",\"after\":\"$d\"}}]}]", "5: rules.0.then.0.schedule.after: there is no setting d of type NUMBER or DECIMAL" },
		{ ",\"rules\":[{\"when\":{\"event\":\"MODE_EVENT\"},\"then\":[{\"schedule\":{\"name\":\"a\",\"after\":0}}]}]", "5: rules.0.then.0.schedule.after: must be 1 to 63072000" },
		{ ",\"rules\":[{\"when\":{\"event\":\"MODE_EVENT\"},\"then\":[{\"schedule\":{\"name\":\"a\",\"after\":\"5\"}}]}]", "5: rules.0.then.0.schedule.after: must be a number, or $ with a setting that holds one" },
		{ ",\"rules\":[{\"when\":{\"event\":\"MODE_EVENT\"},\"then\":[{\"schedule\":{\"name\":\"a\",\"after\":5,\"unit\":\"days\"}}]}]", "5: rules.0.then.0.schedule.unit: must be seconds, minutes or hours" },
		{ ",\"rules\":[{\"when\":{\"event\":\"DEVICE_EVENT\",\"above\":\"warm\"},\"then\":[]}]", "5: rules.0.when.above: must be a number, or $ with a setting that holds one" },
		{ ",\"rules\":[{\"when\":{\"event\":\"MODE_EVENT\"},\"and\":[{\"setting\":\"d\",\"below\":true}],\"then\":[]}]", "5: rules.0.and.0.below: must be a number, or $ with a setting that holds one" },
		{ ",\"rules\":[{\"when\":{\"event\":\"MODE_EVENT\"},\"and\":[{\"from\":\"8:00\",\"to\":\"09:00\"}],\"then\":[]}]", "5: rules.0.and.0.from: must be as 22:30, or $ with a setting" },
		{ ",\"rules\":[{\"when\":{\"event\":\"MODE_EVENT\"},\"and\":[{\"from\":\"08:00\"}],\"then\":[]}]", "5: rules.0.and.0.to: must be as 22:30, or $ with a setting" },
		{ ",\"rules\":[{\"when\":{\"event\":\"MODE_EVENT\"},\"and\":[{\"from\":\"08:00\",\"to\":\"09:00\",\"utcOffset\":\"2\"}],\"then\":[]}]", "5: rules.0.and.0.utcOffset: must be as +02:00, beside from and to" },
		{ ",\"rules\":[{\"when\":{\"event\":\"MODE_EVENT\"},\"and\":[{\"is\":1}],\"then\":[]}]", "5: rules.0.and.0: needs setting, or device, or from and to" },
		{ ",\"rules\":[{\"when\":{\"event\":\"MODE_EVENT\"},\"then\":[{\"post\":{\"url\":\"ftp://x\"}}]}]", "5: rules.0.then.0.post.url: must begin with https://" },
		{ ",\"mirrors\":[{\"setting\":\"d\",\"capability\":\"switch\",\"user\":\"u\"}]", "5: mirrors.0: lacks device" },
		{ ",\"mirrors\":[{\"setting\":\"d\",\"capability\":\"switch\",\"user\":\"u\",\"device\":\"x\",\"direction\":\"up\"}]", "5: mirrors.0.direction: must be both, here or there" },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK_STR(fault_of(bad[i].more, DEVICE_SETTING), bad[i].why);
}

/* Which command leads to a value; "name arguments". */
static const char *
toward(const struct catalogue *c, const char *capability, const char *attribute, const char *value)
{
	struct json *arguments;
	const char *name = command_toward(fx.arena, c, capability, attribute, json_parse(fx.arena, value, strlen(value), NULL), &arguments);

	return name != NULL ? arena_printf(fx.arena, "%s %s", name, json_print(fx.arena, arguments)) : NULL;
}

static void
test_toward(void)
{
	const char *why = NULL;
	const struct catalogue *c = catalogue_load(fx.arena, "conf", NULL, &why);

	CHECK_STR(why, NULL);
	CHECK_STR(toward(c, "switch", "switch", "\"on\""), "on []");
	CHECK_STR(toward(c, "switch", "switch", "\"off\""), "off []");
	CHECK_STR(toward(c, "switchLevel", "level", "40"), "setLevel [40]");
	CHECK_STR(toward(c, "lock", "lock", "\"locked\""), "lock []");
	CHECK_STR(toward(c, "contactSensor", "contact", "\"open\""), NULL);
	CHECK_STR(toward(c, "nonsense", "x", "1"), NULL);
}

/* What may be wished: the paths of an API, and not more than is good. */
static void
test_wishes(void)
{
	static const char *const bad[] = { "devices", "", "/devices/../x", "/devices//x", "/devices/a b", "/devices?x=1", "/devices#x", "/d/%2e", "/\\x" };
	struct smartapp_request rq = { .phase = SMARTAPP_EVENT };
	struct lifecycle c;
	int made = 0;

	lifecycle_begin(&c, fx.arena, &rq);
	CHECK(lifecycle_wish(&c, "GET", "/devices/a-b_c.d~e/status", NULL) && c.wish_count == 1 && !c.wishes->setup);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK_NAMED(!lifecycle_wish(&c, "GET", bad[i], NULL), bad[i]);
	CHECK(!lifecycle_wish(&c, "get", "/a", NULL) && !lifecycle_wish(&c, "HEAD", "/a", NULL) && c.wish_count == 1);
	CHECK(lifecycle_wish(&c, "PUT", arena_printf(fx.arena, "/%0511d", 0), NULL) && !lifecycle_wish(&c, "PUT", arena_printf(fx.arena, "/%0512d", 0), NULL));
	/* No installed app, no path of its own; a device's id becomes part of one. */
	CHECK(!lifecycle_wish_own(&c, "GET", "/subscriptions", NULL));
	CHECK(!lifecycle_command(&c, "../a", NULL, "switch", "on", NULL) && !lifecycle_command(&c, "a/b", NULL, "switch", "on", NULL));
	CHECK(!lifecycle_wish(&c, "POST", "/a", json_new_string(fx.arena, arena_printf(fx.arena, "%065600d", 0))));
	/* Two hundred; or so much as a queue has room for from one request, a quote counting twice. */
	while (lifecycle_wish(&c, "GET", "/a", NULL))
		made++;
	CHECK(made == 198 && c.wish_count == 200);
	lifecycle_begin(&c, fx.arena, &rq);
	for (made = 0; lifecycle_wish(&c, "POST", "/a", json_new_string(fx.arena, arena_printf(fx.arena, "%010000d", 0))); made++)
		;
	CHECK(made == 10 && lifecycle_wish(&c, "GET", "/a", NULL));
	lifecycle_begin(&c, fx.arena, &rq);
	char *quotes = arena_printf(fx.arena, "%05000d", 0);
	memset(quotes, '"', 5000);	/* each is two bytes as JSON, and four as JSON in a record */
	for (made = 0; lifecycle_wish(&c, "POST", "/a", json_new_string(fx.arena, quotes)); made++)
		;
	CHECK(made == 5);
	rq.phase = SMARTAPP_INSTALL;
	lifecycle_begin(&c, fx.arena, &rq);
	CHECK(lifecycle_wish(&c, "GET", "/a", NULL) && c.wishes->setup && lifecycle_confirm(&c, "https://x.example/") && !c.wishes->next->setup);
}

static void
test_limits(void)
{
	struct lane l = { .queue = QUEUE_CALLS };
	int64_t when, now = 1700000000000;
	int made = 0;

	for (int i = 0; i < 50; i++)
		made += lane_limit(&l, "POST", "/installedapps/a/schedules", now + i, &when);
	CHECK(made == 12 && when == now + 60000);
	CHECK(lane_limit(&l, "POST", "/installedapps/a/schedules", now + 60000, &when));
	CHECK(!lane_limit(&l, "POST", "/installedapps/a/schedules", now + 60000, &when) || when <= now + 60001);
	for (made = 0; made < 100 && lane_limit(&l, "POST", "/installedapps/a/subscriptions", now + made, &when); made++)
		;
	CHECK(made == 40);
	for (made = 0; made < 100 && lane_limit(&l, "DELETE", "/installedapps/a/subscriptions", now + made, &when); made++)
		;
	CHECK(made == 15);
	for (made = 0; made < 200 && lane_limit(&l, "POST", "/devices/d/commands", now, &when); made++)
		;
	CHECK(made == 200);
}

int
main(void)
{
	fixture_begin();
	test_when();
	test_key_ids();
	test_yaml();
	test_settings();
	test_targets();
	test_pages();
	test_plans();
	test_toward();
	test_wishes();
	test_limits();
	fixture_end();
	return check_end();
}
