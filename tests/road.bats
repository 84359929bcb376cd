#!/usr/bin/env bats
# The whole road with curl alone, as SmartThings and an owner's browser would go it, behind each web server and on each engine.

load instance

setup_file() {
	bats_require_minimum_version 1.5.0
	W=$(mktemp -d /tmp/gatehouse-road.XXXXXX)
	export W
	chmod 711 "$W"	# root's PostgreSQL is another user's process
	local web
	for web in nginx lighttpd; do
		deploy --root "$W/$web" --web "$web" --port "$(free_port)" >"$W/$web.out" || { cat "$W/$web.out"; return 1; }
	done
	deploy --root "$W/postgresql" --engine postgresql --port "$(free_port)" >"$W/pg.out" || { cat "$W/pg.out"; return 1; }
}

teardown_file() {
	local web
	for web in nginx lighttpd postgresql; do [ ! -d "$W/$web" ] || deploy stop --root "$W/$web" >/dev/null || true; done
	rm -rf "$W"
}

setup() {
	load /usr/lib/bats/bats-support/load
	load /usr/lib/bats/bats-assert/load
}

# page ARGS...: a request of the owner's browser; $page is what it shows, $location where it is sent.
page() {
	page=$(curl -qsS -b "$JAR" -c "$JAR" -D "$W/head" "$@")
	location=$(sed -n 's/^location: //Ip' "$W/head" | tr -d '\r')
}

# field NAME: a hidden field of the page.
field() { sed -n "s/.*name=\"$1\" value=\"\([^\"]*\)\".*/\1/p" <<<"$page" | head -n 1; }

# schema TYPE [MORE]: a message of SmartThings with the token $TOKEN, more members behind it.
schema() {
	curl -qsS -H 'Content-Type: application/json' "$URL/schema" -d '{"headers":{"schema":"st-schema","version":"1.0",
		"interactionType":"'"$1"'","requestId":"'"$1"'-1"},"authentication":{"tokenType":"Bearer","token":"'"$TOKEN"'"}'"${2-}"'}'
}

# token ARGS...: a call of the token endpoint; the client sends its credentials twice, as SmartThings does.
token() {
	curl -qsS -u "$CLIENT_ID:$CLIENT_SECRET" "$URL/token" -d "client_id=$CLIENT_ID" -d "client_secret=$CLIENT_SECRET" "$@"
}

# walk SERVER: login, choice, consent, code, tokens, discovery, refresh, command; everything is stopped and started; still there.
walk() {
	local state='eyJhbGciOiJIUzM4NCJ9.YS1-Xw.-_ ~' code answer refresh
	. "$W/$1/demo.env"
	JAR=$W/$1.jar
	page -G "$URL/authorize" -d "client_id=$CLIENT_ID" -d response_type=code --data-urlencode "redirect_uri=$REDIRECT_URI" \
		--data-urlencode "state=$state"
	page "$URL/login" -d "csrf=$(field csrf)" -d "request=$(field request)" --data-urlencode "username=$USER" \
		--data-urlencode "password=$PASSWORD"
	assert_regex "$location" '^/authorize\?'
	page "$URL$location"
	assert_regex "$page" 'name="device" value="kitchen-dimmer" checked'
	page "$URL/authorize" -d "csrf=$(field csrf)" -d "request=$(field request)" -d device=kitchen-dimmer \
		-d device=front-door-lock -d decision=allow
	assert_equal "${location%%\?*}" "$REDIRECT_URI"
	assert_equal "$(sed 's/.*[?&]state=\([^&]*\).*/\1/' <<<"$location")" "$(jq -rn --arg v "$state" '$v | @uri')"
	code=$(sed 's/.*[?&]code=\([^&]*\).*/\1/' <<<"$location")

	answer=$(token -d grant_type=authorization_code -d "code=$code" --data-urlencode "redirect_uri=$REDIRECT_URI")
	TOKEN=$(jq -er .access_token <<<"$answer")
	refresh=$(jq -er .refresh_token <<<"$answer")
	assert_equal "$(jq -r '.token_type, .expires_in' <<<"$answer" | paste -sd' ')" 'Bearer 86400'
	assert_equal "$(token -d grant_type=authorization_code -d "code=nonsense" | jq -r .error)" invalid_grant

	answer=$(schema discoveryRequest)
	assert_equal "$(jq -r '.headers.interactionType, .headers.requestId, (.devices | map(.externalDeviceId) | sort | join(","))' \
		<<<"$answer" | paste -sd' ')" 'discoveryResponse discoveryRequest-1 front-door-lock,kitchen-dimmer'

	answer=$(schema commandRequest ',"devices":[{"externalDeviceId":"kitchen-dimmer","commands":[
		{"component":"main","capability":"st.switch","command":"on","arguments":[]},
		{"component":"main","capability":"st.switchLevel","command":"setLevel","arguments":[42]}]}]')
	assert_equal "$(jq -c '[.deviceState[0].states[] | {(.attribute): .value}] | add' <<<"$answer")" '{"switch":"on","level":42}'

	answer=$(token -d grant_type=refresh_token -d "refresh_token=$refresh")
	TOKEN=$(jq -er .access_token <<<"$answer")
	[ "$(jq -r .refresh_token <<<"$answer")" != "$refresh" ]

	deploy restart --root "$W/$1" >/dev/null
	answer=$(schema stateRefreshRequest ',"devices":[{"externalDeviceId":"kitchen-dimmer"},{"externalDeviceId":"hall-switch"}]')
	assert_equal "$(jq -c '[.deviceState[0].states[] | select(.attribute == "switch" or .attribute == "level") | .value]' \
		<<<"$answer")" '["on",42]'
	assert_equal "$(jq -r '.deviceState[1].deviceError[0].errorEnum' <<<"$answer")" DEVICE-DELETED
}

@test "nginx: from the login to a lamp that stays on, over a restart of everything" { walk nginx; }

@test "lighttpd: from the login to a lamp that stays on, over a restart of everything" { walk lighttpd; }

@test "PostgreSQL: from the login to a lamp that stays on, over a restart of everything, its server's too" { walk postgresql; }

@test "Deny sends the client away without a code" {
	. "$W/nginx/demo.env"
	JAR=$W/deny.jar
	page -G "$URL/authorize" -d "client_id=$CLIENT_ID" -d response_type=code --data-urlencode "redirect_uri=$REDIRECT_URI" -d state=s
	page "$URL/login" -d "csrf=$(field csrf)" -d "request=$(field request)" -d "username=$USER" --data-urlencode "password=$PASSWORD"
	page "$URL$location"
	page "$URL/authorize" -d "csrf=$(field csrf)" -d "request=$(field request)" -d decision=deny
	assert_regex "$location" '[?&]error=access_denied(&|$)'
	assert_regex "$location" '[?&]state=s(&|$)'
	refute_regex "$location" '[?&]code='
}
