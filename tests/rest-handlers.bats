#!/usr/bin/env bats
# The REST API of third parties: what its endpoints do; the acceptance checks by their number (18 to 31, 39, 41 to 45).
# long because: they share one instance.

load helper
load pages
load rest

setup_file() { rest_root; }
teardown_file() { rest_end; }

@test "18 to 21 the tutorial's switches: exactly A and B, as the seed has the answers" {
	authorize restful-switch http://a.test/cb input-switches=A input-switches=B
	redeem "$granted" http://a.test/cb
	token=$(json .access_token)
	cgi web-services GET /api/smartapps/endpoints '' HTTP_AUTHORIZATION="Bearer $token"
	api=$(json '.[0].url')
	gatehouse device set A --user ann switch.switch=off >/dev/null
	gatehouse device set B --user ann switch.switch=off >/dev/null
	gatehouse device set C --user ann switch.switch=off >/dev/null
	call GET /switches
	is 200 '[{"name":"Switch A","value":"off"},{"name":"Switch B","value":"off"}]'
	[ "$type" = 'application/json;charset=utf-8' ]
	rates 0
	[ "$(header Cache-Control)" = no-store ]
	call PUT /switches/on
	is 204 ''
	[ -z "$type" ]
	rates 1
	on A
	on B
	run ! on C
	call PUT /switches/explode
	smart 501 'explode is not a valid command for all switches specified'
	rates 2
	on A
	call PUT /switches/off
	status 204
	! on A
}

@test "20 the change is seen by Schema" {
	install ann restful-switch --device A
	call PUT /switches/on
	local schema=$(gatehouse token issue --user ann --client smartthings | jq -r .access_token)
	cgi schema-webhook POST /schema '{"headers":{"schema":"st-schema","version":"1.0","interactionType":"stateRefreshRequest","requestId":"R"},"authentication":{"tokenType":"Bearer","token":"'"$schema"'"},"devices":[{"externalDeviceId":"A"}]}' CONTENT_TYPE=application/json
	[ "$(json '.deviceState[0].states[] | select(.attribute == "switch") | .value')" = on ]
}

@test "22 to 25 what methods answer by themselves, render, pages" {
	install ann all
	call POST /echo/x '{"a":{"b":1},"l":[1,{"two":2}]}'
	is 201 '{"json":1,"whole":{"a":{"b":1},"l":[1,{"two":2}]},"xml":null,"list":{"two":2}}'
	[ "$type" = 'application/json;charset=utf-8' ]
	call POST /test/page
	is 200 '{"rendered":true}'
	call DELETE /echo/x
	is 204 ''
	[ -z "$type" ]
	call PUT /echo/x '{"a":[true]}'
	is 200 '{"kept":[true]}'
	call GET /test/page
	is 200 '<p>Testing</p>'
	[ "$type" = 'text/html;charset=utf-8' ]
	[[ $(header Content-Security-Policy) == sandbox* ]]
	call GET '/test/hello?name=%3Cscript%3Ealert(1)%3C/script%3E'
	is 200 '<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>'
	call POST /test/hello '{"drink":"\"tea\"\n"}'
	status 418
	[ "$(json .message)" = $'no "tea"\n here' ]
}

@test "26 to 28 405 with Allow, 404, five levels deep" {
	install ann restful-switch
	call POST /switches
	smart 405 'Method Not Allowed'
	[ "$(header Allow)" = GET ]
	rates 0
	call PATCH /switches
	status 405
	call OPTIONS /switches
	is 204 ''
	[ "$(header Allow)" = GET ]
	for path in /nope '' / /switches/on/x/y/z /a/b/c/d/e; do
		call PUT "$path"
		smart 404 'Not Found'
	done
	rates 7
	for path in /api/smartapps/ /api/smartapps/x /api/smartapps/installations /api/smartapps/endpointsx /api/token/ /api/token/x /api/token/x/y; do
		cgi web-services GET "$path" '' HTTP_AUTHORIZATION="Bearer $token"
		smart 404 'Not Found'
	done
	cgi web-services TRACE "$api/switches" '' HTTP_AUTHORIZATION="Bearer $token"
	status 405
}

