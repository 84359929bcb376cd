#!/usr/bin/env bats
# Two machines (two roots, two ports) with one PostgreSQL database, behind one nginx that sends each request to either of them.

load instance
load postgresql

setup_file() {
	bats_require_minimum_version 1.5.0
	W=$(mktemp -d /tmp/gatehouse-machines.XXXXXX)
	chmod 711 "$W"
	FRONT=$(free_port) A=$(free_port) B=$(free_port)
	export W FRONT A B
	deploy --root "$W/a" --engine postgresql --port "$A" --public-url "http://127.0.0.1:$FRONT" >"$W/a.out" 2>&1 || { cat "$W/a.out"; return 1; }
	deploy --root "$W/b" --join "$W/a" --port "$B" >"$W/b.out" 2>&1 || { cat "$W/b.out"; return 1; }
	mkdir "$W/front"
	cat >"$W/front/nginx.conf" <<-END
		daemon on; worker_processes 1; pid nginx.pid; error_log stderr;
		$([ "$(id -u)" != 0 ] || echo 'user root;')
		events { }
		http {
		  access_log off; client_body_temp_path t1; proxy_temp_path t2; fastcgi_temp_path t3; uwsgi_temp_path t4; scgi_temp_path t5;
		  upstream machines { server 127.0.0.1:$A; server 127.0.0.1:$B; }
		  server { listen 127.0.0.1:$FRONT; location / { proxy_pass http://machines; proxy_set_header Host \$http_host; proxy_buffering off;
		    proxy_next_upstream off; } }
		}
	END
	nginx -p "$W/front" -c nginx.conf -e stderr 3>&-
}

teardown_file() {
	local root
	[ ! -f "$W/front/nginx.pid" ] || kill "$(cat "$W/front/nginx.pid")" || true
	for root in b a; do [ ! -d "$W/$root" ] || deploy stop --root "$W/$root" >/dev/null || true; done
	rm -rf "$W"
}

setup() {
	load /usr/lib/bats/bats-support/load
	load /usr/lib/bats/bats-assert/load
}

on() { local root=$W/$1; shift; "$root/gatehouse" "$@"; }

PATIENCE=45
while_waiting() { on a sim show; on b sim show; }

@test "both are up, and each knows what the other did" {
	deploy status --root "$W/a"
	deploy status --root "$W/b"
	on a user add eve --password-stdin <<<'correct horse 9' >/dev/null
	run on b user list
	assert_output --partial eve
	[ "$(on a device list --user demo --json | jq -c 'map(.id)')" = "$(on b device list --user demo --json | jq -c 'map(.id)')" ]
}

@test "races between the two: a code once, one successor of a refresh token, one answer of a consent page, workers killed" {
	GATEHOUSE_INSTANCE=$W/a run node --test-reporter=tap --test-name-pattern='C30|C37|B18|C52|E F' "$TOP/tests/race/run.mjs"
	assert_success
	assert_output --partial '# pass 8'
}

# level_is VALUE [DEVICE]: the phone of the simulated home has it.
level_is() { on a sim show --json | jq -e --arg v "$1" --arg id "${2-kitchen-dimmer}" 'any(.devices[]; .id == $id and any(.values[]; .value == $v or .value == $v + " %"))' >/dev/null; }

# told VALUE: how often SmartThings was told of it.
told() {
	local seq n=0
	for seq in $(on a sim log --kind stateCallback --json | jq -r '.[].seq'); do
		! on a sim log "$seq" | tr -d ' \n' | grep -q "\"attribute\":\"level\"[^}]*\"value\":$1[,}]" || n=$((n + 1))
	done
	echo "$n"
}

# place NAME: how the lease knows this machine.
place() { stat -c %i "$W/$1/courier.lock" | xargs printf ':%x\n'; }

# sends NAME: it is this machine's courier that does.
sends() { [[ $(jq -r 'select(.key == "courier/lease") | .value.place' <(on a store dump)) == *"$(place "$1")" ]]; }

holder() { jq -r 'select(.key == "courier/lease") | .value.owner' <(on a store dump); }

