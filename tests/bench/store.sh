#!/usr/bin/env bash
# store.sh: the store beside LMDB, SQLite and Redis, doing the same work in the same run; prints tables and ratios.
#
# usage: tests/bench/store.sh [FOLDER]    FOLDER lies on the disk to measure; default: the temporary folder
#
# Row by row and round by round, all stores in turn, so that a noisy minute hits all alike; a figure is the median of the
# rounds, and what lies between the lowest and the highest stands beside it in percent of it. Loading the records, opening
# and the first 0.3 s of each round are not counted. Installs the others where they are missing. In the environment:
#   SIZES ("10000 1000000"; with postgresql "100000")   numbers of records
#   ROWS                      "WRITERS READERS RATE, ...": RATE transactions a second each writer, 0: all it can
#   ROUNDS (3)  SECONDS_EACH (2)  STORES ("gatehouse lmdb sqlite redis"; also postgresql: ours on a server of its own)
#   DATA=DIR                  make the records there and keep them; used again by the next run. With ROUNDS=0, nothing else
# One row in half a minute: DATA=/var/tmp/b SIZES=10000 ROUNDS=0 tests/bench/store.sh; then with ROWS='1 0 0' and without ROUNDS.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=conf/deploy/packages.sh
. conf/deploy/packages.sh
# shellcheck source=conf/deploy/postgresql.sh
. conf/deploy/postgresql.sh
PACKAGES=(liblmdb-dev libsqlite3-dev libhiredis-dev redis-server)
EACH=${SECONDS_EACH:-2} ROUNDS=${ROUNDS:-3}
read -ra STORES <<<"${STORES:-gatehouse lmdb sqlite redis}"
if [[ " ${STORES[*]} " == *' postgresql '* ]]; then SIZES=${SIZES:-100000}; fi
SIZES=${SIZES:-10000 1000000}
IFS=, read -ra ROWS <<<"${ROWS:-1 0 0,4 0 0,16 0 0,64 0 0,0 1 0,0 2 0,1 1 1000,4 2 250}"
work=$(mktemp -d "${1:-${TMPDIR:-/tmp}}/store-bench.XXXXXX")
data=${DATA:-$work}
redis=
server=

finish() {
	stop_redis
	stop_postgresql
	rm -rf "$work"
}
trap finish EXIT

start_redis() { # SIZE: and wait until it has read its file
	local socket=$data/$1/redis/socket
	mkdir -p "${socket%/*}"
	redis-server --port 0 --unixsocket "$socket" --dir "${socket%/*}" --appendonly yes \
		--appendfsync always --save '' --daemonize no >"$work/redis.log" 2>&1 &
	redis=$!
	for _ in $(seq 600); do
		[ "$(redis-cli -s "$socket" ping 2>/dev/null)" != PONG ] || return 0
		sleep 0.1
	done
	cat "$work/redis.log"
	return 1
}

stop_redis() {
	[ -n "$redis" ] || return 0
	kill "$redis" 2>/dev/null || true
	wait "$redis" 2>/dev/null || true
	redis=
}

# Debian's defaults but for a larger cache; what it acknowledges is on its disk.
start_postgresql() { # SIZE
	server=$data/$1/server
	[ -d "$server/data" ] || { chmod 711 "$work" "$data" "$data/$1"; pg_make "$server" 'shared_buffers = 512MB' 'max_wal_size = 4GB'; }
	pg_start "$server"
	pg_database "$server"
	STORE_URL=$(pg_url "$server")
	export STORE_URL
}

stop_postgresql() {
	[ -z "$server" ] || pg_stop "$server"
	server=
}

has_postgresql() { [[ " ${STORES[*]} " == *' postgresql '* ]]; }
has_redis() { [[ " ${STORES[*]} " == *' redis '* ]]; }

# ROW SIZE: every round of every store, as it comes.
rounds() {
	local writers readers rate store
	read -r writers readers rate <<<"$1"
	for _ in $(seq "$ROUNDS"); do
		for store in "${STORES[@]}"; do
			"$work/store" "$store" "$data/$2/$store" "$2" "$writers" "$readers" "$EACH" "$rate"
		done
	done
}

