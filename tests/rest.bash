# rest.bash: apps and calls for the tests of the REST API, on top of helper.bash and pages.bash.
# shellcheck shell=bash disable=SC2034,SC2154

# The tests' own app: one of each handler. Its redirect URIs and tokenIn are what the checks need.
write_files() {
	mkdir -p "$ROOT/apps"
	cp "$TOP/conf/apps/devices.json" "$TOP/conf/apps/homebridge.json" "$ROOT/apps/"
	jq '.redirectUris = "http://a.test , http://b.test:8081,https://c.test/cb" | .displayLink = "https://dash.example"' \
		"$TOP/conf/apps/restful-switch.json" >"$ROOT/apps/restful-switch.json"
	jq '.scope = "devices:read"' "$TOP/conf/apps/restful-switch.json" >"$ROOT/apps/looker.json"
	write_needs
	cat >"$ROOT/apps/all.json" <<-'END'
	{
		"name": "One of each", "redirectUris": "http://a.test", "tokenIn": ["header", "query", "path"],
		"preferences": { "sections": [ { "inputs": [
			{ "name": "switches", "type": "capability.switch", "title": "Switches", "multiple": true } ] } ] },
		"mappings": [
			{ "path": "/:type", "action": {
				"GET": { "do": "list", "input": "$params.type", "item": { "id": "$id", "of": "$params.type" } } } },
			{ "path": "/token", "action": { "GET": { "do": "value", "value": "$params.access_token" } } },
			{ "path": "/literal", "action": { "GET": { "do": "value", "value": "literal" } } },
			{ "path": "/:type/x", "action": { "GET": { "do": "value", "value": "by $params.type" } } },
			{ "path": "/literal/:name", "action": { "GET": { "do": "value", "value": "literal $params.name" } } },
			{ "path": "/echo/:value", "action": {
				"GET": { "do": "value", "value": { "value": "$params.value", "query": "$query.q", "both": "$params.q",
					"text": "$$5 and $params.value." } },
				"POST": { "do": "value", "value": { "json": "$json.a.b", "whole": "$json", "xml": "$xml.foo", "list": "$json.l.1" } },
				"PUT": { "do": "render", "data": { "kept": "$json.a" }, "status": 200 },
				"DELETE": { "do": "value", "value": "unseen" } } },
			{ "path": "/test/page", "action": {
				"GET": { "do": "render", "contentType": "text/html", "data": "<p>Testing</p>" },
				"POST": { "do": "render", "data": { "rendered": true } } } },
			{ "path": "/test/hello", "action": {
				"GET": { "do": "render", "contentType": "text/html", "data": "<p>$query.name</p>" },
				"POST": { "do": "error", "status": 418, "message": "no $json.drink here" } } },
			{ "path": "/level/:id/:level", "action": {
				"PUT": { "do": "command", "device": "$params.id", "command": "setLevel", "args": ["$params.level"] } } },
			{ "path": "/dim/:level", "action": {
				"PUT": { "do": "command", "input": "switches", "command": "setLevel", "args": ["$params.level"] } } },
			{ "path": "/hooks", "action": { "POST": { "do": "subscribe", "callback": "$json.callbackUrl" } } },
			{ "path": "/a/b/c/d", "action": { "GET": { "do": "value", "value": 4 } } }
		]
	}
	END
}

# The app needs: devices for two purposes, both needed, and answers of each kind on a second page.
write_needs() {
	cat >"$ROOT/apps/needs.json" <<-'END'
	{
		"name": "What it needs", "redirectUris": "http://a.test",
		"preferences": { "oauthPage": "devices", "pages": [
			{ "name": "devices", "sections": [ { "inputs": [
				{ "name": "switches", "type": "capability.switch", "multiple": true },
				{ "name": "lamp", "type": "capability.switchLevel" },
				{ "name": "doors", "type": "capability.contactSensor", "required": false } ] } ] },
			{ "name": "more", "sections": [ { "inputs": [
				{ "name": "nickname", "type": "text" },
				{ "name": "minutes", "type": "number", "min": 1, "max": 60, "required": false },
				{ "name": "from", "type": "time", "required": false },
				{ "name": "mail", "type": "email", "required": false },
				{ "name": "mode", "type": "enum", "options": ["day", "night"], "required": false },
				{ "name": "quiet", "type": "bool" } ] } ] } ] },
		"mappings": [
			{ "path": "/settings", "action": { "GET": { "do": "value", "value": { "minutes": "$settings.minutes", "from": "$settings.from",
				"mail": "$settings.mail", "mode": "$settings.mode", "quiet": "$settings.quiet" } } } },
			{ "path": "/:input", "action": { "GET": { "do": "list", "input": "$params.input", "item": "$id" } } }
		]
	}
	END
}

