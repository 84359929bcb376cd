#!/usr/bin/env bats
# Linking a vendor's cloud, with the courier looking at it: what changes there is here, and what its owner deletes here stays away.
# long because: all of them share one cloud and one courier.

load helper
load pages
load courier
load connect

setup_file() {
	begin_connect "$BATS_FILE_TMPDIR"
	with_clock
	jq -c '.smartthings = {client_id: "st-app"}' "$ROOT/gatehouse.json" >"$ROOT/new" && mv "$ROOT/new" "$ROOT/gatehouse.json"
	echo st-secret >"$ROOT/secret/smartthings"
	start_double "$BATS_FILE_TMPDIR/st"
	log_in
	printf 'LINK=%s\n' "$LINK" >"$BATS_FILE_TMPDIR/link"
	COURIER_LOG=$BATS_FILE_TMPDIR/courier.log
	with_courier
}

# with_courier: from now on there is one, whichever test began it; without_courier: it is gone.
with_courier() {
	start_courier
	echo "$COURIER" >"$BATS_FILE_TMPDIR/courier"
}
without_courier() {
	COURIER=$(cat "$BATS_FILE_TMPDIR/courier")
	stop_courier
	until_gone "$(cat "$BATS_FILE_TMPDIR/courier")"
}

teardown_file() {
	without_courier
	kill "$ST_PID" 2>/dev/null || true
	end_connect
}

setup() {
	COURIER_LOG=$BATS_FILE_TMPDIR/courier.log
	. "$BATS_FILE_TMPDIR/link"
	AHEAD=$(($(od -An -td8 "$ROOT/clock") / 1000))	# where the test before left it
	control '{"token":null,"api":null,"expire":0,"slow":0,"life":3600,"hold":null,"forgive":false,"devices":[
		{"id":"a1","label":"Porch","kind":"bulb","connected":true,"power":"on","brightness":0.4},
		{"id":"b2","label":"Desk","kind":"bulb","connected":true,"power":"off","brightness":1},
		{"id":"c3","label":"Gate","kind":"door","connected":true,"open":false}]}'
	[ "$AHEAD" -lt 3600 ] || sign_in ann "$PASSWORD"	# that session has ended
	[ "$(link_record .status)" = linked ] || log_in
	choose a1 b2
	looked
	settled
}

@test "32 33 34 a look brings state, health and name; one without news changes nothing" {
	local seq
	control '{"devices":[{"id":"a1","label":"Front porch","kind":"bulb","connected":false,"power":"off","brightness":0.5}]}'
	looked
	[ "$(value acme.a1 switch.switch)" = off ]
	[ "$(value acme.a1 switchLevel.level)" = 50 ]
	[ "$(online acme.a1)" = offline ]
	[ "$(online acme.b2)" = offline ]
	[ "$(name acme.a1)" = 'Front porch' ]
	seq=$(gatehouse store dump | jq -c 'select((.key // "") | startswith("changes/")) | .value.seq' | sort -n | tail -n 1)
	looked
	[ "$(gatehouse store dump | jq -c 'select((.key // "") | startswith("changes/")) | .value.seq' | sort -n | tail -n 1)" = "$seq" ]
	# a name that was given here stays until the vendor has another one
	gatehouse device rename acme.a1 'My porch' --user ann >/dev/null
	control '{"devices":[{"id":"a1","label":"Front porch","kind":"bulb","connected":true,"power":"on","brightness":0.5},{"id":"b2","label":"Desk","kind":"bulb","connected":true}]}'
	looked
	[ "$(name acme.a1)" = 'My porch' ]
	[ "$(online acme.a1)" = online ]
	[ "$(online acme.b2)" = online ]
	[ "$(value acme.b2 switchLevel.level)" = 100 ]
}

@test "32 SmartThings is told by a call what a look brings, and nothing where it brings no news" {
	local calls
	link c32 ann acme.a1 acme.b2
	until_is 200 eval "st_log 'map(select(.link == \"c32\")) | .[0].status'"
	control '{"devices":[{"id":"a1","label":"Porch","kind":"bulb","connected":true,"power":"off","brightness":0.25},{"id":"b2","label":"Desk","kind":"bulb","connected":true,"power":"off","brightness":1}]}'
	looked
	until_is '"off"' links '.c32.devices."acme.a1"."st.switch.switch"'
	until_is 25 links '.c32.devices."acme.a1"."st.switchLevel.level"'
	calls=$(links .c32.calls)
	looked
	looked
	# a look with news comes after them: had they caused a call, it would have been made before
	control '{"devices":[{"id":"a1","label":"Porch","kind":"bulb","connected":true,"power":"off","brightness":0.25},{"id":"b2","label":"Desk","kind":"bulb","connected":true,"power":"on","brightness":1}]}'
	looked
	until_is '"on"' links '.c32.devices."acme.b2"."st.switch.switch"'
	[ "$(links .c32.calls)" = $((calls + 1)) ]
}

