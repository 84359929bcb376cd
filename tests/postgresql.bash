# postgresql.bash: PostgreSQL servers for tests, each in a folder of its own, reached by their sockets.
# shellcheck shell=bash disable=SC2034
TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=conf/deploy/postgresql.sh
. "$TOP/conf/deploy/postgresql.sh"

# A new folder for a server; in memory where there is such a place: what tests prove does not depend on it.
pg_folder() {
	local at=/tmp
	[ ! -w /dev/shm ] || at=/dev/shm
	mktemp -d "$at/gatehouse-pg.XXXXXX"
}

# pg_begin DIR [SETTING...]: a server with an empty database "gatehouse". Its folder must be reachable for the server's user.
pg_begin() {
	if pg_make "$@" && pg_start "$1" && pg_database "$1"; then return 0; fi
	cat "$1/server.log"
	return 1
}

# pg_end DIR: stop it at once and remove its files.
pg_end() {
	pg_stop "$1" immediate || true
	rm -rf "$1"
}

# engine_unit TEST [NAME=VALUE...]: a program of tests/unit on the database of $SERVER.
engine_unit() {
	local test=$1
	shift
	env STORE_ENGINE=postgresql STORE_URL="$(pg_url "$SERVER")" "$@" "${GATEHOUSE_BUILD:-$TOP/build/san}/unit/$test"
}
