#!/usr/bin/env bats
# The REST API of third parties: the acceptance checks by their number, as far as one program can show them.
# long because: 48 checks share one instance.

load helper
load pages
load rest

setup_file() { rest_root; }

setup() { PROGRAM=; }

# authorize CLIENT REDIRECT FIELD...: allow as ann; $granted is the code. FIELDS are name=value.
authorize() {
	local client=$1 redirect=$2
	shift 2
	form "$(at "$client" "$redirect")" "$session"
	post /authorize "request=$(hidden request)&decision=allow$(printf '&%s' "$@")"
	granted=$(sed -n 's/.*[?&]code=\([^&]*\).*/\1/p' <<<"$location")
}

# redeem CODE REDIRECT [NAME=VALUE...]: at the token endpoint, as restful-switch with its secret in the body.
redeem() {
	local granted=$1 redirect=$2
	shift 2
	cgi token POST /oauth/token "grant_type=authorization_code&code=$granted&client_id=restful-switch&client_secret=$SWITCH_SECRET&redirect_uri=$(urlencode "$redirect")" "$@"
}

@test "1 login, then a page that lists what has the capability, and nothing else" {
	cgi authorize GET "$(at restful-switch http://a.test/cb)"
	status 200
	has 'name="password"'
	form "$(at restful-switch http://a.test/cb)" "$session"
	status 200
	has '<legend>Switches</legend>'
	for name in "Switch A" "Switch B" "Switch C" "Hall lamp"; do has "<span>$name"; done
	hasnt 'Front door'
	hasnt ' checked'
	has 'href="https://dash.example"'
}

@test "2, 3 unknown client, response_type missing or another: never a token, never a redirect for the unknown" {
	cgi authorize GET "$(at nobody http://a.test/cb)" '' HTTP_COOKIE="$session"
	status 400
	[ -z "$location" ]
	cgi authorize GET "/oauth/authorize?client_id=restful-switch&scope=app&redirect_uri=http%3A%2F%2Fa.test%2Fcb" '' HTTP_COOKIE="$session"
	status 303
	[[ $location == 'http://a.test/cb?error=invalid_request'* ]]
	cgi authorize GET "/oauth/authorize?response_type=token&client_id=restful-switch&scope=app&redirect_uri=http%3A%2F%2Fa.test%2Fcb" '' HTTP_COOKIE="$session"
	[[ $location == 'http://a.test/cb?error=unsupported_response_type'* ]]
	hasnt '#'
}

@test "4 to 9 redirect URIs: the seed's words, escaped, and no redirect" {
	local uri list='[http://a.test, http://b.test:8081, https://c.test/cb]'
	for uri in http://x.test/cb http://a.test:81/cb http://b.test/cb http://b.test:80810/cb http://a.test.evil.test/ http://a.test@evil.test/ \
		http://a.test:80@evil.test/ https://a.test/ http://sub.a.test/ http://a.test/#f 'http://a.test\@evil.test' https://c.test/other \
		https://c.test/cb/more https://c.test/cb/../x https://c.test/cb#f https://c.test/ http://a.tes 'http://a.test ' ; do
		cgi authorize GET "$(at restful-switch "$uri")" '' HTTP_COOKIE="$session"
		status 400
		[ -z "$location" ]
		has '<title>OAuth2 Error'
		has "error=&quot;invalid_grant&quot;, error_description=&quot;Invalid redirect: $uri does not match one of the registered values: $list&quot;"
	done
	for uri in http://a.test http://a.test/ http://a.test/any/path http://a.test?x=1 http://b.test:8081/x https://c.test/cb; do
		cgi authorize GET "$(at restful-switch "$uri")" '' HTTP_COOKIE="$session"
		status 200
	done
	cgi authorize GET "$(at restful-switch 'http://x/<script>alert(1)</script>')" '' HTTP_COOKIE="$session"
	status 400
	hasnt '<script'
}

