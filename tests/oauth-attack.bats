#!/usr/bin/env bats
# The authorization server under attack, as far as authorize.bats, token.bats and pages.bats leave it: guessing, password
# change, times and switches, access tokens where they are used, a store that cannot be written. Titles begin with the rows of
# the attack checklist.
# long because: the rows share their instance and little else.

setup_file() {
	load helper
	load oauth
	make_root "$BATS_FILE_TMPDIR/root"
	moving_clock
	gatehouse device add --user ann --type c2c-switch --id private --name Private >/dev/null
	printf '%s' "$SECRET" | gatehouse client add other --secret-stdin --name Other --auth basic --pkce optional \
		--redirect-uri "$REDIRECT" --scope devices:read >/dev/null
	printf '%s' "$SECRET" | gatehouse client add service --secret-stdin --grant client_credentials --auth basic >/dev/null
	sign_in ann "$PASSWORD"
	export session
}

setup() {
	load helper
	load oauth
	load_libs
}

teardown() { clock 0; }

# known USER: the cookie of a browser that has signed in before, without its session.
known() {
	login "$1" "$PASSWORD" REMOTE_ADDR=203.0.113.9
	status 303
	KNOWN=$(cookies | tr ';' '\n' | grep known | tr -d ' ')
	[ -n "$KNOWN" ]
}

# waits: 429 as a page, with the seconds to wait.
waits() {
	status 429
	[[ $type == text/html* ]]
	[[ $(header Retry-After) =~ ^[0-9]+$ ]]
	(($(header Retry-After) >= 1 && $(header Retry-After) <= 900))
	[[ $(cookies) != *session* ]]
}

# --- B: guessing ---

@test "B08 the time that a login takes does not tell a name that exists from one that does not" {
	fast
	local user n t0 t1 out=$BATS_TEST_TMPDIR/times
	form /login
	for n in {1..30}; do
		for user in bystander$n nobody$n; do
			[[ $user == nobody* ]] || printf '%s' "$PASSWORD" | gatehouse user add "$user" --password-stdin >/dev/null
			t0=${EPOCHREALTIME/./}
			post /login "username=$user&password=wrong-horse-1" REMOTE_ADDR=198.51.100.$n
			t1=${EPOCHREALTIME/./}
			status 403
			echo "${user%%[0-9]*} $((t1 - t0))" >>"$out"
		done
	done
	ratio bystander nobody 0.7 1.4 <"$out"
}

# ratio A B LEAST MOST: of the medians of the lines "name number".
ratio() {
	sort -k1,1 -k2,2n | awk -v a="$1" -v b="$2" -v least="$3" -v most="$4" '{ v[$1, ++n[$1]] = $2 }
		END { x = v[a, int((n[a] + 1) / 2)]; y = v[b, int((n[b] + 1) / 2)]; r = x / y; print x, y, r
		exit !(n[a] >= 30 && n[b] >= 30 && r >= least && r <= most) }'
}

@test "C47 the time of a refusal does not tell an unknown client from a wrong secret, nor a long one" {
	fast
	local kind n t0 t1 id secret out=$BATS_TEST_TMPDIR/times
	for n in {1..30}; do
		for kind in wrong unknown long; do
			id=smartthings secret=wrong-secret-of-some-length
			[ $kind != unknown ] || id=smartthinks
			[ $kind != long ] || secret=$(printf '%01000d' 0)
			t0=${EPOCHREALTIME/./}
			tk /token 'grant_type=refresh_token&refresh_token=x' "$(basic "$id:$secret")"
			t1=${EPOCHREALTIME/./}
			status 401
			echo "$kind $((t1 - t0))" >>"$out"
		done
	done
	ratio wrong unknown 0.7 1.4 <"$out"
	ratio wrong long 0.7 1.4 <"$out"
}

@test "B10 B12 guessing one account's password from many addresses: slower and slower, the owner's browser is let in, nothing lasts" {
	fast
	printf '%s' "$PASSWORD" | gatehouse user add victim --password-stdin >/dev/null
	gatehouse device add --user victim --type c2c-switch --id lamp --name L >/dev/null
	known victim
	issue victim smartthings
	local KEPT=$KNOWN
	KNOWN=''
	guess() { login victim "wrong-horse-$1" REMOTE_ADDR=198.51.100.$1; }
	until_waits guess
	waits
	((tried >= 5 && tried <= 11))
	login ViCtIm "$PASSWORD" REMOTE_ADDR=198.51.100.200
	waits
	KNOWN=$KEPT login victim "$PASSWORD" REMOTE_ADDR=198.51.100.201
	status 303
	refresh "$refresh_token"
	status 200
	clock 901000
	login victim "$PASSWORD" REMOTE_ADDR=198.51.100.202
	status 303
	gatehouse activity --user victim --json | jq -se 'map(select(.event == "authn_login_fail")) | length >= 5' >/dev/null
}

