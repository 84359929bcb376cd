#!/usr/bin/env bats
# What a definition does without code: subscriptions of all kinds, schedules, when a rule applies, and what it asks for. Seen in
# the calls that wait for SmartThings' API (docs/smartapp.md, "Rules"; the bodies are those of SmartThings' API).
# long because: each kind of subscription, schedule, condition and action has its case.

load helper
load smartapp

setup_file() {
	make_root "$BATS_FILE_TMPDIR/root"
	export KEYSERVER=https://127.0.0.1:1 KEYS=$BATS_FILE_TMPDIR
	configure '{"check_signatures": false}'
	jq '.simulator = true' "$ROOT/gatehouse.json" >"$ROOT/c" && mv "$ROOT/c" "$ROOT/gatehouse.json"
	gatehouse device add --user ann --type c2c-switch --id plug --name Plug >/dev/null
}

setup() {
	load_libs
	headers=(CONTENT_TYPE=application/json)
	DOOR=d0000000-0000-4000-8000-000000000001 LAMP=d0000000-0000-4000-8000-000000000002 LAMP2=d0000000-0000-4000-8000-000000000003
	CONFIG="{\"doors\":$(device_setting $DOOR),\"lamps\":$(device_setting $LAMP $LAMP2),\"n\":$(text_setting 7),\"f\":$(text_setting 21.5),"
	CONFIG+="\"b\":$(text_setting true),\"e\":$(text_setting noon),\"m\":[{\"valueType\":\"MODE\",\"modeConfig\":{\"modeId\":\"mode-home\"}}]}"
	move 0
	serial=0 judged=0 tagged=() wanted=''
}

