#!/usr/bin/env bats
# The Schema connector over plain CGI, as SmartThings talks to it, and as others might.
# long because: every row of the protocol's table of bad input stands here.

load helper

setup_file() {
	make_root "$BATS_FILE_TMPDIR/root"
	gatehouse device add --user ann --type c2c-rgbw-color-bulb --id bulb --name Bulb >/dev/null
	gatehouse device add --user ann --type c2c-switch --id private --name Private >/dev/null
	TOKEN=$(gatehouse token issue --user ann --client smartthings --device lamp --device door --device bulb --json |
		jq -r .access_token)
	export TOKEN
}

setup() {
	load_libs
}

# post FILE [NAME=VALUE...]: send a file's bytes to /schema. Sets what cgi sets.
post() {
	local file=$1
	shift
	env -i PATH="$PATH" ASAN_OPTIONS="$ASAN_OPTIONS" GATEHOUSE_ROOT="$ROOT" GATEHOUSE_SHARE="$TOP" REQUEST_METHOD=POST \
		REQUEST_URI=/schema CONTENT_TYPE=application/json CONTENT_LENGTH="$(wc -c <"$file")" "$@" \
		"$BUILD/schema-webhook" <"$file" >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err"
	head=$(sed '/^\r$/,$d' "$BATS_TEST_TMPDIR/out")
	body=$(sed '1,/^\r$/d' "$BATS_TEST_TMPDIR/out")
	code=$(sed -n '1s/^Status: \([0-9]*\).*/\1/p' "$BATS_TEST_TMPDIR/out")
	assert_equal "$(header Content-Type)" application/json
	assert_equal "$(json .headers.schema) $(json .headers.version)" 'st-schema 1.0'
}

# send JSON [NAME=VALUE...]
send() {
	printf '%s' "$1" >"$BATS_TEST_TMPDIR/in"
	shift
	post "$BATS_TEST_TMPDIR/in" "$@"
}

# message TYPE [MEMBERS]: a good message of that type with ann's token; MEMBERS such as ',"devices":[]'.
message() {
	printf '{"headers":{"schema":"st-schema","version":"1.0","interactionType":"%s","requestId":"R-%s"},
		"authentication":{"tokenType":"Bearer","token":"%s"}%s}' "$1" "$BATS_TEST_NUMBER" "${T-$TOKEN}" "${2-}"
}

# command DEVICE CAPABILITY COMMAND [ARGUMENTS]
command_of() {
	printf '{"externalDeviceId":"%s","commands":[{"component":"main","capability":"%s","command":"%s","arguments":%s}]}' \
		"$1" "$2" "$3" "${4-[]}"
}

# refused ERROR [STATUS]: the last answer is this global error, and nothing else.
refused() {
	assert_equal "$code" "${2-200}"
	assert_equal "$(json .globalError.errorEnum)" "$1"
	assert_equal "$(json '.globalError.detail | type')" string
	assert_equal "$(jq -c 'keys' <<<"$body")" '["globalError","headers"]'
}

# level: the lamp's level and switch in the store.
level() {
	gatehouse device show lamp --user ann --json | jq -c '[.states[] | select(.attribute == "level").value]'
}

# --- good ones ---

@test "discovery: the chosen devices, whole, with the request's id" {
	send "$(message discoveryRequest)"
	assert_equal "$code" 200
	assert_equal "$(json .headers.interactionType) $(json .headers.requestId)" "discoveryResponse R-$BATS_TEST_NUMBER"
	assert_equal "$(jq -c '[.devices[].externalDeviceId]' <<<"$body")" '["lamp","door","bulb"]'
	assert_equal "$(jq -c '.devices[0] | del(.deviceUniqueId, .deviceCookie)' <<<"$body")" \
		'{"deviceContext":{"categories":["light"],"roomName":"Hall"},"deviceHandlerType":"c2c-dimmer","externalDeviceId":"lamp","friendlyName":"Hall lamp","manufacturerInfo":{"manufacturerName":"Gatehouse","modelName":"Dimmer"}}'
	assert_equal "$(jq '[.devices[].deviceUniqueId] | unique | length' <<<"$body")" 3
}

