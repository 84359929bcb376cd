#!/usr/bin/env bats
# The second factor: switched on by its owner, asked for at sign-in, demanded by an operator; under attack. oathtool is the app.
# long because: all ways round it stand side by side.

setup_file() {
	load helper
	load pages
	pages_root
	jq '.simulator = true' "$ROOT/gatehouse.json" >"$ROOT/new.json" && mv "$ROOT/new.json" "$ROOT/gatehouse.json"
	head -c 8 /dev/zero >"$ROOT/clock"	# it can be moved
	echo 0 >"$ROOT/moved"
	PASS=$(urlencode "$PASSWORD")
	export PASS
}

setup() {
	load helper
	load pages
	load_libs
	MOVED=$(<"$ROOT/moved")
	later 130	# more than an hour: what was tried from this address before is forgotten
	# An account of its own for each test: codes count once.
	NAME=kim$BATS_TEST_NUMBER
	printf %s "$PASSWORD" | gatehouse user add "$NAME" --password-stdin >/dev/null
	ID=$(gatehouse user list --json | jq -r --arg n "$NAME" '.[] | select(.name == $n).id')
}

# later STEPS: the instance's clock moves on by so many steps of 30 seconds.
later() {
	MOVED=$((MOVED + $1))
	echo "$MOVED" >"$ROOT/moved"
	clock $((MOVED * 30000))
}

# code [STEPS]: what the app shows, so many steps from now. now waits for the first half of a step, so that none ends meanwhile.
code() { oathtool --totp -b -N "@$(($(date +%s) + (MOVED + ${1:-0}) * 30))" "$KEY"; }
early() { while [ $(($(date +%s) % 30)) -gt 20 ]; do sleep 0.2; done; }

# account FIELDS: send a form of the account page with $session.
account() {
	cgi console GET /account '' HTTP_COOKIE="$session"
	cgi console POST /account "csrf=$(hidden csrf)&$1" HTTP_COOKIE="$session"
}

# switch_on: for $NAME, whose app then has $KEY; $recovery are the codes, a line each, and $session the one session that is left.
switch_on() {
	early
	sign_in "$NAME" "$PASSWORD"
	account "action=second-start&current=$PASS"
	status 200
	KEY=$(sed -n 's/.*<code class="key">\([A-Z2-7 ]*\)<.*/\1/p' <<<"$body" | tr -d ' ')
	cgi console POST /account "csrf=$(hidden csrf)&action=second-confirm&step=$(hidden step)&code=$(code)" HTTP_COOKIE="$session"
	status 200
	session=$(cookies)
	recovery=$(sed -n 's/^<li><code>\(.*\)<.code>.*/\1/p' <<<"$body")
}

# half [NAME=VALUE...]: as far as the password leads: $cookie, $csrf and $step of the page that asks for the code.
half() {
	login "$NAME" "$PASS" "$@"
	status 200
	has 'name="step"'
	[[ $(cookies) != *session=* ]]
	step=$(hidden step)
}

# answer CODE: the page's form, sent.
answer() { post /login "step=$step&code=$(urlencode "$1")"; }

entered() { status 303; [[ $(cookies) == *gatehouse-session=* ]]; }
refused() { status "${1:-403}"; [[ $(cookies) != *session=* ]] || return 1; }

@test "switched on by the password and a first code; then a sign-in wants both, and other sessions are over" {
	sign_in "$NAME" "$PASSWORD"
	local elsewhere=$session
	switch_on
	assert_equal "$(wc -l <<<"$recovery")" 10
	assert_equal "$(sort -u <<<"$recovery" | wc -l)" 10
	[[ $(head -n 1 <<<"$recovery") =~ ^([A-Z2-7]{4}-){5}[A-Z2-7]{4}$ ]]
	signed_out "$elsewhere"
	cgi console GET /account '' HTTP_COOKIE="$session"
	status 200
	has 'value="second-off"'
	hasnt 'value="second-start"'
	half
	answer 000000
	refused
	later 1
	answer "$(code)"
	entered
	gatehouse activity --user "$NAME" --json | jq -s . >"$BATS_TEST_TMPDIR/seen"
	for event in authn_second_factor_on authn_login_fail_code authn_login_success; do grep -q "\"$event\"" "$BATS_TEST_TMPDIR/seen"; done
	assert_equal "$(jq -r 'map(select(.event == "authn_login_success")) | last.detail' "$BATS_TEST_TMPDIR/seen")" 'with a code'
}

