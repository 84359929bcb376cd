#!/usr/bin/env bats
# The house itself: who includes whom, sizes, comments, and that what exists is documented.
# Each check is a function that prints the faults of a tree; each is shown a bad tree once, to see that it finds them.
# long because: some sixteen checks stand here side by side, each with its counter-proof.

setup() {
	ROOT=$(cd "$BATS_TEST_DIRNAME/.." && pwd)
	BAD=$BATS_TEST_TMPDIR/bad
	mkdir -p "$BAD"
	GATEHOUSE=${GATEHOUSE_BUILD:-$ROOT/build/san}/gatehouse
}

# FUNCTION: nothing is wrong in the tree.
good() {
	local found
	found=$(cd "$ROOT" && "$@") || true	# grep that finds nothing fails, which is fine here
	[ -z "$found" ] || { echo "$found"; return 1; }
}

# put FILE <text: a file of the bad tree.
put() {
	mkdir -p "$(dirname "$BAD/$1")"
	cat >"$BAD/$1"
}

# TEXT FUNCTION: the bad tree is found out, with TEXT.
bad() {
	local text=$1 found
	shift
	found=$(cd "$BAD" && "$@") || true
	grep -qF -- "$text" <<<"$found" || { echo "not found out: $text; but: $found"; return 1; }
}

# TEXT FUNCTION: what is right in the bad tree is left alone.
spared() {
	local text=$1 found
	shift
	found=$(cd "$BAD" && "$@") || true
	! grep -F -- "$text" <<<"$found"
}

# Our C files, in the tree that is the current folder.
sources() {
	find cgi-bin db tests/unit tests/fuzz tests/bench tests/fake -name '*.[ch]' 2>/dev/null | sort
}

# All files that people write.
texts() {
	find cgi-bin db conf docs html tests Makefile README.md CHANGELOG.md deploy.sh .ci -type f \
		-not -path '*/node_modules/*' 2>/dev/null | sort |
		xargs -r grep -Il ''
}

# --- who includes whom ---

# Floors: a folder includes floors below its own; oauth and device not web; the floor above of web only web/fetch.h.
# A folder that is called like a program (token/ beside token.c) is a room of that program, and account/ is one that
# several share: they stand above app.h, which nobody below may include. console/ and connect/ stand on account/: their pages
# belong to visitors.
upward() {
	sources | grep -v '^tests/' | xargs -r awk -v programs="$(cd cgi-bin && echo *.c)" '
		BEGIN {
			for (n = split(programs, part, "[. ]+"); n > 0; n--)
				floor[part[n]] = 6
			floor["base"] = 1
			floor["db"] = floor["web"] = 2
			floor["oauth"] = floor["device"] = 3
			floor["courier"] = 3.5
			floor["schema"] = floor["smartapp"] = floor["endpoints"] = floor["link"] = 4
			floor["nodeserver"] = floor["watch"] = 4
			floor["cli"] = 4.5
			floor["app"] = 5
			floor["account"] = floor["sim"] = 6
			floor["console"] = floor["connect"] = floor["polyglot"] = 6.5
			floor["program"] = 7
		}
		FNR == 1 {
			n = split(FILENAME, part, "/")
			room = part[1] == "db" ? "db" : n == 2 ? (part[2] ~ /^app\./ ? "app" : "program") : part[2]
			if (!(room in floor))
				print FILENAME ": the folder " room " stands on no floor"
		}
		/^[ \t]*#[ \t]*include[ \t]*"/ {
			split($0, quoted, "\"")
			n = split(quoted[2], part, "/")
			other = n == 1 ? (part[1] == "app.h" ? "app" : "program") : part[1]
			if (!(other in floor))
				print FILENAME ":" FNR ": includes " quoted[2] " of no floor"
			else if (other != room && floor[other] >= floor[room])
				print FILENAME ":" FNR ": includes " quoted[2] ", which is not below it"
			else if (other == "web" && floor[room] == 3)
				print FILENAME ":" FNR ": includes " quoted[2] "; oauth and device know no HTTP"
			else if (other == "web" && floor[room] > 3 && floor[room] <= 4 && quoted[2] != "web/fetch.h")
				print FILENAME ":" FNR ": includes " quoted[2] "; of web only fetch.h"
			else if (room == "sim" && other != "sim" && other != "app" && floor[other] > 2)
				print FILENAME ":" FNR ": includes " quoted[2] "; the simulator knows the server by HTTP alone"
		}'
}

