#!/usr/bin/env bats
# The courier against a double of SmartThings: what is told to whom, how often, and what happens when it goes wrong.
# long because: each message has its good, edge and hostile cases here.

load helper
load courier

setup() {
	load_libs
	begin_courier "$BATS_TEST_TMPDIR"
	start_courier
}

teardown() {
	end_courier
	kept_secrets
}

# activities: the events of ann's newest activity about callbacks, newest first.
activities() {
	"$BUILD/gatehouse" --root "$ROOT" activity --user ann --json | jq -r 'select(.event | startswith("callback")) |
		"\(.event) \(.detail)"'
}

# --- tokens ---

@test "a grant is answered at once and redeemed by the courier, with the credentials in the body" {
	link SECRETCODE
	assert_equal "$(json 'keys | join(" ")')" headers
	assert_equal "$(json .headers.interactionType)" grantCallbackAccess
	until_is '["accessTokenRequest",200]' st_log '.[0] | [.type, .status]'
	assert_equal "$(st_log '.[0].body.callbackAuthentication')" \
		'{"clientId":"st-app","clientSecret":"st-secret","code":"SECRETCODE","grantType":"authorization_code"}'
	assert_equal "$(st_log '.[0].body.headers | [.schema, .version, (.requestId | length)]')" '["st-schema","1.0",36]'
}

@test "a grant that comes twice is redeemed once; another code replaces the tokens" {
	linked
	grant c1
	grant c1
	grant 'c1#2'
	until_is '["accessTokenRequest","accessTokenRequest"]' st_log '[.[].type]'
	set_lamp st.switch.switch=on
	until_is '"on"' lamp c1 st.switch.switch
	assert_equal "$(st_log '.[-1].body.authentication.token')" '"cba-2"'
}

@test "SmartThings is asked for a grant only while there is none" {
	TOKEN=$(gatehouse token issue --user ann --client smartthings --device lamp --json | jq -r .access_token)
	schema discoveryRequest
	assert_equal "$(json .requestGrantCallbackAccess)" true
	grant c1
	schema discoveryRequest
	assert_equal "$(jq 'has("requestGrantCallbackAccess")' <<<"$body")" false
	until_is 200 st_log '.[0].status'
	schema discoveryRequest
	assert_equal "$(jq 'has("requestGrantCallbackAccess")' <<<"$body")" false
}

@test "a refused code is not tried again, and a new grant is asked for" {
	link bad-1
	until_is 400 st_log '.[0].status'
	set_lamp st.switch.switch=on
	sleep 1.5
	assert_equal "$(st_log length)" 1
	schema discoveryRequest
	assert_equal "$(json .requestGrantCallbackAccess)" true
	grant c1
	until_is '"on"' lamp c1 st.switch.switch
}

@test "token endpoint: 5xx, nonsense, lost and no answers are tried again" {
	control '{"token": {"status": 503}}'
	link c1
	until_is '[503,200]' st_log '[.[].status]'
	for wrong in '{"drop": true}' '{"status": 200, "body": "<html>"}' '{"status": 200, "body": {"callbackAuthentication": {}}}' \
		'{"status": 404}' '{"status": 429}' '{"status": 302, "headers": {"Location": "/device/events"}}'; do
		n=$(st_log length)
		control "{\"token\": $wrong}"
		grant "c1#$RANDOM"
		until_is '[2,200]' st_log ".[$n:] | [length, .[-1].status]"
	done
	assert_equal "$(st_log '[.[] | select(.path != "/oauth/token")] | length')" 0
}

# --- news ---

@test "a change is told with its timestamp; what the link did itself is not, but its owner's other links hear of it" {
	linked c1
	linked c2
	local second=$TOKEN
	set_lamp st.switch.switch=on st.switchLevel.level=33
	until_is '{"st.switch.switch":"on","st.switchLevel.level":33}' links .c1.devices.lamp
	until_is '{"st.switch.switch":"on","st.switchLevel.level":33}' links .c2.devices.lamp
	assert_equal "$(st_log '.[-1].body.deviceState[0].states[0].timestamp > 1700000000000')" true
	TOKEN=$second
	schema commandRequest ',"devices":[{"externalDeviceId":"lamp","commands":[{"component":"main","capability":"st.switchLevel","command":"setLevel","arguments":[77]}]}]'
	until_is 77 lamp c1 st.switchLevel.level
	sleep 1.2
	assert_equal "$(calls c2)" 1
	set_lamp st.switchLevel.level=5
	until_is 5 lamp c2 st.switchLevel.level
}