@test "30, 31 a literal beats a variable; what is encoded crosses no level" {
	install ann all
	call GET /literal
	is 200 '"literal"'
	call GET /switches
	json 'length == 4 and .[0].of == "switches"' >/dev/null
	call GET /nothing
	smart 404 'Not Found'
	call GET /literal/x
	is 200 '"literal x"'
	call GET /other/x
	is 200 '"by other"'
	call GET /a/b/c/d
	is 200 4
	call GET '/echo/a%2Fb%3F%26%25?q=1%2B1'
	is 200 '{"value":"a/b?&%","query":"1+1","both":"1+1","text":"$5 and a/b?&%."}'
	call GET /echo/%ED%95%9C%EA%B8%80
	[ "$(json .value)" = 한글 ]
	call GET '/echo/x?q=1&q=2'
	[ "$(json '.query == null')" = true ]
	for path in /echo/%00 /echo/.. /echo/. /echo/%2e%2e /echo/%zz /echo/%ff //echo/x /echo//x /echo/x/ /echo/ /echo/%c0%af /echo%2Fx; do
		call GET "$path"
		refused
	done
}

@test "39 a device that is not the installation's: 404, never its state" {
	install ann devices --device A --device B
	for id in C bobs nothing; do
		call GET "/devices/$id"
		hasnt Switch
		[ "$code" = 404 ]
		call PUT "/devices/$id" '{"command":"on"}'
		status 404
		call GET "/devices/$id/attributes/switch"
		status 404
		call GET "/devices/$id/states"
		status 404
	done
	call GET /devices/C
	smart 404 'Device not found'
	call GET /devices
	json '[.devices[].id] == ["A","B"]' >/dev/null
}

@test "41 bodies: not JSON, no object, too deep, of another kind, none" {
	install ann devices --device A
	for bad in '{' 'x' '[1]' '7' '"on"' 'null' '{"a":1}x' '{"command":"on","command":"off"}' '{"a":"\u0000"}' \
		"$(printf '[%.0s' {1..1000})" "{\"a\":$(printf '[%.0s' {1..100})$(printf ']%.0s' {1..100})}" $'{"a":"\xff"}'; do
		call PUT /devices/A "$bad"
		status 400
		json '.error == true and .type == "SmartAppException" and (.message | length > 0)' >/dev/null
	done
	for bad in '[1]' 7 '"on"' null; do
		call PUT /devices/A "$bad"
		smart 400 'The body must be a JSON object'
	done
	call PUT /devices/A ''
	smart 400 'command is required'
	call PUT /devices/A '{}'
	smart 400 'command is required'
	call PUT /devices/A '{"command":null}'
	smart 400 'command is required'
	call PUT /devices/A '{"command":["on"]}'
	smart 400 'command must be a text'
	cgi web-services PUT "$api/devices/A" '{"command":"on"}' CONTENT_TYPE=text/plain HTTP_AUTHORIZATION="Bearer $token"
	status 415
	cgi web-services PUT "$api/devices/A" '{"command":"on"}' CONTENT_TYPE=application/vnd.x+json HTTP_AUTHORIZATION="Bearer $token"
	status 204
	cgi web-services PUT "$api/devices/A" '{"command":"on"}' CONTENT_TYPE= HTTP_AUTHORIZATION="Bearer $token"
	status 204
	cgi web-services PUT "$api/devices/A" "$(printf '{"command":"%300000s"}' x)" CONTENT_TYPE=application/json HTTP_AUTHORIZATION="Bearer $token"
	status 413
	json .error >/dev/null
}

@test "41 XML: as XmlSlurper reads it; no document types, no entities, nothing fetched" {
	install ann all
	xml() { cgi web-services POST "$api/echo/x" "$1" CONTENT_TYPE="${2:-text/xml}" HTTP_AUTHORIZATION="Bearer $token"; }
	xml '<foo>bar</foo>'
	[ "$(json .xml)" = bar ]
	xml '<?xml version="1.0" encoding="UTF-8"?><r><foo>1</foo><foo><a>2</a></foo></r>' application/atom+xml
	[ "$(json '.xml | tojson')" = '["1",{"a":"2"}]' ]
	xml '<foo> a &lt;b&gt; <![CDATA[<c>]]> &#65;</foo>'
	[ "$(json .xml)" = 'a <b> <c> A' ]
	xml '<r xmlns:x="urn:y"><x:foo a="b">z</x:foo></r>'
	[ "$(json .xml)" = z ]
	for bad in '<foo>' 'x' '<a/><b/>' '<foo>&unknown;</foo>' '<!DOCTYPE foo [<!ENTITY x "y">]><foo>&x;</foo>' \
		'<!DOCTYPE foo SYSTEM "file:///etc/passwd"><foo>a</foo>' '<!DOCTYPE foo [<!ENTITY x SYSTEM "file:///etc/passwd">]><foo>&x;</foo>' \
		"$(printf '<a>%.0s' {1..100})$(printf '</a>%.0s' {1..100})" $'<foo>\xff</foo>' '<foo>&#0;</foo>' '<?xml version="1.0" encoding="UTF-16"?><foo' \
		'<!DOCTYPE l [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;">]><foo>&c;</foo>'; do
		xml "$bad"
		status 400
		hasnt root:
	done
}