@test "20 26 one device that says nonsense, and vendors in trouble, stop nothing" {
	control '{"devices":[{"id":"a1","label":{},"kind":7,"connected":true,"power":[],"brightness":"x"},{"id":"b2","label":"Desk","kind":"bulb","connected":true,"power":"on"}]}'
	looked
	[ "$(value acme.b2 switch.switch)" = on ]
	[ "$(value acme.a1 switch.switch)" = on ]
	local api
	for api in '{"status":500,"body":"oops"}' '{"status":200,"body":"<html>"}' '{"status":200,"body":"{\"devices\":{}}"}' '{"status":429,"body":""}'; do
		control "{\"api\":$api}"
		looked
		[ "$(look '.failures > 0 and (.fault | length > 0)')" = true ]
		[ "$(online acme.a1)" = online ]
		[ "$(link_record .status)" = linked ]
	done
	control '{"api":null}'
	looked
	[ "$(look .failures)" = 0 ]
}

@test "28 a refused refresh while looking: needs a login, devices offline, no more looks; a login mends it" {
	control '{"expire":1,"token":{"status":400,"body":"{\"error\":\"invalid_grant\"}"}}'
	looked
	[ "$(link_record .status)" = needs_login ]
	[ "$(online acme.a1)" = offline ]
	control '{"token":null}'
	manager POST "/connect/$LINK/look"
	until_is '' waiting_word
	log_in
	until_is online online acme.a1
	# of all that the vendor heard since, the login came first
	[ "$(vendor_log '.[0].what')" = '"/authorize"' ]
	[ "$(ours)" = '["acme.a1","acme.b2"]' ]
}

@test "39 a device that its owner deletes stays away; with the last of them the link ends" {
	gatehouse device delete acme.b2 --user ann >/dev/null
	until_is '["a1"]' link_record '.chosen | keys'
	looked
	[ "$(ours)" = '["acme.a1"]' ]
	control '{}'
	gatehouse device delete acme.a1 --user ann >/dev/null
	until_is '' link_record .status
	until_is '["/revoke"]' vendor_log '[.[] | .what]'
	log_in
	printf 'LINK=%s\n' "$LINK" >"$BATS_FILE_TMPDIR/link"
	[ "$(ours)" = '[]' ]
}

@test "30 twenty commands at once with an expired token: one refresh" {
	command_to acme.a1 st.switch on
	# slow enough that they meet
	control '{"expire":1,"slow":1500}'
	local n pids=()
	for n in {1..20}; do
		(BATS_TEST_TMPDIR=$(mktemp -d -p "$BATS_TEST_TMPDIR"); command_to acme.a1 switchLevel setLevel "[$n]"; json '.deviceState[0].states[0].value' >"$BATS_TEST_TMPDIR/../said.$n") 3>&- &
		pids+=($!)
	done
	for n in "${pids[@]}"; do wait "$n" || true; done
	[ "$(vendor_log '[.[] | select(.what == "refresh_token")] | length')" = 1 ] || { vendor_log '[.[] | .what]'; return 1; }
	[ "$(cat "$BATS_TEST_TMPDIR"/said.* | wc -l)" = 20 ] || { vendor_log '[.[] | .what]'; return 1; }
}

# in_the_middle: the process that talks to the vendor now, by its instance. It has three seconds, so this must be quick.
in_the_middle() {
	local p
	for p in $(pgrep -x schema-webhook); do
		grep -qzx "GATEHOUSE_ROOT=$ROOT" "/proc/$p/environ" && echo "$p"
	done 2>/dev/null
	return 0
}

# kill_at WHAT SKIP DONE [FORGIVE]: a command with a token that is over is killed at the vendor's request WHAT, after SKIP of them.
# No courier may be about: its look could be what the vendor holds, and then it waits for 15 s.
kill_at() {
	without_courier
	control "{\"expire\":1,\"forgive\":${4-true},\"hold\":{\"what\":\"$1\",\"skip\":$2,\"done\":$3}}"
	(BATS_TEST_TMPDIR=$(mktemp -d -p "$BATS_TEST_TMPDIR"); command_to acme.a1 st.switch off) >/dev/null 2>&1 3>&- &
	local job=$!
	until_is $(($2 + 1)) vendor_log "[.[] | select(.what == \"$1\")] | length"
	kill -9 "$(in_the_middle)"
	wait "$job" || true
	control '{"expire":0,"hold":null}'
	with_courier
}

