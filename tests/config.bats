#!/usr/bin/env bats
# gatehouse.json from outside: what check and show say, and that nothing starts with a wrong one.

load helper

setup() {
	load_libs
	FILE=$BATS_TEST_TMPDIR/gatehouse.json
	unset GATEHOUSE_ROOT
}

config() { "$BUILD/gatehouse" config "$@"; }

@test "the config that we ship is right" {
	run -0 config check "$TOP/conf/gatehouse.json"
	assert_output "$TOP/conf/gatehouse.json is right"
}

@test "check names file, line, key and the right name, and ends with 1" {
	printf '{\n  "oauth": {\n    "code_tl": 60\n  }\n}\n' >"$FILE"
	run -1 --separate-stderr config check "$FILE"
	assert_equal "$output" ''
	assert_equal "${stderr_lines[0]}" "gatehouse: $FILE:3: oauth.code_tl: no such key; did you mean code_ttl?"
	[[ ${stderr_lines[1]} == 'next: '* ]]
}

@test "check says what is wrong with a value" {
	while IFS='|' read -r text want; do
		printf '%s' "$text" >"$FILE"
		run -1 --separate-stderr config check "$FILE"
		assert_equal "${stderr_lines[0]}" "gatehouse: $FILE:${want/DIR/${FILE%/*}}"
	done <<-'END'
		{"login":{"second_factor":true}}|1: login.second_factor: must be text in double quotes
		{"login":{"second_factor":"sometimes"}}|1: login.second_factor: must be "optional" or "required"
		{"login":{"second_faktor":"required"}}|1: login.second_faktor: no such key; did you mean second_factor?
		{"login":{"breached_passwords":"gone"}}|1: login.breached_passwords: DIR/gone: No such file or directory
		{"oauth":{"code_ttl":"60"}}|1: oauth.code_ttl: must be a whole number from 1 to 600
		{"simulator":"yes"}|1: simulator: must be true or false, without quotes
		{"public_url":"https://a.example/"}|1: public_url: must end with the host, the port, or a folder: no slash at its end
		{"coffee":{}}|1: coffee: no such key; known here are public_url, store, oauth, login, smartthings, ca_file, smartapp, insecure_loopback, simulator, metrics_token_file, limits, mqtt, starter_devices
		[]|1: must hold one object, {...}
		{"simulator":true|1: not valid JSON
		{"simulator":true,"simulator":true}|1: a member stands twice: simulator
	END
}

@test "check looks into the starter devices" {
	echo '{"starter_devices":[{"id":"a","type":"c2c-switch","name":"A"},{"id":"b","type":"c2c-swich","name":"B"}]}' >"$FILE"
	run -1 --separate-stderr config check "$FILE"
	[[ ${stderr_lines[0]} == "gatehouse: $FILE: starter_devices: element 2: "* ]]
	sed -i s/swich/switch/ "$FILE"
	run -0 config check "$FILE"
}

@test "check needs neither store nor secrets, and makes nothing" {
	echo '{"store":{"path":"/nonexistent/store"}}' >"$FILE"
	run -0 "$BUILD/gatehouse" --root "$BATS_TEST_TMPDIR" config check
	assert_output "$FILE is right"
	run -0 "$BUILD/gatehouse" --root "$BATS_TEST_TMPDIR" --json config check
	assert_equal "$(jq -r '.ok, .file' <<<"$output")" "true
$FILE"
	run ls -A "$BATS_TEST_TMPDIR"
	assert_output gatehouse.json
}

@test "check without a file and without an instance says so" {
	run -1 --separate-stderr config check
	[[ $stderr == *'which config?'* && $stderr == *'next: '* ]]
	run -1 --separate-stderr config check "$BATS_TEST_TMPDIR/absent.json"
	[[ $stderr == *'absent.json: No such file'* && $stderr == *'next: '* ]]
}

@test "show has every key, the given and the default values" {
	echo '{"oauth":{"code_ttl":30},"smartthings":{"callback_hosts":[".a.example","b.example"]}}' >"$FILE"
	run -0 "$BUILD/gatehouse" --root "$BATS_TEST_TMPDIR" config show
	assert_line --regexp '^oauth\.code_ttl +30$'
	assert_line --regexp '^oauth\.access_ttl +86400$'
	assert_line --regexp '^smartthings\.callback_hosts +\.a\.example, b\.example$'
	assert_line --regexp '^store\.path +store$'
}

@test "what show --json prints is a right config with the same meaning" {
	echo '{"oauth":{"code_ttl":30,"registration":false},"limits":{"body":8192}}' >"$FILE"
	first=$("$BUILD/gatehouse" --root "$BATS_TEST_TMPDIR" --json config show)
	echo "$first" >"$FILE"
	second=$("$BUILD/gatehouse" --root "$BATS_TEST_TMPDIR" --json config show)
	assert_equal "$second" "$first"
	assert_equal "$(jq '.oauth.code_ttl' <<<"$first")" 30
}

@test "no program starts with a wrong config, and each says why" {
	echo '{"simulater":true}' >"$FILE"
	for program in token authorize; do
		run --separate-stderr env -i PATH="$PATH" GATEHOUSE_ROOT="$BATS_TEST_TMPDIR" GATEHOUSE_SHARE="$TOP" \
			REQUEST_METHOD=GET REQUEST_URI=/ "$BUILD/$program"
		assert_equal "$status" 1
		[[ $stderr == *"$FILE:1: simulater: no such key; did you mean simulator?"* ]]
	done
	run -1 --separate-stderr "$BUILD/gatehouse" --root "$BATS_TEST_TMPDIR" user list
	[[ $stderr == *"$FILE:1: simulater"* ]]
}

@test "a value of the config never stands in an error" {
	echo '{"smartthings":{"client_secret":"hush-hush"}}' >"$FILE"
	run -1 config check "$FILE"
	assert_output --partial 'did you mean client_secret_file?'
	refute_output --partial hush
	echo '{"public_url":"https://user:hush-hush@a.example"}' >"$FILE"
	run -1 config check "$FILE"
	refute_output --partial hush
}

@test "the examples of docs/configuration.md are right" {
	awk '/^```json/ { n++; on = 1; next } /^```/ { on = 0 } on { print >dir "/" n ".json" }' \
		dir="$BATS_TEST_TMPDIR" "$TOP/docs/configuration.md"
	[ -f "$BATS_TEST_TMPDIR/2.json" ]
	cp "$TOP/conf/apps/porch-light.yaml" "$BATS_TEST_TMPDIR"	# one of them names it
	for file in "$BATS_TEST_TMPDIR"/[0-9]*.json; do
		run -0 config check "$file"
	done
}