@test "a wrong first code, none, a wrong password, or another's page switch nothing on" {
	sign_in "$NAME" "$PASSWORD"
	account 'action=second-start&current=wrong+horse'
	status 403
	hasnt 'class="key"'
	account "action=second-start&current=$PASS"
	local step
	step=$(hidden step)
	KEY=$(sed -n 's/.*<code class="key">\([A-Z2-7 ]*\)<.*/\1/p' <<<"$body" | tr -d ' ')
	for wrong in 000000 '' "$(code 5)" "$(code)0" x; do
		account "action=second-confirm&step=$step&code=$wrong"
		status 403
		has "$(sed 's/..../& /g; s/ $//' <<<"$KEY")"	# the same key once more
	done
	account "action=second-confirm&step=x$step&code=$(code)"
	status 403
	# somebody else's session, and this page on the way to a session
	local mine=$session
	sign_in bob "$PASSWORD"
	account "action=second-confirm&step=$step&code=$(code)"
	status 403
	form /login
	post /login "step=$step&code=$(code)"
	refused
	assert_equal "$(gatehouse user second-factor "$NAME" --json | jq .second_factor)" false
	# the password was changed since: the page is over
	printf %s "$PASSWORD" | gatehouse user passwd "$NAME" --password-stdin >/dev/null
	sign_in "$NAME" "$PASSWORD"
	account "action=second-confirm&step=$step&code=$(code)"
	status 403
}

@test "a code counts once: also by racing requests, also at the account page" {
	switch_on
	half
	answer "$(code)"	# the one that switched it on
	refused
	later 1
	local used
	used=$(code)
	half
	# with what is refused before and after there are five tries at most: none has to wait, whoever of them is the first
	local i out=$BATS_TEST_TMPDIR/race
	for i in 1 2 3 4; do
		printf %s "csrf=$csrf&step=$step&code=$used" >"$out.body"
		env -i PATH="$PATH" ASAN_OPTIONS="$ASAN_OPTIONS" GATEHOUSE_ROOT="$ROOT" GATEHOUSE_SHARE="$TOP" REQUEST_METHOD=POST REQUEST_URI=/login \
			CONTENT_LENGTH="$(wc -c <"$out.body")" CONTENT_TYPE=application/x-www-form-urlencoded REMOTE_ADDR=192.0.2.7 \
			HTTP_COOKIE="$cookie" "$BUILD/authorize" <"$out.body" >"$out.$i" 2>"$out.$i.err" &
	done
	wait
	assert_equal "$(grep -il '^set-cookie: gatehouse-session=' "$out".[1-4] | wc -l)" 1
	half
	answer "$used"
	refused
	account "action=second-off&current=$PASS&code=$used"
	status 403
}

@test "the code of the step before and of the one after count, others not; none older than the last" {
	switch_on
	later 10
	early
	half
	answer "$(code -2)"
	refused
	answer "$(code 2)"
	refused
	answer "$(code -1)"
	entered
	half
	answer " $(code 1 | sed 's/.../& /')"
	entered
	half
	answer "$(code)"	# right, but older than the one that was used
	refused
}