@test "a process that is killed at any step of a refresh loses nothing: the next one does it when its time is over" {
	command_to acme.a1 st.switch on
	local what skip done
	# told that the token is over, perhaps; asked for a new one; was given one; has it, and uses it
	while read -r what skip done; do
		kill_at "$what" "$skip" "$done"
		[ "$(link_record .status)" = linked ]
		if [ "$what" = refresh_token ]; then
			# nobody else may ask meanwhile
			command_to acme.a1 st.switch off
			[ "$(vendor_log '[.[] | select(.what == "refresh_token")] | length')" = 0 ]
		fi
		ahead 21
		command_to acme.a1 st.switch on
		said '.deviceState[0].states[0].value' on
		[ "$(link_record .status)" = linked ]
	done <<-'END'
	/devices/a1/state 0 false
	refresh_token 0 false
	refresh_token 0 true
	/devices/a1/state 1 false
	END
	# a lease of somebody whose clock was far ahead keeps nobody out
	ahead 50000
	kill_at refresh_token 0 false
	ahead -50000
	control '{"expire":1}'
	command_to acme.a1 st.switch off
	said '.deviceState[0].states[0].value' off
}

@test "10 a state is refused when its ten minutes are over, and so is the way to the vendor" {
	start
	at_vendor
	control '{}'
	ahead 601
	manager GET "$initialize"
	status 403
	[ -z "$location" ]
	manager GET "$back"
	status 400
	[ "$(vendor_log '[.[] | select(.what == "authorization_code")] | length')" = 0 ]
}

@test "13 29 a token endpoint that never answers, or is not there: nothing is stored, nothing is lost" {
	local before
	before=$(gatehouse store dump | jq -c 'select((.key // "") | startswith("link-token/")) | .value')
	start
	at_vendor
	control '{"hold":{"what":"authorization_code","skip":0,"done":false}}'
	manager GET "$back"
	status 400
	has 'There was an error connecting your account'
	[ "$(gatehouse store dump | jq -c 'select((.key // "") | startswith("link-token/")) | .value')" = "$before" ]
	connector '.oauth.tokenUrl = "http://127.0.0.1:1/token"'
	control '{"expire":1,"hold":null}'
	command_to acme.a1 st.switch off
	said '.deviceState[0].deviceError[0].errorEnum' DEVICE-UNAVAILABLE
	[ "$(link_record .status)" = linked ]
	connector .
	control '{}'
	looked
	[ "$(look .failures)" = 0 ]
	[ "$(vendor_log '[.[] | select(.what == "refresh_token")] | length')" = 1 ]
}

notices() { gatehouse --json activity --user ann | jq -s '[.[] | select(.event == "link_login_needed")] | length'; }

# The vendor has had enough of us, and a command finds that out.
refuse_refresh() {
	control '{"expire":1,"token":{"status":400,"body":"{\"error\":\"invalid_grant\"}"}}'
	command_to acme.a1 st.switch on
	said '.deviceState[0].deviceError[0].errorEnum' DEVICE-OFFLINE
}
log_in_after() { control '{"token":null}'; log_in; }

@test "28 an owner is told once a day, whatever happens meanwhile" {
	local before
	before=$(notices)
	refuse_refresh
	before=$(notices)
	[ "$before" -ge 1 ]
	log_in_after
	refuse_refresh
	[ "$(notices)" = "$before" ]
	ahead 80000
	sign_in ann "$PASSWORD"
	TOKEN=
	log_in_after
	refuse_refresh
	[ "$(notices)" = "$before" ]
	ahead 6401
	sign_in ann "$PASSWORD"
	TOKEN=
	log_in_after
	refuse_refresh
	[ "$(notices)" = $((before + 1)) ]
}

@test "a refresh whose answer is lost with its process, where the old token is void then: one notice, and a login keeps everything" {
	local before
	ahead 86401	# since the last notice
	sign_in ann "$PASSWORD"
	TOKEN=
	log_in
	command_to acme.a1 st.switch on
	gatehouse device rename acme.b2 'My desk' --user ann >/dev/null
	before=$(notices)
	kill_at refresh_token 0 true false
	[ "$(link_record .status)" = linked ]
	ahead 21
	command_to acme.a1 st.switch off
	said '.deviceState[0].deviceError[0].errorEnum' DEVICE-OFFLINE
	[ "$(link_record .status)" = needs_login ]
	[ "$(vendor_log '[.[] | select(.what == "refresh_token")] | length')" = 1 ] || { vendor_log '[.[] | .what]'; return 1; }
	[ "$(notices)" = $((before + 1)) ]
	[ "$(online acme.b2)" = offline ]
	control '{}'
	# nobody tries again with what is over, nor tells the owner again
	command_to acme.b2 st.switch off
	said '.deviceState[0].deviceError[0].errorEnum' DEVICE-OFFLINE
	manager POST "/connect/$LINK/look"
	until_is '' waiting_word
	nobody_asked
	[ "$(notices)" = $((before + 1)) ]
	manager GET /connect
	has 'wants you to log in again'
	log_in
	until_is online online acme.b2
	[ "$(ours)" = '["acme.a1","acme.b2"]' ]
	[ "$(name acme.b2)" = 'My desk' ]
	command_to acme.a1 st.switch off
	said '.deviceState[0].states[0].value' off
}
# waiting_word: what the courier has not heard yet.
waiting_word() { gatehouse store dump | jq -rc 'select((.key // "") | startswith("courier/box/")) | .value.words[]?'; }