@test "42 commands that the capability does not have, arguments that are not right" {
	install ann devices --device A --device lamp
	call PUT /devices/A '{"command":"setLevel","arguments":[5]}'
	smart 400 'setLevel is not a valid command'
	for args in '"x"' 101 -1 null '{}' '[1,2]' 5.5; do
		call PUT /devices/lamp '{"command":"setLevel","arguments":['"$args"']}'
		status 400
	done
	call PUT /devices/lamp '{"command":"setLevel"}'
	status 400
	call PUT /devices/lamp '{"command":"on","capability":"lock"}'
	status 400
	call PUT /devices/lamp '{"command":"on","component":"other"}'
	status 400
	call PUT /devices/lamp '{"command":"setLevel","arguments":[42]}'
	status 204
	call GET /devices/lamp/attributes/switchLevel.level
	json '.value == 42 and .unit == "%" and .component == "main" and (.timestamp > 1600000000000)' >/dev/null
	call POST /devices/lamp '{"command":"setLevel","arguments":43}'
	status 201
	json '.results[0] | .id == "lamp" and any(.states[]; .attribute == "level" and .value == 43)' >/dev/null
	call GET '/devices/lamp/states?attribute=level'
	json '[.states[].value][0:2] == [43, 42]' >/dev/null
	for none in since=9999999999999 until=1 max=0 attribute=lock; do
		call GET "/devices/lamp/states?$none"
		is 200 '{"states":[]}'
	done
	call GET '/devices/lamp/states?max=x'
	status 400
	install ann all --device lamp --device A
	call PUT /level/lamp/17
	status 204
	call PUT /level/lamp/seventeen
	status 400
	# A has no level: nothing happens to the lamp either.
	call PUT /dim/18
	smart 400 'setLevel is not a valid command'
	call PUT /level/lamp/17
	status 204
	install ann all --device lamp
	call PUT /dim/18
	status 204
	# A command that the device has, and the app does not allow.
	install ann restful-switch --device lamp
	call PUT /switches/setLevel
	smart 501 'setLevel is not a valid command for all switches specified'
	gatehouse device offline A --user ann >/dev/null
	install ann restful-switch --device A
	call PUT /switches/on
	smart 409 'Device is offline'
	gatehouse device online A --user ann >/dev/null
}

# The calls of the plugin homebridge-smartthings-v2, and what it reads of the answers, as its source has them.
@test "Homebridge: its token in the query, capabilities and commands by name, values as value1 and value2" {
	install ann homebridge --device A --device lamp
	plugin() { cgi web-services "$1" "$api$2?access_token=$token" "${3-}" CONTENT_TYPE=application/json; }
	plugin GET /devices
	status 200
	json '.location.temperature_scale == "C" and ([.deviceList[].deviceid] | sort) == ["A","lamp"]' >/dev/null
	json 'all(.deviceList[]; (.name, .status, .manufacturerName, .modelName, .firmwareVersion | type == "string") and
		(.capabilities, .commands, .attributes | type == "object"))' >/dev/null
	json '.deviceList[] | select(.deviceid == "lamp") | (.capabilities | has("Switch") and has("SwitchLevel")) and
		(.commands | has("on") and has("setLevel")) and (.attributes | has("switch") and has("level"))' >/dev/null
	plugin POST /lamp/command/setLevel '{"value1":31}'
	is 200 '{"status":"Success"}'
	plugin GET /lamp/query
	json '.attributes.level == 31 and .deviceid == "lamp"' >/dev/null
	plugin POST /A/command/on
	status 200
	plugin GET /A/attribute/switch
	is 200 '{"currentValue":"on"}'
	plugin POST /lamp/command/setLevel '{"value1":"much"}'
	status 400
	plugin POST /pluginStatus '{"hasUpdate":false}'
	status 200
	plugin POST /startDirect/192.0.2.4/8000/2.2.0 '{"ip":"192.0.2.4","port":8000,"version":"2.2.0"}'
	status 200
	plugin GET /C/query
	smart 404 'Device not found'
}

