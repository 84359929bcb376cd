#!/usr/bin/env bats
# The roads beside the main one: revocation, introspection, the device flow, clients that sign, the old dialect, and the
# owner's links page. Titles begin with the rows of the attack checklist.
# long because: these flows share their instance, and each is walked once to its good end.

TYPE=client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer
GRANT=grant_type=urn:ietf:params:oauth:grant-type:device_code

setup_file() {
	load helper
	load oauth
	make_root "$BATS_FILE_TMPDIR/root"
	moving_clock
	printf '%s' "$SECRET" | gatehouse client add other --secret-stdin --name Other --auth basic --pkce optional \
		--redirect-uri "$REDIRECT" --scope devices:read >/dev/null
	gatehouse client add tv --public --name 'A TV <b>' --grant device_code,refresh_token >/dev/null
	printf '%s' "$SECRET" | gatehouse client add radio --secret-stdin --auth post --grant device_code --scope devices:read >/dev/null
	printf '%s' "$SECRET" | gatehouse client add groovy --secret-stdin --legacy-groovy --pkce optional --redirect-uri "$REDIRECT" \
		--scope-alias read=devices:read --scope-alias write=devices:control >/dev/null
	gatehouse client add signer --jwk <(node "$TOP/tests/assert.mjs" key "$BATS_FILE_TMPDIR/signer.key") \
		--grant client_credentials,refresh_token >/dev/null
	sign_in ann "$PASSWORD"
	export session
}

setup() {
	load helper
	load oauth
	load_libs
}

teardown() { clock 0; }

# --- E: introspection, revocation, metadata ---

@test "E01 E10 introspection and revocation need a client that proves itself" {
	issue ann smartthings
	local path
	for path in /introspect /revoke; do
		tk $path "token=$access" X=; j invalid_client 401
		tk $path "token=$access" "$(basic smartthings:wrong)"; j invalid_client 401
		tk $path "token=$access&client_id=smartthings" X=; j invalid_client 401
		tk $path "token=$access" "HTTP_AUTHORIZATION=Bearer $access"; j invalid_client 401
	done
	tk /introspect "token=$access&client_id=tv" X=; j invalid_client 401
	opens "$access"
}

@test "E02 E05 unknown tokens and garbage: inactive, and nothing else" {
	local v
	for v in x . .. ... a.b.c eyJ.eyJ.x "$(printf '%03000d' 0)" %27%20OR%201=1 %25n%25s %F0%9F%92%A1 ../../etc eyJhbGciOiJub25lIn0.e30.; do
		introspect "$v"; inactive
	done
	introspect %ff; j invalid_request
	introspect x%00; j invalid_request
}

@test "E03 E14 E04 no token, no POST" {
	local path
	for path in /introspect /revoke; do
		tk $path ''; j invalid_request
		tk $path token=; j invalid_request
		tk $path 'token=a&token=b'; j invalid_request
		tk $path '{"token":"x"}' "$(basic)" CONTENT_TYPE=application/json; j invalid_request
		cgi token GET "$path?token=x" '' "$(basic)"
		status 405
		[ "$(header Allow)" = POST ]
		[ "$type" = application/json ]
	done
}

@test "introspection of what is alive" {
	issue ann smartthings --scope devices:read
	introspect "$access"
	json .active >/dev/null
	[ "$(jq -c '[.scope, .client_id, .token_type, .aud, .iss, .exp - .iat]' <<<"$body")" = \
		'["devices:read","smartthings","Bearer","urn:gatehouse:devices","http://127.0.0.1:8080",86400]' ]
	[ "$(json .sub)" = "$(claim sub "$access")" ]
	[ "$(json .jti)" = "$(claim jti "$access")" ]
	[ "$(header Cache-Control)" = no-store ]
	introspect "$refresh_token&token_type_hint=refresh_token"
	json '.active and .client_id == "smartthings" and .exp > .iat' >/dev/null
	local old=$refresh_token
	refresh "$refresh_token"
	introspect "$old"; inactive
	clock 86401000
	introspect "$access"; inactive
}

@test "E11 E16 revoking what nobody knows: 200, JSON, {}" {
	local v
	for v in x a.b.c "$(printf '%03000d' 0)"; do
		tk /revoke "token=$v"
		status 200
		[ "$type" = application/json ]
		[ "$body" = '{}' ]
	done
}

