#!/usr/bin/env bats
# The SmartApp's phases, pages, rules and records, as plain CGI without signatures (tests/smartapp.bats has those).
# long because: every phase, type of setting, value and event has a case, good and bad.

load helper
load smartapp

setup_file() {
	make_root "$BATS_FILE_TMPDIR/root"
	export KEYSERVER=https://127.0.0.1:1 KEYS=$BATS_FILE_TMPDIR
	configure '{"check_signatures": false, "ping": true, "definition": "app.yaml"}'
	cp "$TOP/conf/apps/porch-light.yaml" "$ROOT/app.yaml"
	stay
}

teardown_file() { gone; }

setup() {
	load_libs
	headers=(CONTENT_TYPE=application/json HTTP_X_ST_CORRELATION=c0ffee-1)
	STAYS=1
	DOOR=d0000000-0000-4000-8000-000000000001 LAMP=d0000000-0000-4000-8000-000000000002
	CONFIG="{\"sensors\":$(device_setting $DOOR),\"lights\":$(device_setting $LAMP),\"minutes\":$(text_setting 7)}"
}

# calls: method and path of the calls that wait for the installed app; bodies: what goes with them.
calls() { gatehouse smartapp show "$APP" --json | jq -r '.calls[] | "\(.method) \(.path)"'; }
bodies() { gatehouse smartapp show "$APP" --json | jq -c '.calls[] | .body // empty | fromjson'; }

# page ID [MORE]: a PAGE request.
page() {
	message CONFIGURATION configurationData "$(jq -nc --arg app "$APP" --arg id "$1" \
		'{installedAppId: $app, phase: "PAGE", pageId: $id, previousPageId: "", config: {}}')"
}

@test "CONFIRMATION: the target URL is answered, and one line says what to open" {
	c='{"appId":"c0ffee00-1111-4222-8333-444455556666","confirmationUrl":"https://api.smartthings.com/apps/c/confirm-registration?token=1111"}'
	deliver "$(message CONFIRMATION confirmationData "$c")"
	assert_equal "$code $body" '200 {"targetUrl":"https://home.example.org/smartapp"}'
	assert_equal "$(grep -c 'CONFIRM_NOW.*https://api.smartthings.com/apps/c/confirm-registration?token=1111' "$BATS_TEST_TMPDIR/cgi.err")" 1
	deliver "$(message CONFIRMATION confirmationData "$c" | jq -c '.messageType = .lifecycle | del(.lifecycle)')"
	status 200
	deliver "$(message CONFIRMATION confirmationData "${c/\/confirm/\\n2026 forged}")"
	assert_equal "$(grep -c 'CONFIRM_NOW' "$BATS_TEST_TMPDIR/cgi.err")" 1
	run ! grep -q '^2026 forged' "$BATS_TEST_TMPDIR/cgi.err"
	for bad in '{}' '[]' '{"appId":7,"confirmationUrl":"x"}' '{"appId":"a"}'; do
		deliver "$(message CONFIRMATION confirmationData "$bad")"
		refused 400 BadRequestError
	done
}

