#!/usr/bin/env bats
# Node servers over MQTT: a broker and the bridge as deploy.sh starts them, the original's Node.js client as npm has it, and clients
# that do what they should not. The numbers are those of the acceptance checks (docs/polyglot.md).
# long because: one instance with a broker serves all of them.

load instance
load helper
load polyglot

setup_file() {
	W=$(mktemp -d /tmp/gatehouse-mqtt.XXXXXX)
	ROOT=$W/run JAR=$W/jar
	# The client's port cannot be chosen: so each run has an address of its own.
	MQTT=127.$((RANDOM % 200 + 20)).$((RANDOM % 250)).$((RANDOM % 250 + 1))
	export W ROOT JAR MQTT
	deploy --root "$ROOT" --port "$(free_port)" --with-mqtt="$MQTT:8883" >"$W/out" 2>&1 || { cat "$W/out"; return 1; }
	live_sign_in
	export URL csrf
}

teardown_file() {
	[ ! -d "$ROOT" ] || deploy stop --root "$ROOT" >/dev/null || true
	rm -rf "$W"
}

setup() {
	load_libs
	pids=()
	live_create
	T=$W/$n.$BATS_TEST_NUMBER
	start_answer "$T"
}

teardown() {
	local p
	for p in "${pids[@]}"; do kill -9 "$p" 2>/dev/null || true; done
	own DELETE "/$n" >/dev/null
}

# start_answer FOLDER: what the PGURL says, as the original's start script puts it down: FOLDER/certs, FOLDER/app, $stage, $topic.
start_answer() {
	mkdir -p "$1/certs" "$1/app"
	curl -qsS "$pgurl" >"$1/start.json"
	jq -r .iotPrivateKey "$1/start.json" >"$1/certs/private.key"
	jq -r .iotCert "$1/start.json" >"$1/certs/iot.crt"
	jq -r .iotCA "$1/start.json" >"$1/certs/AmazonRootCA1.pem"
	stage=$(jq -r .stage "$1/start.json") topic=$stage/ns/$worker
}

# client: the template node server; $client is its pid, $T/client what it was told.
client() {
	start_answer "$T"
	(cd "$T/app" && MODULES=$TOP/tests/node_modules NODESERVER=$(jq -c .nodeServer ../start.json) STAGE=$stage \
		MQTTENDPOINT=$MQTT exec node "$TOP/tests/fake/dimmers.cjs") >>"$T/client" 2>&1 3>&- &
	client=$!
	pids+=("$client")
}

# heard FILTER: the client was told a message that fits.
heard() { sed -n 's/^TOLD //p' "$T/client" | jq -es "any(.[]; $1)" >/dev/null; }

tls() { printf '%s\n' -h "$MQTT" -p 8883 --cafile "$1/certs/AmazonRootCA1.pem" --cert "$1/certs/iot.crt" --key "$1/certs/private.key"; }

# say FOLDER TOPIC MESSAGE [OPTION...]: one publication, in a connection of its own.
say() { local t; mapfile -t t < <(tls "$1"); mosquitto_pub "${t[@]}" -t "$2" -m "$3" "${@:4}"; }

# open_client NAME FOLDER TOPIC [WILL-TOPIC WILL]: a client that listens; what it hears is in $T/NAME, and tell NAME TOPIC MESSAGE
# publishes by it. Its pid is in $pid.
open_client() {
	mkfifo "$T/$1.in"
	MODULES=$TOP/tests/node_modules node "$TOP/tests/fake/mqtt.cjs" "$2" "$MQTT" "${@:3}" <"$T/$1.in" >"$T/$1" 2>&1 3>&- &
	pid=$!
	pids+=("$pid")
	exec {fd}>"$T/$1.in"
	declare -g "fd_$1=$fd"
	until_true grep -q '^up' "$T/$1" || { cat "$T/$1"; return 1; }
}
tell() { local fd=fd_$1; printf '%s %s\n' "$2" "$3" >&"${!fd}"; }

