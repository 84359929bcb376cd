#!/usr/bin/env bats
# The simulator as plain CGI: who may, linking, asking, judging, the wire; keeps no secret in sight and homes apart.
# long because: all of it is tested on the same linked homes, and each start of the double costs.

load helper
load sim

# --- off, and who may ---

@test "where it is off there is nothing at any of its addresses" {
	config_is '{simulator: false}'
	local path
	for path in /sim /sim/link '/sim/callback?code=x&state=y' /sim/wire /sim/wire/1 /sim/checks; do
		cgi simulator GET "$path"
		status 404
		assert_regex "$type" text/html
	done
	for path in /sim/api/home /sim/api/wire /sim/api/wire/1 /sim/api/other; do
		cgi simulator GET "$path"
		status 404
		assert_regex "$type" application/json
	done
	for path in /sim/callback/token /sim/callback/event /sim/api/do /sim/api/link; do
		cgi simulator POST "$path" '{}' CONTENT_TYPE=application/json HTTP_AUTHORIZATION='Bearer a.b'
		status 404
		assert_regex "$type" application/json
	done
	cgi simulator POST /sim/do action=states
	status 404
}

@test "unknown addresses and methods are refused in their form" {
	cgi simulator GET /sim/api/nothing
	status 404
	json '.error == "not_found"'
	cgi simulator PUT /sim/api/do
	status 405
	json '.error == "method_not_allowed"'
	cgi simulator GET /sim/do
	status 405
	assert_regex "$type" text/html
	cgi simulator GET /sim/callback/token
	status 405
	assert_regex "$type" application/json
}

@test "a form is believed with its token and from our pages alone" {
	link_home
	cgi simulator POST /sim/do action=states HTTP_COOKIE="$HOME_COOKIE"
	status 403
	cgi simulator POST /sim/do 'action=states&csrf=wrong' HTTP_COOKIE="$HOME_COOKIE"
	status 403
	cgi simulator POST /sim/do "action=states&csrf=$CSRF" HTTP_COOKIE="$HOME_COOKIE" HTTP_ORIGIN=https://evil.example
	status 403
	cgi simulator POST /sim/do "action=states&csrf=$CSRF" HTTP_COOKIE="$HOME_COOKIE" HTTP_SEC_FETCH_SITE=cross-site
	status 403
	cgi simulator POST /sim/link "csrf=$CSRF" HTTP_COOKIE="$HOME_COOKIE" HTTP_ORIGIN=https://evil.example
	status 403
	cgi simulator POST /sim/wire/1 "csrf=$CSRF"
	status 403
	cgi simulator POST /sim/do "action=states&csrf=$CSRF" HTTP_COOKIE="$HOME_COOKIE" HTTP_ORIGIN="$PEER" HTTP_SEC_FETCH_SITE=same-origin
	status 303
	# Its cookie is a stranger's to no script and no other site.
	cgi simulator GET /sim
	assert_regex "$head" 'HttpOnly; SameSite=Lax'
}

