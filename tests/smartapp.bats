#!/usr/bin/env bats
# The SmartApp webhook as plain CGI: signatures made by openssl, a key server double with its own certificate; every trick of
# docs/smartapp.md refused.
# long because: each rule of the verification has its row here.

load helper
load smartapp

setup_file() {
	make_root "$BATS_FILE_TMPDIR/root"
	start_keyserver "$BATS_FILE_TMPDIR/keys"
	make_key other
	make_key short 1
	openssl req -x509 -newkey rsa:1024 -nodes -keyout "$KEYS/small.key" -out "$KEYS/key/small.pem" -days 3 -subj /CN=x 2>/dev/null
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$KEYS/ec.key" -out "$KEYS/key/ec.pem" -days 3 -subj /CN=x 2>/dev/null
	openssl rsa -in "$KEYS/good.key" -pubout -out "$KEYS/key/bare.pem" 2>/dev/null
	cp "$KEYS/key/bare.pem" "$KEYS/bare.pem"
	configure
	cat >"$ROOT/app.json" <<-'END'
		{"id": "app", "name": "App", "description": "An app", "targetUrl": "https://home.example.org/smartapp?x=1",
		 "permissions": ["r:locations:*"], "configPages": [
		  {"pageName": "One", "sections": [{"name": "S", "settings": [{"type": "TEXT", "id": "a", "name": "A"}]}]},
		  {"pageName": "Two", "sections": [{"name": "S", "settings": [{"type": "BOOLEAN", "id": "b", "name": "B", "defaultValue": "true"}]}]}]}
	END
	stay
}

teardown_file() {
	stop_keyserver
	gone
}

# STAYS is taken back where a test has a config or several processes of its own.
setup() {
	load_libs
	STAYS=1
}

# What a good request is answered with: the smallest there is.
good() { install '{}'; }

@test "without a definition there is no endpoint" {
	STAYS=
	mkdir "$BATS_TEST_TMPDIR/none"
	cp -R "$ROOT/." "$BATS_TEST_TMPDIR/none"
	echo '{}' >"$BATS_TEST_TMPDIR/none/gatehouse.json"
	headers=()
	ROOT=$BATS_TEST_TMPDIR/none deliver '{}'
	refused 404 NotFoundError
}

@test "a request signed as SmartThings signs is answered; one key is fetched once" {
	send "$(good)"
	assert_equal "$code $body" '200 {"installData":{}}'
	send "$(uninstall)"
	assert_equal "$code $body" '200 {"uninstallData":{}}'
	send "$(uninstall)"
	assert_equal "$code $body" '200 {"uninstallData":{}}'
	assert_equal "$(asked | jq '[.[] | select(. == "/pl/useast1/good")] | length')" 1
}

@test "GMT and UTC, SHA-256 and SHA256, any order of headers, spaces behind commas, further headers signed" {
	m=$(good)
	DATE="$(LC_ALL=C date -u '+%a, %d %b %Y %H:%M:%S GMT')" send "$m"
	status 200
	m=$(good)
	DIGEST="SHA-256=$(printf '%s' "$m" | openssl dgst -sha256 -binary | base64 -w0)" send "$m"
	status 200
	SIGNED='date digest (request-target)' send "$(good)"
	status 200
	m=$(good)
	OTHER=c0ffee-1 SIGNED='(request-target) x-st-correlation digest date' sign "$m"
	deliver "$m"
	status 200
	# Sixteen of them, 2048 bytes in each; not more, not empty, not in great letters.
	m=$(good) long=$(printf 'x%.0s' {1..2048}) more=("HTTP_X_EMPTY=" HTTP_X_UP=x)
	for n in {1..14}; do more+=("HTTP_X_$n=x"); done
	signed="(request-target) digest date $(printf 'x-%s ' {1..12})x-13"
	SIGNED=$signed sign "$m"
	deliver "$m" "${more[@]}"
	status 200
	SIGNED="$signed x-14" sign "$m"
	deliver "$m" "${more[@]}"
	refused 401 SignatureError 'too many names'
	m=$(good)
	OTHER=$long SIGNED='(request-target) digest date x-1' sign "$m"
	deliver "$m" "HTTP_X_1=$long"
	status 200
	OTHER=x$long SIGNED='(request-target) digest date x-1' sign "$m"
	deliver "$m" "HTTP_X_1=x$long"
	refused 401 SignatureError 'x-1 is too long'
	OTHER='' SIGNED='(request-target) digest date x-empty' sign "$m"
	deliver "$m" "${more[@]}"
	refused 401 SignatureError 'x-empty is signed, but did not come'
	OTHER=x SIGNED='(request-target) digest date X-Up' sign "$m"
	deliver "$m" "${more[@]}"
	refused 401 SignatureError 'small letters'
	m=$(good)
	DATE=$(http_date "$(date +%s)")
	sign "$m"
	AUTH="${auth//,/ , }, version=\"9\"" sign "$m"
	deliver "$m"
	status 200
}