@test "one courier sends for both, hears at once of what the other machine did, and tells SmartThings once" {
	local value
	on a sim link --user demo --include-new >/dev/null
	on a device set kitchen-dimmer --user demo st.switchLevel.level=10 >/dev/null
	until_true level_is 10
	for value in 21 22 23 24; do
		on "$([ $((value % 2)) = 0 ] && echo a || echo b)" device set kitchen-dimmer --user demo "st.switchLevel.level=$value" >/dev/null
		# Without a word from the other machine it would be a minute.
		until_true level_is "$value"
		assert_equal "$(told "$value")" 1
	done
}

@test "the courier that sends is stopped: the other takes over, and nothing is told twice" {
	local before after value root
	before=$(holder)
	for root in a b; do	# whichever has it; its supervisor starts another, which waits its turn
		kill -TERM "$(cat /proc/"$(cat "$W/$root/pid/courier.pid")"/task/*/children)"
		on b device set kitchen-dimmer --user demo "st.switchLevel.level=3$((value += 1))" >/dev/null
		until_true level_is "3$value"
	done
	after=$(holder)
	[ "$before" != "$after" ]
	assert_equal "$(told 31) $(told 32)" '1 1'
}

# asked PROGRAM: how often this program of the first machine has waited for the database.
asked() { on a metrics show | sed -n "s/^gatehouse_store_questions_total{program=\"$1\"} //p"; }

# asks N PROGRAM COMMAND...: a process that is warm waits so often for one such request (the middle of nine).
asks() {
	local program=$2 want=$1 before after counts=''
	shift 2
	for _ in {1..9}; do
		"$@"
		before=$(asked "$program")
		"$@"
		after=$(asked "$program")
		counts+=$((after - before))$'\n'
	done
	counts=$(sort -n <<<"${counts%?}")
	[ "$(sed -n 5p <<<"$counts")" = "$want" ] || { echo "$program, $*: $(xargs <<<"$counts"), not $want"; return 1; }
}

# schema TYPE [MORE]: a message to the first machine; every id is another.
schema() {
	curl -qsf --noproxy '*' "http://127.0.0.1:$A/schema" -H 'Content-Type: application/json' -o "$W/answer" -d '{"headers":{"schema":"st-schema",
		"version":"1.0","requestId":"'$EPOCHREALTIME'","interactionType":"'"$1"'"},"authentication":{"tokenType":"Bearer","token":"'"$token"'"}'"${2-}"'}'
	! grep -E 'globalError|deviceError' "$W/answer"
}
dim() {
	level=$((100 - level))
	schema commandRequest ',"devices":[{"externalDeviceId":"kitchen-dimmer","commands":[{"component":"main","capability":"st.switchLevel",
		"command":"setLevel","arguments":['$level']}]}]'
}
rotate() {
	curl -qsf --noproxy '*' "http://127.0.0.1:$A/token" -u "$CLIENT_ID:$CLIENT_SECRET" -d grant_type=refresh_token -d "refresh_token=$refresh" -o "$W/answer"
	refresh=$(jq -r .refresh_token "$W/answer")
}

@test "a request asks the database few questions, however many devices it is about" {
	local token refresh level=30
	. "$W/a/demo.env"
	on a token issue --user demo --client smartthings >"$W/answer"
	token=$(jq -r .access_token "$W/answer") refresh=$(jq -r .refresh_token "$W/answer")
	asks 5 schema-webhook schema discoveryRequest
	[ "$(jq '.devices | length' "$W/answer")" -ge 11 ]
	asks 3 schema-webhook schema stateRefreshRequest ',"devices":'"$(jq -c '[.devices[:4][] | {externalDeviceId}]' "$W/answer")"
	[ "$(jq '.deviceState | length' "$W/answer")" = 4 ]
	asks 5 schema-webhook dim
	asks 3 token rotate
}

