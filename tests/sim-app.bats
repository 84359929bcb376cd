#!/usr/bin/env bats
# The simulator as SmartThings' side of a SmartApp: what it signs and sends, how it shows pages, what the app may call.
# long because: each test goes on from an app that is installed by the same few helpers.

load helper
load sim

setup() {
	load_libs
	control '{}'
	head -c 8 /dev/zero >"$ROOT/clock"
	echo app-secret-7 >"$ROOT/secret/smartapp"
	with_app
	visit
}

with_app() {
	config_is '{smartapp: {definition: "app.yaml", client_id: "app-client", keyserver_url: ($url + "/sim/smartthings"), api_url: ($url + "/sim/smartthings")}}'
}

# press FIELDS: a button of the SmartApp's page; $body is then the app as JSON.
press() {
	sim POST /sim/app "$1"
	status 303
	sim GET /sim/api/app
	status 200
}

went_well() { json '.last.ok'; }

# The last message to the app that passes a filter of jq.
sent() { peer_log "[.[] | select(.path == \"/smartapp\")] | ${1:-.[-1].body}"; }

# installed: an app is installed, on motion and lights; its tokens in $APP_TOKEN and $APP_REFRESH, its id in $APP.
installed() {
	press 'action=install&s.device=porch-light&s.device=hall-lamp'
	went_well
	APP=$(sent '.[-1].body.installData.installedApp.installedAppId' | tr -d '"')
	APP_TOKEN=$(sent '.[-1].body.installData.authToken' | tr -d '"') APP_REFRESH=$(sent '.[-1].body.installData.refreshToken' | tr -d '"')
}

# api METHOD PATH [JSON]: as the app calls.
api() { cgi simulator "$1" "/sim/smartthings/v1$2" "${3-}" CONTENT_TYPE=application/json HTTP_AUTHORIZATION="Bearer ${TOKEN:-$APP_TOKEN}"; }

subscription() { # NAME ATTRIBUTES
	echo "{\"sourceType\":\"DEVICE\",\"device\":{\"deviceId\":\"d0000000-0000-4000-8000-000000000001\",\"componentId\":\"main\",\"subscriptionName\":\"$1\"${2:+,$2}}}"
}

later() { # MINUTES: the clock goes on
	clock $(($1 * 60000))
}

@test "without a SmartApp, or one that knows SmartThings elsewhere, the page says so; without a simulator there is nothing" {
	config_is '{}'
	sim GET /sim/app
	assert_regex "$body" 'no SmartApp on this server'
	sim POST /sim/app action=begin
	status 409
	sim GET /sim/api/home
	json '.checks.app == [] and .checks.all == 24'
	config_is '{smartapp: {definition: "app.yaml"}}'
	sim GET /sim/app
	assert_regex "$body" 'looks for SmartThings elsewhere'
	config_is '{simulator: false}'
	for path in /sim/app /sim/smartthings/pl/simulator/x /sim/smartthings/apps/x /sim/smartthings/v1/devices; do
		cgi simulator GET $path
		status 404
	done
	cgi simulator POST /sim/smartthings/oauth/token grant_type=refresh_token
	status 404
}