@test "recovery codes count once each, whatever they are typed like; new ones end the old" {
	switch_on
	local first second
	first=$(sed -n 1p <<<"$recovery")
	second=$(sed -n 2p <<<"$recovery")
	half
	answer "${first,,}"
	entered
	session=$(cookies)
	half
	answer "$first"
	refused
	answer "${second//-/ }"
	entered
	assert_equal "$(gatehouse user second-factor "$NAME" --json | jq -c '[.second_factor, .recovery_codes]')" '[true,8]'
	later 1
	account "action=second-codes&current=$PASS&code=$(code)"
	status 200
	has 'class="codes"'
	half
	answer "$(sed -n 3p <<<"$recovery")"
	refused
	assert_equal "$(gatehouse user second-factor "$NAME" --json | jq .recovery_codes)" 10
	# as hashes alone, and the app's key as nothing that can be read
	gatehouse store dump >"$BATS_TEST_TMPDIR/dump"
	for secret in "$KEY" "$(sed -n 3p <<<"$recovery")" "$(sed -n 3p <<<"$recovery" | tr -d -)"; do
		run ! grep -F "$secret" "$BATS_TEST_TMPDIR/dump"
	done
	grep -q "second-factor/$ID" "$BATS_TEST_TMPDIR/dump"
}

@test "guessing is throttled for the account, from wherever it comes; the wait ends by itself" {
	switch_on
	later 10
	guess() {
		half REMOTE_ADDR="192.0.2.$1"
		post /login "step=$step&code=$(printf %06d "$1")" REMOTE_ADDR="192.0.2.$1"
		refused "$code"
	}
	until_waits guess
	((tried >= 5 && tried <= 11))
	half
	answer "$(code)"
	refused 429
	later 40
	half
	answer "$(code)"
	entered
}

@test "the password alone opens nothing: not the page's own seal, not consent, not the account of another" {
	switch_on
	later 1
	half
	local mine=$step secret=$KEY asked
	# what the half way has is no session anywhere
	for page in / /account /links /activity; do
		cgi console GET "$page" '' HTTP_COOKIE="$cookie"
		[ "$code" = 303 ] || hasnt 'href="/logout"'
	done
	signed_out "$cookie"
	signed_out "gatehouse-session=$step"
	asked=$(authorize_uri)
	form "$asked" "$session"
	local fields
	fields="csrf=$csrf&request=$(hidden request)&decision=allow&device=lamp"
	cgi authorize POST /authorize "$fields" HTTP_COOKIE="${cookie/gatehouse-session/gatehouse-none}"
	[ -z "$location" ] || [[ $location != *code=* ]]
	# another account's code, and another account's page with this one's code
	NAME=${NAME}b
	printf %s "$PASSWORD" | gatehouse user add "$NAME" --password-stdin >/dev/null
	switch_on
	later 1
	half
	KEY=$secret answer "$(KEY=$secret code)"
	refused
	step=$mine answer "$(code)"
	refused
	# changed, from another browser, or late
	local good=$step
	for step in "${good}x" "x$good" "${good%%.*}." x; do answer "$(code)"; refused; done
	step=$good
	form /login
	answer "$(code)"
	refused
	half
	later 21
	answer "$(code)"
	refused
}

@test "the password changed, the account disabled, or the factor taken away between the two steps" {
	switch_on
	later 1
	half
	printf %s "$PASSWORD" | gatehouse user passwd "$NAME" --password-stdin >/dev/null
	answer "$(code)"
	refused
	half
	gatehouse user disable "$NAME" >/dev/null
	answer "$(code)"
	refused
	gatehouse user enable "$NAME" >/dev/null
	half
	gatehouse user second-factor "$NAME" --remove >/dev/null
	answer "$(code)"
	refused
	sign_in "$NAME" "$PASSWORD"
}