# kept FILTER: the newest config that waits for the node server has it.
kept() { ns '?wait=0' | jq -e "any(.messages[].msg.config; $1)" >/dev/null; }

# data FILTER: of what a program that starts is told.
data() { curl -qsS "$pgurl" | jq -e ".nodeServer | $1" >/dev/null; }

# record FILTER: of the node server's record; device FILTER: of its device vnode1, as the console has it.
record() { own GET "/$n" | jq -e "$1" >/dev/null; }
device() { curl -qsS -b "$JAR" "$URL/console/devices/$(printf 'n%03d_%s' "$n" "${2-vnode1}")" | jq -e "$1" >/dev/null; }

# tool ARGS...: the instance's own.
tool() { "$ROOT/gatehouse" "$@"; }

# posted DEVICE FILTER: exactly one state callback that came to the simulator has states of this device that fit.
posted() {
	local seq times=0
	for seq in $(tool sim log --kind stateCallback --json | jq -r '.[].seq'); do
		tool sim log "$seq" --json | jq -e --arg id "$1" ".request | fromjson | [.deviceState[] | select(.externalDeviceId == \$id) | .states[]?] | $2" >/dev/null &&
			times=$((times + 1))
	done
	[ "$times" = 1 ]
}

# bridges: pids of the bridge itself, its supervisor left out.
bridges() { pgrep -f "^$ROOT/bin/polyglot-mqtt" || true; }

# end_bridge: it and its supervisor are killed, so that none comes back.
end_bridge() {
	kill -9 "$(<"$ROOT/pid/polyglot-mqtt.pid")"
	# shellcheck disable=SC2046 # pids
	kill -9 $(bridges)
	until_true eval '[ -z "$(bridges)" ]'
	rm -f "$ROOT/sock/polyglot-mqtt.wake"
}

press() {
	live_schema commandRequest ',"devices":[{"externalDeviceId":"'"$(printf 'n%03d_vnode1' "$n")"'","commands":[{"component":"main","capability":"st.'"$1"'","command":"'"$2"'","arguments":'"${3-[]}"'}]}]'
}

@test "4 45 the npm client as it is: a controller, a dimmer, commands there and back, OAuth, restart, stop" {
	client
	until_true record '.connected and .nodes.controller.drivers.ST.value == "1"' || { cat "$T/client"; return 1; }
	own POST "/$n/command" '{"address":"controller","cmd":"CREATE_NEW"}' >/dev/null
	until_true heard '.created[0] == "vnode1"' || { cat "$T/client"; return 1; }
	live_schema discoveryRequest
	jq -e --arg id "$(printf 'n%03d_vnode1' "$n")" '[.devices[].externalDeviceId] | index($id) != null' <<<"$body"
	jq -e '[.devices[].externalDeviceId | select(endswith("_controller"))] == []' <<<"$body"
	# the answer has what the node server reports, long before the end of patience
	local start
	start=$(date +%s%3N)
	press switch on
	[ $(($(date +%s%3N) - start)) -lt 2900 ]
	jq -e '.deviceState[0].states | any(.attribute == "switch" and .value == "on")' <<<"$body"
	until_true device '.device.values["main/switchLevel.level"].value == 100'
	press switchLevel setLevel '[40]'
	jq -e '.deviceState[0].states | any(.attribute == "level" and .value == 40)' <<<"$body"
	until_true record '.nodes.vnode1.drivers.ST.value == "40"'
	heard '.message.command.cmd == "DON" and .message.command.value == "40"'
	# in the simulator: it presses, the node server hears it, and what that reports comes back as a callback; the owner's press, too
	local id
	id=$(printf 'n%03d_vnode1' "$n")
	tool sim link --user demo --device "$id" >/dev/null
	tool sim trigger command --device "$id" --capability st.switch --command off >/dev/null
	until_true posted "$id" 'any(.attribute == "switch" and .value == "off")'
	record '.nodes.vnode1.drivers.ST.value == "0"'
	own POST "/$n/command" '{"address":"vnode1","cmd":"DON","value":"73"}' >/dev/null
	until_true posted "$id" 'any(.attribute == "level" and .value == 73)'
	# what the browser brings from a vendor; what the program keeps of it is there when it starts again
	[ "$(curl -qsS -o /dev/null -w '%{http_code}' -b "$JAR" "$URL/api/oauth/callback?code=c0de&state=$worker")" = 303 ]
	until_true heard '.oauth.code == "c0de"'
	own PATCH "/$n" '{"polls":{"shortPoll":7,"longPoll":70}}' >/dev/null
	until_true heard '.message.polls.shortPoll == 7'
	own POST "/$n/stop" >/dev/null
	until_true eval "! kill -0 $client 2>/dev/null"
	until_true record '.connected == false and .stopped'
	client
	until_true record '.connected and .nodes.vnode1.drivers.ST.value == "73"' || { cat "$T/client"; return 1; }
	jq -e '.nodeServer.customData == {"started":1,"code":"c0de"}' "$T/start.json"
	jq -e '.nodeServer | .shortPoll == 7 and (.nodes | keys) == ["controller", "vnode1"]' "$T/start.json"
}

