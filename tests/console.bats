#!/usr/bin/env bats
# The owner's devices: pages that work by plain forms, and the same in JSON for scripts.
# long because: one instance serves all of these tests, and each way to change a device is tried with and without a right to.

setup_file() {
	load helper
	load pages
	pages_root
	add shade c2c-shade --room Study
	add bulb c2c-rgbw-color-bulb --room 'Living room'
	add leak c2c-leak-2 --room Cellar
	add push c2c-button-2
	add heat 0f3b6a1e-7c4d-4c55-9f0e-5d1a2b3c4d5e --capability thermostatMode --capability thermostatHeatingSetpoint \
		--capability outlet2/switch
	add 'odd#1:~' c2c-switch
}

setup() {
	load helper
	load pages
}

# add ID TYPE [OPTION...]: a device of ann's, called as its id.
add() {
	local id=$1 type=$2
	shift 2
	gatehouse device add --user ann --id "$id" --type "$type" --name "$id" "$@" >/dev/null
}

# page PATH: as ann; sets $csrf too.
page() {
	cgi console GET "$1" '' HTTP_COOKIE="$session"
	csrf=$(sed -n 's/.*name="csrf" value="\([^"]*\)".*/\1/p' <<<"$body" | head -n 1)
}

# send PATH FIELDS: the form of a page of ann's.
send() {
	[ -n "${csrf:-}" ] || page /devices
	cgi console POST "$1" "csrf=$csrf&$2" HTTP_COOKIE="$session"
}

# json_send METHOD PATH BODY [NAME=VALUE...]: as the page's script does it.
json_send() {
	[ -n "${csrf:-}" ] || page /devices
	local method=$1 path=$2 text=$3
	shift 3
	cgi console "$method" "$path" "$text" HTTP_COOKIE="$session" HTTP_X_CSRF_TOKEN="$csrf" CONTENT_TYPE=application/json "$@"
}

# value DEVICE CAP.ATTR: as the store has it.
value() { gatehouse --json device show "$1" --user ann | jq -r --arg n "$2" '.states[] | select("\(.component)/\(.capability).\(.attribute)" == $n or "\(.capability).\(.attribute)" == $n).value'; }

@test "devices stand in their rooms, each with the controls that its capabilities make" {
	page /devices
	status 200
	has '<h2><bdi>Living room</bdi></h2>'
	has 'No room'
	has 'role="switch" name="do" value="main/switch.on" aria-checked="false" aria-label="Switch, bulb"'
	has 'name="a.level" data-kind="json" min="0" max="100" step="1" value="100" aria-label="Level, Hall lamp"'
	has 'value="main/windowShade.pause"'
	has 'name="a.color.hue"'
	has 'min="2000" max="6500"'
	has '<option value="wet">Wet</option>'
	has 'name="value" value="pushed"'
	hasnt 'value="pushed_2x"'
	has '<select name="a.mode" data-kind="text" aria-label="Thermostat mode, heat"><option value="auto">'
	gatehouse device set heat --user ann 'thermostatMode.supportedThermostatModes=["heat","eco","off","auto","cool","away"]' >/dev/null
	page /devices
	has '<option value="eco">Eco</option>'
	hasnt '<option value="frostguard"'
	has 'aria-label="Switch (outlet2), heat"'
	hasnt "Bob's"
	page /
	status 200
	has 'Hall lamp'
}

@test "somebody who is not signed in is greeted, and sees no device" {
	cgi console GET / ''
	status 200
	has 'href="/login"'
	hasnt 'Hall lamp'
	local path
	for path in /devices /devices/lamp /devices/lamp/delete /new-device; do
		cgi console GET "$path" ''
		status 303
		[ "$location" = /login ]
	done
}

