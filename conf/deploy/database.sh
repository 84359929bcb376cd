# database.sh: where an instance's records are: in files, in a PostgreSQL server of its own, or in one that was named.
# Read by deploy.sh, whose variables it uses.
# shellcheck shell=bash disable=SC2154

# What --engine and --database-url ask for: DATABASE is "own" or "given" with PostgreSQL. DATABASE_URL, an address that was given, may hold
# a password: it goes into a file and nowhere else.
given_database() {
	local url=${GIVEN[--database-url]:-} next
	if [ -n "$url" ]; then
		next="$(again --engine) --engine postgresql --database-url URL"
		[ "${GIVEN[--engine]:-postgresql}" = postgresql ] || wrong_usage "--database-url with --engine ${GIVEN[--engine]}" "only postgresql has one" "$next"
		if [[ $url == /* ]]; then { IFS= read -r url <"$url" || true; } 2>/dev/null; fi
		[[ $url =~ ^postgres(ql)?://[^[:space:]]+$ ]] ||
		    wrong_usage "--database-url" "it is postgresql://USER@HOST/DATABASE, or the path of a file whose first line is that" "$next"
		ENGINE=postgresql DATABASE=given DATABASE_URL=$url
	fi
	case $ENGINE in
	gdbm) DATABASE='' ;;
	postgresql) DATABASE=${DATABASE:-own} ;;
	*) wrong_usage "--engine $ENGINE" "there are gdbm and postgresql" "$(again --engine) --engine gdbm" ;;
	esac
}

# An instance of one's own keeps its engine: its records are there.
database_settings() {
	local now=${NOW[ENGINE]:-}
	if [ -n "${GIVEN[--join]:-}" ]; then
		[ -f "${GIVEN[--join]}/gatehouse.json" ] && [ -d "${GIVEN[--join]}/secret" ] ||
		    wrong_usage "--join ${GIVEN[--join]}" "there is no gatehouse.json with a secret/ beside it" "$SELF --join DIR, an instance's folder or a copy of it"
		ENGINE=postgresql DATABASE=given
		PUBLIC_URL=${PUBLIC_URL:-$(jq -r '.public_url // empty' "${GIVEN[--join]}/gatehouse.json" 2>/dev/null)}
	fi
	given_database
	[ "${now:-$ENGINE}" = "$ENGINE" ] ||
	    refuse "--engine $ENGINE" "an instance keeps its engine, $now, as its records are there" \
		"make another by --root DIR --engine $ENGINE, and move them by gatehouse store dump and load: docs/scaling.md"
}

# Root's server runs as another user, who must be able to get to its folder; a socket's path is short.
check_database() {
	local dir=$ROOT above
	[ "$DATABASE" = own ] || return 0
	if ((${#ROOT} > 80)); then
		refuse "$ROOT is too long a name" "PostgreSQL's socket in it may have 107 letters" "$SELF --root DIR, with a shorter one; or --database-url URL"
	fi
	[ "$(id -u)" = 0 ] || return 0
	while [ "$dir" != / ]; do
		dir=$(dirname "$dir")
		above=$(stat -c %A "$dir" 2>/dev/null) || continue
		[[ $above == *[xt] ]] || refuse "$dir is closed to others" \
		    "root's PostgreSQL server runs as the user postgres, who has to get through to $ROOT" \
		    "chmod o+x $(printf %q "$dir"); or $SELF --root DIR with an open one; or --database-url URL"
	done
}

# The files of an instance that is there, on another machine: its config, its keys, what its demo.env says.
join_instance() {
	local from=${GIVEN[--join]:-} name
	[ -n "$from" ] && [ ! -f "$ROOT/gatehouse.json" ] || return 0
	cp -R "$from/secret/." "$ROOT/secret/"
	for name in apps connectors porch-light.yaml custom-capabilities.json demo.env; do
		[ ! -e "$from/$name" ] || cp -R "$from/$name" "$ROOT/"
	done
	cp "$from/gatehouse.json" "$ROOT/"
	DEMO=made
	step join "$from"
}

start_database() {
	local dir=$ROOT/postgresql
	if [ "$DATABASE" = own ]; then
		if [ "$(id -u)" = 0 ]; then chmod 711 "$ROOT"; fi	# the folders in it are closed
		[ -f "$dir/data/PG_VERSION" ] || pg_make "$dir" || refuse "no database can be made in $dir" "initdb failed" "look at what it says above"
		pg_is_up "$dir" || pg_start "$dir" ||
		    refuse "the PostgreSQL server does not start" "$(tail -n 1 "$dir/server.log" 2>/dev/null)" "look at $dir/server.log; then $AGAIN"
		pg_database "$dir"
		pg_url "$dir" >"$ROOT/secret/database.new"
		step database "PostgreSQL in $dir"
	elif [ -n "$DATABASE_URL" ]; then
		printf '%s\n' "$DATABASE_URL" >"$ROOT/secret/database.new"
	fi
	[ ! -f "$ROOT/secret/database.new" ] || mv "$ROOT/secret/database.new" "$ROOT/secret/database"
}

stop_database() {
	if [ "$DATABASE" = own ] && [ -d "$ROOT/postgresql/data" ]; then pg_stop "$ROOT/postgresql"; fi
}

database_status() {
	local pid=- state=up
	[ "$DATABASE" = own ] || return 0
	if pg_is_up "$ROOT/postgresql"; then pid=$(head -n 1 "$ROOT/postgresql/data/postmaster.pid"); else state="down: see $ROOT/postgresql/server.log; $AGAIN starts it"; fi
	printf '%-20s %8s %8s  %s\n' postgresql "$pid" - "$state"
	[ "$state" = up ]
}
