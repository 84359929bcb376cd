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

# behind PROGRAM: one process of it has the socket.
behind() {
	spawn-fcgi -n -s "$ROOT/fcgi" -- "$BUILD/$1" >"$BATS_TEST_TMPDIR/log" 2>&1 3>&- &
	pid=$!
	until [ -S "$ROOT/fcgi" ]; do sleep 0.02; done
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
