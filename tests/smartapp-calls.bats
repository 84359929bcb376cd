#!/usr/bin/env bats
# What a SmartApp asks of SmartThings' API: made by the courier, in order, with good tokens; a handler of one's own; mirrors.
# long because: each road of a token and of a call stands here with its death on the way.

load helper
load smartapp

setup_file() {
	make_root "$BATS_FILE_TMPDIR/root"
	export KEYSERVER=https://127.0.0.1:1 KEYS=$BATS_FILE_TMPDIR API
	node "$TOP/tests/fake/smartthings-api.mjs" >"$BATS_FILE_TMPDIR/port" 3>&- &
	echo $! >"$BATS_FILE_TMPDIR/pid"
	until_true test -s "$BATS_FILE_TMPDIR/port"
	read -r _ API <"$BATS_FILE_TMPDIR/port"
	API=http://127.0.0.1:$API
	printf 'hush' >"$ROOT/secret/smartapp"
	cp "$TOP/conf/apps/porch-light.yaml" "$ROOT/app.yaml"
	jq --arg api "$API" '.mirrors[0].user = "ann" | .mirrors[0].device = "lamp" |
		.rules = [{when: {event: "MODE_EVENT"}, then: [{post: {url: ($api + "/hook")}}]}]' "$TOP/conf/apps/mirror.json" >"$ROOT/mirror.json"
}

teardown_file() {
	kill "$(<"$BATS_FILE_TMPDIR/pid")"
}

# use DEFINITION [MORE]: the config of a test, and a courier that has read it. start_courier: another one; DISK: more variables for it.
use() {
	configure "$(jq -nc --arg d "$1" --arg api "$API" --argjson more "${2:-{\}}" \
		'{definition: $d, check_signatures: false, api_url: $api, client_id: "cid"} + $more')"
	jq 'del(.ca_file)' "$ROOT/gatehouse.json" >"$BATS_TEST_TMPDIR/c"
	[ -z "${CLOCK-}" ] || jq '.simulator = true' "$ROOT/gatehouse.json" >"$BATS_TEST_TMPDIR/c"
	cp "$BATS_TEST_TMPDIR/c" "$ROOT/gatehouse.json"
	start_courier
}
start_courier() {
	mkdir -p "$ROOT/sock"
	rm -f "$ROOT/sock/courier.wake"
	env -i PATH="$PATH" GATEHOUSE_ROOT="$ROOT" GATEHOUSE_SHARE="$TOP" "${DISK[@]}" "$BUILD/courier" 2>>"$BATS_TEST_TMPDIR/courier.log" 3>&- &
	COURIER=$!
	until_true test -e "$ROOT/sock/courier.wake"
}

setup() {
	load_libs
	headers=(CONTENT_TYPE=application/json)
	DOOR=d0000000-0000-4000-8000-000000000001 LAMP=d0000000-0000-4000-8000-000000000002 COURIER= DISK=()
	APP=5a5a5a5a-0000-4002-8003-00000000000$BATS_TEST_NUMBER
	CONFIG="{\"sensors\":$(device_setting $DOOR),\"lights\":$(device_setting $LAMP),\"lamp\":$(device_setting $LAMP),\"minutes\":$(text_setting 7)}"
	control '{"access": ["at-1", "at-2", "et-1"], "refresh": ["rt-1", "rt-2"], "next": []}'
	FROM=$(log | jq length)
}

teardown() {
	rm -f "$ROOT/full"
	[ -z "$COURIER" ] || { kill "$COURIER"; wait "$COURIER" || true; }
	[ ! -e "$ROOT/clock" ] || move 0
	deliver "$(uninstall)"	# what is installed would be called for in the next test, too
}

log() { curl -s "$API/log"; }
control() { curl -s "$API/control" -d "$1" >/dev/null; }
# asked: method, path, status of the calls since the test began. until_asked N TEXT: N of them have TEXT.
asked() { log | jq -r --argjson from "$FROM" '.[$from:][] | "\(.method) \(.path) \(.status)"'; }
until_asked() {
	[ "$(curl -sG -o /dev/null -w '%{http_code}' "$API/wait" -d from="$FROM" -d count="$1" --data-urlencode "text=$2")" != 204 ] || return 0
	echo "not $1 times: $2 in:"; asked; cat "$BATS_TEST_TMPDIR/courier.log"
	return 1
}

