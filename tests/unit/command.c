/* command.c: commands on virtual devices: what is let through, what it does, what is told.
 * long because: a row for each behaviour of the protocol's tables, in one story over the same devices. */
#include <sys/wait.h>

#include "base/clock.h"
#include "device/command.h"
#include "tests/unit/device_fixture.h"
#include "base/banned.h"

#define UUID "0f3b6a1e-7c4d-4c55-9f0e-5d1a2b3c4d5e"

static struct command_outcome outcome;

/* Run commands written as [["main","switch","on",[]], ...] on a device. */
static enum command_fault
run(const char *id, const char *text)
{
	const struct json *list = parse(text);
	struct command commands[50];
	size_t n = 0;

	for (const struct json *c = json_first(list); c != NULL; c = json_next(c))
		commands[n++] = (struct command){ json_string(json_at(c, 0)), json_string(json_at(c, 1)),
		    json_string(json_at(c, 2)), json_at(c, 3) };
	command_run(store, arena, catalogue, FIXTURE_USER, id, commands, n, "grant-1", &outcome);
	return outcome.fault;
}

/* The outcome's states as "switch.switch=\"on\" ...", without healthStatus's time and the like. */
static const char *
told(void)
{
	const char *text = "";

	for (const struct json *s = json_first(outcome.states); s != NULL; s = json_next(s))
		text = arena_printf(arena, "%s%s%s.%s=%s%s%s", text, *text != '\0' ? " " : "",
		    json_get_string(s, "capability"), json_get_string(s, "attribute"),
		    json_print(arena, json_get(s, "value")), json_get(s, "unit") != NULL ? json_get_string(s, "unit") : "",
		    json_get(s, "data") != NULL ? json_print(arena, json_get(s, "data")) : "");
	return text;
}

#define OK COMMAND_OK
#define NOT COMMAND_NOT_SUPPORTED
#define BAD COMMAND_BAD_ARGUMENT

static const char *const devices[] = {
	"{\"id\":\"sw\",\"name\":\"S\",\"type\":\"c2c-switch\"}",
	"{\"id\":\"dim\",\"name\":\"D\",\"type\":\"c2c-dimmer\"}",
	"{\"id\":\"rgbw\",\"name\":\"R\",\"type\":\"c2c-rgbw-color-bulb\"}",
	"{\"id\":\"lock\",\"name\":\"L\",\"type\":\"c2c-lock-2\"}",
	"{\"id\":\"shade\",\"name\":\"W\",\"type\":\"c2c-shade\"}",
	"{\"id\":\"fan2\",\"name\":\"F\",\"type\":\"c2c-fan-controller-2speed\"}",
	"{\"id\":\"fan3\",\"name\":\"F\",\"type\":\"c2c-fan-controller-3speed\"}",
	"{\"id\":\"contact\",\"name\":\"C\",\"type\":\"c2c-contact-3\"}",
	"{\"id\":\"garage\",\"name\":\"G\",\"type\":\"c2c-contact-4\"}",
	"{\"id\":\"siren\",\"name\":\"S\",\"type\":\"c2c-siren-3\"}",
	"{\"id\":\"tone\",\"name\":\"T\",\"type\":\"c2c-arrival-2\"}",
	"{\"id\":\"music\",\"name\":\"M\",\"type\":\"c2c-music-player-2\"}",
	"{\"id\":\"th\",\"name\":\"T\",\"type\":\"" UUID "\",\"capabilities\":[\"thermostatMode\",\"thermostatFanMode\","
	    "\"thermostatHeatingSetpoint\",\"airConditionerFanMode\",\"securitySystem\",\"energyMeter\",\"momentary\"],"
	    "\"set\":{\"thermostatHeatingSetpoint.heatingSetpoint\":\"70F\"}}",
	"{\"id\":\"tv\",\"name\":\"TV\",\"type\":\"" UUID "\",\"capabilities\":[\"audioVolume\",\"audioMute\",\"tvChannel\","
	    "\"mediaPlayback\",\"speechSynthesis\",\"statelessAudioVolumeButton\",\"statelessAudioMuteButton\","
	    "\"statelessVolumeButtonWithRepetition\",\"statelessMediaPlaybackButton\"]}",
	"{\"id\":\"blind\",\"name\":\"B\",\"type\":\"" UUID "\","
	    "\"capabilities\":[\"windowShade\",\"windowShadeLevel\",\"windowShadePreset\"]}",
	"{\"id\":\"two\",\"name\":\"2\",\"type\":\"" UUID "\",\"components\":{\"main\":[\"switch\"],"
	    "\"outlet2\":[\"switch\",\"statelessPowerToggleButton\"]}}",
	"{\"id\":\"odd\",\"name\":\"O\",\"type\":\"" UUID "\",\"capabilities\":[\"demandResponseLoadControl\",\"feederPortion\","
	    "\"ovenOperatingState\",\"ovenMode\",\"geofence\",\"lockCodes\",\"videoCapture\",\"color\",\"switchLevel\"]}",
};

