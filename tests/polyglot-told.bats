#!/usr/bin/env bats
# What SmartThings is told of nodes: state callbacks, as they arrive there. tests/fake/smartthings.mjs counts them. The numbers are
# those of the acceptance checks (docs/polyglot.md).

load helper
load polyglot
load courier

setup_file() {
	begin_courier "$BATS_FILE_TMPDIR"
	polyglot_owner
	export session
	start_courier
	export COURIER
}

teardown_file() { end_courier; }

setup() {
	load_libs
	running
	id=$(printf 'n%03d_lamp1' "$n")
	linked "c$BATS_TEST_NUMBER" ann "$id"
	fetch
}

teardown() { api DELETE "/$n" >/dev/null; }

# linked CODE USER DEVICE: a link that has its tokens.
linked() {
	link "$@"
	until_is 200 eval "st_log 'map(select(.link == \"$1\")) | .[0].status'"
}

# value N: the lamp reports it.
value() { post '{"status":{"address":"lamp1","driver":"ST","value":"'"$1"'","uom":51}}'; status 200; }

# posted: the state callbacks of this test's link, each as what it says of the lamp.
posted() {
	st_log "map(select(.link == \"c$BATS_TEST_NUMBER\" and .type == \"stateCallback\") | .body.deviceState[0] |
		if .deviceError then .deviceError[0].errorEnum else ([.states[] | {(.attribute): .value}] | add | .level // .switch // .healthStatus) end)"
}

@test "21 a value that is new is one callback posted to SmartThings; the same again is none" {
	value 55
	until_is '[55]' posted
	links ".c$BATS_TEST_NUMBER.devices.\"$id\"" | jq -e '.["st.switch.switch"] == "on" and .["st.switchLevel.level"] == 55'
	# a state refresh says the same
	schema stateRefreshRequest ",\"devices\":[{\"externalDeviceId\":\"$id\"}]"
	json '.deviceState[0].states | any(.attribute == "level" and .value == 55) and any(.attribute == "switch" and .value == "on")'
	# the same again, as text and as number, and from a batch: whatever comes next is the next callback
	value 55
	post '{"status":{"address":"lamp1","driver":"ST","value":55}}'
	post '{"batch":{"status":[{"address":"lamp1","driver":"ST","value":"55"}]}}'
	value 56
	until_is '[55,56]' posted
	# gone, and gone once more, as a last will says that comes late: told once
	post '{"connected":false}'
	until_is '[55,56,"DEVICE-OFFLINE"]' posted
	post '{"connected":false}'
	status 200
	post '{"connected":false}'
	api GET "/$n"
	json '.connected == false and .nodes.controller.drivers.ST.value == "0"'
	post '{"connected":true}'
	value 57
	until_is 57 eval 'posted | jq ".[-1]"'
	[ "$(posted | jq -c 'map(select(. == "DEVICE-OFFLINE")) | length')" = 1 ]
	[ "$(posted | jq -c 'map(select(. == 57)) | length')" = 1 ]
	[ "$(links ".c$BATS_TEST_NUMBER.backwards")" = 0 ]
}

@test "a report that comes after the command's answer is a callback, to whoever gave the command, too" {
	schema commandRequest ",\"devices\":[{\"externalDeviceId\":\"$id\",\"commands\":[{\"component\":\"main\",\"capability\":\"st.switch\",\"command\":\"on\",\"arguments\":[]}]}]"
	json '.deviceState[0].states | any(.attribute == "switch" and .value == "off")'
	[ "$(posted)" = '[]' ]
	fetch
	told '.command.cmd == "DON"'
	value 100
	until_is '[100]' posted
}