# With REST_WEB=nginx or lighttpd the same calls go through that web server, to an instance that runs.
if [ -n "${REST_WEB-}" ]; then
	eval "plain_$(declare -f cgi)"
	# cgi PROGRAM METHOD URI [BODY [NAME=VALUE...]]: as helper.bash has it.
	cgi() {
		local method=$2 uri=$3 data=${4-} v dir=${BATS_TEST_TMPDIR:-$BATS_FILE_TMPDIR} args=() kind=application/x-www-form-urlencoded
		shift 3
		[ $# = 0 ] || shift
		for v in "$@"; do
			case $v in
			HTTP_AUTHORIZATION=*) args+=(-H "Authorization: ${v#*=}") ;;
			HTTP_COOKIE=*) args+=(-H "Cookie: ${v#*=}") ;;
			CONTENT_TYPE=*) kind=${v#*=} ;;
			esac
		done
		[ -z "$data" ] && [ "$method" = GET ] || args+=(-H "Content-Type:${kind:+ $kind}" --data-binary @-)
		: >"$dir/cgi.err"
		printf %s "$data" | curl -qs -m 20 --noproxy '*' --path-as-is -X "$method" "${args[@]}" -H Expect: -D "$dir/head" -o "$dir/body" "$LIVE$uri" || return 1
		head=$(sed '1s/^HTTP[^ ]* \([0-9]*\).*/Status: \1/' "$dir/head") body=$(cat "$dir/body")
		: >"$dir/body"
		code=$(header Status) type=$(header Content-Type) location=$(header Location)
	}
fi

# refused: as nothing that there is; nginx may say so by itself, as something malformed.
refused() {
	if [ "${REST_WEB-}" = nginx ] && [ "$code" = 400 ]; then
		json '(.error | type == "string") and (.error_description | type == "string")' >/dev/null
	else
		smart 404 'Not Found'
	fi
}

# rest_root: an instance with ann and bob signed in, the apps, and switches A and B beside the lamp and the door.
rest_root() {
	if [ -n "${REST_WEB-}" ]; then
		load instance
		SECRET=unused PASSWORD='correct horse 9' ROOT=$BATS_FILE_TMPDIR/root PUBLIC=http://127.0.0.1:$(free_port)
		LIVE=$PUBLIC GATEHOUSE_ROOT=$ROOT
		export SECRET PASSWORD ROOT PUBLIC LIVE GATEHOUSE_ROOT
		# An instance is made in an empty folder; its apps count from the next start.
		deploy --root "$ROOT" --web "$REST_WEB" --port "${PUBLIC##*:}" --workers 8 >"$BATS_FILE_TMPDIR/out" || { cat "$BATS_FILE_TMPDIR/out"; return 1; }
		write_files
		deploy --root "$ROOT" --web "$REST_WEB" --port "${PUBLIC##*:}" --workers 8 >"$BATS_FILE_TMPDIR/out" || { cat "$BATS_FILE_TMPDIR/out"; return 1; }
		for u in ann bob; do printf %s "$PASSWORD" | gatehouse user add "$u" --password-stdin >/dev/null; done
		gatehouse device add --user ann --type c2c-dimmer --id lamp --name "Hall lamp" --room Hall >/dev/null
		gatehouse device add --user ann --type c2c-contact-3 --id door --name "Front door" >/dev/null
		gatehouse device add --user bob --type c2c-switch --id bobs --name "Bob's switch" >/dev/null
		sign_in bob "$PASSWORD"
		bob=$session
		sign_in ann "$PASSWORD"
		export session bob
	else
		pages_root
		write_files
	fi
	for d in A B C; do gatehouse device add --user ann --type c2c-switch --id "$d" --name "Switch $d" >/dev/null; done
	# A start registers the clients.
	cgi web-services GET /api/smartapps/endpoints
	status 401
	ALL_SECRET=$(gatehouse --json client secret all | jq -r .secret)
	SWITCH_SECRET=$(gatehouse --json client secret restful-switch | jq -r .secret)
	export ALL_SECRET SWITCH_SECRET
}