@test "an update makes subscriptions anew, in order; motion switches the light on" {
	use app.yaml
	deliver "$(update "$CONFIG")"
	status 200
	deliver "$(events "$CONFIG" "$(device_event $DOOR motionSensor motion '"active"')")"
	status 200
	until_asked 1 /schedules/porch-off
	assert_equal "$(asked)" "DELETE /v1/installedapps/$APP/subscriptions 200
DELETE /v1/installedapps/$APP/schedules 200
POST /v1/installedapps/$APP/subscriptions 200
POST /v1/devices/$LAMP/commands 200
DELETE /v1/installedapps/$APP/schedules/porch-off 200"
	assert_equal "$(log | jq -c --argjson from "$FROM" '[.[$from:][].token] | unique')" '["at-2"]'
	run ! grep -qE 'at-2|rt-2' "$BATS_TEST_TMPDIR/courier.log"
	assert_equal "$(gatehouse smartapp show "$APP" --json | jq -c .calls)" '[]'
}

@test "a token that is refused is refreshed, once, and the call made again; the new pair is kept" {
	control '{"access": ["et-1"]}'
	use app.yaml
	deliver "$(install "$CONFIG")"
	until_asked 1 'subscriptions 200'
	assert_equal "$(asked)" "POST /v1/installedapps/$APP/subscriptions 401
POST /oauth/token 200
POST /v1/installedapps/$APP/subscriptions 200"
	assert_equal "$(log | jq -r --argjson from "$FROM" '.[$from + 1] | .authorization, .body')" "Basic $(printf cid:hush | base64)
grant_type=refresh_token&client_id=cid&refresh_token=rt-1"
	deliver "$(events "$CONFIG" "$(device_event $DOOR motionSensor motion '"active"')")"
	until_asked 1 /schedules/porch-off
	assert_equal "$(asked | grep -c oauth)" 1
}

@test "a call that is refused with a new token, too, is dropped, and the next one made" {
	control '{"next": [{"match": "subscriptions", "status": 401, "times": 2}]}'
	use app.yaml
	deliver "$(install "$CONFIG")"
	deliver "$(events "$CONFIG" "$(device_event $DOOR motionSensor motion '"active"')")"
	until_asked 1 'porch-off 200'
	assert_equal "$(asked)" "POST /v1/installedapps/$APP/subscriptions 401
POST /oauth/token 200
POST /v1/installedapps/$APP/subscriptions 401
POST /v1/devices/$LAMP/commands 200
DELETE /v1/installedapps/$APP/schedules/porch-off 200"
	grep -q 'result=refused status=401' "$BATS_TEST_TMPDIR/courier.log"
}

@test "failures are tried again, refusals are not; 409 and Retry-After" {
	use app.yaml
	control '{"next": [{"match": "POST /v1/installedapps", "status": 409, "times": 1}, {"match": "commands", "status": 503, "times": 1},
		{"match": "porch-off", "status": 422, "times": 1}]}'
	deliver "$(install "$CONFIG")"
	deliver "$(events "$CONFIG" "$(device_event $DOOR motionSensor motion '"active"')")"
	until_asked 1 'porch-off 422'
	assert_equal "$(asked)" "POST /v1/installedapps/$APP/subscriptions 409
POST /v1/devices/$LAMP/commands 503
POST /v1/devices/$LAMP/commands 200
DELETE /v1/installedapps/$APP/schedules/porch-off 422"
	assert_equal "$(grep -o 'result=refused status=[0-9]*' "$BATS_TEST_TMPDIR/courier.log")" 'result=refused status=422'	# 409: it is there
	control '{"next": [{"match": "commands", "status": 429, "retryAfter": "3", "times": 1}]}'
	deliver "$(events "$CONFIG" "$(device_event $DOOR motionSensor motion '"active"')")"
	until_asked 1 'porch-off 200'
	assert_equal "$(log | jq '[.[] | select(.path | contains("commands")) | .at] | .[-1] - .[-2] >= 2900')" true
	control '{"next": [{"match": "commands", "status": 409, "times": 1}, {"match": "porch-off", "status": 404, "times": 1}]}'
	deliver "$(events "$CONFIG" "$(device_event $DOOR motionSensor motion '"active"')")"
	until_asked 1 'porch-off 404'
	deliver "$(events "$CONFIG" "$(device_event $DOOR motionSensor motion '"active"')")"
	until_asked 2 'porch-off 200'
	# What is to be taken away and is not there is done; a command that meets 409 is not.
	assert_equal "$(grep -o 'result=refused status=[0-9]*' "$BATS_TEST_TMPDIR/courier.log")" $'result=refused status=422\nresult=refused status=409'
}