@test "43 kill -9 of the npm client, which leaves no will: offline at once" {
	client
	until_true record '.connected and .nodes.controller'
	own POST "/$n/command" '{"address":"controller","cmd":"CREATE_NEW"}' >/dev/null
	until_true device .device.online
	kill -9 "$client"
	until_true record '.connected == false and .nodes.controller.drivers.ST.value == "0"'
	press switch on
	jq -e '.deviceState[0].deviceError[0].errorEnum == "DEVICE-OFFLINE"' <<<"$body"
	until_true device '.device.online | not'
}

@test "46 43 a client with a last will, as the Python one: kill -9, and it is offline; a second copy ends the first" {
	local will='{"connected":false,"userId":"demo","id":"x","profileNum":"1","topic":"t"}'
	open_client first "$T" "$topic" "$stage/ns" "$will"
	tell first "$stage/ns" '{"connected":true,"userId":"demo","id":"x","topic":"t"}'
	until_true record .connected
	open_client second "$T" "$topic" "$stage/ns" "$will"
	tell second "$stage/ns" '{"connected":true}'
	until_true grep -q closed "$T/first"
	tell second "$stage/ns" '{"customdata":{"second":1}}'
	until_true grep -q '"second":1' "$T/second"
	record .connected
	kill -9 "$pid"
	until_true record '.connected == false'
}

@test "47 nobody speaks or listens for another; without a certificate nobody does anything" {
	local a=$T astage=$stage atopic=$topic aworker=$worker an=$n b=$T/second
	live_create
	start_answer "$b"
	open_client b "$b" '#'
	tell b "$astage/ns" '{"connected":true}'
	tell b "$atopic" '{"stop":{}}'
	# its own is heard, which shows that the others were before it
	tell b "$stage/ns" '{"customdata":{"mine":1}}'
	until_true grep -q '"mine":1' "$T/b"
	n=$an record '.connected == false and .firstRun'
	# what is for the first does not reach the second, which listens to everything
	open_client a "$a" "$atopic"
	tell a "$astage/ns" '{"connected":true}'
	until_true grep -q '"connected":true' "$T/a"
	own POST "/$an/query" >/dev/null
	until_true grep -q query "$T/a"
	tell b "$stage/ns" '{"customdata":{"mine":2}}'
	until_true grep -q '"mine":2' "$T/b"
	[ "$(grep -c -e query -e "$aworker" "$T/b")" = 0 ]
	[ "$(grep -c stop "$T/a")" = 0 ]
	# a certificate of another authority, the broker's own, and none
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$T/own.key" -out "$T/own.crt" -subj "/CN=$aworker" -days 1 2>/dev/null
	local ca=$a/certs/AmazonRootCA1.pem
	local with=("--cert $T/own.crt --key $T/own.key" "--cert $ROOT/secret/mqtt/broker.crt --key $ROOT/secret/mqtt/broker.key" '')
	for own in "${with[@]}"; do
		# shellcheck disable=SC2086 # words
		run timeout 5 mosquitto_pub -h "$MQTT" -p 8883 --cafile "$ca" $own -t "$astage/ns" -m '{"customdata":{"forged":1}}'
		assert_failure
	done
	n=$an worker=$aworker record '.nodes == {}'
	# nor is a node server's certificate good for being a broker, or an authority
	run openssl verify -purpose sslserver -CAfile "$ca" "$a/certs/iot.crt"
	assert_failure
	openssl verify -purpose sslclient -CAfile "$ca" "$a/certs/iot.crt"
	openssl x509 -in "$a/certs/iot.crt" -noout -ext basicConstraints | grep -q CA:FALSE
	own DELETE "/$n" >/dev/null
	n=$an
}

