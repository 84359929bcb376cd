# server-database.sh: an installed Gatehouse on PostgreSQL: Debian's own server or a database elsewhere, who of the programs may reach it, and
# the way of the records from one engine to the other.
# Read by deploy.sh, whose variables it uses.
# shellcheck shell=bash disable=SC2016,SC2034,SC2154

PG_SOCKET=/var/run/postgresql	# where Debian's server has its socket
PG_MADE='made by deploy.sh install'	# the comment on a role and database of ours: --purge takes no others
MOVE='' MOVED='' LOADED='' ASIDE='' DUMP=''

# --- what is wanted ---

# The engine of the config that is there; nothing if none is.
engine_now() { [ ! -r "$ETC/gatehouse.json" ] || jq -r '.store.engine // "gdbm"' "$ETC/gatehouse.json" 2>/dev/null || true; }

# What stands in the config counts, as people edit it; options change it.
server_database_settings() {
	NOW[ENGINE]=$(engine_now)
	if [ -z "${GIVEN[--engine]:-}${GIVEN[--database-url]:-}" ]; then
		ENGINE=${NOW[ENGINE]:-gdbm}
		[ "$ENGINE" = gdbm ] || DATABASE=${DATABASE:-given}
	fi
	given_database
	[ "${NOW[ENGINE]:-$ENGINE}" = "$ENGINE" ] || MOVE=1
}

# --- Debian's server ---

# own_cluster: "VERSION NAME PORT STATE ..." of the cluster that we have our database in, or would make it in.
own_cluster() {
	local port
	port=$(sed -n 's/.*[?&]port=\([0-9]*\).*/\1/p' "$ETC/database" 2>/dev/null) || true
	pg_lsclusters -h 2>/dev/null | awk -v port="${port:-5432}" '$1 >= 15 && !found { best = $0; found = $3 == port } END { if (best != "") print best }'
}

# own_sql DATABASE COMMAND...: as the server's superuser.
own_sql() { pg_sql "$PG_SOCKET" "dbname=$1 port=$(own_cluster | awk '{ print $3 }')" "${@:2}"; }

own_role() { own_sql postgres "select rolcanlogin from pg_roles where rolname = 'gatehouse'"; }
own_there() { own_sql postgres "select 1 from pg_database where datname = 'gatehouse'"; }

# The server runs, and has a role and a database of ours. Nobody has a password: the system says who is the user gatehouse (peer).
own_database() {
	local version name port rest tries most
	systemctl daemon-reload	# a cluster that was just made has a unit from then on
	systemctl enable -q --now postgresql 2>/dev/null || true
	read -r version name port rest < <(own_cluster) ||
	    refuse "PostgreSQL has no cluster" "pg_lsclusters lists none of version 15 or newer" "pg_createcluster --start $(basename "$(dirname "$(pg_programs)")") main; then $AGAIN"
	systemctl start "postgresql@$version-$name" || true
	for ((tries = 0; tries < 300; tries++)); do
		if own_role >/dev/null 2>&1; then break; fi
		sleep 0.1
	done
	((tries < 300)) || refuse "PostgreSQL does not answer" "$(own_role 2>&1 | tail -n 1)" "systemctl status postgresql@$version-$name; then $AGAIN"
	[ -n "$(own_role)" ] || own_sql postgres 'create role gatehouse login' "comment on role gatehouse is '$PG_MADE'"
	[ -n "$(own_there)" ] || own_sql postgres "create database gatehouse owner gatehouse template template0 encoding 'UTF8' lc_collate 'C' lc_ctype 'C'" \
	    "comment on database gatehouse is '$PG_MADE'"
	most=$(own_sql postgres 'show max_connections')
	((most >= WORKERS * 12 + 15)) || refuse "PostgreSQL takes $most connections" "$WORKERS workers of each program, and what is beside them, want $((WORKERS * 12 + 15))" \
	    "runuser -u postgres -- psql -p $port -c 'alter system set max_connections = $((WORKERS * 12 + 100))' && systemctl restart postgresql@$version-$name; then $AGAIN"
	DATABASE_URL="postgresql://gatehouse@/gatehouse?host=${PG_SOCKET//\//%2F}"
	[ "$port" = 5432 ] || DATABASE_URL+="&port=$port"
	step database "PostgreSQL $version on this machine"
}