@test "what a link may not see it is not told" {
	linked
	gatehouse device set door --user ann st.contactSensor.contact=open >/dev/null
	gatehouse device add --user ann --type c2c-switch --id other --name Other >/dev/null
	gatehouse device rename door 'Back door' --user ann >/dev/null
	gatehouse device delete door --user ann >/dev/null
	set_lamp st.switch.switch=on
	until_is '"on"' lamp c1 st.switch.switch
	assert_equal "$(links '.c1 | [(.devices | keys), .names, .deleted]')" '[["lamp"],{},[]]'
}

@test "words got lost: when the courier is told so, it looks at every link" {
	linked c1
	linked c2
	set_lamp st.switchLevel.level=20
	until_is 20 lamp c1 st.switchLevel.level
	until_is 20 lamp c2 st.switchLevel.level
	until_is 0 words
	unheard set_lamp st.switchLevel.level=21
	assert_equal "$(lamp c1 st.switchLevel.level)" 20
	missed
	until_is 21 lamp c1 st.switchLevel.level
	until_is 21 lamp c2 st.switchLevel.level
}

# Milliseconds between one event and the next, the least of all.
least_gap() { st_log 'map(select(.type == "stateCallback") | .at) | [.[1:], .[:-1]] | transpose | map(.[0] - .[1]) | min'; }

@test "many changes at once: newest wins, at most one call a second" {
	linked
	local began=$SECONDS i
	for i in {1..40}; do set_lamp st.switchLevel.level=$i; done
	until_is 40 lamp c1 st.switchLevel.level
	[ "$(least_gap)" -ge 500 ]
	[ "$(calls)" -lt $((SECONDS - began + 6)) ]
	assert_equal "$(links .c1.backwards)" 0
}

@test "a button is told each time, in order, without waiting" {
	gatehouse device add --user ann --type c2c-button-3 --id btn --name Button >/dev/null
	link c1 ann btn
	until_is 200 st_log '.[0].status'
	for value in pushed held pushed pushed held; do
		gatehouse device set btn --user ann st.button.button=$value >/dev/null
	done
	until_is '["pushed","held","pushed","pushed","held"]' links .c1.events
	[ "$(least_gap)" -lt 500 ]	# what waits, waits for a second
}

@test "a button does not wait for what waits already" {
	gatehouse device add --user ann --type c2c-button-3 --id btn --name Button >/dev/null
	link c1 ann lamp btn
	until_is 200 st_log '.[0].status'
	local i want='[]' gap=1000
	# The second change waits for a second after the first. Where this machine took as long for all of it, once more.
	for ((i = 1; i <= 8 && gap >= 900; i++)); do
		set_lamp st.switchLevel.level=$((2 * i))
		until_is $((2 * i)) lamp c1 st.switchLevel.level
		set_lamp st.switchLevel.level=$((2 * i + 1))
		gatehouse device set btn --user ann st.button.button=pushed >/dev/null
		want=$(jq -c '. + ["pushed"]' <<<"$want")
		until_is "$want" links .c1.events
		gap=$(least_gap)
	done
	[ "$gap" -lt 900 ]
}

@test "a device is added, renamed, goes offline, comes back, is deleted and made anew" {
	# It is part of the link already when it comes (as it is when the owner lets new devices join).
	gatehouse device add --user ann --type c2c-switch --id hall --name Hall >/dev/null
	link c1 ann lamp hall
	until_is 200 st_log '.[0].status'
	gatehouse device delete hall --user ann >/dev/null
	until_is '["hall"]' links .c1.deleted
	gatehouse device add --user ann --type c2c-switch --id hall --name Hall >/dev/null
	until_is '"Hall"' links .c1.names.hall
	until_is '"off"' links '.c1.devices.hall."st.switch.switch"'
	assert_equal "$(st_log 'map(select(.type == "discoveryCallback"))[0].body.devices[0] | [.deviceHandlerType, .manufacturerInfo.modelName]')" \
		'["c2c-switch","Switch"]'
	gatehouse device rename hall 'Great hall' --user ann >/dev/null
	until_is '"Great hall"' links .c1.names.hall
	gatehouse device offline hall --user ann >/dev/null
	until_is '["hall"]' links .c1.offline
	gatehouse device online hall --user ann >/dev/null
	until_is '"online"' eval "st_log '[.[].body.deviceState[0]?.states[0]? | select(.attribute == \"healthStatus\").value][-1]'"
	gatehouse device delete hall --user ann >/dev/null
	gatehouse device add --user ann --type c2c-valve --id hall --name Tap >/dev/null
	until_is '[["hall","hall"],"Tap"]' links '.c1 | [.deleted, .names.hall]'
	assert_equal "$(st_log '(map(.body.deviceState[0]?.deviceError[0]?.errorEnum == "DEVICE-DELETED") | rindex(true)) < (map(.body.devices[0]?.friendlyName == "Tap") | index(true))')" true
}

