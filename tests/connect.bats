#!/usr/bin/env bats
# Linking a vendor's cloud: the login there and back, devices chosen, commands, tokens. The numbers are those of the acceptance
# checks that the service manager answers to.

load helper
load pages
load connect

setup_file() { begin_connect "$BATS_FILE_TMPDIR"; }
teardown_file() { end_connect; }

setup() {
	control '{"token":null,"api":null,"expire":0,"deny":null,"life":3600,"long":0,"page":0,"next":null,"auth":"post","rotate":true,
		"expired":{"status":401,"body":"{\"error\":\"expired\"}"}, "devices":[
		{"id":"a1","label":"Porch","kind":"bulb","connected":true,"power":"on","brightness":0.4,"place":"Outside"},
		{"id":"b 2/ü","label":"Desk","kind":"bulb","connected":true,"power":"off","brightness":1},
		{"id":"c3","label":"Gate","kind":"door","connected":true,"open":false},
		{"id":"d4","label":"Oven","kind":"oven","connected":true}]}'
	connector .
}

# nobody_asked: the vendor has heard nothing.
nobody_asked() { [ "$(vendor_log length)" = 0 ] || { vendor_log; return 1; }; }

# linked: ann's link is logged in and has no devices.
linked() {
	[ -n "$(link_record .status)" ] && [ "$(link_record .status)" = linked ] || log_in
	LINK=$(gatehouse store dump | jq -rc 'select((.key // "") | startswith("links/")) | .value.ids[0]' | head -n 1)
	choose
	status 303
	control '{}'
}

@test "1 initialize names the parameter that is missing" {
	start
	local name
	for name in appId access_token apiServerUrl; do
		manager GET "/oauth/initialize?$(sed "s/.*?//; s/&\{0,1\}$name=[^&]*//; s/^&//" <<<"$initialize")"
		status 400
		has "$name"
	done
	manager GET "$initialize&appId=twice"
	status 400
	nobody_asked
}

@test "2 initialize with a wrong token, or another link's, is refused without a redirect" {
	start
	for bad in x "$(sed -n 's/.*access_token=\([^&]*\).*/\1/p' <<<"$initialize")x"; do
		manager GET "$(sed "s/access_token=[^&]*/access_token=$bad/" <<<"$initialize")"
		status 403
		[ -z "$location" ]
	done
	manager GET "$(sed 's/appId=[^&]*/appId=link-other/' <<<"$initialize")"
	status 403
	[ -z "$location" ]
}

@test "3 initialize for another server is refused" {
	start
	for bad in https%3A%2F%2Fevil.example "$(urlencode "$PUBLIC").evil.example" "$(urlencode "$PUBLIC/")"; do
		manager GET "$(sed "s|apiServerUrl=[^&]*|apiServerUrl=$bad|" <<<"$initialize")"
		status 400
		[ -z "$location" ]
	done
}

@test "4 initialize sends the browser to the vendor, with everything but the secret" {
	start
	at_vendor
	[[ $away == "$VENDOR/authorize?"* ]]
	[[ $away == *response_type=code* && $away == *client_id=gate%3Ahouse* && $away == *scope=read%20control* && $away == *state=* ]]
	[[ $away == *"redirect_uri=$(urlencode "$PUBLIC/oauth/callback")"* ]]
	[[ $away == *code_challenge_method=S256* ]]
	[[ $away != *s%2Bcret* && $away != *client_secret* ]]
}

@test "5 two logins have two states, and either may be finished" {
	start
	at_vendor
	local first=$back one=$away
	manager GET "$initialize"
	[ "$(sed 's/.*state=\([^&]*\).*/\1/' <<<"$one")" != "$(sed 's/.*state=\([^&]*\).*/\1/' <<<"$location")" ]
	manager GET "$first"
	status 200
}

@test "6 further parameters of initialize are kept with the state" {
	start
	initialize+='&lang=ko&room=a%20b'
	at_vendor
	[ "$(gatehouse store dump | jq -rc 'select((.key // "") | startswith("link-login/")) | .value.extra | select(.lang == "ko") | .room')" = 'a b' ]
}

@test "7 8 9 a state is good once: one token request, and the page says connected" {
	start
	at_vendor
	control '{}'
	manager GET "$(sed 's/state=[^&]*/state=wrong/' <<<"$back")"
	status 400
	nobody_asked
	manager GET "$back"
	status 200
	[ "$type" = 'text/html; charset=utf-8' ]
	has connected
	[ "$(vendor_log '[.[] | .what]')" = '["authorization_code","/me"]' ]
	[ "$(vendor_log '.[0].body | test("code=code-") and test("code_verifier=") and test("redirect_uri=http%3A%2F%2F127.0.0.1%3A8080%2Foauth%2Fcallback(&|$)")')" = true ]
	manager GET "$back"
	status 400
	[ "$(vendor_log length)" = 2 ]
	! gatehouse store dump | grep -E '"(access|refresh)-[0-9]'
}

@test "10 a state ends after ten minutes" {
	start
	at_vendor
	[ "$(gatehouse store dump | jq -rc --arg now "$(date +%s)" 'select((.key // "") | startswith("link-login/")) | .expires - ($now | tonumber) | . > 590 and . <= 600' | sort -u)" = true ]
}

