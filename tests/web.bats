#!/usr/bin/env bats
# What clients see through real nginx and real lighttpd: the programs' answers, and those that the servers give themselves.
# long because: both servers are started once, for all that is asked of them.

load instance
load postgresql

SERVERS='nginx lighttpd'

setup_file() {
	bats_require_minimum_version 1.5.0
	begin_servers web
	head -c 300000 /dev/zero | tr '\0' a >"$W/300k"
	head -c 40000 /dev/zero | tr '\0' a >"$W/40k"
}

teardown_file() { end_servers; }

setup() {
	load /usr/lib/bats/bats-support/load
	load /usr/lib/bats/bats-assert/load
}

# ask PATH [CURL ARGS...]: sets $code, $type, $body and $head.
ask() {
	local path=$1
	shift
	read -r code type < <(curl -qs -m 20 -D "$W/head" -o "$W/body" -w '%{http_code} %{content_type}\n' "$@" "$URL$path") || true
	body=$(cat "$W/body") head=$(cat "$W/head")
	: >"$W/body"
}

# The form that an answer has: json, schema or page.
form() {
	case $type in
	application/json*)
		if jq -e '.headers == {"schema":"st-schema","version":"1.0"} and (.globalError | .errorEnum != "" and .detail != "")' \
			<<<"$body" >/dev/null; then
			echo schema
		elif jq -e '(.error | type == "string") and (.error_description | type == "string")' <<<"$body" >/dev/null; then
			echo json
		else
			echo "JSON of no form: $body"
		fi ;;
	text/html*) if [[ $body == *'<html lang='*'</html>'* ]]; then echo page; else echo "no page: $body"; fi ;;
	*) echo "type $type: $body" ;;
	esac
}

# is STATUS FORM: what was just answered.
is() {
	[ "$code" = "$1" ] && [ "$(form)" = "$2" ] || { echo "$SERVER: wanted $1 $2, got $code $(form)"; return 1; }
}

token() { "$W/$SERVER/gatehouse" token issue --user demo --client smartthings | jq -r .access_token; }

discovery() {
	printf '{"headers":{"schema":"st-schema","version":"1.0","requestId":"7","interactionType":"discoveryRequest"},"authentication":{"tokenType":"Bearer","token":"%s"}}' "$1"
}

@test "each program answers at its addresses" {
	for web in $SERVERS; do
		use "$web"
		ask /health
		[ "$code" = 200 ]
		[ "$body" = '{"status":"ok"}' ]
		ask /authorize
		is 400 page
		ask /login
		[ "$code" = 200 ]
		[ "$(form)" = page ]
		ask /token -d grant_type=nonsense
		[[ $code == 40[01] ]]
		[ "$(form)" = json ]
		ask /oauth/token -d grant_type=nonsense
		[[ $code == 40[01] ]]
		[ "$(form)" = json ]
		ask /.well-known/oauth-authorization-server
		[ "$code" = 200 ]
		[ "$(jq -r .issuer <<<"$body")" = "$URL" ]
		ask /schema -H 'Content-Type: application/json' -d "$(discovery "$(token)")"
		[ "$code" = 200 ]
		[ "$(jq '.devices | length' <<<"$body")" = 11 ]
		ask /my-schema-connector -H 'Content-Type: application/json' -d "$(discovery nonsense)"
		[ "$code" = 200 ]
		jq -e '.globalError.errorEnum == "INVALID-TOKEN"' <<<"$body"
		ask / -o /dev/null
		[[ $code == [23]0[0-9] ]]
	done
}

# store_goes INSTANCE: nobody can open it. store_comes INSTANCE: all is as it was.
store_goes() {
	if [ "${GATEHOUSE_ENGINE-gdbm}" = gdbm ]; then mv "$W/$1/store" "$W/$1/away"; else pg_stop "$W/$1/postgresql" immediate; fi
}
store_comes() {
	if [ "${GATEHOUSE_ENGINE-gdbm}" = gdbm ]; then mv "$W/$1/away" "$W/$1/store"; else pg_start "$W/$1/postgresql"; fi
}

