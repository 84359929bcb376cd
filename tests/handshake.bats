#!/usr/bin/env bats
# The page of a link against a double of SmartThings: each step of the handshake with its messages, and never a secret in any.

load helper
load courier

setup() {
	load_libs
	begin_courier "$BATS_TEST_TMPDIR"
	sign_in ann "$PASSWORD"
}

teardown() {
	end_courier
	! grep -F -e ERROR: -e 'runtime error' "$BATS_TEST_TMPDIR"/cgi.err
}

# A link that came about by the pages, as a person makes it; $TOKEN, $REFRESH and $GRANT are its own.
really_link() {
	consent lamp door
	exchange "$granted"
	status 200
	TOKEN=$(json .access_token) REFRESH=$(json .refresh_token)
	GRANT=$(gatehouse grant list --user ann --json | jq -r '.[-1].id')
}

# page: the link's.
page() { cgi console GET "/links/$GRANT" '' HTTP_COOKIE="$session" "$@"; }

# step STATE NAME: a step is in this state.
step() { has "<strong>$1</strong> $2"; }

# says TEXT: the page does, or soon will.
says() { until_true shows "$1"; }
shows() { page && [[ $body == *"$1"* ]] || { echo "$body"; return 1; }; }

@test "step by step: what is done, what is waited for, and at last that changes arrive" {
	really_link
	page
	step '✓ Done:' 'you sign in and allow it'
	step '✓ Done:' 'the app gets its tokens'
	step '… Waiting:' 'SmartThings asks for the devices'
	has 'SmartThings asks right after linking'
	has 'GET /authorize'
	has 'SmartThings has not asked for the devices yet'
	schema discoveryRequest
	page
	step '✓ Done:' 'SmartThings asks for the devices'
	has '&quot;friendlyName&quot;: &quot;Hall lamp&quot;'
	has 'SmartThings has not said yet where it can be called back'
	grant c1
	page
	step '✓ Done:' 'SmartThings says where it can be called back'
	step '… Waiting:' 'this server gets tokens for calling back'
	start_courier
	says '<strong>✓ Done:</strong> this server gets tokens for calling back'
	has 'SmartThings can be told of changes; there was none yet'
	gatehouse device set lamp --user ann st.switch.switch=on >/dev/null
	says 'SmartThings was last told of a change'
	step '✓ Done:' 'SmartThings is told of a change'
	schema stateRefreshRequest ',"devices":[{"externalDeviceId":"lamp"}]'
	schema commandRequest ',"devices":[{"externalDeviceId":"lamp","commands":[{"component":"main","capability":"st.switch",
		"command":"off","arguments":[]}]}]'
	page
	[[ $body != *'… Waiting:'* ]]
	cgi console GET /links '' HTTP_COOKIE="$session"
	has '✓ Working:'
}

# activity [QUERY]: the owner's, as a line of text an entry.
activity() {
	cgi console GET "/activity${1+?$1}" '' HTTP_COOKIE="$session"
	status 200
	seen=$(tr -d '\n' <<<"$body" | sed 's/<li>/\n/g; s/<\/ul>.*//' | sed -n 's/<[^>]*>/ /g; s/  */ /g; 2,$p')
}

@test "activity: what SmartThings asked and was told, message by message, coalesced; each filter" {
	local n
	really_link
	schema discoveryRequest
	grant c1
	start_courier
	says '<strong>✓ Done:</strong> this server gets tokens for calling back'
	gatehouse device set lamp --user ann st.switch.switch=on >/dev/null
	until_is '"on"' links '.c1.devices.lamp["st.switch.switch"]'
	for n in 11 22 33; do
		gatehouse device set lamp --user ann "st.switchLevel.level=$n" >/dev/null
		until_is "$n" links '.c1.devices.lamp["st.switchLevel.level"]'
	done
	gatehouse device offline door --user ann >/dev/null
	gatehouse device rename lamp --user ann '<i>Lamp' >/dev/null
	until_is '["<i>Lamp",["door"]]' links '.c1 | [.names.lamp, .offline]'
	schema commandRequest ',"devices":[{"externalDeviceId":"lamp","commands":[{"component":"main","capability":"st.switchLevel",
		"command":"setLevel","arguments":[999]}]}]'
	activity
	grep -q 'was told .*Lamp Switch On' <<<"$seen"
	grep -q 'was told .*Lamp Level 33 % .*3 such messages' <<<"$seen"
	grep -q 'was told .*is offline' <<<"$seen"
	grep -q 'was shown .*&lt;i&gt;Lamp' <<<"$seen"
	grep -q 'asked for the devices' <<<"$seen"
	grep -q 'sent a command that was refused .*RESOURCE-CONSTRAINT-VIOLATION .*out of range' <<<"$seen"
	hasnt '<i>Lamp'
	[ "$(grep -c 'was told .*Level' <<<"$seen")" = 1 ]
	activity kind=messages
	grep -q 'was told' <<<"$seen"
	run ! grep -q -e Changed -e "Signed in" <<<"$seen"
	activity 'kind=messages&device=door'
	[ "$(grep -c . <<<"$seen")" = 1 ]
	activity "link=$GRANT"
	grep -q 'was told' <<<"$seen"
	activity link=another
	run ! grep -q "was told" <<<"$seen"
	activity kind=trouble
	grep -q 'was refused' <<<"$seen"
	run ! grep -q "was told" <<<"$seen"
	# with the account it goes
	gatehouse user delete ann >/dev/null
	! gatehouse store dump | grep '"told/'
}

