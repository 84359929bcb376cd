# connect.bash: a vendor's double and a connector for it, on top of helper.bash and pages.bash.
# shellcheck shell=bash disable=SC2015,SC2034,SC2119,SC2120,SC2154

# begin_connect DIR [CONNECTOR-FILTER]: an instance with ann and bob signed in, and tests/fake/vendor.mjs as the vendor "acme".
begin_connect() {
	pages_root
	node "$TOP/tests/fake/vendor.mjs" >"$1/vendor.out" 2>"$1/vendor.err" 3>&- &
	VENDOR_PID=$!
	until_true test -s "$1/vendor.out"
	VENDOR=http://127.0.0.1:$(sed -n 's/^port //p' "$1/vendor.out")
	mkdir -p "$ROOT/connectors" "$ROOT/secret"
	printf 's+cret /\n' >"$ROOT/secret/acme"
	export VENDOR VENDOR_PID
	connector .
}

end_connect() {
	kill "$VENDOR_PID" 2>/dev/null || true
	wait "$VENDOR_PID" 2>/dev/null || true
}

# connector FILTER: the connector of the double, changed by a jq filter; there at once, as a courier may read it.
connector() {
	jq "$1" >"$ROOT/connectors/acme.new" <<-END
	{
		"name": "Acme <Cloud>", "about": "Lamps and gates.",
		"oauth": { "authorizeUrl": "$VENDOR/authorize", "tokenUrl": "$VENDOR/token", "revokeUrl": "$VENDOR/revoke",
			"clientId": "gate:house", "clientSecretFile": "secret/acme", "scope": "read control", "tokenAuth": "post" },
		"account": { "url": "$VENDOR/v1/me", "values": { "home": "/home/id" } },
		"list": { "url": "$VENDOR/v1/devices", "query": { "home": "{home}" }, "items": "/devices", "id": "/id", "name": "/label",
			"room": "/place", "online": "/connected", "next": "/next", "type": [
				{ "pointer": "/kind", "equals": "bulb", "handler": "c2c-dimmer" },
				{ "pointer": "/kind", "equals": "door", "handler": "c2c-contact-3" } ] },
		"state": {
			"c2c-dimmer": [
				{ "capability": "st.switch", "attribute": "switch", "pointer": "/power", "map": { "on": "on", "off": "off" } },
				{ "capability": "switchLevel", "attribute": "level", "pointer": "/brightness", "scale": 100, "digits": 0 } ],
			"c2c-contact-3": [
				{ "capability": "contactSensor", "attribute": "contact", "pointer": "/open", "map": { "true": "open", "false": "closed" } } ] },
		"commands": { "c2c-dimmer": {
			"st.switch/on": { "method": "PUT", "url": "$VENDOR/v1/devices/{id}/state", "body": { "power": "on" } },
			"st.switch/off": { "method": "PUT", "url": "$VENDOR/v1/devices/{id}/state", "body": { "power": "off" } },
			"switchLevel/setLevel": { "method": "PUT", "url": "$VENDOR/v1/devices/{id}/state", "answer": "/device",
				"body": { "brightness": "{arg0/100:2}", "power": "on" } } } },
		"poll": { "every": 10 }
	}
	END
	mv "$ROOT/connectors/acme.new" "$ROOT/connectors/acme.json"
}

# The double with a hook, and never looked at otherwise: a filter for connector.
HOOK='.poll.every = 86400 | .hook = {
	"subscribe": {"method":"POST","url":"\(.list.url | sub("devices"; "hooks"))","body":{"url":"{hookUrl}","home":"{home}"},"subscription":"/hook/id"},
	"unsubscribe": {"method":"DELETE","url":"\(.list.url | sub("devices"; "hooks"))/{subscription}"},
	"renew": 1200, "items": "/events", "id": "/device", "state": "/now", "challengeParam": "hub.challenge"}'

# control JSON: tell the double what to do, and empty its log. vendor_log [FILTER]: what it was asked since.
control() { curl -qsf --noproxy '*' "$VENDOR/control" -d "$1" >/dev/null; }
vendor_log() { curl -qsf --noproxy '*' "$VENDOR/log" | jq -c "${1:-.}"; }

# manager METHOD PATH [FIELDS] [COOKIE]: the program, as ann unless said; a form gets its token.
manager() {
	local method=$1 path=$2 fields=${3-} cookie=${4-$session}
	if [ "$method" = POST ]; then
		cgi service-manager GET /connect/acme '' HTTP_COOKIE="$cookie"
		fields="csrf=$(hidden csrf)&$fields"
	fi
	cgi service-manager "$method" "$path" "$fields" HTTP_COOKIE="$cookie"
}

# start [COOKIE]: press "Log in there"; $initialize is where it leads, $LINK the link.
start() {
	manager POST /connect/acme/start '' "${1-$session}"
	status 303
	initialize=$location
	LINK=$(sed -n 's/.*[?&]appId=\([^&]*\).*/\1/p' <<<"$initialize")
}