# --- trouble ---

@test "401: the token is refreshed once and the call made again" {
	linked
	control '{"expire": true}'
	set_lamp st.switch.switch=on
	until_is '"on"' lamp c1 st.switch.switch
	assert_equal "$(st_log '[.[] | [.type, .status]]')" \
		'[["accessTokenRequest",200],["stateCallback",401],["refreshAccessTokens",200],["stateCallback",200]]'
	assert_equal "$(st_log '.[2].body.callbackAuthentication')" \
		'{"clientId":"st-app","clientSecret":"st-secret","grantType":"refresh_token","refreshToken":"cbr-1"}'
}

@test "401 for good: no storm of calls, and no link lost" {
	linked
	control '{"events": {"status": 401, "times": -1}}'
	set_lamp st.switch.switch=on
	sleep 3
	[ "$(st_log length)" -lt 12 ]
	control '{"events": null}'
	ahead 3600
	until_is '"on"' lamp c1 st.switch.switch
}

@test "5xx, a slow and a dead SmartThings: tried again, later and later, and told the newest state" {
	linked
	control '{"events": {"status": 500, "times": 3}}'
	for i in 1 2 3; do set_lamp st.switchLevel.level=$i; done
	until_is 3 lamp c1 st.switchLevel.level
	[ "$(least_gap)" -ge 400 ]
	control '{"events": {"drop": true, "times": 2}}'
	set_lamp st.switchLevel.level=4
	until_is 4 lamp c1 st.switchLevel.level
	control '{"events": {"late": true, "drop": true}}'
	set_lamp st.switchLevel.level=5
	until_is 5 lamp c1 st.switchLevel.level
	assert_equal "$(links .c1.backwards)" 0
}

@test "4xx is not tried again and stands in the activity" {
	linked
	control '{"events": {"status": 400, "body": {"globalError": {"errorEnum": "BAD-REQUEST", "detail": "x"}}}}'
	set_lamp st.switchLevel.level=1
	until_is 400 st_log '.[-1].status'
	sleep 1.2
	assert_equal "$(calls)" null
	set_lamp st.switchLevel.level=2
	until_is 2 lamp c1 st.switchLevel.level
	assert_equal "$(st_log length)" 3
	run -0 activities
	assert_output --partial 'callback_refused stateCallback: HTTP 400 BAD-REQUEST'
}

@test "a redirect is not followed, an endless answer is cut" {
	linked
	control '{"events": {"status": 307, "headers": {"Location": "/oauth/token"}}}'
	set_lamp st.switchLevel.level=1
	until_is 307 st_log '.[-1].status'
	control "{\"events\": {\"status\": 200, \"late\": true, \"body\": \"$(head -c 100000 /dev/zero | tr '\0' x)\"}}"
	set_lamp st.switchLevel.level=2
	until_is 2 lamp c1 st.switchLevel.level
	set_lamp st.switchLevel.level=3
	until_is 3 lamp c1 st.switchLevel.level
}

@test "tokens are refreshed before their end, also of a link that is quiet, and while that fails news goes on" {
	control '{"life": 3600}'
	linked
	ahead 2000
	sleep 0.7
	assert_equal "$(st_log length)" 1
	control '{"token": {"status": 503, "times": -1}}'
	ahead 1380
	until_is '"refreshAccessTokens"' st_log '.[-1].type'
	set_lamp st.switch.switch=on
	until_is '"on"' lamp c1 st.switch.switch
	control '{"token": null}'
	ahead 60
	until_is '["refreshAccessTokens",200]' st_log '[.[] | [.type, .status]][-1]'
}

@test "a refresh that is refused: a new grant is asked for, and brings all that was missed" {
	linked
	control '{"expire": true, "forget": true}'
	set_lamp st.switchLevel.level=9
	until_is '["refreshAccessTokens",401]' st_log '[.[] | [.type, .status]][-1]'
	until_is true eval 'schema discoveryRequest; json ".requestGrantCallbackAccess // false"'
	grant 'c1#2'
	until_is 9 lamp c1 st.switchLevel.level
	run -0 activities
	assert_output --partial 'callback_lost refreshAccessTokens: HTTP 401 INVALID-TOKEN'
}