@test "health says what is wrong: the store, the config; and what is well again" {
	for web in $SERVERS; do
		use "$web"
		store_goes "$web"
		ask /health
		[ "$code" = 503 ]
		[[ $type == application/json* ]]
		jq -e '.status == "failed" and (.reason | test("^[a-z]+$"))' <<<"$body"
		run ! deploy status --root "$W/$web"
		store_comes "$web"
		ask /health
		[ "$code" = 200 ]
	done
	echo '{"public_url":1}' >"$W/gatehouse.json"
	for root in "$W" "$W/nothing" ''; do
		run --separate-stderr env -i GATEHOUSE_ROOT="$root" REQUEST_METHOD=GET REQUEST_URI=/health "$TOP/build/health" </dev/null
		assert_success
		assert_line --partial 'Status: 503'
		assert_line '{"status":"failed","reason":"config"}'
	done
}

@test "unknown addresses: JSON where machines ask, else a page; a longer path is not the shorter one" {
	for web in $SERVERS; do
		use "$web"
		for path in /nope /tokenx /loginx /static/none.css /.error/page/404.html /gatehouse.json /conf/gatehouse.json \
			/error/page/404.html /..%2fgatehouse.json; do
			ask "$path" --path-as-is
			[[ $code == 40[0134] ]] && [ "$(form)" = page ] || { echo "$web $path: $code $(form)"; return 1; }
		done
		for path in /api/x /token/x /health/x /oauth/token/x /smartapp/x /api/smartapps /api/token; do
			ask "$path"
			is 404 json
		done
		ask /schema/x
		is 404 schema
	done
}

@test "a wrong method is refused in the endpoint's form, with Allow" {
	for web in $SERVERS; do
		use "$web"
		for row in '/token GET json' '/schema GET schema' '/health POST json' '/login DELETE page' '/token TRACE json' \
			'/schema TRACE schema' '/login TRACE page'; do
			read -r path method want <<<"$row"
			ask "$path" -X "$method" -d ''
			is 405 "$want" || { echo "$row"; return 1; }
		done
		ask /token
		[[ $head == *$'\n'[Aa]llow:\ POST* ]]
	done
}

@test "a body over 256 KiB is refused by the server itself, in the endpoint's form" {
	for web in $SERVERS; do
		use "$web"
		for row in '/token json' '/schema schema' '/login page' '/nope page' '/api/nope json'; do
			read -r path want <<<"$row"
			ask "$path" -H Expect: --data-binary "@$W/300k"
			is 413 "$want"
			[[ $path != *nope ]] || continue	# nobody reads that body
			ask "$path" -H Expect: -H 'Transfer-Encoding: chunked' --data-binary "@$W/300k"
			is 413 "$want" || { echo "chunked $row"; return 1; }
		done
	done
}

@test "a path or header that is too long is refused" {
	use nginx
	for row in '/token json' '/schema schema' '/login page'; do
		read -r path want <<<"$row"
		ask "$path?$(cat "$W/40k")"
		is 414 "$want"
		ask "$path" -H "X-Long: $(cat "$W/40k")"
		is 431 "$want"
	done
	# lighttpd has not read the path yet when it sees that, and answers a page to all.
	use lighttpd
	ask /token -H "X-Long: $(cat "$W/40k")"
	is 431 page
}

@test "a malformed request is refused" {
	for web in $SERVERS; do
		use "$web"
		for row in '/token json' '/schema schema' '/login page'; do
			read -r path want <<<"$row"
			# lighttpd refuses such a header before it looks at the path.
			[ "$web" = nginx ] && form=$want || form=page
			ask "$path" -X POST -H 'Content-Length: x'
			is 400 "$form"
			ask "$path%00"
			[[ $code == 40[04] ]]
			[ "$(form)" = page ]
		done
		for path in /api/smartapps/%00 /api/smartapps/%0a /api/smartapps/%zz /api/smartapps/%ff /api/smartapps/%c0%af /api/smartapps/a%2fb \
			/api/smartapps/../smartapps/x /api/smartapps/%2e%2e/smartapps/x '/api/smartapps/"' /api/smartapps/x%00.html /api/token//x; do
			ask "$path" --path-as-is
			[[ $code == 40[0134] && $type == application/json* ]] && jq -e .error <<<"$body" >/dev/null || { echo "$web $path: $code $body"; return 1; }
		done
	done
}

