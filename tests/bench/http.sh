#!/usr/bin/env bash
# http.sh: requests of clients, whole path through nginx, beside the floor: a libfcgi program that answers 300 fixed bytes behind
# the same nginx, in the same run. Prints a table.
#
# usage: tests/bench/http.sh [ROW...]    a row is a function row_NAME below; none means all
#
# Round by round, the floor and each row in turn, so that a noisy minute hits all alike; a figure is the median of the rounds.
# In the environment:
#   ROUNDS (3)  SECONDS_EACH (4)  CONNECTIONS (16)  WORKERS (2)
#   DATA=DIR    make the instance there and keep it; used again by the next run. With ROUNDS=0, nothing else
set -euo pipefail
cd "$(dirname "$0")/../.."
EACH=${SECONDS_EACH:-4} ROUNDS=${ROUNDS:-3} CONNECTIONS=${CONNECTIONS:-16} WORKERS=${WORKERS:-2}
DEVICES=10
ROWS=("$@")
[ ${#ROWS[@]} -gt 0 ] || ROWS=(rest_devices)
work=$(mktemp -d "${TMPDIR:-/tmp}/http-bench.XXXXXX")
root=${DATA:-$work}/instance
started=()

finish() {
	for pid in "${started[@]}"; do kill "$pid" 2>/dev/null || true; done
	[ ! -f "$root/deploy.env" ] || ./deploy.sh stop --root "$root" >/dev/null
	rm -rf "$work"
}
trap finish EXIT

gatehouse() { "$root/gatehouse" "$@"; }
free_port() { node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })'; }

# An instance with a user that has ten devices, and as many installations as a run's calls need: each may make 250 a minute.
make_instance() {
	local i n=${INSTALLATIONS:-2000}
	# shellcheck disable=SC1091
	./deploy.sh --root "$root" --port "$(free_port)" --workers "$WORKERS" >/dev/null
	head -c 24 /dev/urandom | base64 | gatehouse user add bench --password-stdin >/dev/null
	for i in $(seq "$DEVICES"); do gatehouse device add --user bench --type c2c-dimmer --id "dimmer-$i" --name "Dimmer $i" --room Hall >/dev/null; done
	for i in $(seq "$n"); do gatehouse token issue --user bench --client devices | jq -r .access_token; done >"$root/tokens"
}

# The floor stands behind the instance's own nginx, as one more location.
start_floor() {
	local pid
	gcc -O2 -Icgi-bin -o "$work/floor" tests/bench/floor.c -lfcgi
	spawn-fcgi -n -s "$work/floor.sock" -- "$(command -v multiwatch)" -f "$WORKERS" -- "$work/floor" >/dev/null 2>&1 &
	started+=($!)
	sed -i "/location = \/floor /d; 0,/^    location /s||    location = /floor { fastcgi_pass unix:$work/floor.sock; }\n&|" "$root/nginx.conf"
	pid=$(cat "$root/pid/web.pid")
	kill -s HUP "$pid"
	for _ in $(seq 50); do
		[ "$(curl -s -o /dev/null -w '%{http_code}' "$URL/floor")" != 200 ] || return 0
		sleep 0.1
	done
	echo "the floor does not answer" >&2
	return 1
}

# load SCRIPT: prints requests a second, p50 and p99 in microseconds, and how many answers were no success.
load() {
	wrk -t 2 -c "$CONNECTIONS" -d "${EACH}s" -s "$1" "$URL" | sed -n 's/^figures //p'
}

# Ends each script for wrk.
figures() {
	cat <<-'END'
	done = function(summary, latency)
	  local e = summary.errors
	  print(string.format("figures %.0f %.0f %.0f %d", summary.requests / summary.duration * 1e6, latency:percentile(50),
	    latency:percentile(99), e.status + e.connect + e.read + e.write + e.timeout))
	end
	END
}

row_floor() { echo 'wrk.path = "/floor"'; }

# GET of ten devices with their attributes, each call with its token; the next installation after 240 calls.
row_rest_devices() {
	cat <<-END
	local list, first = {}, 0
	setup = function(thread) thread:set("offset", first) first = first + 1 end
	init = function()
	  list = {}
	  for line in io.lines("$root/requests") do list[#list + 1] = line end
	end
	local calls = 0
	request = function()
	  local turn = math.floor(calls / 240) * 2 + offset + ${TURN:-0}
	  calls = calls + 1
	  local line = list[turn % #list + 1]
	  local path, token = line:match("^(%S+) (%S+)$")
	  return wrk.format("GET", path, { ["Authorization"] = "Bearer " .. token })
	end
	END
}

# The address and token of each installation: its id is a claim of the token.
write_requests() {
	node -e '
		for (const token of require("fs").readFileSync(process.argv[1], "utf8").trim().split("\n"))
			console.log("/api/smartapps/installations/" + JSON.parse(Buffer.from(token.split(".")[1], "base64url")).sid + "/devices", token);
	' "$root/tokens" >"$root/requests"
}

median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

[ -f "$root/tokens" ] || make_instance
[ "$ROUNDS" != 0 ] || exit 0
./deploy.sh --root "$root" >/dev/null
URL=$(sed -n 's/^URL=//p' "$root/demo.env")
write_requests
start_floor
for row in floor "${ROWS[@]}"; do { "row_$row"; figures; } >"$work/$row.lua"; done
# One answer of each is looked at: a fast refusal is no figure.
read -r path token <"$root/requests"
[ "$(curl -s "$URL$path" -H "Authorization: Bearer $token" | jq '.devices | length')" = "$DEVICES" ]
for round in $(seq "$ROUNDS"); do
	for row in floor "${ROWS[@]}"; do
		# Each round has installations of its own.
		TURN=$(((round - 1) * $(wc -l <"$root/requests") / ROUNDS))
		{ TURN=$TURN "row_$row"; figures; } >"$work/$row.lua"
		load "$work/$row.lua" >>"$work/$row.out"
	done
done
printf '%-16s %10s %8s %10s %10s %8s\n' row requests/s of\ floor p50\ ms p99\ ms errors
floor=$(cut -d' ' -f1 "$work/floor.out" | median)
for row in floor "${ROWS[@]}"; do
	for column in 1 2 3; do cut -d' ' -f$column "$work/$row.out" | median; done | paste -s |
		awk -v row="$row" -v floor="$floor" -v errors="$(awk '{ n += $4 } END { print n }' "$work/$row.out")" \
			'{ printf "%-16s %10d %8.2f %10.2f %10.2f %8d\n", row, $1, $1 / floor, $2 / 1000, $3 / 1000, errors }'
done
