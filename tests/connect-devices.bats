#!/usr/bin/env bats
# Devices of a linked cloud: chosen, moved, gone; tokens that end. The numbers are those of the acceptance checks that the service
# manager answers to.
# long because: whatever a vendor may answer has its case, on one and the same link.

load helper
load pages
load connect

setup_file() { begin_connect "$BATS_FILE_TMPDIR"; }
teardown_file() { end_connect; }
setup() { vendor_reset; }

@test "15 the page of devices has the vendor's names, and says so when there are none" {
	linked
	manager GET "/connect/$LINK/devices"
	status 200
	has Porch
	has Desk
	has Gate
	has disabled
	control '{"devices":[]}'
	manager GET "/connect/$LINK/devices"
	status 200
	has 'No devices found'
	control '{"api":{"status":503,"body":"<b>busy</b>"}}'
	manager GET "/connect/$LINK/devices"
	status 502
	has 'HTTP 503'
	hasnt '<b>busy'
}

@test "16 17 18 chosen devices come with name, room and state at once; others go; those that stay keep what they are" {
	linked
	choose a1 'b 2/ü'
	status 303
	[ "$(ours | jq length)" = 2 ]
	[ "$(value acme.a1 switch.switch)" = on ]
	[ "$(value acme.a1 switchLevel.level)" = 40 ]
	[ "$(gatehouse --json device show acme.a1 --user ann | jq -r '.name + "/" + .room + "/" + .manufacturer')" = 'Porch/Outside/Acme <Cloud>' ]
	local since
	since=$(gatehouse --json device show acme.a1 --user ann | jq .created)
	sleep 1.1
	choose a1 c3
	status 303
	[ "$(ours)" = '["acme.a1","acme.c3"]' ]
	[ "$(value acme.c3 contactSensor.contact)" = closed ]
	[ "$(gatehouse --json device show acme.a1 --user ann | jq .created)" = "$since" ]
	command_to nobody st.switch on
	cgi schema-webhook POST /schema "{\"headers\":{\"schema\":\"st-schema\",\"version\":\"1.0\",\"interactionType\":\"discoveryRequest\",\"requestId\":\"1\"},\"authentication\":{\"tokenType\":\"Bearer\",\"token\":\"$TOKEN\"}}" CONTENT_TYPE=application/json
	[ "$(json '[.devices[].externalDeviceId] | index("acme.a1") != null')" = true ]
	# what was just heard is good for those, too, that were chosen before
	control '{"devices":[{"id":"a1","label":"Porch","kind":"bulb","connected":true,"power":"off"},{"id":"c3","label":"Gate","kind":"door"}]}'
	choose a1 c3
	status 303
	[ "$(value acme.a1 switch.switch)" = off ]
	choose
	[ "$(ours)" = '[]' ]
	# who is not there is offline from the beginning
	control '{"devices":[{"id":"a1","label":"Porch","kind":"bulb","connected":false,"power":"on"}]}'
	choose a1
	[ "$(online acme.a1)" = offline ]
	choose
	choose a1 a1	# twice ticked is ticked
	status 303
	[ "$(ours)" = '["acme.a1"]' ]
}

@test "22 two users have the same device of the vendor's, each as their own" {
	linked
	choose a1
	local ann_link=$LINK
	log_in "$bob"
	manager POST "/connect/$LINK/devices" device=a1 "$bob"
	status 303
	[ "$(ours bob)" = '["acme.a1"]' ]
	gatehouse device rename acme.a1 "Bob's" --user bob >/dev/null
	[ "$(name acme.a1)" = Porch ]
	manager GET "/connect/$ann_link/devices" '' "$bob"
	status 404
	manager POST "/connect/$LINK/uninstall" '' "$bob"
	[ "$(ours bob)" = '[]' ]
	[ "$(ours)" = '["acme.a1"]' ]
	control '{}'
	command_to acme.a1 st.switch off
	said '.deviceState[0].states[0].value' off
}

