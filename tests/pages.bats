#!/usr/bin/env bats
# The pages where owners sign in, register and consent, under attack; and the texts on them. Titles begin with the rows of
# the attack checklist.

setup_file() {
	load helper
	make_root "$BATS_FILE_TMPDIR/root"
	printf '%s' "$PASSWORD" | gatehouse user add bob --password-stdin >/dev/null
	gatehouse device add --user bob --type c2c-switch --id bobs --name "Bob's switch" >/dev/null
	sign_in bob "$PASSWORD"
	bob=$session
	sign_in ann "$PASSWORD"
	export session bob
}

setup() {
	load helper
	load_libs
}

# form PATH [COOKIE]: the page's form; $cookie is what its next request must carry, $csrf its token.
form() {
	cgi authorize GET "$1" '' HTTP_COOKIE="${2-}"
	cookie=${2:-$(cookies)}
	csrf=$(hidden csrf)
	[ -n "$csrf" ]
}

# post PATH FIELDS [NAME=VALUE...]: send the form of the last page.
post() {
	local path=$1 fields=$2
	shift 2
	cgi authorize POST "$path" "csrf=$csrf&$fields" HTTP_COOKIE="$cookie" "$@"
}

# login USER PASSWORD [NAME=VALUE...]: both percent-encoded already.
login() {
	local user=$1 password=$2
	shift 2
	form /login
	post /login "username=$user&password=$password" "$@"
}

# register USER PASSWORD [NAME=VALUE...]: both percent-encoded already.
register() {
	local user=$1 password=$2
	shift 2
	form /register
	post /register "username=$user&password=$password" "$@"
}

# ask [MORE]: the consent page as ann; $fields is what its form sends, but for devices and decision.
ask() {
	form "$(authorize_uri "${1-}")" "$session"
	fields="request=$(hidden request)"
	has 'name="decision"'
}

# safe: the headers that every page has.
safe() {
	local csp
	csp=$(header Content-Security-Policy)
	[[ $type == 'text/html; charset=utf-8' ]]
	[[ $csp == "default-src 'none';"* ]]
	[[ $csp == *"frame-ancestors 'none'"* ]]
	[[ $csp == *"base-uri 'none'"* ]]
	[[ $csp == *"form-action 'self'"* ]]
	[[ $csp != *unsafe* ]]
	[[ $csp != *'*'* ]]
	[ "$(header X-Frame-Options)" = DENY ]
	[ "$(header X-Content-Type-Options)" = nosniff ]
	[ "$(header Referrer-Policy)" = no-referrer ]
	[ "$(header Cache-Control)" = no-store ]
	[ "$(header Cross-Origin-Opener-Policy)" = same-origin ]
	hasnt '<style'
	hasnt ' style='
	hasnt ' onclick'
}

# signed_out COOKIE: nobody is signed in by it.
signed_out() {
	cgi authorize GET "$(authorize_uri)" '' HTTP_COOKIE="$1"
	status 200
	has 'name="password"'
}

@test "B01 headers of login, registration, consent, error pages and refusals" {
	local path
	for path in /login /register /logout "$(authorize_uri)" '/authorize?client_id=nobody' /nowhere '/login?a=%zz'; do
		cgi authorize GET "$path" ''
		safe
		[ -z "$(header Strict-Transport-Security)" ]
	done
	ask
	safe
	[[ $(header Content-Security-Policy) == *"form-action 'self' https://c2c-us.smartthings.com;"* ]]
	cgi authorize PUT /login ''
	status 405
	safe
	cgi authorize POST /login x CONTENT_LENGTH=9999999
	status 413
	safe
	cgi console GET / '' HTTP_COOKIE="$session"
	status 200
	safe
}

