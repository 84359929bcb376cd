#!/usr/bin/env bats
# How many instructions fixed requests cost in the release build, by callgrind: counts depend on no clock and no load. One that has
# risen by over 5 % since tests/counts.tsv was written fails, with both figures. A rise that is meant, and a fall that should stay:
# COUNTS=write tests/run counts.

load smartapp

TIMES=10	# requests that are counted, after two that are not
FIGURES=$BATS_TEST_DIRNAME/counts.tsv

setup_file() {
	GATEHOUSE_BUILD=$(cd "$BATS_TEST_DIRNAME/.." && pwd)/build
	export GATEHOUSE_BUILD
	load helper
	make_root "$BATS_FILE_TMPDIR/root"
	mkdir -p "$ROOT/apps"
	cp "$TOP/conf/apps/devices.json" "$ROOT/apps/"
	local i
	for i in 1 2 3 4 5 6 7 8; do
		gatehouse device add --user ann --type c2c-dimmer --id "dimmer-$i" --name "Dimmer $i" --room Hall >/dev/null
	done
	# What a process remembers depends on keys: the same ones in every run.
	i=$(gatehouse --json user list | jq -r ".[0].id")
	gatehouse store dump | sed "s/$i/YW5uIGFubiBhbm4gYW5uIQ/g" >"$ROOT/dump"
	rm -r "$ROOT/store"
	gatehouse store load "$ROOT/dump" >/dev/null
	jq -n '{id: "app", name: "App", description: "", permissions: [], targetUrl: "https://home.example.org/smartapp",
		rules: [{when: {event: "DEVICE_EVENT", value: "closed"}, then: [{command: {device: "lamp", capability: "switch", command: "off"}}]}]}' \
		>"$ROOT/app.json"
	start_keyserver "$BATS_FILE_TMPDIR/keys"
	configure
	REQUEST_METHOD=GET REQUEST_URI=/ "$BUILD/web-services" >/dev/null	# makes the clients of the apps
	: >"$BATS_FILE_TMPDIR/counted"
}

teardown_file() { stop_keyserver; }

setup() {
	load helper
	load_libs
}

# watch PROGRAM: it runs from now on, in valgrind, which counts nothing yet. unwatch ends it.
watch() {
	program=$1
	spawn-fcgi -n -s "$ROOT/fcgi" -- "$(command -v valgrind)" --tool=callgrind --instr-atstart=no \
		--callgrind-out-file="$BATS_TEST_TMPDIR/$1" "$GATEHOUSE_BUILD/$1" >"$BATS_TEST_TMPDIR/log" 2>&1 3>&- &
	pid=$!
	until_true test -S "$ROOT/fcgi"
}
unwatch() {
	kill "$pid"
	wait "$pid" || true
	rm "$ROOT/fcgi"
}

teardown() { [ ! -e "$ROOT/fcgi" ] || unwatch; }