# Of the rounds of one row: a line a store, with the middle round and the spread.
medians() {
	awk -v stores="${STORES[*]}" '
		{ n[$1]++; tx[$1, n[$1]] = $5; get[$1, n[$1]] = $8; line[$1, n[$1]] = $0; errors[$1] += $11; by = $3 > 0 && $4 == 0 }
		function value(s, i) { return by ? tx[s, i] + 0 : get[s, i] + 0 }
		END { split(stores, order, " ")
			for (k = 1; k in order; k++) {
				s = order[k]; count = n[s]
				for (i = 1; i <= count; i++) at[i] = i
				for (i = 2; i <= count; i++)
					for (j = i; j > 1 && value(s, at[j - 1]) > value(s, at[j]); j--) { t = at[j]; at[j] = at[j - 1]; at[j - 1] = t }
				mid = at[int((count + 1) / 2)]
				spread = value(s, mid) > 0 ? 100 * (value(s, at[count]) - value(s, at[1])) / value(s, mid) : 0
				$0 = line[s, mid]
				printf "%-10s %8d %3d %3d %9d %7d %7d %10d %6d %6d %5d%% %6d\n", $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, spread, errors[s]
			} }'
}

# Each row: ours over the best of the others: of reads, where there are readers, else of transactions. Writers that have
# a fixed rate are not compared, but they must come up to it.
ratios() {
	awk 'NF == 12 && $1 != "store" && $1 !~ /^#/ { row = $2 " records, " $3 " writers, " $4 " readers"; if (!(row in seen)) { seen[row] = 1; order[++n] = row }
		figure = $4 > 0 ? $8 : $5
		if ($1 == "gatehouse") { ours[row] = figure }
		else if (figure > best[row] + 0) { best[row] = figure; who[row] = $1 } }
		END { print "# ours over the best of the others:"
			for (i = 1; i <= n; i++) { row = order[i]
				if (best[row] > 0) printf "# %-40s %5.2f  (%s)\n", row, ours[row] / best[row], who[row] } }' "$1"
}

missing=()
! has_postgresql || PACKAGES+=(postgresql)
for p in "${PACKAGES[@]}"; do dpkg -s "$p" >/dev/null 2>&1 || missing+=("$p"); done
if [ ${#missing[@]} -gt 0 ]; then
	# Not as a service of this machine: only the programs are wanted.
	RUNLEVEL=1 packages_install "${missing[@]}"
fi
make -s -j2 build/shared.a
gcc -std=c11 -O2 -D_GNU_SOURCE -fvisibility=hidden -Icgi-bin -I. -o "$work/store" tests/bench/store.c \
	tests/bench/store-peers.c build/shared.a -lgdbm -lpq -lcrypto -lm -llmdb -lsqlite3 -lhiredis

echo "# $(date -u +%F), $(nproc) cores, kernel $(uname -r), $(findmnt -no FSTYPE -T "$work")"
echo "# sqlite $(dpkg-query -W -f '${Version}' libsqlite3-0), lmdb $(dpkg-query -W -f '${Version}' liblmdb0), redis $(dpkg-query -W -f '${Version}' redis-server)"
printf '%-10s %8s %3s %3s %9s %7s %7s %10s %6s %6s %6s %6s\n' store records w r tx/s p50us p99us reads/s p50us p99us spread errors
for size in $SIZES; do
	mkdir -p "$data/$size"
	! has_redis || start_redis "$size"
	! has_postgresql || start_postgresql "$size"
	for store in "${STORES[@]}"; do
		[ ! -e "$data/$size/$store.filled" ] || continue
		"$work/store" "$store" "$data/$size/$store" "$size" fill
		touch "$data/$size/$store.filled"
	done
	for row in "${ROWS[@]}"; do
		[ "$ROUNDS" -gt 0 ] || break
		rounds "$row" "$size" >"$work/rounds"
		medians <"$work/rounds" | tee -a "$work/rows"
	done
	stop_redis
	stop_postgresql
	[ -n "${DATA:-}" ] || rm -rf "${work:?}/$size"
done
[ "$ROUNDS" = 0 ] || ratios "$work/rows"
# What tests/bench/scale.mjs calculates with.
[ "$ROUNDS" = 0 ] || awk '$1 == "postgresql" && $3 == 16 && $4 == 0 { writes = $5 } $1 == "postgresql" && $3 == 0 && $4 == 1 { reads = $8 }
	END { if (writes && reads) printf "# tests/bench/scale.mjs --writes=%d --reads=%d\n", writes, reads }' "$work/rows"
! grep -q '^gatehouse .* [1-9][0-9]*$' "$work/rows" 2>/dev/null || { echo '# there were errors'; exit 1; }
