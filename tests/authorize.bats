#!/usr/bin/env bats
# The authorization request under attack: which mistake stays on a page here, which goes back to the client, and what
# the addresses of answers look like. Titles begin with the rows of the attack checklist.

R=https://good.test/cb
RE=https%3A%2F%2Fgood.test%2Fcb
H=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM
ISS=iss=http%3A%2F%2F127.0.0.1%3A8080

setup_file() {
	load helper
	make_root "$BATS_FILE_TMPDIR/root"
	printf '%s' "$SECRET" | gatehouse client add strict --secret-stdin --name Strict --auth basic --pkce required \
		--redirect-uri "$R" --redirect-uri https://good.test/cb2 --scope "devices:read devices:control" >/dev/null
	sign_in ann "$PASSWORD"
	export session
}

setup() {
	load helper
	load_libs
}

# az [-NAME | NAME=VALUE | +MORE]...: a right request, changed: a parameter left out, another value, something appended.
# Values are percent-encoded already. $METHOD, $COOKIE and $ADDRESS may say otherwise.
az() {
	local -A p=([client_id]=strict [response_type]=code [redirect_uri]=$RE [scope]=devices:read [state]=st
		[code_challenge]=$H [code_challenge_method]=S256)
	local change name query='' more=''
	for change; do
		case $change in
		-*) unset "p[${change#-}]" ;;
		+*) more+="&${change#+}" ;;
		*) p[${change%%=*}]=${change#*=} ;;
		esac
	done
	for name in "${!p[@]}"; do query+="&$name=${p[$name]}"; done
	if [ "${METHOD:-GET}" = POST ]; then
		cgi authorize POST /authorize "${query#&}$more" HTTP_COOKIE="${COOKIE-$session}"
	else
		cgi authorize "${METHOD:-GET}" "/authorize?${query#&}$more" '' HTTP_COOKIE="${COOKIE-$session}" "${VARIABLE:-X=}"
	fi
}

# stay ROW: a page, 400, that leads nowhere.
stay() {
	[ "$code" = 400 ] && [ -z "$location" ] && [[ $type == text/html* ]] && ! grep -qi evil-header <<<"$head" ||
		{ echo "$1: $code $location $type"; return 1; }
}

# back ROW ERROR [STATE]: to the client's own address, with the error, the state and who says so, and without a code.
back() {
	[ "$code" = 303 ] && [[ $location == "$R?error=$2&"* ]] && [[ $location == *"$ISS" ]] && [[ $location != *code=* ]] &&
		[ "$(header Cache-Control)" = no-store ] && [ "$(header Referrer-Policy)" = no-referrer ] ||
		{ echo "$1: $code $location"; return 1; }
	[ "${3-st}" = none ] || [[ $location == *"&state=${3-st}&"* ]] || { echo "$1: state in $location"; return 1; }
	! grep -q 'error_description=[^&]*\(%22\|%5C\)' <<<"$location"
}

# asked: the consent page of this request.
asked() { [ "$code" = 200 ] && grep -q 'name="decision"' <<<"$body" || { echo "$code $location"; return 1; }; }

@test "the right request is asked for consent" {
	az
	asked
	has Strict
}

@test "A01 A02 A03 no client, an unknown one, no redirect_uri: a page" {
	az client_id=nobody; stay A01
	has '<code>nobody</code>'
	az -client_id; stay A02
	az -redirect_uri; stay A03
}

