#!/usr/bin/env bats
# Another Gatehouse as the vendor: two households, each a demo instance of its own behind another web server. (That a demo links
# itself, as a newcomer tries it, is seen in a browser: tests/browser/connect.mjs.)

load instance

setup_file() {
	bats_require_minimum_version 1.5.0
	local a b
	a=$(free_port) b=$(free_port)
	export A=$BATS_FILE_TMPDIR/a B=$BATS_FILE_TMPDIR/b
	{ deploy --root "$B" --port "$b" && deploy --root "$A" --port "$a" --web lighttpd; } >"$BATS_FILE_TMPDIR/out" 2>&1 ||
		{ cat "$BATS_FILE_TMPDIR/out"; return 1; }
	# what docs/connectors.md says of a real second household
	jq --arg url "http://127.0.0.1:$a" '.redirectUris = $url' "$TOP/conf/apps/household.json" >"$B/apps/household.json"
	sed "s|{public_url}|http://127.0.0.1:$b|" "$TOP/conf/connectors/gatehouse.json" >"$A/connectors/gatehouse.json"
	cp "$TOP/conf/apps/other-cloud.yaml" "$A"
	jq '.smartapp.definition = "other-cloud.yaml"' "$A/gatehouse.json" >"$A/gatehouse.new" && mv "$A/gatehouse.new" "$A/gatehouse.json"
	{ deploy restart --root "$B" && deploy restart --root "$A"; } >"$BATS_FILE_TMPDIR/out" 2>&1 || { cat "$BATS_FILE_TMPDIR/out"; return 1; }
}

teardown_file() {
	deploy stop --root "$A" >/dev/null
	deploy stop --root "$B" >/dev/null
}