@test "11 a callback in another user's session, or in none, ties nothing to anybody" {
	local cookie
	for cookie in "$bob" ''; do
		start
		at_vendor
		control '{}'
		manager GET "$back" '' "$cookie"
		status 403
		nobody_asked
		manager GET "$back"
		status 400
	done
	start
	manager GET "$initialize" '' "$bob"
	status 403
	[ -z "$location" ]
	[ -z "$(gatehouse store dump | jq -rc --arg u "$(gatehouse --json user list | jq -r '.[] | select(.name == "bob") | .id')" 'select((.key // "") | startswith("link/\($u)/")) | .value')" ]
}

@test "12 14 who declines comes back to a page that says so, and nothing of the vendor's text becomes markup" {
	control '{"deny":"access_denied"}'
	start
	at_vendor
	control '{"deny":null}'
	manager GET "$back"
	status 400
	has declined
	nobody_asked
	start
	at_vendor
	manager GET "$(sed 's/code=[^&]*/error=%3Cscript%3Ealert(1)%3C%2Fscript%3E\&error_description=%3Cscript%3E/' <<<"$back")"
	status 400
	hasnt '<script>alert'
	manager GET '/oauth/callback?state=%3Cscript%3E&code=%3Cscript%3E'
	status 400
	hasnt '<script>'
	manager GET /connect/acme
	has 'Acme &lt;Cloud&gt;'
}

@test "13 a token endpoint that fails leaves a failure page and nothing stored" {
	local before answer
	before=$(gatehouse store dump | jq -rc 'select((.key // "") | startswith("link-token/"))' | sort)
	for answer in '{"status":400,"body":"{\"error\":\"invalid_grant\"}"}' '{"status":500,"body":"oops"}' \
		'{"status":200,"body":"<html>hello</html>","type":"text/html"}' '{"status":200,"body":"{\"token_type\":\"bearer\"}"}' \
		'{"status":200,"body":"{\"access_token\":\"a b\\r\\nX: y\"}"}' '{"status":302,"body":""}'; do
		start
		at_vendor
		control "{\"token\":$answer}"
		manager GET "$back"
		status 400
		has 'There was an error connecting your account'
		control '{"token":null}'
	done
	[ "$(gatehouse store dump | jq -rc 'select((.key // "") | startswith("link-token/"))' | sort)" = "$before" ]
}

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
	choose
	[ "$(ours)" = '[]' ]
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

@test "21 22 one link a user where the connector says so, and each user a link of their own" {
	start
	local first=$LINK
	start
	[ "$LINK" = "$first" ]
	start "$bob"
	[ "$LINK" != "$first" ]
	manager GET "/connect/$first" '' "$bob"
	status 404
	manager POST "/connect/$first/uninstall" '' "$bob"
	status 404
	connector '.singleInstance = false'
	start
	[ "$LINK" != "$first" ]
	manager POST "/connect/$LINK/uninstall"
	status 303
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
	local next
	for next in https://evil.example/devices https://169.254.169.254/latest file:///etc/passwd; do
		control "{\"page\":2,\"next\":\"$next\"}"
		manager GET "/connect/$LINK/devices"
		status 502
		hasnt evil
		[ "$(vendor_log length)" = 1 ]
	done
	control "{\"page\":1,\"next\":\"$VENDOR/v1/devices\"}"
	manager GET "/connect/$LINK/devices"
	status 502
	has 'has no end'
}

@test "the ways in which a client proves itself" {
	local way
	for way in basic post none; do
		connector ".oauth.tokenAuth = \"$way\""
		control "{\"auth\":\"$way\"}"
		log_in
		[ "$(vendor_log '[.[] | select(.what == "authorization_code") | .body | contains("client_secret")] | .[0]')" = "$([ $way = post ] && echo true || echo false)" ]
	done
	connector '.oauth.tokenParams = "query"'
	control '{"auth":"post"}'
	log_in
	[ "$(vendor_log '[.[] | select(.method == "POST") | .body] | .[0]')" = '""' ]
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

@test "forms without their token, and strangers, change nothing" {
	cgi service-manager POST /connect/acme/start 'csrf=x' HTTP_COOKIE="$session"
	status 403
	cgi service-manager GET /connect
	status 303
	cgi service-manager GET /connect/nothing '' HTTP_COOKIE="$session"
	status 404
	cgi service-manager GET /connect/acme/start '' HTTP_COOKIE="$session"
	status 405
}

@test "a connector that is not right stops the program with file, line and member" {
	local filter
	while IFS='|' read -r filter said; do
		connector "$filter"
		run -1 env GATEHOUSE_ROOT="$ROOT" GATEHOUSE_SHARE="$TOP" REQUEST_METHOD=GET REQUEST_URI=/connect "$BUILD/service-manager"
		[[ $output == *"connectors/acme.json:"*"$said"* ]] || { echo "$filter: $output"; return 1; }
	done <<-'END'
	.ouath = {}|ouath: no such member; did you mean oauth
	.oauth.tokenUrl = "ftp://x"|oauth.tokenUrl: must be a URL
	del(.oauth.clientSecretFile)|clientSecretFile is missing
	.list.type[0].handler = "c2c-dimer"|list.type.0.handler: there is no device type
	.list.items = "devices"|list.items: must be a JSON pointer
	.state["c2c-dimmer"][0].attribute = "swich"|there is no attribute swich
	.commands["c2c-dimmer"]["switch/onn"] = {"url": "https://a"}|there is no command switch/onn
	.poll.every = 1|poll.every: must be a whole number
	del(.list.id)|list: id is missing
	END
}
