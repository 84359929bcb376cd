#!/usr/bin/env bats
# The REST API of third parties behind real web servers: every check of rest.bats and rest-handlers.bats, and what needs many
# processes at once.

load helper
load pages
load rest

setup() { cd "$TOP" || return 1; }

# all WEB: the two suites through that web server.
all() {
	run env -u BATS_TEST_TMPDIR -u BATS_FILE_TMPDIR -u BATS_RUN_TMPDIR -u BATS_SUITE_TMPDIR REST_WEB="$1" \
		bats --formatter tap tests/rest.bats tests/rest-handlers.bats
	[ "$status" = 0 ] || { grep -A12 '^not ok' <<<"$output"; return 1; }
	[ "$(grep -c '^ok ' <<<"$output")" -ge 25 ]
}

@test "every check through nginx" { all nginx; }

@test "every check through lighttpd" { all lighttpd; }

@test "43 exactly 250 calls of a window are let through by eight processes" {
	REST_WEB=nginx
	. tests/rest.bash
	rest_root
	install ann all
	local n asking=() pid
	for n in {1..8}; do
		(for _ in {1..50}; do curl -qs --noproxy '*' -o /dev/null -w '%{http_code}\n' "$LIVE$api/literal" -H "Authorization: Bearer $token"; done) >"$BATS_TEST_TMPDIR/$n" 3>&- &
		asking+=($!)
	done
	for pid in "${asking[@]}"; do wait "$pid"; done
	[ "$(cat "$BATS_TEST_TMPDIR"/[1-8] | sort | uniq -c | xargs)" = '250 200 150 429' ] || { sort "$BATS_TEST_TMPDIR"/[1-8] | uniq -c; rest_end; return 1; }
	local last=0
	install ann all
	for n in {1..20}; do
		call GET /literal
		[ "$(header X-RateLimit-Current)" = "$last" ] || { rest_end; return 1; }
		last=$((last + 1))
	done
	! grep -rF "$token" "$ROOT/log" || { rest_end; return 1; }
	rest_end
}
