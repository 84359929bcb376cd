#!/usr/bin/env bats
# The courier, several links side by side, and which devices each has: two regions, what its owner chooses, the end of devices
# and of links.

load helper
load courier

setup() {
	load_libs
	begin_courier "$BATS_TEST_TMPDIR"
	start_courier
}

teardown() {
	end_courier
	[ -z "${OTHER-}" ] || kill "$OTHER"
	kept_secrets
}

@test "each link is called where its own grant said: two regions side by side, and a home that moves" {
	local us=$ST us_pid=$ST_PID eu n
	linked c1
	start_double "$BATS_TEST_TMPDIR/eu"
	eu=$ST
	OTHER=$ST_PID ST_PID=$us_pid
	TOKEN=$(gatehouse token issue --user ann --client smartthings --device lamp --json | jq -r .access_token)
	grant c2
	until_is 200 st_log '.[0].status'
	set_lamp st.switch.switch=on
	until_is '"on"' lamp c2 st.switch.switch
	ST=$us
	until_is '"on"' lamp c1 st.switch.switch
	assert_equal "$(st_log 'map(.link) | unique')$(ST=$eu st_log 'map(.link) | unique')" '["c1"]["c2"]'
	n=$(ST=$eu st_log length)
	grant 'c2#2'
	set_lamp st.switchLevel.level=5
	until_is '[5,5]' links '[.c1, .c2 | .devices.lamp."st.switchLevel.level"]'
	assert_equal "$(ST=$eu st_log length)" "$n"
}

@test "the owner ends the link: SmartThings hears it once; SmartThings ends it: nothing is sent" {
	linked c1
	gatehouse grant list --user ann --json >"$BATS_TEST_TMPDIR/grants"
	gatehouse grant revoke "$(jq -r '.[-1].id' "$BATS_TEST_TMPDIR/grants")" >/dev/null
	until_is true links .c1.unlinked
	assert_equal "$(st_log '.[-1].body | [.headers.interactionType, .globalError.errorEnum, has("devices")]')" \
		'["discoveryCallback","INTEGRATION-DELETED",false]'
	linked c2
	schema integrationDeleted
	set_lamp st.switch.switch=on
	sleep 1.2
	assert_equal "$(links '.c2')" null
	assert_equal "$(st_log 'map(select(.type == "discoveryCallback")) | length')" 1
}

# choose [DEVICE...]: as ann, on the page of her newest link. INCLUDE_NEW=yes: and new ones.
choose() {
	local grant fields="${INCLUDE_NEW:+&include_new=yes}" d
	grant=$(gatehouse grant list --user ann --json | jq -rs 'flatten | last.id')
	sign_in ann "$PASSWORD"
	cgi console GET "/links/$grant" '' HTTP_COOKIE="$session"
	for d in "$@"; do fields+="&device=$d"; done
	cgi console POST "/links/$grant" "csrf=$(hidden csrf)&action=save$fields" HTTP_COOKIE="$session"
	status 303
}

@test "the owner changes the devices of a link: SmartThings hears at once which came and which went" {
	linked
	choose lamp door
	until_is '"Front door"' links .c1.names.door
	until_is '"closed"' lamp_of door st.contactSensor.contact
	assert_equal "$(links '.c1 | [.deleted, .names.lamp]')" '[[],null]'
	choose door
	until_is '["lamp"]' links .c1.deleted
	n=$(st_log length)
	gatehouse device set lamp --user ann st.switch.switch=on >/dev/null
	choose door
	sleep 1.5
	assert_equal "$(st_log length)" "$n"
	# While nobody sends: all that came of it is told later, what came and went again is not.
	stop_courier
	choose lamp door
	choose lamp
	start_courier
	until_is '["lamp","door"]' links .c1.deleted
	until_is '["Hall lamp","on"]' links '.c1 | [.names.lamp, .devices.lamp."st.switch.switch"]'
	assert_equal "$(st_log 'map(select(.type == "discoveryCallback")) | length')" 2
	# Lost on the way, refused and again.
	control '{"events": {"status": 500, "times": 2}}'
	choose door
	until_is '["lamp","door","lamp"]' links .c1.deleted
}

@test "a device that is deleted while nobody sends: its end is told, also if it was in the link no more, and to no other link" {
	link c1 ann lamp door
	gatehouse device add --user ann --type c2c-switch --id private --name Private >/dev/null
	until_is 200 st_log '.[0].status'
	stop_courier
	choose lamp
	gatehouse device delete door --user ann >/dev/null
	gatehouse device delete private --user ann >/dev/null
	start_courier
	until_is '["door"]' links .c1.deleted
	# Deleted first, and then the owner saves the page, on which it is no more.
	gatehouse device add --user ann --type c2c-switch --id hall --name Hall >/dev/null
	INCLUDE_NEW=yes choose lamp hall
	until_is '"Hall"' links .c1.names.hall
	gatehouse device add --user ann --type c2c-switch --id late --name Late >/dev/null
	until_is '"Late"' links .c1.names.late
	stop_courier
	gatehouse device delete hall --user ann >/dev/null
	gatehouse device delete late --user ann >/dev/null
	choose lamp
	start_courier
	until_is '["door","hall","late"]' links .c1.deleted
	set_lamp st.switch.switch=on
	until_is '"on"' lamp c1 st.switch.switch
	assert_equal "$(links .c1.deleted)" '["door","hall","late"]'
}

@test "a device that was deleted longer ago than the log of changes reaches: its end is told" {
	gatehouse device add --user ann --type c2c-switch --id hall --name Hall >/dev/null
	link c1 ann lamp door hall
	link c2 ann lamp hall
	until_is '[200,200]' st_log '[.[].status]'
	stop_courier
	gatehouse device delete door --user ann >/dev/null
	gatehouse device delete hall --user ann >/dev/null
	choose lamp	# of c2; c1 has those two by name still
	ahead 90000
	set_lamp st.switchLevel.level=7
	start_courier
	until_is '[["door","hall"],["hall"]]' links '[.c1, .c2 | .deleted | unique]'
	until_is '[7,7]' links '[.c1, .c2 | .devices.lamp."st.switchLevel.level"]'
}

@test "the owner lets new devices in, and more than one message can hold" {
	linked
	for i in {1..45}; do gatehouse device add --user ann --type c2c-switch --id "s$i" --name "S$i" >/dev/null; done
	choose lamp door s{1..45}
	until_is 47 links '.c1.names | length'
	until_is 47 links '.c1.devices | length'
}
