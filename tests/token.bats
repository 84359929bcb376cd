#!/usr/bin/env bats
# The token endpoint under attack: clients, codes, refresh tokens, malformed bodies, races. Titles begin with the rows of
# the attack checklist.
# long because: one test a row, and all rows of this endpoint together.

VERIFIER=dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk
CHALLENGE=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM

setup_file() {
	load helper
	make_root "$BATS_FILE_TMPDIR/root"
	# A demo's clock can be moved: tests let a minute pass.
	printf '{"public_url":"%s","insecure_loopback":true,"simulator":true}\n' "$PUBLIC" >"$ROOT/gatehouse.json"
	head -c 8 /dev/zero >"$ROOT/clock"
	printf '%s' "$SECRET" | gatehouse client add other --secret-stdin --name Other --auth basic --pkce optional \
		--redirect-uri "$REDIRECT" --scope devices:read >/dev/null
	gatehouse client add app --public --name App --redirect-uri com.example.app:/cb --scope devices:read >/dev/null
	sign_in ann "$PASSWORD"
	export session
}

setup() {
	load helper
	load_libs
}

teardown() { clock 0; }

# tk BODY [NAME=VALUE]: a token request, by Basic unless another variable is given.
tk() {
	local form=$1
	shift
	[ $# -gt 0 ] || set -- "$(basic)"
	cgi token POST /token "$form" "$@"
}

# code_of [MORE-OF-THE-REQUEST]: a fresh code in $granted.
code_of() {
	URI=$(authorize_uri "${1-}") consent lamp
	[ -n "$granted" ]
}

# issue CLIENT: a fresh refresh token in $token, as if consented.
issue() {
	token=$(gatehouse token issue --user ann --client "$1" --device lamp --json | jq -er .refresh_token)
}

# j ERROR [STATUS]: refused in the form of RFC 6749 5.2, with its headers.
j() {
	status "${2-400}"
	[ "$type" = application/json ]
	[ "$(header Cache-Control)" = no-store ]
	[ "$(header X-Content-Type-Options)" = nosniff ]
	[ -z "$(header Set-Cookie)" ]
	jq -e --arg e "$1" '.error == $e and (keys - ["error","error_description","error_uri"] == []) and
		((.error_description // "x") | test("^[ !#-\\[\\]-~]*$"))' <<<"$body" >/dev/null || { echo "$body"; return 1; }
	if [ "${2-400}" = 401 ]; then
		[[ $(header WWW-Authenticate) == 'Basic realm="'* ]]
	else
		[ -z "$(header WWW-Authenticate)" ]
	fi
}

# works: a token response.
works() {
	status 200
	json '.access_token and .refresh_token' >/dev/null
}

REDIRECT_PART="redirect_uri=https%3A%2F%2Fc2c-us.smartthings.com%2Foauth%2Fcallback"
CODE="grant_type=authorization_code&$REDIRECT_PART&code="
REFRESH="grant_type=refresh_token&refresh_token="

@test "C01 GET and other methods: 405, Allow: POST, JSON" {
	local m
	for m in GET HEAD PUT DELETE OPTIONS; do
		cgi token $m "/token?grant_type=refresh_token" ''
		status 405
		[ "$(header Allow)" = POST ]
		[ "$type" = application/json ]
	done
}

@test "C02 C03 JSON and multipart bodies" {
	tk '{"grant_type":"refresh_token"}' "$(basic)" CONTENT_TYPE=application/json; j invalid_request
	has 'must be application/x-www-form-urlencoded'
	tk 'x' "$(basic)" 'CONTENT_TYPE=multipart/form-data; boundary=x'; j invalid_request
	tk 'grant_type=refresh_token' "$(basic)" CONTENT_TYPE=; j invalid_request
	tk 'grant_type=refresh_token' "$(basic)" CONTENT_TYPE=text/plain; j invalid_request
}

@test "C04 C05 C18 C06 no, unknown, empty grant_type; the password grant" {
	tk 'code=x'; j invalid_request
	tk 'grant_type=magic'; j unsupported_grant_type
	tk 'grant_type='; j invalid_request
	tk "grant_type=password&username=ann&password=$(urlencode "$PASSWORD")"; j unsupported_grant_type
	hasnt horse
	tk 'grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&assertion=x'; j unsupported_grant_type
	tk 'grant_type=implicit'; j unsupported_grant_type
}

# answered: what came, but for the request's id.
answered() { printf '%s\n\n%s' "$head" "$body" | sed '/^X-Request-Id: /d'; }

@test "C07 C08 C09 wrong secret, unknown client: the same answer to the byte" {
	tk "${REFRESH}x" "$(basic smartthings:wrong)"; j invalid_client 401
	local wrong
	wrong=$(answered)
	tk "${REFRESH}x" "$(basic "nobody:$SECRET")"; j invalid_client 401
	[ "$(answered)" = "$wrong" ]
	tk "${REFRESH}x&client_id=smartthings&client_secret=wrong" X=; j invalid_client 401
	[ "$(answered)" = "$wrong" ]
	tk "${REFRESH}x&client_id=nobody&client_secret=$SECRET" X=; j invalid_client 401
	[ "$(answered)" = "$wrong" ]
	hasnt "$SECRET"
}

@test "C10 C11 no secret, no client" {
	tk "${REFRESH}x&client_id=smartthings" X=; j invalid_client 401
	tk "${REFRESH}x&client_id=smartthings&client_secret=" X=; j invalid_client 401
	tk "${REFRESH}x" X=; j invalid_client 401
	tk "${REFRESH}x" "$(basic smartthings:)"; j invalid_client 401
}

@test "C12 C12b C13 credentials twice: the same pair for a client that may, nothing else" {
	issue smartthings
	tk "$REFRESH$token&client_id=smartthings&client_secret=$SECRET"; works
	tk "${REFRESH}x&client_id=smartthings&client_secret=wrong"; j invalid_request
	tk "${REFRESH}x&client_id=smartthings&client_secret=$SECRET" "$(basic smartthings:wrong)"; j invalid_request
	tk "${REFRESH}x&client_id=other"; j invalid_request
	tk "${REFRESH}x&client_id=other&client_secret=$SECRET" "$(basic "other:$SECRET")"; j invalid_request
}

@test "credentials by Basic, by body, by neither, as registered" {
	issue smartthings
	tk "$REFRESH$token"; works
	issue smartthings
	tk "$REFRESH$token&client_id=smartthings&client_secret=$SECRET" X=; works
	issue other
	tk "$REFRESH$token&client_id=other&client_secret=$SECRET" X=; j invalid_client 401
	tk "$REFRESH$token" "$(basic "other:$SECRET")"; works
	issue app
	tk "$REFRESH$token&client_id=app" X=; works
	tk "$REFRESH$(json -r .refresh_token)&client_id=app&client_secret=x" X=; j invalid_client 401
}

@test "C14 malformed Authorization" {
	local v
	for v in Basic 'Basic ' 'Basic !!!!' 'Basic c21hcnR0aGluZ3M=' "Basic $(printf 'smartthings:%%zz' | base64)" \
		"Basic $(printf 'smartthings:%%00' | base64)" "Basic $(printf 'smartthings:s3cret\0x' | base64)" \
		"Basic $(printf 'smartthings:%09000d' 0 | base64 -w0)" 'Bearer abc' 'Digest username="smartthings"' ''; do
		tk "${REFRESH}x" "HTTP_AUTHORIZATION=$v"
		j invalid_client 401
	done
	# nginx hands both over, lighttpd joins them: neither is believed.
	v=$(basic)
	tk "${REFRESH}x" "$v, ${v#*=}"; j invalid_client 401
}

@test "C15 a parameter twice" {
	tk "${REFRESH}a&refresh_token=b"; j invalid_request
	tk "${REFRESH}a&grant_type=refresh_token"; j invalid_request
	tk "${REFRESH}a&client_id=smartthings&client_id=smartthings"; j invalid_request
	tk "${REFRESH}a&scope=a&scope=a"; j invalid_request
}

@test "C16 C17 parameters in the query are nothing" {
	issue smartthings
	cgi token POST "/token?$REFRESH$token" '' "$(basic)"; j invalid_request
	cgi token POST "/token?client_id=smartthings&client_secret=$SECRET" "$REFRESH$token"; j invalid_client 401
	cgi token POST "/token?grant_type=magic&refresh_token=x&client_id=nobody" "$REFRESH$token" "$(basic)"; works
	cgi token POST "/token?a=%zz" "$REFRESH$token" "$(basic)"; j invalid_request
}

@test "C20 C21 a code works once; a replay ends what it gave" {
	code_of
	local code1=$granted
	exchange "$code1"; works
	token=$(json .refresh_token)
	exchange "$code1"; j invalid_grant
	refresh "$token"; j invalid_grant
	exchange "$code1"; j invalid_grant
}

@test "C22 another client's code: refused, and it stays its owner's" {
	code_of
	tk "$CODE$granted" "$(basic "other:$SECRET")"; j invalid_grant
	exchange "$granted"; works
}

@test "C23 C24 C29 redirect_uri missing or different: refused, and the code is burnt" {
	code_of
	tk "grant_type=authorization_code&code=$granted"; j invalid_grant
	exchange "$granted"; j invalid_grant
	code_of
	tk "grant_type=authorization_code&code=$granted&redirect_uri=https%3A%2F%2Fc2c-eu.smartthings.com%2Foauth%2Fcallback"
	j invalid_grant
	code_of
	tk "$CODE$granted%2F"; j invalid_grant
}

@test "C25 C26 C27 C28 C29 code_verifier: wrong, missing, the challenge itself, malformed" {
	local v pkce="&code_challenge=$CHALLENGE&code_challenge_method=S256"
	for v in "${VERIFIER%k}j" "$CHALLENGE" short "$(printf '%0129d' 0)" "${VERIFIER%k}%20"; do	# more in tests/unit/pkce.c
		code_of "$pkce"
		exchange "$granted" "&code_verifier=$v"; j invalid_grant
	done
	exchange "$granted" "&code_verifier=$VERIFIER"; j invalid_grant
	code_of "$pkce"
	exchange "$granted"; j invalid_grant
	code_of "$pkce"
	exchange "$granted" "&code_verifier=$VERIFIER"; works
}

@test "C26b downgrade: a verifier where there was no challenge" {
	code_of
	exchange "$granted" "&code_verifier=$VERIFIER"; j invalid_grant
}

@test "C46 a code with the victim's challenge does not open with the attacker's verifier" {
	code_of "&code_challenge=$CHALLENGE&code_challenge_method=S256"
	exchange "$granted" "&code_verifier=$(printf 'a%.0s' {1..43})"; j invalid_grant
}

@test "C31 tampered codes" {
	code_of
	local v lower=${granted,,}
	for v in "${granted:0:20}" "${granted}A" "$lower" "$granted=" "../$granted" "'%20OR%201=1%20--" %25n%25s%25x "$(printf '%060000d' 0)" \
		"%20$granted" "$granted%0a"; do
		exchange "$v"; j invalid_grant
	done
	exchange "$granted%00"; j invalid_request
	exchange "$granted"; works
	tk "grant_type=authorization_code&$REDIRECT_PART"; j invalid_request
	tk "${CODE}"; j invalid_request
}

@test "C30 one code by 8 processes at once: exactly one answer, no 5xx" {
	code_of
	together "$CODE$granted"
	[ "$(grep -l '^Status: 200' "$BATS_TEST_TMPDIR"/race.* | wc -l)" = 1 ]
	[ "$(grep -l '"error":"invalid_grant"' "$BATS_TEST_TMPDIR"/race.* | wc -l)" = 7 ]
}

@test "C37 one refresh token by 8 processes at once: at most one successor, and it works" {
	issue smartthings
	together "$REFRESH$token"
	local successors
	successors=$(sed -n 's/.*"refresh_token":"\([^"]*\)".*/\1/p' "$BATS_TEST_TMPDIR"/race.* | sort -u)
	[ "$(wc -l <<<"$successors")" = 1 ]
	[ "$successors" != "$token" ]
	[ "$(grep -l '^Status: \(200\|400\)' "$BATS_TEST_TMPDIR"/race.* | wc -l)" = 8 ]
	refresh "$successors"; works
}

# together BODY: 8 processes with the same request; the answers in race.1 to race.8.
together() {
	local i pids=() BODY=$1 auth
	auth=$(basic)
	for i in {1..8}; do
		env -i PATH="$PATH" ASAN_OPTIONS="$ASAN_OPTIONS" GATEHOUSE_ROOT="$ROOT" GATEHOUSE_SHARE="$TOP" REQUEST_METHOD=POST \
			REQUEST_URI=/token CONTENT_LENGTH="${#BODY}" CONTENT_TYPE=application/x-www-form-urlencoded \
			REMOTE_ADDR=192.0.2.7 "$auth" "$BUILD/token" <<<"$BODY" >"$BATS_TEST_TMPDIR/race.$i" 2>/dev/null &
		pids+=($!)
	done
	wait "${pids[@]}"
}

@test "0.4 C32 C33 a lost answer is given again; the replay of an older token ends the family" {
	issue smartthings
	local first=$token second
	refresh "$first"; works
	second=$(json .refresh_token)
	refresh "$first"; works
	[ "$(json .refresh_token)" = "$second" ]
	refresh "$second"; works
	local third
	third=$(json .refresh_token)
	refresh "$first"; j invalid_grant
	refresh "$third"; j invalid_grant
}

@test "C32 C33 a replay after the window ends the family" {
	issue smartthings
	local first=$token second
	refresh "$first"; works
	second=$(json .refresh_token)
	clock 61000
	refresh "$first"; j invalid_grant
	refresh "$second"; j invalid_grant
}

@test "C34 another client's refresh token: refused, and the owner goes on" {
	issue smartthings
	tk "$REFRESH$token" "$(basic "other:$SECRET")"; j invalid_grant
	tk "$REFRESH$token&client_id=app" X=; j invalid_grant
	refresh "$token"; works
}

@test "C35 C36 scope at refresh: wider is refused, narrower is for this answer only" {
	issue smartthings
	refresh "$token" "&scope=devices:launch"; j invalid_scope
	refresh "$token" "&scope=devices:read"; works
	[ "$(json .scope)" = devices:read ]
	refresh "$(json .refresh_token)"; works
	[ "$(json .scope)" = "devices:read devices:control" ]
	URI=$(authorize_uri '&scope=devices:read') consent lamp
	exchange "$granted"; works
	[ "$(json .scope)" = devices:read ]
	refresh "$(json .refresh_token)" "&scope=devices:read%20devices:control"; j invalid_scope
}

@test "C38 one kind of token is not another" {
	code_of
	refresh "$granted"; j invalid_grant
	exchange "$granted"; works
	local access refresh_token
	access=$(json .access_token)
	refresh_token=$(json .refresh_token)
	refresh "$access"; j invalid_grant
	exchange "$refresh_token"; j invalid_grant
	exchange "$access"; j invalid_grant
	refresh "$refresh_token"; works
}

@test "C39 a public client has no tokens of its own" {
	tk 'grant_type=client_credentials&client_id=app' X=; j unauthorized_client
	tk 'grant_type=client_credentials'; j unauthorized_client
}

@test "C40 malformed bodies: 4xx, JSON" {
	local v
	for v in '' '&&&' '=' '%' 'grant_type=%zz' 'grant_type=%00' 'grant_type=refresh_token%00' 'grant_type=%ff' \
		'grant_type=%c0%af' 'grant_type=%ed%a0%80' "$REFRESH%e2%82"; do
		tk "$v"; j invalid_request
	done
	tk "$(printf 'p%d=1&' {1..10000})"
	j invalid_request 413
	tk "$(printf '%s' "$REFRESH"; printf 'x=%d&' {1..1100})"; j invalid_request
	tk short "$(basic)" CONTENT_LENGTH=1048576; j invalid_request 413
	tk short "$(basic)" CONTENT_LENGTH=100; j invalid_request
	tk short "$(basic)" CONTENT_LENGTH=-1; j invalid_request
	tk short "$(basic)" CONTENT_LENGTH=99999999999999999999; j invalid_request
	tk short "$(basic)" CONTENT_LENGTH=1e3; j invalid_request
}

@test "C41 the content type may have a charset and any case" {
	issue smartthings
	tk "$REFRESH$token" "$(basic)" 'CONTENT_TYPE=Application/X-WWW-Form-Urlencoded; charset=UTF-8'; works
}

@test "C42 C43 success: headers and types" {
	code_of
	exchange "$granted"; works
	[ "$type" = application/json ]
	[ "$(header Cache-Control)" = no-store ]
	[ "$(header Pragma)" = no-cache ]
	[ -z "$(header Set-Cookie)" ]
	[ "$(header Content-Length)" = "${#body}" ]
	json '.token_type == "Bearer" and (.expires_in | type == "number" and . == floor and . == 86400) and
		(.scope == "devices:read devices:control") and (keys | length == 5)' >/dev/null
	# >= 128 bits each
	json '(.refresh_token | length >= 43) and (.access_token | split(".") | length == 3)' >/dev/null
	[ "${#granted}" -ge 43 ]
	jq -Re 'split(".") | .[0] | gsub("-";"+") | gsub("_";"/") | . + "==="[0:(4 - length % 4) % 4] | @base64d | fromjson |
		.typ == "at+jwt" and .alg == "ES256" and (.kid | length > 0)' <<<"$(json .access_token)" >/dev/null
	jq -Re 'split(".") | .[1] | gsub("-";"+") | gsub("_";"/") | . + "==="[0:(4 - length % 4) % 4] | @base64d | fromjson |
		.iss == "http://127.0.0.1:8080" and .aud == "urn:gatehouse:devices" and .client_id == "smartthings" and
		.exp - .iat == 86400 and (.sub | length) > 0 and (.sid | length) > 0 and (.jti | length) > 0' \
		<<<"$(json .access_token)" >/dev/null
	refresh "$(json .refresh_token)"; works
}

@test "C44 what is sent does not break out of the answer" {
	tk 'grant_type=%22%7D%2C%7B%22'; j unsupported_grant_type
	tk 'a%22%7D%5C%0d%0aX=1&a%22%7D%5C%0d%0aX=2&grant_type=x'; j invalid_request
	tk '%ed%95%9c=1&%ed%95%9c=2&grant_type=x'; j invalid_request
}

@test "C45 no other site's script may read it" {
	issue smartthings
	tk "$REFRESH$token" "$(basic)" HTTP_ORIGIN=http://evil.test; works
	[ -z "$(header Access-Control-Allow-Origin)" ]
	[ -z "$(header Access-Control-Allow-Credentials)" ]
}

@test "C48 a code after its minute" {
	code_of
	clock 61000
	exchange "$granted"; j invalid_grant
}

@test "C49 a code after its user was disabled or deleted" {
	printf '%s' "$PASSWORD" | gatehouse user add leaving --password-stdin >/dev/null
	gatehouse device add --user leaving --type c2c-switch --id lamp --name L >/dev/null
	local ann=$session
	sign_in leaving "$PASSWORD"
	code_of
	gatehouse user disable leaving >/dev/null
	exchange "$granted"; j invalid_grant
	session=$ann
	printf '%s' "$PASSWORD" | gatehouse user add gone --password-stdin >/dev/null
	gatehouse device add --user gone --type c2c-switch --id lamp --name L >/dev/null
	sign_in gone "$PASSWORD"
	code_of
	gatehouse user delete gone >/dev/null
	exchange "$granted"; j invalid_grant
}

@test "E20 E21 E22 E23 metadata and keys: the configured issuer whatever the Host, public members only, for everybody" {
	cgi token GET /.well-known/oauth-authorization-server '' HTTP_HOST=evil.test HTTP_X_FORWARDED_HOST=evil.test
	status 200
	hasnt evil.test
	json '.issuer == "http://127.0.0.1:8080" and .authorization_response_iss_parameter_supported and
		.code_challenge_methods_supported == ["S256"] and .token_endpoint == "http://127.0.0.1:8080/token"' >/dev/null
	[ "$(header Access-Control-Allow-Origin)" = '*' ]
	[[ $(header Cache-Control) == *max-age* ]]
	cgi token GET /.well-known/jwks.json ''
	status 200
	json '.keys | length > 0 and all(.kty == "EC" and .use == "sig" and .alg == "ES256" and (.kid | length > 0) and
		(keys - ["kty","crv","use","alg","kid","x","y"] == []))' >/dev/null
	cgi token POST /.well-known/jwks.json ''
	status 405
}
