#!/usr/bin/env bats
# Linked clouds from the command line: a connector tried step by step, devices that are not ours to set, accounts that go.

load helper
load pages
load connect

setup_file() { begin_connect "$BATS_FILE_TMPDIR"; }
teardown_file() { end_connect; }
setup() { vendor_reset; }

# row STEP [DEVICE]: of the last output, which is JSON: what was found, and the fault.
row() { jq -rc --arg s "$1" --arg d "${2-}" '[.[] | select(.step == $s and (.device // "") == $d) | [.found, .fault]] | first' <<<"$output"; }

@test "check tells of the file, the secret and types that nothing reads" {
	run -0 gatehouse --json connector check acme
	[ "$(row oauth.clientSecretFile)" = '["there",null]' ]
	[ "$(row 'type c2c-dimmer')" = '["state has 2, commands 3",null]' ]
	[ "$(row 'type c2c-contact-3')" = '["state has 1, commands 0",null]' ]
	connector 'del(.state["c2c-contact-3"]) | .oauth.clientSecretFile = "secret/nobody"'
	run -1 --separate-stderr gatehouse --json connector check acme
	[[ $(row oauth.clientSecretFile) == *'secret/nobody: No such file'* ]]
	[[ $(row 'type c2c-contact-3') == *'state has nothing for it'* ]]
	[[ $stderr == *'2 of 5 steps found a fault'* ]]
	run -1 gatehouse connector check nobody
	[[ $output == *'there is no connector nobody'* ]]
}

@test "connectors that are shipped are right" {
	local file
	for file in "$TOP"/conf/connectors/*; do
		cp "$file" "$ROOT/connectors/shipped.${file##*.}"
		run -0 gatehouse --json config check
		run --separate-stderr gatehouse --json connector check shipped
		[ "$(row file)" = '["is right",null]' ]
		[ "$(jq '[.[] | select(.step != "oauth.clientSecretFile" and .fault != null)] | length' <<<"$output")" = 0 ]
		rm "$ROOT/connectors/shipped.${file##*.}"
	done
	# The template uses what there is: a vendor's answer as it says is understood, whole.
	cp "$TOP/conf/connectors/template.yaml" "$ROOT/connectors/shipped.yaml"
	jq -n '{devices: [
		{id: "b", label: "Bulb", kind: "bulb", power: 1, brightness: 0.4, connection: "up", room: {name: "Hall"}, product: "B1"},
		{id: "d", label: "Door", kind: "door", open: true, tenths: 215, connection: "down", room: {name: "Hall"}, product: "D1"},
		{id: "p", label: "Plug", kind: "plug", power: 0, connection: "up", room: {name: "Hall"}, product: "P1"}]}' >"$BATS_TEST_TMPDIR/answer"
	run -0 gatehouse --json connector try shipped --answer "$BATS_TEST_TMPDIR/answer"
	[[ $output == *'"40'* && $output == *'21.5'* ]]
	rm "$ROOT/connectors/shipped.yaml"
}

@test "config check looks at connectors" {
	run -0 gatehouse config check
	connector '.poll.every = 1'
	run -1 gatehouse config check
	[[ $output == *'connectors/acme.json:'*'poll.every: must be a whole number'* ]]
}

@test "try reads an answer out of a file, and says which pointer finds nothing" {
	cat >"$BATS_TEST_TMPDIR/answer.json" <<-'END'
	{"devices": [
		{"id": "a1", "label": "Porch", "kind": "bulb", "connected": true, "power": "ON", "brightness": 5},
		{"id": "c3", "kind": "door"},
		{"id": "d4", "label": "Oven", "kind": "oven"},
		{"label": "no id"}]}
	END
	run -1 --separate-stderr gatehouse --json connector try acme --answer "$BATS_TEST_TMPDIR/answer.json"
	[ "$(row list.name a1)" = '["Porch",null]' ]
	[ "$(row list.room a1)" = '["nothing",null]' ]
	[ "$(row list.type a1)" = '["c2c-dimmer",null]' ]
	[ "$(row state.0 a1)" = '["ON","map has nothing for it"]' ]
	[ "$(row state.1 a1)" = '["5",null]' ]
	[[ $(row main/switchLevel.level a1) == '["500",'*100* ]] || { row main/switchLevel.level a1; return 1; }
	[ "$(row state.0 c3)" = '["nothing","nothing stands there"]' ]
	[[ $(row list.type d4) == *'no rule fits'* ]]
	[ "$(row list.id 'element 3')" = '["nothing","without it there is no device"]' ]
	[[ $stderr == *'of '*' steps found a fault'* ]]
	echo '{"items":[]}' >"$BATS_TEST_TMPDIR/answer.json"
	run -1 --separate-stderr gatehouse --json connector try acme --answer "$BATS_TEST_TMPDIR/answer.json"
	[ "$(row list.items)" = '["nothing","must be a list"]' ]
	run -1 gatehouse connector try acme --answer "$BATS_TEST_TMPDIR/nobody"
	run -2 gatehouse connector try acme
}

@test "try goes a link's own way, and changes nothing" {
	run -1 gatehouse connector try acme --user bob
	[[ $output == *'bob has no link of acme'*"$PUBLIC/connect/acme"* ]]
	linked
	choose a1
	control '{"devices":[{"id":"a1","label":"Other","kind":"bulb","connected":true,"power":"off","brightness":0.5}]}'
	run -0 gatehouse --json connector try acme --user ann
	[ "$(row link)" = '["linked",null]' ]
	[ "$(row account.values.home)" = '["h-1",null]' ]
	[ "$(row list)" = '["1 elements on 1 pages",null]' ]
	[ "$(row main/switchLevel.level a1)" = '["50",null]' ]
	[ "$(value acme.a1 switch.switch)" = on ]
	[[ $output != *access-* ]]
	control '{"api":{"status":500,"body":"x"}}'
	run -1 --separate-stderr gatehouse --json connector try acme --user ann
	[ "$(row account)" = '[null,"HTTP 500"]' ]
	[ "$(row list)" = '[null,"HTTP 500"]' ]
}

@test "a linked device is not set here: its cloud says how it is" {
	linked
	choose a1
	run -1 gatehouse device set acme.a1 --user ann switch.switch=off
	[[ $output == *'send it a command instead'* ]]
	[ "$(value acme.a1 switch.switch)" = on ]
	# nor do the pages offer it, on a card or below "everything"; commands they do
	choose a1 c3
	local id
	for id in acme.a1 acme.c3; do
		cgi console GET "/devices/$id" '' HTTP_COOKIE="$session"
		status 200
		hasnt "action=\"/devices/$id/set\""
		has 'data-value="main/'
	done
	has 'data-value="main/contactSensor.contact"'
	cgi console GET /devices/acme.a1 '' HTTP_COOKIE="$session"
	has 'action="/devices/acme.a1/command"'
	cgi console GET /devices '' HTTP_COOKIE="$session"
	hasnt 'action="/devices/acme.c3/set"'
	has 'action="/devices/door/set"'
	cgi console GET /devices/door '' HTTP_COOKIE="$session"
	has 'action="/devices/door/set"'
}

@test "an account that goes takes its links along, and their clouds are told" {
	linked
	choose a1
	gatehouse user delete ann >/dev/null
	[ "$(gatehouse --json courier list | jq -rc '[.[].kind]')" = '["link-revoke"]' ]
	[ -z "$(gatehouse store dump | grep -E '"key":"(link|links|link-token|link-hook|link-poll)/')" ]
}