@test "state refresh: exactly the devices asked for, in their order" {
	send "$(message stateRefreshRequest ',"devices":[{"externalDeviceId":"door","deviceCookie":{}},
		{"externalDeviceId":"private"},{"externalDeviceId":"lamp"},{"externalDeviceId":"door"}]')"
	assert_equal "$code $(json .headers.interactionType)" '200 stateRefreshResponse'
	assert_equal "$(jq -c '[.deviceState[].externalDeviceId]' <<<"$body")" '["door","private","lamp","door"]'
	assert_equal "$(jq -c '[.deviceState[0].states[] | [.component, .capability, .attribute, .value, .unit]]' <<<"$body")" \
		'[["main","st.healthCheck","healthStatus","online",null],["main","st.contactSensor","contact","closed",null],["main","st.battery","battery",100,"%"]]'
	assert_equal "$(jq -c '.deviceState[1]' <<<"$body")" \
		'{"deviceError":[{"detail":"no such device","errorEnum":"DEVICE-DELETED"}],"externalDeviceId":"private"}'
	assert_equal "$(jq -c '[.deviceState[2].states[].timestamp | . > 1600000000000 and . == floor] | unique' <<<"$body")" '[true]'
	assert_equal "$(jq -c '.deviceState[3]' <<<"$body")" "$(jq -c '.deviceState[0]' <<<"$body")"
}

@test "a command changes the state, and the change outlives the process" {
	send "$(message commandRequest ",\"devices\":[$(command_of lamp st.switch on),$(command_of lamp st.switchLevel setLevel '[37]')]")"
	assert_equal "$code $(json .headers.interactionType)" '200 commandResponse'
	assert_equal "$(jq -c '[.deviceState[].states[] | [.capability, .attribute, .value, .unit]]' <<<"$body")" \
		'[["st.switch","switch","on",null],["st.switchLevel","level",37,"%"]]'
	send "$(message stateRefreshRequest ',"devices":[{"externalDeviceId":"lamp"}]')"
	assert_equal "$(jq -c '[.deviceState[0].states[].value]' <<<"$body")" '["online","on",37]'
}

@test "colour: hue and saturation in percent, level and switch if they come along" {
	send "$(message commandRequest ",\"devices\":[$(command_of bulb st.colorControl setColor '[{"hue":62.5,"saturation":100}]')]")"
	assert_equal "$(jq -c '[.deviceState[0].states[] | [.attribute, .value]]' <<<"$body")" '[["hue",62.5],["saturation",100]]'
	send "$(message commandRequest ",\"devices\":[$(command_of bulb st.colorControl setColor '[{"hue":1,"saturation":2,"level":3,"switch":"on"}]')]")"
	assert_equal "$(jq -c '[.deviceState[0].states[] | [.attribute, .value]]' <<<"$body")" \
		'[["hue",1],["saturation",2],["level",3],["switch","on"]]'
}

@test "offline and back" {
	gatehouse device offline door --user ann >/dev/null
	send "$(message stateRefreshRequest ',"devices":[{"externalDeviceId":"door"}]')"
	assert_equal "$(json '.deviceState[0].deviceError[0].errorEnum')" DEVICE-OFFLINE
	gatehouse device online door --user ann >/dev/null
	send "$(message stateRefreshRequest ',"devices":[{"externalDeviceId":"door"}]')"
	assert_equal "$(json '.deviceState[0].states[0].value')" online
}