@test "10, 11 none ticked is said; declining goes back with access_denied and the state" {
	authorize restful-switch http://a.test/cb
	status 400
	has 'Please select at least one device to authorize'
	[ -z "$granted" ]
	form "$(at restful-switch http://a.test/cb)" "$session"
	post /authorize "request=$(hidden request)&decision=deny"
	[[ $location == 'http://a.test/cb?error=access_denied'*'&state=st%2F1'* ]]
}

@test "10 a device of another's, one without the capability, another's page: refused; a page is answered once" {
	for id in bobs door nothing; do
		authorize restful-switch http://a.test/cb "input-switches=$id" input-switches=A
		status 403
		[ -z "$granted" ]
	done
	form "$(at restful-switch http://a.test/cb)" "$session"
	local request=$(hidden request)
	post /authorize "request=$request&decision=allow&input-switches=A"
	status 303
	post /authorize "request=$request&decision=allow&input-switches=A"
	status 400
	form "$(at restful-switch http://a.test/cb)" "$bob"
	post /authorize "request=$request&decision=allow&input-switches=A"
	status 403
	csrf=wrong cookie=$session
	post /authorize "request=$request&decision=allow&input-switches=A"
	status 403
}

@test "12 to 16 the code: with the state, once, for this client and address alone; Basic and body; no GET" {
	authorize restful-switch http://a.test/cb input-switches=A input-switches=B
	status 303
	[[ $location == 'http://a.test/cb?code='*'&state=st%2F1&'* ]]
	redeem "$granted" http://a.test/cb
	status 200
	[ "$(json .token_type)" = Bearer ]
	json '.access_token and .refresh_token and .expires_in > 0' >/dev/null
	[ "$(header Cache-Control)" = no-store ]
	token=$(json .access_token)
	cgi web-services GET /api/smartapps/endpoints '' HTTP_AUTHORIZATION="Bearer $token"
	status 200
	redeem "$granted" http://a.test/cb
	status 400
	[ "$(json .error)" = invalid_grant ]
	cgi web-services GET /api/smartapps/endpoints '' HTTP_AUTHORIZATION="Bearer $token"
	status 401
	authorize restful-switch http://a.test/cb input-switches=A
	redeem "$granted" http://a.test/other
	status 400
	authorize restful-switch http://a.test/cb input-switches=A
	cgi token POST /oauth/token "grant_type=authorization_code&code=$granted&redirect_uri=http%3A%2F%2Fa.test%2Fcb" "$(basic "all:$ALL_SECRET")"
	status 400
	cgi token POST /oauth/token "grant_type=authorization_code&code=$granted&redirect_uri=http%3A%2F%2Fa.test%2Fcb" "$(basic "restful-switch:wrong")"
	status 401
	cgi token POST /oauth/token "grant_type=authorization_code&code=$granted&redirect_uri=http%3A%2F%2Fa.test%2Fcb" "$(basic "restful-switch:$SWITCH_SECRET")"
	status 200
	cgi token GET "/oauth/token?grant_type=authorization_code"
	status 405
}

@test "17 endpoints: an array of one, whose parts agree; another client's: an empty one" {
	install ann restful-switch --device A --device B
	status 200
	json 'length == 1' >/dev/null
	json '.[0] | .uri == .base_url + .url and .oauthClient.clientId == "restful-switch" and .base_url == "http://127.0.0.1:8080"' >/dev/null
	json '.[0].location | (.id | length > 0) and .name == "Home"' >/dev/null
	cgi web-services GET /api/smartapps/endpoints/restful-switch '' HTTP_AUTHORIZATION="Bearer $token"
	json 'length == 1' >/dev/null
	for client in all nobody '' %2e%2e 'x%00'; do
		cgi web-services GET "/api/smartapps/endpoints/$client" '' HTTP_AUTHORIZATION="Bearer $token"
		is 200 '[]'
	done
	cgi web-services POST /api/smartapps/endpoints '' HTTP_AUTHORIZATION="Bearer $token"
	smart 405 'Method Not Allowed'
	[ "$(header Allow)" = GET ]
}

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
	! on C
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
	smart 405 'Method Not Allowed'
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
	for path in /echo/%00 /echo/.. /echo/. /echo/%2e%2e /echo/%zz /echo/%ff //echo/x /echo//x /echo/x/ /echo/%c0%af /echo%2Fx; do
		call GET "$path"
		smart 404 'Not Found'
	done
}