@test "B01 B02 cookies and headers behind https" {
	local at_http=$ROOT
	ROOT=$BATS_TEST_TMPDIR/https
	mkdir "$ROOT"
	printf '{"public_url":"https://gatehouse.test"}\n' >"$ROOT/gatehouse.json"
	gatehouse keys rotate >/dev/null
	printf '%s' "$PASSWORD" | gatehouse user add ann --password-stdin >/dev/null
	form /login
	safe
	[[ $(header Strict-Transport-Security) == max-age=* ]]
	[[ $(header Set-Cookie) == __Host-*'; Path=/; HttpOnly; SameSite=Lax; Secure' ]]
	post /login "username=ann&password=$(urlencode "$PASSWORD")" HTTP_ORIGIN=https://gatehouse.test
	status 303
	[ "$(grep -ci '^set-cookie: __Host-.*; HttpOnly; SameSite=Lax; Secure' <<<"$head")" = "$(grep -ci '^set-cookie:' <<<"$head")" ]
	form /login
	post /login "username=ann&password=$(urlencode "$PASSWORD")" HTTP_ORIGIN=http://gatehouse.test
	status 403
	ROOT=$at_http
}

@test "B03 login without the form's token or cookie" {
	form /login
	cgi authorize POST /login "username=ann&password=$(urlencode "$PASSWORD")" HTTP_COOKIE="$cookie"
	status 403
	[[ $(cookies) != *session* ]]
	cgi authorize POST /login "csrf=$csrf&username=ann&password=$(urlencode "$PASSWORD")"
	status 403
	cgi authorize POST /login "csrf=x$csrf&username=ann&password=$(urlencode "$PASSWORD")" HTTP_COOKIE="$cookie"
	status 403
	cgi authorize POST /login "csrf=$csrf&csrf=$csrf&username=ann&password=$(urlencode "$PASSWORD")" HTTP_COOKIE="$cookie"
	status 403
	local other=$csrf
	form /login
	cgi authorize POST /login "csrf=$other&username=ann&password=$(urlencode "$PASSWORD")" HTTP_COOKIE="$cookie"
	status 403
	[[ $(cookies) != *session* ]]
}

@test "B04 forms from other sites" {
	form /login
	local v
	for v in HTTP_ORIGIN=http://evil.test HTTP_ORIGIN=https://127.0.0.1:8080 HTTP_ORIGIN=http://127.0.0.1:8081 \
		HTTP_ORIGIN=http://127.0.0.1:8080.evil.test HTTP_SEC_FETCH_SITE=cross-site HTTP_SEC_FETCH_SITE=same-site; do
		post /login "username=ann&password=$(urlencode "$PASSWORD")" "$v"
		status 403
		[[ $(cookies) != *session* ]]
	done
	post /login "username=ann&password=$(urlencode "$PASSWORD")" HTTP_ORIGIN="$PUBLIC" HTTP_SEC_FETCH_SITE=same-origin
	status 303
}

@test "B05 B06 login: a new session each time, the old one dead, and 303" {
	login ann "$(urlencode "$PASSWORD")"
	status 303
	local first
	first=$(cookies)
	[[ $first == *session=* ]]
	form /login
	cookie="$cookie; gatehouse-session=attacker.chosen"
	post /login "username=ann&password=$(urlencode "$PASSWORD")"
	status 303
	[[ $(cookies) != *attacker* ]]
	# Signing in again over a session: the form hangs on it, and it ends.
	form /logout "$first"
	post /login "username=ann&password=$(urlencode "$PASSWORD")"
	status 303
	[ "$(cookies)" != "$first" ]
	signed_out "$first"
}

@test "B07 a wrong password and an unknown name: the same answer to the byte" {
	form /login
	post /login "username=bob&password=wrong-horse-1" REQUEST_ID=1
	status 403
	local wrong
	wrong=$(sed 's/value="bob"/value=""/' <<<"$head$body" | grep -v '^Content-Length')
	post /login "username=nobodyhere&password=wrong-horse-1" REQUEST_ID=1
	status 403
	[ "$(sed 's/value="nobodyhere"/value=""/' <<<"$head$body" | grep -v '^Content-Length')" = "$wrong" ]
	hasnt wrong-horse
}

@test "B09 a name that exists, in other letters and with spaces around" {
	local v
	for v in ann ANN '%20Ann%20'; do
		register "$v" a-long-enough-one
		status 400
		has 'name is taken'
		[[ $(cookies) != *session* ]]
	done
}

