#!/usr/bin/env bats
# The store on PostgreSQL: the interface's tests, a server that goes away, moving a household there and back, what a wrong address says.

load helper
load cli
load postgresql

setup_file() {
	SERVER=$(pg_folder)
	export SERVER
	pg_begin "$SERVER" 'max_connections = 100'
}

teardown_file() {
	[ -z "$SERVER" ] || pg_end "$SERVER"
}

setup() {
	load_libs
	ROOT=$BATS_TEST_TMPDIR/run
}

# on_server DATABASE: from here on "gatehouse" is an instance with a database of its own in it.
on_server() {
	pg_database "$SERVER" "$1"
	mkdir -p "$ROOT/secret"
	(umask 077 && pg_url "$SERVER" "$1" >"$ROOT/secret/database")
	jq -n --arg url http://127.0.0.1:8080 '{public_url: $url, insecure_loopback: true, store: {engine: "postgresql", url_file: "secret/database"}}' \
		>"$ROOT/gatehouse.json"
}

# passes COMMAND...: a unit test's program; what failed is shown.
passes() {
	"$@" >"$BATS_TEST_TMPDIR/out" 2>&1 || { grep -v '^ok' "$BATS_TEST_TMPDIR/out"; return 1; }
	grep -q '^1\.\.[1-9]' "$BATS_TEST_TMPDIR/out"
}

@test "what db/store.h promises, with advisory locks" { passes engine_unit store; }

@test "what db/store.h promises, with serializable transactions" { passes engine_unit store STORE_ISOLATION=serializable; }

@test "what is read next is asked for together, and no read is another for it" {
	passes engine_unit store-expect
	passes engine_unit store-expect STORE_ISOLATION=serializable
}

@test "workers are killed at any moment: nothing acknowledged is lost, nothing doubled, nothing is there by half" {
	passes engine_unit store-kill
}

@test "the same under kills, with serializable transactions" { passes engine_unit store-kill STORE_ISOLATION=serializable; }

@test "what one machine rings and wakes, the other hears" { passes engine_unit store-news; }

@test "a server that does not compare versions is found out" {
	on_server careless
	gatehouse store stats >/dev/null	# makes the tables; then one rule is left out
	pg_sql "$SERVER" careless "create or replace function store_holds(read_keys bytea[], read_versions bigint[]) returns boolean
		language sql as 'select true'"
	run -1 engine_unit store-kill STORE_URL="$(pg_url "$SERVER" careless)" STORE_PLAIN=1
	assert_output --partial 'not ok'
}

# backends: process ids of the server that work for a client.
backends() { pgrep -f "postgres: gatehouse " -P "$(head -n 1 "$SERVER/data/postmaster.pid")"; }

# take_away N: one of the ways in which a server goes; it comes back by itself, or is started.
take_away() {
	local victim
	case $(($1 % 5)) in
	4)	# commits are done and not answered, as for a standby that is gone, until after everybody has given the connection up
		pg_sql "$SERVER" postgres "alter system set synchronous_standby_names = 'nobody'" 'select pg_reload_conf()' >/dev/null
		sleep 2.4
		pg_sql "$SERVER" postgres 'alter system reset synchronous_standby_names' 'select pg_reload_conf()' >/dev/null ;;
	0 | 1)	# one process dies, and the server with it
		victim=$(backends | shuf -n 1)
		[ -z "$victim" ] || kill -KILL "$victim" || true ;;
	2) pg_sql "$SERVER" postgres "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'gatehouse'" >/dev/null || true ;;
	3)
		pg_stop "$SERVER" immediate || true
		sleep 0.$((RANDOM % 9))
		pg_start "$SERVER" ;;
	esac
}

# away TIMES [NAME=VALUE...]: workers count, while the server is killed so often.
away() {
	local times=$1 pid i
	shift
	engine_unit store-away STORE_SECONDS=100 STORE_STOP="$BATS_TEST_TMPDIR/stop" "$@" >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
	pid=$!
	until_true grep -q '# begun' "$BATS_TEST_TMPDIR/out"
	for ((i = 0; i < times; i++)); do
		until_true pg_sql "$SERVER" postgres 'select 1'
		sleep 0.$((RANDOM % 8 + 1))
		take_away "$i"
	done
	until_true pg_sql "$SERVER" postgres 'select 1'
	sleep 0.5
	touch "$BATS_TEST_TMPDIR/stop"
	wait "$pid" || { grep -v '^ok' "$BATS_TEST_TMPDIR/out"; return 1; }
	grep '^#' "$BATS_TEST_TMPDIR/out"
}

@test "the server is killed under load: acknowledged writes are neither lost nor doubled" { away 10; }

@test "the server is killed under load, with serializable transactions" { away 5 STORE_ISOLATION=serializable; }

# records ROOT: what its store holds, in order.
records() { "$BUILD/gatehouse" --root "$1" store dump | grep '^{"key"' | sort; }

