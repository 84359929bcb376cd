#!/usr/bin/env bats
# The owner's pages about links, activity and the account: what they show, whom they obey, and what they never show.
# long because: one suite for the pages that share an instance and its accounts.

setup_file() {
	load helper
	load pages
	pages_root
}

setup() {
	load helper
	load pages
}

# page PATH [COOKIE [NAME=VALUE...]]: one of the console's, as ann.
page() {
	local path=$1 as=${2:-$session}
	shift
	[ $# = 0 ] || shift
	cgi console GET "$path" '' HTTP_COOKIE="$as" "$@"
	cookie=$as
	csrf=$(hidden csrf)
}

# send PATH FIELDS [NAME=VALUE...]: a form of the last page.
send() {
	local path=$1 fields=$2
	shift 2
	cgi console POST "$path" "csrf=$csrf&$fields" HTTP_COOKIE="$cookie" "$@"
}

# enter USER [AGENT [ADDRESS]]: a session of its own; $mine is its cookie.
enter() {
	form /login
	post /login "username=$1&password=$(urlencode "$PASSWORD")" HTTP_USER_AGENT="${2-curl/8}" REMOTE_ADDR="${3-192.0.2.50}"
	status 303
	mine=$(cookies)
}

# account NAME: an account of this test alone.
account() { printf '%s' "$PASSWORD" | gatehouse user add "$1" --password-stdin >/dev/null; }

# --- sessions ---

@test "sessions: each with browser, address and time; this one marked; nothing of the header itself" {
	account sue
	enter sue 'Mozilla/5.0 (X11; Linux x86_64; rv:115.0) Gecko/20100101 Firefox/115.0' 198.51.100.7
	enter sue '"><script>alert(1)</script> Chrome/1 (Windows NT 10.0)' 198.51.100.8
	enter sue '<script>alert(2)</script>'
	page /account "$mine"
	has 'Firefox, Linux'
	has 198.51.100.7
	has 'Chrome, Windows'
	has 'Unknown browser'
	hasnt '<script'
	hasnt 'alert('
	[ "$(grep -c 'name="session"' <<<"$body")" = 2 ]
	[ "$(grep -c 'this browser' <<<"$body")" = 1 ]
	[ "$(gatehouse user sessions sue --json | jq -c '[.[].agent]')" = '[null,"Chrome, Windows","Firefox, Linux"]' ]
}

@test "sessions: one is ended from another browser, all others too; never somebody else's" {
	account tom
	enter tom
	local first=$mine id
	enter tom
	page /account "$mine"
	id=$(hidden session)
	# somebody else's form with tom's id, and a form without its token
	page /account "$bob"
	send /account "action=session&session=$id"
	status 303
	page /account "$first"
	status 200
	cgi console POST /account "action=session&session=$id" HTTP_COOKIE="$mine"
	status 403
	page /account "$first"
	status 200
	page /account "$mine"
	send /account "action=session&session=$id"
	status 303
	page /account "$first"
	[ "$location" = /login ]
	page /account "$mine"
	send /account 'action=session&session=..%2Fx'
	status 303
	send /account 'action=session'
	status 400
	enter tom
	local third=$mine
	enter tom
	page /account "$mine"
	send /account action=sessions
	status 303
	page /account "$(cookies)"
	has 'You are signed in as tom'
	page /account "$third"
	[ "$location" = /login ]
	page /account "$mine"
	[ "$location" = /login ]
	gatehouse user sessions tom --end
	[ "$(gatehouse user sessions tom --json)" = '[]' ]
}

@test "sessions: thirty at a time, the oldest goes" {
	account una
	enter una
	local first=$mine i
	BUILD=${BUILD%/san}
	for i in {1..30}; do enter una curl/8 "192.0.2.$((100 + i))"; done
	[ "$(gatehouse user sessions una --json | jq length)" = 30 ]
	page /account "$first"
	[ "$location" = /login ]
}

# --- language ---

@test "language: the owner's choice overrides the browser's, on error pages too, and comes along to other browsers" {
	account ada
	enter ada
	page /account "$mine" HTTP_ACCEPT_LANGUAGE=en
	has 'lang="en"'
	send /account 'action=language&language=ko'
	status 303
	[[ $(header Set-Cookie) == gatehouse-language=ko\;* ]]
	page /account "$mine" HTTP_ACCEPT_LANGUAGE=en
	has '<html lang="ko"'
	[ "$(header Content-Language)" = ko ]
	cgi console GET /nowhere '' HTTP_COOKIE=gatehouse-language=ko HTTP_ACCEPT_LANGUAGE=en
	has '<html lang="ko"'
	enter ada
	[[ $mine == *gatehouse-language=ko* ]]
	page /account "$mine"
	send /account 'action=language&language=xx'
	status 400
	send /account 'action=language&language=..%2Fen'
	status 400
	send /account 'action=language&language='
	status 303
	page /account "$mine" HTTP_ACCEPT_LANGUAGE=en
	cgi console GET /account '' HTTP_COOKIE="${mine%%; gatehouse-language*}" HTTP_ACCEPT_LANGUAGE=en
	has '<html lang="en"'
	cgi console GET /account '' HTTP_COOKIE='gatehouse-language=../../x' HTTP_ACCEPT_LANGUAGE=en
	status 303
	gatehouse user language ada ko
	gatehouse user language ada browser
	run gatehouse user language ada fr
	[ "$status" = 2 ]
}

# --- activity ---

@test "activity: what came in and what was disliked, in words, with what to do; texts of others are text" {
	account eve
	enter eve
	cgi console GET /links '' HTTP_COOKIE="$mine"
	has 'In the SmartThings app add a device'
	gatehouse device add --user eve --type c2c-dimmer --id l1 --name '<script>lamp</script>' >/dev/null
	gatehouse device add --user eve --type c2c-switch --id s1 --name Plug >/dev/null
	local token answer
	token=$(gatehouse token issue --user eve --client smartthings --json | jq -r .access_token)
	schema() {
		cgi schema-webhook POST /schema '{"headers":{"schema":"st-schema","version":"1.0","interactionType":"'"$1"'","requestId":"R"},
			"authentication":{"tokenType":"Bearer","token":"'"$token"'"}'"$2"'}' CONTENT_TYPE=application/json
		status 200
	}
	schema commandRequest ',"devices":[{"externalDeviceId":"l1","commands":[{"component":"main","capability":"st.switchLevel",
		"command":"setLevel","arguments":[42]}]}]'
	schema interactionResult ',"originatingInteractionType":"discoveryRequest","deviceState":[{"externalDeviceId":"l1",
		"deviceError":[{"errorEnum":"BAD-RESPONSE","detail":"<img src=x onerror=alert(1)> modelName"}]}]'
	schema interactionResult ',"originatingInteractionType":"<b>","deviceState":[{"externalDeviceId":"<i>","deviceError":[{"errorEnum":"<u>",
		"detail":"x"}]}]'
	gatehouse device offline s1 --user eve >/dev/null
	gatehouse device rename s1 --user eve 'Plug 2' >/dev/null
	page /activity "$mine"
	status 200
	hasnt '<script>lamp'
	hasnt '<img src=x'
	hasnt '<b><'
	hasnt '<i>'
	hasnt '<u>'
	has '&lt;script&gt;lamp'
	has 'Command carried out'
	has '<b>42 %</b>'
	has 'Went offline'
	has 'SmartThings disliked an answer'
	has 'could not use an answer of ours'
	has '<time datetime="20'
	# newest first: the rename stands before the command
	[[ ${body%%Command carried out*} == *'Device renamed'* ]]
	page '/activity?device=s1' "$mine"
	has 'Went offline'
	[ "$(grep -c 'Command carried out' <<<"$body")" = 0 ]
	page '/activity?kind=trouble' "$mine"
	has 'SmartThings disliked'
	[ "$(grep -c 'Went offline' <<<"$body")" = 0 ]
	page "/activity?link=$(gatehouse grant list --user eve --json | jq -r '.[0].id')" "$mine"
	has 'Command carried out'
	[ "$(grep -c 'Went offline' <<<"$body")" = 0 ]
	page '/activity?device=nobody&kind=%3Cx&link=%22%3E&before=99999999999999999999&change=-9' "$mine"
	has 'Nothing like that'
	page /activity "$mine" HTTP_ACCEPT_LANGUAGE=ko
	has '명령 실행'
	has '방금'
	page /activity
	hasnt 'Plug 2'
}