@test "includes run down the floors, never up or sideways" {
	good upward
	put cgi-bin/base/a.c <<<'#include "db/store.h"'
	put db/b.c <<<'#include "web/request.h"'
	put cgi-bin/oauth/c.c <<<'#include "device/device.h"'
	put cgi-bin/device/d.c <<<'#include "web/fetch.h"'
	put cgi-bin/schema/e.c <<<'#include "smartapp/rules.h"'
	put cgi-bin/courier/e.c <<<'#include "schema/callback.h"'
	put cgi-bin/courier/w.c <<<'#include "web/request.h"'
	put cgi-bin/oauth/e.c <<<'#include "courier/outbox.h"'
	put cgi-bin/courier/fine.c <<<'#include "oauth/seal.h"'
	put cgi-bin/cli/f.c <<<'#include "app.h"'
	put cgi-bin/link/g.c <<<'#include "web/request.h"'
	put cgi-bin/sim/s.c <<<'#include "oauth/token.h"'
	put cgi-bin/sim/t.c <<<'#include "account/visitor.h"'
	put cgi-bin/attic/h.c <<<'#include "base/arena.h"'
	put cgi-bin/token.c <<<'#include "oauth/token.h"'
	put cgi-bin/app.c <<<'#include "account/signin.h"'
	put cgi-bin/link/fine.c <<<'#include "web/fetch.h"'
	put cgi-bin/account/fine.c <<<'#include "app.h"'
	put cgi-bin/sim/fine.c <<<'#include "web/page.h"'
	put cgi-bin/token/fine.c <<<'#include "app.h"'
	put cgi-bin/token/i.c <<<'#include "account/visitor.h"'
	put cgi-bin/console/fine.c <<<'#include "account/visitor.h"'
	put cgi-bin/account/j.c <<<'#include "console/list.h"'
	for file in sim/s.c:1 sim/t.c:1 base/a.c:1 oauth/c.c:1 device/d.c:1 schema/e.c:1 courier/e.c:1 courier/w.c:1 oauth/e.c:1 cli/f.c:1 link/g.c:1 attic/h.c app.c:1 token/i.c:1 account/j.c:1; do
		bad "cgi-bin/$file: " upward
	done
	bad 'db/b.c:1: ' upward
	spared 'cgi-bin/token.c' upward
	spared 'fine.c' upward
}

# One file each knows a foreign header.
strangers() {
	sources | grep -v '^tests/' | xargs -r awk '
		function knows(header, files) {
			if (index($2, header) == 2 && index(" " files " ", " " FILENAME " ") == 0)
				print FILENAME ":" FNR ": includes " $2 ", which is known to " files " alone"
		}
		/^[ \t]*#[ \t]*include[ \t]*</ {
			knows("fcgi", "cgi-bin/web/wire.c")
			knows("fastcgi", "cgi-bin/web/wire.c")
			knows("libxml/", "cgi-bin/base/xml.c")
			knows("yaml.h", "cgi-bin/base/yaml.c")
			knows("curl/", "cgi-bin/web/fetch.c")
			knows("jwt.h", "cgi-bin/oauth/jwt_codec.c")
			knows("libpq", "db/pg.c")
			knows("argon2.h", "cgi-bin/oauth/password.c")
			knows("qrencode.h", "cgi-bin/web/qr.c")
			knows("mosquitto", "cgi-bin/polyglot-mqtt.c")
			knows("mqtt_protocol", "cgi-bin/polyglot-mqtt.c")
			knows("openssl/", "cgi-bin/base/secret.c cgi-bin/oauth/keyring.c cgi-bin/oauth/keyring_make.c cgi-bin/oauth/assertion.c" \
			    " cgi-bin/oauth/jwt_codec.c cgi-bin/oauth/assertion.c cgi-bin/smartapp/signature.c cgi-bin/sim/signer.c cgi-bin/nodeserver/certificate.c")
			if ($2 == "<gdbm.h>") {
				if (FILENAME !~ /^db\//)
					print FILENAME ":" FNR ": includes <gdbm.h> outside db"
				else if (gdbm != "")
					print FILENAME ":" FNR ": includes <gdbm.h>, as " gdbm " does already"
				gdbm = FILENAME
			}
		}'
}