@test "another visitor sees nothing of a home, and cannot reach into it" {
	link_home
	local mine=$HOME_COOKIE id=${HOME_COOKIE#*=}
	visit
	[ "$HOME_COOKIE" != "$mine" ]
	sim GET /sim/api/home
	json '.linked == false and .devices == [] and .seq == 0'
	sim GET /sim/api/wire
	json '.wire == []'
	sim GET /sim/wire/1
	status 404
	sim POST /sim/do action=states
	status 409
	# The id alone is no key.
	cgi simulator GET /sim/api/home '' HTTP_COOKIE="gatehouse-sim=${id%%.*}.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	json '.linked == false and .devices == []'
	cgi simulator GET /sim/api/home '' HTTP_AUTHORIZATION="Bearer ${id%%.*}.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	json '.linked == false and .devices == []'
	cgi simulator GET /sim/api/home '' HTTP_AUTHORIZATION="Bearer $id"
	json '.linked == true'
}

@test "there are a hundred homes at most; one that nobody used for an hour makes room" {
	local i
	ROOT=$BATS_TEST_TMPDIR/many
	mkdir -p "$ROOT"
	cp -R "$BATS_FILE_TMPDIR/root/." "$ROOT"
	rm -rf "$ROOT/store"
	head -c 8 /dev/zero >"$ROOT/clock"
	for ((i = 0; i < 100; i++)); do
		cgi simulator POST /sim/api/link '' HTTP_AUTHORIZATION="Bearer home-$i.0123456789abcdefghijklmno"
		status 200
	done
	cgi simulator POST /sim/api/link '' HTTP_AUTHORIZATION="Bearer home-x.0123456789abcdefghijklmno"
	status 429
	clock 3600000
	cgi simulator POST /sim/api/link '' HTTP_AUTHORIZATION="Bearer home-x.0123456789abcdefghijklmno"
	status 200
	cgi simulator GET /sim/api/home '' HTTP_AUTHORIZATION="Bearer home-0.0123456789abcdefghijklmno"
	json '.known == false'
	cgi simulator GET /sim/api/home '' HTTP_AUTHORIZATION="Bearer home-1.0123456789abcdefghijklmno"
	json '.known == true'
}

# --- linking ---

@test "a link: state, code, tokens, discovery, states, callback access, in that order" {
	link_home
	assert_equal "$location" /sim
	assert_equal "$(peer_log '[.[-4:][] | .type // .path]')" \
		'["/token","discoveryRequest","stateRefreshRequest","grantCallbackAccess"]'
	assert_regex "$(peer_log '.[-4].body')" "grant_type=authorization_code&code=code-of-the-owner-1&redirect_uri=$(urlencode "$PEER/sim/callback")&client_id=smartthings&client_secret=client-secret-42"
	assert_equal "$(peer_log '.[-1].body | [.callbackAuthentication.clientId, .callbackUrls.oauthToken, .callbackUrls.stateCallback]')" \
		"[\"st-app\",\"$PEER/sim/callback/token\",\"$PEER/sim/callback/event\"]"
	sim GET /sim/api/home
	json '.linked and (.devices | length == 1) and .devices[0].name == "Lamp" and .seq == 4'
	json '[.checks.asks[] | select(.at) | .id] == ["oauth","token","discovery","states","grant","quick"]'
	json '.devices[0].controls | map(.label) == ["switch","level"]'
	# Whoever runs no script is told how much of the list the button does.
	sim GET /sim/checks
	has '<noscript><p class="hint">Without script, the button below runs what SmartThings can do alone: 16 of these 24.'
}

@test "a code is redeemed once, with the state that this browser sent, from the server that we asked" {
	local asked uri
	visit
	sim GET '/sim/callback?code=code-of-a-stranger&state=not-ours'
	status 200
	has 'role="alert"'
	sim POST /sim/link
	uri="/sim/callback?code=code-of-the-owner-2&state=$(sed -n 's/.*[?&]state=\([^&]*\).*/\1/p' <<<"$location")"
	asked=$(peer_log length)
	cgi simulator GET "$uri"
	has 'role="alert"'
	sim GET '/sim/callback?code=code-of-a-stranger&state=not-ours'
	has 'role="alert"'
	sim GET "$uri&iss=https%3A%2F%2Fevil.example"
	status 200
	assert_equal "$(peer_log length)" "$asked"
	sim POST /sim/link
	uri="/sim/callback?code=code-of-the-owner-3&state=$(sed -n 's/.*[?&]state=\([^&]*\).*/\1/p' <<<"$location")"
	sim GET "$uri"
	status 303
	asked=$(peer_log length)
	sim GET "$uri"
	has 'role="alert"'
	assert_equal "$(peer_log length)" "$asked"
}

@test "No is shown, escaped, and nothing is redeemed" {
	visit
	sim POST /sim/link
	sim GET "/sim/callback?error=%3Cscript%3Ealert(1)%3C%2Fscript%3E&state=$(sed -n 's/.*[?&]state=\([^&]*\).*/\1/p' <<<"$location")"
	status 200
	has '&lt;script&gt;'
	[[ $body != *'<script>alert'* ]]
	sim GET /sim/api/home
	json '.linked == false'
}

# --- asking ---

@test "a press is one command; its answer is what is shown" {
	link_home
	act 'action=command&device=lamp&component=main&capability=st.switchLevel&as=number&value=75&command=setLevel'
	assert_equal "$(peer_log '.[-1].body.devices[0].commands')" \
		'[{"arguments":[75],"capability":"st.switchLevel","command":"setLevel","component":"main"}]'
	json '.last.ok and .last.text == "sim_did_command"'
	act 'action=command&device=lamp&capability=st.colorControl&as=color&hue=62.5&saturation=100&command=setColor'
	assert_equal "$(peer_log '.[-1].body.devices[0].commands[0].arguments')" '[{"hue":62.5,"saturation":100}]'
	act "action=command&device=lamp&capability=st.x&command=y&arguments=$(urlencode '["a",{"b":[1]}]')"
	assert_equal "$(peer_log '.[-1].body.devices[0].commands[0].arguments')" '["a",{"b":[1]}]'
	local fields
	for fields in 'device=lamp&capability=st.x' 'capability=st.x&command=y' 'device=lamp&capability=st.x&command=y&arguments={}' \
		'device=lamp&capability=st.x&command=y&as=number&value=1e999' 'device=lamp&capability=st.x&command=y&as=number&value=x'; do
		sim POST /sim/do "action=command&$fields"
		status 400
	done
	sim POST /sim/do action=dance
	status 400
}

@test "names of devices, rooms and makers are text on the phone and on the wire" {
	load pages
	control "$(jq -nc --arg n "$BAD" '{schema: {merge: {devices: [{externalDeviceId: $n, friendlyName: $n, deviceHandlerType: $n,
		manufacturerInfo: {manufacturerName: $n, modelName: $n}, deviceContext: {roomName: $n}}]}}}')"
	link_home
	sim GET /sim
	named
	sim GET /sim/wire/2
	has '&lt;script&gt;a&lt;b&gt;'
	hasnt '<script>a'
}