# in_home A|B: its addresses, passwords and cookies from now on.
in_home() {
	# shellcheck source=/dev/null
	. "${!1}/demo.env"
	JAR=$BATS_TEST_TMPDIR/jar.$1
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

# level ROOT DEVICE: as the command line shows it.
level() { "$1/gatehouse" --json device show "$2" --user demo | jq -rc '[.. | objects | select(.attribute? == "level") | .value][0]'; }

simulated() { "$A/gatehouse" sim show --json | jq -rc '[.devices[] | select(.id == "gatehouse.kitchen-dimmer") | .values[] | select(.name == "level") | .value][0]'; }
subscribed() { grep -c 'link_hook .*result=subscribed' "$A/log/courier.log"; }
grants() { "$B/gatehouse" --json grant list --user demo | jq '[.[] | select(.client == "household" and .revoked == null)] | length'; }

# sign_in: at the login page that $location or the instance has.
sign_in() {
	web GET "$URL/login"
	web POST "$URL/login" --data-urlencode "csrf=$(hidden csrf)" -d username=demo --data-urlencode "password=$PASSWORD"
	[ "$code" = 303 ]
}

@test "42 a lamp of one household is switched from the simulator of another, and its changes are there at once" {
	local vendor back devices
	in_home A
	sign_in
	web GET "$URL/connect"
	[[ $body == *'Another Gatehouse'* ]] || { echo "$body"; return 1; }
	web GET "$URL/connect/gatehouse"
	web POST "$URL/connect/gatehouse/start" --data-urlencode "csrf=$(hidden csrf)"
	web GET "$location"
	[ "$code" = 302 ]
	vendor=$location
	in_home B
	[[ $vendor == "$URL/oauth/authorize?"* ]] || { echo "$vendor"; return 1; }
	sign_in
	web GET "$vendor"
	[ "$code" = 200 ]
	web POST "$URL/authorize" --data-urlencode "csrf=$(hidden csrf)" --data-urlencode "request=$(hidden request)" -d decision=allow \
		-d input-devices=hall-switch -d input-devices=kitchen-dimmer
	back=$location
	in_home A
	[[ $back == "$URL/oauth/callback?"* ]] || { echo "$code $back $body"; return 1; }
	web GET "$back"
	[ "$code" = 200 ] || { echo "$body"; tail -n 5 "$A"/log/service-manager*; return 1; }
	[[ $body == *connected* ]] || { echo "$body"; return 1; }
	devices=$URL$(sed -n 's|.*href="\(/connect/[^"]*/devices\)".*|\1|p' <<<"$body" | head -n 1)
	# check 42: what was begun goes on in other processes
	deploy restart --root "$A" >/dev/null
	web GET "$devices"
	[[ $body == *'value="kitchen-dimmer"'* ]] || { echo "$body"; return 1; }
	web POST "$devices" --data-urlencode "csrf=$(hidden csrf)" -d device=hall-switch -d device=kitchen-dimmer
	[ "$code" = 303 ] || { echo "$body"; return 1; }
	# from the one's simulator to the other's lamp
	"$A/gatehouse" sim link --user demo --device gatehouse.kitchen-dimmer >/dev/null
	"$A/gatehouse" sim trigger command --device gatehouse.kitchen-dimmer --capability st.switchLevel --command setLevel --arguments '[37]' >/dev/null
	[ "$(level "$B" kitchen-dimmer)" = 37 ]
	[ "$(level "$A" gatehouse.kitchen-dimmer)" = 37 ]
	# and back: a look is made each minute only, so it was told
	until_is 1 subscribed
	"$B/gatehouse" device set kitchen-dimmer --user demo st.switchLevel.level=12 >/dev/null
	until_is 12 level "$A" gatehouse.kitchen-dimmer
	until_is 12 simulated
	# what is no post of that household is not believed
	[ "$(curl -qs --noproxy '*' -o /dev/null -w '%{http_code}' "$URL/api/smartapps/installations/${devices#*/connect/}" -d '{}')" != 200 ]
	# no token of either side stands in a log
	run ! grep -rE 'access_token=[^&]{4}|Bearer |eyJ' "$A/log" "$B/log"
	web GET "${devices%/devices}"
	web POST "${devices%/devices}/uninstall" --data-urlencode "csrf=$(hidden csrf)"
	[ "$code" = 303 ]
	[ "$("$A/gatehouse" --json device list --user demo | jq '[.[] | select(.source == "link")] | length')" = 0 ]
	# the other household knows that it has ended
	until_is 0 grants
	[ "$("$B/gatehouse" store dump | jq -c 'select((.key // "") | startswith("subscriptions/")) | .value.list')" = '[]' ]
}

theirs() { "$A/gatehouse" --json device list --user demo | jq -c '[.[] | select(.source == "link") | .id] | sort'; }

@test "from a page of a SmartApp: the simulator leads to the other household and back, and its devices are there" {
	local vendor back
	in_home A
	web GET "$URL/sim/app"
	web POST "$URL/sim/app" --data-urlencode "csrf=$(hidden csrf)" -d action=begin
	[ "$code" = 303 ] || { echo "$body"; return 1; }
	web GET "$URL/sim/app"
	vendor=$(sed -n 's/.*<a class="button" href="\([^"]*\)" rel="noreferrer"><bdi>Account there<.*/\1/p' <<<"$body" | sed 's/&amp;/\&/g')
	in_home B
	[[ $vendor == "$URL/oauth/authorize?"* ]] || { echo "$vendor $body"; return 1; }
	sign_in
	web GET "$vendor"
	web POST "$URL/authorize" --data-urlencode "csrf=$(hidden csrf)" --data-urlencode "request=$(hidden request)" -d decision=allow \
		-d input-devices=hall-switch -d input-devices=kitchen-dimmer
	back=$location
	in_home A
	[[ $back == "$URL/sim/smartthings/oauth/callback?"*code=* ]] || { echo "$code $back $body"; return 1; }
	# whose browser has no part in it is told so, and the app is not
	code=$(curl -qs --noproxy '*' -o /dev/null -w '%{http_code}' "$back")
	[ "$code" = 409 ]
	web GET "$back"
	[ "$code $location" = "303 $URL/sim/app" ] || { echo "$code $body"; return 1; }
	web GET "$location"
	[[ $body == *'Back from a sign-in'* ]] || { echo "$body"; return 1; }
	[[ $body == *'Your account is linked.'* ]] || { echo "$body"; return 1; }
	[[ $body != *'<bdi>Account there</bdi></a>'* ]] || { echo "$body"; return 1; }
	until_is '["gatehouse.hall-switch","gatehouse.kitchen-dimmer"]' theirs
	# the code was good once, and is not shown
	web GET "$URL/sim/wire"
	[[ $body == *OAUTH_CALLBACK* ]]
	run ! grep -rF "$(sed 's/.*code=\([^&]*\).*/\1/' <<<"$back")" "$BATS_TEST_TMPDIR/body" "$A/log"
	web GET "$back"
	web GET "$URL/sim/app"
	[[ $body == *'Your account is linked.'* ]]
	web POST "$URL/sim/app" --data-urlencode "csrf=$(hidden csrf)" -d action=page -d go=done
	[ "$code" = 303 ]
	until_is 1 installations
	# it is a link like any other, and stays when the app goes
	"$B/gatehouse" device set kitchen-dimmer --user demo st.switchLevel.level=23 >/dev/null
	until_is 23 level "$A" gatehouse.kitchen-dimmer
	web GET "$URL/sim/app"
	web POST "$URL/sim/app" --data-urlencode "csrf=$(hidden csrf)" -d action=uninstall
	until_is 0 installations
	[ "$(theirs)" = '["gatehouse.hall-switch","gatehouse.kitchen-dimmer"]' ]
	sign_in
	web GET "$URL/connect"
	[[ $body == *'Another Gatehouse'*'Linked'* ]]
}
installations() { "$A/gatehouse" --json smartapp list | jq length; }
