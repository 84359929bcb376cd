#!/usr/bin/env bats
# Subscriptions of the REST API: who may be told what, and that changes arrive, signed, in order, until they do.

load helper
load pages
load courier
load rest

setup_file() {
	rest_root
	# Only here: the courier's clock may be moved, and this machine may be called.
	printf '{"public_url":"%s","insecure_loopback":true,"simulator":true}\n' "$PUBLIC" >"$ROOT/gatehouse.json"
	head -c 8 /dev/zero >"$ROOT/clock"
	mkdir -p "$ROOT/sock"
	COURIER_LOG=$BATS_FILE_TMPDIR/courier.log
	node "$TOP/tests/fake/subscriber.mjs" "$BATS_FILE_TMPDIR/answer" >"$BATS_FILE_TMPDIR/posts" 2>/dev/null 3>&- &
	HEARER=$!
	until_true test -s "$BATS_FILE_TMPDIR/posts"
	THERE=http://127.0.0.1:$(sed -n 's/^port //p' "$BATS_FILE_TMPDIR/posts")
	export COURIER_LOG HEARER THERE
	start_courier
	export COURIER
}

teardown_file() {
	stop_courier
	kill "$HEARER" 2>/dev/null || true
}

# posts PATH [FILTER]: what was posted there.
posts() { grep '^{' "$BATS_FILE_TMPDIR/posts" | jq -c --arg p "$1" "select(.path == \$p) | ${2:-.body | fromjson}"; }

# posted COUNT PATH: so many posts stand there, or soon will.
posted() { until_true has_posts "$1" "$2"; }
has_posts() { posts "$2" .; [ "$(posts "$2" | wc -l)" -ge "$1" ]; }

# subscribe JSON: sets $id and $secret.
subscribe() {
	call POST /subscriptions "$1"
	status 201
	id=$(json .id) secret=$(json .secret)
}

# kept PATH...: how many subscriptions there are with that address.
kept() { gatehouse store dump | jq -r 'select(.key | startswith("subscriptions/")) | .value.list[].callback' | grep -c "^$THERE/\($1\)$"; }

set_to() { gatehouse device set "$1" --user ann "switch.switch=$2" >/dev/null; }
answers() { [ "$1" = 200 ] && rm -f "$BATS_FILE_TMPDIR/answer" || echo "$1" >"$BATS_FILE_TMPDIR/answer"; }

@test "44 a change is posted, signed by the secret that was told" {
	install ann devices --device A --device B
	set_to A off
	subscribe '{"deviceId":"A","attributeName":"switch","callbackUrl":"'"$THERE/one"'"}'
	call PUT /devices/A '{"command":"on"}'
	status 204
	posted 1 /one
	[ "$(posts /one)" = '{"evt":{"deviceId":"A","name":"switch","value":"on"}}' ]
	[ "$(posts /one '.headers["x-gatehouse-subscription"]' | jq -r .)" = "$id" ]
	[[ $(posts /one '.headers["content-type"]' | jq -r .) == application/json* ]]
	local at body
	at=$(posts /one '.headers["x-gatehouse-timestamp"]' | jq -r .) body=$(posts /one .body | jq -r .)
	[ "$(posts /one '.headers["x-gatehouse-signature"]' | jq -r .)" = "sha256=$(printf '%s.%s' "$at" "$body" | openssl dgst -sha256 -hmac "$secret" | sed 's/.* //')" ]
	hasnt "$token"
}

@test "44 only what was asked for; the same again is the same; the end of it is the end" {
	install ann devices --device A --device B --device lamp
	subscribe '{"deviceId":"lamp","attributeName":"level","callbackUrl":"'"$THERE/two"'"}'
	local first=$id
	subscribe '{"deviceId":"lamp","attributeName":"level","callbackUrl":"'"$THERE/two"'"}'
	[ "$id" = "$first" ]
	call GET /subscriptions
	[ "$(json '.subscriptions | tojson')" = '[{"attributeName":"level","callbackUrl":"'"$THERE/two"'","deviceId":"lamp","id":"'"$id"'"}]' ]
	subscribe '{"deviceId":"lamp","attributeName":"healthStatus","callbackUrl":"'"$THERE/two"'"}'
	[ "$id" != "$first" ]
	id=$first
	set_to B on
	set_to B off
	gatehouse device set lamp --user ann switch.switch=on switchLevel.level=11 >/dev/null
	gatehouse device set lamp --user ann switchLevel.level=12 >/dev/null
	gatehouse device set lamp --user ann switchLevel.level=13 >/dev/null
	posted 3 /two
	[ "$(posts /two '.body | fromjson | .evt.value' | xargs)" = '11 12 13' ]
	call DELETE "/subscriptions/$id"
	is 204 ''
	call DELETE "/subscriptions/$id"
	smart 404 'Subscription not found'
	gatehouse device set lamp --user ann switchLevel.level=14 >/dev/null
	sleep 1
	[ "$(posts /two | wc -l)" = 3 ]
}