# ask METHOD URI BODY [NAME=VALUE...]: sets $body; the answer must be a 200.
ask() {
	local data=$3 out
	out=$(printf '%s' "$data" | env -i REQUEST_METHOD="$1" REQUEST_URI="$2" CONTENT_LENGTH="${#data}" REMOTE_ADDR=192.0.2.7 REQUEST_ID=0123456789abcdef \
		"${@:4}" cgi-fcgi -bind -connect "$ROOT/fcgi")
	[[ $out == 'Status: 200'* ]] || { echo "$out"; cat "$BATS_TEST_TMPDIR/log"; return 1; }
	body=${out#*$'\r\n\r\n'}
}

# count NAME COMMAND...: what one such request costs. Written down, or compared with what was.
count() {
	local name=$1 i now was
	shift
	"$@"
	"$@"
	callgrind_control -i on "$pid" >/dev/null 2>&1
	for ((i = 0; i < TIMES; i++)); do "$@"; done
	callgrind_control -d "$name" "$pid" >/dev/null 2>&1
	callgrind_control -i off "$pid" >/dev/null 2>&1
	now=$(cat "$BATS_TEST_TMPDIR/$program".* | sed -n "/^desc: Trigger: .*$name/,\$s/^totals: //p" | head -n 1)
	now=$((now / TIMES))
	was=$(awk -v name="$name" '$1 == name { print $2 }' "$FIGURES")
	echo "$name: $now instructions, $was before" >>"$BATS_FILE_TMPDIR/counted"
	if [ "${COUNTS-}" = write ]; then
		{ grep -v "^$name	" "$FIGURES" || true; printf '%s\t%d\n' "$name" "$now"; } | sort >"$BATS_TEST_TMPDIR/new"
		cat "$BATS_TEST_TMPDIR/new" >"$FIGURES"
	else
		[ "$now" -gt 1000 ] && [ "$now" -le $((was * 105 / 100)) ] || { echo "$name: $now instructions, over 5 % more than $was"; return 1; }
	fi
}

token_of() { gatehouse token issue --user ann --client "$1" "${@:2}" | jq -r ".${KIND:-access_token}"; }

schema() { ask POST /schema "$(printf "$interaction" "$RANDOM")" CONTENT_TYPE=application/json; }
wrap() {
	interaction='{"headers":{"schema":"st-schema","version":"1.0","requestId":"%05d","interactionType":"'$1'"},"authentication":{"tokenType":"Bearer","token":"'$token'"}'${2-}'}'
}
dim() {
	level=$((100 - level))
	wrap commandRequest ',"devices":[{"externalDeviceId":"dimmer-1","commands":[{"component":"main","capability":"st.switchLevel","command":"setLevel","arguments":['$level']}]}]'
	schema
}

@test "health" {
	watch health
	count health ask GET /health ''
	unwatch
}

@test "schema: discovery, state refresh, command" {
	local token level=30 i list='' args=()
	for i in 1 2 3 4 5 6 7 8; do args+=(--device "dimmer-$i") list+=",{\"externalDeviceId\":\"dimmer-$i\"}"; done
	token=$(token_of smartthings "${args[@]}")
	watch schema-webhook
	wrap discoveryRequest
	count discovery-8 schema
	[ "$(jq '.devices | length' <<<"$body")" = 8 ]
	wrap stateRefreshRequest ",\"devices\":[${list#,}]"
	count state-refresh-8 schema
	[ "$(jq '.deviceState | length' <<<"$body")" = 8 ]
	count command dim
	[ "$(jq '.deviceState | length' <<<"$body")" = 1 ]
	unwatch
}

refresh_once() {
	ask POST /token "grant_type=refresh_token&refresh_token=$token" CONTENT_TYPE=application/x-www-form-urlencoded "$(basic)"
	token=$(sed -n 's/.*"refresh_token":"\([^"]*\)".*/\1/p' <<<"$body")
}
exchange_next() {
	ask POST /token "grant_type=authorization_code&code=${codes[next++]}&redirect_uri=$(urlencode "$REDIRECT")" \
		CONTENT_TYPE=application/x-www-form-urlencoded "$(basic)"
}
introspect() { ask POST /introspect "token=$token" CONTENT_TYPE=application/x-www-form-urlencoded "$(basic)"; }

@test "tokens: refresh with rotation, an authorization code, introspection" {
	local token i codes=() next=0
	sign_in ann "$PASSWORD"
	for ((i = 0; i < TIMES + 2; i++)); do
		consent dimmer-1 dimmer-2
		codes+=("$granted")
	done
	token=$(KIND=refresh_token token_of smartthings)
	watch token
	count refresh refresh_once
	count code exchange_next
	token=$(token_of smartthings)
	count introspection introspect
	[ "$(jq .active <<<"$body")" = true ]
	unwatch
}

@test "REST: GET of ten devices" {
	local token installation
	token=$(token_of devices)
	installation=$(cut -d. -f2 <<<"$token" | tr '_-' '/+' | base64 -d 2>/dev/null | jq -r .sid)
	watch web-services
	count rest-10 ask GET "/api/smartapps/installations/$installation/devices" '' "HTTP_AUTHORIZATION=Bearer $token"
	[ "$(jq '.devices | length' <<<"$body")" = 10 ]
	unwatch
}

event_next() { ask POST /smartapp "${events[next]}" "HTTP_AUTHORIZATION=${auths[next]}" "HTTP_DATE=${dates[next]}" "HTTP_DIGEST=${digests[next++]}" CONTENT_TYPE=application/json; }

@test "a signed EVENT of a SmartApp" {
	local i headers auth text events=() auths=() dates=() digests=() next=0
	for ((i = 0; i < TIMES + 2; i++)); do
		text=$(printf '{"lifecycle":"EVENT","executionId":"%08d-0000-4000-8000-000000000000","locale":"en","version":"0.1.0","settings":{},"eventData":{"authToken":"t","installedApp":{"installedAppId":"%s","locationId":"%s","permissions":[],"config":{}},"events":[{"eventTime":"2026-11-22T07:00:00Z","eventType":"DEVICE_EVENT","deviceEvent":{"eventId":"e","locationId":"%s","deviceId":"d","componentId":"main","capability":"contactSensor","attribute":"contact","value":"open","stateChange":true,"subscriptionName":"contacts"}}]}}' \
			"$i" "$APP" "$LOCATION" "$LOCATION")
		sign "$text"
		events+=("$text") auths+=("${headers[0]#*=}") dates+=("${headers[1]#*=}") digests+=("${headers[2]#*=}")
	done
	watch smartapp-lifecycle
	count event event_next
	unwatch
}

@test "pages: the list of devices as JSON, the login form" {
	sign_in ann "$PASSWORD"
	watch console
	count console-devices ask GET /console/devices '' HTTP_COOKIE="$session"
	unwatch
	watch authorize
	count login-form ask GET /login ''
	unwatch
	# Nothing is written down that nobody counts.
	[ "${COUNTS-}" = write ] || assert_equal "$(cut -d: -f1 "$BATS_FILE_TMPDIR/counted" | sort)" "$(cut -f1 "$FIGURES" | sort)"
}