@test "CONFIGURATION: INITIALIZE and the pages" {
	init=$(jq -nc --arg app "$APP" '{installedAppId: $app, phase: "INITIALIZE", pageId: "", previousPageId: "", config: {app: [{}]}}')
	deliver "$(message CONFIGURATION configurationData "$init")"
	assert_equal "$(jq -c .configurationData.initialize <<<"$body")" \
		'{"description":"Turns the porch light on at motion, and off again by itself","firstPageId":"1","id":"porch-light","name":"Porch light keeper","permissions":["r:devices:*","x:devices:*","w:installedapps:*"]}'
	deliver "$(page 1)"
	assert_equal "$(jq -c '.configurationData.page | [.pageId, .name, .previousPageId, .nextPageId, .complete]' <<<"$body")" \
		'["1","Lights and sensors",null,"2",false]'
	assert_equal "$(jq -c '.configurationData.page.sections[1].settings[0]' <<<"$body")" \
		"$(jq -cn '{type: "DEVICE", id: "lights", name: "Lights", description: "", required: true, multiple: true, capabilities: ["switch"], permissions: ["r", "x"]}')"
	deliver "$(page 2)"
	assert_equal "$(jq -c '.configurationData.page | [.pageId, .previousPageId, .nextPageId, .complete, .sections[1].hideable, .sections[1].hidden]' <<<"$body")" \
		'["2","1",null,true,true,true]'
	for bad in 0 -1 3 ' 1' 01 mainPage ''; do
		deliver "$(page "$bad")"
		refused 400 BadRequestError
	done
	for bad in "${init/INITIALIZE/FINISH}" "${init/INITIALIZE/initialize}" '{}' '{"phase":"PAGE","pageId":"1"}'; do
		deliver "$(message CONFIGURATION configurationData "$bad")"
		refused 400 BadRequestError
	done
}

@test "INSTALL: subscriptions wait to be made, tokens are kept and never shown" {
	deliver "$(install "$CONFIG")"
	assert_equal "$code $body" '200 {"installData":{}}'
	assert_equal "$(calls)" "POST /installedapps/$APP/subscriptions"
	assert_equal "$(bodies | jq -c .)" "$(jq -nc --arg d $DOOR '{sourceType: "DEVICE", device: {deviceId: $d, componentId: "main", capability: "motionSensor", attribute: "motion", value: "*", stateChangeOnly: true, subscriptionName: "motion_0"}}')"
	run -0 gatehouse smartapp show "$APP" --json
	assert_equal "$(jq -c '[.tokens, .location, .config.minutes[0].stringConfig.value]' <<<"$output")" "[true,\"$LOCATION\",\"7\"]"
	refute_output --partial at-1
	refute_output --partial rt-1
	run -0 gatehouse smartapp list --json
	assert_equal "$(jq -r '.[].id' <<<"$output")" "$APP"
	run ! grep -rqE '"(at|rt)-1"' "$ROOT/store"
}

@test "UPDATE: everything is made anew, and setups that still waited are moot" {
	deliver "$(install "$CONFIG")"
	deliver "$(update "$CONFIG")"
	assert_equal "$body" '{"updateData":{}}'
	assert_equal "$(calls)" "DELETE /installedapps/$APP/subscriptions
DELETE /installedapps/$APP/schedules
POST /installedapps/$APP/subscriptions"
	deliver "$(update "$CONFIG" | jq -c 'del(.updateData.refreshToken, .updateData.previousConfig, .updateData.previousPermissions)')"
	status 200
}

@test "EVENT: motion switches the light on; no motion plans the end; the timer ends it" {
	deliver "$(update '{}')"
	deliver "$(events "$CONFIG" "$(device_event $DOOR motionSensor motion '"active"')")"
	assert_equal "$code $body" '200 {"eventData":{}}'
	assert_equal "$(calls | tail -n 2)" "POST /devices/$LAMP/commands
DELETE /installedapps/$APP/schedules/porch-off"
	assert_equal "$(bodies | tail -n 1)" '{"commands":[{"arguments":[],"capability":"switch","command":"on","component":"main"}]}'
	before=$(date +%s)
	deliver "$(events "$CONFIG" "$(device_event $DOOR motionSensor motion '"inactive"')")"
	assert_equal "$(calls | tail -n 1)" "POST /installedapps/$APP/schedules"
	due=$(bodies | tail -n 1 | jq '.once.time / 1000 | floor')
	[ $((due - before)) -ge 420 ]
	[ $((due - before)) -le 425 ]
	timer='{"eventTime":"2026-01-02T03:04:05.000Z","eventType":"TIMER_EVENT","timerEvent":{"eventId":"t","name":"porch-off","type":"ONCE","time":"2026-01-02T03:04:05Z"}}'
	deliver "$(events "$CONFIG" "$timer")"
	assert_equal "$(bodies | tail -n 1 | jq -r '.commands[0].command')" off
	n=$(calls | wc -l)
	deliver "$(events "$CONFIG" "$(device_event $LAMP motionSensor motion '"active"')" "$(device_event $DOOR motionSensor motion '"ACTIVE"')" "${timer/porch-off/other}")"
	assert_equal "$(calls | wc -l)" "$n"
	deliver "$(events '{}' "$(device_event $DOOR motionSensor motion '"active"')")"
	assert_equal "$(calls | wc -l)" "$n"
}