@test "a repeated Authorization header never lets anybody in" {
	local secret auth
	for web in $SERVERS; do
		use "$web"
		secret=$(sed -n 's/^CLIENT_SECRET=//p' "$W/$web/demo.env")
		auth=$(printf 'smartthings:%s' "$secret" | base64 -w 0)
		ask /introspect -H "Authorization: Basic $auth" -d token=x
		[ "$code" = 200 ]
		[ "$body" = '{"active":false}' ]
		ask /introspect -H "Authorization: Basic $auth" -H 'Authorization: Basic eDp5' -d token=x
		[[ $code == 40[01] ]]
		[ "$(form)" = json ]
		ask /introspect -H 'Authorization: Basic eDp5' -H "Authorization: Basic $auth" -d token=x
		[[ $code == 40[01] ]]
		[ "$(form)" = json ]
	done
}

@test "a program that does not answer: each in its form, and the next request after that works" {
	local s
	for web in $SERVERS; do
		use "$web"
		for s in token schema-webhook authorize; do mv "$W/$web/sock/$s.sock" "$W/$web/sock/$s.away"; done
		s=502
		[ "$web" = nginx ] || s=503
		ask /token -d grant_type=x
		is "$s" json
		ask /schema -d '{}'
		is "$s" schema
		ask '/login?link=LeakedLinkToken'
		is "$s" page
		ask '/authorize?code=LeakedCode' -e 'http://x.example/?code=LeakedReferer'
		is "$s" page
		for s in token schema-webhook authorize; do mv "$W/$web/sock/$s.away" "$W/$web/sock/$s.sock"; done
		# lighttpd asks a program that failed again after a second.
		until_is 200 eval 'ask /login; echo "$code"'
		# The reason is in the log, but not what was in the query.
		grep -q 'sock/authorize.sock' "$W/$web/log/web.log"
		run ! grep -rqE 'Leaked(LinkToken|Code|Referer)' "$W/$web/log"
	done
}

@test "a redirect whose state is long, and a proxy header, pass the server as they should" {
	local state
	state=$(head -c 4096 /dev/zero | tr "\0" s)
	for web in $SERVERS; do
		use "$web"
		ask "/authorize?response_type=nonsense&client_id=smartthings&redirect_uri=$(jq -rn --arg u "$URL/sim/callback" '$u|@uri')&state=$state" \
			-H 'Proxy: http://127.0.0.1:9/'
		[[ $code == 30[23] ]]
		[[ $head == *"state=$state"* ]]
	done
}

@test "static files: type, cache, and nothing beside them" {
	for web in $SERVERS; do
		use "$web"
		ask /static/error.css
		[ "$code" = 200 ]
		[[ $type == text/css* ]]
		[[ $head == *max-age=3600* ]]
		grep -qi '^x-content-type-options: nosniff' <<<"$head"
		for path in /static/ /static /static/../error/texts /static/..%2ftexts /static/%2e%2e/head.html /static/.; do
			ask "$path" --path-as-is
			[[ $code == 40[034] ]] || { echo "$web $path: $code"; return 1; }
		done
		ask /static/error.css -X DELETE
		[[ $code == 405 || $code == 501 ]]
	done
}