@test "wrong answers are found out, and the server is told by an interactionResult" {
	link_home
	wrong() {
		control "$1"
		act "${3:-action=states}"
		json '.last.ok == false'
		sim GET /sim/api/wire?status=faulty
		sim GET "/sim/api/wire/$(json '.wire[0].seq')"
		jq -e --arg t "$2" '[.faults[].error] | any(contains($t))' <<<"$body" || { echo "no fault: $2: $body"; return 1; }
	}
	wrong '{"schema":{"text":"<html>no</html>"}}' 'no JSON object'
	wrong '{"schema":{"status":500}}' 'HTTP status 500'
	wrong '{"schema":{"merge":{"headers":{"schema":"st-schema","version":"1.0","interactionType":"stateRefreshResponse","requestId":"other"}}}}' \
		'headers.requestId is other'
	wrong '{"schema":{"merge":{"deviceState":[]}}}' 'asked for and not answered'
	wrong '{"schema":{"merge":{"deviceState":[{"externalDeviceId":"lamp","states":[]},{"externalDeviceId":"x","states":[]}]}}}' \
		'answered and not asked for'
	wrong '{"schema":{"merge":{"deviceState":[{"externalDeviceId":"lamp","deviceError":{}}]}}}' 'must be a list'
	wrong '{"schema":{"merge":{"deviceState":[{"externalDeviceId":"lamp","states":[{"component":"main"}]}]}}}' 'without capability'
	wrong '{"schema":{"merge":{"devices":[{"externalDeviceId":"lamp","friendlyName":"L","deviceHandlerType":"c2c-switch"}]}}}' \
		'modelName must not be blank' action=discovery
	wrong '{"schema":{"merge":{"devices":[{"externalDeviceId":""}]}}}' 'without externalDeviceId' action=discovery
	control '{}'
	act action=states
	json '.last.ok'
	assert_equal "$(peer_log '[.[] | select(.type == "interactionResult")] | last | .body |
		[.originatingInteractionType, .deviceState[0].deviceError[0].errorEnum]')" '["discoveryRequest","BAD-RESPONSE"]'
}

@test "no answer, a late one and a huge one end in time" {
	link_home
	control '{"schema":{"drop":true}}'
	act action=states
	json '.last.ok == false and .wire[0].bad and .wire[0].status == null and (.wire[0].why | length > 0)'
	control '{"schema":{"wait":30000}}'
	SECONDS=0
	act action=states
	((SECONDS < 20))
	json '.last.ok == false'
	control "{\"schema\":{\"text\":\"$(head -c 100000 /dev/zero | tr '\0' x)\"}}"
	act action=states
	sim GET "/sim/api/wire/$(json '.wire[0].seq')"
	json '.answer | length == 16384'
}