# at_vendor [COOKIE]: on to the vendor, who sends the browser back to $back (path and query of ours).
at_vendor() {
	manager GET "$initialize" '' "${1-$session}"
	status 302
	away=$location
	back=$(curl -qsf --noproxy '*' -o /dev/null -w '%{redirect_url}' "$away")
	back=${back#"$PUBLIC"}
}

# log_in [COOKIE]: all of it.
log_in() {
	start "${1-$session}"
	at_vendor "${1-$session}"
	manager GET "$back" '' "${1-$session}"
	status 200
}

# choose ID...: tick exactly these.
choose() {
	local fields='' id
	for id in "$@"; do fields+="&device=$(urlencode "$id")"; done
	manager POST "/connect/$LINK/devices" "$fields"
}

# ours [USER]: ids of the user's devices that are a vendor's.
ours() { gatehouse --json device list --user "${1:-ann}" | jq -rc '[.[] | select(.source == "link") | .id] | sort'; }

# value ID CAPABILITY.ATTRIBUTE [USER]
value() {
	gatehouse --json device show "$1" --user "${3:-ann}" | jq -rc --arg n "${2#*.}" '[.. | objects | select(.attribute? == $n) | .value] | first'
}

# link_record FILTER: of ann's first link, as it is stored.
link_record() { gatehouse store dump | jq -rc 'select((.key // "") | startswith("link/")) | .value' | head -n 1 | jq -rc "$1"; }

# command DEVICE CAPABILITY NAME [ARGUMENTS]: by Schema, with a token for all of ann's devices; $body is the answer.
command_to() {
	[ -n "${TOKEN-}" ] || TOKEN=$(gatehouse token issue --user ann --client smartthings --json | jq -r .access_token)
	cgi schema-webhook POST /schema "$(jq -nc --arg t "$TOKEN" --arg d "$1" --arg c "$2" --arg n "$3" --argjson a "${4:-[]}" --arg r "$RANDOM$RANDOM" \
		'{headers:{schema:"st-schema",version:"1.0",interactionType:"commandRequest",requestId:$r},
		authentication:{tokenType:"Bearer",token:$t},devices:[{externalDeviceId:$d,deviceCookie:{},commands:[{component:"main",
		capability:$c,command:$n,arguments:$a}]}]}')" CONTENT_TYPE=application/json
}

# said FILTER VALUE: what the last answer to a command has there.
said() {
	local got
	got=$(json "$1") || true
	[ "$got" = "$2" ] || { echo "$1 is $got, not $2: $body"; cat "$BATS_TEST_TMPDIR/cgi.err"; return 1; }
}

# vendor_reset: the double and its connector as they were at first.
vendor_reset() {
	control '{"token":null,"api":null,"hold":null,"forgive":false,"expire":0,"deny":null,"life":3600,"long":0,"page":0,"next":null,"auth":"post","rotate":true,
		"expired":{"status":401,"body":"{\"error\":\"expired\"}"}, "devices":[
		{"id":"a1","label":"Porch","kind":"bulb","connected":true,"power":"on","brightness":0.4,"place":"Outside"},
		{"id":"b 2/ü","label":"Desk","kind":"bulb","connected":true,"power":"off","brightness":1},
		{"id":"c3","label":"Gate","kind":"door","connected":true,"open":false},
		{"id":"d4","label":"Oven","kind":"oven","connected":true}]}'
	connector .
}

# nobody_asked: the vendor has heard nothing.
nobody_asked() { [ "$(vendor_log length)" = 0 ] || { vendor_log; return 1; }; }

# linked: ann's link is logged in and has no devices.
linked() {
	[ -n "$(link_record .status)" ] && [ "$(link_record .status)" = linked ] || log_in
	LINK=$(gatehouse store dump | jq -rc 'select((.key // "") | startswith("links/")) | .value.ids[0]' | head -n 1)
	choose
	status 303
	control '{}'
}

# --- with a courier ---

# looked: have the courier look, and wait until it has.
looked() {
	local before
	before=$(look .time)
	manager POST "/connect/$LINK/look"
	status 303
	until_true eval "[ \"\$(look .time)\" != '$before' ]"
}

# settled: wait until no look has ended for a while. Who logs in or chooses is followed by a look that nobody waits for.
settled() {
	local before=
	until [ "$before" = "$(look .time)" ]; do
		before=$(look .time)
		sleep 0.3
	done
}

# look FILTER: of how the last look went, as it is stored.
look() { gatehouse store dump | jq -rc 'select((.key // "") | startswith("link-poll/")) | .value' | jq -rc "$1"; }

# online ID
online() { gatehouse --json device show "$1" --user ann | jq -r '[.. | objects | select(.attribute? == "healthStatus") | .value] | first'; }

name() { gatehouse --json device show "$1" --user ann | jq -r .name; }

# with_clock: from now on the instance's time can be moved, and its programs can wake each other.
with_clock() {
	mkdir -p "$ROOT/sock"
	head -c 8 /dev/zero >"$ROOT/clock"
	jq -c '.simulator = true' "$ROOT/gatehouse.json" >"$ROOT/new" && mv "$ROOT/new" "$ROOT/gatehouse.json"
}
