#!/usr/bin/env bats
# Capabilities of the owner's own: declared in a file of the instance, checked at start, used like any other.

load helper
load courier

PROFILE=0e7ee5f2-6d2b-4a5e-8c3c-1a2b3c4d5e6f

setup() {
	load_libs
	make_root "$BATS_TEST_TMPDIR/root"
}

teardown() {
	[ -z "${PROGRAM-}" ] || kill "$PROGRAM"
}

MOOD='{"attributes": {"mood": {"type": "enum", "values": ["calm", "wild"], "initial": "calm"}},
  "commands": {"setMood": {"arguments": [{"name": "mood", "type": "enum", "values": ["calm", "wild"]}],
    "effects": [{"attribute": "mood", "argument": "mood"}]}}}'

# declare_capability NAME [MEMBERS]: the file with one capability.
declare_capability() {
	printf '{"about": "Ours.", "capabilities": {\n"%s": %s}}\n' "$1" "${2-$MOOD}" >"$ROOT/custom-capabilities.json"
}

@test "a custom capability is discovered, commanded and set, without st. in front" {
	declare_capability acme12.mood
	run -0 gatehouse config check "$ROOT/gatehouse.json"
	gatehouse device add --user ann --type $PROFILE --capability acme12.mood --id m --name M >/dev/null
	TOKEN=$(gatehouse token issue --user ann --client smartthings --device m --json | jq -r .access_token)
	schema discoveryRequest
	assert_equal "$(json '.devices[0].deviceHandlerType')" $PROFILE
	schema commandRequest ',"devices":[{"externalDeviceId":"m","commands":[{"component":"main","capability":"acme12.mood","command":"setMood","arguments":["wild"]}]}]'
	assert_equal "$(jq -c '.deviceState[0].states[0] | [.capability, .attribute, .value]' <<<"$body")" '["acme12.mood","mood","wild"]'
	schema commandRequest ',"devices":[{"externalDeviceId":"m","commands":[{"component":"main","capability":"acme12.mood","command":"setMood","arguments":["sad"]}]}]'
	assert_equal "$(json '.deviceState[0].deviceError[0].errorEnum')" RESOURCE-CONSTRAINT-VIOLATION
	gatehouse device set m --user ann acme12.mood.mood=calm >/dev/null
	schema stateRefreshRequest ',"devices":[{"externalDeviceId":"m"}]'
	assert_equal "$(jq -c '[.deviceState[0].states[] | select(.capability == "acme12.mood").value]' <<<"$body")" '["calm"]'
}

@test "a file that is not right keeps every program from starting, and says where" {
	for name in mood st.mood acme.mood.more .mood acme. 'acme 1.mood' switch st.switch; do
		declare_capability "$name"
		run -1 gatehouse config check "$ROOT/gatehouse.json"
		assert_output --partial 'custom-capabilities.json:'
		assert_output --partial 'must be called namespace.name'
		run -1 gatehouse device show lamp --user ann
	done
	for body in '{}' '[]' '7' '{"attributes": {}, "commands": {"a": {}}}' '{"attributes": {"a": {"type": "colour"}}, "commands": {}}' \
		'{"attributes": {}, "commands": {"a": {"arguments": [], "effects": [{"attribute": "b", "value": 1}]}}}'; do
		declare_capability acme.mood "$body"
		run -1 gatehouse config check "$ROOT/gatehouse.json"
		assert_output --partial 'custom-capabilities.json:'
	done
	echo '{"capabilities": {' >"$ROOT/custom-capabilities.json"
	run -1 gatehouse config check "$ROOT/gatehouse.json"
	assert_output --partial 'custom-capabilities.json:'
}