@test "what is sent is signed by a key that the key server has, as the recorded requests were" {
	press action=begin
	went_well
	sent '.[-2]' >"$BATS_TEST_TMPDIR/message"
	local id signature digest date
	id=$(jq -r .headers.authorization "$BATS_TEST_TMPDIR/message" | sed -n 's/.*keyId="\([^"]*\)".*/\1/p')
	signature=$(jq -r .headers.authorization "$BATS_TEST_TMPDIR/message" | sed -n 's/.*signature="\([^"]*\)".*/\1/p')
	digest=$(jq -r .headers.digest "$BATS_TEST_TMPDIR/message") date=$(jq -r .headers.date "$BATS_TEST_TMPDIR/message")
	assert_regex "$id" '^/pl/simulator/[0-9a-f]{2}(-[0-9a-f]{2}){11}$'
	assert_regex "$date" '^(Sun|Mon|Tue|Wed|Thu|Fri|Sat), [0-9]{2} [A-Z][a-z]{2} 20[0-9]{2} [0-9:]{8} UTC$'
	assert_equal "$digest" "SHA256=$(jq -rj .text "$BATS_TEST_TMPDIR/message" | openssl dgst -sha256 -binary | base64 -w 0)"
	cgi simulator GET "/sim/smartthings$id"
	status 200
	openssl x509 -pubkey -noout <<<"$body" >"$BATS_TEST_TMPDIR/key"
	assert_equal "$(openssl x509 -serial -noout <<<"$body")" "serial=$(sed 's|.*/||; s/-//g' <<<"$id" | tr a-f A-F)"
	base64 -d <<<"$signature" >"$BATS_TEST_TMPDIR/signature"
	printf '(request-target): post /smartapp\ndigest: %s\ndate: %s' "$digest" "$date" >"$BATS_TEST_TMPDIR/string"
	openssl dgst -sha256 -verify "$BATS_TEST_TMPDIR/key" -signature "$BATS_TEST_TMPDIR/signature" "$BATS_TEST_TMPDIR/string"
	[ "$(stat -c %a "$ROOT/secret/simulator-key.pem")" = 600 ]
	[[ $body != *PRIVATE* ]]
	cgi simulator GET /sim/smartthings/pl/simulator/00
	status 404
}

@test "every type of setting is shown, and comes back as the platform hands it over" {
	press action=begin
	json '[.page.sections[].settings[].type] == ["DEVICE","DEVICE","ENUM","MODE","SCENE","SOUND","SECURITY","MESSAGE_GROUP","BOOLEAN"]'
	json '[.page.sections[0].settings[1].options[].name] == ["Porch light"]'
	json '[.page.sections[0].settings[2].options[] | .name, .hint] == ["Apple", null, "Pear", "More"]'
	sim GET /sim/app
	assert_regex "$body" 'name="s.boolean" value="true" checked'
	press 'action=page&go=next&s.device=porch-light&s.device=heater-plug&s.enum=b&s.mode=a0000000-0000-4000-8000-000000000003&s.scene=b0000000-0000-4000-8000-000000000001&s.sound=siren&s.security=DISARMED&s.message=everybody'
	json '.page.id == "two"'
	sim GET /sim/app
	for text in 'A paragraph.' 'href="https://example.org/"' 'value="to.one"' 'type="password"' 'type="time"' 'type="email"' 'type="tel"' 'step="any"' 'min="1"'; do
		[[ $body == *"$text"* ]] || fail "not there: $text"
	done
	press 'action=page&go=done&s.text=hello&s.password=geheim1&s.number=7&s.decimal=1.5&s.time=21:30&s.email=a@b.de&s.phone=123'
	json '.installed and .page == null'
	sent '.[-1].body.installData.installedApp.config' >"$BATS_TEST_TMPDIR/config"
	jq -e '.device == [{"valueType":"DEVICE","deviceConfig":{"deviceId":"d0000000-0000-4000-8000-000000000002","componentId":"main"}},
			{"valueType":"DEVICE","deviceConfig":{"deviceId":"d0000000-0000-4000-8000-000000000007","componentId":"main"}}] and
		.mode[0].modeConfig.modeId == "a0000000-0000-4000-8000-000000000003" and .scene[0].valueType == "SCENE" and
		.message == [{"valueType":"MESSAGE","messageConfig":{"messageGroupKey":"everybody"}}] and
		.boolean == [{"valueType":"STRING","stringConfig":{"value":"false"}}] and .enum[0].stringConfig.value == "b" and
		.time[0].stringConfig.value == "1970-01-01T21:30:00.000Z" and .number[0].stringConfig.value == "7" and
		(has("dark") | not) and (keys | length) == 15' "$BATS_TEST_TMPDIR/config"
}