# rest_end: stop what rest_root started.
rest_end() { [ -z "${REST_WEB-}" ] || { load instance; deploy stop --root "$ROOT" >/dev/null; }; }

# install USER CLIENT [ARGS...]: an installation without its pages: sets $token, $refresh, and $api to its path.
install() {
	local answer
	answer=$(gatehouse token issue --user "$1" --client "$2" "${@:3}")
	token=$(jq -r .access_token <<<"$answer") refresh=$(jq -r .refresh_token <<<"$answer")
	cgi web-services GET /api/smartapps/endpoints '' HTTP_AUTHORIZATION="Bearer $token"
	api=$(json '.[0].url')
	grant=${api##*/}
}

# sid TOKEN: the installation that it names.
sid() {
	local claims
	claims=$(cut -d. -f2 <<<"$1" | tr '_-' '/+')
	while [ $((${#claims} % 4)) != 0 ]; do claims+='='; done
	base64 -d <<<"$claims" | jq -r .sid
}

# unlink GRANT: its owner ends it.
unlink() {
	cgi console GET "/links/$1" '' HTTP_COOKIE="$session"
	cgi console POST "/links/$1" "csrf=$(hidden csrf)&action=unlink" HTTP_COOKIE="$session"
	status 303
}

# call METHOD PATH [BODY [NAME=VALUE...]]: of the installation, by its token.
call() {
	local method=$1 path=$2 data=${3-}
	shift 2
	[ $# = 0 ] || shift
	cgi web-services "$method" "$api$path" "$data" CONTENT_TYPE=application/json HTTP_AUTHORIZATION="Bearer $token" "$@"
}

# is STATUS BODY: exactly.
is() {
	status "$1"
	[ "$body" = "$2" ] || { echo "$body"; echo "not $2"; return 1; }
}

# smart STATUS MESSAGE: an error of an app, exactly.
smart() { is "$1" '{"error":true,"type":"SmartAppException","message":"'"$2"'"}'; }
DENIED='{"error":true,"type":"AccessDenied","message":"This request is not authorized by the specified access token"}'

# rates CURRENT: the three headers, and that the window is young.
rates() {
	[ "$(header X-RateLimit-Limit)" = 250 ]
	[ "$(header X-RateLimit-Current)" = "$1" ] || { echo "current: $(header X-RateLimit-Current)"; return 1; }
	local ttl
	ttl=$(header X-RateLimit-TTL)
	[ "$ttl" -ge 1 ] && [ "$ttl" -le 60 ]
}

# at CLIENT REDIRECT [MORE]: the address of an authorization request.
at() { echo "/oauth/authorize?response_type=code&client_id=$1&scope=app&state=st%2F1&redirect_uri=$(urlencode "$2")${3-}"; }

# on ID: is the switch on?
on() { [ "$(gatehouse --json device show "$1" --user ann | jq -r '[.. | objects | select(.attribute? == "switch") | .value] | first')" = on ]; }

# authorize CLIENT REDIRECT FIELD...: allow as ann; $granted is the code. FIELDS are name=value.
authorize() {
	local client=$1 redirect=$2
	shift 2
	form "$(at "$client" "$redirect")" "$session"
	post /authorize "request=$(hidden request)&decision=allow$(printf '&%s' "$@")"
	granted=$(sed -n 's/.*[?&]code=\([^&]*\).*/\1/p' <<<"$location")
}

# redeem CODE REDIRECT [NAME=VALUE...]: at the token endpoint, as restful-switch with its secret in the body.
redeem() {
	local granted=$1 redirect=$2
	shift 2
	cgi token POST /oauth/token "grant_type=authorization_code&code=$granted&client_id=restful-switch&client_secret=$SWITCH_SECRET&redirect_uri=$(urlencode "$redirect")" "$@"
}