@test "activity: page by page, each entry once, whatever the filter" {
	account pam
	enter pam
	gatehouse device add --user pam --type c2c-dimmer --id p1 --name One >/dev/null
	gatehouse device add --user pam --type c2c-dimmer --id p2 --name Two >/dev/null
	BUILD=${BUILD%/san}
	local i path seen='' n
	for i in {1..70}; do
		gatehouse device set p1 --user pam "st.switchLevel.level=$i" >/dev/null
		[ $((i % 7)) != 0 ] || gatehouse device set p2 --user pam "st.switchLevel.level=$i" >/dev/null
	done
	for path in '/activity?kind=devices' '/activity?kind=all&device=p1'; do
		seen=''
		for n in 1 2 3 4 none; do
			page "$path" "$mine"
			seen+=$body$'\n'
			path=$(sed -n 's/.*href="\(\/activity?[^"]*change=[^"]*\)".*/\1/p' <<<"$body" | sed 's/&amp;/\&/g')
			[ -n "$path" ] || break
		done
		[ "$n" != none ]
		[ "$n" != 1 ]
		for i in 1 35 70; do
			[ "$(grep -c "<b>$i %</b>" <<<"$seen")" = "$([ $((i % 7)) = 0 ] && [[ $seen == *Two* ]] && grep -q '· <bdi>Two' <<<"$seen" && echo 2 || echo 1)" ]
		done
	done
}