@test "E12 a wrong token_type_hint, or one that nobody knows, is a hint" {
	issue ann smartthings
	tk /revoke "token=$access&token_type_hint=refresh_token"
	status 200
	closed "$access" INTEGRATION-DELETED
	issue ann smartthings
	tk /revoke "token=$refresh_token&token_type_hint=magic"
	status 200
	closed "$access"
}

@test "E13 another client's token stays alive" {
	issue ann smartthings
	tk /revoke "token=$access" "$(basic "other:$SECRET")"
	status 200
	[ "$body" = '{}' ]
	tk /revoke "token=$refresh_token" "$(basic "other:$SECRET")"
	status 200
	opens "$access"
	refresh "$refresh_token"
	status 200
}

@test "E15 revoking the refresh token, an old one too, ends the family and its access tokens" {
	issue ann smartthings
	local first=$refresh_token
	refresh "$first"
	local second=$(json .refresh_token) later=$(json .access_token)
	tk /revoke "token=$first"
	status 200
	[ "$body" = '{}' ]
	for v in "$access" "$later"; do
		closed "$v"
		introspect "$v"; inactive
	done
	refresh "$second"; j invalid_grant
	[ "$(gatehouse grant show "$sid" --json | jq -r .revoked)" = client ]
	gatehouse activity --user ann --json | jq -se --arg id "$sid" 'any(.event == "authn_token_revoked" and .grant == $id)' >/dev/null
}

@test "E20 E21 an issuer with a path, whatever the request says of the host" {
	local at=$ROOT
	ROOT=$BATS_TEST_TMPDIR/path
	cp -r "$at" "$ROOT"
	echo '{"public_url":"https://home.test/gate"}' >"$ROOT/gatehouse.json"
	local v
	for v in HTTP_HOST=evil.test HTTP_X_FORWARDED_HOST=evil.test HTTP_FORWARDED=host=evil.test HTTP_X_FORWARDED_PROTO=http; do
		cgi token GET /.well-known/oauth-authorization-server/gate '' "$v"
		status 200
		hasnt evil
		json '.issuer == "https://home.test/gate" and .introspection_endpoint == "https://home.test/gate/introspect" and
			.revocation_endpoint == "https://home.test/gate/revoke" and
			.device_authorization_endpoint == "https://home.test/gate/device_authorization"' >/dev/null
	done
	cgi token GET /.well-known/oauth-authorization-server/other ''
	status 404
	ROOT=$at
}

# --- F: the device flow ---

# begin [CLIENT-FIELDS [MORE]]: sets $device_code and $user_code.
begin() {
	tk /device_authorization "${1:-client_id=tv}${2-}" X=
	status 200
	device_code=$(json .device_code) user_code=$(json .user_code)
}

# poll [CLIENT-FIELDS]: once the wait is over.
poll() { tk /token "$GRANT&device_code=$device_code&${1:-client_id=tv}" X=; }

# type_code CODE [COOKIE]: on the page; leaves the decision's form.
type_code() {
	form /device "${2:-$session}"
	post /device "user_code=$1"
	fields="request=$(hidden request)"
}

@test "device flow: codes, the page that shows who asks, tokens" {
	begin
	json '(.device_code | length >= 43) and (.user_code | test("^[B-Z]{4}-[B-Z]{4}$")) and .expires_in == 600 and .interval == 5 and
		.verification_uri == "http://127.0.0.1:8080/device" and .verification_uri_complete == .verification_uri + "?user_code=" + .user_code' >/dev/null
	poll; j authorization_pending
	type_code "$(tr -d - <<<"${user_code,,}")"
	status 200
	has 'A TV &lt;b&gt;'
	has "$user_code"
	hasnt "$device_code"
	post /device "$fields&device=lamp&decision=allow"
	status 200
	poll
	status 200
	json '.access_token and .refresh_token and .scope == "devices:read devices:control"' >/dev/null
	access=$(json .access_token)
	schema discoveryRequest "$access"
	[ "$(json '.devices | map(.externalDeviceId) | join(" ")')" = lamp ]
}

@test "F01 polling too fast: slow_down, and five seconds more from then on" {
	begin
	poll; j authorization_pending
	poll; j slow_down
	clock 6000
	poll; j slow_down
	clock 22000
	poll; j authorization_pending
}