@test "kill -9 of the courier loses no call" {
	use app.yaml
	control '{"next": [{"match": "commands", "status": 503, "times": 1}]}'
	deliver "$(install "$CONFIG")"
	deliver "$(events "$CONFIG" "$(device_event $DOOR motionSensor motion '"active"')")"
	until_asked 1 'commands 503'
	kill -9 "$COURIER"
	wait "$COURIER" || true
	use app.yaml
	until_asked 1 'porch-off 200'
	assert_equal "$(asked | grep -c 'commands 200')" 1
}

@test "kill -9 between SmartThings' answer and our disk: the old token is tried again, when no answer can be under way any more" {
	move 0
	CLOCK=1 use app.yaml
	control '{"access": ["et-1"], "hold": 4000}'
	deliver "$(install "$CONFIG")"
	until_asked 1 oauth	# it has the answer ready: the old token is void
	kill -9 "$COURIER"
	wait "$COURIER" || true
	control '{"refresh": ["rt-1"]}'	# SmartThings lets it pass once more
	start_courier
	sleep 1
	assert_equal "$(asked | grep -c oauth)" 1
	move 25
	until_asked 1 'subscriptions 200'
	assert_equal "$(asked | grep -c oauth)" 2
	assert_equal "$(gatehouse smartapp show "$APP" --json | jq -c '[.tokens, .needs]')" '[true,null]'
}

@test "kill -9 there, and the old token is void: people are told, the token of events goes on, an update mends it" {
	move 0
	CLOCK=1 use app.yaml
	control '{"access": ["et-1"], "hold": 4000}'
	deliver "$(install "$CONFIG")"
	until_asked 1 oauth
	kill -9 "$COURIER"
	wait "$COURIER" || true
	control '{"access": ["et-1"]}'
	move 25
	start_courier
	until_asked 1 'oauth/token 400'
	until_is '[false,"new tokens: open the app'"'"'s settings in SmartThings and save them"]' \
		eval 'gatehouse smartapp show "$APP" --json | jq -c "[.tokens, .needs]"'
	run -0 gatehouse smartapp list
	assert_output --partial 'new tokens: open the app'
	grep -q "result=\"lost: open the app's settings" "$BATS_TEST_TMPDIR/courier.log"
	assert_equal "$(asked | grep -c 'subscriptions 200')" 0
	deliver "$(events "$CONFIG" "$(device_event $DOOR motionSensor motion '"active"')")"
	until_asked 1 'porch-off 200'
	assert_equal "$(log | jq -r --argjson from "$FROM" '[.[$from:][] | select(.path | contains("commands"))] | last | .token')" et-1
	assert_equal "$(asked | grep -c oauth)" 2
	control '{"access": ["at-2"], "refresh": ["rt-2"]}'
	deliver "$(update "$CONFIG")"
	until_asked 2 'subscriptions 200'
	assert_equal "$(gatehouse smartapp show "$APP" --json | jq -c '[.tokens, .needs]')" '[true,null]'
}

@test "a disk that fills up while new tokens are under way: they are kept as soon as it takes them" {
	mapfile -t DISK < <(full_disk)
	DISK+=("FULL_DISK_WHILE=$ROOT/full")
	use app.yaml
	control '{"access": ["et-1"], "hold": 700}'
	deliver "$(install "$CONFIG")"
	until_asked 1 oauth
	touch "$ROOT/full"
	until_true grep -q result=not_kept_yet "$BATS_TEST_TMPDIR/courier.log"
	assert_equal "$(asked)" "POST /v1/installedapps/$APP/subscriptions 401
POST /oauth/token 200"	# nothing is done with what may yet be lost
	rm "$ROOT/full"
	until_asked 1 'subscriptions 200'
	kill -9 "$COURIER"
	wait "$COURIER" || true
	start_courier
	deliver "$(events "$CONFIG" "$(device_event $DOOR motionSensor motion '"active"')")"
	until_asked 1 'porch-off 200'
	assert_equal "$(asked | grep -c oauth)" 1
	assert_equal "$(gatehouse smartapp show "$APP" --json | jq -c '[.tokens, .needs]')" '[true,null]'
}