@test "42 an app that may only look cannot move anything" {
	install ann looker --device A
	call GET /switches
	status 200
	for body in '' '{'; do
		call PUT /switches/on "$body"
		is 403 "$DENIED"
	done
}

@test "44 subscriptions: made, listed, ended; what is not the installation's is not there" {
	install ann devices --device A
	call POST /subscriptions '{"deviceId":"A","attributeName":"switch","callbackUrl":"https://dash.example/events"}'
	status 201
	local id
	id=$(json .id)
	json '(.secret | length) >= 32' >/dev/null
	call GET /subscriptions
	is 200 '{"subscriptions":[{"id":"'"$id"'","deviceId":"A","attributeName":"switch","callbackUrl":"https://dash.example/events"}]}'
	call POST /subscriptions '{"deviceId":"B","callbackUrl":"https://dash.example/events"}'
	smart 404 'Device not found'
	for url in file:///etc/passwd https://169.254.169.254/ https://10.0.0.1/ gopher://x/; do
		call POST /subscriptions '{"deviceId":"A","callbackUrl":"'"$url"'"}'
		status 400
	done
	call DELETE "/subscriptions/$id"
	is 204 ''
	call GET /subscriptions
	is 200 '{"subscriptions":[]}'
}

@test "43 250 calls in a window, then 429 until it ends; others are not held back" {
	install ann all
	local other=$api other_token=$token pid
	install ann all
	# One process answers them all: on a busy machine, too, they are in one window.
	GATEHOUSE_ROOT=$ROOT GATEHOUSE_SHARE=$TOP spawn-fcgi -n -s "$ROOT/fcgi" -- "$BUILD/web-services" >/dev/null 2>&1 3>&- &
	pid=$!
	until_true test -S "$ROOT/fcgi"
	for _ in $(seq 250); do
		REQUEST_METHOD=GET REQUEST_URI="$api/literal" HTTP_AUTHORIZATION="Bearer $token" \
			cgi-fcgi -bind -connect "$ROOT/fcgi" >>"$BATS_TEST_TMPDIR/answers" </dev/null
	done
	kill "$pid"
	wait "$pid" || true
	rm "$ROOT/fcgi"
	[ "$(grep -c 'Status: 200' "$BATS_TEST_TMPDIR/answers")" = 250 ]
	call GET /literal
	is 429 '{"error":true,"type":"RateLimit","message":"Please try again later"}'
	rates 250
	[ "$(header Retry-After)" = "$(header X-RateLimit-TTL)" ]
	call GET /nope/x/y
	status 429
	cgi web-services GET "$api/literal" '' HTTP_AUTHORIZATION="Bearer x"
	status 401
	cgi web-services GET "$other/literal" '' HTTP_AUTHORIZATION="Bearer $other_token"
	status 200
	rates 0
}

@test "45 a store that cannot be read: 500, exactly, and nothing of why" {
	install ann devices
	(
		# The last test of a running instance, or a copy of one.
		if [ -z "${REST_WEB-}" ]; then
			cp -r "$ROOT" "$BATS_TEST_TMPDIR/broken"
			ROOT=$BATS_TEST_TMPDIR/broken
		fi
		# The devices' list is there, but is no record that anybody could read.
		user=$(claim=$(cut -d. -f2 <<<"$token" | tr '_-' '/+'); while [ $((${#claim} % 4)) != 0 ]; do claim+==; done; base64 -d <<<"$claim" | jq -r .sub)
		printf '%s\n' '{"dump":"gatehouse store","v":1}' '{"key":"devices/'"$user"'","value":{"v":99}}' '{"end":1}' >"$BATS_TEST_TMPDIR/dump"
		gatehouse store load --merge "$BATS_TEST_TMPDIR/dump" >/dev/null
		call GET /devices
		is 500 '{"error":true,"type":"StoreException","message":"An unexpected error has occurred"}'
		rates "$([ -n "${REST_WEB-}" ] && header X-RateLimit-Current || echo 0)"
	)
}
