#!/usr/bin/env bats
# Another Gatehouse as the vendor, as a newcomer tries it: a demo instance that is its own other household, behind a real web server.

load instance

setup_file() {
	export ROOT=$BATS_FILE_TMPDIR/run
	deploy --root "$ROOT" --port "$(free_port)" >"$BATS_FILE_TMPDIR/out" 2>&1 || { cat "$BATS_FILE_TMPDIR/out"; return 1; }
}

teardown_file() { deploy stop --root "$ROOT" >/dev/null; }

setup() {
	# shellcheck source=/dev/null
	. "$ROOT/demo.env"
	JAR=$BATS_TEST_TMPDIR/jar
}

# web METHOD URL [CURL-ARGS...]: as a browser with cookies, without following; sets $body, $code and $location.
web() {
	local method=$1 url=$2
	shift 2
	code=$(curl -qs --noproxy '*' -X "$method" -b "$JAR" -c "$JAR" -D "$BATS_TEST_TMPDIR/head" -o "$BATS_TEST_TMPDIR/body" -w '%{http_code}' "$@" "$url")
	body=$(<"$BATS_TEST_TMPDIR/body")
	location=$(sed -n 's/^[Ll]ocation: \([^\r]*\)\r*$/\1/p' "$BATS_TEST_TMPDIR/head")
	[[ $location != /* ]] || location=$URL$location
}

hidden() { sed -n "s/.*<input type=\"hidden\" name=\"$1\" value=\"\([^\"]*\)\".*/\1/p" <<<"$body" | head -n 1; }

state() { curl -qs --noproxy '*' -b "$JAR" "$URL/console/devices/$1" | jq -rc "$2"; }

@test "a demo links itself, and a lamp is switched through both ends" {
	web GET "$URL/login"
	web POST "$URL/login" --data-urlencode "csrf=$(hidden csrf)" -d username=demo --data-urlencode "password=$PASSWORD"
	[ "$code" = 303 ]
	web GET "$URL/connect"
	[ "$code" = 200 ]
	[[ $body == *'Another Gatehouse'* ]]
	web GET "$URL/connect/gatehouse"
	web POST "$URL/connect/gatehouse/start" --data-urlencode "csrf=$(hidden csrf)"
	[ "$code" = 303 ]
	web GET "$location"
	[ "$code" = 302 ]
	[[ $location == "$URL/oauth/authorize?"* ]]
	web GET "$location"
	[ "$code" = 200 ]
	web POST "$URL/authorize" --data-urlencode "csrf=$(hidden csrf)" --data-urlencode "request=$(hidden request)" -d decision=allow \
		-d input-devices=hall-switch -d input-devices=kitchen-dimmer
	[[ $location == "$URL/oauth/callback?"* ]] || { echo "$code $location $body"; return 1; }
	web GET "$location"
	[ "$code" = 200 ] || { echo "$body"; tail -n 5 "$ROOT"/log/service-manager*; return 1; }
	[[ $body == *connected* ]]
	local devices
	devices=$URL$(sed -n 's|.*href="\(/connect/[^"]*/devices\)".*|\1|p' <<<"$body" | head -n 1)
	web GET "$devices"
	[ "$code" = 200 ]
	[[ $body == *'value="kitchen-dimmer"'* ]]
	web POST "$devices" --data-urlencode "csrf=$(hidden csrf)" -d device=hall-switch -d device=kitchen-dimmer
	[ "$code" = 303 ] || { echo "$body"; return 1; }
	# there at once, as the original is; a command here arrives there
	[ "$(state gatehouse.kitchen-dimmer .device.name)" = "$(state kitchen-dimmer .device.name)" ]
	local token
	token=$("$ROOT/gatehouse" token issue --user demo --client smartthings --json | jq -r .access_token)
	curl -qs --noproxy '*' "$URL/schema" -H 'Content-Type: application/json' -d "{\"headers\":{\"schema\":\"st-schema\",\"version\":\"1.0\",
		\"interactionType\":\"commandRequest\",\"requestId\":\"1\"},\"authentication\":{\"tokenType\":\"Bearer\",\"token\":\"$token\"},
		\"devices\":[{\"externalDeviceId\":\"gatehouse.kitchen-dimmer\",\"deviceCookie\":{},\"commands\":[{\"component\":\"main\",
		\"capability\":\"st.switchLevel\",\"command\":\"setLevel\",\"arguments\":[37]}]}]}" >"$BATS_TEST_TMPDIR/answer"
	[ "$(jq -r '[.deviceState[0].states[] | select(.attribute == "level") | .value][0]' "$BATS_TEST_TMPDIR/answer")" = 37 ] || { cat "$BATS_TEST_TMPDIR/answer"; return 1; }
	[ "$("$ROOT/gatehouse" --json device show kitchen-dimmer --user demo | jq -rc '[.. | objects | select(.attribute? == "level") | .value][0]')" = 37 ]
	# a change of the original is here at the next look
	"$ROOT/gatehouse" device set kitchen-dimmer --user demo st.switchLevel.level=12 >/dev/null
	web GET "${devices%/devices}"
	web POST "${devices%/devices}/look" --data-urlencode "csrf=$(hidden csrf)"
	local level=''
	for _ in {1..100}; do
		level=$("$ROOT/gatehouse" --json device show gatehouse.kitchen-dimmer --user demo | jq -rc '[.. | objects | select(.attribute? == "level") | .value][0]')
		[ "$level" != 12 ] || break
		sleep 0.1
	done
	[ "$level" = 12 ]
	# no token of either side stands in a log
	! grep -rE 'access_token=|Bearer |eyJ' "$ROOT/log" || return 1
	web GET "${devices%/devices}"
	web POST "${devices%/devices}/uninstall" --data-urlencode "csrf=$(hidden csrf)"
	[ "$code" = 303 ]
	[ "$("$ROOT/gatehouse" --json device list --user demo | jq '[.[] | select(.source == "link")] | length')" = 0 ]
	# the other household knows that it has ended
	for _ in {1..100}; do
		[ "$("$ROOT/gatehouse" --json grant list --user demo | jq '[.[] | select(.client == "household" and .revoked == null)] | length')" != 0 ] || break
		sleep 0.1
	done
	[ "$("$ROOT/gatehouse" --json grant list --user demo | jq '[.[] | select(.client == "household" and .revoked == null)] | length')" = 0 ]
}