/* In this order: each row finds what those before it left. */
static const struct {
	const char		*device, *commands;
	enum command_fault	 fault;
	const char		*states;
} rows[] = {
	{ "sw", "[[\"main\",\"switch\",\"on\",[]]]", OK, "switch.switch=\"on\"" },
	{ "sw", "[[\"main\",\"st.switch\",\"on\"]]", OK, "switch.switch=\"on\"" },
	{ "sw", "[[\"main\",\"st.switch\",\"off\",[1,2,3]]]", OK, "switch.switch=\"off\"" },	/* surplus is ignored */
	{ "sw", "[[\"main\",\"st.switch\",\"toggle\",[]]]", NOT, "" },
	{ "sw", "[[\"main\",\"st.switchLevel\",\"setLevel\",[1]]]", NOT, "" },
	{ "sw", "[[\"main\",\"st.nonsense\",\"x\",[]]]", NOT, "" },
	{ "sw", "[[\"aux\",\"st.switch\",\"on\",[]]]", NOT, "" },
	{ "sw", "[[\"main\",\"st.Switch\",\"on\",[]]]", NOT, "" },
	{ "sw", "[]", OK, "healthCheck.healthStatus=\"online\"" },
	{ "sw", "[[\"main\",\"st.refresh\",\"refresh\",[]]]", OK, "healthCheck.healthStatus=\"online\" switch.switch=\"off\"" },
	{ "sw", "[[\"main\",\"st.healthCheck\",\"ping\",[]]]", OK, "healthCheck.healthStatus=\"online\" switch.switch=\"off\"" },
	{ "nobody", "[[\"main\",\"switch\",\"on\",[]]]", COMMAND_NO_DEVICE, "" },
	{ "", "[]", COMMAND_NO_DEVICE, "" },
	/* Arguments. */
	{ "dim", "[[\"main\",\"switchLevel\",\"setLevel\",[42]]]", OK, "switchLevel.level=42%" },
	{ "dim", "[[\"main\",\"switchLevel\",\"setLevel\",[0,10]]]", OK, "switchLevel.level=0%" },	/* the switch stays */
	{ "dim", "[[\"main\",\"switchLevel\",\"setLevel\",[7.0,null]]]", OK, "switchLevel.level=7%" },
	{ "dim", "[[\"main\",\"switchLevel\",\"setLevel\",[101]]]", BAD, "switchLevel.level=7%" },
	{ "dim", "[[\"main\",\"switchLevel\",\"setLevel\",[-1]]]", BAD, "switchLevel.level=7%" },
	{ "dim", "[[\"main\",\"switchLevel\",\"setLevel\",[42.7]]]", BAD, "switchLevel.level=7%" },
	{ "dim", "[[\"main\",\"switchLevel\",\"setLevel\",[\"42\"]]]", BAD, "switchLevel.level=7%" },
	{ "dim", "[[\"main\",\"switchLevel\",\"setLevel\",[1e999]]]", BAD, "switchLevel.level=7%" },
	{ "dim", "[[\"main\",\"switchLevel\",\"setLevel\",[null]]]", BAD, "switchLevel.level=7%" },
	{ "dim", "[[\"main\",\"switchLevel\",\"setLevel\",[true]]]", BAD, "switchLevel.level=7%" },
	{ "dim", "[[\"main\",\"switchLevel\",\"setLevel\",[]]]", BAD, "switchLevel.level=7%" },
	{ "dim", "[[\"main\",\"switchLevel\",\"setLevel\"]]", BAD, "switchLevel.level=7%" },
	{ "dim", "[[\"main\",\"switchLevel\",\"setLevel\",{\"level\":3}]]", BAD, "switchLevel.level=7%" },
	{ "dim", "[[\"main\",\"switchLevel\",\"setLevel\",[3,-1]]]", BAD, "switchLevel.level=7%" },
	{ "dim", "[[\"main\",\"switchLevel\",\"setLevel\",[3,\"x\"]]]", BAD, "switchLevel.level=7%" },
	/* In order, up to the first that fails. */
	{ "dim", "[[\"main\",\"switch\",\"on\"],[\"main\",\"switchLevel\",\"setLevel\",[10]],[\"main\",\"switchLevel\","
	    "\"setLevel\",[20]]]", OK, "switch.switch=\"on\" switchLevel.level=20%" },
	{ "dim", "[[\"main\",\"switchLevel\",\"setLevel\",[30]],[\"main\",\"lock\",\"lock\"],[\"main\",\"switch\",\"off\"]]",
	    NOT, "switchLevel.level=30%" },
	{ "dim", "[[\"main\",\"switch\",\"off\"],[\"main\",\"switchLevel\",\"setLevel\",[101]],[\"main\",\"switch\",\"on\"]]",
	    BAD, "switch.switch=\"off\" switchLevel.level=30%" },
	{ "dim", "[[\"main\",\"refresh\",\"refresh\"]]", OK,
	    "healthCheck.healthStatus=\"online\" switch.switch=\"off\" switchLevel.level=30%" },
	/* Colours. */
	{ "rgbw", "[[\"main\",\"colorControl\",\"setColor\",[{\"hue\":62.5,\"saturation\":100}]]]", OK,
	    "colorControl.hue=62.5 colorControl.saturation=100" },
	{ "rgbw", "[[\"main\",\"colorControl\",\"setColor\",[{\"hue\":10,\"saturation\":20,\"level\":30,\"switch\":\"on\"}]]]", OK,
	    "colorControl.hue=10 colorControl.saturation=20 switchLevel.level=30% switch.switch=\"on\"" },
	{ "rgbw", "[[\"main\",\"colorControl\",\"setColor\",[{\"hue\":11}]]]", OK, "colorControl.hue=11" },
	{ "rgbw", "[[\"main\",\"colorControl\",\"setColor\",[{\"hue\":12,\"switch\":\"no\"}]]]", BAD,
	    "colorControl.hue=11 colorControl.saturation=20 switchLevel.level=30% switch.switch=\"on\"" },
	{ "rgbw", "[[\"main\",\"colorControl\",\"setColor\",[{\"hue\":360}]]]", BAD,
	    "colorControl.hue=11 colorControl.saturation=20 switchLevel.level=30% switch.switch=\"on\"" },
	{ "rgbw", "[[\"main\",\"colorControl\",\"setColor\",[[]]]]", BAD,
	    "colorControl.hue=11 colorControl.saturation=20 switchLevel.level=30% switch.switch=\"on\"" },
	{ "rgbw", "[[\"main\",\"colorControl\",\"setColor\",[{\"hex\":\"#ff0000\",\"x\":1}]]]", OK,
	    "healthCheck.healthStatus=\"online\"" },
	{ "rgbw", "[[\"main\",\"colorControl\",\"setHue\",[100]]]", OK, "colorControl.hue=100" },
	{ "rgbw", "[[\"main\",\"colorTemperature\",\"setColorTemperature\",[2700]]]", OK, "colorTemperature.colorTemperature=2700K" },
	{ "rgbw", "[[\"main\",\"colorTemperature\",\"setColorTemperature\",[0]]]", BAD, "colorTemperature.colorTemperature=2700K" },
	/* Behaviour of single capabilities. */
	{ "lock", "[[\"main\",\"lock\",\"unlock\",[]]]", OK, "lock.lock=\"unlocked\"{\"method\":\"command\"}" },
	{ "lock", "[[\"main\",\"battery\",\"charge\",[]]]", NOT, "" },
	{ "shade", "[[\"main\",\"windowShade\",\"open\",[]]]", OK, "windowShade.windowShade=\"open\"" },
	{ "shade", "[[\"main\",\"windowShade\",\"pause\",[]]]", OK, "windowShade.windowShade=\"partially open\"" },
	{ "blind", "[[\"main\",\"windowShadeLevel\",\"setShadeLevel\",[40]]]", OK,
	    "windowShadeLevel.shadeLevel=40% windowShade.windowShade=\"partially open\"" },
	{ "blind", "[[\"main\",\"windowShadeLevel\",\"setShadeLevel\",[100]]]", OK,
	    "windowShadeLevel.shadeLevel=100% windowShade.windowShade=\"open\"" },
	{ "blind", "[[\"main\",\"windowShadeLevel\",\"setShadeLevel\",[0]]]", OK,
	    "windowShadeLevel.shadeLevel=0% windowShade.windowShade=\"closed\"" },
	{ "blind", "[[\"main\",\"windowShade\",\"open\",[]]]", OK,
	    "windowShade.windowShade=\"open\" windowShadeLevel.shadeLevel=100%" },
	{ "blind", "[[\"main\",\"windowShadePreset\",\"presetPosition\",[]]]", OK,
	    "windowShade.windowShade=\"partially open\" windowShadeLevel.shadeLevel=50%" },
	{ "fan3", "[[\"main\",\"fanSpeed\",\"setFanSpeed\",[3]]]", OK, "fanSpeed.fanSpeed=3" },
	{ "fan3", "[[\"main\",\"fanSpeed\",\"setFanSpeed\",[4]]]", BAD, "fanSpeed.fanSpeed=3" },
	{ "fan3", "[[\"main\",\"fanSpeed\",\"setFanSpeed\",[0]]]", OK, "fanSpeed.fanSpeed=0" },
	{ "fan2", "[[\"main\",\"fanSpeed\",\"setFanSpeed\",[3]]]", BAD, "fanSpeed.fanSpeed=0" },
	{ "contact", "[[\"main\",\"contactSensor\",\"open\",[]]]", NOT, "" },
	{ "garage", "[[\"main\",\"doorControl\",\"open\",[]]]", OK,
	    "doorControl.door=\"open\" garageDoorControl.door=\"open\" contactSensor.contact=\"open\"" },
	{ "siren", "[[\"main\",\"alarm\",\"both\",[]]]", OK, "alarm.alarm=\"both\"" },
	{ "tone", "[[\"main\",\"tone\",\"beep\",[]]]", OK, "healthCheck.healthStatus=\"online\"" },
	{ "music", "[[\"main\",\"musicPlayer\",\"play\",[]]]", OK, "musicPlayer.status=\"playing\"" },
	{ "music", "[[\"main\",\"audioNotification\",\"playTrack\",[\"https://example.com/a.mp3\"]]]", OK,
	    "healthCheck.healthStatus=\"online\"" },
	{ "music", "[[\"main\",\"audioNotification\",\"playTrack\",[\"x\",101]]]", BAD, "" },
	{ "th", "[[\"main\",\"momentary\",\"push\",[]]]", OK, "healthCheck.healthStatus=\"online\"" },
	{ "th", "[[\"main\",\"thermostatMode\",\"emergencyHeat\",[]]]", OK, "thermostatMode.thermostatMode=\"emergency heat\"" },
	{ "th", "[[\"main\",\"thermostatMode\",\"setThermostatMode\",[\"heat\"]]]", OK, "thermostatMode.thermostatMode=\"heat\"" },
	{ "th", "[[\"main\",\"thermostatMode\",\"setThermostatMode\",[\"Heat\"]]]", BAD, "thermostatMode.thermostatMode=\"heat\"" },
	{ "th", "[[\"main\",\"thermostatHeatingSetpoint\",\"setHeatingSetpoint\",[71.5]]]", OK,
	    "thermostatHeatingSetpoint.heatingSetpoint=71.5F" },
	{ "th", "[[\"main\",\"airConditionerFanMode\",\"setFanMode\",[\"low\"]]]", OK, "airConditionerFanMode.fanMode=\"low\"" },
	{ "th", "[[\"main\",\"securitySystem\",\"armAway\",[]]]", BAD, "securitySystem.securitySystemStatus=\"disarmed\"" },
	{ "th", "[[\"main\",\"securitySystem\",\"armAway\",[\"true\"]]]", BAD, "securitySystem.securitySystemStatus=\"disarmed\"" },
	{ "th", "[[\"main\",\"securitySystem\",\"armAway\",[true]]]", OK, "securitySystem.securitySystemStatus=\"armedAway\"" },
	{ "th", "[[\"main\",\"energyMeter\",\"resetEnergyMeter\",[]]]", OK, "energyMeter.energy=0Wh" },
	/* Counting, within the range. */
	{ "tv", "[[\"main\",\"audioVolume\",\"setVolume\",[99]],[\"main\",\"audioVolume\",\"volumeUp\"]]", OK, "audioVolume.volume=100%" },
	{ "tv", "[[\"main\",\"audioVolume\",\"volumeUp\"]]", OK, "audioVolume.volume=100%" },
	{ "tv", "[[\"main\",\"audioVolume\",\"setVolume\",[0]],[\"main\",\"audioVolume\",\"volumeDown\"]]", OK, "audioVolume.volume=0%" },
	{ "tv", "[[\"main\",\"statelessVolumeButtonWithRepetition\",\"volumeUp\",[7]]]", OK, "audioVolume.volume=7%" },
	{ "tv", "[[\"main\",\"statelessAudioVolumeButton\",\"setButton\",[\"volumeDown\"]]]", OK, "audioVolume.volume=6%" },
	{ "tv", "[[\"main\",\"statelessAudioMuteButton\",\"setButton\",[\"muteToggle\"]]]", OK, "audioMute.mute=\"muted\"" },
	{ "tv", "[[\"main\",\"statelessAudioMuteButton\",\"setButton\",[\"muteToggle\"]]]", OK, "audioMute.mute=\"unmuted\"" },
	{ "tv", "[[\"main\",\"audioMute\",\"setMute\",[\"muted\"]]]", OK, "audioMute.mute=\"muted\"" },
	{ "tv", "[[\"main\",\"tvChannel\",\"channelUp\"],[\"main\",\"tvChannel\",\"channelUp\"]]", OK, "tvChannel.tvChannel=\"3\"" },
	{ "tv", "[[\"main\",\"tvChannel\",\"channelDown\"]]", OK, "tvChannel.tvChannel=\"2\"" },
	{ "tv", "[[\"main\",\"statelessMediaPlaybackButton\",\"setButton\",[\"fastForward\"]]]", OK,
	    "mediaPlayback.playbackStatus=\"fast forwarding\"" },
	{ "tv", "[[\"main\",\"speechSynthesis\",\"speak\",[7]]]", BAD, "" },
	/* Components. */
	{ "two", "[[\"outlet2\",\"switch\",\"on\"]]", OK, "switch.switch=\"on\"" },
	{ "two", "[[\"main\",\"refresh\",\"refresh\"]]", OK,
	    "healthCheck.healthStatus=\"online\" switch.switch=\"off\" switch.switch=\"on\" "
	    "statelessPowerToggleButton.availablePowerToggleButtons=[\"powerToggle\"]" },
	{ "two", "[[\"outlet2\",\"statelessPowerToggleButton\",\"setButton\",[\"powerToggle\"]]]", OK, "switch.switch=\"off\"" },
	{ "two", "[[\"outlet2\",\"refresh\",\"refresh\"]]", NOT, "" },
	/* Objects. */
	{ "odd", "[[\"main\",\"demandResponseLoadControl\",\"requestDrlcAction\",[1,-1,\"2026-11-21T10:00:00Z\",60]],"
	    "[\"main\",\"demandResponseLoadControl\",\"overrideDrlcAction\",[true]]]", OK,
	    "demandResponseLoadControl.drlcStatus={\"drlcType\":1,\"drlcLevel\":-1,\"start\":\"2026-11-21T10:00:00Z\","
	    "\"duration\":60,\"override\":true}" },
	{ "odd", "[[\"main\",\"demandResponseLoadControl\",\"requestDrlcAction\",[2,0,\"2026-11-21T10:00:00Z\",60]]]", BAD,
	    "demandResponseLoadControl.drlcStatus={\"drlcType\":1,\"drlcLevel\":-1,\"start\":\"2026-11-21T10:00:00Z\","
	    "\"duration\":60,\"override\":true}" },
	{ "odd", "[[\"main\",\"feederPortion\",\"setPortion\",[{\"value\":80,\"unit\":\"oz\"}]]]", OK, "feederPortion.feedPortion=80oz" },
	{ "odd", "[[\"main\",\"feederPortion\",\"setPortion\",[{\"unit\":\"oz\"}]]]", BAD, "feederPortion.feedPortion=80oz" },
	{ "odd", "[[\"main\",\"ovenOperatingState\",\"start\",[\"Broil\",600]]]", OK,
	    "ovenOperatingState.machineState=\"running\" ovenOperatingState.operationTime=600 ovenMode.ovenMode=\"Broil\"" },
	{ "odd", "[[\"main\",\"ovenOperatingState\",\"setMachineState\",[\"stop\"]]]", OK, "ovenOperatingState.machineState=\"ready\"" },
	{ "odd", "[[\"main\",\"geofence\",\"setGeofence\",[{\"longitude\":1,\"latitude\":2}]]]", BAD, "" },
	{ "odd", "[[\"main\",\"lockCodes\",\"setCodeLength\",[6]]]", OK, "lockCodes.codeLength=6" },
	{ "odd", "[[\"main\",\"videoCapture\",\"capture\",[\"now\",\"now\",\"now\"]]]", BAD, "" },
	{ "odd", "[[\"main\",\"color\",\"setColorValue\",[{\"hue\":300,\"saturation\":50},60]]]", OK,
	    "color.colorValue={\"hue\":300,\"saturation\":50} switchLevel.level=60%" },
};

