#!/usr/bin/env bats
# The pages where owners sign in, out and up, under attack. Titles begin with the rows of the attack checklist.
# long because: one test a row, and all rows of these pages together.

setup_file() {
	load helper
	load pages
	pages_root
}

setup() {
	load helper
	load pages
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
	[ "$(header Cross-Origin-Resource-Policy)" = same-origin ]
	[ "$(grep -ci '^Content-Security-Policy:' <<<"$head")" = 1 ]
	hasnt '<style'
	hasnt ' style='
	hasnt ' onclick'
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
	[ "$(header Strict-Transport-Security)" = 'max-age=31536000; includeSubDomains' ]
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
	long=$(printf 'tram seven lantern %045d' 0)$(printf '%064d' 1)
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

@test "B29 a password of the list of breached ones is refused wherever one is chosen; a list that is none stops the start" {
	local at=$ROOT breached='tram seven lantern nine' list
	ROOT=$BATS_TEST_TMPDIR/root
	mkdir "$ROOT"
	cp -r "$at/secret" "$at/store" "$ROOT/"
	list=$ROOT/pwned.txt
	for password in "$breached" a b c; do printf %s "$password" | sha1sum | tr a-f A-F | sed 's/ .*/:17\r/'; done | sort >"$list"
	printf '{"public_url":"%s",\n"login":{"breached_passwords":"pwned.txt"}}\n' "$PUBLIC" >"$ROOT/gatehouse.json"
	register dora "$(urlencode "$breached")"
	status 400
	has 'was in a breach'
	register dora "$(urlencode "$breached ten")"
	status 303
	sign_in ann "$PASSWORD"
	cgi console GET /account '' HTTP_COOKIE="$session"
	cgi console POST /account "csrf=$(hidden csrf)&action=password&current=$(urlencode "$PASSWORD")&new=$(urlencode "$breached")" HTTP_COOKIE="$session"
	status 400
	has 'was in a breach'
	run -1 gatehouse user passwd ann --password-stdin <<<"$breached"
	[[ $output == *'was in'*'breach'* ]]
	run -1 gatehouse user add emil --password-stdin <<<"$breached"
	# something else in its place
	dd if=/dev/urandom of="$list" bs=1 count=170 conv=notrunc status=none
	run cgi authorize GET /login
	[[ $output == *"$ROOT/gatehouse.json:2: login.breached_passwords: $ROOT/pwned.txt: is no list of SHA-1 hashes"* ]]
	run -1 gatehouse config check
	[[ $output == *"gatehouse.json:2: login.breached_passwords: "* ]]
	rm "$list"
	run -1 gatehouse user passwd ann --password-stdin <<<"$breached ten"
	[[ $output == *"No such file"* ]]
	ROOT=$at
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