@test "one file each knows a foreign header" {
	good strangers
	put cgi-bin/oauth/user.c <<<'#include <fcgiapp.h>'
	put cgi-bin/web/wire.c <<<'#include <fcgiapp.h>'
	put cgi-bin/oauth/token.c <<<'#include <jwt.h>'
	put cgi-bin/web/request.c <<<'#include <curl/curl.h>'
	put cgi-bin/base/log.c <<<'#include <openssl/evp.h>'
	put cgi-bin/base/text.c <<<'#include <gdbm.h>'
	put db/store.c <<<'#include <libpq-fe.h>'
	put db/one.c <<<'#include <gdbm.h>'
	put db/two.c <<<'#include <gdbm.h>'
	for file in oauth/user.c oauth/token.c web/request.c base/log.c base/text.c; do
		bad "cgi-bin/$file:1: " strangers
	done
	bad 'db/two.c:1: ' strangers
	bad 'db/store.c:1: ' strangers
	spared 'serve.c:1' strangers
}

unbanned() {
	sources | grep '\.c$' | xargs -r awk '
		FNR == 1 { if (file != "") judge(); file = FILENAME; last = "nothing" }
		/^[ \t]*#[ \t]*include/ { last = $2 }
		function judge() {
			if (last != "\"base/banned.h\"")
				print file ": includes " last " last, not \"base/banned.h\""
		}
		END { if (file != "") judge() }'
}

@test "every .c file includes base/banned.h last" {
	good unbanned
	printf '#include "base/banned.h"\n#include <stdio.h>\n' | put cgi-bin/base/a.c
	put cgi-bin/base/b.c <<<'int b;'
	printf '#include <stdio.h>\n#include "base/banned.h"\n' | put cgi-bin/base/c.c
	bad 'base/a.c: includes <stdio.h> last' unbanned
	bad 'base/b.c: includes nothing last' unbanned
	spared 'base/c.c' unbanned
}

# Names that two files of an archive define: which of them a program gets is then a matter of chance.
doubles() {
	nm -A --defined-only "$1" 2>/dev/null | awk '$(NF - 1) ~ /^[TDRB]$/ { print $NF }' | grep -v '^__' | sort | uniq -d
}

@test "no name is defined by two files" {
	good doubles "${GATEHOUSE%/*}/shared.a"
	echo 'int twice(void) { return 1; }' | tee "$BAD/a.c" >"$BAD/b.c"
	(cd "$BAD" && cc -c a.c b.c && ar rcs both.a a.o b.o)
	bad twice doubles both.a
}

# --- sizes ---

# A reason stands in a comment "long because: ...", of a file within its first 15 lines.
long_files() {
	{ sources; find tests deploy.sh -maxdepth 1 \( -name '*.bats' -o -name '*.bash' -o -name '*.sh' \) 2>/dev/null; } |
		while read -r file; do
			lines=$(wc -l <"$file")
			if [ "$lines" -gt 500 ]; then
				echo "$file: $lines lines; 500 is the end"
			elif [ "$lines" -gt 300 ] && ! head -n 15 "$file" | grep -q 'long because: .'; then
				echo "$file: $lines lines without a reason at its head"
			fi
		done
}

# From the brace at the left margin to the one that ends the function; the reason stands in it or right above.
long_functions() {
	sources | xargs -r awk '
		FNR == 1 { start = 0; reason = 0 }
		FNR > 15 && /long because: ./ { reason = FNR }
		/^{/ { start = FNR }
		/^}/ && start > 0 {
			lines = FNR - start + 1
			if (lines > 100)
				print FILENAME ":" start ": " lines " lines; 100 is the end"
			else if (lines > 60 && (reason == 0 || reason < start - 6))
				print FILENAME ":" start ": " lines " lines without a reason"
			start = 0
		}'
}

lines() {
	local i
	for ((i = 0; i < $1; i++)); do echo "	x();"; done
}

@test "files over 300 lines have a reason, none has over 500" {
	good long_files
	lines 301 | put cgi-bin/base/a.c
	lines 501 | sed '1s|^|/* long because: it must. */|' | put cgi-bin/base/b.c
	lines 301 | sed '1s|^|/* long because: it must. */|' | put cgi-bin/base/c.c
	lines 300 | put cgi-bin/base/d.c
	lines 301 | sed '300s|^|/* long because: too late. */|' | put tests/e.bats
	lines 301 | put deploy.sh
	bad 'base/a.c: 301 lines without' long_files
	bad 'base/b.c: 501 lines; 500' long_files
	bad 'tests/e.bats: 301 lines without' long_files
	bad 'deploy.sh: 301 lines without' long_files
	spared 'base/c.c' long_files
	spared 'base/d.c' long_files
}