@test "an expired token is renewed and the message sent again; a refused refresh ends the link" {
	link_home
	control '{"schema":{"merge":{"globalError":{"errorEnum":"TOKEN-EXPIRED","detail":"x"}}}}'
	act action=states
	assert_equal "$(peer_log '[.[-3:][] | .type // .path]')" '["stateRefreshRequest","/token","stateRefreshRequest"]'
	control '{}'
	local before
	before=$(peer_log '.[-1].body.authentication.token')
	act action=refresh
	json '.last.ok'
	act action=states
	[ "$(peer_log '.[-1].body.authentication.token')" != "$before" ]
	control '{"token":{"status":400,"text":"{\"error\":\"invalid_grant\"}"}}'
	act action=refresh
	json '.last.ok == false and .link == "ended" and .error == "invalid_grant" and .devices == []'
}

@test "the server ends the link by INTEGRATION-DELETED" {
	link_home
	control '{"schema":{"merge":{"globalError":{"errorEnum":"INTEGRATION-DELETED","detail":"x"}}}}'
	act action=states
	json '.link == "ended" and .devices == []'
	sim POST /sim/do action=states
	status 409
}

# --- the wire ---

@test "no secret stands on the wire, in the store or in a log" {
	link_home
	act action=replay
	act action=grant
	local given id=${HOME_COOKIE#*=} secret
	given=$(peer_log '.[-1].body.callbackAuthentication.code' | tr -d '"')
	callback /sim/callback/token "{\"headers\":{\"schema\":\"st-schema\",\"version\":\"1.0\",\"interactionType\":\"accessTokenRequest\",\"requestId\":\"1\"},
		\"callbackAuthentication\":{\"grantType\":\"authorization_code\",\"code\":\"$given\",\"clientId\":\"st-app\",\"clientSecret\":\"st-own-secret\"}}"
	status 200
	local access refresh
	access=$(json .callbackAuthentication.accessToken | tr -d '"') refresh=$(json .callbackAuthentication.refreshToken | tr -d '"')
	sim GET /sim/api/wire
	for seq in $(json '.wire[].seq'); do
		sim GET "/sim/api/wire/$seq"
		for secret in client-secret-42 st-own-secret code-of-the-owner access-token- refresh-token- "${id%%.*}" "$given" "$access" "$refresh"; do
			[[ $body != *"$secret"* ]] || { echo "$secret in $body"; return 1; }
		done
		sim GET "/sim/wire/$seq"
		for secret in client-secret-42 st-own-secret code-of-the-owner access-token- refresh-token- "$given" "$access"; do
			[[ $body != *"$secret"* ]] || { echo "$secret on the page"; return 1; }
		done
	done
	gatehouse store dump >"$BATS_TEST_TMPDIR/dump"
	for secret in client-secret-42 st-own-secret code-of-the-owner access-token- refresh-token- "$given" "$access" "$refresh" "$id"; do
		run ! grep -F -- "$secret" "$BATS_TEST_TMPDIR/dump" "$BATS_TEST_TMPDIR/cgi.err"
	done
	# What stands there instead goes into a shell.
	sim GET /sim/api/wire?kind=refresh_token
	sim GET "/sim/api/wire/$(json '.wire[0].seq')"
	json '.request | contains("refresh_token=$OLD_REFRESH_TOKEN") and contains("client_secret=$CLIENT_SECRET")'
	json '.answer | contains("$ACCESS_TOKEN")'
	json ".curl | contains(\"-d 'grant_type=refresh_token\") and contains(\"'\\\"\$CLIENT_SECRET\\\"'\")"
}

@test "copied to a shell, a message is what was sent" {
	link_home
	act "action=command&device=$(urlencode "it's \"a\" \$HOME \`x\`")&capability=st.x&command=y"
	local sent
	sent=$(peer_log '.[-1].body')
	sim GET "/sim/api/wire/$(json '.wire[0].seq')"
	ACCESS_TOKEN=$(jq -r .authentication.token <<<"$sent") HOME=/wrong bash -c "$(json .curl)" >/dev/null
	assert_equal "$(peer_log '.[-1].body')" "$sent"
}

@test "filters by kind and by outcome; new ones only; 304 while nothing is new" {
	link_home
	control '{"schema":{"status":503}}'
	act action=discovery
	control '{}'
	sim GET '/sim/api/wire?kind=discoveryRequest'
	json '.wire | length == 2 and all(.kind == "discoveryRequest")'
	sim GET '/sim/api/wire?status=failed'
	json '.wire | length == 1 and .[0].status == 503'
	sim GET '/sim/api/wire?status=answered&kind=discoveryRequest'
	json '.wire | length == 1'
	sim GET '/sim/api/wire?after=4'
	json '.wire | all(.seq > 4)'
	sim GET '/sim/api/wire?after=x'
	status 400
	sim GET '/sim/wire?kind=%3Cscript%3E&status=%22%3E'
	status 200
	sim GET /sim/api/home
	local tag
	tag=$(header ETag)
	cgi simulator GET /sim/api/home '' HTTP_COOKIE="$HOME_COOKIE" HTTP_IF_NONE_MATCH="$tag"
	status 304
	assert_equal "$body" ''
	act action=states
	cgi simulator GET /sim/api/home '' HTTP_COOKIE="$HOME_COOKIE" HTTP_IF_NONE_MATCH="$tag"
	status 200
}

@test "replay: as it was, with changes, with a broken body; a form with today's secrets; not what came from the server" {
	link_home
	local seq sent
	act action=states
	seq=$(json '.wire[0].seq') sent=$(peer_log '.[-1].body')
	sim POST "/sim/wire/$seq"
	status 303
	assert_equal "$location" "/sim/wire/$((seq + 1))"
	assert_equal "$(peer_log '.[-1].body')" "$sent"
	sim GET "/sim/api/wire/$seq"
	local shown
	shown=$(jq -r .request <<<"$body")
	sim POST "/sim/wire/$seq" "body=$(urlencode "${shown//$'\n'/$'\r\n'}")"
	assert_equal "$(peer_log '.[-1].body')" "$sent"
	sim POST "/sim/wire/$seq" "body=$(urlencode "${shown/\$ACCESS_TOKEN/stolen-token-of-somebody}")"
	assert_equal "$(peer_log '.[-1].body.authentication.token')" '"stolen-token-of-somebody"'
	sim GET "$(sed 's#/sim/#/sim/api/#' <<<"$location")"
	json '.request | contains("[masked]") and (contains("stolen") | not)'
	sim POST "/sim/wire/$seq" "body=$(urlencode '{"headers": broken')"
	assert_equal "$(peer_log '.[-1].body')" '"{\"headers\": broken"'
	sim POST /sim/wire/1
	status 303
	assert_regex "$(peer_log '.[-1].body')" 'code=code-of-the-owner-1&'
	sim POST /sim/wire/9999
	status 404
	sim GET /sim/wire/1x
	status 404
}

@test "the ring keeps 200, a body 16 KiB of it" {
	link_home
	local i big
	big=$(head -c 30000 /dev/zero | tr '\0' y)
	act "action=command&device=lamp&capability=st.x&command=y&arguments=%5B%22$big%22%5D"
	sim GET "/sim/api/wire/$(json '.wire[0].seq')"
	json '.cut and (.can_replay | not)'
	for ((i = 0; i < 200; i++)); do
		cgi simulator POST /sim/api/do action=bad_token HTTP_AUTHORIZATION="Bearer ${HOME_COOKIE#*=}"
	done
	sim GET /sim/api/wire
	json '.wire | length == 200'
	sim GET /sim/api/wire/1
	status 404
}

@test "forgotten is gone" {
	link_home
	local id=${HOME_COOKIE#*=}
	sim POST /sim/do action=forget
	status 303
	gatehouse store dump >"$BATS_TEST_TMPDIR/dump"
	run ! grep -F "${id%%.*}" "$BATS_TEST_TMPDIR/dump"
}

# --- the clock ---

@test "the clock moves by steps and back, but not by strangers" {
	visit
	sim POST /sim/link
	act 'action=clock&by=day'
	json '.clock.ahead == "1 d 0 h 0 min"'
	act 'action=clock&by=hour'
	json '.clock.ahead == "1 d 1 h 0 min"'
	act 'action=clock&by=now'
	json '.clock.ahead == null'
	sim POST /sim/do 'action=clock&by=year'
	status 400
	config_is '{public_url: "https://home.example", insecure_loopback: true}'
	HOME_COOKIE=__Host-$HOME_COOKIE
	sim POST /sim/do 'action=clock&by=day'
	status 400
	sim POST /sim/do 'action=expire'
	status 409
	sim GET /sim/api/home
	json '.clock.free == false and .clock.ahead == null'
	gatehouse sim clock day
	sim GET /sim/api/home
	json '.clock.ahead == "1 d 0 h 0 min"'
	gatehouse sim clock now
	run -2 gatehouse sim clock year
}
