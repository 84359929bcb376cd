#!/usr/bin/env bats
# Two servers, the second a standby of the first. The first is killed under load and the second promoted, again and again: with a synchronous
# standby, what was acknowledged is on the one that goes on, and nothing happened twice; with an asynchronous one it is not, and the same
# test says so. (Part of make soak; FAILOVERS says how often, else 3.)

load ../instance
load ../postgresql

setup() {
	bats_require_minimum_version 1.5.0
	SERVERS=$(pg_folder)
	chmod 711 "$SERVERS"
	SECRET=$(head -c 12 /dev/urandom | base64 | tr -dc a-zA-Z0-9)
	WORKERS=
	live=one other=two
	declare -gA port=([one]=$(free_port) [two]=$(free_port))
}

teardown() {
	local dir
	touch "$SERVERS/stop"
	[ -z "$WORKERS" ] || wait "$WORKERS" || true
	for dir in "$SERVERS"/*/; do [ ! -d "$dir" ] || pg_end "${dir%/}"; done
	rm -rf "$SERVERS"
}

# What both have in common: they are reached by TCP, as from other machines.
settings() {
	printf '%s\n' "port = $1" "listen_addresses = '127.0.0.1'" "unix_socket_directories = ''" 'max_wal_size = 256MB' 'wal_level = replica' \
		'wal_sender_timeout = 2s'
}

# sql NAME COMMAND...: on this server. is NAME VALUE QUERY: wait until that is the answer. set_up NAME SETTING: change its configuration.
sql() {
	local name=$1
	shift
	PGPASSWORD=$SECRET psql -qAtX -v ON_ERROR_STOP=1 "host=127.0.0.1 port=${port[$name]} user=postgres dbname=postgres connect_timeout=2" \
		"${@/#/-c}"
}
is() { until_is "$2" sql "$1" "$3"; }
set_up() { sql "$1" "alter system set $2" 'select pg_reload_conf()' >/dev/null; }

# follow NAME OF: a copy of that server, which follows it.
follow() {
	local dir=$SERVERS/$1
	rm -rf "$dir"
	mkdir -m 700 "$dir"
	if [ "$(id -u)" = 0 ]; then chown postgres: "$dir"; fi
	pg_as "$dir" env PGPASSWORD="$SECRET" pg_basebackup -h 127.0.0.1 -p "${port[$2]}" -U postgres -D "$dir/data" -c fast -X stream -R
	settings "${port[$1]}" >>"$dir/data/postgresql.conf"
	pg_start "$dir"
}

# begin NAMES: two servers, and workers that count in the first. NAMES are of the standbys that a commit waits for.
begin() {
	synchronous=$1
	pg_make "$SERVERS/one"
	settings "${port[one]}" >>"$SERVERS/one/data/postgresql.conf"
	printf '%s\n' 'host all all 127.0.0.1/32 trust' 'host replication all 127.0.0.1/32 trust' >"$SERVERS/one/data/pg_hba.conf"
	pg_start "$SERVERS/one"
	sql one "alter role postgres password '$SECRET'" 'create role gatehouse login' 'create database gatehouse owner gatehouse' >/dev/null
	follow two one
	set_up one "synchronous_standby_names = '$synchronous'"
	STORE_ENGINE=postgresql STORE_SECONDS=900 STORE_STOP=$SERVERS/stop \
		STORE_URL=postgresql://gatehouse@127.0.0.1:${port[one]},127.0.0.1:${port[two]}/gatehouse \
		"${GATEHOUSE_BUILD:-$TOP/build/san}/unit/store-away" >"$SERVERS/out" 2>&1 3>&- &
	WORKERS=$!
	until_true grep -q '# begun' "$SERVERS/out"
	written
}

# written: wait until a hundred transactions more are acknowledged on the one that may be written.
written() {
	local count="select coalesce(sum(n_tup_upd), 0) from pg_stat_all_tables where relname = 'writer'" from
	until_true sql "$live" 'select 1'
	from=$(count_of "$count")
	until (($(count_of "$count") > from + 100)); do sleep 0.05; done
}
count_of() { PGPASSWORD=$SECRET psql -qAtX "host=127.0.0.1 port=${port[$live]} user=postgres dbname=gatehouse" -c "$1"; }

# cut_off: the standby hears nothing more. fail_over: the one that may be written dies with all that it has in hand, and never comes back
# as it was; the standby goes on.
cut_off() {
	set_up "$other" "primary_conninfo = ''"
	is "$live" 0 'select count(*) from pg_stat_replication'
}
fail_over() {
	pg_stop "$SERVERS/$live" immediate
	pg_as "$SERVERS/$other" pg_ctl -D "$SERVERS/$other/data" -w -s promote >/dev/null
	# Alone it would let nobody commit: that is the promise.
	set_up "$other" "synchronous_standby_names = ''"
	read -r live other <<<"$other $live"
}

# standby_again: the next standby is made of the one that goes on.
standby_again() {
	follow "$other" "$live"
	set_up "$live" "synchronous_standby_names = '$synchronous'"
	is "$live" 1 "select count(*) from pg_stat_replication where state = 'streaming'"
}

# judged: what the workers have to say in the end; 0: nothing acknowledged was lost, nothing happened twice.
judged() {
	local pid=$WORKERS
	touch "$SERVERS/stop"
	WORKERS=
	wait "$pid"
}

@test "a synchronous standby takes over under load: acknowledged writes are neither lost nor doubled" {
	local i
	begin '*'
	for ((i = 0; i < ${FAILOVERS:-3}; i++)); do
		is "$live" 1 "select count(*) from pg_stat_replication where sync_state = 'sync'"
		written
		if ((i % 2)); then	# cut off before: from then on nobody hears "done"
			cut_off
			is "$live" t "select count(*) > 0 from pg_stat_activity where wait_event = 'SyncRep'"
		fi
		fail_over
		standby_again
	done
	written
	judged || { grep -v '^ok' "$SERVERS/out"; return 1; }
	grep '^#' "$SERVERS/out" >&3
}

@test "an asynchronous standby takes over: acknowledged writes are lost, and the test above would see it" {
	begin ''
	is "$live" 1 "select count(*) from pg_stat_replication where state = 'streaming'"
	cut_off
	written
	fail_over
	written
	! judged || { echo 'nothing was lost'; cat "$SERVERS/out"; return 1; }
	grep '^not ok .*lost == 0' "$SERVERS/out" || { cat "$SERVERS/out"; return 1; }
	grep '^# .* done' "$SERVERS/out" >&3
}