@test "the body is bound: changed, with its digest not signed, or with a digest of its own" {
	m=$(good)
	sign "$m"
	deliver "${m/INSTALL/UNINSTALL}"
	refused 401 SignatureError 'the body was changed'
	deliver "$m "
	refused 401 SignatureError
	SIGNED='(request-target) date' send "$m"
	refused 401 SignatureError 'digest is not signed'
	for digest in '' 'SHA256=' 'MD5=1B2M2Y8AsgTpgAmY7PhCfg==' "SHA-512=$(printf '%s' "$m" | openssl dgst -sha512 -binary | base64 -w0)" \
		"SHA256=$(printf '%s' "$m" | openssl dgst -sha256 -hex | sed 's/.* //')"; do
		DIGEST=$digest send "$m"
		refused 401 SignatureError
	done
}

@test "(request-target), digest and date must be signed" {
	for signed in date digest '(request-target)' '(request-target) digest' 'digest date' ''; do
		SIGNED=$signed send "$(good)"
		refused 401 SignatureError
	done
	SIGNED='(request-target) digest date date' send "$(good)"
	refused 401 SignatureError 'a name twice'
	SIGNED='(request-target) Digest date' send "$(good)"
	refused 401 SignatureError
	SIGNED='(request-target) digest date x-not-there' send "$(good)"
	refused 401 SignatureError 'x-not-there is signed, but did not come'
}

@test "old, early and unreadable dates; whole days count" {
	now=$(date +%s)
	for off in 310 -310 86400 -86400 31536000 -31536000 4294967296; do
		DATE=$(http_date $((now - off))) send "$(good)"
		refused 401 SignatureError 'seconds'
	done
	for off in 280 -280; do
		DATE=$(http_date $((now - off))) send "$(good)"
		status 200
	done
	for date in '' yesterday "$now" "$(date -u +%FT%TZ)" "$(http_date "$now") " "$(LC_ALL=C date -u '+%A, %d-%b-%y %T GMT')" \
		"$(LC_ALL=C date -u '+%a, %d %b %Y %T CET')" "$(http_date "$now"), $(http_date "$now")"; do
		DATE=$date send "$(good)"
		refused 401 SignatureError
	done
}

@test "other algorithms, other keys, other targets, other methods" {
	for algorithm in rsa-sha1 rsa-sha512 hs2019 RSA-SHA256 hmac-sha256 none ''; do
		ALGORITHM=$algorithm send "$(good)"
		refused 401 SignatureError 'algorithm='
	done
	for hash in sha1 sha512; do
		HASH=$hash send "$(good)"
		refused 401 SignatureError 'not that of the signing string'
	done
	KEY=$KEYS/other.key send "$(good)"
	refused 401 SignatureError 'not that of the signing string'
	for target in / /smartapp/ '/smartapp?x=1' /SmartApp /other; do
		TARGET=$target send "$(good)"
		refused 401 SignatureError '(request-target): post /smartapp |'
	done
	METHOD=get send "$(good)"
	refused 401 SignatureError
}