@test "a one-time link stands for the password: the code is asked all the same" {
	switch_on
	later 1
	local token
	token=$(gatehouse user link "$NAME")
	token=${token##*link=}
	form "/login?link=$token"
	post /login "link=$token"
	refused 200
	step=$(hidden step)
	answer "$(code)"
	entered
	gatehouse activity --user "$NAME" --json | jq -se 'map(select(.event == "authn_login_success")) | last.detail == "by link, with a code"'
}

@test "what needs the password needs the code: switching off, new codes, a new password, the end of the account" {
	switch_on
	local action
	for action in second-off second-codes 'password&new=tram+seven+lantern' delete; do
		later 20
		# not done; or told to wait, as these are wrong tries, too
		account "action=$action&current=$PASS"
		[[ $code == 403 || $code == 429 ]]
		account "action=$action&current=$PASS&code=000000"
		[[ $code == 403 || $code == 429 ]]
		account "action=$action&current=wrong+horse&code=$(code)"
		status 403
	done
	account "action=second-start&current=$PASS"
	status 400
	assert_equal "$(gatehouse user second-factor "$NAME" --json | jq .second_factor)" true
	later 20
	account "action=second-off&current=$PASS&code=$(code)"
	status 303
	assert_equal "$location" /account?done=second-off
	assert_equal "$(gatehouse user second-factor "$NAME" --json | jq .second_factor)" false
	sign_in "$NAME" "$PASSWORD"
	gatehouse activity --user "$NAME" --json | jq -se 'any(.[]; .event == "authn_second_factor_off")'
	# and with the account its record goes
	switch_on
	later 1
	account "action=delete&current=$PASS&code=$(code)"
	status 303
	run ! grep -F "second-factor/$ID" <(gatehouse store dump)
}

@test "the tool shows it and takes it away; the owner can read who did" {
	switch_on
	assert_equal "$(gatehouse user list --json | jq -c --arg n "$NAME" '.[] | select(.name == $n).second_factor')" true
	run -0 gatehouse user second-factor "$NAME"
	assert_line --regexp 'recovery codes left +10'
	run -0 gatehouse user second-factor "$NAME" --remove
	assert_output "user $NAME has no second factor any more"
	run -0 gatehouse user second-factor "$NAME" --remove
	run -1 gatehouse user second-factor nobody
	sign_in "$NAME" "$PASSWORD"
	cgi console GET /activity '' HTTP_COOKIE="$session"
	has 'Second factor switched off'
	has 'by whoever runs this server'
}

@test "required: nobody reaches anything without: sessions are over, a sign-in leads through setting it up, and on" {
	sign_in "$NAME" "$PASSWORD"
	jq '.login.second_factor = "required"' "$ROOT/gatehouse.json" >"$ROOT/new.json"
	cp "$ROOT/gatehouse.json" "$ROOT/old.json"
	mv "$ROOT/new.json" "$ROOT/gatehouse.json"
	signed_out "$session"
	cgi console GET /account '' HTTP_COOKIE="$session"
	status 303
	early
	# from an app's request, which goes on afterwards
	form "$(authorize_uri)"
	local request
	request=$(hidden request)
	post /login "username=$NAME&password=$PASS&request=$request"
	refused 200
	has 'class="key"'
	KEY=$(sed -n 's/.*<code class="key">\([A-Z2-7 ]*\)<.*/\1/p' <<<"$body" | tr -d ' ')
	step=$(hidden step)
	request=$(hidden request)
	post /login "step=$step&request=$request&code=000000"
	refused
	has "$(sed 's/..../& /g; s/ $//' <<<"$KEY")"
	post /login "step=$step&request=$request&code=$(code)"
	status 200
	session=$(cookies)
	[[ $session == *gatehouse-session=* ]]
	has 'class="codes"'
	[[ $(sed -n 's/.*class="button primary" href="\([^"]*\)".*/\1/p' <<<"$body") == /authorize?*client_id=smartthings* ]]
	cgi console GET /account '' HTTP_COOKIE="$session"
	status 200
	post /login "step=$step&request=$request&code=$(code)"	# the page is over
	refused
	# a new account comes through it as well, and off means at once anew
	register "${NAME}new" "$PASS"
	refused 200
	has 'class="key"'
	later 2
	account "action=second-off&current=$PASS&code=$(code)"
	status 303
	signed_out "$session"
	mv "$ROOT/old.json" "$ROOT/gatehouse.json"
}