@test "a page is not left with what is missing or not taken; what was entered stays" {
	press action=begin
	press 'action=page&go=next&s.enum=a'
	json '.page.id == "one" and .page.stopped and (.page.sections[0].settings[0].missing) and .last == null'
	json '.page.sections[0].settings[2].options[0].chosen'
	for field in s.device=porch-motion s.device=nobody 's.device=porch-light&s.enum=c' 's.device=porch-light&s.enum=a&s.enum=b' 's.device=porch-light&s.security=PANIC'; do
		press "action=page&go=next&$field"
		json '.page.id == "one" and .page.stopped'
	done
	press 'action=page&go=next&s.device=porch-light'
	json '.page.id == "two" and (.page.stopped | not)'
	for field in s.number=0 s.number=10 s.number=1.5 s.number=x 's.number=3&s.decimal=y' 's.number=3&s.text=longer+than+ten' ''; do
		press "action=page&go=done&$field"
		json '.page.id == "two" and .page.stopped and .installed == null'
	done
	press 'action=page&go=back'
	json '.page.id == "one" and .page.sections[0].settings[0].options[0].chosen'
	sent '.[-1].body.configurationData.previousPageId == "two"' | grep -q true
	press 'action=page&go=again'
	sent '.[-1].body.configurationData | .pageId == .previousPageId' | grep -q true
	for field in go=nowhere go= x=y; do
		sim POST /sim/app "action=page&$field"
		status 400
	done
}

@test "an app's names, questions and answers are text, on each page; what is no address of the web is not opened" {
	load pages
	control "$(jq -nc --arg n "$BAD" '{smartapp: {words: $n}}')"
	press action=begin
	sim GET /sim/app
	named
	press 'action=page&go=next&s.device=porch-light'
	sim GET /sim/app
	named
	has '<code>javascript:alert(1)</code>'
	hasnt 'href="javascript:'
	press "action=page&go=done&s.number=3&s.text=$(urlencode "${BAD:0:9}")"
	sim GET /sim/app
	named
	sim GET /sim/api/app
	sim GET "/sim/wire/$(jq -r '.wire[0].seq' <<<"$body")"
	hasnt '<script>a'
}

@test "wrong answers are found out: another page, a setting that no phone knows, no data, another target" {
	control '{"smartapp": {"strange": true}}'
	press 'action=install&s.device=porch-light'
	json '.last.ok == false and .installed == null and any(.wire[]; .faulty)'
	local wrong
	for wrong in '{"configurationData":{}}' '{"configurationData":{"initialize":{"id":"x"}}}' '[]' 'no json' '{}'; do
		control "$(jq -cn --arg text "$wrong" '{smartapp: {text: $text}}')"
		press action=begin
		json '.last.ok == false and .wire[0].faulty'
	done
	control '{"smartapp": {"text": "{\"targetUrl\":\"https://else.example.org/other\"}"}}'
	press action=confirm
	json '.last.ok == false'
	control '{"smartapp": {"drop": true}}'
	press action=confirm
	json '.last.ok == false and .wire[0].status == null'
	control '{"smartapp": {"status": 401}}'
	press action=mistakes
	json '.last.ok == false and (.wire[0].status == 401) and (.checks.app[] | select(.id == "app_signature").at)'
}