@test "tokens that nobody needs are exchanged every twenty days, and an hour before they end where a call waits" {
	move 0
	CLOCK=1 use app.yaml
	deliver "$(install "$CONFIG")"
	until_asked 1 'subscriptions 200'
	move $((19 * 86400))
	sleep 0.7
	assert_equal "$(asked | grep -c oauth)" 0
	move $((20 * 86400 + 60))
	until_asked 1 'oauth/token 200'
	sleep 0.7
	assert_equal "$(asked | grep -c oauth)" 1
	# The new one lasts a day: half an hour before its end it would do, but the next is asked for.
	move $((21 * 86400 + 60 - 1800))
	deliver "$(events "$CONFIG" "$(device_event $DOOR motionSensor motion '"active"')")"
	until_asked 1 'porch-off 200'
	assert_equal "$(asked | tail -n 3 | head -n 1)" 'POST /oauth/token 200'
	# While SmartThings gives none, the old one does.
	move $((22 * 86400 + 60 - 3000))
	control '{"next": [{"match": "oauth", "status": 503, "times": 1}]}'
	deliver "$(events "$CONFIG" "$(device_event $DOOR motionSensor motion '"active"')")"
	until_asked 2 'porch-off 200'
	assert_equal "$(asked | tail -n 3)" "POST /oauth/token 503
POST /v1/devices/$LAMP/commands 200
DELETE /v1/installedapps/$APP/schedules/porch-off 200"
}

# looked: the courier has looked at all that ann's mirror may be told of, and has made all calls.
looked() {
	gatehouse store dump | jq -se --arg id "$(gatehouse --json user list | jq -r '.[] | select(.name == "ann") | .id')" \
		'map(select(.key)) | (map(select(.key == "changes/" + $id or .key == "smartapp-mirror/" + $id) | .value.seq) | length == 2 and .[0] == .[1]) and
		all(.[]; (.key | startswith("smartapp-calls/") | not) or .value.calls == [])'
}

@test "two installed apps mirror one device: each is told what the other's says, no one its own, and no echo" {
	other=5a5a5a5a-0000-4002-8003-0000000000ff far=d0000000-0000-4000-8000-0000000000ff
	here() { gatehouse device show lamp --user ann --json | jq -r '.. | objects | select(.capability? == "switch" and .attribute? == "switch") | .value'; }
	commands() { log | jq -r --argjson from "$FROM" '.[$from:][] | select(.path | contains("commands")) | "\(.path | split("/")[3]) \(.body | fromjson | .commands[0].command)"'; }
	gatehouse device set lamp --user ann switch.switch=off >/dev/null
	use mirror.json
	far_config=$(jq -nc --argjson l "$(device_setting $far)" '{lamp: $l}')
	deliver "$(install "$CONFIG")"
	APP=$other deliver "$(APP=$other install "$far_config")"
	until_asked 2 'subscriptions 200'
	until_true looked
	deliver "$(events "$CONFIG" "$(device_event $LAMP switch switch '"on"')")"
	assert_equal "$(here)" on
	until_asked 1 commands
	deliver "$(APP=$other events "$far_config" "$(device_event $far switch switch '"on"')")"	# its answer: nothing new
	sleep 1.2
	assert_equal "$(commands)" "$far on"
	# Both at once: what the far one says is what it was commanded a moment ago, so the near one is left alone.
	deliver "$(events "$CONFIG" "$(device_event $LAMP switch switch '"off"')")"
	deliver "$(APP=$other events "$far_config" "$(device_event $far switch switch '"on"')")"
	sleep 1.5
	assert_equal "$(commands)" "$far on
$far off"
	# From here, both.
	gatehouse device set lamp --user ann switch.switch=off >/dev/null
	until_asked 4 commands
	assert_equal "$(commands | tail -n 2 | sort)" "$LAMP off
$far off"
	APP=$other deliver "$(APP=$other uninstall)"
}

