#!/usr/bin/env bats
# The programs as a web server sees them through their sockets: when they hang up, and what of an answer is then there.

setup_file() {
	load helper
	make_root "$BATS_FILE_TMPDIR/root"
	local i
	for ((i = 0; i < 100; i++)); do
		gatehouse device add --user ann --type c2c-dimmer --id "dimmer-$i" --name "Dimmer $i" >/dev/null
	done
}

setup() {
	load helper
	load_libs
}

teardown() {
	kill "$pid"
	wait "$pid" || true
	rm "$ROOT/fcgi"
}

# behind PROGRAM [NAME=VALUE...]: one process of it has the socket.
behind() {
	spawn-fcgi -n -s "$ROOT/fcgi" -- /usr/bin/env "${@:2}" "$BUILD/$1" >"$BATS_TEST_TMPDIR/log" 2>&1 3>&- &
	pid=$!
	until_true test -S "$ROOT/fcgi"
}

# asked JSON FILTER...: by the fake web server; the lines that it prints, taken together, must be as the filter says.
asked() {
	node "$TOP/tests/fake/web-server.mjs" "$ROOT/fcgi" <<<"$1" >"$BATS_TEST_TMPDIR/answers"
	jq -se "${@:2}" "$BATS_TEST_TMPDIR/answers" >/dev/null || { cut -c1-400 "$BATS_TEST_TMPDIR/answers" "$BATS_TEST_TMPDIR/log"; return 1; }
}

# post PATH BODY [MEMBERS]: a request, as JSON.
post() {
	jq -cn --arg path "$1" --rawfile body <(printf %s "$2") "{env: {REQUEST_METHOD: \"POST\", REQUEST_URI: \$path}, body: \$body} + {${3-}}"
}

WELL='all(.whole and (.answer | startswith("Status: 200\r\n")))'

@test "a web server that does not hang up holds no process: the next request is answered at once" {
	behind health
	asked '{"env": {"REQUEST_METHOD": "GET", "REQUEST_URI": "/health"}, "times": 4}' "length == 4 and $WELL and (map(.ms) | add < 5000)"
}

@test "the same of a program whose answers may wait" {
	behind console
	asked '{"env": {"REQUEST_METHOD": "GET", "REQUEST_URI": "/"}, "times": 4}' 'length == 4 and all(.whole) and (map(.ms) | add < 5000)'
}

@test "a large answer is whole for who begins to read long after the program has gone on" {
	behind schema-webhook
	local token body
	token=$(gatehouse token issue --user ann --client smartthings | jq -r .access_token)
	body='{"headers":{"schema":"st-schema","version":"1.0","requestId":"1","interactionType":"discoveryRequest"},"authentication":{"tokenType":"Bearer","token":"'$token'"}}'
	asked "$(post /schema "$body" 'times: 3, pause: 300')" "length == 3 and $WELL and all(.answer | split(\"\r\n\r\n\")[1] | fromjson.devices | length >= 100)"
}

@test "a body of many records is read to its end; one that is refused unread gets its whole answer, too" {
	behind schema-webhook
	asked "$(post /schema "$(head -c 200000 /dev/zero | tr '\0' ' ')x" 'times: 2')" 'length == 2 and all(.whole and (.answer | startswith("Status: 400")))'
	asked "$(post /schema "$(head -c 2000000 /dev/zero | tr '\0' ' ')x" 'times: 2')" 'length == 2 and all(.whole and .taken and (.answer | startswith("Status: 413")))'
}

# schema TYPE MORE: a message by the link of $token, as JSON for the fake web server.
schema() {
	post /schema "$(jq -cn --arg type "$1" --arg token "$token" "{headers: {schema: \"st-schema\", version: \"1.0\", requestId: \"$RANDOM$RANDOM\",
		interactionType: \$type}, authentication: {tokenType: \"Bearer\", token: \$token}} + $2")"
}

# off_and_on PROGRAM: behind it, while ROOT/full is there its disk takes nothing.
off_and_on() {
	gcc -D_GNU_SOURCE -I"$TOP/cgi-bin" -shared -fPIC -o "$BATS_TEST_TMPDIR/full.so" "$TOP/tests/fake/full-disk.c"
	behind "$1" LD_PRELOAD="$BATS_TEST_TMPDIR/full.so" ASAN_OPTIONS="$ASAN_OPTIONS:verify_asan_link_order=0" FULL_DISK_WHILE="$ROOT/full"
}

@test "a command that the disk does not take is answered with 503, and the device is as it was" {
	local token level='.answer | split("\r\n\r\n")[1] | fromjson.deviceState[0].states | map(select(.attribute == "level").value)'
	local device='{devices: [{externalDeviceId: "dimmer-7"}]}'
	off_and_on schema-webhook
	token=$(gatehouse token issue --user ann --client smartthings | jq -r .access_token)
	to() { schema commandRequest "{devices: [{externalDeviceId: \"dimmer-7\", commands: [{component: \"main\", capability: \"st.switchLevel\", command: \"setLevel\", arguments: [$1]}]}]}"; }
	asked "$(to 31)" "$WELL and all($level == [31])"
	touch "$ROOT/full"
	asked "$(to 64)" 'all(.whole and (.answer | startswith("Status: 503\r\n") and contains("Retry-After: 1\r\n") and contains("UNKNOWN-ERROR")))'
	rm "$ROOT/full"
	gatehouse device rename --user ann dimmer-8 "Another" >/dev/null	# whoever writes next puts it right
	asked "$(schema stateRefreshRequest "$device")" "$WELL and all($level == [31])"
	asked "$(to 65)" "$WELL and all($level == [65])"
	grep -q ' error schema-webhook .* undone path=/schema ' "$BATS_TEST_TMPDIR/log"
}

@test "a refresh that the disk does not take is answered with 503, and the token is good for another one" {
	local token
	off_and_on token
	token=$(gatehouse token issue --user ann --client smartthings | jq -r .refresh_token)
	again() {
		jq -cn --arg basic "$(basic | cut -d= -f2-)" --arg body "grant_type=refresh_token&refresh_token=$token" '{env: {REQUEST_METHOD: "POST",
			REQUEST_URI: "/token", CONTENT_TYPE: "application/x-www-form-urlencoded", HTTP_AUTHORIZATION: $basic}, body: $body}'
	}
	touch "$ROOT/full"
	asked "$(again)" 'all(.whole and (.answer | startswith("Status: 503\r\n") and contains("temporarily_unavailable") and (contains("access_token") | not)))'
	rm "$ROOT/full"
	gatehouse device rename --user ann dimmer-9 "Another" >/dev/null
	asked "$(again)" "$WELL"
}