@test "F02 a wrong code, another client's code, no code, a client that may not" {
	begin
	tk /token "$GRANT&device_code=x&client_id=tv" X=; j invalid_grant
	tk /token "$GRANT&client_id=tv" X=; j invalid_request
	poll "client_id=radio&client_secret=$SECRET"; j invalid_grant
	tk /token "$GRANT&device_code=$device_code"; j unauthorized_client
	tk /device_authorization ''; j unauthorized_client
	tk /device_authorization 'client_id=radio' X=; j invalid_client 401
	tk /device_authorization "client_id=radio&client_secret=$SECRET&scope=devices:control" X=; j invalid_scope
	tk /token "$GRANT&device_code=$user_code&client_id=tv" X=; j invalid_grant
	poll; j authorization_pending
}

@test "F03 an expired code, for the thing and for the owner" {
	begin
	type_code "$user_code"
	clock 601000
	poll; j expired_token
	post /device "$fields&device=lamp&decision=allow"
	status 403
	type_code "$user_code"
	status 400
	poll; j expired_token
}

@test "F04 denied" {
	begin
	type_code "$user_code"
	post /device "$fields&decision=deny"
	status 200
	poll; j access_denied
	poll; j access_denied
}

@test "F05 an answered page, a used code: once" {
	begin
	type_code "$user_code"
	post /device "$fields&device=lamp&decision=allow"
	status 200
	post /device "$fields&device=lamp&device=door&decision=allow"
	status 400
	poll
	status 200
	poll; j invalid_grant
	type_code "$user_code"
	status 400
}

@test "F05 one code polled by 8 at once: one answer" {
	begin
	type_code "$user_code"
	post /device "$fields&device=lamp&decision=allow"
	local n pids=() dir=$BATS_TEST_TMPDIR
	for n in {1..8}; do
		(BATS_TEST_TMPDIR=$dir/$n; mkdir "$BATS_TEST_TMPDIR"; poll; echo "$code" >"$dir/$n/code") &
		pids+=($!)
	done
	wait "${pids[@]}"
	[ "$(cat "$dir"/*/code | sort | uniq -c | tr -s ' \n' ' ')" = ' 1 200 7 400 ' ]
}

@test "F06 guessing codes: five tries, then waits that grow; the right one must wait, too, and works later" {
	fast
	printf '%s' "$PASSWORD" | gatehouse user add guesser --password-stdin >/dev/null
	gatehouse device add --user guesser --type c2c-switch --id s --name S >/dev/null
	local ann=$session
	sign_in guesser "$PASSWORD"
	begin
	guess() { type_code "BCDF-GH$(printf '%02d' "$1" | tr 0-9 BCDFGHJKLM)" "$session"; }
	until_waits guess
	((tried >= 5 && tried <= 11))
	type_code "$user_code" "$session"
	status 429
	clock 500000
	type_code "$user_code" "$session"
	status 200
	has 'name="decision"'
	session=$ann
}

@test "F07 a code in a link only fills the field in; another session's page, a changed page, a form without token: refused" {
	begin
	cgi authorize GET "/device?user_code=$user_code" '' HTTP_COOKIE="$session"
	status 200
	has "value=\"$user_code\""
	hasnt 'name="decision"'
	cgi authorize GET "/device?user_code=$user_code" ''
	has 'name="password"'
	printf '%s' "$PASSWORD" | gatehouse user add second --password-stdin >/dev/null
	gatehouse device add --user second --type c2c-switch --id lamp --name L >/dev/null
	local ann=$session theirs
	type_code "$user_code" "$ann"
	theirs=$fields
	sign_in second "$PASSWORD"
	form /device "$session"
	post /device "$theirs&device=lamp&decision=allow"
	status 403
	type_code "$user_code" "$ann"
	post /device "${fields}x&device=lamp&decision=allow"
	status 403
	post /device "$fields&device=lamp&decision=allow" HTTP_ORIGIN=http://evil.test
	status 403
	cgi authorize POST /device "$fields&device=lamp&decision=allow" HTTP_COOKIE="$ann"
	status 403
	post /device "$fields&device=bobs&decision=allow"
	status 403
	post /device "$fields&decision=allow"
	status 400
	poll; j authorization_pending
	session=$ann
}

# --- G: clients that sign ---

# assertion [NAME=JSON...]: a right one of the client "signer", with claims (or alg, key, header.NAME) changed.
assertion() {
	node "$TOP/tests/assert.mjs" sign "$BATS_FILE_TMPDIR/signer.key" signer "${AUD:-$PUBLIC}" "$(($(date +%s) + ${LATER:-0}))" "$@"
}