# define MEMBERS: the definition, with these members (JSON) added.
define() {
	local more=${1#\{}
	[ "$more" = '}' ] || more=,$more
	cat >"$ROOT/app.json" <<-END
		{"id": "app", "name": "App", "description": "", "targetUrl": "https://home.example.org/smartapp", "permissions": [],
		"configPages": [{"pageName": "P", "sections": [{"settings": [
			{"type": "DEVICE", "id": "doors", "name": "Doors", "multiple": true, "capabilities": ["contactSensor"], "permissions": ["r"]},
			{"type": "DEVICE", "id": "lamps", "name": "Lamps", "multiple": true, "capabilities": ["switch"], "permissions": ["r", "x"]},
			{"type": "NUMBER", "id": "n", "name": "N"}, {"type": "DECIMAL", "id": "f", "name": "F"}, {"type": "BOOLEAN", "id": "b", "name": "B"},
			{"type": "TIME", "id": "at", "name": "At"}, {"type": "TIME", "id": "till", "name": "Till"}, {"type": "MODE", "id": "m", "name": "M"},
			{"type": "ENUM", "id": "e", "name": "E", "options": [{"id": "noon", "name": "Noon"}, {"id": "night", "name": "Night"}]}]}]}]$more
	END
}

# asks MESSAGE: a fresh installed app is given the message; prints "METHOD PATH BODY" of each call that it leads to, the path
# below the installed app's.
asks() {
	deliver "$(uninstall)" && status 200
	deliver "$1" && status 200
	gatehouse smartapp show "$APP" --json | jq -r --arg own "/installedapps/$APP" '.calls[] | "\(.method) \(.path | sub($own; ""))\(if .body then " " + .body else "" end)"'
}

# event TYPE MEMBER DATA
event() { printf '{"eventTime":"2026-01-02T03:04:05Z","eventType":"%s","%s":%s}' "$1" "$2" "$3"; }

# on EVENT, off EVENT: one that the rule applies to, one that it does not. judge WHEN [AND]: a rule with these is given all of
# them in one request; it posts the events that it applies to.
on() { tag on "$1"; }
off() { tag off "$1"; }
tag() {
	local id="$1-$BATS_TEST_NUMBER-$((++serial))" event
	event=${2/'"eventId":"e1",'/}
	event=${event/'Event":{'/"Event\":{\"eventId\":\"$id\","}
	tagged+=("${event/,\}/\}}")
	[ "$1" = off ] || wanted+="$id"$'\n'
}
judge() {
	local first=$judged
	judged=$serial
	define "{\"rules\": [{\"when\": $1, \"and\": ${2:-[]}, \"then\": [{\"post\": {\"url\": \"https://hook.example/\"}}]}]}"
	deliver "$(events "$CONFIG" "${tagged[@]}")" && status 200
	assert_equal "$(gatehouse smartapp show "$APP" --json | jq -r --arg t "-$BATS_TEST_NUMBER-" --argjson first "$first" \
		'.posts[] | .body | fromjson | .event.eventId | select(contains($t)) | select((split("-") | .[2] | tonumber) > $first)')" "${wanted%$'\n'}"
	tagged=() wanted=''
}

# at HH:MM[:SS]: the clock says so, UTC.
at() {
	local now
	now=$(date +%s)
	move $(($(date -u -d "1970-01-01T$1Z" +%s) - now % 86400))
}

@test "subscriptions: all eight kinds, as SmartThings' API wants them" {
	define '{"subscriptions": [
		{"name": "doors", "type": "DEVICE", "setting": "doors", "capability": "contactSensor", "attribute": "contact", "value": "open", "stateChangeOnly": false, "component": "main", "modes": ["mode-home"]},
		{"name": "all", "type": "DEVICE", "setting": "lamps"},
		{"name": "leaks", "type": "CAPABILITY", "capability": "waterSensor", "attribute": "water", "value": "wet", "modes": ["mode-away"]},
		{"name": "mode", "type": "MODE"},
		{"name": "came", "type": "DEVICE_LIFECYCLE"},
		{"name": "health", "type": "DEVICE_HEALTH", "setting": "lamps"},
		{"name": "arm", "type": "SECURITY_ARM_STATE"},
		{"name": "hub", "type": "HUB_HEALTH"},
		{"name": "scene", "type": "SCENE_LIFECYCLE"}]}'
	run asks "$(install "$CONFIG")"
	assert_output "POST /subscriptions {\"sourceType\":\"DEVICE\",\"device\":{\"deviceId\":\"$DOOR\",\"componentId\":\"main\",\"capability\":\"contactSensor\",\"attribute\":\"contact\",\"value\":\"open\",\"stateChangeOnly\":false,\"subscriptionName\":\"doors_0\",\"modes\":[\"mode-home\"]}}
POST /subscriptions {\"sourceType\":\"DEVICE\",\"device\":{\"deviceId\":\"$LAMP\",\"componentId\":\"main\",\"capability\":\"*\",\"attribute\":\"*\",\"value\":\"*\",\"stateChangeOnly\":true,\"subscriptionName\":\"all_0\"}}
POST /subscriptions {\"sourceType\":\"DEVICE\",\"device\":{\"deviceId\":\"$LAMP2\",\"componentId\":\"main\",\"capability\":\"*\",\"attribute\":\"*\",\"value\":\"*\",\"stateChangeOnly\":true,\"subscriptionName\":\"all_1\"}}
POST /subscriptions {\"sourceType\":\"CAPABILITY\",\"capability\":{\"locationId\":\"$LOCATION\",\"capability\":\"waterSensor\",\"attribute\":\"water\",\"value\":\"wet\",\"stateChangeOnly\":true,\"modes\":[\"mode-away\"],\"subscriptionName\":\"leaks\"}}
POST /subscriptions {\"sourceType\":\"MODE\",\"mode\":{\"locationId\":\"$LOCATION\",\"subscriptionName\":\"mode\"}}
POST /subscriptions {\"sourceType\":\"DEVICE_LIFECYCLE\",\"deviceLifecycle\":{\"locationId\":\"$LOCATION\",\"subscriptionName\":\"came\"}}
POST /subscriptions {\"sourceType\":\"DEVICE_HEALTH\",\"deviceHealth\":{\"locationId\":\"$LOCATION\",\"deviceIds\":[\"$LAMP\",\"$LAMP2\"],\"subscriptionName\":\"health\"}}
POST /subscriptions {\"sourceType\":\"SECURITY_ARM_STATE\",\"securityArmState\":{\"locationId\":\"$LOCATION\",\"subscriptionName\":\"arm\"}}
POST /subscriptions {\"sourceType\":\"HUB_HEALTH\",\"hubHealth\":{\"locationId\":\"$LOCATION\",\"subscriptionName\":\"hub\"}}
POST /subscriptions {\"sourceType\":\"SCENE_LIFECYCLE\",\"sceneLifecycle\":{\"locationId\":\"$LOCATION\",\"subscriptionName\":\"scene\"}}"
	# Nothing was chosen: there is nothing to subscribe to. Forty is what the platform takes, twenty devices in one.
	assert_equal "$(asks "$(install '{}')" | wc -l)" 6
	mapfile -t many < <(seq -f 'd%.0f' 50)
	run asks "$(install "$(jq -nc --argjson l "$(device_setting "${many[@]}")" '{lamps: $l}')")"
	assert_equal "$(grep -c '"sourceType":"DEVICE"' <<<"$output")" 40
	define '{"subscriptions": [{"name": "health", "type": "DEVICE_HEALTH", "setting": "lamps"}]}'
	run asks "$(install "$(jq -nc --argjson l "$(device_setting "${many[@]}")" '{lamps: $l}')")"
	assert_equal "$(sed 's/^[^{]*//' <<<"$output" | jq -c '.deviceHealth.deviceIds | [length, .[0], .[19]]')" '[20,"d1","d20"]'
}

@test "schedules: cron, daily, once, after" {
	define '{"schedules": [
		{"name": "quarter", "cron": "0/15 * * * ? *", "timezone": "Europe/Berlin"},
		{"name": "utc", "cron": "5 4 * * ? *"},
		{"name": "morning", "daily": "07:30", "timezone": "Asia/Seoul"},
		{"name": "far", "once": "2027-05-01T10:00:00+02:00"},
		{"name": "past", "once": "2020-05-01T10:00:00Z"},
		{"name": "soon", "after": 90}]}'
	before=$(date +%s)
	run asks "$(install '{}')"
	assert_equal "$(head -n 4 <<<"$output")" 'POST /schedules {"name":"quarter","cron":{"expression":"0/15 * * * ? *","timezone":"Europe/Berlin"}}
POST /schedules {"name":"utc","cron":{"expression":"5 4 * * ? *","timezone":"UTC"}}
POST /schedules {"name":"morning","cron":{"expression":"30 7 * * ? *","timezone":"Asia/Seoul"}}
POST /schedules {"name":"far","once":{"time":1809158400000,"overwrite":true}}'
	assert_equal "$(wc -l <<<"$output")" 5
	soon=$(sed -n '5s/^[^{]*//p' <<<"$output" | jq '.once.time / 1000 | floor')
	[ $((soon - before)) -ge 90 ]
	[ $((soon - before)) -le 95 ]
	run asks "$(update '{}')"
	assert_equal "$(head -n 3 <<<"$output" | cut -d'{' -f1)" 'DELETE /subscriptions
DELETE /schedules
POST /schedules '
}

@test "schedules: daily at the time of a TIME setting, at its own offset or in the zone that is named" {
	define '{"schedules": [{"name": "a", "daily": "$at"}, {"name": "b", "daily": "$at", "timezone": "America/New_York"}]}'
	while read -r time utc local; do
		run asks "$(install "{\"at\": $(text_setting "$time")}")"
		assert_output "POST /schedules {\"name\":\"a\",\"cron\":{\"expression\":\"${utc/_/ } * * ? *\",\"timezone\":\"UTC\"}}
POST /schedules {\"name\":\"b\",\"cron\":{\"expression\":\"${local/_/ } * * ? *\",\"timezone\":\"America/New_York\"}}"
	done <<-'END'
		2020-01-01T07:30:00.000-0400 30_11 30_7
		2020-01-01T00:15:00.000+0900 15_15 15_0
		2020-01-01T23:59:00Z 59_23 59_23
		06:05 5_6 5_6
	END
	assert_equal "$(asks "$(install '{}')")" ''
	assert_equal "$(asks "$(install "{\"at\": $(text_setting noon)}")")" ''
}

@test "when: what an event must be, member by member" {
	deliver "$(install '{}')"
	device=$(device_event $DOOR contactSensor contact '"open"')
	on "$device"
	for bent in '.deviceId = "x"' '.capability = "x"' '.attribute = "x"' '.value = "closed"' '.componentId = "x"' 'del(.value)'; do
		off "$(jq -c ".deviceEvent |= ($bent)" <<<"$device")"
	done
	off "$(event MODE_EVENT modeEvent "$(jq -c .deviceEvent <<<"$device")")"
	judge '{"event": "DEVICE_EVENT", "setting": "doors", "capability": "contactSensor", "attribute": "contact", "value": "open", "component": "main", "device": "'$DOOR'"}'
	off "$device"
	on "$(device_event $LAMP2 switch switch '"on"')"
	judge '{"event": "DEVICE_EVENT", "setting": "lamps"}'
	for name in motion motion_0 motion_12; do on "$(jq -c --arg n $name '.deviceEvent.subscriptionName = $n' <<<"$device")"; done
	for name in motion_ motion_x motions motion_1x mot; do off "$(jq -c --arg n $name '.deviceEvent.subscriptionName = $n' <<<"$device")"; done
	off "$(jq -c 'del(.deviceEvent.subscriptionName)' <<<"$device")"
	judge '{"event": "DEVICE_EVENT", "subscription": "motion"}'
}

@test "when: the other types of events by what they have" {
	deliver "$(install '{}')"
	while read -r type member key data_key good; do
		on "$(event "$type" "$member" "{\"$data_key\": \"$good\"}")"
		off "$(event "$type" "$member" "{\"$data_key\": \"other\"}")"
		off "$(event "$type" "$member" '{}')"
		judge "{\"event\": \"$type\", \"$key\": \"$good\"}"
	done <<-'END'
		MODE_EVENT modeEvent mode modeId mode-home
		SCENE_LIFECYCLE_EVENT sceneLifecycleEvent scene sceneId scene-1
		TIMER_EVENT timerEvent timer name nightly
		DEVICE_HEALTH_EVENT deviceHealthEvent status status OFFLINE
		DEVICE_LIFECYCLE_EVENT deviceLifecycleEvent lifecycle lifecycle CREATE
		SECURITY_ARM_STATE_EVENT securityArmStateEvent armState armState ARMED_STAY
		HUB_HEALTH_EVENT hubHealthEvent hub hubId hub-1
	END
	on "$(event MODE_EVENT modeEvent '{"modeId": "mode-home"}')"
	off "$(event MODE_EVENT modeEvent '{"modeId": "mode-away"}')"
	judge '{"event": "MODE_EVENT", "mode": "$m"}'
	for pair in DEVICE_COMMANDS_EVENT:deviceCommandsEvent WEATHER_EVENT:weatherEvent INSTALLED_APP_LIFECYCLE_EVENT:installedAppLifecycleEvent; do
		on "$(event "${pair%:*}" "${pair#*:}" '{}')"
		off "$(event MODE_EVENT modeEvent '{}')"
		judge "{\"event\": \"${pair%:*}\"}"
	done
}

@test "when and and: above, below, is, isNot; numbers, settings, texts" {
	deliver "$(install '{}')"
	temperature() { device_event $DOOR temperatureMeasurement temperature "$1"; }
	for value in 21 '"21"' 20.1; do on "$(temperature $value)"; done
	for value in 20 21.5 19.9 30 '"warm"' null '{}'; do off "$(temperature "$value")"; done
	judge '{"event": "DEVICE_EVENT", "above": 20, "below": "$f"}'
	while read -r eight six condition; do
		"$eight" "$(temperature 8)"
		"$six" "$(temperature 6)"
		judge '{"event": "DEVICE_EVENT"}' "[$condition]"
	done <<-'END'
		on on {"setting": "e", "is": "noon"}
		off off {"setting": "e", "isNot": "noon"}
		on on {"setting": "n", "is": 7, "isNot": 8}
		on on {"setting": "n", "is": "7"}
		off off {"setting": "n", "is": 8}
		on on {"setting": "n", "above": 6, "below": 8}
		off off {"setting": "n", "above": 7}
		off off {"setting": "n", "below": 7}
		on off {"setting": "n", "below": "$value"}
		on on {"setting": "b", "is": "true"}
		on on {"setting": "m", "is": "mode-home"}
		on on {"setting": "at", "isNot": "x"}
		off off {"setting": "at", "is": "x"}
		off off {"setting": "at", "above": 0}
		on on {"setting": "doors", "is": "d0000000-0000-4000-8000-000000000001"}
		off off {"setting": "e", "is": "noon"}, {"setting": "n", "is": 8}
	END
}

@test "and: a device here" {
	deliver "$(install '{}')"
	is() { "$1" "$(event MODE_EVENT modeEvent '{}')"; judge '{"event": "MODE_EVENT"}' "[{\"user\": \"ann\", \"device\": \"$2\", \"attribute\": \"$3\", $4}]"; }
	gatehouse device set plug --user ann st.switch.switch=on >/dev/null
	is on plug switch.switch '"is": "on"'
	gatehouse device set plug --user ann st.switch.switch=off >/dev/null
	is off plug switch.switch '"is": "on"'
	is off none switch.switch '"is": "off"'
	is off plug lock.lock '"is": "off"'
	off "$(event MODE_EVENT modeEvent '{}')"
	judge '{"event": "MODE_EVENT"}' '[{"user": "bob", "device": "plug", "attribute": "switch.switch", "is": "off"}]'
	gatehouse device set lamp --user ann st.switchLevel.level=11 >/dev/null
	is on lamp switchLevel.level '"above": 10'
	is off lamp switchLevel.level '"above": 11'
}

@test "and: between two times of the day, over midnight too, in the offset that is said" {
	deliver "$(install '{}')"
	mode=$(event MODE_EVENT modeEvent '{}')
	while read -r from to offset now want; do
		at "$now"
		"$want" "$mode"
		judge '{"event": "MODE_EVENT"}' "[{\"from\": \"$from\", \"to\": \"$to\"$([ "$offset" = - ] || echo ", \"utcOffset\": \"$offset\"")}]"
	done <<-'END'
		08:00 09:00 - 08:00:30 on
		08:00 09:00 - 07:59:00 off
		08:00 09:00 - 09:00:05 off
		22:00 06:00 - 23:30 on
		22:00 06:00 - 05:59:00 on
		22:00 06:00 - 06:00:05 off
		22:00 06:00 - 12:00 off
		08:00 09:00 +02:00 06:30 on
		08:00 09:00 +02:00 08:30 off
		08:00 09:00 -0500 13:30 on
	END
	for time in 01:00 21:00 none; do
		CONFIG="{\"at\": $(text_setting 2020-01-01T20:00:00.000-0400), \"till\": $(text_setting 2020-01-01T22:00:00.000-0400)}"
		[ $time != none ] || CONFIG='{}' time=01:00
		at $time
		[ "$time$CONFIG" = "01:00{}" ] || [ $time = 21:00 ] && off "$mode" || on "$mode"
		judge '{"event": "MODE_EVENT"}' '[{"from": "$at", "to": "$till"}]'
	done
}

@test "then: commands to all devices of a setting, arguments out of settings and the event" {
	define '{"rules": [{"when": {"event": "DEVICE_EVENT"}, "then": [
		{"command": {"setting": "lamps", "capability": "switchLevel", "command": "setLevel", "arguments": ["$n", {"why": "$value"}], "component": "sub"}},
		{"command": {"device": "one", "capability": "switch", "command": "off"}},
		{"schedule": {"name": "later", "after": "$value", "unit": "minutes"}},
		{"unschedule": "earlier"},
		{"set": {"user": "ann", "device": "plug", "attribute": "switch.switch", "value": "on"}},
		{"post": {"url": "https://hook.example/a", "body": {"level": "$n", "at": "$at"}}}]}]}'
	gatehouse device set plug --user ann st.switch.switch=off >/dev/null
	deliver "$(uninstall)"
	deliver "$(update '{}')"
	deliver "$(events "$CONFIG" "$(device_event $DOOR x y 2)")"
	status 200
	# A body that stands on a setting without a value is not posted: "at" was not filled in.
	grep -q 'action=post result=not_possible' "$BATS_TEST_TMPDIR/cgi.err"
	run gatehouse smartapp show "$APP" --json
	due=$(jq '[.calls[] | select(.path | endswith("/schedules")) | select(.method == "POST")][0].body | fromjson | .once.time / 1000 | floor' <<<"$output")
	[ $((due - $(date +%s))) -ge 110 ]
	[ $((due - $(date +%s))) -le 121 ]
	assert_equal "$(jq -r '.calls[] | select(.setup | not) | "\(.method) \(.path) \(if .path | endswith("/schedules") then "" else .body end)"' <<<"$output")" \
"POST /devices/$LAMP/commands {\"commands\":[{\"component\":\"sub\",\"capability\":\"switchLevel\",\"command\":\"setLevel\",\"arguments\":[7,{\"why\":2}]}]}
POST /devices/$LAMP2/commands {\"commands\":[{\"component\":\"sub\",\"capability\":\"switchLevel\",\"command\":\"setLevel\",\"arguments\":[7,{\"why\":2}]}]}
POST /devices/one/commands {\"commands\":[{\"component\":\"main\",\"capability\":\"switch\",\"command\":\"off\",\"arguments\":[]}]}
POST /installedapps/$APP/schedules$(printf ' ')
DELETE /installedapps/$APP/schedules/earlier null"
	assert_equal "$(gatehouse device show plug --user ann --json | jq -r '.. | objects | select(.capability? == "switch" and .attribute? == "switch") | .value')" on
	# A device that was chosen by one of its components is commanded there.
	deliver "$(uninstall)"
	define '{"rules": [{"when": {"event": "MODE_EVENT"}, "then": [{"command": {"setting": "lamps", "capability": "switch", "command": "on"}},
		{"command": {"setting": "doors", "capability": "switch", "command": "on"}}, {"schedule": {"name": "x", "after": 2, "unit": "hours"}}]}]}'
	deliver "$(events "{\"lamps\":$(device_setting $LAMP | sed 's/"main"/"outlet2"/')}" "$(event MODE_EVENT modeEvent '{}')")"
	run gatehouse smartapp show "$APP" --json
	assert_equal "$(jq -c '[.calls[].body | fromjson | (.commands[0].component // (.once.time / 1000 - now | . > 7100 and . <= 7200))]' <<<"$output")" '["outlet2",true]'
	define '{"rules": [{"when": {"event": "DEVICE_EVENT"}, "then": [{"schedule": {"name": "later", "after": "$value", "unit": "minutes"}}]}]}'
	for value in 0 -1 '"x"' 99999999; do
		deliver "$(events "$CONFIG" "$(device_event $DOOR x y "$value")")"
		status 200
		grep -q 'action=schedule result=not_possible' "$BATS_TEST_TMPDIR/cgi.err"
	done
}