@test "what was noted while the clock stood ahead is over, not to come" {
	account fay
	enter fay
	local config
	config=$(<"$ROOT/gatehouse.json")
	jq '.simulator = true' <<<"$config" >"$ROOT/gatehouse.json"	# only then does the clock move
	clock 86400000
	gatehouse token issue --user fay --client smartthings >/dev/null
	rm "$ROOT/clock"
	printf %s "$config" >"$ROOT/gatehouse.json"
	page /links "$mine"
	[[ $body =~ '<dt>Last used</dt><dd><time '[^'>']*'>just now' ]] || { echo "$body"; return 1; }
	page /activity "$mine"
	hasnt '>in 1 day<'
}

# --- operator ---

@test "operator: flagged accounts see it, all others get 404, nobody a hint" {
	account opa
	enter opa
	page /operator "$mine"
	status 404
	page / "$mine"
	hasnt /operator
	cgi console GET /operator ''
	[ "$location" = /login ]
	gatehouse user operator opa on >/dev/null
	page / "$mine"
	has 'href="/operator"'
	page /operator "$mine"
	status 200
	has smartthings
	has '<code>gatehouse keys rotate</code>'
	has 'it does not run'
	has 'everything that was confirmed is on disk'
	has '<dt>Last fold</dt><dd>never yet</dd>'
	has '<dt>Last check</dt><dd>never yet</dd>'
	gatehouse store compact >/dev/null
	gatehouse store check >/dev/null
	page /operator "$mine"
	[[ $body =~ '<dt>Last fold</dt><dd><time'[^\n]*'just now' ]]
	[[ $body =~ '<dt>Last check</dt><dd>all right, '[0-9]+' records · <time'[^\n]*'just now' ]]
	printf '%s\n' '{"dump":"gatehouse store","v":1}' '{"key":"checked/store","value":{"v":1,"time":1700000000,"records":3,"sound":false}}' \
		'{"end":1}' >"$BATS_TEST_TMPDIR/damaged"
	gatehouse store load --merge "$BATS_TEST_TMPDIR/damaged" >/dev/null
	page /operator "$mine"
	has 'the last check found damage'
	has '<dd>damaged · '
	gatehouse store check >/dev/null
	page '/operator?name=BOB' "$mine"
	has '<strong><bdi>bob</bdi></strong>'
	[ "$(grep -c '<strong><bdi>ann</bdi></strong>' <<<"$body")" = 0 ]
	page '/operator?name=%3Cscript%3Ealert(1)' "$mine"
	hasnt '<script'
	has 'no such account'
	gatehouse user operator opa off >/dev/null
	page /operator "$mine"
	status 404
	run gatehouse user operator opa maybe
	[ "$status" = 2 ]
}

@test "operator: accounts are disabled and enabled by forms of ours alone, never one's own" {
	account max
	account low
	gatehouse user operator max on >/dev/null
	enter low
	local low=$mine id self
	id=$(gatehouse user list --json | jq -r '.[] | select(.name == "low").id')
	self=$(gatehouse user list --json | jq -r '.[] | select(.name == "max").id')
	# one who is no operator, with a form token of his own
	page /account "$low"
	send /operator "action=disable&user=$self"
	status 404
	enter max
	page /operator "$mine"
	cgi console POST /operator "action=disable&user=$id" HTTP_COOKIE="$mine"
	status 403
	send /operator "action=disable&user=$self"
	status 400
	has 'cannot disable the account'
	send /operator "action=other&user=$id"
	status 400
	send /operator 'action=disable&user=..%2Fx'
	status 404
	send /operator "action=disable&user=$id" HTTP_ORIGIN=http://evil.test
	status 403
	page /account "$low"
	status 200
	page /operator "$mine"
	send /operator "action=disable&user=$id"
	status 303
	[ "$location" = '/operator?done=disable' ]
	page /account "$low"
	[ "$location" = /login ]
	page /operator "$mine"
	send /operator "action=enable&user=$id"
	page /account "$low"
	status 200
	page /activity "$low"
	has 'Account disabled'
	has 'Account enabled'
}

@test "operator: names of clients and accounts are text" {
	printf '%s' "$SECRET" | gatehouse client add bad --secret-stdin --name '<script>alert(3)</script>' --redirect-uri "$REDIRECT" >/dev/null
	account '"><img src=x onerror=alert(1)>'
	account zoe
	gatehouse user operator zoe on >/dev/null
	enter zoe
	page /operator "$mine"
	hasnt '<script'
	hasnt '<img src=x'
	has '&lt;script&gt;alert(3)'
}