# What we made goes, and nothing else.
own_purge() {
	local comment="select shobj_description(oid, 'pg_database') from pg_database where datname = 'gatehouse'"
	[ -n "$(own_cluster)" ] || return 0
	if ! comment=$(own_sql postgres "$comment" 2>/dev/null); then
		[ "$DATABASE" != own ] || tell "PostgreSQL does not answer: the database gatehouse stays" "it does not run" \
		    "when it runs again: runuser -u postgres -- dropdb gatehouse; runuser -u postgres -- dropuser gatehouse"
		return
	fi
	[ "$comment" != "$PG_MADE" ] || own_sql postgres 'drop database gatehouse with (force)'
	comment=$(own_sql postgres "select shobj_description(oid, 'pg_authid') from pg_roles where rolname = 'gatehouse'")
	[ "$comment" != "$PG_MADE" ] || own_sql postgres 'drop role gatehouse' 2>/dev/null ||
	    tell "PostgreSQL's role gatehouse stays" "it has other databases or tables" "runuser -u postgres -- psql -c 'drop owned by gatehouse'; runuser -u postgres -- dropuser gatehouse"
}

# --- who may reach it ---

# database_url: the address in force.
database_url() {
	local file
	file=$(jq -r '.store.url_file // empty' "$ETC/gatehouse.json" 2>/dev/null)
	case $file in
	'') jq -r '.store.url // empty' "$ETC/gatehouse.json" 2>/dev/null ;;
	/*) head -n 1 "$file" ;;
	*) head -n 1 "$HOME_DIR/$file" ;;
	esac
}

# database_hosts URL: its hosts, one a line; a socket of this machine begins with a slash.
database_hosts() {
	local url=${1#*://} query='' hosts host key named='' addressed=''
	hosts=${url%%[/?]*}
	hosts=${hosts##*@}
	[[ $url != *\?* ]] || query=${url#*\?}
	while IFS='=' read -r -d '&' key host; do
		printf -v host %b "${host//%/\\x}"
		case $key in host) named=$host ;; hostaddr) addressed=$host ;; esac
	done <<<"$query&"
	hosts=${addressed:-${named:-$hosts}}
	while read -r -d , host; do
		if [ -z "$addressed$named" ]; then	# with ports
			case $host in \[*) host=${host#\[} host=${host%%\]*} ;; *) host=${host%%:*} ;; esac
			printf -v host %b "${host//%/\\x}"
		fi
		printf '%s\n' "${host:-/}"
	done <<<"$hosts,"
}

# database_addresses URL: those that its hosts have by the network now, and where there is a name to look up, of who knows names. Fails
# where a name is unknown, with that name.
database_addresses() {
	local host found names=''
	{
		while read -r host; do
			case $host in /* | @*) continue ;; esac
			if is_network "$host"; then
				echo "$host"
			elif found=$(getent ahosts "$host"); then
				sed 's/[ %].*//' <<<"$found"
				names=1
			else
				echo "$host" && return 1
			fi
		done < <(database_hosts "$1")
		[ -z "$names" ] || sed -n 's/^nameserver[[:space:]]*\([0-9a-fA-F:.]*\).*/\1/p' /etc/resolv.conf
	} | sort -u
}

# Whose units have no network, but for a database elsewhere.
quiet_units() {
	local name
	for name in $WITHOUT_NETWORK; do echo "gatehouse@$name"; done
	printf '%s\n' gatehouse-backup gatehouse-compact
}

# database_units FOLDER: drop-ins that belong to the database in force, in FOLDER. (remote.conf is read behind local.conf, which it overrules.)
database_units() {
	local to=$1 url='' addresses unit
	rm -f "$to"/gatehouse*.service.d/{remote,database}.conf
	[ "$(engine_now)" != postgresql ] || url=$(database_url) || true
	if [ -n "$url" ] && [ "$DATABASE" = own ]; then
		for unit in gatehouse@ gatehouse-courier gatehouse-polyglot-mqtt gatehouse-backup gatehouse-compact; do
			drop_in "$to/$unit" database '# The database is on this machine: it starts first, and ends last.' '[Unit]' 'Wants=postgresql.service' 'After=postgresql.service'
		done
	elif [ -n "$url" ] && addresses=$(database_addresses "$url") && [ -n "$addresses" ]; then
		while read -r unit; do
			drop_in "$to/$unit" remote '# The database is not on this machine, or is reached by TCP: that may be called, and nothing else.' '[Service]' \
			    'PrivateNetwork=no' 'RestrictAddressFamilies=AF_INET AF_INET6' "IPAddressAllow=${addresses//$'\n'/ }"
		done < <(quiet_units)
	fi
	find "$to" -maxdepth 1 -name 'gatehouse*.service.d' -empty -delete 2>/dev/null || true
}