# ask TYPE MEMBERS: a message to the program that runs at $ROOT/fcgi; its answer is in $body.
ask() {
	local message="{\"headers\":{\"schema\":\"st-schema\",\"version\":\"1.0\",\"interactionType\":\"$1\",\"requestId\":\"$RANDOM\"},
		\"authentication\":{\"tokenType\":\"Bearer\",\"token\":\"$TOKEN\"}${2-}}"
	body=$(env -i PATH="$PATH" REQUEST_METHOD=POST REQUEST_URI=/schema CONTENT_TYPE=application/json \
		CONTENT_LENGTH=${#message} cgi-fcgi -bind -connect "$ROOT/fcgi" <<<"$message" | sed '1,/^\r$/d')
}

# feel MOOD: a command to device m; prints the value that it has now, or the error.
feel() {
	ask commandRequest ",\"devices\":[{\"externalDeviceId\":\"m\",\"commands\":[{\"component\":\"main\",\"capability\":\"acme12.mood\",\"command\":\"setMood\",\"arguments\":[\"$1\"]}]}]"
	jq -r '.deviceState[0] | .deviceError[0].errorEnum // .states[0].value' <<<"$body"
}

@test "an edit counts within a second or two, without a restart; one that is not right changes nothing and is said in the log" {
	declare_capability acme12.mood
	gatehouse device add --user ann --type $PROFILE --capability acme12.mood --id m --name M >/dev/null
	TOKEN=$(gatehouse token issue --user ann --client smartthings --device m --json | jq -r .access_token)
	spawn-fcgi -n -s "$ROOT/fcgi" -- "$BUILD/schema-webhook" 2>"$BATS_TEST_TMPDIR/program.log" 3>&- &
	PROGRAM=$!
	until_true test -S "$ROOT/fcgi"
	assert_equal "$(feel wild) $(feel sad)" 'wild RESOURCE-CONSTRAINT-VIOLATION'
	declare_capability acme12.mood "${MOOD//\"calm\", /\"calm\", \"sad\", }"
	sleep 1.2
	assert_equal "$(feel sad) $(feel calm)" 'sad calm'
	printf '{"capabilities": {\n"acme12.mood": {"attributes": {"mood": {"type": "colour"}}, "commands": {}}}}\n' >"$ROOT/custom-capabilities.json"
	sleep 1.2
	assert_equal "$(feel sad) $(feel wild)" 'sad wild'
	sleep 1.2
	feel calm
	run -1 gatehouse config check "$ROOT/gatehouse.json"
	rm "$ROOT/custom-capabilities.json"
	sleep 1.2
	assert_equal "$(feel sad)" CAPABILITY-NOT-SUPPORTED
	kill "$PROGRAM"
	wait "$PROGRAM" || true
	PROGRAM=
	run cat "$BATS_TEST_TMPDIR/program.log"
	assert_output --regexp 'error schema-webhook .* custom_capabilities result=kept_as_before why="[^"]*custom-capabilities.json:2: '
	assert_equal "$(grep -c kept_as_before "$BATS_TEST_TMPDIR/program.log")" 1
	refute_output --partial Sanitizer
}

@test "the registration that SmartThings wants: URLs of the config, the secret only if it is the right one" {
	run -0 --separate-stderr gatehouse schema registration --email kim@example.org --name 'My "devices"'
	assert_equal "$(jq -r '[.appName, .partnerName, .userEmail, .schemaType, .hostingType, .oAuthClientId, .oAuthScope] | join("|")' <<<"$output")" \
		'My "devices"|My "devices"|kim@example.org|st-schema|webhook|smartthings|devices:read devices:control'
	assert_equal "$(jq -r '[.webhookUrl, .oAuthAuthorizationUrl, .oAuthTokenUrl] | join(" ")' <<<"$output")" \
		"$PUBLIC/schema $PUBLIC/authorize $PUBLIC/token"
	[[ $stderr == *'not https'* ]]
	run -0 --separate-stderr gatehouse schema registration --email kim@example.org --secret-stdin <<<"$SECRET"
	assert_equal "$(jq -r .oAuthClientSecret <<<"$output")" "$SECRET"
	run -1 gatehouse schema registration --email kim@example.org --secret-stdin <<<'not the one at all'
	run -1 gatehouse schema registration --email kim@example.org --client nobody
	run -2 gatehouse schema registration
	run -2 gatehouse schema registration --email kim
}