@test "UNINSTALL, once and again, and the event that says it to API access apps" {
	deliver "$(install "$CONFIG")"
	deliver "$(uninstall)"
	assert_equal "$code $body" '200 {"uninstallData":{}}'
	run -1 gatehouse smartapp show "$APP"
	deliver "$(uninstall | jq -c 'del(.uninstallData.installedApp.config, .uninstallData.installedApp.permissions)')"
	status 200
	deliver "$(install "$CONFIG")"
	gone=$(jq -nc --arg a "$APP" '{eventType: "INSTALLED_APP_LIFECYCLE_EVENT", installedAppLifecycleEvent: {installedAppId: $a, lifecycle: "DELETE", delete: {}}}')
	deliver "$(events '{}' "${gone/$APP/5a5a5a5a-other}" "${gone/DELETE/CREATE}")"
	run -0 gatehouse smartapp show "$APP"
	deliver "$(events '{}' "$gone" | jq -c '.messageType = .lifecycle | del(.lifecycle, .eventData.authToken)')"
	assert_equal "$code $body" '200 {"eventData":{}}'
	run -1 gatehouse smartapp show "$APP"
}

@test "OAUTH_CALLBACK in both spellings; what it carries is not logged" {
	data=$(jq -nc --arg a "$APP" '{installedAppId: $a, urlPath: "/oauth/callback?code=SECRET-CODE"}')
	for member in oAuthCallbackData oauthCallbackData; do
		deliver "$(message OAUTH_CALLBACK $member "$data")"
		assert_equal "$code $body" '200 {"oAuthCallbackData":{}}'
		run ! grep SECRET-CODE "$BATS_TEST_TMPDIR/cgi.err"
	done
	deliver "$(message OAUTH_CALLBACK oAuthCallbackData '{"installedAppId":"x"}')"
	refused 400 BadRequestError
}

