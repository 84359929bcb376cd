#!/usr/bin/env bats
# gatehouse store: check, dump, load, backup, compact, stats, on instances with records of every day.

load helper
load cli

setup_file() {
	make_root "$BATS_FILE_TMPDIR/run"
}

setup() {
	load_libs
	ROOT=$BATS_FILE_TMPDIR/run
	OTHER=$BATS_TEST_TMPDIR/other
	DUMP=$BATS_TEST_TMPDIR/dump
}

# From here on "gatehouse" means another instance, without a store yet; $DUMP holds the first one's records.
make_other() {
	gatehouse store dump "$DUMP" >/dev/null
	FIRST=$ROOT ROOT=$OTHER
	mkdir -p "$ROOT"
	cp "$FIRST/gatehouse.json" "$ROOT/"
}

# The records of an instance in order, without what differs between two dumps.
records() {
	"$BUILD/gatehouse" --root "$1" store dump | grep '^{"key"' | sort
}

@test "a sound store is said to be sound, with the number of its records" {
	run -0 gatehouse store check
	assert_output --partial 'the store is sound: '
	n=$(records "$ROOT" | wc -l)
	[ "$n" -ge 8 ]
	assert_equal "$(gatehouse store check --json | jq -c .)" "{\"ok\":true,\"records\":$n}"
}

@test "a dump is whole, nobody else's to read, and loads into another instance" {
	run -0 gatehouse store dump "$DUMP"
	assert_output --partial 'keep it safe'
	assert_equal "$(stat -c %a "$DUMP")" 600
	jq -e . "$DUMP" >/dev/null
	assert_equal "$(head -n 1 "$DUMP" | jq -r '.dump, .v' | xargs)" 'gatehouse store 1'
	assert_equal "$(tail -n 1 "$DUMP" | jq .end)" "$(grep -c '^{"key"' "$DUMP")"
	make_other
	run -0 gatehouse store load "$DUMP"
	assert_equal "$(records "$OTHER")" "$(records "$FIRST")"
	assert_equal "$(gatehouse device list --user ann --json)" "$("$BUILD/gatehouse" --root "$FIRST" device list --user ann --json)"
	gatehouse store check
}

@test "a store with records is not loaded into by mistake" {
	make_other
	gatehouse store load "$DUMP"
	refused store load "$DUMP"
	says 'holds records already; nothing was loaded'
	[[ ${stderr_lines[1]} == *'--merge' ]]
	run -0 gatehouse store load --merge "$DUMP"
	assert_equal "$(records "$OTHER")" "$(records "$FIRST")"
}

@test "a dump that is cut off, changed or of the future is refused, and nothing is loaded" {
	make_other
	head -n -1 "$DUMP" >"$DUMP.cut"
	refused store load "$DUMP.cut"
	says 'it is cut off'
	sed 3d "$DUMP" >"$DUMP.less"
	refused store load "$DUMP.less"
	says 'not as many records as its end says'
	sed '1s/"v":1/"v":2/' "$DUMP" >"$DUMP.new"
	refused store load "$DUMP.new"
	says 'newer version'
	sed '2s/"key"/"kay"/' "$DUMP" >"$DUMP.wrong"
	refused store load "$DUMP.wrong"
	says 'line 2: this is no record'
	{ cat "$DUMP"; sed -n 2p "$DUMP"; } >"$DUMP.more"
	refused store load "$DUMP.more"
	says "behind the dump's end"
	echo '{}' >"$DUMP.none"
	refused store load "$DUMP.none"
	says 'line 1: this is no dump of a store'
	: >"$DUMP.empty"
	refused store load "$DUMP.empty"
	refused store load "$DUMP.absent"
	assert_equal "$(records "$OTHER")" ''
}

@test "a dump written by hand is read to the letter; what has expired is left out" {
	make_other
	cat >"$DUMP" <<-'END'
		{"dump":"gatehouse store","v":1,"made":1700000000}
		{"key":"a/1","value":{"v":1,"n":12}}
		{"key":"a/2","expires":4000000000,"text":"{ \"v\" : 1 }"}
		{"key":"a/3","expires":1700000001,"value":{"v":1}}
		{"key":"a/\u00e4","text":"é\n"}
		{"end":4}
	END
	gatehouse store load "$DUMP"
	assert_equal "$(records "$OTHER" | jq -c . | sort)" "$(jq -c 'select(.key and .key != "a/3")' "$DUMP" | sort)"
}

@test "records that do not fit together are found" {
	make_other
	# A device whose list does not name it, and a name of nobody.
	jq -c 'if (.key // "" | startswith("devices/")) then .value.ids -= ["lamp"] + ["none"] | .value.ids += ["none"]
		elif (.key // "" | startswith("username/")) then .value.user = "nobody" else . end' "$DUMP" >"$DUMP.bad"
	gatehouse store load "$DUMP.bad"
	run -1 --separate-stderr gatehouse store check
	assert_equal "$output" ''
	[[ $stderr == *'/lamp: it is not listed in devices/'* ]]
	[[ $stderr == *'it lists none, which is not there'* ]]
	[[ $stderr == *'username/ann: it names nobody who is there'* ]]
	[[ $stderr == *'records do not fit together'* ]]
	# and kept for the operator's page
	assert_equal "$(gatehouse store dump | jq 'select(.key == "checked/store").value.sound')" false
}

@test "a record of no version is found" {
	make_other
	printf '%s\n' '{"dump":"gatehouse store","v":1}' '{"key":"a/1","value":[]}' '{"end":1}' >"$DUMP"
	gatehouse store load "$DUMP"
	run -1 --separate-stderr gatehouse store check
	[[ $stderr == *'a/1: its value is no record of a version that is known'* ]]
}

@test "a backup can be checked, and put back in two lines" {
	make_other
	gatehouse store load "$DUMP"
	copy=$BATS_TEST_TMPDIR/backup
	run -0 gatehouse store backup "$copy"
	run -0 gatehouse store check "$copy"
	assert_output --partial 'the store is sound'
	refused store backup "$copy"
	says 'File exists'
	before=$(records "$OTHER")
	gatehouse device delete lamp --user ann
	[ "$(records "$OTHER")" != "$before" ]
	# The two lines of docs/store.md, here without programs to stop.
	rm -r "$OTHER/store"
	cp -a "$copy" "$OTHER/store"
	assert_equal "$(records "$OTHER")" "$before"
	gatehouse store check
}

@test "compacting leaves every record, and figures are shown" {
	make_other
	gatehouse store load "$DUMP"
	before=$(records "$OTHER")
	run -0 gatehouse store compact
	assert_equal "$(records "$OTHER")" "$before"
	assert_equal "$(gatehouse store stats --json | jq .base_records)" "$(wc -l <<<"$before")"
	run -0 gatehouse store stats
	assert_output --partial 'base_bytes'
}

@test "a changed byte is said with its file, and nothing is served" {
	make_other
	gatehouse store load "$DUMP"
	printf 'X' | dd of="$OTHER/store/journal.1" bs=1 seek=300 conv=notrunc status=none
	refused store check
	says 'journal.1: damaged at byte '
	run -1 gatehouse user list
	run -1 gatehouse store check "$OTHER/store"
}

@test "every allocation fails, once and for ever" {
	(cd "$TOP" && make -s build/unit/store-alloc >/dev/null)
	run -0 "$TOP/build/unit/store-alloc"
	refute_output --partial SKIP
}

@test "a small store needs little room" {
	[ "$(du -sk "$ROOT/store" | cut -f1)" -lt 1024 ]
}