# drop_in UNIT NAME LINE...
drop_in() {
	(umask 022 && mkdir -p "$1.service.d" && printf '%s\n' "${@:3}" >"$1.service.d/$2.conf")
}

# --- in place ---

# The database is there and lets us in, before anything is touched.
database_ready() {
	local why
	[ "$ENGINE" = postgresql ] || return 0
	[ "$DATABASE" != own ] || own_database
	[ -n "$DATABASE_URL" ] || return 0
	why=$(database_addresses "$DATABASE_URL") || refuse "the database's host $(tail -n 1 <<<"$why") is unknown" "no DNS server and no line of /etc/hosts knows it" "mend that, or the address; then $AGAIN"
}

# set_store FILE: the config says where the records are.
set_store() {
	local file=''
	[ "$ENGINE" = gdbm ] || file=$ETC/database
	if [ "$ENGINE" = "${NOW[ENGINE]:-gdbm}" ] && { [ -z "$DATABASE_URL" ] || [ "$(jq -r '.store.url_file // empty' "$1" 2>/dev/null)" = "$file" ]; }; then return; fi
	jq --arg engine "$ENGINE" --arg file "$file" '.store = ((.store // {}) | del(.url, .url_file) | .engine = $engine) |
	    if $file != "" then .store.url_file = $file else . end' "$1" >"$1.store" && mv "$1.store" "$1"
}

# The address lies where root writes and gatehouse reads. What stood there before is kept until the end.
write_database_url() {
	[ ! -f "$ETC/database" ] || cp -a "$ETC/database" "$FORMER/"
	[ -n "$DATABASE_URL" ] || return 0
	printf '%s\n' "$DATABASE_URL" >"$STAGE/database"
	cmp -s "$STAGE/database" "$ETC/database" || install -o root -g gatehouse -m 640 "$STAGE/database" "$ETC/database"
	rm "$STAGE/database"
}

# --- from one engine to the other ---

# Everything stops, so that nobody writes what would be left behind, and the records are put down beside the backups.
move_out() {
	local out
	[ -n "$MOVE" ] || return 0
	DUMP=$BACKUPS/before-$ENGINE-$(date -u +%Y-%m-%dT%H%M%SZ).dump
	step move "from ${NOW[ENGINE]} to $ENGINE; until that is done, $WEB answers 502 or 503"
	# shellcheck disable=SC2046 # one word a unit
	systemctl stop gatehouse.target $(system_units)
	if ! out=$(system_tool store dump "$DUMP" 2>&1); then
		systemctl start gatehouse.target
		refuse "the records cannot be read: nothing was touched" "$(head -n 1 <<<"${out#gatehouse: }")" "mend that; then $AGAIN"
	fi
}

# They go into the new store, which has to be empty.
move_in() {
	local out
	[ -n "$MOVE" ] || return 0
	if [ "$ENGINE" = gdbm ] && [ -n "$(ls -A "$HOME_DIR/store" 2>/dev/null)" ]; then
		ASIDE=$HOME_DIR/store.until-$(date -u +%Y-%m-%dT%H%M%SZ)	# what was here before it was moved away
		mv "$HOME_DIR/store" "$ASIDE"
		install -d -o gatehouse -g gatehouse -m 700 "$HOME_DIR/store"
	fi
	if ! out=$(as_gatehouse "$(staged "$LIB/gatehouse")" store load "$DUMP" 2>&1); then
		config_back
		refuse "the records were not moved: all is as it was" "$(head -n 1 <<<"${out#gatehouse: }")" \
		    "mend that, and give it an empty database; then $AGAIN"
	fi
	LOADED=1
	step move "$out"
}

# Nobody has been served yet: what was loaded goes, so that another try finds it empty.
move_back() {
	if [ -n "$ASIDE" ]; then rm -rf "$HOME_DIR/store" && mv "$ASIDE" "$HOME_DIR/store"; fi
	if [ -n "$LOADED" ] && [ "$DATABASE" = own ]; then own_sql postgres 'drop database gatehouse with (force)'; fi
}

# From here there is no way back by itself: who comes from now on would lose what they do.
moved() {
	[ -n "$MOVE" ] || return 0
	MOVED=1
	[ "$ENGINE" = postgresql ] || rm -f "$ETC/database"
	step move "done; the former store stays as it was, and a copy in $DUMP"
}