@test "a timer that is planned anew, or taken away, waits once; one that does not overwrite goes behind what was there" {
	define '{"schedules": [{"name": "fixed", "daily": "07:00"}], "rules": [
		{"when": {"event": "MODE_EVENT", "mode": "plan"}, "then": [{"schedule": {"name": "a", "after": 60}}, {"schedule": {"name": "b", "after": 60}}]},
		{"when": {"event": "MODE_EVENT", "mode": "stop"}, "then": [{"unschedule": "a"}]},
		{"when": {"event": "MODE_EVENT", "mode": "other"}, "then": [{"unschedule": "fixed"}, {"command": {"device": "d", "capability": "x", "command": "y"}}]}]}'
	# went: what waits, as METHOD NAME.
	went() { gatehouse smartapp show "$APP" --json | jq -r '[.calls[] | "\(.method) \((.body // "{}" | fromjson | .name) // (.path | split("/") | last))"] | join(", ")'; }
	mode() { deliver "$(events "$CONFIG" "$(event MODE_EVENT modeEvent "{\"modeId\":\"$1\"}")")" && status 200; }
	deliver "$(uninstall)"
	deliver "$(update '{}')"
	mode plan
	mode plan
	assert_equal "$(went)" 'DELETE subscriptions, DELETE schedules, POST fixed, POST a, POST b'
	mode stop
	assert_equal "$(went)" 'DELETE subscriptions, DELETE schedules, POST fixed, POST b, DELETE a'
	mode plan
	assert_equal "$(went)" 'DELETE subscriptions, DELETE schedules, POST fixed, POST a, POST b'
	mode other
	assert_equal "$(went)" 'DELETE subscriptions, DELETE schedules, POST a, POST b, DELETE fixed, POST commands'
	deliver "$(install '{}')"	# its "fixed" overwrites nothing: the DELETE stays, before it
	assert_equal "$(went)" 'POST a, POST b, DELETE fixed, POST commands, POST fixed'
}

