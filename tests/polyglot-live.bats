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

# waiting WEB: 30 GETs wait for 20 seconds; messages, pages, webhooks and the other programs go on as if they were not there.
waiting() {
	as "$1"
	connected
	local i pids=() start slow=0 t dir=$W/$1.waited
	mkdir "$dir"
	for i in {1..30}; do (ns "?wait=20&after=$after" -o "$dir/$i" -w '%{http_code} %{time_total}\n' >"$dir/code.$i") 3>&- & pids+=($!); done
	until_true eval '[ "$(ss -Htn state established "( dport = :${URL##*:} )" | wc -l)" -ge 30 ]'
	for i in {1..15}; do
		start=$(date +%s%3N)
		ns '' -d '{"report":{"requestId":"'"$i"'","success":true}}' | jq -e '.results[0].report.success' >/dev/null
		own GET '' >/dev/null
		curl -qsS "$URL/health" | jq -e '.status == "ok"' >/dev/null
		curl -qsS "$URL/schema" -d '{}' -H 'Content-Type: application/json' | jq -e .globalError >/dev/null
		t=$(($(date +%s%3N) - start))
		[ "$t" -le "$slow" ] || slow=$t
	done
	# they waited all the while
	[ "$(cat "$dir"/code.* | wc -l)" = 0 ]
	[ "$slow" -lt 10000 ] || { echo "slow: $slow ms"; return 1; }
	for i in "${pids[@]}"; do wait "$i"; done
	[ "$(awk '$1 == 200 && $2 >= 19.5 && $2 < 30' "$dir"/code.* | wc -l)" = 30 ] || { cat "$dir"/code.*; return 1; }
	[ "$(jq -c .messages "$dir"/[0-9]* | sort | uniq -c | xargs)" = '30 []' ]
}

@test "27 thirty that wait hold nothing up, and are answered in time, through nginx and lighttpd" {
	local web pids=()
	for web in nginx lighttpd; do
		waiting "$web" >"$W/$web.said" 2>&1 3>&- &
		pids+=($!)
	done
	wait "${pids[0]}" || { cat "$W/nginx.said"; return 1; }
	wait "${pids[1]}" || { cat "$W/lighttpd.said"; return 1; }
}

@test "27 what comes meanwhile is there at once" {
	as nginx
	connected
	(ns "?wait=20&after=$after" >"$W/woken") 3>&- &
	sleep 1
	local start
	own POST "/$n/query" >/dev/null
	start=$(date +%s%3N)
	wait $!
	[ $(($(date +%s%3N) - start)) -lt 9000 ]
	jq -e '.messages[0].msg.query.address == "all"' "$W/woken"
}

@test "a node server that does not answer holds nobody up who asks for something else" {
	local web tries pids
	both_wait() { kill -0 "${pids[0]}" && kill -0 "${pids[1]}"; }
	for web in nginx lighttpd; do
		as "$web"
		ns '' -d "[{\"connected\":true},$controller_node,$(dimmer_node)]" >/dev/null
		for tries in 1 2 3; do
			# Each of two processes waits three seconds for a node server, and remembers then that it is slow.
			deploy restart --root "$ROOT" >/dev/null
			pids=()
			for _ in 1 2; do
				live_schema commandRequest ',"devices":[{"externalDeviceId":"'"$(printf 'n%03d_lamp1' "$n")"'","commands":[{"component":"main","capability":"st.switch","command":"on","arguments":[]}]}]' 3>&- &
				pids+=($!)
			done
			sleep 0.7
			live_schema discoveryRequest
			jq -e '.devices | length > 1' <<<"$body" >/dev/null
			! both_wait || break	# on a machine that stood still, once more
		done
		both_wait
		pgrep -x schema-webhook -P "$(pgrep -d, -P "$(cat "$ROOT/pid/schema-webhook.pid")")"
		wait "${pids[@]}"
	done
}

# press LEVEL...: the owner sets the example's lamp, from the console; each is taken.
press() {
	local level
	for level in "$@"; do
		curl -qsS -b "$JAR" "$URL/console/devices/$(printf 'n%03d_lamp' "$n")/command" -H "X-CSRF-Token: $csrf" -H "Origin: $URL" \
			-H 'Content-Type: application/json' -d '{"capability":"switchLevel","command":"setLevel","arguments":['"$level"']}' |
			jq -e .device >/dev/null || return 1
	done
}

# levels: those that the lamp ever had, the oldest first.
levels() {
	curl -qsS -b "$JAR" "$URL/console/devices/$(printf 'n%03d_lamp' "$n")/history" |
		jq -r '[.values[] | select(.attribute == "level" and .value > 0) | .value] | reverse | map(tostring) | join(" ")'
}

@test "the Python example: a thermometer and a lamp, through a restart of everything and kills, without losing a command" {
	as nginx
	PGURL=$pgurl python3 "$TOP/conf/nodeservers/thermometer.py" >"$W/python.log" 2>&1 3>&- &
	local python=$! i
	until_true lamp '.device.online' || { cat "$W/python.log"; kill $python; return 1; }
	press 11
	until_true lamp '.device.values["main/switchLevel.level"].value == 11'
	ns '' -d '{"customdata":{"kept":{"ü":["😀",null,1.5]}}}' | jq -e '.results[0].customdata.success' >/dev/null
	# what is asked of it while it does not listen waits, through a stop and a start of every process
	kill -STOP $python
	press 21 22 23
	local before
	before=$(cat "$ROOT"/pid/*.pid)
	deploy restart --root "$ROOT" >/dev/null
	[ "$(sort <(echo "$before") <(cat "$ROOT"/pid/*.pid) | uniq -d)" = '' ]
	press 24 25
	kill -CONT $python
	until_true lamp '.device.values["main/switchLevel.level"].value == 25' || { cat "$W/python.log"; kill -9 $python; return 1; }
	# while it runs: all processes are stopped and started, and the one that it waits at is killed
	deploy restart --root "$ROOT" >/dev/null &
	local restart=$!
	for i in 31 32 33; do until press $i 2>/dev/null; do sleep 0.1; done; done
	wait $restart
	for i in $(pgrep -P "$(cat "$ROOT/pid/polyglot.pid")"); do kill -9 "$i"; done
	press 34 35
	until_true lamp '.device.values["main/switchLevel.level"].value == 35' || { cat "$W/python.log"; kill -9 $python; return 1; }
	# each that was taken reached it, and in this order
	[ "$(levels)" = '11 21 22 23 24 25 31 32 33 34 35' ] || { levels; return 1; }
	# 30: what it keeps here is as it was
	curl -qsS "$pgurl" | jq -e '.nodeServer.customData == {"kept":{"ü":["😀",null,1.5]}}'
	own POST "/$n/stop" >/dev/null
	until_true eval "! kill -0 $python 2>/dev/null"
	grep -q 'told to stop' "$W/python.log"
	until_true lamp '.device.online | not'
	# who starts it again has it started: the stop, which it never said that it has, was for the run before
	PGURL=$pgurl python3 "$TOP/conf/nodeservers/thermometer.py" >"$W/python.log" 2>&1 3>&- &
	python=$!
	until_true lamp '.device.online' || { cat "$W/python.log"; return 1; }
	press 41
	until_true lamp '.device.values["main/switchLevel.level"].value == 41' || { cat "$W/python.log"; kill -9 $python; return 1; }
	kill $python
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
	until_true away
	off() { "$ROOT/gatehouse" device list --user demo --json | jq -e '.[] | select(.id | endswith("_load")) | .online == false' >/dev/null; }
	until_true off
	"$ROOT/gatehouse" sim clock now
}
