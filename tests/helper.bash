# helper.bash: an instance in a temporary folder, and programs called as plain CGI.
#
# GATEHOUSE_BUILD says which build is tested: the one under sanitizers unless told otherwise.
# shellcheck disable=SC2034,SC2119,SC2120,SC2155
bats_require_minimum_version 1.5.0
TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
BUILD=${GATEHOUSE_BUILD:-$TOP/build/san}
export LC_ALL=C.UTF-8 ASAN_OPTIONS=detect_leaks=1 GATEHOUSE_SHARE=$TOP

. "$TOP/tests/wait.bash"

# jq 1.6 compiles its library anew at every start, which was an eighth of the time of all tests; gojq speaks the same language and starts
# in a tenth of the time. It sorts the members of objects.
jq() { gojq "$@"; }
export -f jq

load_libs() {
	load /usr/lib/bats/bats-support/load
	load /usr/lib/bats/bats-assert/load
}

# gatehouse ARGS...: the tool, on the instance of this test file.
gatehouse() { "$BUILD/gatehouse" --root "$ROOT" "$@"; }

# unheard COMMAND...: the courier hears no word of what it does.
unheard() {
	mv "$ROOT/sock/courier.wake" "$ROOT/sock/courier.asleep"
	"$@"
	mv "$ROOT/sock/courier.asleep" "$ROOT/sock/courier.wake"
}

# make_root DIR: a fresh instance with keys, user ann (password "correct horse 9"), and the client "smartthings" whose
# secret is in $SECRET. What is set here can be used in setup_file and in tests.
make_root() {
	ROOT=$1
	PASSWORD='correct horse 9'
	SECRET='s3cret-of-the-client_42'
	REDIRECT=https://c2c-us.smartthings.com/oauth/callback
	PUBLIC=http://127.0.0.1:8080
	export ROOT PASSWORD SECRET REDIRECT PUBLIC GATEHOUSE_ROOT=$ROOT
	mkdir -p "$ROOT"
	printf '{"public_url":"%s","insecure_loopback":true}\n' "$PUBLIC" >"$ROOT/gatehouse.json"
	gatehouse keys rotate >/dev/null
	printf '%s' "$PASSWORD" | gatehouse user add ann --password-stdin >/dev/null
	printf '%s' "$SECRET" | gatehouse client add smartthings --secret-stdin --name SmartThings --auth any --pkce optional \
		--redirect-uri "$REDIRECT" --redirect-uri https://c2c-eu.smartthings.com/oauth/callback \
		--scope "devices:read devices:control" >/dev/null
	gatehouse device add --user ann --type c2c-dimmer --id lamp --name "Hall lamp" --room Hall >/dev/null
	gatehouse device add --user ann --type c2c-contact-3 --id door --name "Front door" >/dev/null
}