@test "calls that nobody takes: the oldest go, what people set up stays, and events go on having their effects here" {
	define '{"subscriptions": [{"name": "mode", "type": "MODE"}], "rules": [{"when": {"event": "DEVICE_EVENT"}, "then": [
		{"command": {"device": "d", "capability": "switchLevel", "command": "setLevel", "arguments": ["$value"]}},
		{"post": {"url": "https://hook.example/", "body": "$value"}}]},
		{"when": {"event": "DEVICE_EVENT"}, "then": [{"set": {"user": "ann", "device": "lamp", "attribute": "switchLevel.level", "value": "$value"}}]}]}'
	many() {
		local list=() value
		for value in $(seq "$1" "$2"); do list+=("$(device_event $DOOR x y "$value")"); done
		deliver "$(events "$CONFIG" "${list[@]}")"
		status 200
	}
	deliver "$(uninstall)"
	deliver "$(install '{}')"
	for first in 1 61 121 181 241 301; do many "$first" $((first + 59)); done
	run ! grep -q result=dropped "$BATS_TEST_TMPDIR/cgi.err"
	many 361 420
	assert_equal "$(grep -o 'result=dropped calls=[0-9]*' "$BATS_TEST_TMPDIR/cgi.err" | sort)" $'result=dropped calls=20\nresult=dropped calls=21'
	run gatehouse smartapp show "$APP" --json
	assert_equal "$(jq -c '[.calls | length, (.[0].path | split("/") | last), (.[1].body | fromjson | .commands[0].arguments[0]), (last.body | fromjson | .commands[0].arguments[0])]' <<<"$output")" \
		'[400,"subscriptions",22,420]'
	assert_equal "$(jq -c '[.posts | length, .[0].body, last.body]' <<<"$output")" '[400,"21","420"]'
	many 7 40	# of several values for one thing the last counts
	assert_equal "$(gatehouse device show lamp --user ann --json | jq -c '[.. | objects | select(.attribute? == "level") | .value]')" '[40]'
	# Long ones: what the record holds is what bounds them; one request has a share of that.
	define '{"rules": [{"when": {"event": "DEVICE_EVENT"}, "then": [{"command": {"device": "d", "capability": "x", "command": "y", "arguments": ["$value"]}}]}]}'
	long=$(printf 'x%.0s' {1..12000})
	list=()
	for value in 1 2 3 4 5 6 7 8 9; do list+=("$(device_event $DOOR x y "\"$value$long\"")"); done
	for n in 1 2 3; do
		deliver "$(events "$CONFIG" "${list[@]}")"
		status 200
		grep -q 'action=command result=not_possible' "$BATS_TEST_TMPDIR/cgi.err"
	done
	grep -q result=dropped "$BATS_TEST_TMPDIR/cgi.err"
	assert_equal "$(gatehouse smartapp show "$APP" --json | jq -r '[.calls[-8:][].body | fromjson | .commands[0].arguments[0][0:1]] | join("")')" 12345678
	deliver "$(uninstall)"
}