@test "what is older than the log of changes: everything is told anew" {
	linked
	stop_courier
	set_lamp st.switchLevel.level=11
	ahead 90000
	set_lamp st.switch.switch=on
	start_courier
	until_is '[11,"on"]' links '.c1.devices.lamp | [."st.switchLevel.level", ."st.switch.switch"]'
	assert_equal "$(links .c1.names.lamp)" '"Hall lamp"'
}

@test "after a day of failures it gives up, and tells everything when there is news again" {
	linked
	control '{"events": {"status": 500, "times": -1}}'
	set_lamp st.switchLevel.level=21
	until_is 500 st_log '.[-1].status'
	# A day that passed without being tried does not count.
	ahead 90000
	local n=1 i
	for ((i = 0; i < 40; i++)); do
		until_is true st_log "length > $n"
		n=$(st_log length)
		[ -z "$(activities | grep given_up)" ] || break
		ahead 4600
	done
	[ "$i" -gt 15 ]
	ahead 7200
	sleep 0.6
	assert_equal "$(st_log length)" "$n"
	control '{"events": null}'
	gatehouse device online lamp --user ann >/dev/null
	set_lamp st.switch.switch=on
	until_is '[21,"on"]' links '.c1.devices.lamp | [."st.switchLevel.level", ."st.switch.switch"]'
}

@test "two couriers on one store send once; the second takes over when the first is killed" {
	linked
	"$BUILD/courier" 2>>"$COURIER_LOG" 3>&- &
	local second=$!
	for i in 1 2 3; do
		set_lamp st.switchLevel.level=$i
		until_is $i lamp c1 st.switchLevel.level
	done
	assert_equal "$(calls)" 3
	stop_courier KILL
	set_lamp st.switchLevel.level=4
	until_is 4 lamp c1 st.switchLevel.level
	COURIER=$second
}

@test "a slow SmartThings slows neither the webhook nor another link" {
	linked c1
	linked c2
	control '{"events": {"wait": 9000, "late": true}}'
	set_lamp st.switchLevel.level=1
	sleep 0.3
	local from=${EPOCHREALTIME/./}
	schema discoveryRequest
	until_is 1 lamp c2 st.switchLevel.level
	[ $((${EPOCHREALTIME/./} - from)) -lt 8000000 ]
}

@test "kill -9 at any moment: nothing is lost" {
	linked
	for i in {1..15}; do
		set_lamp st.switchLevel.level=$i
		sleep "0.0$((RANDOM % 10))"
		stop_courier KILL
		start_courier
	done
	until_is 15 lamp c1 st.switchLevel.level
	assert_equal "$(links .c1.backwards)" 0
}

@test "sleeping costs nothing" {
	printf '{"public_url":"%s","insecure_loopback":true,"smartthings":{"client_id":"st-app"}}\n' "$PUBLIC" >"$ROOT/gatehouse.json"
	stop_courier
	start_courier
	linked
	sleeps
}

# sleeps: the courier does nothing for some seconds, and is seldom awake; as soon as it has done what there was to do.
sleeps() { until_true slept; }
slept() {
	local before after
	before=$(awk '{ print $14 + $15 }' "/proc/$COURIER/stat" && awk '/ctxt/ { n += $2 } END { print n }' "/proc/$COURIER/status")
	sleep 3
	after=$(awk '{ print $14 + $15 }' "/proc/$COURIER/stat" && awk '/ctxt/ { n += $2 } END { print n }' "/proc/$COURIER/status")
	echo "before: $before after: $after"
	[ $((${after%%$'\n'*} - ${before%%$'\n'*})) -le 1 ]
	[ $((${after##*$'\n'} - ${before##*$'\n'})) -le 8 ]
}

@test "a demo's courier sleeps too, and hears at once when the clock is moved" {
	linked
	sleeps
	# The second time it has just gone to sleep.
	for n in 1 2; do
		ahead 86000
		until_is $n st_log 'map(select(.type == "refreshAccessTokens")) | length'
	done
}

@test "an instance that is deleted takes its couriers along" {
	"$BUILD/courier" 2>>"$COURIER_LOG" 3>&- &
	local second=$!
	linked
	rm -rf "$ROOT/store" "$ROOT/courier.lock"
	until_gone "$COURIER" || { kill -9 "$second"; return 1; }
	until_gone "$second" || { kill -9 "$second"; return 1; }
	run -1 wait "$COURIER"
	run -1 wait "$second"
	COURIER=
	grep -F "courier_failed why=\"the instance's folder is gone\"" "$COURIER_LOG"
	mkdir -p "$ROOT/store"
}