@test "47 who subscribes to everything hears nothing of others; a last will for another is none" {
	local a=$T an=$n b=$T/second t sub
	mapfile -t t < <(tls "$a")
	live_create
	start_answer "$b"
	open_client b "$b" "$topic"
	tell b "$stage/ns" '{"connected":true}'
	# by every name that it has: its topic, patterns of it, a share of it
	stdbuf -oL mosquitto_sub "${t[@]}" -d -F 'HEARD %t %p' -t '#' -t '+/+/ns/+' -t '+/+/+' -t "$topic" -t "$stage/ns" -t "\$share/g/$topic" -t '$share/g/#' \
		-t '$SYS/#' >"$T/all" 2>&1 3>&- &
	sub=$!
	pids+=("$sub")
	until_true grep -q '^Subscribed' "$T/all" || { cat "$T/all"; return 1; }
	tell b "$stage/ns" '{"customdata":{"of":"b"}}'
	own POST "/$n/query" >/dev/null
	until_true grep -q query "$T/b"
	until_true grep -q '"of":"b"' "$T/b"
	own PATCH "/$n" '{"customParams":{"at":"last"}}' >/dev/null
	until_true grep -q '"at":"last"' "$T/b"
	kill -0 "$sub"
	[ "$(grep -c ^HEARD "$T/all")" = 0 ] || { grep ^HEARD "$T/all"; return 1; }
	kill -9 "$sub"
	stdbuf -oL mosquitto_sub "${t[@]}" -d -t '#' --will-topic "$stage/ns" --will-payload '{"connected":false}' >"$T/will" 2>&1 3>&- &
	sub=$!
	until_true eval "grep -q '^Subscribed' $T/will || ! kill -0 $sub 2>/dev/null"
	kill -9 "$sub" 2>/dev/null || true
	own PATCH "/$n" '{"customParams":{"at":"the end"}}' >/dev/null
	until_true grep -q '"at":"the end"' "$T/b"
	record .connected
	own DELETE "/$n" >/dev/null
	n=$an
}

@test "48 a rotated or deleted node server's certificate still opens the door, and nothing behind it" {
	say "$T" "$stage/ns" '{"customdata":{"first":1}}'
	until_true kept '.customData.first == 1'
	local old=$stage former body
	body=$(own POST "/$n/rotate")
	token=$(json .token) pgurl=$(json .pgUrl)
	say "$T" "$old/ns" '{"customdata":{"second":1}}'
	# it has another name now, under which the former certificate may not speak
	start_answer "$T/renewed"
	[ "$stage" != "$old" ]
	say "$T" "$stage/ns" '{"customdata":{"third":1}}'
	say "$T/renewed" "$stage/ns" '{"customdata":{"fourth":1}}'
	until_true kept '.customData == {"fourth":1}'
	[ "$(ns '?wait=0' | jq '[.messages[].msg.config.customDataVersion] | last')" = 2 ]
	open_client new "$T/renewed" "$topic"
	tell new "$stage/ns" '{"connected":true}'
	until_true record .connected
	own DELETE "/$n" >/dev/null
	until_true grep -q '"delete"' "$T/new"
	former=$(grep -c mqtt_dropped "$ROOT/log/polyglot-mqtt.log")
	tell new "$stage/ns" '{"connected":true}'
	more() { [ "$(grep -c mqtt_dropped "$ROOT/log/polyglot-mqtt.log")" -gt "$former" ]; }
	until_true more
	[ "$(own GET "/$n" | jq -r .error)" = not_found ]
}