@test "19 20 an unknown device, one of no type and one that says nonsense spoil nothing else" {
	linked
	control '{"devices":[{"id":"a1","label":"Porch","kind":"bulb","connected":true,"power":7,"brightness":"much"},
		{"id":"c3","label":"Gate","kind":"door","connected":true,"open":true},{"id":"d4","label":"Oven","kind":"oven"},
		{"label":"no id"},17,null,{"id":{},"kind":"bulb"}]}'
	choose a1 c3 d4 nobody
	status 422
	has 'does not know this device'
	has 'no device type'
	[ "$(ours)" = '["acme.a1","acme.c3"]' ]
	[ "$(value acme.c3 contactSensor.contact)" = open ]
}

@test "23 a command goes to the vendor with its token, and the answer has the new state" {
	linked
	choose a1 'b 2/ü' c3
	control '{}'
	command_to 'acme.a1' st.switch off
	status 200
	said '.deviceState[0].states[0].value' off
	[ "$(vendor_log '.[0] | [.method, .path, .body]')" = '["PUT","/v1/devices/a1/state","{\"power\":\"off\"}"]' ]
	[ "$(vendor_log '.[0].headers.authorization | startswith("Bearer access-")')" = true ]
	[ "$(value acme.a1 switch.switch)" = off ]
	local desk
	desk=$(ours | jq -r '.[] | select(startswith("acme.a1") or startswith("acme.c3") | not)')
	command_to "$desk" switchLevel setLevel '[30]'
	[ "$(vendor_log '.[1] | [.path, .body]')" = '["/v1/devices/b%202%2F%C3%BC/state","{\"brightness\":0.3,\"power\":\"on\"}"]' ]
	[ "$(value "$desk" switchLevel.level)" = 30 ]
	# the vendor's own answer says that it is on now
	[ "$(value "$desk" switch.switch)" = on ]
	command_to acme.a1 switchLevel setLevel '[300]'
	said '.deviceState[0].deviceError[0].errorEnum' RESOURCE-CONSTRAINT-VIOLATION
	[ "$(vendor_log length)" = 2 ]
}

@test "24 25 an expired token is refreshed once and the call repeated once, never more" {
	linked
	choose a1
	control '{"expire":1}'
	command_to acme.a1 st.switch off
	said '.deviceState[0].states[0].value' off
	[ "$(vendor_log '[.[] | .what]')" = '["/devices/a1/state","refresh_token","/devices/a1/state"]' ]
	control '{"expire":9}'
	command_to acme.a1 st.switch on
	said '.deviceState[0].deviceError[0].errorEnum' DEVICE-UNAVAILABLE
	[ "$(vendor_log '[.[] | .what]')" = '["/devices/a1/state","refresh_token","/devices/a1/state"]' ]
	[ "$(value acme.a1 switch.switch)" = off ]
}

@test "26 a token that the body says is over, whatever the status" {
	linked
	choose a1
	connector '.expired = [{"status": 401}, {"pointer": "/status/code", "equals": 14}]'
	control '{"expire":1,"expired":{"status":500,"body":"{\"status\":{\"code\":14}}"}}'
	command_to acme.a1 st.switch off
	[ "$(vendor_log '[.[] | .what]')" = '["/devices/a1/state","refresh_token","/devices/a1/state"]' ]
	said '.deviceState[0].states[0].value' off
}

@test "27 an answer without a refresh token leaves the old one; with one, that is the next" {
	linked
	choose a1
	local first second
	control '{"expire":1}'
	command_to acme.a1 st.switch off
	control '{"expire":1,"rotate":false}'
	command_to acme.a1 st.switch on
	first=$(vendor_log '[.[] | select(.what == "refresh_token") | .body] | .[0]')
	control '{"expire":1,"rotate":true}'
	command_to acme.a1 st.switch off
	second=$(vendor_log '[.[] | select(.what == "refresh_token") | .body] | .[0]')
	[ "$first" = "$second" ]
	said '.deviceState[0].states[0].value' off
}