@test "B13 B14 long passwords count whole, too long ones are refused, NUL too" {
	local long
	long=$(printf '%064d' 0)$(printf '%064d' 1)
	register longish "$long"
	status 303
	login longish "${long:0:64}"
	status 403
	login longish "$long"
	status 303
	register toolong "$(printf '%01025d' 0)"
	status 400
	has 'too long'
	login ann "$(printf '%060000d' 0)"
	status 403
	form /login
	post /login "username=ann&password=x" CONTENT_LENGTH=1048576
	status 413
	login ann "$(urlencode "$PASSWORD")%00x"
	status 400
	register nul 'abcdefgh%00ijk'
	status 400
}

@test "B16 names that are HTML are text on every page" {
	local evil='%22%3E%3Cscript%3Ealert(1)%3Cb%3E'	# no slash: names have none
	login "$evil" wrong
	status 403
	hasnt '<script'
	has '&quot;&gt;&lt;script&gt;alert(1)'
	register "$evil" another-horse-7
	status 303
	local theirs
	theirs=$(cookies)
	gatehouse device add --user '"><script>alert(1)<b>' --type c2c-switch --id x --name '"><script>2</script>' --room '<img src=x>' \
		>/dev/null
	printf '%s' "$SECRET" | gatehouse client add evil --secret-stdin --name '<script>3</script>{{user}}' --pkce optional \
		--redirect-uri "$REDIRECT" --scope devices:read >/dev/null
	cgi authorize GET "/authorize?client_id=evil&response_type=code&state=$evil" '' HTTP_COOKIE="$theirs"
	status 200
	hasnt '<script'
	hasnt '<img src=x'
	has '&lt;script&gt;3&lt;/script&gt;{{user}}'
	has '&lt;script&gt;2'
	cgi console GET / '' HTTP_COOKIE="$theirs"
	status 200
	hasnt '<script>'
	cgi authorize GET "/authorize?client_id=$evil" ''
	status 400
	hasnt '<script'
	cgi simulator GET "/sim/callback?code=$evil&state=$evil&error=$evil" ''
	hasnt '<script'
}

@test "B17 consent without a session, without the form's token" {
	ask
	cgi authorize POST /authorize "csrf=$csrf&$fields&device=lamp&decision=allow"
	status 403
	[ -z "$location" ]
	cgi authorize POST /authorize "$fields&device=lamp&decision=allow" HTTP_COOKIE="$session"
	status 403
	post /authorize "$fields&device=lamp&decision=allow" HTTP_ORIGIN=http://evil.test
	status 403
	post /authorize "device=lamp&decision=allow"
	status 403
	# A form token of somebody who is not signed in is none here.
	form /login
	post /authorize "$fields&device=lamp&decision=allow"
	status 403
	[ -z "$location" ]
}

@test "B18 one page, one code" {
	ask
	post /authorize "$fields&device=lamp&decision=allow"
	status 303
	[[ $location == *code=* ]]
	post /authorize "$fields&device=lamp&decision=allow"
	status 400
	[ -z "$location" ]
}

@test "B19 the page of another's session, a page whose request was changed" {
	form "$(authorize_uri)" "$bob"
	local theirs
	theirs=$(hidden request)
	ask
	post /authorize "request=$theirs&device=lamp&decision=allow"
	status 403
	[ -z "$location" ]
	post /authorize "${fields}x&device=lamp&decision=allow"
	status 403
	# What login pages carry is no consent page.
	form "$(authorize_uri)"
	local carried
	carried=$(hidden request)
	ask
	post /authorize "request=$carried&device=lamp&decision=allow"
	status 403
}

@test "B20 B21 scope, redirect_uri, state and client in the form are nothing" {
	ask '&scope=devices:read'
	post /authorize "$fields&device=lamp&decision=allow&scope=devices:control&redirect_uri=http%3A%2F%2Fevil.test&state=evil&client_id=evil"
	status 303
	[[ $location == "$REDIRECT?code="*"&state=st-1&iss="* ]]
	hasnt evil
	granted=$(sed -n 's/.*[?&]code=\([^&]*\).*/\1/p' <<<"$location")
	exchange "$granted"
	[ "$(json .scope)" = devices:read ]
}

