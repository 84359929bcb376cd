#!/bin/bash
# A sensor as a node server, with curl and jq alone: the load of this machine as a humidity, once a minute.
# PGURL='http://...' bash sensor.sh [ROUNDS]      (the address that the node server's page shows once)
set -eu
start=$(curl -fsS --retry 10 --retry-connrefused "$PGURL")
url=$(jq -r .apiUrl <<<"$start") token=$(jq -r .token <<<"$start")
send() { curl -fsS --retry 10 --retry-connrefused -H "Authorization: Bearer $token" -H 'Content-Type: application/json' -d "$1" "$url" >/dev/null; }

send '[{"connected": true},
  {"addnode": {"address": "controller", "name": "This machine", "nodedefid": "controller", "primary": "controller",
    "drivers": [{"driver": "ST", "value": 1, "uom": 2}]}},
  {"addnode": {"address": "load", "name": "Load", "nodedefid": "LOAD", "primary": "controller",
    "drivers": [{"driver": "CLIHUM", "value": 0, "uom": 22}]}}]'
for ((round = 0; round < ${1:-1000000000}; round++)); do
	read -r load _ </proc/loadavg
	send '{"status": {"address": "load", "driver": "CLIHUM", "value": '"$(jq -n "[100, $load * 10] | min | round")"', "uom": 22}}'
	((round + 1 >= ${1:-1000000000})) || sleep 60
done
