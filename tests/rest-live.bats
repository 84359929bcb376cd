#!/usr/bin/env bats
# The REST API of third parties behind real web servers: every check of rest.bats and rest-handlers.bats, and what needs many
# processes at once.

load helper
load pages
load rest
load instance

setup() { cd "$TOP" || return 1; }

teardown() {
	[ -z "${hearer-}" ] || kill "$hearer"
	[ ! -d "$BATS_TEST_TMPDIR/root/pid" ] || deploy stop --root "$BATS_TEST_TMPDIR/root" >/dev/null
}

# all WEB: the two suites through that web server. The programs behind it are of the release build, so the tool is, too.
all() {
	run env -u BATS_TEST_TMPDIR -u BATS_FILE_TMPDIR -u BATS_RUN_TMPDIR -u BATS_SUITE_TMPDIR REST_WEB="$1" GATEHOUSE_BUILD="$TOP/build" \
		bats --formatter tap tests/rest.bats tests/rest-handlers.bats
	[ "$status" = 0 ] || { grep -A12 '^not ok' <<<"$output"; return 1; }
	[ "$(grep -c '^ok ' <<<"$output")" -ge 27 ]
	! grep '# skip' <<<"$output"
}

@test "every check through nginx" { all nginx; }

@test "every check through lighttpd" { all lighttpd; }

# web_root WEB: an instance behind that web server, with eight processes of each program.
web_root() {
	REST_WEB=$1 BATS_FILE_TMPDIR=$BATS_TEST_TMPDIR
	. tests/rest.bash
	rest_root
}

# ask COUNT: as eight programs at once, COUNT calls each; $answers says how many of each status there were.
ask() {
	local n asking=() pid
	for n in {1..8}; do
		(for _ in $(seq "$1"); do curl -qs --noproxy '*' -o /dev/null -w '%{http_code}\n' "$LIVE$api/literal" -H "Authorization: Bearer $token"; done) >"$BATS_TEST_TMPDIR/$n" 3>&- &
		asking+=($!)
	done
	for pid in "${asking[@]}"; do wait "$pid"; done
	answers=$(cat "$BATS_TEST_TMPDIR"/[1-8] | sort | uniq -c | xargs)
}

# end_workers: each process of the program is told to finish; others take its place.
end_workers() {
	local pid
	for pid in $(cat "/proc/$(cat "$ROOT/pid/web-services.pid")"/task/*/children); do kill -TERM "$pid" 2>/dev/null || true; done
}

@test "43 exactly 250 calls of a window are let through by eight processes, whose places others take meanwhile" {
	web_root nginx
	install ann all
	local ends last=0
	ask 10
	[ "$answers" = '80 200' ] || { echo "at first: $answers"; return 1; }
	end_workers
	(for _ in 1 2 3; do sleep 0.3; end_workers; done) 3>&- &
	ends=$!
	ask 40
	wait "$ends"
	[ "$answers" = '170 200 150 429' ] || { echo "then: $answers"; return 1; }
	kill -KILL $(cat "/proc/$(cat "$ROOT/pid/web-services.pid")"/task/*/children)
	until_is '8 429' eval 'ask 1; echo "$answers"'
	install ann all
	for _ in {1..20}; do
		call GET /literal
		[ "$(header X-RateLimit-Current)" = "$last" ]
		last=$((last + 1))
	done
	run ! grep -rF "$token" "$ROOT/log"
}

# told WEB: a subscriber hears of a change, signed, from a whole instance; and, once unsubscribed, of no other.
told() {
	local to=$BATS_TEST_TMPDIR/posts id secret at data
	web_root "$1"
	node tests/fake/subscriber.mjs "$BATS_TEST_TMPDIR/answer" >"$to" 2>/dev/null 3>&- &
	hearer=$!
	until_true test -s "$to"
	install ann devices --device A --device B
	gatehouse device set A --user ann switch.switch=off >/dev/null
	call POST /subscriptions '{"deviceId":"A","attributeName":"switch","callbackUrl":"http://127.0.0.1:'"$(sed -n 's/^port //p' "$to")"'/x"}'
	status 201
	id=$(json .id) secret=$(json .secret)
	call PUT /devices/B '{"command":"on"}'
	call PUT /devices/A '{"command":"on"}'
	status 204
	until_true grep -q '^{' "$to"
	at=$(grep '^{' "$to" | jq -r '.headers["x-gatehouse-timestamp"]') data=$(grep '^{' "$to" | jq -r .body)
	[ "$data" = '{"evt":{"deviceId":"A","name":"switch","value":"on"}}' ]
	[ "$(grep '^{' "$to" | jq -r '.headers["x-gatehouse-signature"]')" = "sha256=$(printf '%s.%s' "$at" "$data" | openssl dgst -sha256 -hmac "$secret" | sed 's/.* //')" ]
	call DELETE "/subscriptions/$id"
	call PUT /devices/A '{"command":"off"}'
	sleep 1
	[ "$(grep -c '^{' "$to")" = 1 ]
}

@test "44 a change is posted by a whole instance behind nginx" { told nginx; }

@test "44 a change is posted by a whole instance behind lighttpd" { told lighttpd; }
