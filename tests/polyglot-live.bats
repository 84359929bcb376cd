#!/usr/bin/env bats
# Node servers behind each real web server: waiting, others meanwhile, restarts, kills, and the examples as they are.

load instance
load helper
load polyglot

setup_file() {
	W=$(mktemp -d /tmp/gatehouse-poly.XXXXXX)
	export W
	local web
	for web in nginx lighttpd; do
		deploy --root "$W/$web" --web "$web" --port "$(free_port)" >"$W/$web.out" || { cat "$W/$web.out"; return 1; }
	done
}

teardown_file() {
	local web
	for web in nginx lighttpd; do [ ! -d "$W/$web" ] || deploy stop --root "$W/$web" >/dev/null || true; done
	rm -rf "$W"
}

setup() { load_libs; }

# as WEB: what follows is about that instance; signed in, with a node server in $n, $worker, $token, $pgurl.
as() {
	ROOT=$W/$1 JAR=$W/$1.jar
	live_sign_in
	live_create
}

# connected: it is, and has heard all that there is; $after is where it stands.
connected() {
	ns '' -d '{"connected":true}' >/dev/null
	after=$(ns '?wait=1' | jq .next)
	[ "$after" -gt 0 ]
}

# lamp FILTER: jq on the example's lamp, as the console has it.
lamp() { curl -qsS -b "$JAR" "$URL/console/devices/$(printf 'n%03d_lamp' "$n")" | jq -e "$1" >/dev/null; }

# waiting WEB: 30 GETs wait for 17 seconds; messages, pages and health go on as if they were not there.
waiting() {
	as "$1"
	connected
	local i pids=() start slow=0 t
	for i in {1..30}; do (ns "?wait=17&after=$after" -o "$W/waited.$1.$i" -w '%{http_code}' >"$W/code.$1.$i") 3>&- & pids+=($!); done
	sleep 1
	for i in {1..20}; do
		start=$(date +%s%3N)
		own GET '' >/dev/null
		curl -qsS "$URL/health" >/dev/null
		t=$(($(date +%s%3N) - start))
		[ "$t" -le "$slow" ] || slow=$t
	done
	[ "$slow" -lt 2000 ] || { echo "slow: $slow ms"; return 1; }
	for i in "${pids[@]}"; do wait "$i"; done
	[ "$(cat "$W"/code."$1".* | sed 's/200/&\n/g' | sort | uniq -c | xargs)" = '30 200' ] || { cat "$W"/code."$1".*; return 1; }
	jq -e '.messages == []' "$W/waited.$1.1"
}

@test "27 thirty that wait hold nothing up, and are answered, through nginx" { waiting nginx; }

@test "27 the same through lighttpd" { waiting lighttpd; }

@test "27 what comes meanwhile is there at once" {
	as nginx
	connected
	(ns "?wait=20&after=$after" >"$W/woken") 3>&- &
	sleep 1
	local start
	start=$(date +%s%3N)
	own POST "/$n/query" >/dev/null
	wait $!
	[ $(($(date +%s%3N) - start)) -lt 2000 ]
	jq -e '.messages[0].msg.query.address == "all"' "$W/woken"
}

@test "the Python example: a thermometer and a lamp, through a restart of everything and kills, without losing a command" {
	as nginx
	PGURL=$pgurl python3 "$TOP/conf/nodeservers/thermometer.py" >"$W/python.log" 2>&1 3>&- &
	local python=$! i
	soon lamp '.device.online' || { cat "$W/python.log"; kill $python; return 1; }
	for i in on off on; do
		curl -qsS -b "$JAR" "$URL/console/devices/$(printf 'n%03d_lamp' "$n")/command" -H "X-CSRF-Token: $csrf" -H "Origin: $URL" \
			-H 'Content-Type: application/json' -d '{"capability":"switch","command":"'"$i"'","arguments":[]}' >"$W/pressed"
		soon lamp ".device.values[\"main/switch.switch\"].value == \"$i\""
	done
	# a message that waits is there after all processes were stopped
	deploy restart --root "$ROOT" >/dev/null
	own POST "/$n/query" >/dev/null
	for i in $(pgrep -P "$(cat "$ROOT/pid/polyglot.pid")"); do kill -9 "$i"; done
	curl -qsS -b "$JAR" "$URL/console/devices/$(printf 'n%03d_lamp' "$n")/command" -H "X-CSRF-Token: $csrf" -H "Origin: $URL" \
		-H 'Content-Type: application/json' -d '{"capability":"switchLevel","command":"setLevel","arguments":[42]}' >/dev/null
	soon lamp '.device.values["main/switchLevel.level"].value == 42' || { cat "$W/python.log"; kill $python; return 1; }
	own POST "/$n/stop" >/dev/null
	soon eval "! kill -0 $python 2>/dev/null"
	grep -q 'told to stop' "$W/python.log"
	soon lamp '.device.online | not'
}

@test "the shell example, and 43 silence: the courier turns it off" {
	as nginx
	PGURL=$pgurl bash "$TOP/conf/nodeservers/sensor.sh" 1
	curl -qsS -b "$JAR" "$URL/console/devices/$(printf 'n%03d_load' "$n")" | jq -e '.device.online'
	own GET "/$n" | jq -e .connected
	own PATCH "/$n" '{"polls":{"shortPoll":1,"longPoll":2}}' >/dev/null
	# two polls and half a minute are over, by the demo's clock; so is the session
	"$ROOT/gatehouse" sim clock hour
	away() { "$ROOT/gatehouse" nodeserver list --user demo --json | jq -e ".[] | select(.slot == $n) | .connected == false" >/dev/null; }
	soon away
	off() { "$ROOT/gatehouse" device list --user demo --json | jq -e '.[] | select(.id | endswith("_load")) | .online == false' >/dev/null; }
	soon off
	"$ROOT/gatehouse" sim clock now
}
