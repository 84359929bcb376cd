#!/usr/bin/env bats
# Figures and log levels, as an operator sees them: /metrics, gatehouse metrics, gatehouse log.
load helper

setup_file() {
	load helper
	make_root "$BATS_FILE_TMPDIR/root"
	mkdir -p "$ROOT/secret"
	printf 'the-token-of-the-watch\n' >"$ROOT/secret/metrics"
	jq '.metrics_token_file = "secret/metrics"' "$ROOT/gatehouse.json" >"$ROOT/new" && mv "$ROOT/new" "$ROOT/gatehouse.json"
}

setup() { load_libs; }

# metrics [NAME=VALUE]: ask for the figures.
metrics() { cgi health GET /metrics '' HTTP_AUTHORIZATION="${1-Bearer the-token-of-the-watch}"; }

# figure 'NAME{LABELS}': its value in the last answer; "none" if it is not there.
figure() {
	local line
	while IFS= read -r line; do
		[[ $line != "$1 "* ]] || { echo "${line##* }"; return; }
	done <<<"$body"
	echo none
}

@test "only the token of the file opens them" {
	local sent
	for sent in '' 'Bearer ' 'Bearer the-token-of-the-watc' 'Bearer the-token-of-the-watchh' 'Basic the-token-of-the-watch' 'the-token-of-the-watch'; do
		metrics "$sent"
		assert_equal "$code $(json .error)" '401 invalid_token'
		[[ $(header WWW-Authenticate) == Bearer* ]]
		[[ $body != *gatehouse_* ]]
	done
	metrics
	assert_equal "$code $type" '200 text/plain; version=0.0.4; charset=utf-8'
	: >"$ROOT/secret/metrics"
	metrics 'Bearer '
	status 401
	rm "$ROOT/secret/metrics"
	metrics
	status 401
	printf 'the-token-of-the-watch' >"$ROOT/secret/metrics"
	cgi health POST /metrics ''
	status 405
}

@test "where no file is named there is no such address" {
	local ROOT=$BATS_TEST_TMPDIR/other
	mkdir "$ROOT"
	printf '{"public_url":"http://127.0.0.1:8080","insecure_loopback":true}' >"$ROOT/gatehouse.json"
	metrics
	assert_equal "$code $(json .error)" '404 not_found'
}

@test "requests are counted by route and status, logins and calls too, and the format is Prometheus' own" {
	local before after i
	metrics
	before=$(figure 'gatehouse_requests_total{program="token",route="/token",status="401"}')
	for i in 1 2 3; do
		cgi token POST /token 'grant_type=authorization_code&code=x&client_id=nobody&client_secret=x'
		status 401
	done
	cgi token GET /token/x
	status 404
	metrics
	after=$(figure 'gatehouse_requests_total{program="token",route="/token",status="401"}')
	assert_equal "$((after - ${before/none/0}))" 3
	[ "$(figure 'gatehouse_requests_total{program="token",route="-",status="404"}')" -ge 1 ]
	[ "$(figure 'gatehouse_request_seconds_count{program="token",route="/token"}')" -ge 3 ]
	[ "$(figure gatehouse_store_up)" = 1 ]
	[ "$(figure gatehouse_courier_up)" = 0 ]
	[ "$(figure gatehouse_store_segments)" -ge 1 ]
	[ "$(figure gatehouse_store_commits_total)" != none ]
	[ "$(figure gatehouse_signing_key_age_seconds)" -lt 600 ]
	[ "$(figure gatehouse_store_disk_free_bytes)" -gt 1000000 ]
	/usr/bin/python3 -c '
import sys
from prometheus_client.parser import text_string_to_metric_families
families = {f.name: f for f in text_string_to_metric_families(sys.stdin.read())}
assert families["gatehouse_requests"].type == "counter"
for f in families.values():
	assert f.documentation and f.type in ("counter", "gauge", "histogram"), f
	if f.type == "histogram":
		last, seen = {}, 0
		for s in f.samples:
			if s.name.endswith("_bucket"):
				key = tuple(sorted((k, v) for k, v in s.labels.items() if k != "le"))
				assert s.value >= last.get(key, 0)
				last[key] = s.value
			elif s.name.endswith("_count"):
				assert last[tuple(sorted(s.labels.items()))] == s.value
				seen += 1
		assert seen
' <<<"$body"
	assert_equal "$(gatehouse metrics show | grep -c '^gatehouse_store_up 1$')" 1
}

@test "nothing that a request says becomes a label" {
	cgi token POST "/token/%22%7d-evil" 'x=evil'
	cgi token EVIL /token 'grant_type=evil'
	cgi token POST /token 'grant_type=evil&client_id=evil&client_secret=evil' HTTP_USER_AGENT=evil REMOTE_ADDR=evil
	metrics
	[[ $body != *evil* ]]
}

@test "every family stands in docs/metrics.md" {
	metrics
	local name doc=$(<"$TOP/docs/metrics.md")
	while IFS= read -r name; do
		[[ $doc == *"$name"* || $doc == *"_${name#gatehouse_store_}"* ]] || { echo "$name is not in docs/metrics.md"; return 1; }
	done < <(sed -n 's/^# TYPE \([a-z_]*\) .*/\1/p' <<<"$body")
}

@test "the store cannot be opened: that is what the figures say" {
	mv "$ROOT/store" "$ROOT/away"
	: >"$ROOT/store"
	metrics
	rm "$ROOT/store"
	mv "$ROOT/away" "$ROOT/store"
	assert_equal "$code $(figure gatehouse_store_up) $(figure gatehouse_courier_up)" '200 0 none'
}

@test "log level: holds at once, for the program it was set for, until it is set again" {
	cgi token GET /token/x
	[[ $(<"$BATS_TEST_TMPDIR/cgi.err") != *debug* ]]
	run gatehouse log level token debug
	assert_success
	assert_line --regexp '^token +debug$'
	cgi token GET /token/x
	[[ $(<"$BATS_TEST_TMPDIR/cgi.err") == *" debug token "*" request "* ]]
	cgi health GET /health
	[[ $(<"$BATS_TEST_TMPDIR/cgi.err") != *debug* ]]
	assert_equal "$(gatehouse --json log level token default | jq -r '.[] | select(.program == "token") | .level')" default
	cgi token GET /token/x
	[[ $(<"$BATS_TEST_TMPDIR/cgi.err") != *debug* ]]
}

@test "log level says what is wrong" {
	run gatehouse log level toke debug
	assert_failure 1
	assert_output --partial 'no program called toke'
	run gatehouse log level token loud
	assert_failure 1
	assert_output --partial 'debug, info, warn, error'
	run gatehouse log level token
	assert_failure 1
	assert_output --partial 'which level?'
}