@test "44 forty values within five seconds are few configs" {
	open_client it "$T" "$topic"
	tell it "$stage/ns" '{"connected":true}'
	tell it "$stage/ns" '{"addnode":{"address":"controller","name":"C","nodedefid":"C","primary":"controller","drivers":[{"driver":"ST","value":0,"uom":2}]}}'
	tell it "$stage/ns" '{"addnode":{"address":"vnode1","name":"L","nodedefid":"D","primary":"controller","drivers":[{"driver":"ST","value":0,"uom":51}]}}'
	until_true grep -q '"address":"vnode1"' "$T/it"
	local began
	began=$(date +%s%3N)
	for i in {1..40}; do
		tell it "$stage/ns" '{"status":{"address":"vnode1","driver":"ST","value":"'"$i"'","uom":51}}'
		sleep 0.1
	done
	until_true grep -q '"value":"40"' "$T/it"
	# in no ten seconds more than thirty: at most one each 350 ms, and one that was on its way
	grep '"config"' "$T/it" | awk -v began="$began" '{ n++; last = $1 } END { exit !(n > 2 && n <= (last - began) / 350 + 2) }' ||
		{ grep '"config"' "$T/it" | cut -c 1-20; return 1; }
}

@test "what is no message changes nothing, and holds nobody up" {
	local bad before
	before=$(grep -c mqtt_dropped "$ROOT/log/polyglot-mqtt.log" || true)
	open_client it "$T" "$topic"
	for bad in '' x '[]' 5 '[{"connected":true}]' '{"connected":true' '{"connected":true,"connected":true}'; do
		tell it "$stage/ns" "$bad"
	done
	tell it "$stage/ns" '{"addnode":{"address":"Bad Address"},"nonsense":1,"customdata":{"good":1}}'
	until_true grep -q '"good":1' "$T/it"
	# a single addnode that failed is not told: it would end the Python client
	[ "$(grep -c '"result"' "$T/it")" = 0 ]
	tell it "$stage/ns" '{"batch":{"addnode":[{"address":"controller","name":"C","nodedefid":"C","primary":"controller","drivers":[]},{"address":"x"}]}}'
	until_true grep -q '"result"' "$T/it"
	grep '"result"' "$T/it" | cut -d ' ' -f 3- | jq -e '.result.addnode | length == 2 and .[0].success and .[0].statusCode == 200 and
		.[1].success == false and .[1].statusCode == 400'
	[ "$(grep -c mqtt_dropped "$ROOT/log/polyglot-mqtt.log")" = $((before + 7)) ]
	record '.connected and .nodes.controller'
}

@test "the bridge is killed again and again while a node server sends at QoS 1: nothing is lost" {
	local t i publisher
	mapfile -t t < <(tls "$T")
	for i in {1..400}; do
		echo '{"addnode":{"address":"a'"$i"'","name":"N '"$i"'","nodedefid":"X","primary":"a'"$i"'","drivers":[]}}'
	done >"$T/lines"
	mosquitto_pub "${t[@]}" -q 1 -t "$stage/ns" -l <"$T/lines" 3>&- &
	publisher=$!
	pids+=("$publisher")
	until_true record '.nodes | length > 10'
	for i in {1..6}; do
		rm -f "$ROOT/sock/polyglot-mqtt.wake"
		# shellcheck disable=SC2046 # pids
		kill -9 $(bridges)
		until_true test -e "$ROOT/sock/polyglot-mqtt.wake"
	done
	wait "$publisher"
	until_true record '.nodes | length == 400' || { own GET "/$n" | jq '.nodes | length'; return 1; }
	# nor while there is no bridge, and the broker ends, too; and what was done then is not done again after a kill of the broker
	end_bridge
	say "$T" "$stage/ns" '{"customdata":{"while":"nobody was there"}}' -q 1
	kill -TERM "$(<"$ROOT/pid/broker.pid")"
	until_true test -s "$ROOT/mosquitto.db"
	[ "$(stat -c %a "$ROOT/mosquitto.db")" = 600 ]
	deploy up --root "$ROOT" >"$W/up" 2>&1 || { cat "$W/up"; return 1; }
	until_true data '.customData.while == "nobody was there"'
	[ ! -e "$ROOT/mosquitto.db" ]
	say "$T" "$stage/ns" '{"customdata":{"while":"all is well"}}' -q 1
	until_true data '.customData.while == "all is well"'
	kill -9 "$(<"$ROOT/pid/broker.pid")"
	deploy up --root "$ROOT" >"$W/up" 2>&1 || { cat "$W/up"; return 1; }
	say "$T" "$stage/ns" '{"customparams":{"after":"the kill"}}' -q 1
	until_true data '.customParams.after == "the kill"'
	data '.customData.while == "all is well"'
}

