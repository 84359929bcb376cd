#!/usr/bin/env bats
# The courier over a long time and through many deaths. SEEDS="1 2 3" says which years are lived through.

load helper
load courier

setup() {
	load_libs
	begin_courier "$BATS_TEST_TMPDIR"
}

teardown() {
	end_courier
	! grep -F -e ERROR: -e 'runtime error' "$COURIER_LOG"
}

@test "a year on a moving clock, or as much of it as DAYS says: no link is lost" {
	local seed
	gatehouse device add --user ann --type c2c-button-4 --id btn --name Button >/dev/null
	for seed in ${SEEDS:-1}; do
		BUILD=$BUILD run node "$TOP/tests/fake/year.mjs" "$seed" "${DAYS:-365}"
		echo "# $output"
		[ "$status" = 0 ]
		rm -rf "$ROOT"
		kill "$ST_PID"
		begin_courier "$BATS_TEST_TMPDIR"
		gatehouse device add --user ann --type c2c-button-4 --id btn --name Button >/dev/null
	done
}

# Each of some links hears of 1,000 changes of eight devices, while the courier is killed again and again.
@test "kill -9 during 1,000 queued changes: each link ends with the right state, none missing, in order" {
	local d i n=1000 devices=(a b c d e f g h)
	gatehouse device add --user ann --type c2c-button --id btn --name Button >/dev/null
	for d in "${devices[@]}"; do gatehouse device add --user ann --type c2c-dimmer --id "$d" --name "$d" >/dev/null; done
	for i in 1 2 3 4 5; do link "l$i" ann "${devices[@]}" btn; done
	for ((i = 1; i <= n; i++)); do
		if ((i % 50 == 0)); then
			d=btn
			gatehouse device set btn --user ann st.button.button=pushed >/dev/null
		else
			d=${devices[i % 8]}
			gatehouse device set "$d" --user ann st.switchLevel.level=$((i % 100)) >/dev/null
		fi
		if ((i % 20 == 0)); then
			stop_courier KILL
			[ $((RANDOM % 3)) = 0 ] || start_courier
		fi
	done
	for ((i = 0; i < 20; i++)); do
		stop_courier KILL
		start_courier
		sleep "0.$((RANDOM % 9))"
	done
	local expected
	expected=$(for d in "${devices[@]}"; do
		gatehouse device show "$d" --user ann --json | jq -c '{key: .id, value: (.states[] | select(.attribute == "level").value)}'
	done | jq -cs from_entries)
	for i in 1 2 3 4 5; do
		until_is "$expected" links ".l$i.devices | del(.btn) | map_values(.\"st.switchLevel.level\")"
		until_is '[true,0]' links ".l$i | [(.events | length) >= 20, .backwards]"
	done
}

@test "a thousand linked homes have news at once, beside a slow and a dead host" {
	HOMES=1000 run timeout 300 "$BUILD/unit/callbacks"
	grep '^#' <<<"$output" >&3
	[ "$status" = 0 ]
}