@test "the app calls with its token: subscriptions by name, once; nothing of another's" {
	installed
	api POST "/installedapps/$APP/subscriptions" "$(subscription motion_0)"
	status 200
	json '.id and .sourceType == "DEVICE"'
	api POST "/installedapps/$APP/subscriptions" "$(subscription motion_0)"
	status 409
	api POST "/installedapps/$APP/subscriptions" '{"sourceType":"DEVICE","mode":{}}'
	status 422
	api POST "/installedapps/$APP/subscriptions" '{"sourceType":"DEVICE","device":{"deviceId":"d9999999-0000-4000-8000-000000000001"}}'
	status 403
	api POST "/installedapps/$APP/subscriptions" 'no json'
	status 422
	api GET "/installedapps/$APP/subscriptions"
	json '.items | length == 1'
	api DELETE "/installedapps/$APP/subscriptions/motion_0"
	status 200
	api DELETE "/installedapps/$APP/subscriptions/motion_0"
	status 404
	for path in /installedapps/another/subscriptions /devices/no-such/status; do
		api GET $path
		status 403
	done
	api GET /scenes
	status 404
	for token in "$APP_TOKEN"x "${APP_TOKEN%%.*}.guessed" "$APP_REFRESH" nobody.x; do
		TOKEN=$token api GET /devices
		status 401
	done
	local mine=$APP
	visit
	installed
	api GET "/installedapps/$mine/subscriptions"
	status 403
	later 1441
	api GET /devices
	status 401
}

@test "devices obey the app, and say how they are; an event goes to those who subscribed to it" {
	installed
	api POST /devices/d0000000-0000-4000-8000-000000000003/commands '{"commands":[{"component":"main","capability":"switch","command":"on"},{"component":"main","capability":"switchLevel","command":"setLevel","arguments":[30]}]}'
	status 200
	json '[.results[].status] == ["ACCEPTED", "ACCEPTED"]'
	api GET /devices/d0000000-0000-4000-8000-000000000003/status
	json '.components.main.switch.switch.value == "on" and .components.main.switchLevel.level == {"value": 30, "unit": "%"}'
	for bad in '"capability":"switchLevel","command":"setLevel","arguments":[101]' '"capability":"switch","command":"explode"' '"capability":"lock","command":"lock"'; do
		api POST /devices/d0000000-0000-4000-8000-000000000003/commands "{\"commands\":[{$bad}]}"
		status 422
	done
	api POST "/installedapps/$APP/subscriptions" "$(subscription any)"
	api POST "/installedapps/$APP/subscriptions" "$(subscription only '"capability":"motionSensor","attribute":"motion","value":"inactive"')"
	api POST "/installedapps/$APP/subscriptions" "$(subscription always '"capability":"motionSensor","stateChangeOnly":false')"
	press 'action=event&device=porch-motion&value=active'
	sent '[.[-1].body.eventData.events[].deviceEvent.subscriptionName] == ["any", "always"]' | grep -q true
	sent '.[-1].body.eventData | .events[0].deviceEvent.stateChange and (.authToken | length > 20) and .events[0].eventType == "DEVICE_EVENT"' | grep -q true
	press 'action=event&device=porch-motion&value=active'
	sent '[.[-1].body.eventData.events[].deviceEvent | .subscriptionName, .stateChange] == ["always", false]' | grep -q true
	press 'action=event&device=porch-motion&value=inactive'
	sent '[.[-1].body.eventData.events[].deviceEvent.subscriptionName] == ["any", "only", "always"]' | grep -q true
	TOKEN=$(sent '.[-1].body.eventData.authToken' | tr -d '"') api GET /devices
	status 200
	press 'action=event&device=back-door&value=open'
	json '.last.text == "sim_did_nobody"'
	for field in device=nothing 'device=back-door&value=ajar' 'device=back-door&attribute=switch&value=on' type=NO_EVENT; do
		sim POST /sim/app "action=event&$field"
		status 400
	done
	press 'action=event&type=MODE_EVENT&value=a0000000-0000-4000-8000-000000000003'
	sent '.[-1].body.eventData.events[0].modeEvent.modeId == "a0000000-0000-4000-8000-000000000003"' | grep -q true
}

