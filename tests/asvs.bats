#!/usr/bin/env bats
# docs/asvs.tsv, the sheet of OWASP ASVS 5.0 levels 1 and 2: every requirement stands in it, and what it names as evidence exists.
load helper

setup() {
	load_libs
	SHEET=$TOP/docs/asvs.tsv
}

# faults SHEET: what is wrong with a sheet, a line each.
faults() {
	awk -F'\t' -v top="$TOP" '
		function wrong(why) { print FNR ": " $1 ": " why }
		# Is there a test whose name begins so, or, in what is no bats file, such words?
		function has(file, words,  line, found) {
			while ((getline line <(top "/" file)) > 0)
				if (words == "" || (file ~ /\.bats$/ ? index(line, "@test \"" words) == 1 : index(line, words) > 0))
					found = 1
			close(top "/" file)
			return found
		}
		NR == 1 { if ($0 != "id\tlevel\tstatus\trequirement\tevidence\tnote") wrong("not the title line"); next }
		NF != 6 { wrong("has " NF " columns"); next }
		$1 !~ /^V[0-9]+\.[0-9]+\.[0-9]+$/ || seen[$1]++ { wrong("no id, or twice") }
		$2 !~ /^[12]$/ { wrong("no level") }
		$3 !~ /^(met|n\/a|open)$/ { wrong("no status") }
		$4 == "" { wrong("says nothing") }
		$3 == "met" && $5 !~ /[a-z]/ { wrong("met without evidence") }
		$3 != "met" && $6 !~ /[a-z]/ { wrong("without a reason") }
		$5 != "-" {
			for (n = split($5, part, " ; "); n > 0; n--) {
				split(part[n], place, "#")
				if (!has(place[1], place[2]))
					wrong("no such evidence: " part[n])
			}
		}' "$1"
}

@test "all 70 requirements of level 1 and 183 of level 2 are there, and each has evidence that exists, or a reason" {
	run faults "$SHEET"
	assert_output ''
	assert_equal "$(awk -F'\t' 'NR > 1 { n[$2]++ } END { print n[1], n[2] }' "$SHEET")" '70 183'
	# How many each chapter has, as the standard has them.
	assert_equal "$(awk -F'[V.\t]' 'NR > 1 { n[$2]++ } END { for (c = 1; c <= 17; c++) printf "%d ", n[c] }' "$SHEET")" \
		'27 11 19 10 9 35 18 7 7 29 14 9 13 9 13 16 7 '
}

@test "the sheet is held to that: what is wrong in one is found" {
	local bad=$BATS_TEST_TMPDIR/bad.tsv
	head -n 1 "$SHEET" >"$bad"
	printf '%s\t%s\t%s\t%s\t%s\t%s\n' V1.1.1 2 met x 'tests/pages.bats#B01 headers' - V1.1.2 2 met x 'tests/pages.bats#No such test' '' \
		V1.1.1 2 met x Makefile '' V1.1.3 3 met x Makefile '' V1.1.4 2 met x - '' V1.1.5 1 n/a x - '' V1.1.6 1 met x tests/gone.bats '' >>"$bad"
	run faults "$bad"
	refute_line --regexp '^2: '
	assert_line --partial '3: V1.1.2: no such evidence: tests/pages.bats#No such test'
	assert_line --partial '4: V1.1.1: no id, or twice'
	assert_line --partial '5: V1.1.3: no level'
	assert_line --partial '6: V1.1.4: met without evidence'
	assert_line --partial '7: V1.1.5: without a reason'
	assert_line --partial '8: V1.1.6: no such evidence: tests/gone.bats'
}

@test "all of OAuth that applies is met, and by tests" {
	run awk -F'\t' '$1 ~ /^V10\./ && ($3 == "open" || ($3 == "met" && $5 !~ /tests\//))' "$SHEET"
	assert_output ''
}

@test "docs/security.md has the figures of the sheet" {
	local met na open
	read -r met na open < <(awk -F'\t' 'NR > 1 { n[$3]++ } END { print n["met"], n["n/a"], n["open"] + 0 }' "$SHEET")
	grep -F "$met met, $na not applicable, $open open" "$TOP/docs/security.md"
}