@test "a household moves from gdbm to PostgreSQL and back, and not a byte of it is another" {
	local first=$BATS_TEST_TMPDIR/first last=$BATS_TEST_TMPDIR/last before
	make_root "$first"
	gatehouse device set lamp --user ann st.switchLevel.level=42 >/dev/null
	gatehouse store dump "$BATS_TEST_TMPDIR/there" >/dev/null
	before=$(records "$first")
	[ "$(wc -l <<<"$before")" -ge 10 ]

	ROOT=$BATS_TEST_TMPDIR/run
	on_server moved
	cp "$first"/secret/* "$ROOT/secret/"
	gatehouse store load "$BATS_TEST_TMPDIR/there"
	assert_equal "$(records "$ROOT")" "$before"
	gatehouse store check
	assert_equal "$(gatehouse device show lamp --user ann --json)" "$("$BUILD/gatehouse" --root "$first" device show lamp --user ann --json)"
	# It is a household that lives: tokens of before count, and what it does now is there.
	gatehouse token issue --user ann --client smartthings >/dev/null
	refused store load "$BATS_TEST_TMPDIR/there"

	before=$(records "$ROOT")
	gatehouse store dump "$BATS_TEST_TMPDIR/back" >/dev/null
	gatehouse store backup "$BATS_TEST_TMPDIR/copy"
	ROOT=$last
	mkdir "$last"
	cp "$first/gatehouse.json" "$last/"
	gatehouse store load "$BATS_TEST_TMPDIR/back"
	assert_equal "$(records "$last")" "$before"
	# A backup is a store of the engine gdbm.
	"$BUILD/gatehouse" --root "$last" store check "$BATS_TEST_TMPDIR/copy"
	rm -r "$last/store"
	mv "$BATS_TEST_TMPDIR/copy" "$last/store"
	assert_equal "$(records "$last")" "$before"
}

@test "what has expired is removed by housekeeping, and the figures say how much there is" {
	on_server swept
	{
		echo '{"dump":"gatehouse store","v":1,"made":1700000000}'
		for i in {1..60}; do echo '{"key":"a/'"$i"'","expires":4000000000,"value":{"v":1}}'; done
		echo '{"key":"b/1","value":{"v":1}}'
		echo '{"end":61}'
	} >"$BATS_TEST_TMPDIR/dump"
	gatehouse store load "$BATS_TEST_TMPDIR/dump"
	pg_sql "$SERVER" swept "update record set expires_at = 1700000000 where key < 'a/5'"
	assert_equal "$(records "$ROOT" | wc -l)" 17
	assert_equal "$(pg_sql "$SERVER" swept 'select count(*) from record')" 61
	gatehouse store compact
	assert_equal "$(pg_sql "$SERVER" swept 'select count(*) from record')" 17
	[ "$(gatehouse store stats --json | jq .bytes)" -gt 8192 ]
	assert_equal "$(pg_sql "$SERVER" swept "select value from record_text where key = 'b/1'")" '{"v":1}'
}

# wrong ADDRESS TEXT: nothing starts with it, and TEXT says why, without the password.
wrong() {
	mkdir -p "$ROOT/secret"
	printf '%s\n' "$1" >"$ROOT/secret/database"
	run -1 --separate-stderr gatehouse store stats
	says "$2"
	[[ $stderr != *s3same* ]] || { echo "$stderr"; return 1; }
}

@test "an address that leads nowhere is said at start, with its key, and without the password" {
	on_server right
	local there host
	there=$(pg_url "$SERVER" right)
	host=${there#*host=}
	wrong 'mysql://gatehouse:s3same@127.0.0.1/x' 'its first line must be as "postgresql://USER@HOST/DATABASE"'
	wrong 'postgresql://gatehouse:s3same@127.0.0.1:no/x' 'store.url: cannot connect: '
	wrong 'postgresql://gatehouse:s3same@127.0.0.1/x?no=1' 'store.url: this is no address of a PostgreSQL database'
	wrong 'postgresql://gatehouse:a/s3same@127.0.0.1/x' 'in its password'
	wrong 'postgresql://gatehouse:a@s3same@127.0.0.1/x' 'in its password'
	wrong 'postgresql://gatehouse:s3same@127.0.0.1:1/x' 'store.url: cannot connect: '
	wrong "postgresql://gatehouse:s3same@/none?host=$host" "database 'none' does not exist"
	wrong "postgresql://nobody:s3same@/right?host=$host" 'store.url: cannot connect: '
	rm "$ROOT/secret/database"
	run -1 --separate-stderr gatehouse store stats
	says 'secret/database: No such file or directory'
	jq '.store = {engine: "postgresql", url: "postgresql://gatehouse:s3same@127.0.0.1:1/x"}' "$ROOT/gatehouse.json" >"$ROOT/new"
	mv "$ROOT/new" "$ROOT/gatehouse.json"
	assert_equal "$(gatehouse config show --json | jq -r .store.url)" 'postgresql://gatehouse:***@127.0.0.1:1/x'
	# A store of a later version is left alone.
	pg_sql "$SERVER" right 'create table if not exists store (format bigint not null); insert into store values (99)'
	pg_sql "$SERVER" right 'grant all on store to gatehouse'
	jq --arg url "$there" '.store.url = $url' "$ROOT/gatehouse.json" >"$ROOT/new"
	mv "$ROOT/new" "$ROOT/gatehouse.json"
	run -1 --separate-stderr gatehouse store stats
	says 'the database holds a store of another version'
}

@test "while the server is away, a page says 503 at once; when it is back, all goes on" {
	make_root "$BATS_TEST_TMPDIR/other"
	on_server away
	gatehouse keys rotate >/dev/null
	cgi health GET /health
	status 200
	pg_stop "$SERVER"
	local began=$EPOCHREALTIME
	cgi health GET /health
	status 503
	assert_equal "$(json .status)" failed
	[ $((${EPOCHREALTIME/./} - ${began/./})) -lt 5000000 ]
	pg_start "$SERVER"
	cgi health GET /health
	status 200
}