@test "a mirror: what changes here becomes a command there, and what came from there does not go back" {
	use mirror.json
	deliver "$(install "$CONFIG")"
	until_asked 1 subscriptions
	gatehouse device set lamp --user ann switch.switch=on >/dev/null
	until_true looked	# what follows is told
	n=$(asked | grep -c commands) || true
	gatehouse device set lamp --user ann switchLevel.level=44 >/dev/null	# of another capability
	gatehouse device set lamp --user ann switch.switch=off >/dev/null
	until_asked $((n + 1)) commands
	assert_equal "$(asked | grep -c commands)" $((n + 1))
	assert_equal "$(log | jq -r --argjson from "$FROM" '[.[$from:][] | select(.path | contains("commands"))] | last | .path, (.body | fromjson | .commands[0].command)')" "/v1/devices/$LAMP/commands
off"
	n=$(asked | grep -c commands)
	deliver "$(events "$CONFIG" "$(device_event $LAMP switch switch '"on"')")"
	assert_equal "$(gatehouse device show lamp --user ann --json | jq -r '.. | objects | select(.capability? == "switch" and .attribute? == "switch") | .value')" on
	sleep 1.5
	assert_equal "$(asked | grep -c commands)" "$n"
	# In the other direction alone.
	kill "$COURIER"
	wait "$COURIER" || true
	jq '.mirrors[0].direction = "here"' "$ROOT/mirror.json" >"$ROOT/here.json"
	use here.json
	gatehouse device set lamp --user ann switch.switch=off >/dev/null
	sleep 1.5
	assert_equal "$(asked | grep -c commands)" "$n"
}

@test "a change here of which no word was heard is told within a minute" {
	move 0
	CLOCK=1 use mirror.json
	deliver "$(install "$CONFIG")"
	until_asked 1 subscriptions
	local value n
	for value in off on; do gatehouse device set lamp --user ann switch.switch=$value >/dev/null; done
	until_true looked
	n=$(asked | grep -c commands)
	unheard gatehouse device set lamp --user ann switch.switch=off >/dev/null
	sleep 1.5
	assert_equal "$(asked | grep -c commands)" "$n"
	move 61
	until_asked $((n + 1)) commands
}

@test "a call that SmartThings does not take for a day is given up, not before; what comes after it is made" {
	move 0
	CLOCK=1 use app.yaml
	control '{"next": [{"match": "subscriptions", "status": 503, "times": 1}]}'
	deliver "$(install "$CONFIG")"
	until_asked 1 'subscriptions 503'
	move 86300
	until_asked 1 'subscriptions 200'
	control '{"next": [{"match": "commands", "status": 503, "times": 1}]}'
	deliver "$(events "$CONFIG" "$(device_event $DOOR motionSensor motion '"active"')")"
	until_asked 1 'commands 503'
	move $((86300 + 86401))
	until_is 2 grep -c result=given_up "$BATS_TEST_TMPDIR/courier.log"	# the light, and its timer
	deliver "$(events "$CONFIG" "$(device_event $DOOR motionSensor motion '"active"')")"
	until_asked 1 'porch-off 200'
	assert_equal "$(asked | grep -v oauth | tail -n 3)" "POST /v1/devices/$LAMP/commands 503
POST /v1/devices/$LAMP/commands 200
DELETE /v1/installedapps/$APP/schedules/porch-off 200"
}

# used: the tokens that commands went out with.
used() { log | jq -rc --argjson from "$FROM" '[.[$from:][] | select(.path | contains("commands")) | .token | sub("[0-9]+$"; "N")]'; }

@test "a token is not used from ten seconds before its end" {
	move 0
	CLOCK=1 use app.yaml
	deliver "$(install "$CONFIG")"
	until_asked 1 'subscriptions 200'
	control '{"next": [{"match": "oauth", "status": 503, "times": 99}]}'
	move $((23 * 3600 - 45))
	deliver "$(events "$CONFIG" "$(device_event $DOOR motionSensor motion '"active"')")"
	until_asked 1 'porch-off 200'
	move $((23 * 3600 - 6))
	deliver "$(events "$CONFIG" "$(device_event $DOOR motionSensor motion '"active"')")"
	until_is yes eval 'grep -q "there is no token that lasts" "$BATS_TEST_TMPDIR/courier.log" && echo yes'
	assert_equal "$(used)" '["at-N"]'
	move $((23 * 3600 + 60))
	deliver "$(events "$CONFIG" "$(device_event $DOOR motionSensor motion '"active"')")"
	control '{"next": []}'
	move $((24 * 3600))
	until_asked 2 'porch-off 200'	# of two that take the same timer away, one waits
	assert_equal "$(used)" '["at-N","fresh-N","fresh-N"]'
}