static void
test_rows(void)
{
	for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++)
		fixture_add(devices[i]);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		enum command_fault fault = run(rows[i].device, rows[i].commands);
		CHECK(fault == rows[i].fault);
		CHECK_STR(told(), rows[i].states);
		CHECK((fault == OK) == (outcome.detail == NULL));
		if (fault != rows[i].fault || strcmp(told(), rows[i].states) != 0)
			printf("# %s %s: %d %s\n", rows[i].device, rows[i].commands, (int)fault,
			    outcome.detail != NULL ? outcome.detail : "");
	}
}

/* What is told is what is stored; a failing command leaves its own target alone; nothing new writes nothing. */
static void
test_stored(void)
{
	long long changes = changes_so_far();
	int64_t before = clock_ms(), time;

	CHECK(run("sw", "[[\"main\",\"switch\",\"on\"]]") == OK);
	CHECK_STR(value_in_store("sw", "main", "switch", "switch"), "\"on\"");
	time = json_get_int(json_first(outcome.states), "timestamp", 0);
	CHECK(time >= before && time <= clock_ms());
	CHECK(changes_so_far() == changes + 1);
	CHECK(run("sw", "[[\"main\",\"switch\",\"on\"]]") == OK);
	CHECK(json_get_int(json_first(outcome.states), "timestamp", 0) == time);
	CHECK(changes_so_far() == changes + 1);
	CHECK(run("dim", "[[\"main\",\"switchLevel\",\"setLevel\",[55]],[\"main\",\"switchLevel\",\"setLevel\",[555]],"
	    "[\"main\",\"switchLevel\",\"setLevel\",[56]]]") == BAD);
	CHECK_STR(value_in_store("dim", "main", "switchLevel", "level"), "55");
	CHECK_STR(outcome.detail, "setLevel: level must be 0 to 100");
	CHECK(run("sw", "[[\"main\",\"switchLevel\",\"setLevel\",[1]]]") == NOT);
	CHECK_STR(value_in_store("sw", "main", "switchLevel", "level"), NULL);
}