@test "44 words to the courier got lost: when it is told so, it looks at every subscriber" {
	install ann devices --device A --device B
	set_to A off
	subscribe '{"deviceId":"A","attributeName":"switch","callbackUrl":"'"$THERE/lost"'"}'
	set_to A on
	posted 1 /lost
	until_is 0 words	# or the subscription's own word would have it looked at
	unheard set_to A off
	sleep 1
	[ "$(posts /lost | wc -l)" = 1 ]
	missed
	posted 2 /lost
}

@test "44 nobody subscribes to what is not the installation's, nor ends another's" {
	install ann devices --device A
	subscribe '{"deviceId":"A","attributeName":"switch","callbackUrl":"'"$THERE/mine"'"}'
	local mine=$id
	for device in B bobs nothing; do
		call POST /subscriptions '{"deviceId":"'"$device"'","callbackUrl":"'"$THERE/no"'"}'
		smart 404 'Device not found'
	done
	call POST /subscriptions '{"deviceId":"A","attributeName":"level","callbackUrl":"'"$THERE/no"'"}'
	status 400
	call POST /subscriptions '{"deviceId":"A","attributeName":"switch"}'
	smart 400 'callbackUrl is required'
	install ann devices --device A
	call GET /subscriptions
	is 200 '{"subscriptions":[]}'
	call DELETE "/subscriptions/$mine"
	status 404
}

@test "44 callback URLs that are not called: this machine's network, files, odd forms" {
	install ann devices --device A
	printf '{"public_url":"%s"}\n' "$PUBLIC" >"$BATS_TEST_TMPDIR/strict.json"
	cp "$ROOT/gatehouse.json" "$BATS_TEST_TMPDIR/kept.json"
	cp "$BATS_TEST_TMPDIR/strict.json" "$ROOT/gatehouse.json"
	local url bad=''
	for url in "$THERE/x" http://localhost/ https://localhost/ https://127.0.0.1/ https://[::1]/ https://169.254.169.254/latest \
		https://10.0.0.1/ https://192.168.1.1/ http://dash.example/ file:///etc/passwd gopher://x/ https:///x https://user@dash.example/ \
		https://2130706433/ https://0x7f.1/ 'https://dash.example\@x/' 'https://dash.example /' x '' "https://dash.example/$(printf '%1000s' x | tr ' ' x)"; do
		call POST /subscriptions "$(jq -nc --arg u "$url" '{deviceId: "A", callbackUrl: $u}')"
		[ "$code" = 400 ] || bad+=" $url:$code"
	done
	call POST /subscriptions '{"deviceId":"A","callbackUrl":"https://dash.example/events"}'
	[ "$code" = 201 ] || bad+=' good'
	cp "$BATS_TEST_TMPDIR/kept.json" "$ROOT/gatehouse.json"
	[ -z "$bad" ] || { echo "$bad"; return 1; }
}

@test "44 a subscriber that fails is tried again, in order, and the API does not wait for it" {
	install ann devices --device B
	set_to B off
	answers 503
	subscribe '{"deviceId":"B","attributeName":"switch","callbackUrl":"'"$THERE/fails"'"}'
	set_to B on
	posted 1 /fails
	set_to B off
	set_to B on
	call GET /devices/B
	status 200
	answers 200
	ahead 60
	posted 4 /fails
	[ "$(posts /fails 'select(.status == "200") | .body | fromjson | .evt.value' | xargs)" = 'on off on' ]
}

@test "44 kill -9 of the courier loses nothing" {
	install ann devices --device C
	set_to C off
	answers 503
	subscribe '{"deviceId":"C","attributeName":"switch","callbackUrl":"'"$THERE/killed"'"}'
	set_to C on
	posted 1 /killed
	stop_courier KILL
	set_to C off
	# What was before a subscription is none of its business, whenever it is looked at.
	subscribe '{"deviceId":"C","attributeName":"switch","callbackUrl":"'"$THERE/later"'"}'
	answers 200
	start_courier
	ahead 60
	posted 3 /killed
	[ "$(posts /killed 'select(.status == "200") | .body | fromjson | .evt.value' | xargs)" = 'on off' ]
	set_to C on
	posted 1 /later
	[ "$(posts /later '.body | fromjson | .evt.value' | xargs)" = on ]
}

