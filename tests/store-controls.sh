#!/bin/sh
# Prove that the store's tests notice: leave out one rule of the store at a time (db/broken.h) and see a test fail.
# usage: tests/store-controls.sh [RULE...]; from the repository's root.
set -u
dir=$(mktemp -d "${TMPDIR:-/tmp}/store-controls.XXXXXX") || exit 1
trap 'rm -rf "$dir"' EXIT
failed=0
make -s -j2 build/shared.a >/dev/null || exit 1	# what lies below the store

# rule, the test that must see it, what the test gets
rules='
ACK store-power
CRC store-power
HEAD store-power
FOLDER store-power
BASE store-power
APPEND store-power
VERSIONS store-kill
REPAIR store-killed
BELIEVE store-fault
RECORD store-flip
LINE store-flip
WHOLE store-history
'

broken() { # RULE TEST: builds the test over a store without the rule
	${CC:-gcc} -D_GNU_SOURCE -DSTORE_BREAK="BREAK_$1" -Icgi-bin -I. -std=c11 -O1 -o "$dir/$2" "tests/unit/$2.c" db/*.c \
	    build/shared.a -lgdbm -lpq -lcrypto -lm
}

n=0
while read -r rule test; do
	[ -n "$rule" ] || continue
	case " $* " in "  "|*" $rule "*) ;; *) continue ;; esac
	n=$((n + 1))
	if ! broken "$rule" "$test"; then
		echo "not ok $n - a store without $rule builds"
		failed=1
	elif STORE_SOAK="${STORE_SOAK:-2}" timeout 120 "$dir/$test" >"$dir/out" 2>&1; then
		echo "not ok $n - $test notices a store without $rule"
		failed=1
	elif ! grep -q '^not ok' "$dir/out"; then
		echo "not ok $n - $test notices a store without $rule and says so"
		tail -3 "$dir/out" | sed 's/^/# /'
		failed=1
	else
		echo "ok $n - $test notices a store without $rule"
	fi
done <<END
$rules
END
echo "1..$n"
exit $failed