static void
test_offline(void)
{
	CHECK(state_set_online(store, arena, FIXTURE_USER, "sw", false) == STORE_OK);
	CHECK(run("sw", "[[\"main\",\"switch\",\"off\"]]") == COMMAND_OFFLINE);
	CHECK_STR(told(), "");
	CHECK(run("sw", "[[\"main\",\"nonsense\",\"off\"]]") == COMMAND_OFFLINE);
	CHECK_STR(value_in_store("sw", "main", "switch", "switch"), "\"on\"");
	CHECK(state_set_online(store, arena, FIXTURE_USER, "sw", true) == STORE_OK);
	CHECK(run("sw", "[[\"main\",\"switch\",\"off\"]]") == OK);
}

/* A device whose source this build does not know is not there for now; it is not deleted. */
static enum store_result
orphan_fn(struct store_tx *tx, void *arg)
{
	(void)arg;
	return store_tx_put(tx, "device/" FIXTURE_USER "/orphan", "{\"v\":1,\"id\":\"orphan\",\"name\":\"O\",\"type\":\"c2c-switch\","
	    "\"source\":\"elsewhere\",\"manufacturer\":\"M\",\"model\":\"M\",\"components\":{\"main\":[\"switch\"]}}", 0);
}

static void
test_unavailable(void)
{
	CHECK(store_run(store, arena, orphan_fn, NULL) == STORE_OK);
	CHECK(run("orphan", "[[\"main\",\"switch\",\"on\"]]") == COMMAND_UNAVAILABLE);
	CHECK_STR(told(), "");
}