@test "key ids that are none are refused without a call; keys that are none are asked for once" {
	before=$(asked | jq length)
	for id in '' / good /pl/good /pl/useast1/ /pl/useast1/a/b /pl/../good /pl/useast1/.. '/pl/useast1/good?x' '/pl/useast1/good#x' \
		'@evil.example/good' '/pl/useast1/go%6fd' '//evil.example/good' /PL/useast1/good '/pl/useast1/good ' \
		https://evil.example/pl/useast1/good "/pl/useast1/$(printf 'a%.0s' $(seq 129))" \
		/SmartThings/d4:a3:58:b2:99:0d:d5:3d:a4:61:c9:a4:52:4a:66:a4; do
		KEYID=$id send "$(good)"
		refused 401 SignatureError keyId
	done
	assert_equal "$(asked | jq length)" "$before"
	for id in /pl/useast1/unknown /pl/bad/redirect /pl/bad/big /pl/bad/text /pl/bad/two /pl/bad/error /pl/bad/drop \
		/pl/useast1/small /pl/useast1/ec /pl/useast1/bare; do
		key=$KEYS/good.key
		[ $id != /pl/useast1/small ] || key=$KEYS/small.key	# signed as it should be: the key is the fault
		KEYID=$id KEY=$key send "$(good)"
		refused 401 SignatureError
		KEYID=$id KEY=$key send "$(good)"
		refused 401 SignatureError
		assert_equal "$(asked | jq --arg id "$id" '[.[] | select(. == $id)] | length')" 1
	done
}

@test "a key server that says nothing is given up after three seconds, and asked once by all" {
	STAYS=
	start=$EPOCHSECONDS
	m=$(good)
	for i in 1 2 3; do
		(KEYID=/pl/bad/slow BATS_TEST_TMPDIR=$BATS_TEST_TMPDIR/$i
		mkdir "$BATS_TEST_TMPDIR"
		sign "$m"
		deliver "$m"
		refused 401 SignatureError) &
	done
	wait
	[ $((EPOCHSECONDS - start)) -le 6 ]
	assert_equal "$(asked | jq '[.[] | select(. == "/pl/bad/slow")] | length')" 1
}

@test "what is not an Authorization of this scheme" {
	m=$(good)
	DATE=$(http_date "$(date +%s)")	# one for all: what is refused is refused for its form
	sign "$m"
	good=$auth
	deliver "$m"
	status 200
	for AUTH in '' Signature 'Signature ' 'Basic eDp5' "signature ${good#Signature }" "Signature  x=1,${good#Signature }" \
		"$good," "$good,," "$good,keyId=\"/pl/useast1/good\"" "${good//\"/}" "${good%?}" "$good junk" "$good, $good" \
		"${good/,signature=*\",headers/,headers}" \
		"$good,x=\"$(printf 'a%.0s' $(seq 4096))\""; do
		sign "$m"
		deliver "$m"
		refused 401 SignatureError Authorization
	done
	for AUTH in "${good/signature=\"/signature=\"!}" "${good/headers=\"/headers=\" }"; do
		sign "$m"
		deliver "$m"
		refused 401 SignatureError
	done
	unset AUTH DATE
	headers=(CONTENT_TYPE=application/json)
	deliver "$m"
	refused 401 SignatureError 'no Authorization'
	sign "$m"
	deliver "$m" "HTTP_DATE=$(http_date "$(date +%s)")"	# the same header twice
	status 200	# env keeps the last of a name: as CGI it cannot come twice
}

@test "a request that comes again is answered as before, and the handler does not see it" {
	m=$(events '{}')
	sign "$m"
	deliver "$m"
	assert_equal "$code $body" '200 {"eventData":{}}'
	for i in 1 2; do
		deliver "$m"
		assert_equal "$code $body" '200 {"eventData":{}}'
		grep -q 'smartapp_repeated' "$BATS_TEST_TMPDIR/cgi.err"
	done
	sign "$m"	# Date has moved on, or the signature is the same: both are fine
	deliver "$m"
	status 200
}

@test "a request that comes again after what it came to nothing for has changed still comes to nothing" {
	STAYS=
	cp "$ROOT/app.json" "$BATS_TEST_TMPDIR/app.json"
	rule() {
		jq -c --arg is "$1" '.rules = [{when: {event: "MODE_EVENT"}, and: [{user: "ann", device: "lamp", attribute: "switch.switch", is: $is}],
			then: [{command: {device: "d", capability: "switch", command: "on"}}]}]' "$BATS_TEST_TMPDIR/app.json" >"$ROOT/app.json"
	}
	gatehouse device set lamp --user ann st.switch.switch=off >/dev/null
	rule on
	send "$(uninstall)"
	m=$(events '{}' '{"eventType":"MODE_EVENT","modeEvent":{}}')
	sign "$m"
	deliver "$m"
	status 200
	gatehouse device set lamp --user ann st.switch.switch=on >/dev/null
	deliver "$m"
	assert_equal "$code $body" '200 {"eventData":{}}'
	run -1 gatehouse smartapp show "$APP"
	m=$(events '{}' '{"eventType":"MODE_EVENT","modeEvent":{}}')	# a new one: now the rule applies
	send "$m"
	assert_equal "$(gatehouse smartapp show "$APP" --json | jq '.calls | length')" 1
	cp "$BATS_TEST_TMPDIR/app.json" "$ROOT/app.json"
	send "$(uninstall)"
}