# as_signer ASSERTION [MORE]
as_signer() { tk /token "grant_type=client_credentials&$TYPE&client_assertion=$1${2-}" X=; }

@test "G private_key_jwt: the issuer or the token endpoint as audience, with or without client_id" {
	as_signer "$(assertion)"
	status 200
	as_signer "$(AUD=$PUBLIC/token assertion)" '&client_id=signer'
	status 200
	local token=$(json .access_token)
	tk /introspect "token=$token&$TYPE&client_assertion=$(assertion)" X=
	json .active >/dev/null
	tk /revoke "token=$token&$TYPE&client_assertion=$(assertion)" X=
	[ "$body" = '{}' ]
	as_signer "$(assertion "aud=[\"urn:x\",\"$PUBLIC\"]")"
	status 200
}

@test "G01 an assertion comes once, also to 8 at once" {
	local one=$(assertion) n pids=() dir=$BATS_TEST_TMPDIR
	as_signer "$one"
	status 200
	as_signer "$one"; j invalid_client 401
	as_signer "$(assertion 'jti="same"')"
	status 200
	as_signer "$(assertion 'jti="same"')"; j invalid_client 401
	one=$(assertion)
	for n in {1..8}; do
		(BATS_TEST_TMPDIR=$dir/$n; mkdir "$BATS_TEST_TMPDIR"; as_signer "$one"; echo "$code" >"$dir/$n/code") &
		pids+=($!)
	done
	wait "${pids[@]}"
	[ "$(cat "$dir"/*/code | sort | uniq -c | tr -s ' \n' ' ')" = ' 1 200 7 401 ' ]
}

@test "G02 G03 G04 assertions for others, too long, expired, unsigned, by other keys: invalid_client, all the same" {
	local now=$(date +%s) change
	for change in 'aud="https://evil.test"' "aud=\"$PUBLIC/\"" 'aud=null' 'aud=["urn:x"]' "exp=$((now + 301 + 60))" "exp=$((now - 1))" \
		'exp=null' 'exp="9999999999"' 'exp=1e300' "nbf=$((now + 600))" "iat=$((now + 600))" 'iss="other"' 'sub="other"' 'iss=null' \
		'sub=null' 'jti=null' 'jti=""' "jti=\"$(printf '%0300d' 0)\"" 'alg="none"' 'alg="HS256"' 'alg="RS256"' 'alg="ES512"' \
		'key="own"' 'header.jwk="own"' 'header.crit=["x"]' 'tail="===="' 'tail=".x"' 'tail="cut"'; do
		as_signer "$(assertion "$change")"
		[ "$code" = 401 ] && [ "$(json .error)" = invalid_client ] || { echo "$change: $code $body"; return 1; }
	done
	as_signer x; j invalid_client 401
	as_signer ''; j invalid_request
	tk /token "grant_type=client_credentials&client_assertion=$(assertion)" X=; j invalid_request
	tk /token "grant_type=client_credentials&client_assertion_type=urn:x&client_assertion=$(assertion)" X=; j invalid_client 401
	as_signer "$(assertion)" '&client_id=other'
	[ "$code" = 400 ] || [ "$code" = 401 ]
	tk /token "grant_type=client_credentials&client_id=signer&client_secret=$SECRET" X=; j invalid_client 401
	tk /token grant_type=client_credentials "$(basic "signer:$SECRET")"; j invalid_client 401
	tk /token "grant_type=client_credentials&$TYPE&client_assertion=$(assertion)" "$(basic)"
	[ "$code" = 400 ] || [ "$code" = 401 ]
	as_signer "$(assertion)"
	status 200
}

# --- the old dialect ---

