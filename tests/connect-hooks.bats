#!/usr/bin/env bats
# A linked cloud that tells of changes itself. The numbers are those of the acceptance checks that the service manager answers to.
# long because: all of them share one cloud and one courier.

load helper
load pages
load courier
load connect

setup_file() {
	begin_connect "$BATS_FILE_TMPDIR"
	with_clock
	connector "$HOOK"
	COURIER_LOG=$BATS_FILE_TMPDIR/courier.log start_courier
	# it has read the connector, which tests change for others
	COURIER_LOG=$BATS_FILE_TMPDIR/courier.log until_is 1 grep -c courier_ready "$BATS_FILE_TMPDIR/courier.log"
	echo "$COURIER" >"$BATS_FILE_TMPDIR/courier"
}

# asked: links that somebody wants looked at, as the courier has not read them yet.
asked() { gatehouse store dump | jq -rc 'select((.key // "") | startswith("courier/box/")) | .value.words[]? | select(startswith("link "))'; }

# looks: quiet, where no look is asked for, and none has ended for a second.
looks() {
	local before
	before=$(look .time)
	sleep 1
	[ -n "$(asked)" ] || [ "$(look .time)" != "$before" ] || echo quiet
}

teardown_file() {
	COURIER=$(cat "$BATS_FILE_TMPDIR/courier")
	kill "$COURIER" 2>/dev/null || true
	end_connect
}

setup() {
	COURIER_LOG=$BATS_FILE_TMPDIR/courier.log
	vendor_reset
	control '{"subscribe":null}'
	connector "$HOOK"
	if ! ready; then
		log_in
		choose a1 c3
		until_is true hook '.made > 0 and .next > .made'
		hook_of_vendor
	fi
	. "$BATS_FILE_TMPDIR/hook"
	tell '{"events":[{"device":"a1","now":{"power":"on","brightness":0.4}},{"device":"c3","now":{"open":false}}]}'
	control '{}'
}

