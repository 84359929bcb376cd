#!/usr/bin/env bats
# The REST API of third parties: who gets in and how; the acceptance checks by their number (1 to 17, 32 to 40, 46).
# long because: they share one instance.

load helper
load pages
load rest

setup_file() { rest_root; }
teardown_file() { rest_end; }

@test "1 login, then a page that lists what has the capability, and nothing else" {
	cgi authorize GET "$(at restful-switch http://a.test/cb)"
	status 200
	has 'name="password"'
	form "$(at restful-switch http://a.test/cb)" "$session"
	status 200
	has '<legend><bdi>Switches</bdi></legend>'
	for name in "Switch A" "Switch B" "Switch C" "Hall lamp"; do has "<span><bdi>$name</bdi>"; done
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
	json '.[0] | .uri == .base_url + .url and .oauthClient.clientId == "restful-switch" and .base_url == "'"$PUBLIC"'"' >/dev/null
	json '.[0].location | (.id | length > 0) and .name == "Home"' >/dev/null
	cgi web-services GET /api/smartapps/endpoints/restful-switch '' HTTP_AUTHORIZATION="Bearer $token"
	json 'length == 1' >/dev/null
	local odd=(%2e%2e 'x%00')
	[ -z "${REST_WEB-}" ] || odd=()
	for client in all nobody '' "${odd[@]}"; do
		cgi web-services GET "/api/smartapps/endpoints/$client" '' HTTP_AUTHORIZATION="Bearer $token"
		is 200 '[]'
	done
	cgi web-services POST /api/smartapps/endpoints '' HTTP_AUTHORIZATION="Bearer $token"
	smart 405 'Method Not Allowed'
	[ "$(header Allow)" = GET ]
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
		# The seed's table has the token itself here. Texts of errors end up in logs: ours hold none.
		is 401 '{"error":"invalid_token","error_description":"The access token is not good"}'
		[[ $(header WWW-Authenticate) == Bearer* ]]
	done
	local mine=$api old ended
	old=$(gatehouse token issue --user ann --client restful-switch --expires-in 1 | jq -r .access_token)
	ended=$(sid "$old")
	sleep 1.1
	cgi web-services GET /api/smartapps/endpoints '' HTTP_AUTHORIZATION="Bearer $old"
	status 401
	# Its owner ends it, too: what is too old is still told first.
	cgi web-services GET "/api/smartapps/installations/$ended/switches" '' HTTP_AUTHORIZATION="Bearer $old"
	status 401
	unlink "$ended"
	cgi web-services GET "/api/smartapps/installations/$ended/switches" '' HTTP_AUTHORIZATION="Bearer $old"
	status 401
	install bob restful-switch
	cgi web-services GET "$mine/switches" '' HTTP_AUTHORIZATION="Bearer $token"
	is 403 "$DENIED"
	local odd=(%2e%2e '')
	[ -z "${REST_WEB-}" ] || odd=()
	for id in nothing "${mine##*/}x" "${odd[@]}"; do
		cgi web-services GET "/api/smartapps/installations/$id/switches" '' HTTP_AUTHORIZATION="Bearer $token"
		is 403 "$DENIED"
	done
	install ann restful-switch --device B
	cgi web-services GET "$mine/switches" '' HTTP_AUTHORIZATION="Bearer $token"
	is 403 "$DENIED"
	# None of that was counted.
	call GET /switches
	rates 0
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

	unlink "$grant"
	call GET /switches
	is 403 "$DENIED"
	cgi web-services GET "$api/switches?access_token=$token"
	status 401
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
	cgi web-services GET "$api/token?access_token=$token"
	is 200 null
	call GET "/literal?access_token=$token"
	status 400
	call GET "/literal?access_token=other"
	status 400
	cgi web-services GET "$api/literal?access_token=$token&access_token=$token"
	status 400
	cgi web-services GET "/api/token/$token${api#/api}/literal?access_token=$token"
	status 400
	[ -z "${REST_WEB-}" ] || run ! grep -rF "$token" "$ROOT/log"
}

@test "several inputs: what is needed must be there, of the right kind; an input has its own devices" {
	form "$(at needs http://a.test/cb)" "$session"
	has '<legend><bdi>lamp</bdi></legend>'
	post /authorize "request=$(hidden request)&decision=next&input-switches=A&input-doors=door"
	status 400
	has 'Something is missing or not right'
	post /authorize "request=$(hidden request)&decision=next&input-lamp=lamp&input-doors=door"
	status 400
	post /authorize "request=$(hidden request)&decision=next&input-switches=A&input-switches=lamp&input-lamp=lamp"
	status 200
	local request answers wrong
	request=$(hidden request) answers=(minutes=61 minutes=0 minutes=1.5 minutes=x from=24:00 from=8:00 mail=x mail=x@ mode=dusk nickname=)
	for wrong in "${answers[@]}"; do
		post /authorize "request=$request&decision=allow&input-nickname=x&input-$wrong"
		status 400
		[ -z "$location" ]
	done
	post /authorize "request=$request&decision=allow&input-nickname=x&input-minutes=60&input-from=23:59&input-mail=x@y&input-mode=night&input-quiet=true"
	status 303
	token=$(sed -n 's/.*[?&]code=\([^&]*\).*/\1/p' <<<"$location")
	cgi token POST /oauth/token "grant_type=authorization_code&code=$token&redirect_uri=http%3A%2F%2Fa.test%2Fcb" \
		"$(basic "needs:$(gatehouse --json client secret needs | jq -r .secret)")"
	token=$(json .access_token) api=/api/smartapps/installations/$(sid "$(json .access_token)")
	call GET /settings
	is 200 '{"minutes":60,"from":"23:59","mail":"x@y","mode":"night","quiet":true}'
	call GET /switches
	json 'sort == ["A","lamp"]' >/dev/null
	call GET /lamp
	is 200 '["lamp"]'
	call GET /doors
	is 200 '[]'
	call GET /nickname
	smart 404 'Not Found'
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