@test "28 29 a refused refresh wants a login and keeps the devices; trouble changes nothing" {
	linked
	choose a1
	local seen
	control '{"expire":1,"token":{"status":503,"body":"later"}}'
	command_to acme.a1 st.switch off
	said '.deviceState[0].deviceError[0].errorEnum' DEVICE-UNAVAILABLE
	[ "$(link_record .status)" = linked ]
	control '{"expire":1,"token":null}'
	command_to acme.a1 st.switch off
	said '.deviceState[0].states[0].value' off
	control '{"expire":1,"token":{"status":400,"body":"{\"error\":\"invalid_grant\"}"}}'
	command_to acme.a1 st.switch on
	said '.deviceState[0].deviceError[0].errorEnum' DEVICE-OFFLINE
	[ "$(link_record .status)" = needs_login ]
	seen=$(gatehouse --json activity --user ann | jq -s '[.[] | select(.event == "link_login_needed")] | length')
	command_to acme.a1 st.switch on
	said '.deviceState[0].deviceError[0].errorEnum' DEVICE-OFFLINE
	[ "$(gatehouse --json activity --user ann | jq -s '[.[] | select(.event == "link_login_needed")] | length')" = "$seen" ]
	[ "$seen" = 1 ]
	manager GET /connect
	has 'wants you to log in again'
	# a new login brings the same device back
	control '{"token":null}'
	log_in
	[ "$(link_record .status)" = linked ]
	[ "$(ours)" = '["acme.a1"]' ]
}

# refusing STATUS BODY: the vendor's answer to each refresh, while a command finds its token over.
refusing() {
	control "{\"expire\":1,\"token\":$(jq -nc --argjson s "$1" --arg b "$2" '{status: $s, body: $b}')}"
	gatehouse device online acme.a1 --user ann >/dev/null
	command_to acme.a1 st.switch on
}

@test "28 what a refusal is: invalid_grant at once, vague ones four in a row; a vendor in trouble is none" {
	linked
	choose a1
	local n
	for n in 1 2 3; do refusing 400 '{}'; done
	said '.deviceState[0].deviceError[0].errorEnum' DEVICE-UNAVAILABLE
	control '{"expire":1,"token":null}'
	command_to acme.a1 st.switch off
	said '.deviceState[0].states[0].value' off
	# they begin anew after that, and these are none
	for n in 1 2 3; do refusing 403 'no'; done
	refusing 429 '{"error":"slow_down"}'
	refusing 408 ''
	refusing 200 '<html>'
	[ "$(link_record .status)" = linked ]
	refusing 401 '{"error":"invalid_client"}'
	said '.deviceState[0].deviceError[0].errorEnum' DEVICE-OFFLINE
	[ "$(link_record .status)" = needs_login ]
	# what is over is not even kept
	[ "$(gatehouse store dump | jq -c 'select((.key // "") | startswith("link-token/")) | .value | [.access, .refresh]')" = '[null,null]' ]
	control '{"token":null}'
	log_in
	refusing 401 '{"error":"invalid_grant"}'
	[ "$(link_record .status)" = needs_login ]
	control '{"token":null}'
}

@test "tokens that live for seconds, and for ever: one refresh before the first are used, none for the others" {
	linked
	control '{"life":30}'
	log_in
	control '{}'
	manager GET "/connect/$LINK/devices"
	status 200
	[ "$(vendor_log '[.[] | .what]')" = '["refresh_token","/devices"]' ]
	control '{"life":0}'
	log_in
	control '{}'
	manager GET "/connect/$LINK/devices"
	[ "$(vendor_log '[.[] | .what]')" = '["/devices"]' ]
}

# commands REQUEST-ID COMMAND-LIST: several for acme.a1 in one message.
commands() {
	[ -n "${TOKEN-}" ] || TOKEN=$(gatehouse token issue --user ann --client smartthings --json | jq -r .access_token)
	cgi schema-webhook POST /schema "{\"headers\":{\"schema\":\"st-schema\",\"version\":\"1.0\",\"interactionType\":\"commandRequest\",\"requestId\":\"$1\"},
		\"authentication\":{\"tokenType\":\"Bearer\",\"token\":\"$TOKEN\"},\"devices\":[{\"externalDeviceId\":\"acme.a1\",\"deviceCookie\":{},\"commands\":$2}]}" CONTENT_TYPE=application/json
}