@test "functions over 60 lines have a reason, none has over 100" {
	good long_functions
	{ echo 'int a(void)'; echo '{'; lines 59; echo '}'; } | put cgi-bin/base/a.c
	{ lines 20; echo '/* long because: it must. */'; echo 'int b(void)'; echo '{'; lines 59; echo '}'; } |
		put cgi-bin/base/b.c
	{ lines 20; echo '/* long because: it must. */'; echo 'int c(void)'; echo '{'; lines 99; echo '}'; } |
		put cgi-bin/base/c.c
	{ echo 'int d(void)'; echo '{'; lines 58; echo '}'; } | put cgi-bin/base/d.c
	bad 'base/a.c:2: 61 lines without' long_functions
	bad 'base/c.c:23: 101 lines; 100' long_functions
	spared 'base/b.c' long_functions
	spared 'base/d.c' long_functions
}

# --- text ---

nameless() {
	sources | while read -r file; do
		name=$(basename "$file")
		case $file in tests/*) name= ;; *) name="$name: " ;; esac
		head -n 1 "$file" | grep -qE "^/\* $name.*[[:alnum:]]{3}" ||
			echo "$file: does not open with a comment: /* ${name}one sentence"
	done
}

@test "every file opens with its name and a sentence, a test with a sentence" {
	good nameless
	put cgi-bin/base/a.c <<<'#include <stdio.h>'
	put cgi-bin/base/b.c <<<'/* c.c: of another file. */'
	put cgi-bin/base/d.c <<<'/* d.c: what it is. */'
	put tests/unit/d.c <<<'/* What it is for. */'
	put tests/unit/e.c <<<'int e;'
	bad 'base/a.c: ' nameless
	bad 'base/b.c: ' nameless
	bad 'unit/e.c: ' nameless
	spared '/d.c' nameless
}

# The words are made here of halves, so that this file does not find itself.
unfinished() {
	texts | xargs -r grep -nwE "TO""DO|FIX""ME|X""XX" /dev/null
}

@test "nothing is left for later" {
	good unfinished
	echo "/* TO""DO: the rest */" | put cgi-bin/base/a.c
	echo "mkstemp(\"/tmp/a-XXXXXX\")" | put cgi-bin/base/b.c
	bad 'cgi-bin/base/a.c:1:' unfinished
	spared 'b.c' unfinished
}

# Indentation: tabs, then nothing, or four spaces where a statement goes on, or one before a comment's star.
spaces() {
	texts | xargs -r grep -nE '[ 	]+$' /dev/null | sed 's/$/: ends with white space/'
	sources | xargs -r grep -nE '^	* ( {0,2}[^ *]| {4}|[ 	]*	)' /dev/null | grep -vE '^[^:]*:[0-9]+:	* {4}[^ 	]' |
		sed 's/$/: is not indented by tabs/'
}

@test "no white space at line ends, tabs for indentation" {
	good spaces
	printf 'int a; \n' | put cgi-bin/base/a.c
	printf 'int b(void)\n{\n        return 1;\n}\n' | put cgi-bin/base/b.c
	printf '/* c\n * d */\nint e = 1 +\n    2;\n\tint f = 1 +\n\t    2;\n\t/* g\n\t * h */\n' | put cgi-bin/base/c.c
	printf 'int d(void)\n{\n  return 1;\n}\n' | put cgi-bin/base/d.c
	printf 'int e(void)\n{\n    \treturn 1;\n}\n' | put cgi-bin/base/e.c
	printf '# Title\t\n' | put docs/f.md
	bad 'base/a.c:1:' spaces
	bad 'base/b.c:3:' spaces
	bad 'base/d.c:3:' spaces
	bad 'base/e.c:3:' spaces
	bad 'docs/f.md:1:' spaces
	spared 'base/c.c' spaces
}

# --- what exists is documented ---

# Every row of a table of routes ({ "/token", "POST", ...) stands in docs/http.md with its methods, and no other does.
unexplained_routes() {
	local path methods
	grep -hoE '\{ "/[^"]*", "[A-Z ]+"' cgi-bin/*.c cgi-bin/*/*.c | sed 's/[{",]//g' | sort -u >"$BATS_TEST_TMPDIR/routes"
	while read -r path methods; do
		grep -F "\`$path\`" docs/http.md | grep -qF "| ${methods// /, } |" ||
			echo "docs/http.md: no row of a table with $path and ${methods// /, }"
	done <"$BATS_TEST_TMPDIR/routes"
	sed -n 's/^| \(`\/[^|]*\)|.*/\1/p' docs/http.md | grep -oE '/[^`]*' | grep -v '\.\.\.' | while read -r path; do
		grep -q "^ *$path " "$BATS_TEST_TMPDIR/routes" || echo "docs/http.md: $path is no route"
	done
}