@test "a state refresh is shown as it was answered, but for the codes of a lock" {
	gatehouse device add --user ann --type 8a9d4b1e-3b9c-4d1e-9a40-3cf7a1c0f7de --capability lock --capability lockCodes --id lock --name Lock \
		--set 'lockCodes.lockCodes={"1":"PIN-55555"}' --set lock.lock=locked >/dev/null
	consent lamp lock
	exchange "$granted"
	status 200
	TOKEN=$(json .access_token) GRANT=$(gatehouse grant list --user ann --json | jq -r '.[-1].id')
	schema stateRefreshRequest ',"devices":[{"externalDeviceId":"lock"}]'
	[[ $body == *PIN-55555* ]]
	page
	has '&quot;externalDeviceId&quot;: &quot;lock&quot;'
	has '&quot;value&quot;: &quot;online&quot;'
	hasnt PIN-55555
	has '•••'
}

@test "no secret of the whole story stands in what is kept, in a page or in a log" {
	really_link
	local redeemed=$granted secret
	start_courier
	schema discoveryRequest
	grant SECRETCODE-1
	says 'this server gets tokens for calling back · '
	gatehouse device set lamp --user ann st.switch.switch=on >/dev/null
	says 'SmartThings was last told of a change'
	gatehouse device add --user ann --type c2c-lock-2 --id lock --name Lock --capability st.lockCodes >/dev/null 2>&1 || true
	schema commandRequest ',"devices":[{"externalDeviceId":"lamp","commands":[{"component":"main","capability":"st.lockCodes",
		"command":"setCode","arguments":[1,"PIN-98765","Bob"]}]}]'
	# what SmartThings repeats of them in its words
	schema interactionResult ",\"originatingInteractionType\":\"discoveryRequest\",\"globalError\":{\"errorEnum\":\"BAD-RESPONSE\",
		\"detail\":\"the token $TOKEN is old\"},\"access_token\":\"$REFRESH\",\"echo\":\"it was $TOKEN and $REFRESH\""
	refresh "$REFRESH"
	TOKEN2=$(json .access_token)
	page
	local seen=$body
	gatehouse store dump "$BATS_TEST_TMPDIR/dump" >/dev/null
	for secret in "$TOKEN" "$TOKEN2" "$REFRESH" "$redeemed" "$SECRET" SECRETCODE cba- cbr- st-secret PIN-98765 "${session#*=}" "$PASSWORD"; do
		! grep -qF -- "$secret" "$BATS_TEST_TMPDIR/dump" || { echo "in the store: $secret"; return 1; }
		! grep -qF -- "$secret" "$COURIER_LOG" || { echo "in the log: $secret"; return 1; }
		[[ $seen != *"$secret"* ]] || { echo "on the page: $secret"; return 1; }
	done
	grep -q '•••' "$BATS_TEST_TMPDIR/dump"
}

@test "what fails is shown with the reason and what to do; a turn for the better too" {
	really_link
	start_courier
	schema discoveryRequest
	control '{"token_status":500}' || true
	grant bad-1
	says '✗ Failed:'
	has 'this server gets tokens for calling back'
	has 'this link needs to be linked again'
	has 'it is asked for new tokens'
	schema commandRequest ',"devices":[{"externalDeviceId":"lamp","commands":[{"component":"main","capability":"st.noSuch","command":"x",
		"arguments":[]}]}]'
	page
	step '✗ Failed:' 'SmartThings sends a command'
	has 'CAPABILITY-NOT-SUPPORTED'
	schema commandRequest ',"devices":[{"externalDeviceId":"lamp","commands":[{"component":"main","capability":"st.switch","command":"on",
		"arguments":[]}]}]'
	page
	step '✓ Done:' 'SmartThings sends a command'
	has 'The messages, when it failed'
	cgi console GET '/activity?kind=trouble' '' HTTP_COOKIE="$session"
	has 'INVALID-CODE'
	has 'a new one is asked for'
}

@test "a courier that does not run is noticed where something waits for it" {
	really_link
	start_courier
	schema discoveryRequest
	grant c1
	says 'SmartThings can be told of changes'
	stop_courier KILL
	gatehouse device set lamp --user ann st.switch.switch=on >/dev/null
	page
	hasnt 'the courier does not run'
	ahead 100
	page
	has 'changes wait: the courier does not run'
}

@test "what is kept is bounded: once an hour where all is well, once a minute where it is not" {
	really_link
	kept() { gatehouse store dump | jq -r 'select(.key | test("^exchange/.*/discovery")) | "\(.key | split("/")[-1]) \(.value.time)"' | sort; }
	schema discoveryRequest
	local first
	first=$(kept)
	[ -n "$first" ]
	for _ in 1 2 3; do schema discoveryRequest; done
	[ "$(kept)" = "$first" ]
	ahead 3700
	schema discoveryRequest
	[ "$(kept)" != "$first" ]
	# an owner who goes takes all of it along
	gatehouse user delete ann >/dev/null
	[ -z "$(gatehouse store dump | grep '"exchange' || true)" ]
}