@test "interactionResult is logged with its devices, needs no token, and no token reaches the log" {
	send "$(message interactionResult ',"originatingInteractionType":"discoveryRequest","deviceState":[{"externalDeviceId":"dim-1","deviceError":[{"errorEnum":"BAD-RESPONSE","detail":"modelName \" must not\n be blank"}]}]')"
	assert_equal "$code $body" "200 {\"headers\":{\"schema\":\"st-schema\",\"version\":\"1.0\",\"interactionType\":\"interactionResult\",\"requestId\":\"R-$BATS_TEST_NUMBER\"}}"
	run cat "$BATS_TEST_TMPDIR/err"
	assert_line --regexp '^[^ ]+ error schema-webhook .* interaction_result user=[A-Za-z0-9_-]{22} of="discoveryRequest" device="dim-1" error="BAD-RESPONSE" detail="modelName '"'"' must not.? be blank"$'
	refute_output --partial "$TOKEN"
	send '{"headers":{"interactionType":"interactionResult","requestId":"x"},"globalError":{"errorEnum":"BAD-RESPONSE"}}'
	assert_equal "$code $(jq 'keys | length' <<<"$body")" '200 1'
	run cat "$BATS_TEST_TMPDIR/err"
	assert_output --partial 'interaction_result user=- of="" device="" error="BAD-RESPONSE"'
}

@test "integrationDeleted ends the link, once and for all, and nothing else" {
	T=$(gatehouse token issue --user ann --client smartthings --device lamp --json | jq -r .access_token)
	send "$(message discoveryRequest)"
	assert_equal "$(jq '.devices | length' <<<"$body")" 1
	send "$(message integrationDeleted)"
	assert_equal "$code $(jq -c keys <<<"$body") $(json .headers.interactionType)" '200 ["headers"] integrationDeleted'
	for type in discoveryRequest stateRefreshRequest commandRequest; do
		send "$(message $type ',"devices":[]')"
		refused INTEGRATION-DELETED
	done
	send "$(message integrationDeleted)"
	assert_equal "$code $(jq -c keys <<<"$body")" '200 ["headers"]'
	T=$TOKEN
	send "$(message discoveryRequest)"
	assert_equal "$(jq '.devices | length' <<<"$body")" 3
}

@test "both paths answer, and the content type may say its charset or be missing" {
	send "$(message discoveryRequest)" REQUEST_URI=/my-schema-connector
	assert_equal "$(jq '.devices | length' <<<"$body")" 3
	send "$(message discoveryRequest)" CONTENT_TYPE='application/json; charset=utf-8'
	assert_equal "$(jq '.devices | length' <<<"$body")" 3
	send "$(message discoveryRequest)" CONTENT_TYPE=
	assert_equal "$(jq '.devices | length' <<<"$body")" 3
}

# --- what is no message ---

@test "HTTP's own refusals come in Schema's form" {
	send "$(message discoveryRequest)" CONTENT_TYPE=text/plain
	refused BAD-REQUEST 415
	send "$(message discoveryRequest)" CONTENT_TYPE=application/x-www-form-urlencoded
	refused BAD-REQUEST 415
	for method in GET PUT DELETE HEAD BREW; do
		: >"$BATS_TEST_TMPDIR/in"
		[ $method = HEAD ] || { post "$BATS_TEST_TMPDIR/in" REQUEST_METHOD=$method; refused BAD-REQUEST 405; }
	done
	assert_equal "$(header Allow)" POST
	send "$(message discoveryRequest)" REQUEST_URI=/schema/extra
	refused BAD-REQUEST 404
	head -c 307200 /dev/zero | tr '\0' x >"$BATS_TEST_TMPDIR/big"
	post "$BATS_TEST_TMPDIR/big"
	refused BAD-REQUEST 413
	send "$(message discoveryRequest)" CONTENT_LENGTH=seven
	assert_equal "$code $(json .globalError.errorEnum)" '400 BAD-REQUEST'
}

@test "bodies that are no JSON object: 400, and the program goes on" {
	message discoveryRequest >"$BATS_TEST_TMPDIR/good"
	deep=$(printf '[%.0s' $(seq 20000))
	for text in '' ' ' null 7 '"x"' '[]' '[{}]' '{' '{}x' "{'a':1}" '{"a":NaN}' '{"headers":{},"headers":{}}' \
		"{\"a\":$deep}" '{"a":"\u0000"}' '{"a":1e}' "$(head -c 60 "$BATS_TEST_TMPDIR/good")"; do
		send "$text"
		refused BAD-REQUEST 400
		assert_equal "$(jq -c '.headers | keys' <<<"$body")" '["schema","version"]'
	done
	for bytes in '\xef\xbb\xbf{}' '{"a":"\xff"}' '{"a":"\xc0\xaf"}' '{"a":"\x00"}' '{}\x00' '{"a":"\xed\xa0\x80"}'; do
		printf "$bytes" >"$BATS_TEST_TMPDIR/in"
		post "$BATS_TEST_TMPDIR/in"
		refused BAD-REQUEST 400
	done
}