@test "40, 44 with the device's place in the installation, with the device, with the installation, goes the subscription" {
	answers 200
	gatehouse device add --user ann --type c2c-switch --id gone --name Gone >/dev/null
	install ann devices --device A --device B --device gone
	subscribe '{"deviceId":"A","attributeName":"switch","callbackUrl":"'"$THERE/left"'"}'
	subscribe '{"deviceId":"B","attributeName":"switch","callbackUrl":"'"$THERE/stays"'"}'
	subscribe '{"deviceId":"gone","attributeName":"switch","callbackUrl":"'"$THERE/gone"'"}'
	[ "$(kept 'left\|gone')" = 2 ]
	gatehouse device delete gone --user ann >/dev/null
	until_is 1 kept 'left\|gone'
	cgi console GET "/links/$grant" '' HTTP_COOKIE="$session"
	cgi console POST "/links/$grant" "csrf=$(hidden csrf)&action=save&input-devices=B" HTTP_COOKIE="$session"
	status 303
	[ "$(kept left)" = 0 ]
	[ "$(kept stays)" = 1 ]
	call GET /devices
	json '[.devices[].id] == ["B"]' >/dev/null
	subscribe '{"deviceId":"B","attributeName":"switch","callbackUrl":"'"$THERE/ended"'"}'
	gatehouse grant revoke "$grant" >/dev/null
	until_is 0 kept ended
	set_to A on
	set_to A off
	set_to B on
	sleep 1
	[ -z "$(posts /left)$(posts /gone)$(posts /ended)" ]
}

@test "44 while an app's file is gone nobody is told; with it back, what comes then" {
	cp "$ROOT/apps/devices.json" "$ROOT/apps/passing.json"
	cgi web-services GET /api/smartapps/endpoints
	install ann passing --device A
	set_to A off
	subscribe '{"deviceId":"A","attributeName":"switch","callbackUrl":"'"$THERE/passing"'"}'
	set_to A on
	posted 1 /passing
	rm "$ROOT/apps/passing.json"
	cgi web-services GET /api/smartapps/endpoints
	set_to A off
	sleep 1.5
	[ "$(posts /passing | wc -l)" = 1 ]
	cp "$ROOT/apps/devices.json" "$ROOT/apps/passing.json"
	cgi web-services GET /api/smartapps/endpoints
	set_to A on
	posted 2 /passing
	[ "$(posts /passing '.body | fromjson | .evt.value' | xargs)" = 'on on' ]
	rm "$ROOT/apps/passing.json"
}

@test "44 a subscriber that says Gone is told no more" {
	install ann devices --device A
	answers 410
	subscribe '{"deviceId":"A","attributeName":"switch","callbackUrl":"'"$THERE/410"'"}'
	set_to A on
	set_to A off
	posted 1 /410
	listed() { call GET /subscriptions; json '.subscriptions | length'; }
	until_is 0 listed
	answers 200
}

@test "44 a subscription of all devices tells each attribute of each; a post that is refused is dropped, and the next one comes" {
	install ann all --device A --device B --device lamp
	set_to A off
	answers 404
	call POST /hooks '{"callbackUrl":"'"$THERE/all"'"}'
	status 201
	json '.deviceId == null and .attributeName == null' >/dev/null
	set_to A on
	posted 1 /all
	answers 200
	set_to C on
	gatehouse device set lamp --user ann switchLevel.level=77 >/dev/null
	posted 2 /all
	[ "$(posts /all '[.status, (.body | fromjson | .evt | .deviceId, .name, .value)] | join(" ")' | xargs)" = '404 A switch on 200 lamp level 77' ]
}

# The last one: the clock stays where it puts it.
@test "44 a subscriber that does not answer for a day is told no more" {
	install ann devices --device A
	set_to A off
	answers 503
	subscribe '{"deviceId":"A","attributeName":"switch","callbackUrl":"'"$THERE/away"'"}'
	set_to A on
	posted 1 /away
	local n
	for n in {2..20}; do
		[ "$(kept away)" = 1 ]
		ahead 30000
		posted "$n" /away
	done
	until_is 0 kept away
	answers 200
}