@test "A04-A24 redirect_uri that is not byte for byte the registered one: a page, and the value harmless on it" {
	local row value
	while read -r row value; do
		az "redirect_uri=$value"
		stay "$row $value"
		hasnt '<script>alert'
		hasnt 'href="http://evil'
	done <<-'ROWS'
		A04 http://evil.test/cb
		A05 https://good.test@evil.test/cb
		A06 https://good.test.evil.test/cb
		A07 https://good.test/cb/../evil
		A08 https://good.test/cb/%252e%252e/evil
		A08 https://good.test/cb/%2e%2e/evil
		A09 https://good.test/cb/
		A10 https://good.test/CB
		A11 https://good.test:444/cb
		A11 https://good.test:443/cb
		A12 http://good.test/cb
		A13 https://good.test/cb?x=1
		A14 https://good.test/cb%23x
		A15 https://good.test%5C@evil.test/cb
		A16 https://good.test/cb%0d%0aEvil-Header:1
		A17 https://good.test/cb%00.evil.test
		A18 https://good.test/cb%20
		A18 %20https://good.test/cb
		A19 javascript:alert(1)//https://good.test/cb
		A19 data:text/html,<script>alert(1)</script>
		A20 https://good.test/%252Fcb
		A20 https://good.test/%2Fcb
		A21 https://good.test/cb,http://evil.test/
		A22 //evil.test/cb
		A23 HTTPS://good.test/cb
		A24 https://good.test/c%09b
		A16 "><script>alert(1)</script>
	ROWS
}

@test "A25 A26 A27 redirect_uri or client_id twice, an error that would lead away: a page" {
	az "+redirect_uri=http://evil.test/"; stay A25
	az redirect_uri=http://evil.test/ "+redirect_uri=$RE"; stay A25
	az +client_id=smartthings; stay A26
	az redirect_uri=http://evil.test/cb response_type=bad; stay A27
}

@test "A30 A31 A32 response_type" {
	az -response_type; back A30 invalid_request
	local t
	for t in token id_token code%20token code%20id_token CODE none; do
		az response_type=$t; back "A31 $t" unsupported_response_type
	done
	az +response_type=code; back A32 invalid_request
}

@test "A33 state twice: an error, and neither of the two is believed" {
	az +state=other
	back A33 invalid_request none
	[[ $location != *state=* ]]
}

@test "A34 unknown scope" {
	az scope=devices:launch; back A34 invalid_scope
	az scope=devices:read%20devices:launch; back A34 invalid_scope
	az scope=%22; back A34 invalid_scope
}

@test "A35-A39 code_challenge: missing, plain, without method, too short, too long, illegal characters" {
	az -code_challenge -code_challenge_method; back A35 invalid_request
	az -code_challenge; back A35 invalid_request
	az code_challenge_method=plain; back A36 invalid_request
	az -code_challenge_method; back A37 invalid_request
	az code_challenge_method=s256; back A37 invalid_request
	az code_challenge=abc; back A38 invalid_request
	az code_challenge=${H}A; back A39 invalid_request
	az "code_challenge=${H%M}%2B"; back A39 invalid_request
	az "code_challenge=${H%M}%3D"; back A39 invalid_request
}

@test "A35 a client registered with --pkce optional needs none" {
	az client_id=smartthings redirect_uri="$(urlencode "$REDIRECT")" -code_challenge -code_challenge_method
	asked
}

@test "A40 A41 state: every byte comes back, none of them raw in page or header" {
	local state='%3C%3E%22%27%26%2B%25%F0%9F%92%A1%20x%3D%23' crlf='x%0D%0ASet-Cookie%3Aa%3Db'
	az state=$state response_type=bad
	back A40 unsupported_response_type $state
	az state=$state
	asked
	hasnt "<>\"'"
	az state=$crlf response_type=bad
	back A41 unsupported_response_type $crlf
	[ -z "$(header Set-Cookie)" ]
}

@test "A40 the state survives the whole road: page, form, redirect" {
	local state='%3C%3E%22%27%26%2B%25%F0%9F%92%A1%0D%0A%20x%3D%23'
	az state=$state
	cgi authorize POST /authorize "csrf=$(hidden csrf)&request=$(hidden request)&device=lamp&decision=allow" HTTP_COOKIE="$session"
	status 303
	[[ $location == "$R?code="*"&state=$state&$ISS" ]]
}

