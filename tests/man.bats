#!/usr/bin/env bats
# The manual pages: there is one for everything, they say what docs/ says, and both formatters take them.
load helper

setup_file() {
	load helper
	"$TOP/conf/man/make" "$BATS_FILE_TMPDIR/man"
}

setup() {
	load_libs
	MAN=$BATS_FILE_TMPDIR/man
	cd "$MAN"
}

# shown PAGE: as a terminal shows it, in one line, without the hyphens that break words and the marks of bold type.
shown() { mandoc -Tutf8 -O width=500 "$1" | sed 's/.\x08//g' | tr -s ' \n' ' '; }

@test "mandoc and man have nothing to say against any page" {
	run mandoc -Tlint ./*
	assert_success
	assert_output ''
	[ "$(ls | wc -l)" -ge 30 ]
	for page in *; do
		run man -l --warnings -E UTF-8 "./$page"
		assert_success
		[ -n "$output" ]
	done
	# Counter-proof.
	printf '.Dd x\n.Sh NAME\ntext \n' >"$BATS_TEST_TMPDIR/bad.1"
	run mandoc -Tlint "$BATS_TEST_TMPDIR/bad.1"
	assert_failure
}

@test "every program and every file of docs/ has its page" {
	local source file
	for source in "$TOP"/cgi-bin/*.c; do
		source=$(basename "$source" .c)
		case $source in app) continue ;; gatehouse) [ -s gatehouse.1 ]; continue ;; esac
		[ -s "gatehouse-$source.8" ] || { echo "no page: $source"; return 1; }
	done
	for file in "$TOP"/docs/*.md; do
		file=$(basename "$file")
		grep -q " $file " "$TOP/conf/man/pages" || [ -s "gatehouse-${file%.md}.7" ] || { echo "in no page: $file"; return 1; }
	done
	grep -v '^#' "$TOP/conf/man/pages" | while read -r page file _; do
		[ -s "$page" ] || { echo "not made: $page of $file"; return 1; }
	done
}

@test "every verb, option and config key stands in its page" {
	local verbs keys text
	text=$(shown gatehouse.1)
	"$BUILD/gatehouse" help --json | jq -r '.[] | .noun as $noun | .verbs[] | "\($noun) \(.verb)", (.options[] | "--" + .option)' |
		sort -u | while IFS= read -r word; do
		[[ $text == *"$word"* ]] || { echo "gatehouse(1): nothing about $word"; return 1; }
	done
	text=$(shown gatehouse.json.5)
	mkdir "$BATS_TEST_TMPDIR/root"
	echo '{}' >"$BATS_TEST_TMPDIR/root/gatehouse.json"
	"$BUILD/gatehouse" --root "$BATS_TEST_TMPDIR/root" --json config show |
		jq -r 'paths(type != "object") | select(all(.[]; type == "string")) | join(".")' | while IFS= read -r word; do
		[[ $text == *"$word"* ]] || { echo "gatehouse.json(5): nothing about $word"; return 1; }
	done
}

@test "a program's page has its addresses, and each address is on one of them" {
	local route
	sed -n 's/^| `\(\/[^`]*\)`.*/\1/p' "$TOP/docs/http.md" | grep -v '\.\.\.' | while IFS= read -r route; do
		[ "$(grep -lF -- "${route//-/\\-}\\fP" gatehouse-*.8 | wc -l)" -ge 1 ] || { echo "on no program's page: $route"; return 1; }
	done
	shown gatehouse-token.8 | grep -F '/introspect'
	run grep -c '^.Sh ADDRESSES' gatehouse-courier.8
	assert_output 0
}

@test "nothing of Markdown is left, and no link leads to a file" {
	local page
	for page in *; do
		run bash -c "sed '/^.Bd/,/^.Ed/d' '$page' | grep -nE '\]\(|\*\*|^\| |^#|\`'"
		assert_output ''
	done
}

@test "make install-man puts them where man looks" {
	make -s -C "$TOP" install-man DESTDIR="$BATS_TEST_TMPDIR/image"
	[ "$(find "$BATS_TEST_TMPDIR/image" -type f | wc -l)" = "$(ls | wc -l)" ]
	run env MANPATH="$BATS_TEST_TMPDIR/image/usr/share/man" man -w 5 gatehouse.json
	assert_output "$BATS_TEST_TMPDIR/image/usr/share/man/man5/gatehouse.json.5"
}
