#!/usr/bin/env bash
# store.sh: the store beside LMDB, SQLite and Redis, doing the same work in the same run; prints tables and ratios.
#
# usage: tests/bench/store.sh [FOLDER]    FOLDER lies on the disk to measure; default: the temporary folder
# Each figure is the median of ROUNDS (3) of SECONDS_EACH (2); SIZES ("10000 1000000") are numbers of records. Installs
# the others where they are missing.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=conf/deploy/packages.sh
. conf/deploy/packages.sh
PACKAGES=(liblmdb-dev libsqlite3-dev libhiredis-dev redis-server)
EACH=${SECONDS_EACH:-2} ROUNDS=${ROUNDS:-3} SIZES=${SIZES:-10000 1000000}
work=$(mktemp -d "${1:-${TMPDIR:-/tmp}}/store-bench.XXXXXX")
redis=

finish() {
	[ -z "$redis" ] || kill "$redis" 2>/dev/null || true
	rm -rf "$work"
}
trap finish EXIT

missing=()
for p in "${PACKAGES[@]}"; do dpkg -s "$p" >/dev/null 2>&1 || missing+=("$p"); done
if [ ${#missing[@]} -gt 0 ]; then
	# Not as a service of this machine: only the programs are wanted.
	RUNLEVEL=1 packages_install "${missing[@]}"
fi
make -s -j2 build/shared.a
gcc -std=c11 -O2 -D_GNU_SOURCE -fvisibility=hidden -Icgi-bin -I. -o "$work/store" tests/bench/store.c \
	tests/bench/store-peers.c build/shared.a -lgdbm -lcjson -lcrypto -lm -llmdb -lsqlite3 -lhiredis

start_redis() {
	mkdir -p "$work/$1/redis"
	redis-server --port 0 --unixsocket "$work/$1/redis/socket" --dir "$work/$1/redis" --appendonly yes \
		--appendfsync always --save '' --daemonize no >"$work/redis.log" 2>&1 &
	redis=$!
	for _ in $(seq 100); do
		[ ! -S "$work/$1/redis/socket" ] || return 0
		sleep 0.1
	done
	cat "$work/redis.log"
	return 1
}

stop_redis() {
	kill "$redis"
	wait "$redis" 2>/dev/null || true
	redis=
}

echo "# $(date -u +%F), $(nproc) cores, kernel $(uname -r), $(findmnt -no FSTYPE -T "$work")"
echo "# sqlite $(dpkg-query -W -f '${Version}' libsqlite3-0), lmdb $(dpkg-query -W -f '${Version}' liblmdb0), redis $(dpkg-query -W -f '${Version}' redis-server)"
printf '%-10s %8s %3s %3s %9s %7s %7s %10s %6s %6s\n' store records w r tx/s p50us p99us reads/s p50us p99us
for size in $SIZES; do
	mkdir -p "$work/$size"
	start_redis "$size"
	for store in gatehouse lmdb sqlite redis; do
		"$work/store" "$store" "$work/$size/$store" "$size" fill
	done
	# Row by row and round by round, so that a noisy minute hits all alike. Writers, readers, transactions a second (0: all they can).
	for row in '1 0 0' '4 0 0' '16 0 0' '64 0 0' '0 1 0' '0 2 0' '1 1 1000' '4 2 250'; do
		read -r writers readers rate <<<"$row"
		: >"$work/rounds"
		for _ in $(seq "$ROUNDS"); do
			for store in gatehouse lmdb sqlite redis; do
				"$work/store" "$store" "$work/$size/$store" "$size" "$writers" "$readers" "$EACH" "$rate"
			done >>"$work/rounds"
		done
		for store in gatehouse lmdb sqlite redis; do
			grep "^$store " "$work/rounds" | sort -n -k "$((writers > 0 ? 5 : 8))" | sed -n "$(((ROUNDS + 1) / 2))p"
		done
	done
	stop_redis
	rm -rf "${work:?}/$size"
done | tee "$work/rows"

# Each row: ours over the best of the others, of transactions if any, else of reads.
awk 'NF == 10 && $1 != "store" { row = $2 " records, " $3 " writers, " $4 " readers"; if (!(row in seen)) { seen[row] = 1; order[++n] = row }
	tx = $5; reads = $8
	if ($1 == "gatehouse") { our_tx[row] = tx; our_reads[row] = reads }
	else { if (tx > best_tx[row]) best_tx[row] = tx; if (reads > best_reads[row]) best_reads[row] = reads } }
	END { print "# ours over the best of the others:"
	for (i = 1; i <= n; i++) { row = order[i]; printf "# %-40s", row
		if (best_tx[row] > 0) printf " %5.2f x tx", our_tx[row] / best_tx[row]
		if (best_reads[row] > 0) printf " %5.2f x reads", our_reads[row] / best_reads[row]
		print "" } }' "$work/rows"