@test "B10 a known browser has a few tries of its own, and for that account only" {
	fast
	printf '%s' "$PASSWORD" | gatehouse user add careful --password-stdin >/dev/null
	known careful
	guess() { login careful "wrong-horse-$1" REMOTE_ADDR=198.51.101.$1; }
	until_waits guess
	waits
	((tried >= 5 && tried <= 11))
	local KEPT=$KNOWN
	KNOWN='' login careful "$PASSWORD" REMOTE_ADDR=198.51.101.99
	status 303
	# A cookie that was changed is nobody's.
	KNOWN=${KEPT/known=?/known=}
	clock 7200000
	until_waits guess
	KNOWN='' login careful "$PASSWORD" REMOTE_ADDR=198.51.101.99
	waits
	KNOWN=$KEPT login careful "$PASSWORD" REMOTE_ADDR=198.51.101.99
	status 303
}

@test "B11 one password for many names from one address: that address waits, others do not" {
	fast
	spray() { login "sprayed$1" 'Spring-2026-1' REMOTE_ADDR=198.51.103.1; }
	until_waits spray
	waits
	((tried >= 20 && tried <= 26))
	printf '%s' "$PASSWORD" | gatehouse user add elsewhere --password-stdin >/dev/null
	login elsewhere "$PASSWORD" REMOTE_ADDR=198.51.103.2
	status 303
}

@test "B15 fifty logins at once: each is answered, and none is a failure of ours" {
	fast
	local n pids=()
	form /login
	local fields="csrf=$csrf&username=ann&password=wrong-horse-1" dir=$BATS_TEST_TMPDIR
	for n in {1..50}; do
		(
			BATS_TEST_TMPDIR=$dir/$n
			mkdir "$BATS_TEST_TMPDIR"
			cgi authorize POST /login "$fields" HTTP_COOKIE="$cookie" REMOTE_ADDR=198.51.104.$n
			echo "$code" >"$dir/$n/code"
		) &
		pids+=($!)
	done
	wait "${pids[@]}"
	[ "$(cat "$dir"/*/code | grep -cE '^(403|429)$')" = 50 ]
	clock 901000
	sign_in ann "$PASSWORD"
}

@test "B28 a password change needs the old one, ends every other session at once, and the links if that is wanted" {
	printf '%s' "$PASSWORD" | gatehouse user add changer --password-stdin >/dev/null
	gatehouse device add --user changer --type c2c-switch --id lamp --name L >/dev/null
	issue changer smartthings
	local mine theirs kept=$refresh_token PROGRAM=console
	sign_in changer "$PASSWORD"; theirs=$session
	sign_in changer "$PASSWORD"; mine=$session
	cgi console GET /account '' HTTP_COOKIE="$theirs"
	status 200
	form /account "$mine" console
	post /account 'action=password&current=wrong-horse-1&new=another-horse-7'
	status 403
	post /account 'action=password&new=another-horse-7'
	status 403
	post /account "action=password&current=$(urlencode "$PASSWORD")&new=short"
	status 400
	cgi console POST /account "action=password&current=$(urlencode "$PASSWORD")&new=another-horse-7" HTTP_COOKIE="$mine"
	status 403
	cgi console GET /account '' HTTP_COOKIE="$theirs"
	status 200
	# In the same second as the sign-ins above, for all that the sessions know.
	post /account "action=password&current=$(urlencode "$PASSWORD")&new=another-horse-7"
	status 303
	local fresh
	fresh=$(cookies)
	for cookie in "$mine" "$theirs"; do
		cgi console GET /account '' HTTP_COOKIE="$cookie"
		[ "$code" = 303 ] && [ "$location" = /login ] || { echo "$code $location"; return 1; }
	done
	cgi console GET /account '' HTTP_COOKIE="$fresh"
	status 200
	refresh "$kept"
	status 200
	kept=$(json .refresh_token)
	form /account "$fresh" console
	post /account 'action=password&current=another-horse-7&new=a-third-horse-7&links=yes'
	status 303
	refresh "$kept"; j invalid_grant
	run ! sign_in changer "$PASSWORD"
	sign_in changer a-third-horse-7
}