@test "what has effects is on disk before it is answered; what has none waits for no disk" {
	STAYS=
	cp "$ROOT/app.json" "$BATS_TEST_TMPDIR/app.json"
	jq -c '.rules = [{when: {event: "MODE_EVENT", mode: "call"}, then: [{command: {device: "d", capability: "switch", command: "on"}}]},
		{when: {event: "MODE_EVENT", mode: "set"}, then: [{set: {user: "ann", device: "lamp", attribute: "switchLevel.level", value: 33}}]}]' \
		"$BATS_TEST_TMPDIR/app.json" >"$ROOT/app.json"
	mode() { events '{}' "{\"eventType\":\"MODE_EVENT\",\"modeEvent\":{\"modeId\":\"$1\"}}"; }
	mapfile -t full < <(full_disk)
	send "$(uninstall)"
	gatehouse device set lamp --user ann st.switchLevel.level=1 st.switch.switch=on >/dev/null
	switch=on
	for m in "$(mode other)" "$(message CONFIGURATION configurationData "{\"installedAppId\":\"$APP\",\"phase\":\"INITIALIZE\"}")"; do
		sign "$m"
		deliver "$m" "${full[@]}"
		status 200
	done
	for m in "$(install '{}')" "$(mode call)" "$(mode set)" "$(uninstall)"; do
		sign "$m"
		deliver "$m" "${full[@]}"
		refused 500 InternalError 'the store: '
		[ "$switch" = on ] && switch=off || switch=on
		gatehouse device set lamp --user ann st.switch.switch=$switch >/dev/null	# the disk takes things again: a change is on it
		deliver "$m"	# nothing of it was kept, also not that it came
		status 200
		run ! grep smartapp_repeated "$BATS_TEST_TMPDIR/cgi.err"
	done
	assert_equal "$(gatehouse device show lamp --user ann --json | jq -c '[.. | objects | select(.attribute? == "level") | .value]')" '[33]'
	cp "$BATS_TEST_TMPDIR/app.json" "$ROOT/app.json"
}

@test "a handler of one's own sees a request once: of twins at one moment, after an error, and after its death" {
	STAYS=
	cat >"$BATS_TEST_TMPDIR/count.c" <<-'END'
		#include <stdio.h>
		#include <stdlib.h>
		#include <string.h>
		#include <unistd.h>
		#include "smartapp/handler.h"
		static enum smartapp_error
		on_event(struct smartapp_call *call)
		{
			FILE *f = fopen(getenv("SEEN"), "a");
			fprintf(f, "%s %s\n", call->request->execution_id, call->definition->config_pages->next->name);
			fclose(f);
			usleep(300000);
			if (strcmp(smartapp_wish, "die") == 0)
				abort();
			return strcmp(smartapp_wish, "fail") == 0 ? SMARTAPP_INTERNAL_ERROR : SMARTAPP_OK;
		}
		const struct smartapp_handler smartapp_handler = { .version = SMARTAPP_HANDLER_VERSION, .event = on_event };
	END
	for wish in work fail die; do
		gcc -shared -fPIC -I "$TOP/cgi-bin" "-Dsmartapp_wish=\"$wish\"" -o "$ROOT/$wish.so" "$BATS_TEST_TMPDIR/count.c"
	done
	# all WISH WANTED: the same bytes five times at once, then once more; what came, each different answer once.
	all() {
		configure "{\"handler\": \"$1.so\"}"
		m=$(events '{}')
		sign "$m"
		for i in 1 2 3 4 5 6; do
			mkdir -p "$BATS_TEST_TMPDIR/$1$i"
			[ $i != 6 ] || wait
			(BATS_TEST_TMPDIR=$BATS_TEST_TMPDIR/$1$i
			deliver "$m" SEEN="$ROOT/$1.seen" >/dev/null && echo "$code $(jq -c 'del(.correlationId)' <<<"$body")" >"$BATS_TEST_TMPDIR/got" ||
				echo dead >"$BATS_TEST_TMPDIR/got") &
		done
		wait
		assert_equal "$(sort "$BATS_TEST_TMPDIR/$1"?/got | uniq -c | sed 's/^ *//')" "$2"
		assert_equal "$(wc -l <"$ROOT/$1.seen")" 1
	}
	all work '6 200 {"eventData":{}}'
	assert_equal "$(cut -d' ' -f2 "$ROOT/work.seen")" Two
	all fail '6 500 {"error":"InternalError"}'
	all die $'5 500 {"error":"InternalError"}\n1 dead'
	configure
}