@test "every type of event, with and without what it must have" {
	while read -r type member data; do
		event=$(jq -nc --arg t "$type" --arg m "$member" --argjson d "$data" '{eventTime: "2026-01-02T03:04:05.1234567Z", eventType: $t, ($m): $d}')
		deliver "$(events '{}' "$event")"
		assert_equal "$code $body" '200 {"eventData":{}}'
		deliver "$(events '{}' "$(jq -c --arg m "$member" 'del(.[$m])' <<<"$event")")"
		[ "$type" = WEATHER_EVENT ] && status 200 || refused 400 BadRequestError
		deliver "$(events '{}' "$(jq -c --arg m "$member" '.[$m] = 7' <<<"$event")")"
		[ "$type" = WEATHER_EVENT ] && status 200 || refused 400 BadRequestError
	done <<-'END'
		DEVICE_EVENT deviceEvent {"deviceId":"d","value":{"a":[1,null]},"subscriptionName":"no_such_0"}
		DEVICE_COMMANDS_EVENT deviceCommandsEvent {"deviceId":"d","commands":[]}
		DEVICE_HEALTH_EVENT deviceHealthEvent {"deviceId":"d","hubId":"","status":"OFFLINE","reason":"NONE"}
		DEVICE_LIFECYCLE_EVENT deviceLifecycleEvent {"lifecycle":"MOVE_TO","deviceId":"d","moveTo":{}}
		HUB_HEALTH_EVENT hubHealthEvent {"hubId":"h","status":"ONLINE"}
		INSTALLED_APP_LIFECYCLE_EVENT installedAppLifecycleEvent {"installedAppId":"other","lifecycle":"DELETE"}
		MODE_EVENT modeEvent {"modeId":"m"}
		SCENE_LIFECYCLE_EVENT sceneLifecycleEvent {"lifecycle":"CREATE","sceneId":"s","create":{}}
		SECURITY_ARM_STATE_EVENT securityArmStateEvent {"armState":"ARMED_STAY","optionalArguments":{}}
		TIMER_EVENT timerEvent {"name":"t","type":"CRON","time":"2026-01-02T03:04:05Z","expression":"0 1 * * ? *"}
		WEATHER_EVENT weatherEvent {"anything":1}
	END
	for time in '"1970-01-01T00:00:00Z"' '"1970-01-01T00:00:00.000Z"' '"2026-01-02T03:04:05+02:00"' null; do
		deliver "$(events '{}' "$(jq -nc --argjson t "$time" '{eventTime: $t, eventType: "MODE_EVENT", modeEvent: {}}')")"
		status 200
	done
	for time in '""' '"now"' 7 '"2026-13-02T03:04:05Z"' '"2026-01-02 03:04:05Z"' '"2026-01-02T25:04:05Z"'; do
		deliver "$(events '{}' "$(jq -nc --argjson t "$time" '{eventTime: $t, eventType: "MODE_EVENT", modeEvent: {}}')")"
		refused 400 BadRequestError
	done
	deliver "$(install "$CONFIG")"
	n=$(calls | wc -l)
	deliver "$(events "$CONFIG" '{"eventType":"PAID_SUBSCRIPTIONS_EVENT","x":1}' "$(device_event $DOOR motionSensor motion '"active"')")"
	status 200
	assert_equal "$(calls | wc -l)" $((n + 2))
	for bad in 7 '{}' '"x"' '[7]' '[{}]' '[{"eventType":7}]' "$(jq -nc '[range(501) | {eventType: "X"}]')"; do
		deliver "$(events '{}' | jq -c --argjson e "$bad" '.eventData.events = $e')"
		refused 400 BadRequestError
	done
}

@test "every type of value, and values that are none" {
	for value in '[{"valueType":"STRING","stringConfig":{"value":""}}]' '[{"valueType":"DEVICE","deviceConfig":{"deviceId":"d"}}]' \
		'[{"valueType":"MODE","modeConfig":{"modeId":"m"}}]' '[{"valueType":"SCENE","sceneConfig":{"sceneId":"s","permissions":["x"]}}]' \
		'[{"valueType":"PERMISSION","permissionConfig":{"permissions":["r"]}}]' '[{"valueType":"MESSAGE","messageConfig":{"messageGroupKey":"k"}}]' \
		'[{"valueType":"TOMORROW","x":1}]' '[{}]' '[]'; do
		deliver "$(install "{\"a\":$value}")"
		status 200
	done
	for value in 7 null '{}' '"x"' '[7]' '[null]' '[{"valueType":7}]' '[{"valueType":"STRING"}]' '[{"valueType":"STRING","stringConfig":{}}]' \
		'[{"valueType":"STRING","stringConfig":{"value":7}}]' '[{"valueType":"DEVICE","stringConfig":{"value":"x"}}]' \
		'[{"valueType":"DEVICE","deviceConfig":{"deviceId":"../x"}}]' '[{"valueType":"DEVICE","deviceConfig":{"deviceId":"d","componentId":7}}]'; do
		deliver "$(install "{\"a\":$value}")"
		refused 400 BadRequestError
	done
}