@test "mirrors: the first device of the setting, its capability, in the direction that is said" {
	define '{"mirrors": [{"setting": "doors", "capability": "switch", "user": "ann", "device": "plug", "direction": "there"},
		{"setting": "lamps", "capability": "switch", "user": "ann", "device": "lamp", "direction": "here"}]}'
	run asks "$(install "$CONFIG")"
	assert_output "POST /subscriptions {\"sourceType\":\"DEVICE\",\"device\":{\"deviceId\":\"$LAMP\",\"componentId\":\"main\",\"capability\":\"switch\",\"attribute\":\"*\",\"value\":\"*\",\"stateChangeOnly\":true,\"subscriptionName\":\"mirror-1_0\"}}"
	# now: switch of the lamp, level of the lamp, switch of the plug, here.
	now() {
		gatehouse device show lamp --user ann --json | jq -rc '[.. | objects | select(.attribute? == "switch" or .attribute? == "level") | .value] | join(" ")'
		gatehouse device show plug --user ann --json | jq -rc '[.. | objects | select(.attribute? == "switch") | .value] | join(" ")'
	}
	gatehouse device set lamp --user ann st.switch.switch=off st.switchLevel.level=10 >/dev/null
	gatehouse device set plug --user ann st.switch.switch=off >/dev/null
	before=$(now)
	lamp=$(device_event $LAMP switch switch '"on"')
	for other in "$(device_event $LAMP2 switch switch '"on"')" "$(device_event $DOOR switch switch '"on"')" "$(device_event $LAMP switchLevel level 77)" \
		"$(event DEVICE_HEALTH_EVENT deviceHealthEvent "$(jq -c .deviceEvent <<<"$lamp")")" "$(jq -c 'del(.deviceEvent.deviceId)' <<<"$lamp")"; do
		deliver "$(events "$CONFIG" "$other")"
		status 200
	done
	assert_equal "$(now)" "$before"
	deliver "$(events "$CONFIG" "$lamp")"
	assert_equal "$(now)" "${before/off/on}"
}