@test "the reason stands in the log, without the tokens; the answer has the correlation id alone" {
	m=$(install '{}')
	sign "$m"
	deliver "${m/at-1/SECRET-TOKEN}"
	assert_equal "$body" '{"error":"SignatureError","correlationId":"c0ffee-1"}'
	run ! grep SECRET-TOKEN "$BATS_TEST_TMPDIR/cgi.err"
	grep -q 'string="(request-target): post /smartapp | digest: SHA256=' "$BATS_TEST_TMPDIR/cgi.err"
	OTHER=SECRET-COOKIE SIGNED='(request-target) digest date cookie' sign "$m"
	deliver "${m/at-1/x}" HTTP_COOKIE=SECRET-COOKIE
	run ! grep SECRET-COOKIE "$BATS_TEST_TMPDIR/cgi.err"
}

@test "switches: PING unsigned, signatures not checked, skew null, a local key" {
	STAYS=
	ping='{"lifecycle":"PING","executionId":"e","pingData":{"challenge":"<b>1</b>"}}'
	headers=(CONTENT_TYPE=application/json)
	deliver "$ping"
	refused 401 SignatureError
	send "$ping"
	refused 400 BadRequestError 'smartapp.ping is false'
	headers=(CONTENT_TYPE=application/json)
	configure '{"ping": true}'
	deliver "$ping" HTTP_AUTHORIZATION=x	# who signs is judged by it
	refused 401 SignatureError
	deliver "$ping"
	assert_equal "$code $(jq -r .pingData.challenge <<<"$body")" '200 <b>1</b>'
	assert_equal "$(header X-Content-Type-Options)" nosniff
	run ! grep -F '<b>' "$BATS_TEST_TMPDIR/cgi.err"
	deliver "${ping/PING/UNINSTALL}"
	refused 401 SignatureError
	deliver "${ping/\{/\{\"lifecycle\":\"UNINSTALL\",}"
	refused 401 SignatureError
	for bad in '{"lifecycle":"PING"}' '{"lifecycle":"PING","pingData":{}}' '{"lifecycle":"PING","pingData":{"challenge":7}}'; do
		deliver "$bad"
		refused 400 BadRequestError
	done
	configure '{"check_signatures": false}'
	deliver "$(install '{}')"
	status 200
	grep -q 'requests of anybody are believed' "$BATS_TEST_TMPDIR/cgi.err"
	PUBLIC=https://home.example.org configure '{"check_signatures": false}'
	run -1 deliver "$(install '{}')"
	assert_output --partial allow_unsigned
	PUBLIC=https://home.example.org configure '{"check_signatures": false, "allow_unsigned": true}'
	deliver "$(install '{}')"
	status 200
	configure '{"clock_skew_sec": null}'
	DATE=$(http_date 1000000000) send "$(install '{}')"
	status 200
	DATE=$(http_date 1000000000) sign "$(install '{}')"
	deliver x
	refused 401 SignatureError
	cp "$KEYS/bare.pem" "$ROOT/secret/app.pem"
	configure '{"local_key_file": "secret/app.pem"}'
	KEYID=/SmartThings/d4:a3:58:b2:99:0d:d5:3d:a4:61:c9:a4:52:4a:66:a4 send "$(install '{}')"
	status 200
	KEYID=/SmartThings/x send "$(install '{}')"
	refused 401 SignatureError
	configure
}