@test "a lone surrogate, a NUL in an id, numbers past all bounds: JSON comes back" {
	send "$(message stateRefreshRequest ',"devices":[{"externalDeviceId":"\ud800"}]')"
	assert_equal "$code $(json .globalError.errorEnum)" '400 BAD-REQUEST'
	send "$(message stateRefreshRequest ',"devices":[{"externalDeviceId":"a\u0000b"}]')"
	assert_equal "$code $(json .globalError.errorEnum)" '400 BAD-REQUEST'
	before=$(level)
	for value in 1e999 -1e999 101 -1 42.7 '"42"' true null '{}' '[]'; do
		send "$(message commandRequest ",\"devices\":[$(command_of lamp st.switchLevel setLevel "[$value]")]")"
		assert_equal "$code $(json '.deviceState[0].deviceError[0].errorEnum')" '200 RESOURCE-CONSTRAINT-VIOLATION'
	done
	assert_equal "$(level)" "$before"
}

# --- the table of what others do with bad input ---

@test "headers: missing, wrong, of another protocol, of the wrong direction" {
	auth="\"authentication\":{\"token\":\"$TOKEN\"}"
	send "{$auth}"
	refused BAD-REQUEST
	send "{\"headers\":[],$auth}"
	refused BAD-REQUEST
	send "{\"headers\":{\"schema\":\"alexa-schema\",\"interactionType\":\"discoveryRequest\",\"requestId\":\"r\"},$auth}"
	refused BAD-REQUEST
	send "{\"headers\":{\"interactionType\":\"discoveryRequest\"},$auth}"
	refused BAD-REQUEST
	assert_equal "$(json .headers.interactionType)" discoveryResponse
	for type in makeTea discoveryResponse stateCallback DISCOVERYREQUEST; do
		send "$(message $type)"
		refused INVALID-INTERACTION-TYPE
		assert_equal "$(json .headers.interactionType)" $type
	done
	send "{\"headers\":{\"requestId\":\"r\"},$auth}"
	refused INVALID-INTERACTION-TYPE
	send "{\"headers\":{\"version\":\"2.0\",\"interactionType\":\"discoveryRequest\",\"requestId\":\"Ä 1\"},$auth}"
	assert_equal "$code $(json .headers.requestId)" '200 Ä 1'
}

@test "tokens: missing, of the wrong kind, unknown, forged, very long" {
	local headers='"headers":{"interactionType":"discoveryRequest","requestId":"r"}'
	send "{$headers}"
	refused BAD-REQUEST
	send "{$headers,\"authentication\":[]}"
	refused BAD-REQUEST
	for auth in '{}' '{"token":null}' '{"token":7}' '{"token":""}' '{"token":"x"}' "{\"token\":\"${TOKEN%?????}AAAAA\"}" \
		"{\"token\":\"$TOKEN\",\"tokenType\":\"Basic\"}" "{\"token\":\"$(printf 'a%.0s' $(seq 20000))\"}"; do
		send "{$headers,\"authentication\":$auth}"
		refused INVALID-TOKEN
	done
	send "{$headers,\"authentication\":{\"tokenType\":\"bearer\",\"token\":\"$TOKEN\"}}"
	assert_equal "$(jq '.devices | length' <<<"$body")" 3
}