@test "timers: once and cron, told when the clock has passed them, and never twice" {
	installed
	local soon=$(($(date +%s%3N) + 300000))
	api POST "/installedapps/$APP/schedules" "{\"name\":\"off\",\"once\":{\"time\":$soon,\"overwrite\":true}}"
	status 200
	json ".scheduledExecutions == [$soon]"
	api POST "/installedapps/$APP/schedules" '{"name":"often","cron":{"expression":"* * * * ? *","timezone":"UTC"}}'
	status 200
	for bad in '"once":{"time":"soon"}' '"cron":{"expression":"nonsense"}' '"once":{"time":1},"cron":{"expression":"* * * * ? *"}' '"x":1'; do
		api POST "/installedapps/$APP/schedules" "{\"name\":\"bad\",$bad}"
		status 422
	done
	sim GET /sim/api/app
	json '[.schedules[].name] == ["off", "often"]'
	later 6
	sim GET /sim/api/app
	json '.due'
	[[ $(header ETag) == *-due\" ]]
	sim POST /sim/do action=due
	status 303
	sent '[.[-1].body.eventData.events[].timerEvent | .name, .type] == ["off", "ONCE", "often", "CRON"]' | grep -q true
	sim GET /sim/api/app
	json '(.due | not) and [.schedules[].name] == ["often"] and (.checks.app[] | select(.id == "app_timer").at)'
	api DELETE "/installedapps/$APP/schedules/often"
	status 200
	api DELETE "/installedapps/$APP/schedules/often"
	status 404
}

@test "tokens: the app's own credentials, a refresh token once; what expires is refused" {
	installed
	local basic
	basic=$(printf app-client:app-secret-7 | base64 -w 0)
	refresh() { cgi simulator POST /sim/smartthings/oauth/token "grant_type=refresh_token&client_id=app-client&refresh_token=$1" HTTP_AUTHORIZATION="Basic ${2:-$basic}"; }
	refresh "$APP_REFRESH" "$(printf app-client:guessed | base64 -w 0)"
	status 401
	refresh "$APP_REFRESH"x
	status 400
	json '.error == "invalid_grant"'
	press action=expire
	api GET /devices
	status 401
	refresh "$APP_REFRESH"
	status 200
	json '.expires_in == 86400 and .token_type == "bearer"'
	APP_TOKEN=$(jq -r .access_token <<<"$body")
	api GET /devices
	status 200
	refresh "$APP_REFRESH"
	status 400
	sim GET /sim/api/wire?kind=appTokens
	sim GET "/sim/api/wire/$(jq '.wire[-2].seq // .wire[0].seq' <<<"$body")"
	[[ $body != *"$APP_REFRESH"* && $body != *"$APP_TOKEN"* ]]
	press action=uninstall
	api GET /devices
	status 401
	sim POST /sim/app action=uninstall
	status 409
}

@test "a registration is confirmed once, by the one who got the link" {
	press action=confirm
	went_well
	local link
	link=$(sent '.[-1].body.confirmationData.confirmationUrl' | tr -d '"')
	cgi simulator GET "${link#"$PEER"}x"
	status 401
	cgi simulator GET "${link#"$PEER"}"
	status 200
	json '.targetUrl'
	cgi simulator GET "${link#"$PEER"}"
	status 401
	sim GET /sim/api/app
	json '.confirmed'
	[[ $body != *"${link##*=}"* ]]
}

@test "the wire keeps no secret; a message is sent again with tokens of its own, signed anew" {
	installed
	sim GET '/sim/api/wire?kind=INSTALL'
	local seq
	seq=$(jq '.wire[0].seq' <<<"$body")
	sim GET "/sim/api/wire/$seq"
	[[ $body != *"$APP_TOKEN"* && $body != *"$APP_REFRESH"* ]]
	json '.request | contains("$APP_TOKEN")'
	sim POST "/sim/api/wire/$seq"
	status 200
	json ".replay_of == $seq and .status == 200"
	sent '.[-1].body.installData | .authToken, .refreshToken' | grep -qv 'APP_'
	[ "$(sent '.[-1].body.installData.authToken' | tr -d '"')" != "$APP_TOKEN" ]
	sim POST "/sim/api/wire/$seq" 'body=nonsense'
	json '.status'
	sent '.[-1].text == "nonsense"' | grep -q true
}