@test "B28 deleting the account needs the password, and leaves nothing" {
	local id=$(printf '%s' "$PASSWORD" | gatehouse user add leaver --password-stdin --json | jq -r .id) PROGRAM=console
	gatehouse device add --user leaver --type c2c-switch --id lamp --name L >/dev/null
	issue leaver smartthings
	sign_in leaver "$PASSWORD"
	form /account "$session" console
	post /account 'action=delete&current=wrong-horse-1'
	status 403
	opens "$access"
	post /account "action=delete&current=$(urlencode "$PASSWORD")"
	status 303
	closed "$access"
	cgi console GET /account '' HTTP_COOKIE="$session"
	status 303
	run ! sign_in leaver "$PASSWORD"
	refresh "$refresh_token"; j invalid_grant
	refute [ -n "$(gatehouse activity --json | grep "$id")" ]
}

@test "B30 nobody is there who was not made" {
	local name
	for name in admin root administrator test user guest gatehouse; do
		run ! sign_in "$name" "$name"
		run ! sign_in "$name" password
		[ -z "$(gatehouse user list --json | jq -r --arg n "$name" '.[] | select(.name == $n) | .name')" ]
	done
}

# --- C: times and switches ---

@test "C50 a refresh token that was idle for too long, and one whose end has come however much it was used" {
	local day=86400000 n
	issue ann smartthings
	clock $((181 * day))
	refresh "$refresh_token"; j invalid_grant
	clock 0
	issue ann smartthings
	for n in 1 2 3 4; do
		clock $((n * 170 * day))
		refresh "$refresh_token"
		status 200
		refresh_token=$(json .refresh_token)
	done
	clock $((731 * day))
	refresh "$refresh_token"; j invalid_grant
}

@test "C50 a clock that is set back: the owner goes on, and nothing lives longer" {
	local before
	issue ann smartthings
	clock 86400000
	refresh "$refresh_token"
	status 200
	before=$(gatehouse grant show "$sid" --json | jq -c '[.last_used, .ends]')
	clock -86400000
	refresh "$(json .refresh_token)"
	status 200
	[ "$(gatehouse grant show "$sid" --json | jq -c '[.last_used, .ends]')" = "$before" ]
}

@test "C51 a client that is disabled, or gets a new secret, between two steps" {
	printf '%s' "$SECRET" | gatehouse client add changing --secret-stdin --redirect-uri "$REDIRECT" >/dev/null
	issue ann changing
	gatehouse client disable changing >/dev/null
	tk /token "grant_type=refresh_token&refresh_token=$refresh_token" "$(basic "changing:$SECRET")"; j invalid_client 401
	closed "$access"
	gatehouse client enable changing >/dev/null
	opens "$access"
	local new
	new=$(gatehouse client secret changing --json | jq -r .secret)
	tk /token "grant_type=refresh_token&refresh_token=$refresh_token" "$(basic "changing:$SECRET")"; j invalid_client 401
	tk /token "grant_type=refresh_token&refresh_token=$refresh_token" "$(basic "changing:$new")"
	status 200
	refresh_token=$(json .refresh_token)
	# Two count while whoever uses it is being told, and no third.
	local newer
	newer=$(gatehouse client secret changing --overlap 3 --json | jq -r .secret)
	for s in "$new" "$newer"; do
		tk /token "grant_type=refresh_token&refresh_token=$refresh_token" "$(basic "changing:$s")"
		status 200
	done
	tk /token "grant_type=refresh_token&refresh_token=$refresh_token" "$(basic "changing:$SECRET")"; j invalid_client 401
	sleep 3.1
	tk /token "grant_type=refresh_token&refresh_token=$refresh_token" "$(basic "changing:$new")"; j invalid_client 401
	gatehouse client delete changing >/dev/null
	closed "$access"
}

@test "C54 a client's own token is nobody's, and opens no devices" {
	gatehouse user add service >/dev/null
	gatehouse user add client:service >/dev/null
	tk /token grant_type=client_credentials "$(basic "service:$SECRET")"
	status 200
	json 'has("refresh_token") | not' >/dev/null
	local token=$(json .access_token)
	[ "$(claim sub "$token")" = client:service ]
	closed "$token"
	introspect "$token" "$(basic "service:$SECRET")"
	json '.active and .sub == "client:service" and (has("sid") | not)' >/dev/null
	introspect "$token"; inactive
	tk /revoke "token=$token" "$(basic "service:$SECRET")"
	status 200
	introspect "$token" "$(basic "service:$SECRET")"; inactive
}