@test "devices and commands of the wrong shape are refused before anything is done" {
	before=$(level)
	good=$(command_of lamp st.switchLevel setLevel '[99]')
	for rest in '' ',"devices":null' ',"devices":{}' ',"devices":[7]' ',"devices":[{}]' ',"devices":[{"externalDeviceId":7}]' \
		",\"devices\":[$good,{\"externalDeviceId\":\"lamp\",\"commands\":\"on\"}]" \
		",\"devices\":[$good,{\"externalDeviceId\":\"lamp\"}]" \
		",\"devices\":[$good,{\"externalDeviceId\":\"lamp\",\"commands\":[{\"capability\":\"st.switch\"}]}]"; do
		send "$(message commandRequest "$rest")"
		refused BAD-REQUEST
	done
	assert_equal "$(level)" "$before"
	send "$(message commandRequest ",\"devices\":[$(command_of lamp st.switchLevel setLevel '{"level":99}')]")"
	assert_equal "$(json '.deviceState[0].deviceError[0].errorEnum')" RESOURCE-CONSTRAINT-VIOLATION
	send "$(message commandRequest ',"devices":[{"externalDeviceId":"lamp","commands":[{"capability":"st.switch","command":"off"}]}]')"
	assert_equal "$(json '.deviceState[0].states[0].value')" off
}

@test "commands that a device does not have, and devices that are not in the link" {
	for bad in 'lamp st.switch toggle' 'lamp st.lock lock' 'door st.switch on' 'door st.contactSensor open' 'lamp st.nonsense x'; do
		send "$(message commandRequest ",\"devices\":[$(command_of $bad)]")"
		assert_equal "$code $(json '.deviceState[0].deviceError[0].errorEnum')" '200 CAPABILITY-NOT-SUPPORTED'
	done
	for id in private nobody '' ../lamp 'lamp/' 'Lamp' "$(printf 'x%.0s' $(seq 600))"; do
		send "$(message commandRequest ",\"devices\":[$(command_of "$id" st.switch on)]")"
		assert_equal "$code $(json '.deviceState[0].deviceError[0].errorEnum')" '200 DEVICE-DELETED'
		assert_equal "$(json '.deviceState[0].externalDeviceId | length')" "${#id}"
	done
	gatehouse device show private --user ann --json | jq -e '[.. | .value? // empty] | index("on") | not'
}

@test "a link without devices:control shows states and moves nothing" {
	T=$(gatehouse token issue --user ann --client smartthings --device lamp --scope devices:read --json | jq -r .access_token)
	send "$(message stateRefreshRequest ',"devices":[{"externalDeviceId":"lamp"}]')"
	before=$body
	send "$(message commandRequest ",\"devices\":[$(command_of lamp st.switchLevel setLevel '[3]')]")"
	assert_equal "$code $(json '.deviceState[0].deviceError[0].errorEnum')" '200 CAPABILITY-NOT-SUPPORTED'
	send "$(message stateRefreshRequest ',"devices":[{"externalDeviceId":"lamp"}]')"
	assert_equal "$(jq -c .deviceState <<<"$body")" "$(jq -c .deviceState <<<"$before")"
}

@test "an expired token is told so, and works for integrationDeleted only" {
	T=$(gatehouse token issue --user ann --client smartthings --device lamp --expires-in 1 --json | jq -r .access_token)
	sleep 1.5
	send "$(message discoveryRequest)"
	refused TOKEN-EXPIRED
	send "$(message integrationDeleted)"
	assert_equal "$code $(jq -c keys <<<"$body")" '200 ["headers"]'
	send "$(message discoveryRequest)"
	refused INTEGRATION-DELETED
}

@test "200 devices in one message" {
	devices=$(jq -nc '[range(200) | {externalDeviceId: (if . % 2 == 0 then "lamp" else "ghost-\(.)" end)}]')
	send "$(message stateRefreshRequest ",\"devices\":$devices")"
	assert_equal "$(jq -c '[.deviceState[].externalDeviceId]' <<<"$body")" "$(jq -c '[.[].externalDeviceId]' <<<"$devices")"
	assert_equal "$(jq '[.deviceState[] | select(.states)] | length' <<<"$body")" 100
	send "$(message stateRefreshRequest ",\"devices\":$(jq -nc '[range(501) | {externalDeviceId: "lamp"}]')")"
	refused BAD-REQUEST
}