# cgi PROGRAM METHOD URI [BODY [NAME=VALUE...]]: one request. Sets $code, $head (headers, as sent) and $body; $type is
# the content type, $location the Location header. NAME is a CGI variable: HTTP_AUTHORIZATION, CONTENT_TYPE ...
cgi() {
	local program=$1 method=$2 uri=$3 data=${4-} dir=${BATS_TEST_TMPDIR:-$BATS_FILE_TMPDIR} out
	shift 3
	[ $# -gt 0 ] && shift
	out=$dir/cgi.out
	LC_ALL=C
	env -i PATH="$PATH" ASAN_OPTIONS="$ASAN_OPTIONS" GATEHOUSE_ROOT="$ROOT" GATEHOUSE_SHARE="$TOP" REQUEST_METHOD="$method" \
		REQUEST_URI="$uri" CONTENT_LENGTH="${#data}" CONTENT_TYPE=application/x-www-form-urlencoded \
		REMOTE_ADDR=192.0.2.7 "$@" "$BUILD/$program" <<<"$data" >"$out" 2>"$dir/cgi.err" || {
		echo "$program ended with $?"; cat "$dir/cgi.err"; return 1; }
	LC_ALL=C.UTF-8
	out=$(<"$out")
	head=${out%%$'\r\n\r\n'*} body=''
	[[ $out != *$'\r\n\r\n'* ]] || body=${out#*$'\r\n\r\n'}
	code=$(header Status) type=$(header Content-Type) location=$(header Location)
}

# header NAME: the value of a header of the last answer; nothing if it is not there.
header() {
	local line
	while IFS= read -r line; do
		[[ ${line,,} != "${1,,}: "* ]] || { line=${line#*: }; echo "${line%$'\r'}"; return; }
	done <<<"$head"
}

# status CODE: the last answer's. has TEXT, hasnt TEXT: on its body; in its body, its headers or its log. (In a test, "!" and
# "&&" before the end of a line hide a failure; these do not.)
status() { [ "$code" = "$1" ] || { echo "status $code, not $1: $head $body"; return 1; }; }
has() { [[ $body == *"$1"* ]] || { echo "not there: $1 in $body"; return 1; }; }
hasnt() {
	[[ $head$body != *"$1"* ]] || { echo "there: $1 in $head $body"; return 1; }
	! grep -F -- "$1" "${BATS_TEST_TMPDIR:-$BATS_FILE_TMPDIR}/cgi.err"
}

# json FILTER: jq on the last body.
json() { jq -er "$1" <<<"$body"; }

# hidden NAME: the value of a hidden field of the last page.
hidden() { sed -n "s/.*<input type=\"hidden\" name=\"$1\" value=\"\([^\"]*\)\".*/\1/p" <<<"$body" | head -n 1; }

# urlencode TEXT
urlencode() { jq -rn --arg v "$1" '$v|@uri'; }

# cookies: the Set-Cookie headers of the last answer as a Cookie header's value (deleted ones left out).
cookies() {
	sed -n 's/^Set-Cookie: \([^;]*\);.*/\1/Ip' <<<"$head" | grep -v '=$' | paste -sd';' | sed 's/;/; /g'
}

# sign_in USER PASSWORD: sets $session, a Cookie header's value.
sign_in() {
	cgi authorize GET /login
	local form=$(cookies)
	cgi authorize POST /login "csrf=$(hidden csrf)&username=$(urlencode "$1")&password=$(urlencode "$2")" HTTP_COOKIE="$form"
	[ "$code" = 303 ] || return 1
	session=$(cookies)
}

# authorize_uri [MORE]: an authorization request as SmartThings makes it, MORE appended.
authorize_uri() {
	echo "/authorize?client_id=smartthings&redirect_uri=$(urlencode "$REDIRECT")&response_type=code&state=st-1${1-}"
}

# consent [DEVICE...]: as ann (needs $session), allow these devices; sets $location, and $granted to the code.
consent() {
	cgi authorize GET "${URI:-$(authorize_uri)}" '' HTTP_COOKIE="$session"
	local fields="csrf=$(hidden csrf)&request=$(hidden request)&decision=allow" d
	for d in "$@"; do fields+="&device=$(urlencode "$d")"; done
	cgi authorize POST /authorize "$fields" HTTP_COOKIE="$session"
	granted=$(sed -n 's/.*[?&]code=\([^&]*\).*/\1/p' <<<"$location")
}

# basic [ID:SECRET]: a CGI variable with a Basic Authorization header.
basic() { echo "HTTP_AUTHORIZATION=Basic $(printf '%s' "${1:-smartthings:$SECRET}" | base64 -w0)"; }

# exchange CODE [MORE]: redeem at the token endpoint, credentials by Basic.
exchange() {
	cgi token POST /token "grant_type=authorization_code&code=$1&redirect_uri=$(urlencode "$REDIRECT")${2-}" "$(basic)"
}

# refresh TOKEN [MORE]
refresh() { cgi token POST /token "grant_type=refresh_token&refresh_token=$1${2-}" "$(basic)"; }

# clock MS: from now on the instance's time is that much later (or, if it is negative, earlier) than it is, for who set
# "simulator". In place, as running programs have the file mapped. $ahead: by how much.
clock() {
	local hex bytes='' i
	ahead=$1
	printf -v hex %016x "$1"
	for ((i = 14; i >= 0; i -= 2)); do bytes+="\\x${hex:i:2}"; done
	printf '%b' "$bytes" | dd of="$ROOT/clock" conv=notrunc status=none
}

# until_waits COMMAND...: try again and again, COMMAND 1, COMMAND 2, ..., letting short waits pass, until the answer is to wait
# 25 seconds or more: the next try comes within that, however slow the machine is. $tried: how many were tried indeed.
until_waits() {
	local n
	tried=0
	for ((n = 1; n <= 60; n++)); do
		"$@" "$n"
		if [ "$code" != 429 ]; then
			tried=$((tried + 1))
		elif (($(header Retry-After) >= 25)); then
			return 0
		else
			clock $((${ahead:-0} + $(header Retry-After) * 1000))
		fi
	done
	echo "never told to wait"
	return 1
}