@test "an update that overtakes a refresh: its tokens are the newer ones, and stay" {
	control '{"access": ["et-1"], "hold": 1500}'
	use app.yaml
	deliver "$(install "$CONFIG")"
	until_asked 1 oauth
	deliver "$(update "$CONFIG")"
	control '{"access": ["at-2"], "refresh": ["rt-2"]}'
	until_asked 1 'subscriptions 200'
	assert_equal "$(log | jq -r --argjson from "$FROM" '[.[$from:][] | select(.status == 200 and (.path | startswith("/v1/")))][0].token')" at-2
	control '{"access": []}'
	deliver "$(events "$CONFIG" "$(device_event $DOOR motionSensor motion '"active"')")"
	until_asked 1 'porch-off 200'
	assert_equal "$(log | jq -r --argjson from "$FROM" '[.[$from:][] | select(.path == "/oauth/token") | .body | sub(".*refresh_token="; "")] | join(" ")')" 'rt-1 rt-2'
}

@test "what changed here before a mirror's first look is not told" {
	printf %s "$PASSWORD" | gatehouse user add bea --password-stdin >/dev/null
	gatehouse device add --user bea --type c2c-switch --id first --name First >/dev/null
	local value
	for value in on off on; do gatehouse device set first --user bea switch.switch=$value >/dev/null; done
	jq '.mirrors[0].user = "bea" | .mirrors[0].device = "first"' "$ROOT/mirror.json" >"$ROOT/first.json"
	use app.yaml
	deliver "$(install "$CONFIG")"
	until_asked 1 'subscriptions 200'
	kill "$COURIER"
	wait "$COURIER" || true
	use first.json
	until_is 1 eval 'gatehouse store dump | grep -c "smartapp-mirror/$(gatehouse --json user list | jq -r ".[] | select(.name == \"bea\") | .id")"'
	gatehouse device set first --user bea switch.switch=off >/dev/null
	until_asked 1 commands
	gatehouse device set first --user bea switch.switch=on >/dev/null
	until_asked 2 commands
	assert_equal "$(log | jq -rc --argjson from "$FROM" '[.[$from:][] | select(.path | contains("commands")) | .body | fromjson | .commands[0].command]')" '["off","on"]'
}

@test "a handler's subscriptions and schedules: an update takes away what was there, once, before the first of them" {
	cat >"$BATS_TEST_TMPDIR/own.c" <<-'END'
	#include <stddef.h>
	#include "smartapp/handler.h"
	static enum smartapp_error
	set_up(struct smartapp_call *call)
	{
		return call->tools->subscribe(call, "{\"sourceType\":\"MODE\"}") && call->tools->schedule(call, "{\"name\":\"a\"}") &&
		    call->tools->subscribe(call, "{\"sourceType\":\"SCENE_LIFECYCLE\"}") && call->tools->schedule(call, "{\"name\":\"b\"}") ?
		    SMARTAPP_OK : SMARTAPP_INTERNAL_ERROR;
	}
	const struct smartapp_handler smartapp_handler = { .version = SMARTAPP_HANDLER_VERSION, .install = set_up, .update = set_up };
	END
	gcc -std=c11 -Wall -Wextra -Werror -shared -fPIC -I "$TOP/cgi-bin" -o "$ROOT/own.so" "$BATS_TEST_TMPDIR/own.c"
	configure '{"check_signatures": false, "definition": "app.yaml", "handler": "own.so"}'
	waiting() { gatehouse smartapp show "$APP" --json | jq -r '.calls[] | "\(.method) \(.path | split("/") | last) \(.body // "{}" | fromjson | .name // .sourceType // "")"'; }
	deliver "$(install "$CONFIG")"
	assert_equal "$(waiting)" 'POST subscriptions MODE
POST schedules a
POST subscriptions SCENE_LIFECYCLE
POST schedules b'
	deliver "$(update "$CONFIG")"
	assert_equal "$(waiting | sed 's/ $//')" 'DELETE subscriptions
POST subscriptions MODE
DELETE schedules
POST schedules a
POST subscriptions SCENE_LIFECYCLE
POST schedules b'
	configure '{"check_signatures": false, "definition": "app.yaml"}'
}

