#!/usr/bin/env bats
# Links with other makers' clouds as JSON: for the owner's pages, and for clients with an access token.

load helper
load pages
load connect

setup_file() { begin_connect "$BATS_FILE_TMPDIR"; }
teardown_file() { end_connect; }
setup() { vendor_reset; }

# api METHOD PATH [BODY [COOKIE]]: the links as JSON, as a page's script asks.
api() {
	local cookie=${4-$session} csrf=''
	if [ "$1" != GET ]; then
		cgi service-manager GET /connect/acme '' HTTP_COOKIE="$cookie"
		csrf=$(hidden csrf)
	fi
	cgi service-manager "$1" "$2" "${3-}" HTTP_COOKIE="$cookie" HTTP_X_CSRF_TOKEN="$csrf" CONTENT_TYPE=application/json
}

@test "the same as JSON: a link is begun, devices are chosen, the link ends" {
	linked
	api POST /api/links '{"connector":"acme"}'
	status 201
	[ "$(json .id)" = "$LINK" ]
	[[ $(json .login) == /oauth/initialize\?appId=$LINK* ]]
	api GET "/api/links/$LINK/devices"
	status 200
	[ "$(json '[.devices[] | [.id, .type]] | tostring')" = '[["a1","c2c-dimmer"],["b 2/ü","c2c-dimmer"],["c3","c2c-contact-3"],["d4",null]]' ]
	api PUT "/api/links/$LINK/devices" '{"devices":["a1","c3","d4","nobody"]}'
	status 200
	[ "$(json '.devices | tostring')" = '{"a1":"acme.a1","c3":"acme.c3"}' ]
	[ "$(json '[.faults[] | .id] | tostring')" = '["d4","nobody"]' ]
	[ "$(ours)" = '["acme.a1","acme.c3"]' ]
	# who is not there is offline from the beginning, without a look
	api PUT "/api/links/$LINK/devices" '{"devices":["a1"]}'
	control '{"devices":[{"id":"c3","label":"Gate","kind":"door","connected":false,"open":true}]}'
	api PUT "/api/links/$LINK/devices" '{"devices":["a1","c3"]}'
	status 200
	[ "$(online acme.c3)" = offline ]
	[ "$(online acme.a1)" = online ]
	api GET /api/links
	[ "$(json '[.links[0].status, .connectors[0].id] | tostring')" = '["linked","acme"]' ]
	api POST "/api/links/$LINK/poll"
	status 202
	api DELETE "/api/links/$LINK" '' "$bob"
	status 404
	api DELETE "/api/links/$LINK"
	status 204
	[ "$(ours)" = '[]' ]
	api GET "/api/links/$LINK"
	status 404
}

@test "the JSON of links refuses strangers, forged requests and nonsense, in JSON" {
	linked
	api GET /api/links '' ''
	status 401
	cgi service-manager DELETE "/api/links/$LINK" '' HTTP_COOKIE="$session" CONTENT_TYPE=application/json
	status 403
	api PUT "/api/links/$LINK/devices" '[]'
	status 400
	api PUT "/api/links/$LINK/devices" '{"devices":"a1"}'
	status 400
	api POST /api/links '{"connector":"nobody"}'
	status 404
	api PUT "/api/links/$LINK"
	status 405
	[ "$(header Allow)" = 'GET, PATCH, DELETE' ]
	api GET "/api/links/$LINK/nothing"
	status 404
	control '{"api":{"status":500,"body":"x"}}'
	api PUT "/api/links/$LINK/devices" '{"devices":["a1"]}'
	status 502
	[ "$(json .error)" = vendor ]
	control '{"api":null}'
	# a link that nobody has logged in for
	api POST /api/links '{"connector":"acme"}' "$bob"
	status 201
	api GET "/api/links/$(json .id)/devices" '' "$bob"
	status 409
	[ "$(json .error)" = vendor ]
}

@test "twenty links of a user, and no more" {
	connector '.singleInstance = false'
	local n
	for n in {1..20}; do
		api POST /api/links '{"connector":"acme"}' "$bob"
		[ "$code" = 201 ] || break
	done
	api POST /api/links '{"connector":"acme"}' "$bob"
	status 409
	[ "$(json .error)" = links ]
	api GET /api/links '' "$bob"
	[ "$(json '.links | length')" = 20 ]
}

# by_token METHOD PATH [BODY [TOKEN]]: the same with an access token, $LINKS_TOKEN unless said.
by_token() {
	cgi service-manager "$1" "$2" "${3-}" "HTTP_AUTHORIZATION=Bearer ${4-$LINKS_TOKEN}" CONTENT_TYPE=application/json
}

@test "the JSON of links with an access token of the scope links, and with no other; PATCH adds and takes away" {
	linked
	gatehouse client add links-script --public --redirect-uri http://localhost --scope links >/dev/null
	LINKS_TOKEN=$(gatehouse token issue --user ann --client links-script --json | jq -r .access_token)
	by_token GET /api/links
	status 200
	[ -z "$(header Set-Cookie)" ]
	[ "$(json '.links[0].id')" = "$LINK" ]
	by_token PUT "/api/links/$LINK/devices" '{"devices":["a1"]}'
	status 200
	by_token PATCH "/api/links/$LINK" '{"devices":{"c3":true,"nobody":true}}'
	status 200
	[ "$(json '.devices | tostring')" = '{"a1":"acme.a1","c3":"acme.c3"}' ]
	[ "$(json '[.faults[] | .id] | tostring')" = '["nobody"]' ]
	# taking away needs nobody's answer
	control '{"api":{"status":500,"body":"x"}}'
	by_token PATCH "/api/links/$LINK" '{"devices":{"a1":null,"c3":true,"never":null}}'
	status 200
	nobody_asked
	[ "$(ours)" = '["acme.c3"]' ]
	by_token PATCH "/api/links/$LINK" '{"devices":{"a1":true}}'
	status 502
	[ "$(ours)" = '["acme.c3"]' ]
	local body
	for body in '{}' '{"devices":["a1"]}' '{"status":"linked"}' '{"devices":{},"status":"linked"}' '[]' '{'; do
		by_token PATCH "/api/links/$LINK" "$body"
		status 400
	done
	# other tokens, another's link, no token at all
	by_token GET /api/links '' "$(gatehouse token issue --user ann --client smartthings --json | jq -r .access_token)"
	status 403
	[[ $(header WWW-Authenticate) == *insufficient_scope* ]]
	by_token DELETE "/api/links/$LINK" '' "${LINKS_TOKEN%?????}AAAAA"
	status 401
	[[ $(header WWW-Authenticate) == *invalid_token* ]]
	by_token DELETE "/api/links/$LINK" '' "$(gatehouse token issue --user bob --client links-script --json | jq -r .access_token)"
	status 404
	by_token POST "/api/links/$LINK/poll"
	status 202
	gatehouse grant revoke "$(gatehouse --json grant list --user ann | jq -r '[.[] | select(.client == "links-script")][0].id')" >/dev/null
	by_token GET /api/links
	status 401
}
