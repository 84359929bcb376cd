# courier.bash: an instance with a courier, and tests/fake/smartthings.mjs for it to call.
# shellcheck disable=SC2119,SC2120,SC2154 # signals are optional; cgi of helper.bash sets code and body

# begin_courier DIR: the instance, the double ($ST, its address) and the clock; the courier itself starts by start_courier.
begin_courier() {
	make_root "$1/root"
	mkdir -p "$ROOT/sock" "$ROOT/secret"
	head -c 8 /dev/zero >"$ROOT/clock"
	printf '{"public_url":"%s","insecure_loopback":true,"simulator":true,"smartthings":{"client_id":"st-app"}}\n' "$PUBLIC" \
		>"$ROOT/gatehouse.json"
	echo st-secret >"$ROOT/secret/smartthings"
	start_double "$1/st"
	COURIER_LOG=$1/courier.log
	export COURIER_LOG
}

# start_double FILE: another SmartThings, which follows the instance's clock; sets $ST, its address, and $ST_PID.
start_double() {
	rm -f "$1.out"
	node "$TOP/tests/fake/smartthings.mjs" "$ROOT/clock" >"$1.out" 2>"$1.err" 3>&- &
	ST_PID=$!
	until_true test -s "$1.out"
	ST=http://127.0.0.1:$(sed -n 's/^port //p' "$1.out")
	export ST ST_PID
}

# The instance's courier, in the background; its pid is in $COURIER.
start_courier() {
	"$BUILD/courier" >>"$COURIER_LOG" 2>&1 3>&- &
	COURIER=$!
}

# words: how many lie in boxes. missed: the courier is told that words may have got lost.
words() { gatehouse store dump | grep -c '"courier/box/' || true; }
missed() { echo missed >"$ROOT/sock/courier.wake"; }

stop_courier() {
	[ -n "${COURIER-}" ] || return 0
	kill -s "${1:-TERM}" "$COURIER" 2>/dev/null || true
	{ wait "$COURIER"; } 2>/dev/null || true
	COURIER=
}

end_courier() {
	stop_courier
	kill "$ST_PID" 2>/dev/null || true
	wait "$ST_PID" 2>/dev/null || true
}

# control JSON: tell the double how to answer. st_log [FILTER]: what it was sent. links FILTER: what it knows.
control() { curl -qsf --noproxy '*' "$ST/control" -d "$1" >/dev/null; }
st_log() { curl -qsf --noproxy '*' "$ST/log" | jq -c "${1:-.}"; }
links() { curl -qsf --noproxy "*" "$ST/links" | jq -c "$1"; }

# ahead SECONDS: move the clock of all programs and of the double.
AHEAD=0
ahead() {
	AHEAD=$((AHEAD + $1))
	clock $((AHEAD * 1000))
}

while_waiting() { tail -n 5 "$COURIER_LOG"; }

# link CODE [USER [DEVICE...]]: a new link, granted with a code; sets $TOKEN.
link() {
	local code=$1 user=${2:-ann} devices=() d
	shift
	[ $# = 0 ] || shift
	for d in "${@:-lamp}"; do devices+=(--device "$d"); done
	TOKEN=$(gatehouse token issue --user "$user" --client smartthings "${devices[@]}" --json | jq -r .access_token)
	grant "$code"
}

# grant CODE [TOKEN-URL [STATE-URL]]: SmartThings grants us access for the link of $TOKEN.
grant() {
	schema grantCallbackAccess ",\"callbackAuthentication\":{\"grantType\":\"authorization_code\",\"scope\":\"callback-access\",
		\"code\":\"$1\",\"clientId\":\"st-app\"},\"callbackUrls\":{\"oauthToken\":\"${2:-$ST/oauth/token}\",
		\"stateCallback\":\"${3:-$ST/device/events}\"}"
}

# schema TYPE [MEMBERS]: a message to our webhook with $TOKEN; what it answers is in $body.
schema() {
	cgi schema-webhook POST /schema "{\"headers\":{\"schema\":\"st-schema\",\"version\":\"1.0\",\"interactionType\":\"$1\",
		\"requestId\":\"$RANDOM-$RANDOM\"},\"authentication\":{\"tokenType\":\"Bearer\",\"token\":\"$TOKEN\"}${2-}}" \
		CONTENT_TYPE=application/json
	[ "$code" = 200 ] || { echo "$code $body"; return 1; }
}

# --- a lamp of ann's, and links that have it ---

set_lamp() { gatehouse device set lamp --user ann "$@" >/dev/null; }
calls() { links ".${1:-c1}.calls"; }
lamp_of() { links ".c1.devices.\"$1\".\"$2\""; }
lamp() { links ".${1:-c1}.devices.lamp.\"$2\""; }
# linked [CODE]: a link that has its tokens.
linked() {
	link "${1:-c1}"
	until_is 200 eval "st_log 'map(select(.link == \"${1:-c1}\")) | .[0].status'"
}

# kept_secrets: whatever was sent, no token, code or secret stands in any log, nor in the store; and no sanitizer spoke up.
kept_secrets() {
	local secret='(^|[^A-Za-z0-9_-])(cb[ar]-[0-9]+|st-secret|SECRETCODE)' found
	found=$(grep -E -e "$secret" "$BATS_TEST_TMPDIR"/*.log "$BATS_TEST_TMPDIR"/cgi.err
		grep -rEl -e "$secret" "$ROOT/store"
		grep -F -e ERROR: -e 'runtime error' "$COURIER_LOG") || true
	[ -z "$found" ] || { echo "not kept: $found"; return 1; }
}