@test "a rule's post reaches the web hook; a confirmation is opened where it is ours" {
	use mirror.json '{"confirm": true, "app_id": "c0ffee-1"}'
	deliver "$(events "$CONFIG" '{"eventType":"MODE_EVENT","modeEvent":{"modeId":"m1"}}')"
	until_asked 1 /hook
	assert_equal "$(log | jq -r --argjson from "$FROM" '.[$from:][] | select(.path == "/hook") | .body | fromjson | .event.modeId, .eventType, .installedAppId, (.time / 1000 - now | fabs < 60)')" $'m1\nMODE_EVENT\n'"$APP"$'\ntrue'
	for app in c0ffee-1 c0ffee-2; do
		deliver "$(message CONFIRMATION confirmationData "{\"appId\":\"$app\",\"confirmationUrl\":\"$API/confirm?token=$app\"}")"
		status 200
	done
	deliver "$(message CONFIRMATION confirmationData '{"appId":"c0ffee-1","confirmationUrl":"http://127.0.0.1:1/confirm?token=evil"}')"
	run ! grep smartapp_confirm "$BATS_TEST_TMPDIR/cgi.err"
	deliver "$(message CONFIRMATION confirmationData "{\"appId\":\"c0ffee-1\",\"confirmationUrl\":\"${API}0/confirm?token=near\"}")"
	run ! grep smartapp_confirm "$BATS_TEST_TMPDIR/cgi.err"
	until_asked 1 '/confirm?token=c0ffee-1 200'
	sleep 0.5
	assert_equal "$(asked | grep -c confirm)" 1
	sed -i 's/"confirm": true/"confirm": false/' "$ROOT/gatehouse.json"	# as it is unless one says so
	deliver "$(message CONFIRMATION confirmationData "{\"appId\":\"c0ffee-1\",\"confirmationUrl\":\"$API/confirm?token=off\"}")"
	status 200
	run ! grep smartapp_confirm "$BATS_TEST_TMPDIR/cgi.err"
}

@test "a handler of one's own: the example of the documentation, compiled against the headers alone" {
	mkdir -p "$BATS_TEST_TMPDIR/include/smartapp"
	cp "$TOP"/cgi-bin/smartapp/{handler,page,request}.h "$BATS_TEST_TMPDIR/include/smartapp"
	awk '/^```c$/ { on = 1; next } /^```$/ { on = 0 } on' "$TOP/docs/smartapp.md" >"$BATS_TEST_TMPDIR/greet.c"
	gcc -std=c11 -Wall -Wextra -Werror -shared -fPIC -I "$BATS_TEST_TMPDIR/include" -o "$ROOT/greet.so" "$BATS_TEST_TMPDIR/greet.c"
	use app.yaml '{"handler": "greet.so"}'
	deliver "$(install "$CONFIG")"
	status 200
	for n in 1 2; do
		deliver "$(events "$CONFIG" "$(device_event $DOOR contactSensor contact '"open"')" "$(device_event $DOOR contactSensor contact '"closed"')")"
		assert_equal "$code $body" '200 {"eventData":{}}'
	done
	assert_equal "$(gatehouse smartapp show "$APP" --json | jq -c .state)" '{"events":4}'
	until_asked 2 commands
	deliver "$(message CONFIGURATION configurationData "{\"installedAppId\":\"$APP\",\"phase\":\"PAGE\",\"pageId\":\"anything\"}")"
	assert_equal "$(jq -r '.configurationData.page | .name, .sections[0].settings[0].id, .previousPageId' <<<"$body")" $'Choose\nlamp\nnull'
	echo 'int nothing;' | gcc -shared -fPIC -x c -o "$ROOT/none.so" -
	configure '{"check_signatures": false, "definition": "app.yaml", "handler": "none.so"}'
	run -1 deliver "$(install "$CONFIG")"
	assert_output --partial 'has no symbol smartapp_handler'
	configure '{"check_signatures": false, "definition": "app.yaml", "handler": "missing.so"}'
	run -1 deliver "$(install "$CONFIG")"
	assert_output --partial missing.so
	configure '{"check_signatures": false, "definition": "app.yaml"}'
}