@test "B22 somebody else's device" {
	ask
	post /authorize "$fields&device=lamp&device=bobs&decision=allow"
	status 403
	[ -z "$location" ]
	grep -q malicious_direct_reference "$BATS_TEST_TMPDIR/cgi.err"
	post /authorize "$fields&device=..%2Flamp&decision=allow"
	status 403
}

@test "B23 no device, ten thousand, the same one twice" {
	ask
	post /authorize "$fields&decision=allow"
	status 400
	has 'role="alert"'
	has 'name="decision"'
	fields="request=$(hidden request)"
	post /authorize "$fields&decision=allow$(printf '&device=lamp%.0s' {1..3000})"
	status 400
	[ -z "$location" ]
	post /authorize "$fields&device=lamp&device=lamp&device=lamp&decision=allow"
	status 303
	granted=$(sed -n 's/.*[?&]code=\([^&]*\).*/\1/p' <<<"$location")
	exchange "$granted"
	local sid
	sid=$(json .access_token | jq -Rr 'split(".") | .[1] | gsub("-";"+") | gsub("_";"/") | . + "==="[0:(4 - length % 4) % 4] |
		@base64d | fromjson.sid')
	gatehouse grant show "$sid" --json | jq -e '.devices == ["lamp"]'
}

@test "B24 B31 deny; and a decision is asked for every time" {
	ask
	post /authorize "$fields&device=lamp&decision=deny"
	status 303
	[[ $location == "$REDIRECT?error=access_denied&"*"&state=st-1&iss="* ]]
	[[ $location != *code=* ]]
	ask
	post /authorize "$fields&device=lamp"
	status 400
	[ -z "$location" ]
	post /authorize "$fields&device=lamp&decision=maybe"
	status 400
	ask
	[ -z "$location" ]
}

@test "B25 nothing says where to go after login but what we sealed" {
	local v
	for v in next=//evil.test return_to=http://evil.test redirect_uri=http://evil.test request=http://evil.test; do
		form "/login?$v"
		hasnt evil.test
		post /login "username=bob&password=$(urlencode "$PASSWORD")&$v"
		status 303
		[ "$location" = / ]
	done
	cgi authorize GET '/login?next=//evil.test' '' HTTP_COOKIE="$session"
	[ "$location" = / ]
}

@test "B26 passwords by GET" {
	cgi authorize GET "/login?username=ann&password=$(urlencode "$PASSWORD")" ''
	status 405
	[ "$(header Allow)" = POST ]
	hasnt horse
	[[ $(cookies) != *session* ]]
}

@test "B27 logout: asked for by a form of ours, and the session is dead at the server" {
	login bob "$(urlencode "$PASSWORD")"
	local mine
	mine=$(cookies)
	cgi authorize GET /logout '' HTTP_COOKIE="$mine"
	status 200
	cgi authorize POST /logout '' HTTP_COOKIE="$mine"
	status 403
	form "$(authorize_uri)" "$mine"
	has 'name="decision"'
	form /logout "$mine"
	post /logout ''
	status 303
	signed_out "$mine"
}

@test "B29 weak passwords" {
	local v
	for v in password1 12345678 PASSWORD1 newcomer77 short '' '%20'; do
		register newcomer77 "$v"
		status 400
		has 'role="alert"'
	done
	register newcomer77 aaaabbbbccccdddd
	status 303
}

@test "B32 cookies: a bomb, a hundred, strange bytes" {
	local v
	for v in "gatehouse-session=$(printf '%0100000d' 0)" "$(printf 'a%d=b; ' {1..100})" "$(printf 'a=b;%.0s' {1..20000})" \
		$'gatehouse-session=\xff\xfe\x01' 'gatehouse-session=%n%s%x' 'gatehouse-session="x"' '=;=;=' ';;;;' \
		"$session; $session" 'gatehouse-form=x' 'gatehouse-session=.' 'gatehouse-session=a.b.c'; do
		signed_out "$v"
	done
	signed_out "${session/gatehouse-session=/gatehouse-session=x}"
	signed_out "${session/gatehouse-session=?/gatehouse-session=}"
}

@test "B33 names that are formats, paths, controls, too long, or written from right to left" {
	local v n=10	# an address each: this is not about throttles
	for v in ..%2F..%2Fx a%2Fb %0a a%0d%0ab %00 %ff %01 "$(printf '%04096d' 0)" '' %20%20; do
		register "$v" another-horse-7 REMOTE_ADDR=192.0.2.$((++n))
		status 400
		login "$v" another-horse-7 REMOTE_ADDR=192.0.2.$n
		[ "$code" = 403 ] || [ "$code" = 400 ] || { echo "$v: $code"; return 1; }
	done
	for v in %25n%25s%25x %E2%80%AEeman zero%E2%80%8Bwidth %F0%9F%92%A1 "%27%20OR%201=1%20--"; do
		register "$v" another-horse-7 REMOTE_ADDR=192.0.2.$((++n))
		status 303
		login "$v" another-horse-7 REMOTE_ADDR=192.0.2.$n
		status 303
	done
}

@test "a one-time link: looking at it uses nothing up, it works once, and only by a form of ours" {
	local token
	token=$(gatehouse user link ann --json | grep -o 'link=[A-Za-z0-9_-]*' | head -n 1)
	form "/login?$token"
	form "/login?$token"
	cgi authorize POST /login "$token"
	status 403
	post /login "$token"
	status 303
	form /login
	post /login "$token"
	status 403
	cgi authorize GET "/login?$token" ''
	status 403
	cgi authorize GET '/login?link=..%2Fx' ''
	status 403
}

@test "the language of the reader, and English for everybody else" {
	cgi authorize GET /login '' HTTP_ACCEPT_LANGUAGE='ko-KR,ko;q=0.9,en;q=0.8'
	has 'lang="ko"'
	has 로그인
	[ "$(header Content-Language)" = ko ]
	[[ $(header Vary) == *Accept-Language* ]]
	cgi authorize GET /login '' HTTP_ACCEPT_LANGUAGE='fr,de;q=0.5'
	has 'lang="en"'
}

@test "every language has every text" {
	local first=$TOP/html/text/en.json file
	for file in "$TOP"/html/text/*.json; do
		diff <(jq -r 'keys[]' "$first") <(jq -r 'keys[]' "$file")
		jq -e 'all(.[]; type == "string" and length > 0)' "$file" >/dev/null
		# the same values stand in each
		diff <(jq -r 'to_entries[] | "\(.key) \([.value | scan("{{[^}]*}}")] | unique | join(" "))"' "$first" | sort) \
			<(jq -r 'to_entries[] | "\(.key) \([.value | scan("{{[^}]*}}")] | unique | join(" "))"' "$file" | sort)
	done
}

@test "every text that a page names exists" {
	local key missing=''
	for key in $(grep -oh '{{t\.[a-z0-9_-]*}}' "$TOP"/html/*.html | sed 's/{{t\.\(.*\)}}/\1/' | sort -u); do
		jq -e --arg k "$key" 'has($k)' "$TOP/html/text/en.json" >/dev/null || missing+=" $key"
	done
	[ -z "$missing" ] || { echo "missing:$missing"; return 1; }
	for key in "$TOP"/html/*.html; do
		grep -q '^{{>head}}' "$key" || continue
		key=title_$(basename "$key" .html)
		[ "$key" = title_error ] || jq -e --arg k "$key" 'has($k)' "$TOP/html/text/en.json" >/dev/null || { echo "missing: $key"; return 1; }
	done
}

@test "every text is used: by a page, by the source, or as a page's title" {
	local key unused=''
	for key in $(jq -r 'keys[]' "$TOP/html/text/en.json"); do
		grep -qF "{{t.$key}}" "$TOP"/html/*.html && continue
		grep -rqF --include='*.[ch]' "\"$key\"" "$TOP/cgi-bin" && continue
		[[ $key == title_* ]] && [ -f "$TOP/html/${key#title_}.html" ] && continue
		[[ $key == event_* ]] && grep -rqF --include='*.[ch]' "\"${key#event_}\"" "$TOP/cgi-bin" && continue
		unused+=" $key"
	done
	[ -z "$unused" ] || { echo "unused:$unused"; return 1; }
}