@test "32 to 36 tokens that are none, no good, too old; another's installation, one that is not there" {
	install ann restful-switch --device A
	cgi web-services GET "$api/switches"
	is 401 '{"error":"unauthorized","error_description":"An access token is required to access this resource"}'
	[ "$(header WWW-Authenticate)" = Bearer ]
	cgi web-services GET "$api/switches" '' HTTP_AUTHORIZATION='Basic abc'
	status 401
	for bad in garbage 'a"b\c' "${token}x" "${token%?????}aaaaa" eyJhbGciOiJub25lIn0.e30.; do
		cgi web-services GET "$api/switches" '' HTTP_AUTHORIZATION="Bearer $bad"
		status 401
		[ "$(json .error)" = invalid_token ]
		[ "$(json .error_description)" = "$bad" ]
		[[ $(header WWW-Authenticate) == Bearer* ]]
	done
	local mine=$api old
	old=$(gatehouse token issue --user ann --client restful-switch --expires-in 1 | jq -r .access_token)
	sleep 1.1
	cgi web-services GET /api/smartapps/endpoints '' HTTP_AUTHORIZATION="Bearer $old"
	status 401
	install bob restful-switch
	cgi web-services GET "$mine/switches" '' HTTP_AUTHORIZATION="Bearer $token"
	is 403 "$DENIED"
	for id in nothing %2e%2e "${mine##*/}x" ''; do
		cgi web-services GET "/api/smartapps/installations/$id/switches" '' HTTP_AUTHORIZATION="Bearer $token"
		is 403 "$DENIED"
	done
	install ann restful-switch --device B
	cgi web-services GET "$mine/switches" '' HTTP_AUTHORIZATION="Bearer $token"
	is 403 "$DENIED"
	token=$(gatehouse token issue --user ann --client smartthings | jq -r .access_token)
	cgi web-services GET /api/smartapps/endpoints '' HTTP_AUTHORIZATION="Bearer $token"
	is 403 "$DENIED"
	call GET /switches
	is 403 "$DENIED"
}

@test "37 uninstalled is 403, revoked is 401, both at once" {
	install ann restful-switch
	call GET /switches
	status 200
	PROGRAM=console
	cgi console GET "/links/$grant" '' HTTP_COOKIE="$session"
	cgi console POST "/links/$grant" "csrf=$(hidden csrf)&action=unlink" HTTP_COOKIE="$session"
	status 303
	call GET /switches
	is 403 "$DENIED"
	cgi web-services GET /api/smartapps/endpoints '' HTTP_AUTHORIZATION="Bearer $token"
	is 403 "$DENIED"
	install ann restful-switch
	cgi token POST /revoke "token=$token" "$(basic "restful-switch:$SWITCH_SECRET")"
	status 200
	call GET /switches
	status 401
	install ann restful-switch
	gatehouse grant revoke "$grant" >/dev/null
	call GET /switches
	status 401
	[ "$(json .error)" = invalid_token ]
}