/* Several processes at once: none of the steps is lost. */
#define PROCESSES 3
#define STEPS 20

static void
step_and_exit(void)
{
	struct store_options options = { .engine = "gdbm", .path = arena_printf(arena, "%s/store", folder) };
	char why[200];

	if (store_open(&store, &options, why, sizeof(why)) != STORE_OK)
		_exit(1);
	for (int i = 0; i < STEPS; i++)
		while (run("tv", "[[\"main\",\"audioVolume\",\"volumeUp\"]]") == COMMAND_UNAVAILABLE)
			;
	store_close(store);
	_exit(0);
}

static void
test_at_once(void)
{
	int status, good = 0;

	CHECK(run("tv", "[[\"main\",\"audioVolume\",\"setVolume\",[0]]]") == OK);
	fflush(stdout);
	for (int i = 0; i < PROCESSES; i++)
		if (fork() == 0)
			step_and_exit();
	for (int i = 0; i < PROCESSES; i++)
		good += wait(&status) > 0 && status == 0;
	CHECK(good == PROCESSES);
	CHECK_STR(value_in_store("tv", "main", "audioVolume", "volume"), "60");
}

int
main(void)
{
	fixture_open();
	test_rows();
	test_stored();
	test_offline();
	test_unavailable();
	test_at_once();
	return fixture_close();
}