@test "C55 tokens for a resource that is not ours" {
	issue ann smartthings
	refresh "$refresh_token" '&resource=urn:evil'; j invalid_target
	tk /token 'grant_type=client_credentials&resource=https%3A%2F%2Fevil.test' "$(basic "service:$SECRET")"; j invalid_target
	refresh "$refresh_token" '&resource=urn:gatehouse:devices'
	status 200
	cgi authorize GET "$(authorize_uri '&resource=urn:evil')" '' HTTP_COOKIE="$session"
	status 303
	[[ $location == "$REDIRECT?error=invalid_target&"*"&state=st-1&iss="* ]]
	cgi authorize GET "$(authorize_uri '&resource=urn:gatehouse:devices&resource=urn:evil')" '' HTTP_COOKIE="$session"
	status 303
	cgi authorize GET "$(authorize_uri "&resource=$(urlencode "$PUBLIC")")" '' HTTP_COOKIE="$session"
	status 200
}

# --- D: access tokens where they are used ---

@test "D64 a revoked link, a disabled or deleted user, a disabled client: refused at once, at the connector and at introspection" {
	issue ann smartthings
	opens "$access"
	introspect "$access"
	json .active >/dev/null
	gatehouse grant revoke "$sid" >/dev/null
	closed "$access"
	introspect "$access"; inactive
	gatehouse user add shortlived >/dev/null
	gatehouse device add --user shortlived --type c2c-switch --id lamp --name L >/dev/null
	issue shortlived smartthings
	opens "$access"
	gatehouse user disable shortlived >/dev/null
	closed "$access"
	introspect "$access"; inactive
	introspect "$refresh_token"; inactive
	gatehouse user enable shortlived >/dev/null
	opens "$access"
	gatehouse user delete shortlived >/dev/null
	closed "$access"
	introspect "$access"; inactive
}

@test "D65 a device that the link does not hold does not exist, for states and commands alike" {
	issue ann smartthings --device lamp
	schema discoveryRequest "$access"
	[ "$(json '.devices | map(.externalDeviceId) | join(" ")')" = lamp ]
	schema stateRefreshRequest "$access" ',"devices":[{"externalDeviceId":"private"}]'
	json '.deviceState[0].deviceError[0].errorEnum == "DEVICE-DELETED" and (.deviceState[0] | has("states") | not)' >/dev/null
	schema commandRequest "$access" ',"devices":[{"externalDeviceId":"private","commands":[{"component":"main",
		"capability":"st.switch","command":"on","arguments":[]}]}]'
	json '.deviceState[0].deviceError[0].errorEnum == "DEVICE-DELETED"' >/dev/null
	[ "$(gatehouse device show private --user ann --json | jq '[.. | objects | select(has("switch")) | .switch] | tostring' | grep -c '"on"')" = 0 ]
	gatehouse grant choose "$sid" --device private >/dev/null
	schema discoveryRequest "$access"
	[ "$(json '.devices | map(.externalDeviceId) | join(" ")')" = private ]
}

@test "D66 a link that may only read moves nothing" {
	issue ann other --device private
	schema commandRequest "$access" ',"devices":[{"externalDeviceId":"private","commands":[{"component":"main",
		"capability":"st.switch","command":"on","arguments":[]}]}]'
	hasnt '"value":"on"'
	json '(.deviceState[0].deviceError // [.globalError])[0].errorEnum | length > 0' >/dev/null
}

@test "D67 a key that was replaced counts until its tokens are dead, and not longer" {
	local at=$ROOT day=86400000 old kid
	ROOT=$BATS_TEST_TMPDIR/keys
	cp -r "$at" "$ROOT"
	issue ann smartthings --expires-in 2592000
	old=$access kid=$(gatehouse keys list --json | jq -r .[0].kid)
	gatehouse keys rotate --now >/dev/null
	opens "$old"
	issue ann smartthings
	[ "$(jq -Rr 'split(".")[0] | @base64d | fromjson | .kid' <<<"$access")" != "$kid" ]
	opens "$access"
	cgi token GET /.well-known/jwks.json ''
	has "$kid"
	clock $((29 * day))
	gatehouse keys rotate --now >/dev/null
	opens "$old"
	clock $((32 * day))
	gatehouse keys rotate >/dev/null
	[ ! -e "$ROOT/secret/jwt-$kid.pem" ]
	cgi token GET /.well-known/jwks.json ''
	hasnt "$kid"
	clock 0
	closed "$old"
	ROOT=$at
}

