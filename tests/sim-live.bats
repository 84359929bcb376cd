#!/usr/bin/env bats
# The simulator against a live instance, from a terminal: the whole road, and all of certification in one run.

load instance

setup_file() {
	bats_require_minimum_version 1.5.0
	W=$(mktemp -d /tmp/gatehouse-sim.XXXXXX)
	export W
	deploy --root "$W/run" --port "$(free_port)" >"$W/out" || { cat "$W/out"; return 1; }
}

teardown_file() {
	[ ! -d "$W/run" ] || deploy stop --root "$W/run" >/dev/null || true
	rm -rf "$W"
}

setup() {
	load /usr/lib/bats/bats-support/load
	load /usr/lib/bats/bats-assert/load
}

live() { "$W/run/gatehouse" "$@"; }

@test "the operator links a home through the real pages, and moves devices" {
	run live sim show
	assert_success
	assert_output --partial 'link: none'
	run live sim link --user demo --device kitchen-dimmer --device hall-switch
	assert_success
	assert_output --partial 'kitchen-dimmer'
	refute_output --partial 'front-door-lock'
	[ "$(stat -c %a "$W/run/secret/simulator-home")" = 600 ]
	run live sim trigger command --device kitchen-dimmer --capability st.switchLevel --command setLevel --arguments '[33]'
	assert_success
	assert_output --partial 'level 33 %'
	run live device show kitchen-dimmer --user demo
	assert_output --regexp 'level[^0-9]*33'
	run live sim trigger bad_argument
	assert_success
	run live sim trigger dance
	assert_failure 1
	assert_output --partial 'There is no such action'
	live sim log --kind commandRequest --json >"$W/log"
	local seq
	seq=$(jq -r '.[0].seq' "$W/log")
	run live sim log "$seq"
	assert_output --partial '"requestId"'
	assert_output --partial 'curl -s'
	run live sim replay "$seq"
	assert_success
	run live sim log 999999
	assert_failure 1
	run live sim link --user nobody
	assert_failure 1
}

@test "every check is green in one run, and the owner's devices are as before" {
	local before
	before=$(live device list --user demo --json | jq -c '[.[].id]')
	run live sim checks --user demo
	assert_success
	refute_line --regexp '^[a-z_]+ +no '
	assert_equal "$(live device list --user demo --json | jq -c '[.[].id]')" "$before"
	[ "$(live sim log --status faulty --json)" = '[]' ]
}

@test "the porch light: installed from the terminal, on at motion, off by its timer" {
	app_has() { until_true eval "live sim app --json | jq -e '$1'"; }
	run live sim trigger app_install --set sensors=porch-motion --set lights=porch-light --set lights=hall-lamp --set minutes=4
	assert_success
	assert_output --partial 'Porch light keeper, installed as'
	app_has '.subscriptions == ["Porch motion: motionSensor.motion *"]'
	run live sim trigger app_install --set lights=porch-motion
	assert_failure
	run live sim trigger app_event --device porch-motion --value active
	assert_success
	app_has '[.things[] | select(.slug == "porch-light" or .slug == "hall-lamp").attributes[0].value] == ["on", "on"]'
	live sim trigger app_event --device porch-motion --value inactive
	app_has '.schedules[0].name == "porch-off"'
	live sim clock hour
	app_has '[.things[] | select(.slug == "porch-light").attributes[0].value] == ["off"] and .schedules == []'
	live sim clock now
	run live sim trigger app_uninstall
	assert_success
	run live sim trigger app_event --device porch-motion --value active
	assert_failure
}

@test "a day and a month on, tokens are renewed by both sides, and the link lives" {
	live sim link --user demo --include-new >/dev/null
	local by before
	for by in day month; do
		before=$(live sim log --kind refresh_token --json | jq length)
		live sim clock $by
		# By the clock alone: nobody has pressed anything since.
		live sim log --kind refresh_token --json | jq -e "length == $before + 1 and .[0].status == 200"
		run live sim trigger states
		assert_success
	done
	live sim log --kind refresh_token --json | jq -e 'length >= 2 and all(.status == 200)'
	live device set hall-switch --user demo st.switch.switch=on
	until_true eval "live sim show --json | jq -e 'any(.devices[]; .id == \"hall-switch\" and any(.values[]; .value == \"on\"))'"
	live sim log --kind refreshAccessTokens --json | jq -e 'any(.status == 200)'
	live sim clock now
	run live sim trigger states
	assert_success
}