@test "legacy_groovy: parameters in the query, refresh by code, for that client alone" {
	URI="/authorize?client_id=groovy&response_type=code&client_secret=$SECRET&scope=read,write&redirect_uri=$(urlencode "$REDIRECT")" consent lamp
	local query="client_id=groovy&client_secret=$SECRET&redirect_uri=$(urlencode "$REDIRECT")" token
	cgi token POST "/token?grant_type=authorization_code&code=$granted&$query" ''
	status 200
	hasnt "$SECRET"
	[ "$(json .scope)" = 'devices:read devices:control' ]
	token=$(json .refresh_token)
	cgi token POST "/token?grant_type=refresh_token&code=$token&$query" ''
	status 200
	cgi token POST "/token?grant_type=refresh_token&code=$(json .refresh_token)&${query/$SECRET/wrong}" ''
	j invalid_client 401
	issue ann smartthings
	cgi token POST "/token?grant_type=refresh_token&refresh_token=$refresh_token&client_id=smartthings&client_secret=$SECRET" ''
	j invalid_request
	tk /token "grant_type=refresh_token&code=$refresh_token"; j invalid_request
	cgi token GET "/token?grant_type=refresh_token&code=$token&$query" ''
	status 405
}

@test "a native client comes back to any port of its loopback address, and to nothing else" {
	gatehouse client add native --public --redirect-uri http://127.0.0.1/done --redirect-uri 'http://[::1]/done' >/dev/null
	local pkce='&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256' uri
	for uri in http://127.0.0.1/done http://127.0.0.1:51004/done 'http://[::1]:1/done'; do
		cgi authorize GET "/authorize?client_id=native&response_type=code&redirect_uri=$(urlencode "$uri")$pkce" '' HTTP_COOKIE="$session"
		status 200
	done
	for uri in http://127.0.0.1:/done http://127.0.0.1:x/done http://127.0.0.1:1@evil.test/done http://127.0.0.1:1.evil.test/done \
		http://127.0.0.1:123456/done http://127.0.0.1:1/other http://localhost:1/done https://127.0.0.1:1/done http://127.0.0.2:1/done \
		'http://[::1]:1/done/' 'http://127.0.0.1:1/done?x' 'http://127.0.0.1:1/done#x' 'http://127.0.0.1:80:1/done' http://127.0.0.1:-1/done; do
		cgi authorize GET "/authorize?client_id=native&response_type=code&redirect_uri=$(urlencode "$uri")$pkce" '' HTTP_COOKIE="$session"
		[ "$code" = 400 ] && [ -z "$location" ] || { echo "$uri: $code"; return 1; }
	done
}

# --- the owner's links ---

@test "links: nobody but the owner sees or changes a link; a change works at once; devices that come later" {
	local PROGRAM=console ann=$session
	issue ann smartthings --device lamp
	cgi console GET /links ''
	status 303
	cgi console GET "/links/$sid" ''
	status 303
	cgi console GET /links '' HTTP_COOKIE="$session"
	has SmartThings
	has "/links/$sid"
	printf '%s' "$PASSWORD" | gatehouse user add stranger --password-stdin >/dev/null
	sign_in stranger "$PASSWORD"
	cgi console GET /links '' HTTP_COOKIE="$session"
	hasnt "$sid"
	cgi console GET "/links/$sid" '' HTTP_COOKIE="$session"
	status 404
	form /account "$session" console
	post "/links/$sid" action=unlink
	status 404
	opens "$access"
	form "/links/$sid" "$ann" console
	cgi console POST "/links/$sid" action=unlink HTTP_COOKIE="$ann"
	status 403
	post "/links/$sid" action=unlink HTTP_ORIGIN=http://evil.test
	status 403
	post "/links/$sid" 'action=save&device=bobs'
	status 403
	post "/links/$sid" action=magic
	status 400
	opens "$access"
	post "/links/$sid" 'action=save&device=door&include_new=yes'
	status 303
	gatehouse device add --user ann --type c2c-switch --id later --name Later >/dev/null
	schema discoveryRequest "$access"
	[ "$(json '.devices | map(.externalDeviceId) | sort | join(" ")')" = 'door later' ]
	post "/links/$sid" action=unlink
	status 303
	closed "$access" INTEGRATION-DELETED
	refresh "$refresh_token"; j invalid_grant
	cgi console GET "/links/$sid" '' HTTP_COOKIE="$ann"
	status 404
	session=$ann
}

@test "activity: the owner's events, nobody else's, and no secret" {
	issue ann smartthings
	tk /revoke "token=$refresh_token"
	run ! sign_in ann wrong-horse-1
	cgi console GET /activity '' HTTP_COOKIE="$session"
	status 200
	has "<strong>Link ended</strong> · <bdi>SmartThings</bdi> · ended by the app"
	hasnt wrong-horse
	hasnt "$refresh_token"
	cgi console GET /activity ''
	status 303
}