@test "bodies that are no requests: always 400 and JSON, never a crash" {
	good=$(install '{}')
	for bad in '' ' ' 'x' '[]' 'null' '"x"' '7' '{' "${good}x" "$good$good" "$(jq -c 'del(.lifecycle)' <<<"$good")" \
		"$(jq -c '.lifecycle = "install"' <<<"$good")" "$(jq -c '.lifecycle = " INSTALL"' <<<"$good")" "$(jq -c '.lifecycle = "EXECUTE"' <<<"$good")" \
		"$(jq -c '.lifecycle = 7' <<<"$good")" "$(jq -c 'del(.installData)' <<<"$good")" "$(jq -c '.installData = []' <<<"$good")" \
		"$(jq -c 'del(.installData.refreshToken)' <<<"$good")" "$(jq -c 'del(.installData.authToken)' <<<"$good")" \
		"$(jq -c '.installData.authToken = "a b"' <<<"$good")" "$(jq -c '.installData.authToken = "ä"' <<<"$good")" \
		"$(jq -c '.installData.authToken = ""' <<<"$good")" "$(jq -c '.installData.authToken = "x" * 5000' <<<"$good")" \
		"$(jq -c 'del(.installData.installedApp)' <<<"$good")" "$(jq -c '.installData.installedApp.installedAppId = "../a"' <<<"$good")" \
		"$(jq -c '.installData.installedApp.installedAppId = ""' <<<"$good")" "$(jq -c 'del(.installData.installedApp.locationId)' <<<"$good")" \
		"$(jq -c '.installData.installedApp.permissions = "r"' <<<"$good")" "$(jq -c '.installData.installedApp.config = []' <<<"$good")" \
		"$(jq -c '.settings = []' <<<"$good")" "$(jq -c '.executionId = 7' <<<"$good")" \
		"${good/\{/\{\"lifecycle\":\"UNINSTALL\",}" "${good/\"en\"/NaN}" $'\xef\xbb\xbf'"$good" "${good/\"en\"/\"$'\xff'\"}" \
		"${good/\"en\"/\"\\u0000\"}" "$(printf '[%.0s' $(seq 20000))"; do
		deliver "$bad"
		refused 400 BadRequestError
		assert_equal "$(header Content-Type)" application/json
	done
	deliver "$(jq -c '. + {later: {x: [1]}, installData: (.installData + {later: 1})}' <<<"$good")"
	status 200
	deliver "{\"lifecycle\":\"$(printf 'x%.0s' $(seq 270000))\"}"
	refused 413 BadRequestError
}

@test "a mirror: what the SmartThings device says is the state here" {
	STAYS=
	cp "$TOP/conf/apps/mirror.json" "$ROOT/mirror.json"
	sed -i 's/"demo", "device": "hall-switch"/"ann", "device": "lamp"/' "$ROOT/mirror.json"
	configure '{"check_signatures": false, "definition": "mirror.json"}'
	config="{\"lamp\":$(device_setting $LAMP)}"
	deliver "$(install "$config")"
	assert_equal "$(bodies | tail -n 1 | jq -r '[.device.deviceId, .device.capability, .device.attribute, .device.subscriptionName] | join(" ")')" "$LAMP switch * mirror-0_0"
	for value in on off on; do
		deliver "$(events "$config" "$(device_event $LAMP switch switch "\"$value\"")")"
		status 200
		assert_equal "$(gatehouse device show lamp --user ann --json | jq -r '.. | objects | select(.capability? == "switch" and .attribute? == "switch") | .value')" "$value"
	done
	deliver "$(events "$config" "$(device_event $LAMP switch switch '"sideways"')")"
	status 200
	grep -q smartapp_set "$BATS_TEST_TMPDIR/cgi.err"
	deliver "$(events "$config" "$(device_event $DOOR switch switch '"off"')")"
	assert_equal "$(gatehouse device show lamp --user ann --json | jq -r '.. | objects | select(.capability? == "switch" and .attribute? == "switch") | .value')" on
	configure '{"check_signatures": false, "ping": true, "definition": "app.yaml"}'
}