@test "a certificate counts for its time alone, and for a day without being asked for again" {
	STAYS=
	configure
	jq '.simulator = true' "$ROOT/gatehouse.json" >"$BATS_TEST_TMPDIR/c" && cp "$BATS_TEST_TMPDIR/c" "$ROOT/gatehouse.json"
	at() { KEYID=/pl/useast1/short KEY=$KEYS/short.key DATE=$(http_date $(($(date +%s) + $1))) send "$(good)"; }
	move 0
	at 0
	status 200
	move 80000
	at 80000
	status 200
	assert_equal "$(asked | jq '[.[] | select(. == "/pl/useast1/short")] | length')" 1
	move 90000
	at 90000
	refused 401 SignatureError 'has expired'
	move -90000
	at -90000
	refused 401 SignatureError 'does not hold yet'
	move 0
	configure
}

@test "gatehouse smartapp verify says why, rule by rule, and asks nobody" {
	m=$(good)
	capture() {
		printf 'POST /smartapp HTTP/1.1\r\nHost: home.example.org\r\nContent-Length: %s\r\n' "$(printf '%s' "$1" | wc -c)"
		printf '%s\r\n' "${headers[@]}" | sed 's/^HTTP_AUTHORIZATION=/Authorization: /; s/^HTTP_DATE=/Date: /; s/^HTTP_DIGEST=/Digest: /; s/^CONTENT_TYPE=/Content-Type: /; /^HTTP_X/d'
		printf '\r\n%s\n' "$1"
	}
	before=$(asked | jq length)
	sign "$m"
	capture "$m" >"$BATS_TEST_TMPDIR/r"
	run -0 gatehouse smartapp verify "$BATS_TEST_TMPDIR/r" --key "$KEYS/key/good.pem"
	assert_output --partial 'This request is genuine.'
	run -0 gatehouse smartapp verify "$BATS_TEST_TMPDIR/r"	# the key was fetched by the tests above
	run -1 --separate-stderr gatehouse smartapp verify "$BATS_TEST_TMPDIR/r" --key "$KEYS/key/other.pem" --json
	assert_equal "$(jq -r '.genuine, (.steps[] | select(.result != "ok") | .step)' <<<"$output")" $'false\nsignature'
	run -1 gatehouse smartapp verify "$BATS_TEST_TMPDIR/r" --path /else
	assert_output --partial 'is the path the target URL'
	sed -i 's/at-1/at-9/' "$BATS_TEST_TMPDIR/r"
	run -1 gatehouse smartapp verify "$BATS_TEST_TMPDIR/r"
	assert_output --partial 'Digest is not that of the body'
	KEYID=/pl/useast1/never DATE=$(http_date 1000000000) sign "$m"
	capture "$m" >"$BATS_TEST_TMPDIR/r"
	run -1 gatehouse smartapp verify "$BATS_TEST_TMPDIR/r"
	assert_output --partial 'this instance has not seen the key'
	assert_output --partial 'seconds behind our clock'
	echo nothing >"$BATS_TEST_TMPDIR/r"
	run -1 gatehouse smartapp verify "$BATS_TEST_TMPDIR/r"
	run -1 gatehouse smartapp verify /nonexistent
	assert_equal "$(asked | jq length)" "$before"
}

@test "at most thirty keys never seen are asked for in a minute; a known one goes on" {
	send "$(good)"	# known from now on
	status 200
	for i in $(seq 45); do
		KEYID=/pl/flood/$i sign "$(good)"
		deliver x	# the digest is looked at before the key: nobody is asked
		refused 401 SignatureError
	done
	assert_equal "$(asked | jq '[.[] | select(startswith("/pl/flood"))] | length')" 0
	# A minute may end meanwhile: then once more, with other ids.
	for part in a b; do
		minute=$(date +%M)
		for i in $(seq 35); do
			KEYID=/pl/flood$part/$i send "$(good)"
			refused 401 SignatureError
		done
		[ "$(date +%M)" != "$minute" ] || break
	done
	[ "$(asked | jq --arg p "/pl/flood$part/" '[.[] | select(startswith($p))] | length')" -le 30 ]
	send "$(good)"
	status 200
}