@test "search, rooms, types and filters pick devices" {
	local row query there
	gatehouse device offline bulb --user ann >/dev/null
	gatehouse device set leak --user ann waterSensor.water=wet >/dev/null
	gatehouse device set door --user ann battery.battery=15 >/dev/null
	for row in 'q=hall lamp' 'q=HALL lamp' 'q=nobody ' 'room=Study shade' 'type=c2c-leak-2 leak' 'filter=offline bulb' \
		'filter=alarm leak' 'filter=battery door' 'filter=attention bulb,leak,door' 'q=e&filter=alarm leak' 'q=x&filter=alarm ' \
		'filter=nonsense&q=push push' 'page=2 ' 'room=study ' 'page=0&q=push push'; do
		query=${row% *} there=${row##* }
		page "/devices?$query"
		status 200
		[ "$(grep -o 'data-device="[^"]*"' <<<"$body" | sed 's/.*="//; s/"//' | sort | paste -sd,)" = \
			"$(tr , '\n' <<<"$there" | sort | paste -sd,)" ] || { echo "$row"; return 1; }
	done
	page '/devices?q=zzz'
	has 'No device is like that.'
	page /devices
	has 'Needs attention <span>3</span>'
	[[ $body == *'filter=attention'*'>All <span>'* ]]	# it stands first
	has '<span class="badge battery">Battery low</span>'
	gatehouse device online bulb --user ann >/dev/null
	gatehouse device set leak --user ann waterSensor.water=dry >/dev/null
	gatehouse device set door --user ann battery.battery=16 >/dev/null
	page '/devices?filter=attention'
	hasnt 'data-device='
}

@test "a form sends a command, a value of a sensor, a press: back to where it stood, with a word" {
	send /devices/lamp/command 'do=main/switch.on&back=page%3D1'
	status 303
	[ "$location" = '/devices?page=1&done=command' ]
	[ "$(value lamp switch.switch)" = on ]
	send /devices/lamp/command 'do=main/switchLevel.setLevel&a.level=42&a.rate='
	[ "$location" = '/devices/lamp?done=command' ]
	[ "$(value lamp switchLevel.level)" = 42 ]
	send /devices/bulb/command 'do=main/colorControl.setColor&a.color.hue=70&a.color.saturation=30'
	status 303
	[ "$(value bulb colorControl.hue)" = 70 ]
	send /devices/heat/command 'do=outlet2/switch.on'
	[ "$(value heat outlet2/switch.switch)" = on ]
	send /devices/heat/command 'do=main/thermostatMode.setThermostatMode&a.mode=eco'
	[ "$(value heat thermostatMode.thermostatMode)" = eco ]
	send /devices/leak/set 'attribute=main/waterSensor.water&value=wet'
	status 303
	[ "$(value leak waterSensor.water)" = wet ]
	send /devices/heat/set 'attribute=main/thermostatHeatingSetpoint.heatingSetpoint&value=70.5&unit=F'
	[ "$(gatehouse --json device show heat --user ann | jq -c '.states[] | select(.attribute == "heatingSetpoint") | [.value, .unit]')" = '[70.5,"F"]' ]
	send /devices/push/set 'attribute=main/button.button&value=held'
	[ "$(value push button.button)" = held ]
	send '/devices/odd%231%3A~/command' 'do=main/switch.on'
	[ "$location" = '/devices/odd%231%3A~?done=command' ]
	[ "$(value 'odd#1:~' switch.switch)" = on ]
	page '/devices/lamp?done=command'
	has '<p class="done" role="status">Done.</p>'
	page '/devices?done=nonsense'
	hasnt 'role="status"'
}

@test "what cannot be done is said in words, and nothing is changed" {
	gatehouse device offline shade --user ann >/dev/null
	send /devices/shade/command 'do=main/windowShade.open'
	status 409
	has 'role="alert">The device is offline'
	gatehouse device online shade --user ann >/dev/null
	send /devices/lamp/command 'do=main/switchLevel.setLevel&a.level=101'
	status 400
	has 'must be 0 to 100'
	send /devices/lamp/command 'do=main/switchLevel.setLevel&a.level=full'
	status 400
	send /devices/lamp/command 'do=main/switchLevel.setLevel'
	status 400
	local what
	for what in main/lock.lock outlet9/switch.on main/switch.fly switch.on main/switch '' %00 /. ../../x.y; do
		send /devices/lamp/command "do=$what"
		status 400
	done
	send /devices/lamp/set 'attribute=main/switchLevel.level&value=%3Cb%3E'
	status 400
	hasnt '<b>'
	send /devices/lamp/set 'attribute=main/healthCheck.healthStatus&value=offline'
	status 400
	send /devices/nobody/command 'do=main/switch.on'
	status 404
	send /devices/bobs/command 'do=main/switch.on'
	status 404
	send /devices/lamp/nonsense 'x=1'
	status 404
	page /devices/bobs
	status 404
	page /devices/bobs/delete
	status 404
	for what in / '/devices//command' '/devices/lamp/' '/devices/lamp%2Fcommand' '/devices/la&m=p' '/devices/%zz' '/devices/%00'; do
		[ "$what" = / ] || { page "$what"; status 404; }
	done
	[ "$(value lamp switchLevel.level)" = 42 ]
}

@test "a form without its token, or of another's, changes nothing" {
	local what
	page /devices
	cgi console POST /devices/lamp/command 'do=main/switch.off' HTTP_COOKIE="$session"
	status 403
	cgi console POST /devices/lamp/command "csrf=x$csrf&do=main/switch.off" HTTP_COOKIE="$session"
	status 403
	cgi console POST /devices/bobs/command "csrf=$csrf&do=main/switch.on" HTTP_COOKIE="$bob"
	status 403
	for what in /devices/lamp/delete /devices/lamp/label /devices/lamp/online /devices/lamp/set /new-device; do
		cgi console POST "$what" "csrf=$csrf" HTTP_COOKIE="$session" HTTP_ORIGIN=https://evil.test
		status 403
		cgi console POST "$what" 'csrf=' HTTP_COOKIE="$session" HTTP_SEC_FETCH_SITE=cross-site
		status 403
	done
	[ "$(value lamp switch.switch)" = on ]
}

@test "back leads only to our own list" {
	send /devices/lamp/command "do=main/switch.on&back=$(urlencode 'https://evil.test/')"
	[ "$location" = '/devices?page=1&done=command' ]
	send /devices/lamp/command "do=main/switch.on&back=$(urlencode 'q=a&page=3&room=x%0d%0ay&evil=1&done=deleted')"
	[ "$location" = '/devices?q=a&room=x%0D%0Ay&page=3&done=command' ]
	send /devices/lamp/command 'do=main/switch.on&back=%25zz'
	[ "$location" = '/devices/lamp?done=command' ]
}

@test "a device gets another name and room, goes offline and comes back" {
	send /devices/push/label 'name=Bell&room=Porch'
	status 303
	page /devices/push
	has '<h1><bdi>Bell</bdi></h1>'
	has 'Porch'
	send /devices/push/label 'name=Bell&room='
	page /devices/push
	hasnt 'Porch</bdi></p>'
	send /devices/push/label 'name=&room=x'
	status 400
	send /devices/push/online online=no
	[ "$location" = '/devices/push?done=offline' ]
	page /devices/push
	has '<span class="badge offline">Offline</span>'
	has 'name="online" value="yes"'
	send /devices/push/online online=yes
	page /devices/push
	has 'name="online" value="no"'
}

@test "a device is added from the catalogue, and deleted after a question" {
	page '/new-device?q=dimmer'
	status 200
	has 'type=c2c-dimmer"'
	hasnt 'type=c2c-valve"'
	page '/new-device?q=THERMOMETER'
	has 'type=c2c-lock-3"'
	page '/new-device?type=c2c-dimmer'
	has 'name="type" value="c2c-dimmer"'
	send /new-device 'type=c2c-dimmer&name=New+lamp&room=Hall'
	status 303
	[ "$location" = '/devices/new-lamp?done=added' ]
	send /new-device 'type=c2c-dimmer&name=New+lamp'
	status 303
	[[ $location == /devices/new-lamp-*'?done=added' ]]
	send /new-device "type=c2c-switch&name=$(urlencode 거실등)&id=living"
	[ "$location" = '/devices/living?done=added' ]
	send /new-device 'type=c2c-switch&name=x&id=living'
	status 409
	has 'value="living"'
	send /new-device 'type=c2c-switch&name='
	status 400
	send /new-device 'type=nonsense&name=x'
	status 400
	send /new-device 'type=c2c-switch&name=x&id=a/b'
	status 400
	page /devices/living/delete
	has 'Delete this device?'
	[ "$(value living switch.switch)" = off ]
	send /devices/living/delete ''
	[ "$location" = '/devices?done=deleted' ]
	page /devices/living
	status 404
}

@test "a profile of the owner's own, with capabilities and components" {
	page '/new-device?type=profile'
	has 'name="capability" value="thermostatMode"'
	send /new-device "type=profile&name=Box&profile=0f3b6a1e-7c4d-4c55-9f0e-5d1a2b3c4d5e&capability=switch&capability=tone&components=$(urlencode $'outlet2: switch, powerMeter\r\n\r\noutlet3:lock')"
	status 303
	[ "$(gatehouse --json device show box --user ann | jq -c '.components | [.main, .outlet2, .outlet3]')" = \
		'[["switch","tone","healthCheck","refresh"],["switch","powerMeter"],["lock"]]' ] || {
		gatehouse --json device show box --user ann | jq -c .components; return 1; }
	page /devices/box
	has 'value="outlet2/switch.on"'
	has 'value="main/tone.beep"'
	send /new-device 'type=profile&name=Bad&profile=nonsense&capability=tone'
	status 400
	has 'value="tone" checked'
	send /new-device 'type=profile&name=Bad&profile=0f3b6a1e-7c4d-4c55-9f0e-5d1a2b3c4d5e&capability=nonsense'
	status 400
	has 'no such capability: '
}

@test "every capability of the catalogue has its page: each attribute a field, each command a button" {
	local i=0 some all
	all=$(jq -r '.capabilities | keys[]' "$TOP/conf/capabilities.json" | grep -vx -e healthCheck -e refresh)
	while some=$(sed -n "$((i * 50 + 1)),$((i * 50 + 50))p" <<<"$all") && [ -n "$some" ]; do
		# shellcheck disable=SC2046
		add "all$i" 0f3b6a1e-7c4d-4c55-9f0e-5d1a2b3c4d5e $(sed 's/^/--capability /' <<<"$some")
		page "/devices/all$i"
		status 200
		local name
		for name in $(jq -r --arg s "$some" '.capabilities as $c | $s | split("\n")[] | . as $n | $c[$n] |
			((.attributes // {} | keys[]) , (.commands // {} | keys[])) | "main/\($n).\(.)"' "$TOP/conf/capabilities.json"); do
			has "value=\"$name\""
		done
		[ ! -s "$BATS_TEST_TMPDIR/cgi.err" ] || { cat "$BATS_TEST_TMPDIR/cgi.err"; return 1; }
		page "/devices?q=all$i"
		status 200
		gatehouse device delete "all$i" --user ann >/dev/null
		i=$((i + 1))
	done
	[ "$i" = 4 ]
}

@test "names that would be more than names are shown as text" {
	local bad='"><script>alert(1)</script><img src=x onerror=alert(1)>' rtl=$'\u202egnp.exe'
	json_send POST /console/devices "$(jq -cn --arg n "$bad" '{type: "c2c-switch", id: "x1", name: $n, room: $n, manufacturer: $n, model: $n}')"
	status 201
	json_send POST /console/devices "$(jq -cn --arg n "$rtl" '{type: "c2c-switch", id: "x2", name: $n, room: $n}')"
	status 201
	local path
	for path in /devices /devices/x1 /devices/x1/delete "/devices?q=$(urlencode "$bad")" "/devices?room=$(urlencode "$bad")" \
		"/new-device?q=$(urlencode "$bad")" "/new-device?type=$(urlencode "$bad")" "/devices/x1?done=$(urlencode "$bad")"; do
		page "$path"
		hasnt '<script>alert'
		hasnt '<img src=x'
		hasnt 'onerror=alert(1)>'
		[[ $(header Content-Security-Policy) == *"script-src 'self';"* ]]
	done
	page /devices/x2
	has "<bdi>$rtl</bdi>"
	hasnt "<h1>$rtl"
	gatehouse device delete x1 --user ann >/dev/null
	gatehouse device delete x2 --user ann >/dev/null
}

@test "a chart of the last day, with its values in a table" {
	gatehouse device set shade --user ann switchLevel.level=30 >/dev/null
	gatehouse device set shade --user ann switchLevel.level=80 >/dev/null
	gatehouse device set shade --user ann windowShade.windowShade=open >/dev/null
	page /devices/shade
	has '<polyline points="'
	# it begins with what it was before its first change
	has '<figcaption>Level · 0 % – 80 %</figcaption>'
	[[ $body == *'<td>80 %</td>'*'<td>30 %</td>'*'<td>0 %</td>'* ]]
	[[ $body == *'<title>open</title></rect>'*'<title>closed</title></rect>'* ]]
	gatehouse device set door --user ann contactSensor.contact=open >/dev/null
	page /devices/door
	has 'role="img"'
	has 'href="/" aria-current="page"'
	gatehouse device set door --user ann contactSensor.contact=closed >/dev/null
}

# --- JSON ---

@test "JSON: nobody gets in without a session, nothing is changed without the token" {
	local path
	for path in /console/devices /console/devices/lamp /console/devices/lamp/history; do
		cgi console GET "$path" ''
		status 401
		[ "$type" = application/json ]
		[ "$(json .error)" = login ]
	done
	cgi console POST /console/devices/lamp/command '{"capability":"switch","command":"off"}' HTTP_COOKIE="$session"
	status 403
	[ "$(json .error)" = form ]
	json_send POST /console/devices/lamp/command '{"capability":"switch","command":"off"}' HTTP_ORIGIN=https://evil.test
	status 403
	json_send DELETE /console/devices/lamp '' HTTP_X_CSRF_TOKEN=x
	status 403
	cgi console DELETE /console/devices/bobs '' HTTP_COOKIE="$session" HTTP_X_CSRF_TOKEN="$csrf"
	status 404
	[ "$(value lamp switch.switch)" = on ]
}

@test "JSON: unknown addresses and methods are answered in JSON" {
	local row
	for row in 'GET /console 404' 'GET /console/ 404' 'GET /console/nothing 404' 'POST /console/x/y 404' 'PUT /console/devices 405' \
		'PUT /console/x 405' 'GET /console/devices/lamp/nothing 404' 'DELETE /console/devices/lamp/set 405' \
		'GET /console/devices/lamp/command 405' 'GET /console/devices/ 404' 'GET /console/devices/nobody 404'; do
		read -r method path want <<<"$row"
		json_send "$method" "$path" '{}'
		status "$want"
		[ "$type" = application/json ]
		json .error_description >/dev/null
	done
}

@test "JSON: the list, and that nothing is new" {
	cgi console GET '/console/devices?q=lamp&page=1' '' HTTP_COOKIE="$session"
	status 200
	[ "$(json '.devices[0] | [.id, .online, .values["main/switchLevel.level"].value, .values["main/switchLevel.level"].text] | @json')" = \
		'["lamp",true,42,"42 %"]' ]
	local tag seq
	tag=$(header ETag) seq=$(json .seq)
	cgi console GET "/console/devices?since=$seq" '' HTTP_COOKIE="$session" HTTP_IF_NONE_MATCH="$tag"
	status 304
	[ -z "$body" ]
	[ "$(header ETag)" = "$tag" ]
	# another language and another owner have other lists
	cgi console GET "/console/devices?since=$seq" '' HTTP_COOKIE="$session" HTTP_IF_NONE_MATCH="$tag" HTTP_ACCEPT_LANGUAGE=ko
	status 200
	cgi console GET "/console/devices?since=$seq" '' HTTP_COOKIE="$bob" HTTP_IF_NONE_MATCH="$tag"
	status 200
	gatehouse device set lamp --user ann switchLevel.level=43 >/dev/null
	gatehouse device set lamp --user ann switchLevel.level=44 >/dev/null
	cgi console GET "/console/devices?since=$seq" '' HTTP_COOKIE="$session" HTTP_IF_NONE_MATCH="$tag"
	status 200
	[ "$(json '[.reload, (.devices | length), .devices[0].values["main/switchLevel.level"].value] | @json')" = '[false,1,44]' ]
	[ "$(json .seq)" = $((seq + 2)) ]
	gatehouse device rename lamp "Hall lamp" --user ann >/dev/null
	for since in "$seq" 0 $((seq + 100)); do
		cgi console GET "/console/devices?since=$since" '' HTTP_COOKIE="$session"
		[ "$(json '[.reload, .devices] | @json')" = '[true,[]]' ]
	done
	for since in -1 x 99999999999999999999; do
		cgi console GET "/console/devices?since=$since" '' HTTP_COOKIE="$session"
		status 400
	done
}

@test "JSON: commands and values; the answer is what the device really is" {
	json_send POST /console/devices/lamp/command '{"capability":"switchLevel","command":"setLevel","arguments":[7]}'
	status 200
	[ "$(json '.device.values["main/switchLevel.level"].value')" = 7 ]
	json_send POST /console/devices/lamp/command '{"component":"main","capability":"st.switchLevel","command":"setLevel","arguments":[700]}'
	status 400
	[ "$(json .error)" = bad_argument ]
	[ "$(json '.device.values["main/switchLevel.level"].value')" = 7 ]
	gatehouse device offline lamp --user ann >/dev/null
	json_send POST /console/devices/lamp/command '{"capability":"switch","command":"off"}'
	status 409
	[ "$(json '[.error, .device.attention[0]] | @json')" = '["offline","offline"]' ]
	json_send POST /console/devices/lamp/command '{"capability":"switch","command":"off"}' HTTP_ACCEPT_LANGUAGE=ko
	[[ $(json .error_description) == 기기가\ 오프라인* ]]
	json_send POST /console/devices/lamp '{"online":true}'
	status 200
	json_send POST /console/devices/leak/set '{"set":{"main/waterSensor.water":"wet","main/battery.battery":9}}'
	status 200
	[ "$(json '.device.attention | @json')" = '["alarm","battery"]' ]
	json_send POST /console/devices/leak/set '{"set":{"main/waterSensor.water":"dry","main/battery.battery":900}}'
	status 400
	[ "$(value leak waterSensor.water)" = wet ]
	json_send POST /console/devices/leak/set '{"set":{"main/waterSensor.water":"dry","main/battery.battery":90}}'
	status 200
	local bad
	for bad in '' '[]' '{' '{"set":{}}' '{"set":[1]}' '{"set":{"a":1},"set":{}}' '{"command":"on"}' '{"capability":1,"command":"on"}' \
		'{"capability":"switch","command":"on","arguments":{}}' $'\xff' '{"set":{"main/waterSensor.water":null}}' '{"set":{"":1}}'; do
		json_send POST /console/devices/leak/set "$bad"
		status 400
		json_send POST /console/devices/leak/command "$bad"
		status 400
	done
}

@test "JSON: a device is added, renamed, asked for, its history read, deleted" {
	json_send POST /console/devices '{"type":"c2c-dimmer","name":"Desk lamp","set":{"switchLevel.level":12}}'
	status 201
	[ "$(json '[.device.id, .device.values["main/switchLevel.level"].value] | @json')" = '["desk-lamp",12]' ]
	json_send POST /console/devices '{"type":"c2c-dimmer","name":"Other","id":"desk-lamp"}'
	status 409
	json_send POST /console/devices '{"type":"c2c-dimmer","name":7}'
	status 400
	json_send POST /console/devices/desk-lamp '{"name":"Desk","room":"Study"}'
	[ "$(json '[.device.name, .device.room] | @json')" = '["Desk","Study"]' ]
	json_send POST /console/devices/desk-lamp '{"room":""}'
	[ "$(json '[.device.name, .device.room] | @json')" = '["Desk",null]' ]
	for bad in '{"name":7}' '{"name":""}' '{"online":"yes"}' '{"room":"\u0007"}'; do
		json_send POST /console/devices/desk-lamp "$bad"
		status 400
	done
	gatehouse device set desk-lamp --user ann switchLevel.level=13 >/dev/null
	cgi console GET /console/devices/desk-lamp/history '' HTTP_COOKIE="$session"
	[ "$(json '[.more, .values[0].attribute, .values[0].value] | @json')" = '[false,"level",13]' ]
	json_send DELETE /console/devices/desk-lamp ''
	status 200
	cgi console GET /console/devices/desk-lamp '' HTTP_COOKIE="$session"
	status 404
	[ "$(json .error)" = no_device ]
}

@test "many devices come in pages, and the limit is said" {
	jq '. + {limits: {devices_per_user: 130}}' "$ROOT/gatehouse.json" >"$BATS_TEST_TMPDIR/c" && cp "$BATS_TEST_TMPDIR/c" "$ROOT/gatehouse.json"
	local i
	for i in $(seq 1 60); do add "many$i" c2c-switch; done
	page '/devices?q=many'
	[ "$(grep -o 'data-device=' <<<"$body" | wc -l)" = 48 ]
	has 'Page 1 of 2, 60 devices'
	has 'rel="next" href="/devices?q=many&amp;page=2"'
	page '/devices?q=many&page=2'
	[ "$(grep -o 'data-device=' <<<"$body" | wc -l)" = 12 ]
	page '/devices?q=many&page=9'
	has 'No device is like that.'
	has 'rel="prev" href="/devices?q=many&amp;page=2"'
	jq '.limits.devices_per_user = 5' "$ROOT/gatehouse.json" >"$BATS_TEST_TMPDIR/c" && cp "$BATS_TEST_TMPDIR/c" "$ROOT/gatehouse.json"
	send /new-device 'type=c2c-switch&name=Over'
	status 409
	has 'as many devices as this server allows'
	jq '.limits.devices_per_user = 500' "$ROOT/gatehouse.json" >"$BATS_TEST_TMPDIR/c" && cp "$BATS_TEST_TMPDIR/c" "$ROOT/gatehouse.json"
}
