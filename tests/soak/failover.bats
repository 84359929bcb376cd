#!/usr/bin/env bats
# Two servers, the second a synchronous standby of the first. The first is killed under load and the second promoted, again and again: what
# was acknowledged is on the one that goes on, and nothing happened twice. (Part of make soak; FAILOVERS says how often, else 3.)

load ../postgresql

setup() {
	bats_require_minimum_version 1.5.0
	SERVERS=$(pg_folder)
	chmod 711 "$SERVERS"
	PORTS=()
}

teardown() {
	local dir
	for dir in "$SERVERS"/*/; do [ ! -d "$dir" ] || pg_end "${dir%/}"; done
	rm -rf "$SERVERS"
}

free_port() {
	local port
	while :; do
		port=$((20000 + RANDOM % 12000))
		(exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
	done
	echo "$port"
}

# What both have in common: they are reached by TCP, as from other machines.
settings() {
	printf '%s\n' "port = $1" "listen_addresses = '127.0.0.1'" "unix_socket_directories = ''" 'max_wal_size = 256MB' 'wal_level = replica' \
		"synchronous_standby_names = '*'" 'wal_sender_timeout = 2s'
}

# sql PORT COMMAND...
sql() {
	local port=$1
	shift
	PGPASSWORD=$SECRET psql -qAtX -v ON_ERROR_STOP=1 "host=127.0.0.1 port=$port user=postgres dbname=${DB:-postgres} connect_timeout=2" -c "$@"
}

# standby FROM_PORT DIR PORT: a copy of the server there, which follows it.
standby() {
	rm -rf "$2"
	mkdir -m 700 "$2"
	if [ "$(id -u)" = 0 ]; then chown postgres: "$2"; fi
	pg_as "$2" env PGPASSWORD="$SECRET" pg_basebackup -h 127.0.0.1 -p "$1" -U postgres -D "$2/data" -c fast -X stream -R
	settings "$3" >>"$2/data/postgresql.conf"
	pg_start "$2"
}

@test "a synchronous standby takes over under load: acknowledged writes are neither lost nor doubled" {
	local times=${FAILOVERS:-3} i live=one other=two pid url
	declare -A port
	SECRET=$(head -c 12 /dev/urandom | base64 | tr -dc a-zA-Z0-9)
	port[one]=$(free_port) port[two]=$(free_port)
	pg_make "$SERVERS/one"
	settings "${port[one]}" >>"$SERVERS/one/data/postgresql.conf"
	sed -i "s/^synchronous_standby_names.*//" "$SERVERS/one/data/postgresql.conf"
	printf '%s\n' 'host all all 127.0.0.1/32 trust' 'host replication all 127.0.0.1/32 trust' >"$SERVERS/one/data/pg_hba.conf"
	pg_start "$SERVERS/one"
	sql "${port[one]}" "alter role postgres password '$SECRET'" >/dev/null
	sql "${port[one]}" 'create role gatehouse login' >/dev/null
	sql "${port[one]}" 'create database gatehouse owner gatehouse' >/dev/null
	standby "${port[one]}" "$SERVERS/two" "${port[two]}"
	sql "${port[one]}" "alter system set synchronous_standby_names = '*'" >/dev/null
	sql "${port[one]}" 'select pg_reload_conf()' >/dev/null
	url="postgresql://gatehouse@127.0.0.1:${port[one]},127.0.0.1:${port[two]}/gatehouse"
	STORE_ENGINE=postgresql STORE_URL=$url STORE_SECONDS=600 STORE_STOP=$SERVERS/stop \
		"${GATEHOUSE_BUILD:-$TOP/build/san}/unit/store-away" >"$SERVERS/out" 2>&1 3>&- &
	pid=$!
	until grep -q '# begun' "$SERVERS/out"; do sleep 0.1; done
	for ((i = 0; i < times; i++)); do
		sleep 1.$((RANDOM % 10))
		until [ "$(sql "${port[$live]}" "select count(*) from pg_stat_replication where sync_state = 'sync'")" = 1 ]; do sleep 0.1; done
		# The one that may be written dies with all that it has in hand, and never comes back as it was.
		pg_stop "$SERVERS/$live" immediate
		pg_as "$SERVERS/$other" pg_ctl -D "$SERVERS/$other/data" -w -s promote >/dev/null
		# Alone it would let nobody commit: that is the promise. The next standby is made of it.
		sql "${port[$other]}" "alter system set synchronous_standby_names = ''" >/dev/null
		sql "${port[$other]}" 'select pg_reload_conf()' >/dev/null
		standby "${port[$other]}" "$SERVERS/$live" "${port[$live]}"
		sql "${port[$other]}" "alter system set synchronous_standby_names = '*'" >/dev/null
		sql "${port[$other]}" 'select pg_reload_conf()' >/dev/null
		read -r live other <<<"$other $live"
	done
	sleep 2
	touch "$SERVERS/stop"
	wait "$pid" || { grep -v '^ok' "$SERVERS/out"; return 1; }
	grep "^#" "$SERVERS/out" >&3
}