@test "A42 A43 A54 long, short, missing and empty state" {
	local long
	long=$(printf '%02048d' 0)
	az state=$long response_type=bad; back A42 unsupported_response_type $long
	az state=x response_type=bad; back A43 unsupported_response_type x
	az -state; asked
	az -state response_type=bad; back A43 unsupported_response_type none
	[[ $location != *state=* ]]
	az state= scope=; asked
	az -state response_type=; back A54 invalid_request none
	az request= request_uri=; asked
}

@test "A44 bad UTF-8 and broken percent sequences: 400" {
	local v
	for v in %zz % %4 %ff %c0%af %ed%a0%80 %00; do
		az "state=$v"; stay "A44 $v"
	done
}

@test "A45 other methods: 405 and Allow" {
	local m
	for m in DELETE PUT PATCH OPTIONS TRACE get; do
		METHOD=$m az
		[ "$code" = 405 ] && [ "$(header Allow)" = "GET POST" ] && [[ $type == text/html* ]] || { echo "$m $code"; return 1; }
	done
}

@test "A46 the same as a form" {
	METHOD=POST az; asked
	METHOD=POST az response_type=bad; back A46 unsupported_response_type
	METHOD=POST az redirect_uri=http://evil.test/; stay A46
}

@test "A47 A48 request objects are neither obeyed nor fetched" {
	az +request=eyJhbGciOiJub25lIn0.eyJyZWRpcmVjdF91cmkiOiJodHRwOi8vZXZpbC50ZXN0In0.
	back A47 request_not_supported
	az +request_uri=http://169.254.169.254/; back A48 request_uri_not_supported
	az +request=a +request=b; back A47 request_not_supported
}

@test "A49 A50 unknown parameters are ignored, a client_secret too: it is on no page and in no log" {
	az +foo=bar +foo=baz; asked
	az +client_secret=hunter2hunter2; asked
	hasnt hunter2
	COOKIE='' az +client_secret=hunter2hunter2
	status 200
	hasnt hunter2
}

@test "A51 A52 a query of 16 KiB, 200 parameters" {
	az "+x=$(printf '%016384d' 0)"
	status 414
	[[ $type == text/html* ]]
	az "+$(printf 'p%d=1&' {1..200})"; stay A52
	az "+$(printf 'redirect_uri=x&%.0s' {1..200})"; stay A52
}

@test "A53 response_mode other than query" {
	local m
	for m in fragment form_post web_message jwt; do
		az "+response_mode=$m"; back "A53 $m" invalid_request
	done
	az +response_mode=query; asked
}

@test "A55 HEAD and prefetch change nothing and give no code" {
	METHOD=HEAD az
	status 200
	[ -z "$body$location" ]
	VARIABLE=HTTP_PURPOSE=prefetch az
	asked
	[ -z "$location" ]
}

@test "A56 a foreign Host leads nobody away" {
	local v
	for v in HTTP_HOST=evil.test HTTP_X_FORWARDED_HOST=evil.test HTTP_FORWARDED=host=evil.test; do
		VARIABLE=$v az
		asked
		hasnt evil.test
		VARIABLE=$v az response_type=bad
		back "A56 $v" unsupported_response_type
	done
}

@test "a client that may not use codes" {
	printf '%s' "$SECRET" | gatehouse client add service --secret-stdin --name S --grant client_credentials --auth basic \
		--redirect-uri "$R" --scope devices:read
	az client_id=service; back service unauthorized_client
}

@test "nobody signed in: the login page, and after it the same request" {
	COOKIE='' az state=kept
	status 200
	has 'name="username"'
	has 'name="password"'
	has Strict
	local form
	form=$(cookies)
	cgi authorize POST /login "csrf=$(hidden csrf)&request=$(hidden request)&username=ann&password=$(urlencode "$PASSWORD")" \
		HTTP_COOKIE="$form"
	status 303
	[[ $location == "/authorize?"*"client_id=strict"*"state=kept"* ]]
	cgi authorize GET "$location" '' HTTP_COOKIE="$(cookies)"
	asked
}
