# sim.bash: a simulator called as plain CGI, and tests/fake/connector.mjs for it to talk to.
# shellcheck disable=SC2154 # cgi of helper.bash sets code, body and location

# What each suite here begins and ends with; a suite that needs more for each test has a setup of its own.
setup_file() {
	bats_require_minimum_version 1.5.0
	begin_sim "$BATS_FILE_TMPDIR"
}

teardown_file() { end_sim; }

setup() {
	load_libs
	control '{}'
	config_is '{}'
}

# begin_sim DIR: an instance whose public URL is the double's ($PEER, its address).
begin_sim() {
	ROOT=$1/root
	export ROOT GATEHOUSE_ROOT=$ROOT
	mkdir -p "$ROOT/secret"
	head -c 8 /dev/zero >"$ROOT/clock"
	echo st-own-secret >"$ROOT/secret/smartthings"
	printf 'CLIENT_ID=smartthings\nCLIENT_SECRET=client-secret-42\n' >"$ROOT/demo.env"
	node "$TOP/tests/fake/connector.mjs" >"$1/peer.out" 2>"$1/peer.err" 3>&- &
	PEER_PID=$!
	until_true test -s "$1/peer.out"
	PEER=http://127.0.0.1:$(sed -n 's/^port //p' "$1/peer.out")
	export PEER PEER_PID
	config_is '{}'
}

end_sim() {
	kill "$PEER_PID" 2>/dev/null || true
	wait "$PEER_PID" 2>/dev/null || true
}

# config_is JSON: the config, with this on top.
config_is() {
	jq -n --arg url "$PEER" '{public_url: $url, insecure_loopback: true, simulator: true, smartthings: {client_id: "st-app"}}
		* '"$1" >"$ROOT/gatehouse.json"
}

control() { curl -qsf --noproxy '*' "$PEER/control" -d "$1" >/dev/null; }
peer_log() { curl -qsf --noproxy '*' "$PEER/log" | jq -c "$1"; }

# home: another visitor; sets $HOME_COOKIE and $CSRF.
visit() {
	cgi simulator GET /sim
	HOME_COOKIE=$(cookies)
	CSRF=$(hidden csrf)
}

# sim METHOD URI [FIELDS]: as that visitor; a POST with the form's token.
sim() {
	local data=${3-}
	[ "$1" = GET ] || data="csrf=$CSRF${3:+&$3}"
	cgi simulator "$1" "$2" "$data" HTTP_COOKIE="$HOME_COOKIE"
}

# link_home: a visitor who is linked.
link_home() {
	visit
	sim POST /sim/link
	status 303
	sim GET "/sim/callback?code=code-of-the-owner-1&state=$(sed -n 's/.*[?&]state=\([^&]*\).*/\1/p' <<<"$location")"
	status 303
}

# act FIELDS: press a button; $body is then the home as JSON.
act() {
	sim POST /sim/do "$1"
	status 303
	sim GET /sim/api/home
	status 200
}

# callback PATH JSON: as the server would call.
callback() { cgi simulator POST "$1" "$2" CONTENT_TYPE=application/json; }
