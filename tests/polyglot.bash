# polyglot.bash: node servers and their calls for the tests of the Polyglot cloud, on top of helper.bash.
# shellcheck shell=bash disable=SC1091,SC2034,SC2119,SC2120,SC2154,SC2155

# polyglot_root: an instance with ann and bob; $session and $bob are their cookies, $csrf the form token of ann's pages.
polyglot_root() {
	make_root "$BATS_FILE_TMPDIR/root"
	mkdir -p "$ROOT/sock"
	printf '%s' "$PASSWORD" | gatehouse user add bob --password-stdin >/dev/null
	sign_in bob "$PASSWORD"
	bob=$session
	polyglot_owner
	export bob
}

# polyglot_owner: ann signs in.
polyglot_owner() {
	sign_in ann "$PASSWORD"
	cgi polyglot GET /nodeservers '' HTTP_COOKIE="$session"
	csrf=$(hidden csrf)
	export session csrf
}

# api METHOD PATH [BODY]: a call of the owner's page (ann's, unless $as is another cookie).
api() {
	cgi polyglot "$1" "/polyglot/api/nodeservers$2" "${3-}" CONTENT_TYPE=application/json HTTP_COOKIE="${as-$session}" \
		HTTP_X_CSRF_TOKEN="$csrf" HTTP_ORIGIN="$PUBLIC"
}

# create [SPEC]: a node server; sets $n, $worker, $token and $pgurl.
create() {
	api POST '' "${1-{\"name\":\"Test\"\}}"
	[ "$code" = 201 ] || { echo "not created: $code $body"; return 1; }
	n=$(json .profileNum) worker=$(json .worker) token=$(json .token) pgurl=$(json .pgUrl)
}

# post MESSAGE [TOKEN]; get [AFTER [WAIT]]: as the node server.
post() {
	cgi polyglot POST "/polyglot/ns/$worker/messages" "$1" CONTENT_TYPE=application/json HTTP_AUTHORIZATION="Bearer ${2-$token}"
}
get() {
	cgi polyglot GET "/polyglot/ns/$worker/messages?wait=${2-1}${1:+&after=$1}" '' HTTP_AUTHORIZATION="Bearer $token"
}

# fetch: everything that waits, as lines of {"seq","msg"} in $messages; it is acknowledged.
fetch() {
	local next=${after-}
	messages=''
	while :; do
		get "$next" 1
		[ "$code" = 200 ] || return 1
		[ "$(json '.messages | length')" != 0 ] || break
		messages+=$(jq -c '.messages[]' <<<"$body")$'\n'
		next=$(json .next)
	done
	after=$next
}

# told FILTER: jq on each message that fetch got; true if one fits.
told() { jq -e -n "[inputs.msg | select($1)] | length > 0" <<<"$messages" >/dev/null || { echo "not told: $1 in $messages"; return 1; }; }

# config FILTER: of the newest config that fetch got.
config() { jq -ers "[.[].msg.config | select(. != null)] | last | $1" <<<"$messages"; }

# controller, dimmer [ADDRESS [NAME]]: the first nodes.
controller() {
	post "$controller_node"
	status 200
}
controller_node='{"addnode":{"address":"controller","name":"Controller","nodedefid":"controller","primary":"controller","drivers":[{"driver":"ST","value":0,"uom":2}]}}'
dimmer_node() {
	echo '{"addnode":{"address":"'"${1-lamp1}"'","name":"'"${2-Desk lamp}"'","nodedefid":"VNODE_DIMMER","primary":"controller","drivers":[{"driver":"ST","value":"0","uom":51}]}}'
}
dimmer() {
	post "$(dimmer_node "$@")"
	status 200
}

# nodes: it connects, with a controller and a dimmer.
nodes() {
	post "[{\"connected\":true},$controller_node,$(dimmer_node)]"
	status 200
}

# running [SPEC]: a node server that is connected and has a controller and a dimmer; what waited for it is fetched.
running() {
	after=''
	create "$@"
	nodes
	fetch
}

# refused STATUS MESSAGE...: each is refused with this status, and a reason; they are sent as one list.
refused() {
	local want=$1 IFS=,
	shift
	post "[$*]"
	status "$want"
	json ".results | length == $# and all(.[]; [.[]][0] | .success == false and .statusCode == $want and (.error | length > 0))" ||
		{ echo "$body"; return 1; }
}

# schema TYPE [MORE]: a message of SmartThings for all of ann's devices.
schema() {
	local t=$(gatehouse token issue --user ann --client smartthings | jq -r .access_token)
	cgi schema-webhook POST /schema '{"headers":{"schema":"st-schema","version":"1.0","interactionType":"'"$1"'","requestId":"'"$RANDOM$RANDOM"'"},
		"authentication":{"tokenType":"Bearer","token":"'"$t"'"}'"${2-}"'}' CONTENT_TYPE=application/json
}

# command DEVICE CAPABILITY COMMAND [ARGUMENTS]
command_to() {
	schema commandRequest ',"devices":[{"externalDeviceId":"'"$1"'","commands":[{"component":"main","capability":"st.'"$2"'","command":"'"$3"'","arguments":'"${4-[]}"'}]}]'
}

# --- on an instance of deploy.sh ---

# live_sign_in: as the user of $ROOT/demo.env, into the cookie jar $JAR; sets $URL and $csrf.
live_sign_in() {
	local form
	. "$ROOT/demo.env"
	form=$(curl -qsS -c "$JAR" -b "$JAR" "$URL/login" | sed -n 's/.*name="csrf" value="\([^"]*\)".*/\1/p' | head -n 1)
	curl -qsS -o /dev/null -c "$JAR" -b "$JAR" "$URL/login" -d "csrf=$form" --data-urlencode "username=$USER" --data-urlencode "password=$PASSWORD"
	csrf=$(curl -qsS -b "$JAR" "$URL/nodeservers" | sed -n 's/.*name="csrf" value="\([^"]*\)".*/\1/p' | head -n 1)
}

# own METHOD PATH [BODY]: a call of the owner's page.
own() {
	curl -qsS -b "$JAR" -X "$1" "$URL/polyglot/api/nodeservers$2" -H "X-CSRF-Token: $csrf" -H "Origin: $URL" \
		-H 'Content-Type: application/json' ${3+-d "$3"}
}

# ns QUERY [OPTION...]: a call of the node server's.
ns() { curl -qsS -m 40 "$URL/polyglot/ns/$worker/messages$1" -H "Authorization: Bearer $token" "${@:2}"; }

# live_create: a node server; sets $n, $worker, $token and $pgurl.
live_create() {
	local body
	body=$(own POST '' '{"name":"Live"}')
	n=$(json .profileNum) worker=$(json .worker) token=$(json .token) pgurl=$(json .pgUrl)
}


# live_schema TYPE [MORE]: a message of SmartThings for all of demo's devices; sets $body.
live_schema() {
	local t
	t=$("$ROOT/gatehouse" token issue --user demo --client smartthings | jq -r .access_token)
	body=$(curl -qsS "$URL/schema" -H 'Content-Type: application/json' -d '{"headers":{"schema":"st-schema","version":"1.0","interactionType":"'"$1"'","requestId":"1"},
		"authentication":{"tokenType":"Bearer","token":"'"$t"'"}'"${2-}"'}')
}