@test "config check looks into the definition and the handler: file, line, key" {
	cp "$ROOT/gatehouse.json" "$BATS_TEST_TMPDIR/saved"
	check_says() {
		run -1 --separate-stderr gatehouse config check "$ROOT/gatehouse.json"
		assert_equal "${stderr_lines[0]}" "gatehouse: $ROOT/gatehouse.json:$1"
	}
	define '{}'
	printf '{\n"smartapp": {\n"definition": "app.json",\n"check_signatures": true}}' >"$ROOT/gatehouse.json"
	run -0 gatehouse config check "$ROOT/gatehouse.json"
	printf '{"id": "a",\n"name": "A",\n"descripton": ""}' >"$ROOT/app.json"
	check_says "3: smartapp.definition: $ROOT/app.json:3: descripton: there is no such member here; did you mean description?"
	rm "$ROOT/app.json"
	check_says "3: smartapp.definition: $ROOT/app.json: No such file or directory"
	define '{}'
	echo 'int x;' | gcc -shared -fPIC -x c -o "$ROOT/none.so" -
	printf '{"smartapp": {\n"definition": "app.json",\n\n"handler": "none.so"}}' >"$ROOT/gatehouse.json"
	check_says "4: smartapp.handler: $ROOT/none.so: has no symbol smartapp_handler"
	printf '#include "smartapp/handler.h"\nconst struct smartapp_handler smartapp_handler = { .version = 99 };' |
		gcc -I "$TOP/cgi-bin" -shared -fPIC -x c -o "$ROOT/none.so" -
	check_says "4: smartapp.handler: $ROOT/none.so: was made for version 99 of smartapp/handler.h, this is 1"
	printf '{"public_url": "https://x.example",\n"smartapp": {"definition": "app.json",\n"check_signatures": false}}' >"$ROOT/gatehouse.json"
	run -1 gatehouse config check "$ROOT/gatehouse.json"
	assert_output --partial "gatehouse.json:3: smartapp.check_signatures: "
	printf '{"smartapp": {"definition": "app.json",\n"local_key_file": "none.pem"}}' >"$ROOT/gatehouse.json"
	check_says "2: smartapp.local_key_file: $ROOT/none.pem: No such file or directory"
	cp "$BATS_TEST_TMPDIR/saved" "$ROOT/gatehouse.json"
}

@test "the documentation's names for people from the Python SDK are in the headers" {
	names=$(sed -n '/^### Coming from the Python SDK/,$p' "$TOP/docs/smartapp.md" | grep '^| `' | cut -d'|' -f3 | grep -oE '(smartapp_|SMARTAPP_|INCOMING_|incoming_|plan_)[a-zA-Z_]+' | sort -u)
	[ "$(wc -l <<<"$names")" -gt 25 ]
	for name in $names; do
		grep -qwF -- "$name" "$TOP"/cgi-bin/smartapp/{request,page,handler,incoming,plan}.h || { echo "there is no $name"; return 1; }
	done
}