@test "the server's own pages are whole: two languages, no script, nothing of the request in them" {
	for web in $SERVERS; do
		use "$web"
		ask '/nope<script>?x=<b>'
		run echo "$body"
		assert_output --partial 'lang="ko"'
		assert_output --partial '404'
		refute_output --partial '<script'
		refute_output --partial 'nope'
		refute_output --regexp '@[A-Z_]+@'
		run ! grep -qi '^server: .*[0-9]' <<<"$head"
	done
	for f in "$W"/nginx/share/error/json/*.html "$W"/nginx/share/error/schema/*.html; do jq -e . "$f" >/dev/null; done
}

@test "every request has a line in the access log, without its query, with the id that the program logs" {
	local id
	for web in $SERVERS; do
		use "$web"
		ask '/authorize?client_id=nobody&state=secretstate'
		[ "$web" = nginx ] || deploy stop --root "$W/$web" >/dev/null	# lighttpd writes its log in blocks
		until_true grep -q 'GET /authorize" 400' "$W/$web/log/access.log"
		run ! grep -q secretstate "$W/$web"/log/*.log
	done
	# Nor is a token in the path there, however the request is malformed.
	for web in $SERVERS; do
		use "$web"
		[ "$web" = nginx ] || deploy --root "$W/$web" >/dev/null
		for path in '' /smartapps/x%ff /smartapps/x%00 /smartapps/x%0ay '/smartapps/"x' /../token/LeakedPathToken; do
			ask "/api/token/LeakedPathToken$path" --path-as-is
		done
		ask /api/token/LeakedPathToken/x -X POST -H 'Content-Length: x'
		ask /api/token/LeakedPathToken/x -H "X-Long: $(cat "$W/40k")"
		ask /api/token/LeakedPathToken/x -X MUCK
		ask '/%61pi/token/LeakedPathToken/smartapps/endpoints'
		sleep 0.2
		[ "$web" = nginx ] || deploy stop --root "$W/$web" >/dev/null
		run ! grep -r LeakedPathToken "$W/$web/log"
	done
	for web in $SERVERS; do
		id=$(awk '/GET \/authorize" 400/ { id = $NF } END { print id }' "$W/$web/log/access.log")
		[ "${#id}" -ge 16 ]
		grep -q " authorize $id " "$W/$web/log/authorize.log"
	done
}

# until_refused PATH [CURL ARGS...]: ask until the answer is 429; sets $passed, how many were not.
until_refused() {
	passed=0
	while ask "$@" && [ "$code" != 429 ] && [ "$passed" -lt 60 ]; do passed=$((passed + 1)); done
}

# together N PATH [CURL ARGS...]: so many requests at once; what was asked last is one that was refused; sets $refused, how many were.
together() {
	local n=$1 path=$2 all one
	shift 2
	all=$(curl -qsSZ --no-progress-meter --parallel-immediate --parallel-max "$n" -m 20 -o "$W/body.#1" -w '%{http_code} %{filename_effective} %{content_type}\n' "$@" "$URL$path?[1-$n]")
	refused=$(grep -c '^429 ' <<<"$all")
	[ "$(wc -l <<<"$all")" = "$n" ]
	read -r code one type < <(grep '^429 ' <<<"$all")
	body=$(<"$one")
}

@test "too many logins: 429 as a page; looking at the form is free; who asks too much is made to wait, then refused" {
	use nginx
	sed -i 's/^LOGIN_RATE=.*/LOGIN_RATE=1/; s/^API_RATE=.*/API_RATE=1/' "$W/nginx/deploy.env"
	deploy --root "$W/nginx" >/dev/null
	until_refused /login -d username=x
	is 429 page
	[ "$passed" -ge 11 ]
	ask /login
	[ "$code" = 200 ]
	# one, two more at once, two that wait their turn; some more where it takes seconds to ask
	together 30 /schema -d '{}'
	[ "$refused" -ge 6 ]
	is 429 schema
	together 30 /token -d grant_type=x
	[ "$refused" -ge 6 ]
	is 429 json
	sleep 4	# what was asked too much is forgotten, one a second
	local began=$EPOCHREALTIME
	for _ in 1 2 3 4 5; do
		ask /token -d grant_type=x
		[ "$code" = 401 ]
	done
	[ $((${EPOCHREALTIME/./} - ${began/./})) -ge 1500000 ]
}