@test "every route stands in docs/http.md with its methods" {
	good unexplained_routes
	[ "$(wc -l <"$BATS_TEST_TMPDIR/routes")" -ge 10 ]
	put cgi-bin/a.c <<<'{ "/token", "POST", issue },'
	put cgi-bin/room/b.c <<<'{ "/login", "GET POST", login },'
	printf '| `/token`, `/gone` | POST | x |\n| `/login` | GET | y |\n' | put docs/http.md
	bad 'no row of a table with /login and GET, POST' unexplained_routes
	bad '/gone is no route' unexplained_routes
	spared '/token' unexplained_routes
}

# KEYS: dotted names of config keys, one a line, as the tool has them.
unexplained_keys() {
	local keys=$1
	for key in $keys; do
		grep -qF "\`$key\`" docs/configuration.md || echo "docs/configuration.md: nothing about \`$key\`"
	done
	grep -oE '^### `[a-z_.]+`' docs/configuration.md | tr -d '#` ' | while read -r key; do
		grep -qxF "$key" <<<"$keys" || echo "docs/configuration.md: $key is no key"
	done
}

@test "every config key stands in docs/configuration.md" {
	echo '{}' >"$BATS_TEST_TMPDIR/gatehouse.json"
	keys=$("$GATEHOUSE" --root "$BATS_TEST_TMPDIR" --json config show |
		jq -r 'paths(type != "object") | select(all(.[]; type == "string")) | join(".")')
	[ "$(wc -l <<<"$keys")" -ge 20 ]
	good unexplained_keys "$keys"
	grep -v 'oauth.code_ttl' "$ROOT/docs/configuration.md" | put docs/configuration.md
	echo '### `oauth.gone`' >>"$BAD/docs/configuration.md"
	bad '`oauth.code_ttl`' unexplained_keys "$keys"
	bad 'oauth.gone is no key' unexplained_keys "$keys"
}

# WORDS: lines "noun verb" and "noun verb --option", as the tool has them.
unexplained_verbs() {
	local noun verb option
	while read -r noun verb option; do
		section=$(awk -v title="### \`$noun $verb\`" 'index($0, "### ") == 1 || index($0, "## ") == 1 { here = 0 }
			index($0, title) == 1 { here = 1 } here' docs/command-line.md)
		if [ -z "$section" ]; then
			echo "docs/command-line.md: no section about $noun $verb"
		elif [ -n "$option" ] && ! grep -qF -- "$option" <<<"$section"; then
			echo "docs/command-line.md: $noun $verb: nothing about $option"
		fi
	done <<<"$1"
}

@test "every noun, verb and option of the tool stands in docs/command-line.md" {
	words=$("$GATEHOUSE" help --json | jq -r '.[] | .noun as $noun | .verbs[] | .verb as $verb |
		"\($noun) \($verb)", (.options[] | "\($noun) \($verb) --\(.option)")')
	[ "$(wc -l <<<"$words")" -ge 30 ]
	good unexplained_verbs "$words"
	grep -v -e 'user passwd' -e '--rotation' "$ROOT/docs/command-line.md" | put docs/command-line.md
	bad 'no section about user passwd' unexplained_verbs "$words"
	bad 'client add: nothing about --rotation' unexplained_verbs "$words"
}

# In a test that bash runs with -e, "! this" and "[ this ] && that" fail silently unless they end it.
silent() {
	awk 'before != "" && !/^}/ { print place ": this can fail silently: " before }
		{ before = "" }
		/^\t+(! |\[\[? .*\]\]? && )/ && !/\|\| / && !/(then|do|&&|\|\||\\)$/ && !/&& (break|continue|return.*|shift|echo .*)$/ {
			before = $0; place = FILENAME ":" FNR }' tests/*.bats
}

@test "no line of a test fails silently" {
	good silent
	printf '@test "x" {\n\t! false\n\t[ 1 = 1 ] && [ 1 = 2 ]\n\t[ 1 = 3 ] && break\n\t! true\n}\n' | put tests/x.bats
	bad '! false' silent
	bad '1 = 2' silent
	spared '1 = 3' silent
	spared '! true' silent
}