@test "no token, code or secret is in a log; errors of the web server have the right form" {
	. "$W/run/demo.env"
	run ! grep -rE 'eyJ[A-Za-z0-9_-]+\.eyJ' "$W/run/log"
	run ! grep -rF -e "$CLIENT_SECRET" -e "$(cat "$W/run/secret/smartthings")" -e "$(cat "$W/run/secret/simulator-home")" "$W/run/log"
	"$W/run/gatehouse" store dump >"$W/dump"
	run ! grep -E '"(sim-[a-z]+/[^"]*)".*(eyJ[A-Za-z0-9_-]+\.eyJ)' "$W/dump"
	run ! grep -F -e "$CLIENT_SECRET" -e "$(cat "$W/run/secret/smartthings")" "$W/dump"
	head -c 300000 /dev/zero >"$W/big"
	[ "$(curl -qs --noproxy '*' -o "$W/answer" -w '%{http_code} %{content_type}' --data-binary @"$W/big" "$URL/sim/callback/event")" = '413 application/json' ]
	[ "$(curl -qs --noproxy '*' -o "$W/answer" -w '%{http_code} %{content_type}' --data-binary @"$W/big" "$URL/sim/api/do")" = '413 application/json' ]
	[[ $(curl -qs --noproxy '*' -o "$W/answer" -w '%{http_code} %{content_type}' --data-binary @"$W/big" "$URL/sim/do") == '413 text/html'* ]]
}

# What one engine has and the other has not (docs/metrics.md).
ONLY_gdbm='base_records base_bytes segments segment_bytes active_bytes unsynced_bytes repairs_total sync_failures_total folds_total
	last_fold_milliseconds folded_timestamp_seconds disk_free_bytes'
ONLY_postgresql='records bytes dead_records rollbacks_total deadlocks_total connections standbys synchronous_standbys questions_total
	swept_total'

# is_there NAME: does /metrics have a figure of the store by this name?
is_there() { grep -q "^# TYPE gatehouse_store_$1 " "$W/metrics"; }

# watched EXPRESSION...: what is wrong with them; without any, with those of the dashboard and of the alerts but what they ask the other
# engine for.
watched() {
	if [ $# = 0 ]; then
		gojq -r --yaml-input '.groups[].rules[].expr' "$TOP/conf/prometheus/alerts.yml"
		gojq -r '.panels[] | .targets // [] | .[].expr' "$TOP/conf/grafana/gatehouse.json"
		gojq -r '.templating.list[].query | objects | .query' "$TOP/conf/grafana/gatehouse.json"
	else
		printf '%s\n' "$@"
	fi >"$W/all"
	local names
	names=$(xargs <<<"$theirs" | tr ' ' '|')
	if [ $# = 0 ]; then grep -vE "gatehouse_store_($names)\b" "$W/all"; else cat "$W/all"; fi >"$W/expressions"
	/usr/bin/python3 "$TOP/tests/watching.py" "$W/metrics" "$W/expressions"
}

@test "the dashboard and the alerts ask for figures that there are" {
	local ours=$ONLY_gdbm theirs=$ONLY_postgresql name
	[ "${GATEHOUSE_ENGINE-gdbm}" = gdbm ] || { ours=$ONLY_postgresql theirs=$ONLY_gdbm; }
	live log level courier info >/dev/null
	live metrics show >"$W/metrics"
	for name in $ours; do is_there "$name" || { echo "no $name"; return 1; }; done
	for name in $theirs; do ! is_there "$name" || { echo "$name"; return 1; }; done
	run watched
	assert_success
	[ -z "$output" ]
	[ "$(wc -l <"$W/expressions")" -gt 40 ]
	# What is wrong is found.
	while read -r expression; do
		run watched "$expression"
		assert_success
		[ -n "$output" ] || { echo "$expression"; return 1; }
	done <<-'END'
		gatehouse_store_upp
		gatehouse_request_seconds
		gatehouse_requests_total{code="200"}
		gatehouse_events_total{event="login"}
		gatehouse_events_total{event=~"client_refused|login_.*"}
		gatehouse_request_seconds_bucket{route="/schemas"}
		sum by (route (gatehouse_requests_total)
		sum by (sender) (gatehouse_requests_total)
		rate(gatehouse_store_segments[5m])
		rat(gatehouse_requests_total[5m])
	END
	# Each alert says what is wrong, and what to do.
	gojq -e --yaml-input '[.groups[].rules[] | select((.alert | test("^Gatehouse[A-Z]")) and (.labels.severity | IN("page", "ticket")) and
		(.annotations | .summary and .description))] | length == 16' "$TOP/conf/prometheus/alerts.yml"
	gojq -e '[.panels[].id] | length == (unique | length)' "$TOP/conf/grafana/gatehouse.json"
}