@test "38 tokens in query and path: where the app allows it, and only one" {
	install ann restful-switch
	cgi web-services GET "$api/switches?access_token=$token"
	status 401
	[ "$(json .error)" = invalid_request ]
	cgi web-services GET "/api/token/$token${api#/api}/switches"
	status 401
	[ "$(json .error)" = invalid_request ]
	install ann all
	cgi web-services GET "$api/literal?access_token=$token"
	is 200 '"literal"'
	cgi web-services GET "/api/token/$token${api#/api}/literal"
	is 200 '"literal"'
	cgi web-services GET "/api/token/$token/smartapps/endpoints"
	json 'length == 1' >/dev/null
	cgi web-services GET "$api/echo/x?access_token=$token&q=1"
	hasnt "$token"
	call GET "/literal?access_token=$token"
	status 400
	call GET "/literal?access_token=other"
	status 400
	cgi web-services GET "$api/literal?access_token=$token&access_token=$token"
	status 400
	cgi web-services GET "/api/token/$token${api#/api}/literal?access_token=$token"
	status 400
}

@test "39 a device that is not the installation's: 404, never its state" {
	install ann devices --device A --device B
	for id in C bobs nothing '%2e%2e' ; do
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

@test "40 the owner unticks A: gone at once, the token stays good; the page has the ticks" {
	authorize restful-switch http://a.test/cb input-switches=A input-switches=B
	redeem "$granted" http://a.test/cb
	token=$(json .access_token)
	cgi web-services GET /api/smartapps/endpoints '' HTTP_AUTHORIZATION="Bearer $token"
	api=$(json '.[0].url') grant=${api##*/}
	cgi console GET "/links/$grant" '' HTTP_COOKIE="$session"
	status 200
	[[ $body == *'value="A" checked'*'value="B" checked'* ]]
	has 'value="C"><span>'
	cgi console POST "/links/$grant" "csrf=$(hidden csrf)&action=save&input-switches=bobs" HTTP_COOKIE="$session"
	status 403
	cgi console GET "/links/$grant" '' HTTP_COOKIE="$session"
	cgi console POST "/links/$grant" "csrf=$(hidden csrf)&action=save" HTTP_COOKIE="$session"
	status 400
	has 'Please select at least one device to authorize'
	cgi console POST "/links/$grant" "csrf=$(hidden csrf)&action=save&input-switches=B" HTTP_COOKIE="$session"
	status 303
	call GET /switches
	json '[.[].name] == ["Switch B"]' >/dev/null
}

@test "41 bodies: not JSON, no object, too deep, of another kind, none" {
	install ann devices --device A
	for bad in '{' 'x' '[1]' '7' '"on"' 'null' '{"a":1}x' '{"command":"on","command":"off"}' '{"a":"\u0000"}' \
		"$(printf '[%.0s' {1..1000})" "{\"a\":$(printf '[%.0s' {1..100})$(printf ']%.0s' {1..100})}" $'{"a":"\xff"}'; do
		call PUT /devices/A "$bad"
		status 400
		json '.error == true and .type == "SmartAppException" and (.message | length > 0)' >/dev/null
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
	cgi web-services PUT "$api/devices/A" '{"command":"on"}' CONTENT_TYPE= HTTP_AUTHORIZATION="Bearer $token"
	status 204
	cgi web-services PUT "$api/devices/A" "$(printf '{"command":"%300000s"}' x)" CONTENT_TYPE=application/json HTTP_AUTHORIZATION="Bearer $token"
	status 413
	json '.error == true' >/dev/null
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
	call GET '/devices/lamp/states?max=x'
	status 400
	install ann all --device lamp --device A
	call PUT /level/lamp/17
	status 204
	call PUT /level/lamp/seventeen
	status 400
	gatehouse device offline A --user ann >/dev/null
	install ann restful-switch --device A
	call PUT /switches/on
	smart 409 'Device is offline'
	gatehouse device online A --user ann >/dev/null
}

@test "42 an app that may only look cannot move anything" {
	jq '.scope = "devices:read" | .clientId = "looker"' "$TOP/conf/apps/restful-switch.json" >"$ROOT/apps/looker.json"
	cgi web-services GET /api/smartapps/endpoints
	install ann looker --device A
	call GET /switches
	status 200
	call PUT /switches/on
	is 403 "$DENIED"
	rm "$ROOT/apps/looker.json"
	call GET /switches
	is 403 "$DENIED"
}

@test "43 250 calls in a window, then 429 until it ends; others are not held back" {
	install ann all
	local other=$api other_token=$token n
	install ann all
	for n in $(seq 0 4 249); do
		(for _ in 1 2 3 4; do [ $((n += 1)) -gt 250 ] || call GET /literal; done)
	done
	call GET /literal
	is 429 '{"error":true,"type":"RateLimit","message":"Please try again later"}'
	rates 250
	[ "$(header Retry-After)" = "$(header X-RateLimit-TTL)" ]
	call GET /nope
	status 429
	cgi web-services GET "$api/literal" '' HTTP_AUTHORIZATION="Bearer x"
	status 401
	cgi web-services GET "$other/literal" '' HTTP_AUTHORIZATION="Bearer $other_token"
	status 200
	rates 0
}

@test "45 a store that cannot be read: 500, exactly, and nothing of why" {
	install ann devices
	local id=${api##*/}
	cp -r "$ROOT" "$BATS_TEST_TMPDIR/broken"
	(
		ROOT=$BATS_TEST_TMPDIR/broken
		# The devices' list is there, but is no record that anybody could read.
		user=$(claim=$(cut -d. -f2 <<<"$token" | tr '_-' '/+'); while [ $((${#claim} % 4)) != 0 ]; do claim+==; done; base64 -d <<<"$claim" | jq -r .sub)
		gatehouse store dump | jq -c --arg k "devices/$user" 'if .key == $k then .value = {"v": 99} else . end' >"$BATS_TEST_TMPDIR/dump"
		rm -r "$ROOT/store"
		gatehouse store load "$BATS_TEST_TMPDIR/dump" >/dev/null
		call GET /devices
		is 500 '{"error":true,"type":"StoreException","message":"An unexpected error has occurred"}'
	)
	[ -n "$id" ]
}

@test "46 a refresh gives a new pair; the old one is dead" {
	install ann restful-switch
	local old=$refresh
	for n in 1 2; do
		cgi token POST /oauth/token "grant_type=refresh_token&refresh_token=$refresh" "$(basic "restful-switch:$SWITCH_SECRET")"
		status 200
		token=$(json .access_token) refresh=$(json .refresh_token)
	done
	call GET /switches
	status 200
	cgi token POST /oauth/token "grant_type=refresh_token&refresh_token=$old" "$(basic "restful-switch:$SWITCH_SECRET")"
	status 400
	[ "$(json .error)" = invalid_grant ]
}

@test "other inputs on later pages: kept on the way, checked, and there for the app" {
	form "$(at devices http://localhost:4567/oauth/callback)" "$session"
	has 'Page 1 of 2'
	has 'value="next"'
	hasnt 'value="allow"'
	post /authorize "request=$(hidden request)&decision=allow&input-devices=A&input-nickname=x"
	status 200
	has 'Page 2 of 2'
	has 'A name helps you'
	post /authorize "request=$(hidden request)&decision=allow&input-nickname=Kim%27s%20%3Cwall%3E"
	status 303
	granted=$(sed -n 's/.*[?&]code=\([^&]*\).*/\1/p' <<<"$location")
	local secret=$(gatehouse --json client secret devices | jq -r .secret)
	cgi token POST /oauth/token "grant_type=authorization_code&code=$granted&client_id=devices&client_secret=$secret&redirect_uri=http%3A%2F%2Flocalhost%3A4567%2Foauth%2Fcallback"
	status 200
	token=$(json .access_token)
	cgi web-services GET /api/smartapps/endpoints '' HTTP_AUTHORIZATION="Bearer $token"
	api=$(json '.[0].url')
	call GET /info
	[ "$(json .name)" = "Kim's <wall>" ]
	cgi console GET "/links/${api##*/}" '' HTTP_COOKIE="$session"
	has 'value="Kim&#39;s &lt;wall&gt;"'
}
