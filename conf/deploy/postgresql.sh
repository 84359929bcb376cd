# postgresql.sh: a PostgreSQL server of an instance's own: a folder, a socket in it, nothing else.
# Read by deploy.sh and by the tests; pg_* use no variables but their arguments.
# shellcheck shell=bash

# Debian keeps the server's programs out of the way; the newest that is there.
pg_programs() {
	local dir best=''
	for dir in /usr/lib/postgresql/*/bin; do
		[ ! -x "$dir/postgres" ] || best=$dir
	done
	[ -n "$best" ] && echo "$best"
}

# Who runs the server: ourselves; for root, the user that the package made, as PostgreSQL does not run as root.
pg_user() { if [ "$(id -u)" = 0 ]; then echo postgres; else id -un; fi; }

# pg_as DIR COMMAND...: run one of the server's programs as its user, in its folder.
pg_as() {
	local dir=$1 as=()
	shift
	if [ "$(id -u)" = 0 ]; then as=(setpriv --reuid=postgres --regid=postgres --init-groups); fi
	(cd "$dir" && env -i PATH="$(pg_programs):$PATH" LC_ALL=C HOME="$dir" "${as[@]}" "$@")
}

# pg_url DIR [DATABASE]: the address of the database in the server of this folder, for whoever runs Gatehouse.
pg_url() { printf 'postgresql://gatehouse@/%s?host=%s' "${2:-gatehouse}" "$(printf %s "$1" | sed 's/%/%25/g; s/ /%20/g; s|/|%2F|g')"; }

# pg_make DIR [SETTING...]: a new cluster in DIR/data, with lines for its configuration. Only its owner and root can reach its socket, and
# they are known by the system (peer), so there is no password.
pg_make() {
	local dir=$1 user
	shift
	user=$(pg_user)
	mkdir -p "$dir"
	chmod 700 "$dir"
	if [ "$(id -u)" = 0 ]; then chown "$user:" "$dir"; fi
	rm -rf "$dir/data.new"
	pg_as "$dir" initdb -D "$dir/data.new" -U postgres -E UTF8 --no-locale --data-checksums -A reject >/dev/null || return 1
	printf '%s\n' "listen_addresses = ''" "unix_socket_directories = '$dir'" 'unix_socket_permissions = 0700' \
	    'max_connections = 200' 'shared_buffers = 64MB' 'log_min_messages = warning' "$@" >>"$dir/data.new/postgresql.conf"
	printf '%s\n' 'local all all peer map=gatehouse' >"$dir/data.new/pg_hba.conf"
	for user in "$(id -un)" "$(pg_user)"; do
		printf 'gatehouse %s gatehouse\ngatehouse %s postgres\n' "$user" "$user"
	done | sort -u >"$dir/data.new/pg_ident.conf"
	mv "$dir/data.new" "$dir/data"
}

# pg_start DIR: start it and wait until it answers. pg_stop DIR [MODE]: end it.
pg_start() (
	for fd in /proc/self/fd/*; do	# a lock of ours would live as long as the server
		fd=${fd##*/}
		if ((fd > 2)); then eval "exec $fd>&-"; fi
	done
	pg_as "$1" pg_ctl -D "$1/data" -l "$1/server.log" -w -t 60 -s start >/dev/null 2>&1 </dev/null
)
pg_stop() { [ ! -f "$1/data/postmaster.pid" ] || pg_as "$1" pg_ctl -D "$1/data" -m "${2:-fast}" -w -s stop >/dev/null 2>&1; }
pg_is_up() { pg_as "$1" pg_ctl -D "$1/data" -s status >/dev/null 2>&1; }

# pg_sql DIR DATABASE COMMAND...: as the server's superuser.
pg_sql() {
	local dir=$1 database=$2 line args=()
	shift 2
	for line; do args+=(-c "$line"); done
	pg_as "$dir" psql -qAtX -v ON_ERROR_STOP=1 -h "$dir" -U postgres -d "$database" "${args[@]}"
}

# pg_database DIR [NAME]: the role gatehouse and a database that is its own, where they are not there yet.
pg_database() {
	local dir=$1 name=${2:-gatehouse}
	[ -n "$(pg_sql "$dir" postgres "select 1 from pg_roles where rolname = 'gatehouse'")" ] ||
	    pg_sql "$dir" postgres 'create role gatehouse login' 'grant pg_read_all_stats to gatehouse'	# it is told of standbys
	[ -n "$(pg_sql "$dir" postgres "select 1 from pg_database where datname = '$name'")" ] ||
	    pg_sql "$dir" postgres "create database \"$name\" owner gatehouse template template0"
}