@test "23 several commands in one message: what the vendor has done is so, what it refuses is not; said twice, it is done once" {
	linked
	choose a1
	local status error
	connector '.commands["c2c-dimmer"]["switchLevel/setLevel"].url |= sub("devices"; "nowhere")'
	commands first '[{"component":"main","capability":"st.switch","command":"off","arguments":[]},
		{"component":"main","capability":"st.switchLevel","command":"setLevel","arguments":[77]}]'
	said '.deviceState[0].deviceError[0].errorEnum' DEVICE-OFFLINE
	[ "$(value acme.a1 switch.switch)" = off ]
	[ "$(value acme.a1 switchLevel.level)" = 40 ]
	commands another '[{"component":"main","capability":"st.switch","command":"on","arguments":[]}]'
	control '{}'
	commands another '[{"component":"main","capability":"st.switch","command":"on","arguments":[]}]'
	said '.deviceState[0].states[0].value' on
	nobody_asked
	# what the vendor answers is what SmartThings hears
	while read -r status error; do
		control "{\"api\":{\"status\":$status,\"body\":\"{}\"}}"
		gatehouse device online acme.a1 --user ann >/dev/null
		command_to acme.a1 st.switch off
		said '.deviceState[0].deviceError[0].errorEnum' "$error"
	done <<-'END'
	404 DEVICE-OFFLINE
	410 DEVICE-OFFLINE
	400 RESOURCE-CONSTRAINT-VIOLATION
	422 RESOURCE-CONSTRAINT-VIOLATION
	403 DEVICE-UNAVAILABLE
	503 DEVICE-UNAVAILABLE
	END
	[ "$(value acme.a1 switch.switch)" = on ]
}

@test "31 tokens of 8,000 characters" {
	control '{"long":8000}'
	log_in
	choose a1
	control '{"expire":1}'
	command_to acme.a1 st.switch off
	said '.deviceState[0].states[0].value' off
	[ "$(vendor_log '[.[] | .what]')" = '["/devices/a1/state","refresh_token","/devices/a1/state"]' ]
	[ "$(vendor_log '.[2].headers.authorization | length > 8000')" = true ]
}

@test "a list of many pages is read to its end, and no page is asked for elsewhere" {
	linked
	control '{"page":2}'
	manager GET "/connect/$LINK/devices"
	has Porch
	has Gate
	has Oven
	[ "$(vendor_log length)" = 2 ]
	local next said
	while IFS='|' read -r next said; do
		control "{\"page\":2,\"next\":\"$next\"}"
		manager GET "/connect/$LINK/devices"
		status 502
		has "$said"
		hasnt evil
		[ "$(vendor_log length)" = 1 ]
	done <<-'END'
	https://evil.example/devices|a host that we do not call
	https://169.254.169.254/latest|must have a host name
	http://acme.example/v1|must begin with https
	file:///etc/passwd|must begin with https
	END
	control "{\"page\":1,\"next\":\"$VENDOR/v1/devices\"}"
	manager GET "/connect/$LINK/devices"
	status 502
	has 'has no end'
	# a thousand devices, and one more
	jq -nc '{page: 0, next: null, devices: [range(1001) | {id: "n\(.)", label: "Number \(.)", kind: "bulb"}]}' >"$BATS_TEST_TMPDIR/many"
	control "@$BATS_TEST_TMPDIR/many"
	manager GET "/connect/$LINK/devices"
	status 502
	has 'more devices than we read'
	jq -c '.devices |= .[1:]' "$BATS_TEST_TMPDIR/many" >"$BATS_TEST_TMPDIR/fewer"
	control "@$BATS_TEST_TMPDIR/fewer"
	manager GET "/connect/$LINK/devices"
	status 200
	has 'Number 1000'
}

@test "40 the end of a link: devices gone, the vendor told by the courier, nothing left" {
	linked
	choose a1 c3
	[ "$(ours | jq length)" = 2 ]
	manager POST "/connect/$LINK/uninstall"
	status 303
	[ "$(ours)" = '[]' ]
	[ -z "$(gatehouse store dump | jq -rc --arg l "$LINK" 'select((.key // "") | startswith("link") and endswith($l)) | .key')" ]
	[ "$(gatehouse --json courier list | jq -r '.[0].kind')" = link-revoke ]
	manager GET "/connect/$LINK"
	status 404
	# who links again finds the same ids
	log_in
	choose a1
	[ "$(ours)" = '["acme.a1"]' ]
}

@test "41 more devices than a link can have" {
	linked
	connector '.maxDevices = 1'
	choose a1 c3
	status 422
	has 'more devices than one link can have'
	[ "$(ours)" = '["acme.a1"]' ]
}