@test "a full disk: what a node server sent at QoS 1 is not acknowledged, and done once there is room" {
	local bridge
	gcc -D_GNU_SOURCE -I"$TOP/cgi-bin" -shared -fPIC -o "$T/full.so" "$TOP/tests/fake/full-disk.c"
	end_bridge
	touch "$T/full"
	GATEHOUSE_ROOT=$ROOT GATEHOUSE_SHARE=$ROOT/share LD_PRELOAD=$T/full.so FULL_DISK_WHILE=$T/full "$ROOT/bin/polyglot-mqtt" >"$T/log" 2>&1 3>&- &
	bridge=$!
	pids+=("$bridge")
	until_true grep -q mqtt_ready "$T/log" || { cat "$T/log"; return 1; }
	say "$T" "$stage/ns" '{"customdata":{"there":"was no room"}}' -q 1
	say "$T" "$stage/ns" '{"customparams":{"the":"second"}}' -q 1
	# the same one again and again, and none before its turn
	until_true eval '[ "$(grep -c mqtt_again "$T/log")" -ge 2 ]'
	rm "$T/full"
	until_true kept '.customData.there == "was no room" and .customParams.the == "second"' || { cat "$T/log"; return 1; }
	kill -TERM "$bridge"
	wait "$bridge"
	deploy up --root "$ROOT" >"$W/up" 2>&1 || { cat "$W/up"; return 1; }
}

@test "bridge and broker are killed: what waited is told, and who was there is there again" {
	client
	until_true record '.connected and .nodes.controller'
	local i
	for i in polyglot-mqtt broker; do
		kill -9 "$(cat "$ROOT/pid/$i.pid")"
		[ $i = broker ] || for p in $(pgrep -f "^$ROOT/bin/polyglot-mqtt"); do kill -9 "$p"; done
		own PATCH "/$n" '{"customParams":{"while":"'$i' was away"}}' >/dev/null
		deploy up --root "$ROOT" >"$W/up" 2>&1 || { cat "$W/up"; return 1; }
		until_true heard '.message.config.customParams.while == "'$i' was away"' || { tail -n 3 "$T/client"; return 1; }
		until_true record .connected
	done
	deploy status --root "$ROOT" | grep -q '^mosquitto .* up$'
	# what runs is not started anew; what is not wanted any more ends
	i=$(<"$ROOT/pid/broker.pid")
	deploy up --root "$ROOT" --with-mqtt >/dev/null
	[ "$i" = "$(<"$ROOT/pid/broker.pid")" ]
	deploy up --root "$ROOT" --with-mqtt=off >/dev/null
	[ ! -e "$ROOT/pid/broker.pid" ]
	until_true eval '! pgrep -f "^$ROOT/bin/polyglot-mqtt" >/dev/null'
	jq -e 'has("mqtt") | not' "$ROOT/gatehouse.json"
	deploy status --root "$ROOT" >/dev/null
	run -2 deploy up --root "$ROOT" --with-mqtt=nonsense
	(exec 3<>/dev/tcp/"$MQTT"/8883) 2>/dev/null && return 1
	deploy up --root "$ROOT" --with-mqtt="$MQTT:8883" >/dev/null
	until_true record .connected
}