@test "the server is away for a moment: 503 as it should be, and then all is as before" {
	local code
	. "$W/a/demo.env"
	pg_stop "$W/a/postgresql" immediate
	until_true eval '[ "$(curl -qs -o /dev/null -w "%{http_code}" "$URL/health")" = 503 ]'
	code=$(curl -qs -m 10 -o "$W/answer" -w '%{http_code} %{content_type}' "$URL/token" -u "$CLIENT_ID:$CLIENT_SECRET" \
		-d grant_type=refresh_token -d refresh_token=x)
	assert_equal "$code" '503 application/json'
	pg_start "$W/a/postgresql"
	until_true eval '[ "$(curl -qs -o /dev/null -w "%{http_code}" "$URL/health")" = 200 ]'
	until_true eval 'on b token issue --user demo --client smartthings >/dev/null 2>&1'
	deploy status --root "$W/a"
	deploy status --root "$W/b"
}

@test "an instance keeps its engine; a wrong database or a wrong machine to join is refused" {
	run -1 deploy --root "$W/a" --engine gdbm
	assert_output --partial 'an instance keeps its engine'
	run -2 deploy --root "$W/c" --join "$W/front"
	run -2 deploy --root "$W/c" --database-url mysql://x/y
	run -2 deploy --root "$W/c" --engine gdbm --database-url postgresql://x/y
	[ ! -e "$W/c" ]
}

@test "the address of the database stands in no log and in no config" {
	. "$W/a/demo.env"
	run ! grep -rl 'postgresql://' "$W/a/log" "$W/b/log" "$W/a/gatehouse.json"
	[ "$(stat -c %a "$W/a/secret/database" "$W/b/secret/database" | xargs)" = '600 600' ]
}

@test "what one machine does while the courier of the other, which sends, is cut off from the database is told when it is back" {
	local sending=b other=a pid
	sends b || sending=a other=b
	on "$other" device set kitchen-dimmer --user demo st.switchLevel.level=61 >/dev/null
	until_true level_is 61	# and from here on it looks once a minute
	pid=$(cat /proc/"$(cat "$W/$sending/pid/courier.pid")"/task/*/children)
	kill -STOP "$pid"
	# The word of the other machine goes to connections that listen: there is none.
	pg_sql "$W/a/postgresql" gatehouse 'select pg_terminate_backend(pid, 5000) from pg_stat_activity
		where pid <> pg_backend_pid() and datname = current_database()' >/dev/null
	on "$other" device set kitchen-dimmer --user demo st.switchLevel.level=62 >/dev/null
	kill -CONT "$pid"
	until_true level_is 62
	assert_equal "$(told 62)" 1
}

# simulators SIGNAL: to all of them, which are who is called here.
simulators() {
	local root
	for root in a b; do
		kill "-$1" $(cat /proc/"$(cat "$W/$root/pid/simulator.pid")"/task/*/children)
	done
}

in_flight() { on "$1" metrics show | grep -q '^gatehouse_courier_calls_in_flight{program="courier"} [1-9]'; }

@test "the machine of the courier that sends dies in the middle of a call: the other takes over within the lease, and nothing is lost" {
	local dead=a alive=b pid
	on a device set kitchen-dimmer --user demo st.switchLevel.level=50 >/dev/null
	until_true level_is 50
	sends a || dead=b alive=a
	simulators STOP
	on "$dead" device set kitchen-dimmer --user demo st.switchLevel.level=51 >/dev/null
	until_true in_flight "$dead" || { simulators CONT; return 1; }
	# Not the process alone, which its supervisor starts again at once and with the same right.
	pid=$(cat "$W/$dead/pid/courier.pid")
	kill -KILL "$pid" $(cat "/proc/$pid/task/$pid/children")
	simulators CONT
	on "$alive" device set living-color-bulb --user demo st.switchLevel.level=52 >/dev/null	# of another device, so that 51 is no old news
	PATIENCE=50 until_true level_is 52 living-color-bulb	# 30 s of them are the lease
	sends "$alive"
	# Whose answer nobody kept is told again, once; what came later is told once.
	echo "told $(told 51) and $(told 52) times"
	[[ $(told 51) == [12] ]]
	assert_equal "$(told 52)" 1
}