@test "D68 D69 a token in the address is not seen; its type may be written in any case" {
	issue ann smartthings
	cgi schema-webhook POST "/schema?access_token=$access" '{"headers":{"schema":"st-schema","version":"1.0",
		"interactionType":"discoveryRequest","requestId":"R"}}' CONTENT_TYPE=application/json
	hasnt '"devices"'
	hasnt "$access"
	cgi schema-webhook POST /schema '{"headers":{"schema":"st-schema","version":"1.0","interactionType":"discoveryRequest",
		"requestId":"R"},"authentication":{"tokenType":"bearer","token":"'"$access"'"}}' CONTENT_TYPE=application/json
	json '.devices | length > 0' >/dev/null
	cgi token POST "/introspect?token=$access" 'x=1' "$(basic)"; j invalid_request
}

@test "D70 another client's token is inactive, whatever it is, and cannot be taken back" {
	issue ann smartthings
	introspect "$access" "$(basic "other:$SECRET")"; inactive
	introspect "$refresh_token" "$(basic "other:$SECRET")"; inactive
	introspect "$access"
	json '.active and .client_id == "smartthings"' >/dev/null
}

@test "D01-D63 forged tokens: at the connector and at introspection as in the function that both use" {
	fast
	issue ann smartthings
	opens "$access"
	node "$TOP/tests/forge.mjs" "$access" "$ROOT/secret/jwt-$(gatehouse keys list --json | jq -r '.[0].kid').pem" >"$BATS_TEST_TMPDIR/forged"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/forged")" -ge 20 ]
	local name token
	while read -r name token; do
		schema discoveryRequest "$token"
		[[ $body != *'"devices"'* ]] || { echo "$name opens"; return 1; }
		introspect "$token"
		[ "$body" = '{"active":false}' ] || { echo "$name: $body"; return 1; }
	done <"$BATS_TEST_TMPDIR/forged"
	opens "$access"
}

# --- H: the store ---

# unwritable PROGRAM METHOD URI FIELDS [NAME=VALUE...]: as cgi, while the disk takes nothing, as when it is full or broken.
unwritable() {
	[ -e "$BATS_FILE_TMPDIR/full.so" ] || gcc -D_GNU_SOURCE -I"$TOP/cgi-bin" -shared -fPIC -o "$BATS_FILE_TMPDIR/full.so" "$TOP/tests/fake/full-disk.c"
	cgi "$@" LD_PRELOAD="$BATS_FILE_TMPDIR/full.so" ASAN_OPTIONS="$ASAN_OPTIONS:verify_asan_link_order=0"
}

@test "H05 a store that cannot be written: 503 and Retry-After, in the form of the address, and nothing is given out" {
	local consent_page other
	issue ann smartthings
	other=$refresh_token
	issue ann smartthings
	form "$(authorize_uri)" "$session"
	consent_page="csrf=$csrf&request=$(hidden request)&device=lamp&decision=allow"
	unwritable token POST /token "grant_type=refresh_token&refresh_token=$refresh_token" "$(basic)"
	j temporarily_unavailable 503
	[[ $(header Retry-After) =~ ^[0-9]+$ ]]
	hasnt access_token
	unwritable token POST /revoke "token=$other" "$(basic)"
	j temporarily_unavailable 503
	[[ $(header Retry-After) =~ ^[0-9]+$ ]]
	unwritable authorize POST /authorize "$consent_page" HTTP_COOKIE="$session"
	status 503
	[[ $type == text/html* && $(header Retry-After) =~ ^[0-9]+$ && -z $location ]]
	form /login
	unwritable authorize POST /login "csrf=$csrf&username=ann&password=$(urlencode "$PASSWORD")" HTTP_COOKIE="$cookie"
	status 503
	[[ $type == text/html* && $(header Retry-After) =~ ^[0-9]+$ && $(cookies) != *session* ]]
	# What only reads goes on.
	unwritable token POST /introspect "token=$access" "$(basic)"
	json .active >/dev/null
	# And nothing was spoilt: what was told to try again does so.
	tk /revoke "token=$other"
	status 200
	refresh "$other"; j invalid_grant
	refresh "$refresh_token"
	status 200
	consent lamp
	exchange "$granted"
	status 200
}