# ready: the link is there, as a test before this one left it.
ready() {
	gatehouse store dump | jq -se 'any(.[]; (.key // "" | startswith("link/")) and .value.status == "linked" and .value.chosen == {"a1": "acme.a1", "c3": "acme.c3"})
		and any(.[]; (.key // "" | startswith("link-hook/")) and .value.made > 0)' >/dev/null
}

# The subscription as it is stored.
hook() { gatehouse store dump | jq -rc 'select((.key // "") | startswith("link-hook/")) | .value' | jq -rc "$1"; }

# hook_of_vendor: what the vendor was told last: $HOOK_URL is the address's path and query, $HOOK_TOKEN its token, for all tests.
hook_of_vendor() {
	local url
	url=$(vendor_log '[.[] | select(.method == "POST" and .what == "/hooks") | .body | fromjson] | last | select(.home == "h-1") | .url' | jq -r .)
	url=${url#"$PUBLIC"}
	printf '%s\n' "LINK='$LINK'" "HOOK_URL='$url'" "HOOK_TOKEN='${url#*access_token=}'" >"$BATS_FILE_TMPDIR/hook"
}

# tell BODY [URL] [NAME=VALUE...]: what the vendor posts.
tell() {
	local said=$1 url=${2-$HOOK_URL}
	shift
	[ $# = 0 ] || shift
	cgi web-services POST "$url" "$said" CONTENT_TYPE=application/json "$@"
}

OFF='{"events":[{"device":"a1","now":{"power":"off","brightness":0.2}},{"device":"c3","now":{"open":true}}]}'

@test "35 what the vendor posts is there at once, without a look; with another token, nothing is" {
	[[ $HOOK_URL == /api/smartapps/installations/$LINK/hook\?access_token=* ]]
	# no look brings anything now
	control '{"api":{"status":503,"body":""}}'
	local url
	for url in "${HOOK_URL%?}" "${HOOK_URL%\?*}" "${HOOK_URL}x" "$HOOK_URL&access_token=x" "/api/smartapps/installations/link-other/hook?access_token=$HOOK_TOKEN" \
		"/api/token/x/smartapps/installations/$LINK/hook"; do
		tell "$OFF" "$url"
		status 401
		hasnt "$HOOK_TOKEN"
	done
	[ "$(value acme.a1 switch.switch)" = on ]
	tell "$OFF"
	status 200
	[ "$body" = '{}' ]
	[ "$(value acme.a1 switch.switch)" = off ]
	[ "$(value acme.a1 switchLevel.level)" = 20 ]
	[ "$(value acme.c3 contactSensor.contact)" = open ]
	# in two places it is nobody's
	tell "$OFF" "$HOOK_URL" "HTTP_AUTHORIZATION=Bearer $HOOK_TOKEN"
	status 401
	# the token in the path, and as a header
	tell '{"events":[{"device":"a1","now":{"power":"on"}}]}' "/api/token/$HOOK_TOKEN/smartapps/installations/$LINK/hook"
	status 200
	[ "$(value acme.a1 switch.switch)" = on ]
	tell '{"events":[{"device":"a1","now":{"power":"off","connected":false}}]}' "${HOOK_URL%\?*}" "HTTP_AUTHORIZATION=Bearer $HOOK_TOKEN"
	status 200
	[ "$(value acme.a1 switch.switch)" = off ]
	[ "$(online acme.a1)" = offline ]
	tell '{"events":[{"device":"a1","now":{"power":"on"}}]}'
	[ "$(online acme.a1)" = online ]
}

@test "35 the hook's token opens nothing else, and no other token opens the hook" {
	local path token
	for path in endpoints "installations/$LINK/devices" "installations/$LINK" "installations/$LINK/hook/more"; do
		cgi web-services GET "/api/smartapps/$path?access_token=$HOOK_TOKEN"
		[ "$code" = 401 ] || [ "$code" = 403 ] || { echo "$path: $code"; return 1; }
		cgi web-services GET "/api/smartapps/$path" '' "HTTP_AUTHORIZATION=Bearer $HOOK_TOKEN"
		[ "$code" = 401 ] || [ "$code" = 403 ] || { echo "$path: $code"; return 1; }
	done
	cgi service-manager GET "/api/links/$LINK" '' "HTTP_AUTHORIZATION=Bearer $HOOK_TOKEN"
	status 401
	token=$(gatehouse token issue --user ann --client smartthings --json | jq -r .access_token)
	tell "$OFF" "${HOOK_URL%\?*}?access_token=$token"
	status 401
	tell "$OFF" "$HOOK_URL" REQUEST_METHOD=DELETE
	status 405
	[ "$(value acme.a1 switch.switch)" = on ]
}

@test "36 a challenge is echoed as plain text, and nothing else is" {
	cgi web-services GET "$HOOK_URL&hub.challenge=xyz&hub.topic=%3Cscript%3E"
	status 200
	[ "$type" = 'text/plain; charset=utf-8' ]
	[ "$body" = xyz ]
	[ "$(header X-Content-Type-Options)" = nosniff ]
	cgi web-services GET "${HOOK_URL%?}&hub.challenge=xyz"
	status 401
	hasnt xyz
	# a line break, or more than a challenge has
	cgi web-services GET "$HOOK_URL&hub.challenge=a%0d%0aX-Evil:%20b"
	hasnt Evil
	cgi web-services GET "$HOOK_URL&hub.challenge=$(printf '%0201d' 0)"
	hasnt 000000
}

@test "37 an unknown device is no fault; a body that is no JSON, or too large, is" {
	# The vendor says the same as the last event here: the look that some of these lead to may come at any time.
	control '{"devices":[{"id":"a1","label":"Porch","kind":"bulb","connected":true,"power":"off","brightness":0.4}]}'
	# parameters in place of a body, as older clouds send them
	connector "$HOOK | .hook.state = \"\" | del(.hook.items)"
	cgi web-services GET "$HOOK_URL&device=a1&power=off"
	status 200
	[ "$(value acme.a1 switch.switch)" = off ]
	cgi web-services GET "$HOOK_URL&device=a1&power=on&power=on"	# said twice is not said
	status 200
	[ "$(value acme.a1 switch.switch)" = off ]
	until_is quiet looks
	cgi web-services POST "$HOOK_URL" 'device=a1&power=on'
	status 200
	[ "$(value acme.a1 switch.switch)" = on ]
	connector "$HOOK"
	tell '{"events":{"device":"a1","now":{"power":"off"}}}'
	status 200
	[ "$(value acme.a1 switch.switch)" = off ]
	# What names no device leads to a look, sooner or later: it finds the same.
	tell '{"events":[{"device":"nobody","now":{"power":"off"}},{"device":{},"now":7},{},17,null]}'
	status 200
	local body
	for body in '{"events":' 'hello' '{"a":1}{'; do
		tell "$body"
		status 400
	done
	for body in '[]' '7' '{}' '{"events":[[[]]]}' '{"events":[{"device":"a1","now":{"power":["on"],"brightness":"much"}}]}'; do
		tell "$body"
		status 200
	done
	[ "$(value acme.a1 switch.switch)" = off ]
	head -c 1100000 /dev/zero | tr '\0' ' ' >"$BATS_TEST_TMPDIR/large"
	code=$(env -i PATH="$PATH" GATEHOUSE_ROOT="$ROOT" GATEHOUSE_SHARE="$TOP" REQUEST_METHOD=POST REQUEST_URI="$HOOK_URL" CONTENT_LENGTH=1100000 \
		CONTENT_TYPE=application/json REMOTE_ADDR=192.0.2.7 "$BUILD/web-services" <"$BATS_TEST_TMPDIR/large" | sed -n 's/^Status: \([0-9]*\).*/\1/p')
	[ "$code" = 413 ]
	until_is quiet looks
}

@test "more events in one post than are read lead to a look" {
	local before
	before=$(look .time)
	tell "$(jq -nc '{events: [range(200) | {device: "a1", now: {power: "off"}}]}')"
	status 200
	[ "$(value acme.a1 switch.switch)" = off ]
	[ -z "$(asked)" ]
	[ "$(look .time)" = "$before" ]
	tell "$(jq -nc '{events: [range(201) | {device: "a1", now: {power: "off"}}]}')"
	status 200
	until_is on value acme.a1 switch.switch	# as the vendor has it, when asked
}

# signed BODY [TIME]: its HMAC under the secret, in hexadecimal.
signed() { printf '%s' "${2:+$2.}$1" | openssl dgst -sha256 -hmac 'hook secret' | sed 's/.*= //'; }

@test "38 what is not signed as it should be is refused" {
	# no look brings anything now
	control '{"api":{"status":503,"body":""}}'
	printf 'hook secret\n' >"$ROOT/secret/acme-hook"
	local bad now sign
	connector "$HOOK"' | .hook.hmac = {"header":"X-Signature","algo":"sha256","secretFile":"secret/acme-hook"}'
	sign=$(signed "$OFF")
	local tail=0
	[ "${sign: -1}" != 0 ] || tail=1
	for bad in '' "${sign}0" "${sign%?}" "${sign%?}$tail" "sha256=$sign" "$(signed "$OFF ")" "$(tr 'a-f0-9' '0-9a-f' <<<"$sign")"; do
		tell "$OFF" "$HOOK_URL" "HTTP_X_SIGNATURE=$bad"
		status 401
	done
	tell "$OFF"
	status 401
	[ "$(value acme.a1 switch.switch)" = on ]
	tell "$OFF" "$HOOK_URL" "HTTP_X_SIGNATURE=$sign"
	status 200
	[ "$(value acme.a1 switch.switch)" = off ]
	cgi web-services GET "$HOOK_URL&hub.challenge=xyz"
	status 200
	connector "$HOOK"' | .hook.hmac = {"header":"X-Signature","encoding":"base64","prefix":"v0=","timeHeader":"X-Time","secretFile":"secret/acme-hook"}'
	now=$(date +%s)
	tell '{}' "$HOOK_URL" "HTTP_X_SIGNATURE=v0=$(signed '{}' "$now" | xxd -r -p | base64)" "HTTP_X_TIME=$now"
	status 200
	for bad in $((now - 400)) $((now + 400)) x ''; do
		tell '{}' "$HOOK_URL" "HTTP_X_SIGNATURE=v0=$(signed '{}' "$bad" | xxd -r -p | base64)" "HTTP_X_TIME=$bad"
		status 401
	done
	rm "$ROOT/secret/acme-hook"
	tell '{}' "$HOOK_URL" "HTTP_X_SIGNATURE=v0=$(signed '{}' "$now" | xxd -r -p | base64)" "HTTP_X_TIME=$now"
	status 401
}

@test "a cloud that only says that something changed is looked at" {
	connector "$HOOK | del(.hook.state)"
	control '{"devices":[{"id":"a1","label":"Porch","kind":"bulb","connected":true,"power":"off","brightness":0.7}]}'
	# A look that was begun before may end meanwhile, once: not each time.
	not_looked() {
		local before
		before=$(look .time)
		tell '{"events":[{"device":"nobody"}]}'
		status 200
		[ "$(look .time)" != "$before" ] || echo yes
	}
	until_is yes not_looked
	tell '{"events":[{"device":"a1"}]}'
	status 200
	until_is 70 value acme.a1 switchLevel.level
	until_is offline online acme.c3
}

@test "a subscription is renewed in time, and made anew after a login; trouble with it spoils nothing" {
	local first
	first=$(hook .subscription)
	control '{}'
	looked
	[ "$(vendor_log '[.[] | .what | select(. != "refresh_token")] | unique')" = '["/devices"]' ]
	ahead 1201
	looked
	until_is true hook ".subscription != \"$first\""
	# the old one goes first, the address stays
	[ "$(vendor_log '[.[] | select(.what != "/devices" and .what != "refresh_token") | .method + .path]')" = "$(jq -nc --arg f "$first" '["DELETE/v1/hooks/" + ($f | @uri), "POST/v1/hooks"]')" ]
	[ "$(vendor_log '[.[] | select(.method == "POST" and .what == "/hooks") | .body | fromjson | .url] | last')" = "\"$PUBLIC$HOOK_URL\"" ]
	# first the trouble: a look that is still to come may be the one that finds it
	control '{"subscribe":{"status":503,"body":"later"}}'
	ahead 1201
	looked
	until_is '"HTTP 503"' hook '.fault | @json'
	[ "$(look .failures)" = 0 ]
	control '{"subscribe":null}'
	looked
	# it is tried again after a quarter of an hour, not with every look
	[ "$(vendor_log '[.[] | select(.what == "/hooks")] | length')" = 0 ]
	ahead 901
	looked
	until_is null hook .fault
	first=$(hook .subscription)
	log_in
	until_is true hook ".subscription != \"$first\""
	tell "$OFF"
	status 200
	[ "$(value acme.a1 switch.switch)" = off ]
}

@test "28 35 while the vendor wants a login, what it posts changes nothing" {
	control '{"expire":1,"token":{"status":400,"body":"{\"error\":\"invalid_grant\"}"}}'
	looked
	until_is needs_login link_record .status
	tell "$OFF"
	status 200
	[ "$(online acme.a1)" = offline ]
	[ "$(value acme.a1 switch.switch)" = on ]
	control '{"token":null}'
}

@test "39 40 the end of a link ends the subscription, and the address is dead; a vendor that is down is told later" {
	local first
	first=$(hook .subscription)
	control '{"api":{"status":503,"body":""}}'
	manager POST "/connect/$LINK/uninstall"
	status 303
	[ "$(ours)" = '[]' ]
	tell "$OFF"
	status 401
	[ "$(gatehouse store dump | grep -c link-hook/)" = 0 ]
	until_is true vendor_log 'length > 0'
	control '{"api":null}'
	until_is "$(jq -nc --arg f "$first" '["DELETE/v1/hooks/" + ($f | @uri), "POST/revoke"]')" vendor_log '[.[] | .method + .path]'
	# what is taken back is what all else came of
	[ "$(vendor_log '.[-1].body | test("token=refresh-")')" = true ]
	# the last device deleted here does the same
	log_in
	choose a1
	until_is true hook '.made > 0'
	first=$(hook .subscription)
	control '{}'
	gatehouse device delete acme.a1 --user ann >/dev/null
	until_is "$(jq -nc --arg f "$first" '["DELETE/v1/hooks/" + ($f | @uri), "POST/revoke"]')" vendor_log '[.[] | .method + .path]'
}
